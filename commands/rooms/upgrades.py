"""A room of the lieu was upgraded: what is around it is linked to the new one, and the conciergerie is told."""

from __future__ import annotations

from datetime import timedelta

from bot.lieux import Lieu
from bot.succession.following import Following
from bot.talk import dialogue
from bot.talk.talk import Talk

A_MOMENT = timedelta(minutes=1)


@dialogue("room-followed", action="moderate")
async def followed(
    talk: Talk, lieu: Lieu, following: Following, old: str, new: str, kind: str = "", room: str = ""
) -> None:
    if kind:  # said before anything is waited for: then what was asked in the old room is asked again in the new one
        await talk.say(f"followed-{kind}", room=room)
    told = await talk.look("told", following.told, lieu, old, new)
    left = await talk.do("put-right", following.put_right, lieu, old, new)
    if not kind:  # an earlier program began it
        await talk.say(f"followed-{told['kind']}", room=told["room"])
    if left:
        await talk.say("left", rooms=left)
    for person in told["people"]:
        await talk.do("bring", following.bring, new, person, item=person)


@dialogue("room-shut", action="moderate")
async def shut(talk: Talk, following: Following, old: str, new: str, kind: str = "room") -> None:
    """Nothing can be written in a space: there the bot is invited by a click. Clients invite whoever was in the old
    room only once the new one is there: nobody is asked for what comes by itself."""
    await talk.rest("a-moment", A_MOMENT)
    if not await talk.look("out", following.is_out, old, new):
        return
    sentence = "shut-space" if kind == "space" else "shut"
    await talk.say(sentence, room=await talk.look("name", following.name_of, old), me=talk.person)


@dialogue("room-refused", action="moderate")
async def refused(talk: Talk, following: Following, old: str, new: str, kind: str = "room") -> None:
    await talk.say(
        "refused-space" if kind == "space" else "refused", room=await talk.look("name", following.name_of, old)
    )
