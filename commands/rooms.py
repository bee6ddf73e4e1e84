"""`!salon`: the rooms of the lieu, made, opened, named, shown in the space, put aside and brought back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.arrivals import Arrivals
from bot.errors import Refused
from bot.lieux import Lieu, Lieux
from bot.talk import Choice, Option, Person, Text, YesNo, command
from bot.talk.doors import Keeping, Rooms
from bot.talk.talk import Silence, Talk

PAGE, MORE, FIRST, NAMES = 8, "more", "first", 30
PATIENCE = timedelta(hours=1)  # then the concierge's next words in the room are no answer any more
ENTRIES = ("members", "request", "private")
OFFERS = ("everybody", "choice", "nobody")
WHOM = ("one", "everybody")
STAYS = ("entry", "archive")  # what is not done to the conciergerie: what is said there concerns people
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Doors:
    lieu: Lieu
    lieux: Lieux
    rooms: Rooms
    keeping: Keeping
    arrivals: Arrivals


@command("rooms", action="rooms", takes=("act", "which|seen|name"))
async def rooms(talk: Talk, lieu: Lieu, lieux: Lieux, rooms: Rooms, keeping: Keeping, arrivals: Arrivals) -> None:
    talk.patience(within=PATIENCE)
    try:
        await _act(talk, Doors(lieu, lieux, rooms, keeping, arrivals))
    except Silence:
        return


async def _act(talk: Talk, doors: Doors) -> None:
    act = await talk.ask("act", Choice([Option(act, key=f"rooms.act.{act}") for act in ("create", *ACTS)]))
    rows = await talk.look("kept", _kept, doors, talk.person)
    if act == "create":
        await _create(talk, doors, rows)
        return
    offered = [row for row in rows if act == "list" or row["archived"] == (act == "restore")]
    if not offered:
        await talk.say("none-archived" if act == "restore" else "none")
        return
    row = await _which(talk, offered, told=act == "list")
    if row is None:
        return
    if not row["inside"]:
        await talk.say("outside", room=row["name"])
    elif row["room_id"] == doors.lieu.office and act in STAYS:
        await talk.say("office-stays", room=row["name"])
    elif await ACTS[act](talk, doors, rows, row):
        talk.note(f"room-{act}", room=row["name"])


async def _kept(doors: Doors, person: str) -> list[Row]:
    ours = [*await doors.arrivals.owned(doors.lieu.id, "matrix", "room")]
    return await doors.keeping.kept(doors.lieu.space, person, ours)


async def _which(talk: Talk, rows: list[Row], *, told: bool) -> Row | None:
    """One of the rooms, eight at a time; `told`: with what is to be known of each."""
    page = len(rows) if talk.was_given("which") else PAGE
    for first in range(0, len(rows), page):
        options = [_option(talk, row, told) for row in rows[first : first + page]]
        if rows[first + page :]:
            options.append(Option(MORE, key="talk.words.more"))
        which = await talk.ask("seen" if told else "which", Choice(options), optional=told)
        if which != MORE:
            return next((row for row in rows if row["room_id"] == which), None)
    return None


def _option(talk: Talk, row: Row, told: bool) -> Option:
    return Option(row["room_id"], _line(talk, row) if told else row["name"], name=row["name"])


def _line(talk: Talk, row: Row) -> str:
    """« Atelier : ouvert aux membres, 12 personnes, chiffré »"""
    marks = [talk.phrase(f"rooms.is.{mark}") for mark in ("encrypted", "suggested", "archived") if row[mark]]
    people = talk.phrase("rooms.is.people", n=row["members"] - row["inside"])
    return f"{row['name']} · " + ", ".join([talk.phrase(f"rooms.is.{row['entry']}"), people, *marks])


# -- a new room


async def _create(talk: Talk, doors: Doors, rows: list[Row]) -> None:
    lieu, keeping = doors.lieu, doors.keeping
    while _is_taken(name := await talk.ask("name", Text(max=80)), rows):
        await talk.say("taken", room=name)
    topic = await talk.ask("topic", Text(max=300), optional=True, default="")
    entry = await _entry(talk)
    encrypted = await talk.ask("encrypted", YesNo())
    offers = [Option(offer, key=f"rooms.offered.{offer}") for offer in OFFERS]
    offered = "nobody" if entry == "private" else await talk.ask("offered", Choice(offers))
    await talk.confirm("summary", answers=talk.answers()[1:])  # but the first, which is what to do
    key = f"room/{lieu.id}/{talk.id}"
    room = await talk.do(
        "make", doors.rooms.create, key, name=name, topic=topic or None, encrypted=encrypted, parent=lieu.space
    )
    await talk.do("own", doors.arrivals.own, lieu.id, "matrix", "room", room)
    await talk.do("open", keeping.open_to, room, entry, lieu.space)
    await talk.do("entrust", keeping.entrust, lieu.space, room)
    await talk.do("offer", _offer, doors.lieux, lieu.id, room, offered)
    await talk.do("come", doors.rooms.invite, room, talk.person)
    talk.note("room-create", room=name)
    await talk.say("created", room=name)
    try:
        await talk.do("show", keeping.place, lieu.space, room)
    except Refused as no:
        await talk.say("not-shown", room=name, why=talk.because(no))
    await talk.begin("inherit", talk.person, lieu.office or talk.room, room_id=room)


def _is_taken(name: str, rows: list[Row]) -> bool:
    return name.casefold() in {row["name"].casefold() for row in rows}


async def _entry(talk: Talk) -> str:
    return await talk.ask("entry", Choice([Option(entry, key=f"rooms.entry.{entry}") for entry in ENTRIES]))


async def _offer(lieux: Lieux, id: int, room: str, how: str) -> None:
    """To newcomers: to everybody, among what they choose from, or not at all."""
    lieu = await lieux.get(id)
    if lieu is None:
        return
    choices = lieu.choices
    lists = {"everybody": choices.open_rooms, "choice": choices.offered_rooms}
    kept = {to: [each for each in before if each != room] + [room] * (to == how) for to, before in lists.items()}
    hall = None if how == "nobody" and choices.hall == room else choices.hall
    await lieux.choose(id, open_rooms=kept["everybody"], offered_rooms=kept["choice"], hall=hall)


# -- what is done with a room; each says whether something was done


async def _list(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    people = await talk.look("people", _people, doors.rooms, row["room_id"])
    shown = people if len(people) <= NAMES else [*people[:NAMES], talk.phrase("and-more", n=len(people) - NAMES)]
    if people:
        await talk.say("inside", room=row["name"], n=len(people), people=shown)
    else:
        await talk.say("empty", room=row["name"])
    return False


async def _people(rooms: Rooms, room: str) -> list[str]:
    found = await rooms.members(room)
    return sorted((name for person, name in found.items() if person != rooms.me), key=str.casefold)


async def _access(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    """One person is invited; for everybody, the space opens the room: homeservers limit invitations."""
    office = row["room_id"] == doors.lieu.office
    whom = "one" if office else await talk.ask("whom", Choice([Option(w, key=f"rooms.whom.{w}") for w in WHOM]))
    if whom == "everybody":
        if row["entry"] in ("members", "public"):
            await talk.say("open-already", room=row["name"])
            return False
        await talk.confirm("open-sure", room=row["name"])
        await talk.do("open", doors.keeping.open_to, row["room_id"], "members", doors.lieu.space)
        await talk.say("opened", room=row["name"])
        return True
    known = await talk.look("members", doors.rooms.members, doors.lieu.space)
    person = await talk.ask("person", Person(known=list(known.items())))
    done = await talk.do("invite", doors.rooms.invite, row["room_id"], person)
    await talk.say("let-in" if done == "invited" else "let-in-already", room=row["name"], who=known.get(person, person))
    return bool(done == "invited")


async def _door(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    entry = await _entry(talk)
    await talk.do("open", doors.keeping.open_to, row["room_id"], entry, doors.lieu.space)
    await talk.say(f"now-{entry}", room=row["name"])
    return True


async def _rename(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    while _is_taken(name := await talk.ask("new-name", Text(max=80), room=row["name"]), rows):
        await talk.say("taken", room=name)
    await talk.do("rename", doors.keeping.rename, row["room_id"], name)
    await talk.say("renamed", room=row["name"], name=name)
    return True


async def _describe(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    topic = await talk.ask("new-topic", Text(max=300), room=row["name"])
    await talk.do("describe", doors.keeping.describe, row["room_id"], topic)
    await talk.say("described", room=row["name"])
    return True


async def _suggest(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    wanted = not row["suggested"]
    await talk.do("suggest", doors.keeping.place, doors.lieu.space, row["room_id"], suggested=wanted)
    await talk.say("suggested" if wanted else "no-longer-suggested", room=row["name"])
    return True


async def _order(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    others = [each for each in rows if each["room_id"] != row["room_id"] and not each["archived"]]
    first = Option(FIRST, key="rooms.place.first")
    after = await talk.ask("place", Choice([first, *(_option(talk, each, False) for each in others)]), room=row["name"])
    ids = [each["room_id"] for each in others]
    ids.insert(0 if after == FIRST else ids.index(after) + 1, row["room_id"])
    await talk.do("arrange", doors.keeping.arrange, doors.lieu.space, ids)
    await talk.say("arranged", room=row["name"])
    return True


async def _archive(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    await talk.confirm("archive-sure", room=row["name"])
    await talk.do("archive", doors.keeping.archive, doors.lieu.space, row["room_id"])
    await talk.do("unoffer", _offer, doors.lieux, doors.lieu.id, row["room_id"], "nobody")
    await talk.say("archived", room=row["name"])
    return True


async def _restore(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    await talk.confirm("restore-sure", room=row["name"])
    await talk.do("restore", doors.keeping.bring_back, doors.lieu.space, row["room_id"])
    await talk.say("restored", room=row["name"])
    await talk.begin("inherit", talk.person, doors.lieu.office or talk.room, room_id=row["room_id"])
    return True


Act = Callable[[Talk, Doors, list[Row], Row], Awaitable[bool]]
ACTS: dict[str, Act] = {
    "list": _list,
    "access": _access,
    "entry": _door,
    "name": _rename,
    "topic": _describe,
    "suggest": _suggest,
    "order": _order,
    "archive": _archive,
    "restore": _restore,
}
