"""Accounts that nobody has used for long: the conciergerie says of each whether they leave. Nothing is closed by
itself: whoever leaves does so by `!départ`."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.lieux import Lieu
from bot.retention.sleepers import Sleeper, Sleepers
from bot.services.tenancy import Services
from bot.talk import PRIVATE, Fates, Lines, Option, Role, days, dialogue
from bot.talk.talk import Silence, Talk
from bot.words import Month, Months

FATES = ("leave", "stay", "later")


@dialogue("asleep", action="asleep", role=Role.CONCIERGE, places=PRIVATE, silence="")
async def asleep(talk: Talk, lieu: Lieu, sleepers: Sleepers, services: Services) -> None:
    found = await talk.look("found", sleepers.found, lieu, services)
    if not found:
        return
    rows = [Option(one["person"], one["name"]) for one in found]
    lines = [_line(talk, n, one) for n, one in enumerate(found, 1)]
    answer = Fates(rows, [Option(fate, key=f"asleep.{fate}") for fate in FATES])
    try:
        said = await talk.ask(
            "which",
            answer,
            of="asleep",
            remind=days(3),
            within=days(28),
            n=len(found),
            months=Months(lieu.choices.keep_asleep),
            lines=Lines(tuple(lines)),
        )
    except Silence:  # they stay as they are
        await talk.do("not-now", sleepers.put_off, lieu.id, {one["person"]: "later" for one in found})
        return
    await talk.do("put-off", sleepers.put_off, lieu.id, said.fates)
    leaving = [one for one in found if said.fates.get(one["person"]) == "leave"]
    staying = [one["name"] for one in found if said.fates.get(one["person"]) == "stay"]
    if staying:
        await talk.say("staying", n=len(staying), who=staying)
    if leaving:
        first, *others = leaving
        if others:
            await talk.say("one-by-one", who=[one["name"] for one in others], first=first["name"])
        then = [{"given": {"who": one["person"]}, "turn": one["name"]} for one in others]
        await talk.begin("departure", said.by, talk.room, given={"who": first["person"]}, then=then)
    elif not staying:
        await talk.say("all-later")


def _line(talk: Talk, number: int, one: Sleeper) -> str:
    """« 1. Léa Martin : Nextcloud, mars 2023 »"""
    told = one["seen"].items()
    seen = [talk.phrase("seen", service=_called(talk, service), month=_month(at)) for service, at in told]
    return talk.phrase("line", number=number, name=one["name"], seen=" ; ".join(seen))


def _called(talk: Talk, service: str) -> str:
    match service:
        case "directory":
            return talk.phrase("in-directory")
        case "synapse":
            return talk.phrase("in-matrix")
    return talk.service(service)


def _month(at: int) -> Month:
    day = datetime.fromtimestamp(at / 1000, UTC)
    return Month(day.year, day.month, 1)
