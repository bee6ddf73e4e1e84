"""Somebody leaves the lieu and every room of it, and cannot come back by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.grounds import Grounds, everywhere
from bot.lieux import Lieu
from bot.talk import Text, dialogue
from bot.talk.doors import Moderation
from bot.talk.talk import Silence, Talk

PATIENCE = timedelta(hours=1)


@dialogue("exclude", action="moderate")
async def exclude(
    talk: Talk, lieu: Lieu, grounds: Grounds, moderation: Moderation, about: str, name: str, listed: str | None = None
) -> None:
    """`listed`: a ban list gave this reason, and a concierge agreed already."""
    talk.patience(within=PATIENCE)
    reason = listed
    if reason is None:
        try:
            reason = await talk.ask("moderation.reason", Text(max=500), who=name)
            await talk.confirm("sure", who=name, address=about, lieu=lieu.name, reason=reason)
        except Silence:
            return
    if spared := await talk.look("spared", grounds.spared, lieu, about, talk.person):
        await talk.say(f"moderation.{spared}", who=name)
        return
    done = await talk.do("ban", _ban, grounds, moderation, lieu, about)
    if not done["rooms"]:
        await talk.say("moderation.nowhere", who=name)
        return
    talk.note("excluded", about, reason=reason)
    await talk.say("done", n=done["rooms"], who=name)
    if done["refused"]:
        await talk.say("moderation.could-not", rooms=done["refused"])
    await talk.begin("tell", about, talk.room, what="excluded", by=talk.person, reason=reason)


async def _ban(grounds: Grounds, moderation: Moderation, lieu: Lieu, person: str) -> dict[str, Any]:
    """From the space first: its members may enter the rooms. A kick would not hold: they could come back."""
    rooms = await grounds.rooms(lieu)
    refused = await everywhere(rooms, lambda room_id: moderation.ban(room_id, person))
    return {"rooms": len(rooms) - len(refused), "refused": refused}
