"""`!horaires`: when the lieu is open, and a word of explanation, as its concierges put it; everybody reads it."""

from __future__ import annotations

from bot.lieux import LONGEST_HOURS, Chosen, Lieu, Lieux
from bot.people import People
from bot.talk import STATED, VERBATIM, Role, Text, YesNo, command, days, dialogue
from bot.talk.talk import Talk

ON_THE_LINE = 4000  # characters: more than fits is said to whoever sets them


@command("hours", action="hours", role=Role.NEWCOMER, takes=("hours",), within=days(1 / 24))
async def hours(talk: Talk, lieu: Lieu, people: People) -> None:
    opening, note = await talk.look("now", _now, lieu)
    keeps = await talk.look("keeps", people.may, talk.person, "set-hours", lieu, apart=True)
    given = ""
    if talk.was_given("hours"):
        given = await talk.ask("hours", Text(VERBATIM, max=ON_THE_LINE, lines=True))
    changes = any(map(str.isalnum, given))  # « !horaires ? » only asks for them
    if changes and keeps:
        await talk.begin("set-hours", talk.person, talk.room, given={"hours": given})
    elif opening:
        await talk.say("here-noted" if note else "here", lieu=lieu.name, hours=opening, note=note)
        if keeps:
            await talk.say("how", notice=True)
    else:
        await talk.say("none-yet" if keeps else "none", lieu=lieu.name)
    if changes and not keeps:
        await talk.say("not-yours")


@dialogue("set-hours", action="set-hours", role=Role.CONCIERGE, within=days(1 / 24), silence="talk.expired")
async def set_hours(talk: Talk, lieu: Lieu, lieux: Lieux) -> None:
    before = await talk.look("before", _now, lieu)
    said = await talk.ask("hours", Text(STATED, max=LONGEST_HOURS, lines=True))
    opening = "\n".join(line.strip() for line in said.splitlines() if line.strip())
    if talk.means("hours.words.clear", opening):
        await _clear(talk, lieu, lieux, before)
        return
    note = await talk.ask("note", Text(STATED, max=LONGEST_HOURS), optional=True, default=before[1], aside=True)
    note = "" if talk.means("hours.words.clear", note) else note
    await talk.confirm("sure-noted" if note else "sure", lieu=lieu.name, hours=opening, note=note)
    await _keep(talk, lieu, lieux, before, [opening, note])


async def _clear(talk: Talk, lieu: Lieu, lieux: Lieux, before: list[str]) -> None:
    if not before[0]:
        await talk.say("none-to-clear")
        return
    if not await talk.ask("clear-sure", YesNo(), hours=before[0]):
        await talk.say("kept")
        return
    await _keep(talk, lieu, lieux, before, ["", ""])


async def _keep(talk: Talk, lieu: Lieu, lieux: Lieux, before: list[str], after: list[str]) -> None:
    if not await talk.do("keep", _chosen, lieux, lieu.id, before, after):
        await talk.say("not-changed")
    elif after[0]:
        talk.note("hours", hours=" · ".join(after[0].splitlines()))
        await talk.say("changed")
    else:
        talk.note("hours-cleared")
        await talk.say("cleared")


async def _chosen(lieux: Lieux, lieu: int, before: list[str], after: list[str]) -> bool:
    """Not over what somebody else wrote meanwhile: whoever said yes has not seen it."""
    (hours, note), (new, explained) = before, after
    held: Chosen = {"hours": hours, "hours_note": note}
    return await lieux.choose_over(lieu, held, {"hours": new, "hours_note": explained})


async def _now(lieu: Lieu) -> list[str]:
    """The opening hours, and the word of explanation."""
    return [lieu.choices.hours, lieu.choices.hours_note]
