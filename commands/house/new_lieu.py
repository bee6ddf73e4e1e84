"""A space wants to be a lieu: whoever invited the bot waits, and who hosts the bot answers."""

from __future__ import annotations

from typing import Any

from bot.hosting.candidates import Candidates, Shown
from bot.hosting.operators import Operators
from bot.talk import YesNo, days, dialogue
from bot.talk.ports import Rooms
from bot.talk.talk import Talk


@dialogue("want-lieu", action="help")
async def want_lieu(talk: Talk, operators: Operators, name: str) -> None:
    """Said to whoever invited the bot."""
    await talk.say("asked" if operators.people else "asked-nobody", lieu=name)


@dialogue("lieu-wanted", action="operate")
async def lieu_wanted(
    talk: Talk, operators: Operators, candidates: Candidates, rooms: Rooms, space: str, by: str
) -> None:
    """Asked of who hosts the bot. A yes is worth what was shown: another name, or another person, asks anew."""
    while True:
        shown = await talk.look("shown", candidates.shown, space, by)
        if not shown["who"]:
            await talk.do("lapse", candidates.lapse, space)
            await talk.say("lapsed", address=by)
            return
        yes = await _is_wanted(talk, operators, shown, by)
        now = await talk.look("now", candidates.shown, space, by) if yes else shown
        if now["who"] and now["name"] == shown["name"]:
            break
    await _carry_out(talk, candidates, rooms, space, by, shown, yes)


async def _is_wanted(talk: Talk, operators: Operators, shown: Shown, by: str) -> bool:
    options: dict[str, Any] = {"of": "operate", "remind": days(1), "mentions": operators.people}
    options |= {"who": shown["who"], "address": by, "lieu": shown["name"]}
    if shown["namesake"]:
        return await talk.ask("wanted-namesake", YesNo(), **options)
    return await talk.ask("wanted", YesNo(), **options)


async def _carry_out(
    talk: Talk, candidates: Candidates, rooms: Rooms, space: str, by: str, shown: Shown, yes: bool
) -> None:
    name = shown["name"]
    wanted = "allowed" if yes else "refused"
    if await talk.do("decide", candidates.decide, space, name, wanted) != wanted:
        await talk.say("decided-already")
        return
    made = None
    if yes:
        made = await talk.do("let-in", candidates.let_in, space, by)
        await talk.say("yes" if made else "yes-later", lieu=name, who=shown["who"])
    else:
        await talk.do("leave", candidates.go_away, space, talk.phrase("new_lieu.farewell"))
        await talk.say("no", lieu=name, who=shown["who"])
    private = await talk.do("private", rooms.direct, by)
    await talk.begin("lieu-answered", by, private, made=made, name=name, yes=yes)


@dialogue("lieu-answered", action="help")
async def lieu_answered(talk: Talk, made: int | None, name: str, yes: bool) -> None:
    """Said to whoever wanted the lieu, who goes on with the installation."""
    if not yes:
        await talk.say("refused", lieu=name)
    elif made is None:
        await talk.say("allowed-come-back", lieu=name)
    else:
        await talk.say("allowed", lieu=name)
        await talk.begin("settle", talk.person, talk.room, lieu=made)


@dialogue("still-no-lieu", action="help")
async def still_no_lieu(talk: Talk, name: str) -> None:
    """Said to whoever brings the bot again to what the host refused."""
    await talk.say("refused-before", lieu=name)


@dialogue("sure-settings", action="operate")
async def sure_settings(talk: Talk, settings: list[str]) -> None:
    """Several lieux: settings that go by a name alone are nobody's."""
    await talk.say("sure-settings", settings=settings)
