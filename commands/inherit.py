"""A room is new in the lieu: silences and exclusions that go on hold there too."""

from __future__ import annotations

from bot.inheritance import Inheritance
from bot.lieux import Lieu
from bot.talk import dialogue
from bot.talk.talk import Talk


@dialogue("inherit", action="moderate", lasting=True)
async def inherit(talk: Talk, lieu: Lieu, inheritance: Inheritance, room_id: str) -> None:
    due = await talk.look("due", inheritance.due, lieu, room_id)
    room, silent, banned = due["room"], due["silent"], due["banned"]
    if not silent and not banned:
        return
    refused = await talk.do("hold", inheritance.hold, lieu.id, room_id, silent, banned)
    held = [name for name in dict.fromkeys(name for _, name in (*silent, *banned)) if name not in refused]
    if held:
        talk.note("passed-on", None, room=room)
        await talk.say("done", room=room, people=held)
    if refused:
        await talk.say("could-not", room=room, people=refused)
