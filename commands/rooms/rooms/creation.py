"""A new room: what it is for, who enters, who reads what."""

from __future__ import annotations

from bot.errors import Refused
from bot.talk import STATED, Choice, Option, Text, YesNo
from bot.talk.talk import Talk

from .doors import Doors, Row, ask_entry, ask_history, is_taken, offer

OFFERS = ("everybody", "choice", "nobody")


async def create(talk: Talk, doors: Doors, rows: list[Row]) -> None:
    lieu = doors.lieu
    while is_taken(name := await talk.ask("name", Text(STATED, max=80)), rows):
        await talk.say("taken", room=name)
    topic = await talk.ask("topic", Text(STATED, max=300), optional=True, default="")
    entry = await ask_entry(talk)
    encrypted = await talk.ask("encrypted", YesNo())
    history = "since" if encrypted else await ask_history(talk)
    offers = [Option(offer, key=f"rooms.offered.{offer}") for offer in OFFERS]
    offered = "nobody" if entry == "private" else await talk.ask("offered", Choice(offers))
    await talk.confirm("summary", answers=talk.answers()[1:])  # but the first, which is what to do
    key = f"room/{lieu.id}/{talk.id}"
    room = await talk.do(
        "make", doors.rooms.create, key, name=name, topic=topic or None, encrypted=encrypted, parent=lieu.space
    )
    await talk.do("own", doors.ownership.own, lieu.id, "matrix", "room", room)
    await talk.do("open", doors.room_settings.open_to, room, entry, lieu.space)
    await talk.do("remember", doors.room_settings.show_history, room, history)
    await talk.do("entrust", doors.room_settings.entrust, lieu.space, room)
    await talk.do("offer", offer, doors.lieux, lieu.id, room, offered)
    await talk.do("come", doors.membership.invite, room, talk.person)
    talk.note("room-create", room=name)
    await talk.say("created", room=name)
    try:
        await talk.do("show", doors.room_settings.place, lieu.space, room)
    except Refused as no:
        await talk.say("not-shown", room=name, why=talk.because(no))
    await talk.begin("inherit", talk.person, lieu.office or talk.room, room_id=room)
