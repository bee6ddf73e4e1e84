"""What is done with rooms: a new one is made, or one that is there is changed. Both share some questions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.arrivals.members import doubles
from bot.errors import Refused
from bot.lieux import Lieu, Lieux
from bot.matrix.readings import KeptRoom
from bot.services.ownership import Ownership
from bot.talk import STATED, Choice, Option, Person, Text, YesNo
from bot.talk.ports import Facts, Membership, Rooms, RoomSettings
from bot.talk.talk import Talk

ENTRIES = ("members", "request", "private")
HISTORIES = ("everything", "since")
OFFERED = ("everybody", "choice", "nobody")
FIRST, NAMES = "first", 30
WHOM = ("one", "everybody")
WHICH = ("act", "which", "seen")  # the steps that say what to do, and where


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about rooms are handed."""

    lieu: Lieu
    lieux: Lieux
    facts: Facts
    membership: Membership
    rooms: Rooms
    room_settings: RoomSettings
    ownership: Ownership


async def ask_entry(talk: Talk) -> str:
    return await talk.ask("entry", Choice([Option(entry, key=f"rooms.entry.{entry}") for entry in ENTRIES]))


async def ask_history(talk: Talk) -> str:
    return await talk.ask("history", Choice([Option(seen, key=f"rooms.history.{seen}") for seen in HISTORIES]))


def is_taken(name: str, rows: list[KeptRoom]) -> bool:
    return name.casefold() in {row["name"].casefold() for row in rows}


async def offer(lieux: Lieux, id: int, room: str, how: str) -> None:
    """To newcomers: to everybody, among what they choose from, or not at all."""
    lieu = await lieux.get(id)
    if lieu is None:
        return
    choices = lieu.choices
    lists = {"everybody": choices.open_rooms, "choice": choices.offered_rooms}
    kept = {to: [each for each in before if each != room] + [room] * (to == how) for to, before in lists.items()}
    hall = None if how == "nobody" and choices.hall == room else choices.hall
    await lieux.choose(id, open_rooms=kept["everybody"], offered_rooms=kept["choice"], hall=hall)


async def create(talk: Talk, tools: Tools, rows: list[KeptRoom]) -> None:
    lieu = tools.lieu
    while is_taken(name := await talk.ask("name", Text(STATED, max=80)), rows):
        await talk.say("taken", room=name)
    topic = await talk.ask("topic", Text(STATED, max=300), optional=True, default="")
    entry = await ask_entry(talk)
    encrypted = await talk.ask("encrypted", YesNo())
    history = "since" if encrypted else await ask_history(talk)
    offers = [Option(offer, key=f"rooms.offered.{offer}") for offer in OFFERED]
    offered = "nobody" if entry == "private" else await talk.ask("offered", Choice(offers))
    await talk.confirm("summary", answers=talk.answers()[1:])  # but the first, which is what to do
    key = f"room/{lieu.id}/{talk.id}"
    room = await talk.do(
        "make", tools.rooms.create, key, name=name, topic=topic or None, encrypted=encrypted, parent=lieu.space
    )
    await talk.do("own", tools.ownership.own, lieu.id, "matrix", "room", room)
    await talk.do("open", tools.room_settings.open_to, room, entry, lieu.space)
    await talk.do("remember", tools.room_settings.show_history, room, history)
    await talk.do("entrust", tools.room_settings.entrust, lieu.space, room)
    await talk.do("offer", offer, tools.lieux, lieu.id, room, offered)
    await talk.do("come", tools.membership.invite, room, talk.person)
    talk.note("room-create", room=name)
    await talk.say("created", room=name)
    try:
        await talk.do("show", tools.room_settings.place, lieu.space, room)
    except Refused as no:
        await talk.say("not-shown", room=name, why=talk.because(no))
    await talk.begin("inherit", talk.person, lieu.office or talk.room, room_id=room)


async def _list(talk: Talk, tools: Tools, rows: list[KeptRoom], row: KeptRoom) -> bool:
    people = await talk.look("people", _people, tools.facts, row["room_id"])
    shown = people if len(people) <= NAMES else [*people[:NAMES], talk.phrase("and-more", n=len(people) - NAMES)]
    if people:
        await talk.say("inside", room=row["name"], n=len(people), people=shown)
    else:
        await talk.say("empty", room=row["name"])
    return False


async def _people(facts: Facts, room: str) -> list[str]:
    found = await facts.members(room)
    twice = doubles({"person": person, "name": name} for person, name in found.items())
    shown = {person: f"{name} ({person})" if person in twice else name for person, name in found.items()}
    return sorted((name for person, name in shown.items() if person != facts.me), key=str.casefold)


