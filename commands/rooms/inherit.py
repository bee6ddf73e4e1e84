"""A room is new in the lieu: silences and exclusions that go on hold there too."""

from __future__ import annotations

from datetime import timedelta

from bot.lieux import Lieu
from bot.moderation.new_rooms import Due, NewRooms
from bot.talk import dialogue
from bot.talk.talk import Talk

GATHER = timedelta(minutes=10)


@dialogue("inherit", action="moderate", lasting=True)
async def inherit(talk: Talk, lieu: Lieu, new_rooms: NewRooms, room_id: str, first: int = 0) -> None:
    """Without a room: many came at once, and are looked at together, so many at a time from the `first`."""
    if room_id:
        await _hold(talk, lieu, new_rooms, room_id, await talk.look("due", new_rooms.due, lieu, room_id))
        return
    await talk.rest("gather", GATHER)
    found = await talk.look("due-everywhere", new_rooms.due_everywhere, lieu, first)
    for due in found["rooms"]:
        await _hold(talk, lieu, new_rooms, due["room_id"], due, due["room_id"])
    if found["next"]:
        await talk.begin("inherit", talk.person, talk.room, room_id="", first=found["next"])


async def _hold(talk: Talk, lieu: Lieu, new_rooms: NewRooms, room_id: str, due: Due, item: str = "") -> None:
    room, silent, banned = due["room"], due["silent"], due["banned"]
    if not silent and not banned:
        return
    refused = await talk.do("hold", new_rooms.hold, lieu.id, room_id, silent, banned, item=item)
    held = [name for name in dict.fromkeys(name for _, name in (*silent, *banned)) if name not in refused]
    if held:
        talk.note("passed-on", None, room=room)
        await talk.say("done", room=room, people=held, item=item)
    if refused:
        await talk.say("could-not", room=room, people=refused, item=item)
