"""What becomes of a request: fulfilled, longer, withdrawn, thanked for, asked again. Every card follows by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.lieux import Lieu
from bot.network.requests import Requests
from bot.people import People
from bot.store.requests import WholeRequest
from bot.talk import VERBATIM, Date, Many, Option, Text, YesNo
from bot.talk.calendar_days import months_later
from bot.talk.ports import Clock, Facts
from bot.talk.talk import Talk

from .request_form import read_today

ENDED = ("fulfilled", "withdrawn", "expired")


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about requests are handed."""

    lieu: Lieu
    requests: Requests
    people: People
    facts: Facts
    clock: Clock


async def _fulfil(talk: Talk, tools: Tools, row: WholeRequest, more: str) -> None:
    lieux: tuple[str, ...] = ()
    if row["answered"]:
        lieux = await talk.ask("with", Many(_answered(row)), among=more)
    await _change(talk, tools, row, state="fulfilled", **{"with": list(lieux)})
    talk.note("request-fulfilled", number=str(row["number"]))
    if lieux:
        await talk.say("fulfilled-with", number=row["number"], lieux=_named(row, lieux))
    else:
        await talk.say("fulfilled", number=row["number"])


async def _extend(talk: Talk, tools: Tools, row: WholeRequest, more: str) -> None:
    today = await read_today(talk, tools.lieu, tools.clock)
    ends = row["body"].get("until")
    since = date.fromisoformat(ends) if ends else None
    answer = Date(lambda: today, zone=tools.lieu.choices.zone, since=since, alone=True)
    until = await talk.ask("later", answer, among=more)
    await _change(talk, tools, row, until=until.isoformat())
    talk.note("request-extended", number=str(row["number"]), until=until.isoformat())
    await _watch(talk, tools, row)
    await talk.say("extended", number=row["number"], day=until)


async def _withdraw(talk: Talk, tools: Tools, row: WholeRequest, more: str) -> None:
    if not await talk.ask("sure-withdraw", YesNo(), number=row["number"]):
        await talk.say("kept", number=row["number"])
        return
    await _change(talk, tools, row, state="withdrawn")
    talk.note("request-withdrawn", number=str(row["number"]))
    await talk.say("withdrawn", number=row["number"])


async def _thank(talk: Talk, tools: Tools, row: WholeRequest, more: str) -> None:
    lieux = tuple(row["body"].get("with", ()))
    if not lieux:
        lieux = await talk.ask("whom-to-thank", Many(_answered(row), least=1), among=more)
    words = await talk.ask("thanks", Text(VERBATIM, max=1000, lines=True), optional=True, default="")
    await _change(talk, tools, row, since=("fulfilled",), **{"with": list(lieux)})
    if words:
        key = f"thanks/{talk.id}"
        await talk.do("tell", tools.requests.tell, tools.lieu, row["number"], key, talk.person, words, list(lieux))
    talk.note("request-thanked", number=str(row["number"]))
    await talk.say("thanked", lieux=_named(row, lieux))


async def _reopen(talk: Talk, tools: Tools, row: WholeRequest, more: str) -> None:
    today = await read_today(talk, tools.lieu, tools.clock)
    month = months_later(today, 1)
    answer = Date(lambda: today, zone=tools.lieu.choices.zone, alone=True)
    until = await talk.ask("until-again", answer, optional=True, default=month, among=more, month=month)
    state = "discussed" if row["answered"] else "open"
    await _change(talk, tools, row, since=ENDED, state=state, **{"with": [], "until": until.isoformat()})
    talk.note("request-reopened", number=str(row["number"]))
    await _watch(talk, tools, row)
    await talk.say("reopened", number=row["number"], day=until)


CHANGES: Mapping[str, Callable[[Talk, Tools, WholeRequest, str], Awaitable[None]]] = {
    "fulfil": _fulfil,
    "extend": _extend,
    "withdraw": _withdraw,
    "thank": _thank,
    "reopen": _reopen,
}


def _answered(row: WholeRequest) -> list[Option]:
    return [Option(id, name) for id, name in row["answered"]]


def _named(row: WholeRequest, lieux: tuple[str, ...]) -> list[str]:
    return [name for id, name in row["answered"] if id in lieux]


async def _change(talk: Talk, tools: Tools, row: WholeRequest, **changes: Any) -> None:
    await talk.do("change", tools.requests.revise, tools.lieu, row["id"], **changes)


async def _watch(talk: Talk, tools: Tools, row: WholeRequest) -> None:
    """Another conversation reminds of the new end; the one of before no longer does."""
    await talk.do("watch", tools.requests.watched_by, tools.lieu, row["number"], talk.id)
    args: dict[str, Any] = {"number": row["number"], "asker": row["asker"], "token": talk.id}
    await talk.begin("watch-request", tools.facts.me, row["room"], **args)
