"""The last messages of somebody are taken away, in the rooms that a concierge chooses; or one message, reported."""

from __future__ import annotations

from typing import Any, TypedDict

from bot.arrivals.full_names import named
from bot.arrivals.members import Members
from bot.errors import Refused
from bot.lieux import Lieu
from bot.moderation.scope import Scope
from bot.talk import PERHAPS_ASKING, Choice, Many, Option, Text, dialogue, hours
from bot.talk.ports import Moderation
from bot.talk.talk import Talk

MOST, AT_ONCE = 100, 20  # messages in a room; messages between two lines of the journal
COUNTS = ("1", "5", "20", "100")


class Written(TypedDict):
    """Each room where somebody wrote: its id, its name, how many messages; and the names of those that the bot cannot
    read."""

    rooms: list[list[Any]]
    unread: list[str]


@dialogue("erase", action="moderate", within=hours(1))
async def erase(
    talk: Talk, lieu: Lieu, scope: Scope, moderation: Moderation, members: Members, about: str, name: str
) -> None:
    found = await talk.look("found", _found, scope, moderation, lieu, about)
    if found["unread"]:
        await talk.say("unread", rooms=found["unread"])
    if not found["rooms"]:
        await talk.say("nothing", who=name)
        return
    options = [Option(room_id, f"{room} ({n})") for room_id, room, n in found["rooms"]]
    chosen = await talk.ask("rooms", Many(options, least=1), who=name)
    count = await talk.ask("count", Choice([Option(each, key=f"erase.last-{each}") for each in COUNTS]), who=name)
    reason = await talk.ask("moderation.reason", Text(PERHAPS_ASKING, max=500), who=name)
    rooms = [(room_id, room) for room_id, room, _ in found["rooms"] if room_id in chosen]
    how_many = talk.phrase(f"erase.these-{count}")
    who = await named(talk, members, lieu, about, name)
    await talk.confirm("sure", who=who, how_many=how_many, rooms=[room for _, room in rooms], reason=reason)
    if spared := await talk.look("spared", scope.spared, lieu, about, talk.person):
        await talk.say(f"moderation.{spared}", who=name)
        return
    erased, refused = 0, []
    for room_id, room in rooms:
        done, left = await _in_room(talk, moderation, room_id, about, int(count))
        erased += done
        refused += [room] if left else []
        if len(rooms) > 1:
            await talk.show("progress", n=erased, room=room)
    if erased:
        talk.note("erased", about, reason=reason, n=str(erased))
        await talk.say("done", n=erased, who=name)
        await talk.begin("tell", about, talk.room, what="erased", by=talk.person, reason=reason)
    if refused:
        await talk.say("moderation.could-not", rooms=refused)


async def _found(scope: Scope, moderation: Moderation, lieu: Lieu, person: str) -> Written:
    rooms: list[list[Any]] = []
    unread: list[str] = []
    for room in await scope.rooms(lieu):
        try:
            n = len(await moderation.last_messages(room["room_id"], person, MOST))
        except Refused:
            unread.append(room["name"])
            continue
        if n:
            rooms.append([room["room_id"], room["name"], n])
    return {"rooms": rooms, "unread": unread}


async def _in_room(talk: Talk, moderation: Moderation, room_id: str, person: str, most: int) -> tuple[int, bool]:
    """How many messages were erased, and whether the room refused one. Chosen once: those before them are safe."""
    messages = await talk.look("messages", moderation.last_messages, room_id, person, most, item=room_id)
    for first in range(0, len(messages), AT_ONCE):
        batch = [event_id for message in messages[first : first + AT_ONCE] for event_id in message]
        try:
            await talk.do("erase", moderation.erase, room_id, batch, item=f"{room_id}/{first}")
        except Refused:
            return first, True
    return len(messages), False


@dialogue("erase-one", action="moderate")
async def erase_one(
    talk: Talk, moderation: Moderation, room_id: str, event_id: str, room: str, about: str, name: str
) -> None:
    """A message that was reported."""
    try:
        await talk.do("erase", moderation.erase, room_id, [event_id])
    except Refused:
        await talk.say("moderation.could-not", rooms=[room])
        return
    talk.note("erased", about, n="1")
    await talk.say("done-one", who=name, room=room)
    await talk.begin("tell", about, talk.room, what="erased-one", by=talk.person)
