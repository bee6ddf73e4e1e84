"""What a lieu chose and the bot cannot do, and a concierge can mend: a card each in the conciergerie, once, which is
struck out by itself when it is so again."""

from __future__ import annotations

from bot.errors import MissingRight, Refused, Unavailable
from bot.lieux import Lieu, Lieux
from bot.talk import dialogue, hours
from bot.talk.ports import Conversations, Facts, RoomSettings
from bot.talk.talk import Talk

SPACE = "space"


@dialogue("looks", action="state", standing=True)
async def looks(
    talk: Talk,
    lieu: Lieu,
    room_settings: RoomSettings,
    facts: Facts,
    conversations: Conversations,
    told: list[str] | None = None,
) -> None:
    """`told`: what still has, or had, its card. What was mended meanwhile has another one if it breaks again."""
    found = await talk.look("lacking", _lacking, lieu, room_settings, facts)
    asked = await talk.look("asked", _asked, lieu, found, conversations)
    for one in found:
        if lieu.office and one not in asked and one not in (told or ()):
            await talk.begin("to-mend", talk.person, lieu.office, item=one, threaded=False, what=one)
    await talk.rest("later", hours(3))
    known = [one for one in found if one not in asked or one in (told or ())]
    await talk.begin("looks", talk.person, lieu.office or talk.room, threaded=False, told=known)


@dialogue("to-mend", action="state", mends=True)
async def to_mend(talk: Talk, lieux: Lieux, lieu: Lieu, room_settings: RoomSettings, facts: Facts, what: str) -> None:
    """Asked as what any act lacks is; `what`: the space, or the id of a room."""
    try:
        if what == SPACE:
            await talk.do("prepared", room_settings.prepared, lieu.space)
        else:
            called = talk.phrase("hall" if what == lieu.choices.hall else "open-room")
            await talk.do("inside", _inside, lieux, lieu, facts, what, called)
    except Refused:  # they go on without it
        return


async def _lacking(lieu: Lieu, room_settings: RoomSettings, facts: Facts) -> list[str]:
    """Only what somebody can mend: where nobody could give the bot power, `!état` says it alone."""
    chosen = _chosen(lieu)
    try:
        outside = await facts.outside_of(chosen)
        powerless = (await room_settings.lacks(lieu.space, chosen)).get("space")
    except (Refused, Unavailable):  # looked at again later
        return []
    return [SPACE, *outside] if powerless and await _can_be_given(lieu, room_settings) else outside


async def _can_be_given(lieu: Lieu, room_settings: RoomSettings) -> bool:
    try:
        await room_settings.prepared(lieu.space)
    except MissingRight:
        return True
    except (Refused, Unavailable):
        return False
    return False


async def _asked(lieu: Lieu, found: list[str], conversations: Conversations) -> list[str]:
    """What another conversation asks for already."""
    return [one for one in found if await conversations.ask_for(lieu.space if one == SPACE else one)]


async def _inside(lieux: Lieux, lieu: Lieu, facts: Facts, room: str, called: str) -> None:
    """The bot is there, or nobody wants it there any more. Raises MissingRight."""
    now = await lieux.get(lieu.id)
    if now is None or room not in _chosen(now) or not await facts.outside_of([room]):
        return
    shown = {child.room_id: child.name for child in await facts.children(lieu.space)}
    raise MissingRight({room: shown.get(room) or called}, outside=True)


def _chosen(lieu: Lieu) -> list[str]:
    """Not the conciergerie: a card could not be read there."""
    rooms = (lieu.choices.hall, *lieu.choices.open_rooms, *lieu.choices.offered_rooms)
    return [*dict.fromkeys(room for room in rooms if room)]
