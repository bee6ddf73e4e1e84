"""A service that does not answer for a while is told to the conciergerie once, and so is that it is back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from bot.lieux import Lieu
from bot.reports.guarantees import Guarantees, IncidentTold
from bot.store.waits import Settled
from bot.talk import dialogue
from bot.talk.talk import Talk

LOOKS = (("soon", timedelta(minutes=2)), ("later", timedelta(minutes=30)))  # at what waited: it goes on by itself

CAME: tuple[Literal["done", "resumed", "waiting", "left"], ...] = ("done", "resumed", "waiting", "left")


@dialogue("outage", action="guarantees", lasting=True)
async def outage(talk: Talk, lieu: Lieu, guarantees: Guarantees, incident: int, why: dict[str, Any]) -> None:
    told = await talk.look("incident", guarantees.incident, lieu.id, incident)
    if told is not None and told["ended_at"] is None:
        because = talk.away(why)
        await talk.say("away-because" if because else "away", why=because, **_words(talk, told))


@dialogue("outage-over", action="guarantees", lasting=True)
async def outage_over(talk: Talk, lieu: Lieu, guarantees: Guarantees, incident: int) -> None:
    told = await talk.look("incident", guarantees.incident, lieu.id, incident)
    if told is None:
        return
    waited = await talk.look("waited", guarantees.finished, lieu.id, told["service"], told["begun_at"])
    await _tell(talk, told, waited)
    for step, delay in LOOKS:
        if not waited["waiting"]:
            return
        await talk.rest(f"rest-{step}", delay)
        waited = await talk.look(f"waited-{step}", guarantees.finished, lieu.id, told["service"], told["begun_at"])
        await _tell(talk, told, waited)


async def _tell(talk: Talk, told: IncidentTold, waited: Settled) -> None:
    lines = [talk.phrase("back" if told["seen"] else "back-unseen", **_words(talk, told))]
    lines += [talk.phrase(name, n=waited[name]) for name in CAME if waited[name]]
    await talk.show("told", lines=" ".join(lines))


def _words(talk: Talk, told: IncidentTold) -> dict[str, Any]:
    begun = datetime.fromtimestamp(told["begun_at"] / 1000, UTC)
    return {"service": talk.service(told["service"]), "at": begun, "delay": timedelta(seconds=told["seconds"])}
