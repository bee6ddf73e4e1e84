"""`!installer conservation`: for how long what the bot knows of people is kept; nothing goes before somebody has seen
how much that is."""

from __future__ import annotations

from typing import cast

from bot.lieux import KEPT, Chosen, Lieux
from bot.talk import Period, Proposed
from bot.talk.talk import Talk
from bot.words import Months

from .setup_questions import Answers, Place

Kept = dict[str, int]  # months, by the names of `KEPT`


async def keeping(talk: Talk, place: Place) -> None:
    tools, before = place.tools, _of(place.proposed)
    tells = await talk.look("visits", tools.services.tell_last_seen, apart=True)
    await talk.say("keeping")
    after = {
        "talks": await talk.ask("keep-talks", _period("talks", before), usual=_usual("talks")),
        "journal": await talk.ask("keep-journal", _period("journal", before), usual=_usual("journal")),
        "departed": await talk.ask("keep-departed", _period("departed", before), usual=_usual("departed")),
        "asleep": before["asleep"],
    }
    for service in [name for name, told in tells.items() if not told]:
        step = "keeping-silent" if any(tells.values()) else "keeping-untold"
        await talk.say(step, item=service, service=talk.service(service))
    if any(tells.values()):
        after["asleep"] = await talk.ask("keep-asleep", _period("asleep", before), usual=_usual("asleep"))
    if after == before:
        await talk.say("keeping-same")
        return
    going = await talk.look("going", tools.nights.would_go, tools.lieu, after)
    lines = [talk.phrase(f"going-{much['kind']}", n=much["n"]) for much in going]
    step = "sure-keeping-going" if lines else "sure-keeping"
    await talk.confirm(step, but=["what"], answers=talk.answers(but=["what"]), going=lines)
    if not await talk.do("keep-times", _keep, tools.lieux, tools.lieu.id, before, after):
        await talk.say("keeping-meanwhile")
        return
    if going:
        await talk.do("agree", tools.nights.agree, tools.lieu.id, going)
    talk.note("keeping")
    await talk.say("keeping-changed")
    if lines and tools.lieu.office not in (None, talk.room):  # whoever is there may still say no
        await talk.say("keeping-tonight", to=tools.lieu.office, who=talk.who, going=lines)


def _period(kind: str, before: Kept) -> Proposed[int]:
    bounds = KEPT[kind]
    return Proposed(Period(kind, bounds.least, bounds.most, bounds.usual), before[kind])


def _usual(kind: str) -> Months:
    return Months(KEPT[kind].usual)


def _of(choices: Answers) -> Kept:
    return {kind: cast(Kept, choices)[f"keep_{kind}"] for kind in KEPT}


def _as_chosen(kept: Kept) -> Chosen:
    return cast(Chosen, {f"keep_{kind}": months for kind, months in kept.items()})


async def _keep(lieux: Lieux, lieu: int, before: Kept, after: Kept) -> bool:
    """Not over what somebody else chose meanwhile: whoever said yes has not seen it."""
    return await lieux.choose_over(lieu, _as_chosen(before), _as_chosen(after))