async def _access(talk: Talk, tools: Tools, rows: list[KeptRoom], row: KeptRoom) -> bool:
    """One person is invited; for everybody, the space opens the room: homeservers limit invitations."""
    office = row["room_id"] == tools.lieu.office
    whom = "one" if office else await talk.ask("whom", Choice([Option(w, key=f"rooms.whom.{w}") for w in WHOM]))
    if whom == "everybody":
        if row["entry"] in ("members", "public"):
            await talk.say("open-already", room=row["name"])
            return False
        await talk.confirm("open-sure", room=row["name"])
        await talk.do("open", tools.room_settings.open_to, row["room_id"], "members", tools.lieu.space)
        await talk.say("opened", room=row["name"])
        return True
    known = await talk.look("members", tools.facts.members, tools.lieu.space)
    person = await talk.ask("person", Person(known=list(known.items())))
    done = await talk.do("invite", tools.membership.invite, row["room_id"], person)
    who = f"{known[person]} ({person})" if person in known else person
    await talk.say("let-in" if done == "invited" else "let-in-already", room=row["name"], who=who)
    return bool(done == "invited")


async def _entry(talk: Talk, tools: Tools, rows: list[KeptRoom], row: KeptRoom) -> bool:
    entry = await ask_entry(talk)
    await talk.do("open", tools.room_settings.open_to, row["room_id"], entry, tools.lieu.space)
    await talk.say(f"now-{entry}", room=row["name"])
    return True


async def _history(talk: Talk, tools: Tools, rows: list[KeptRoom], row: KeptRoom) -> bool:
    if row["encrypted"]:
        await talk.say("history-encrypted", room=row["name"])
        return False
    seen = await ask_history(talk)
    await talk.do("remember", tools.room_settings.show_history, row["room_id"], seen)
    await talk.say(f"shows-{seen}", room=row["name"])
    return True


async def _rename(talk: Talk, tools: Tools, rows: list[KeptRoom], row: KeptRoom) -> bool:
    while is_taken(name := await talk.ask("new-name", Text(STATED, max=80), room=row["name"]), rows):
        await talk.say("taken", room=name)
    await talk.confirm("rename-sure", but=WHICH, room=row["name"], name=name)
    await talk.do("rename", tools.room_settings.rename, row["room_id"], name)
    await talk.say("renamed", room=row["name"], name=name)
    return True


async def _describe(talk: Talk, tools: Tools, rows: list[KeptRoom], row: KeptRoom) -> bool:
    topic = await talk.ask("new-topic", Text(STATED, max=300), room=row["name"])
    await talk.confirm("describe-sure", but=WHICH, room=row["name"], topic=topic)
    await talk.do("describe", tools.room_settings.describe, row["room_id"], topic)
    await talk.say("described", room=row["name"])
    return True


async def _suggest(talk: Talk, tools: Tools, rows: list[KeptRoom], row: KeptRoom) -> bool:
    wanted = not row["suggested"]
    await talk.do("suggest", tools.room_settings.place, tools.lieu.space, row["room_id"], suggested=wanted)
    await talk.say("suggested" if wanted else "no-longer-suggested", room=row["name"])
    return True


async def _order(talk: Talk, tools: Tools, rows: list[KeptRoom], row: KeptRoom) -> bool:
    others = [each for each in rows if each["room_id"] != row["room_id"] and not each["archived"]]
    first = Option(FIRST, key="rooms.place.first")
    behind = [Option(each["room_id"], each["name"]) for each in others]
    after = await talk.ask("place", Choice([first, *behind]), room=row["name"])
    ids = [each["room_id"] for each in others]
    ids.insert(0 if after == FIRST else ids.index(after) + 1, row["room_id"])
    await talk.do("arrange", tools.room_settings.arrange, tools.lieu.space, ids)
    await talk.say("arranged", room=row["name"])
    return True


async def _archive(talk: Talk, tools: Tools, rows: list[KeptRoom], row: KeptRoom) -> bool:
    await talk.confirm("archive-sure", room=row["name"])
    await talk.do("archive", tools.room_settings.archive, tools.lieu.space, row["room_id"])
    await talk.do("unoffer", offer, tools.lieux, tools.lieu.id, row["room_id"], "nobody")
    await talk.say("archived", room=row["name"])
    return True


async def _restore(talk: Talk, tools: Tools, rows: list[KeptRoom], row: KeptRoom) -> bool:
    await talk.confirm("restore-sure", room=row["name"])
    await talk.do("restore", tools.room_settings.bring_back, tools.lieu.space, row["room_id"])
    await talk.say("restored", room=row["name"])
    await talk.begin("inherit", talk.person, tools.lieu.office or talk.room, room_id=row["room_id"])
    return True


Act = Callable[[Talk, Tools, list[KeptRoom], KeptRoom], Awaitable[bool]]


ACTS: dict[str, Act] = {
    "list": _list,
    "access": _access,
    "entry": _entry,
    "history": _history,
    "name": _rename,
    "topic": _describe,
    "suggest": _suggest,
    "order": _order,
    "archive": _archive,
    "restore": _restore,
}
