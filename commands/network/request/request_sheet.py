"""`!demande 12`: one request with its story, and what becomes of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from bot.lieux import Lieu
from bot.network.requests import Requests
from bot.store.requests import StoryLine, WholeRequest
from bot.talk import Choice, Option
from bot.talk.command_line import Origin
from bot.talk.pagination import read_out
from bot.talk.talk import Talk

from .outcomes import CHANGES, ENDED, Tools

GOING_ON = ("fulfil", "extend", "withdraw")
NUMBER = re.compile(r"(?:n\s*°|no?\.?|#)?\s*(\d{1,6})\b\s*[:,]?\s*(.*)", re.IGNORECASE | re.DOTALL)
LONGEST_ACT = 4  # words


async def which(
    talk: Talk, lieu: Lieu, requests: Requests, what: str, said: Origin
) -> tuple[int, str | None, str] | None:
    """The request that a line is about, what is to be done with it, and the rest: « 12 », « 12 prolonger samedi »;
    below a card, « prolonger ». None where it asks for something new: « 12 chaises »."""
    found = NUMBER.fullmatch(what.strip())
    rest = found[2].strip() if found else what
    act, more = _act(talk, rest)
    if found:
        return (int(found[1]), act, more) if act or not rest else None
    if act is None:
        return None
    about = [event_id for event_id in (said.get("thread"), said.get("replies_to")) if event_id]
    number = await talk.look("about", requests.at, lieu, about)
    return None if number is None else (number, act, more)


def _act(talk: Talk, text: str) -> tuple[str | None, str]:
    """« prolonger samedi » → "extend" and the rest."""
    words = text.split()
    for n in range(min(len(words), LONGEST_ACT), 0, -1):
        for act in CHANGES:
            if talk.means(f"request.act.{act}", " ".join(words[:n])):
                return act, " ".join(words[n:])
    return None, text


async def tend(talk: Talk, tools: Tools, number: int, act: str | None, more: str = "") -> None:
    """Show a request, or do with it what was asked for."""
    row = await talk.look("one", tools.requests.one, tools.lieu, number)
    if row is None:
        await talk.say("unknown", number=number)
        return
    if row["hidden"]:
        await talk.do("show", tools.requests.show, tools.lieu, number)
        if row["room"] == talk.room:
            return
    possible = await _possible(talk, tools, row)
    if act is None:
        await _show(talk, tools, row)
        act = await _choose(talk, possible) if possible else None
    elif act not in possible:
        state = talk.phrase(f"between.state.{row['state']}")
        await talk.say(_why_not(row, possible), number=number, state=state)
        return
    if act is not None:
        await CHANGES[act](talk, tools, row, more)


async def _possible(talk: Talk, tools: Tools, row: WholeRequest) -> tuple[str, ...]:
    """Whoever asked, and the concierges, decide what becomes of a request."""
    if not row["ours"]:
        return ()
    mine = row["asker"] == talk.person
    if not mine and not await talk.look("may", tools.people.may, talk.person, "tend-requests", tools.lieu, apart=True):
        return ()
    if row["state"] not in ENDED:
        return GOING_ON
    thanks = ("thank",) if row["state"] == "fulfilled" and row["answered"] else ()
    return (*thanks, "reopen") if row["lately"] else thanks


def _why_not(row: WholeRequest, possible: tuple[str, ...]) -> str:
    if not row["ours"]:
        return "not-ours"
    return "not-now" if possible or row["state"] in ENDED else "not-yours"


async def _choose(talk: Talk, possible: tuple[str, ...]) -> str | None:
    return await talk.ask("act", Choice([Option(act, key=f"request.act.{act}") for act in possible]), optional=True)


async def _show(talk: Talk, tools: Tools, row: WholeRequest) -> None:
    await talk.say("one", number=row["number"], card=tools.requests.quote(tools.lieu, row))
    story = await talk.look("story", tools.requests.story, tools.lieu, row["number"])
    if story:
        await read_out(talk, "story", [_line(talk, said) for said in story])


def _line(talk: Talk, said: StoryLine) -> str:
    at = datetime.fromtimestamp(said["at"] / 1000, UTC)
    if not said["text"]:
        return talk.phrase("offered", at=at, who=said["who"])
    return talk.phrase("said", at=at, who=said["who"], text=said["text"])
