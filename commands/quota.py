"""Is there room left in Nextcloud? A look every day, and a word to the concierges before it is too late."""

from __future__ import annotations

from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.talk import days, dialogue
from bot.talk.talk import Talk
from integrations.nextcloud import Nextcloud

ALARM, CALM = 90, 85  # percent: told once, and again only after it was well for a while


@dialogue("quota", action="state", standing=True)
async def quota(talk: Talk, lieu: Lieu, cloud: Nextcloud | None, alarmed: bool = False) -> None:
    if cloud is None:
        return
    full = await talk.look("full", _full, cloud)
    if full is not None and full >= ALARM and not alarmed and lieu.office:
        await talk.say("nearly-full", to=lieu.office, percent=full)
        alarmed = True
    elif full is not None and full < CALM:
        alarmed = False
    await talk.rest("tomorrow", days(1))
    await talk.begin("quota", talk.person, lieu.office or talk.room, alarmed=alarmed)


async def _full(cloud: Nextcloud) -> int | None:
    """In percent; None where it is not known today, which is no reason to disturb anybody."""
    try:
        room = await cloud.room()
    except (Refused, Unavailable):
        return None
    return room["used"] * 100 // room["total"] if room["total"] else None
