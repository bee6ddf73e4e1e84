"""Somebody reads but does not write for a while, everywhere in the lieu; then they get back exactly what they had."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.arrivals.full_names import addressed
from bot.arrivals.members import Members
from bot.lieux import Lieu
from bot.moderation.scope import Done, Scope, everywhere
from bot.moderation.silences import Silences
from bot.talk import PERHAPS_ASKING, Choice, Option, Text, dialogue, hours
from bot.talk.ports import Clock, Facts
from bot.talk.talk import Talk

LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "open": None}


@dialogue("silence", action="moderate", within=hours(1))
async def silence(
    talk: Talk,
    lieu: Lieu,
    scope: Scope,
    silences: Silences,
    members: Members,
    clock: Clock,
    about: str,
    name: str,
) -> None:
    length = await talk.ask("length", Choice([Option(each, key=f"silence.{each}") for each in LENGTHS]), who=name)
    reason = await talk.ask("moderation.reason", Text(PERHAPS_ASKING, max=500), who=name)
    kept = talk.phrase(f"silence.for-{length}")
    address = await addressed(talk, members, lieu, about, name)
    await talk.confirm("sure", who=name, address=address, kept=kept, reason=reason)
    if spared := await talk.look("spared", scope.spared, lieu, about, talk.person):
        await talk.say(f"moderation.{spared}", who=name)
        return
    until = await talk.look("until", _until, clock, LENGTHS[length], apart=True)
    done = await talk.do("hush", _hush, scope, silences, lieu, about, until)
    if not done["rooms"]:
        await talk.say("moderation.nowhere", who=name)
        return
    talk.note("silenced", about, reason=reason, length=length)
    await talk.say("done", n=done["rooms"], who=name, kept=kept)
    if done["refused"]:
        await talk.say("moderation.could-not", rooms=done["refused"])
    told: dict[str, Any] = {"by": talk.person, "reason": reason, "until": until}
    await talk.begin("tell", about, talk.room, what="silenced" if until else "silenced-open", **told)
    if until:
        await talk.begin(
            "voice-back", talk.person, talk.room, threaded=False, about=about, name=name, length=length, until=until
        )


async def _until(clock: Clock, length: timedelta | None) -> int | None:
    return None if length is None else clock.now() + int(length.total_seconds() * 1000)


async def _hush(scope: Scope, silences: Silences, lieu: Lieu, person: str, until: int | None) -> Done:
    """In how many rooms it was made so, and the names of those that refused."""
    rooms = [room for room in await scope.rooms(lieu) if not room["is_space"]]
    refused = await everywhere(rooms, lambda room_id: silences.begin(lieu.id, person, room_id))
    await silences.last(lieu.id, person, until)
    return {"rooms": len(rooms) - len(refused), "refused": refused}


@dialogue("voice-back", action="moderate", lasting=True)
async def voice_back(
    talk: Talk, lieu: Lieu, facts: Facts, silences: Silences, about: str, name: str, length: str, until: int
) -> None:
    """When the time is over, unless another silence or a concierge was quicker."""
    await talk.rest("over", LENGTHS[length] or timedelta())
    if not await talk.look("still", silences.is_over, lieu.id, about, until):
        return
    refused = await talk.do("end", silences.end_all, lieu.id, about)
    talk.note("silence-over", about)
    await talk.say("over-done", who=name)
    if refused:
        names = [await talk.look("name", facts.name, room_id, item=room_id) for room_id in refused]
        await talk.say("moderation.could-not", rooms=names)
    await talk.begin("tell", about, talk.room, what="silence-over", by=talk.person)
