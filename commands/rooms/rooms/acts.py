"""What is done with a room that is there. Each act says whether something was done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.arrivals.members import doubles
from bot.talk import STATED, Choice, Option, Person, Text
from bot.talk.ports import Facts
from bot.talk.talk import Talk

from .doors import Doors, Row, ask_entry, ask_history, is_taken, offer

FIRST, NAMES = "first", 30
WHOM = ("one", "everybody")


async def _list(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    people = await talk.look("people", _people, doors.facts, row["room_id"])
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


async def _access(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    """One person is invited; for everybody, the space opens the room: homeservers limit invitations."""
    office = row["room_id"] == doors.lieu.office
    whom = "one" if office else await talk.ask("whom", Choice([Option(w, key=f"rooms.whom.{w}") for w in WHOM]))
    if whom == "everybody":
        if row["entry"] in ("members", "public"):
            await talk.say("open-already", room=row["name"])
            return False
        await talk.confirm("open-sure", room=row["name"])
        await talk.do("open", doors.room_settings.open_to, row["room_id"], "members", doors.lieu.space)
        await talk.say("opened", room=row["name"])
        return True
    known = await talk.look("members", doors.facts.members, doors.lieu.space)
    person = await talk.ask("person", Person(known=list(known.items())))
    done = await talk.do("invite", doors.membership.invite, row["room_id"], person)
    who = f"{known[person]} ({person})" if person in known else person
    await talk.say("let-in" if done == "invited" else "let-in-already", room=row["name"], who=who)
    return bool(done == "invited")


async def _door(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    entry = await ask_entry(talk)
    await talk.do("open", doors.room_settings.open_to, row["room_id"], entry, doors.lieu.space)
    await talk.say(f"now-{entry}", room=row["name"])
    return True


async def _history(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    if row["encrypted"]:
        await talk.say("history-encrypted", room=row["name"])
        return False
    seen = await ask_history(talk)
    await talk.do("remember", doors.room_settings.show_history, row["room_id"], seen)
    await talk.say(f"shows-{seen}", room=row["name"])
    return True


async def _rename(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    while is_taken(name := await talk.ask("new-name", Text(STATED, max=80), room=row["name"]), rows):
        await talk.say("taken", room=name)
    await talk.do("rename", doors.room_settings.rename, row["room_id"], name)
    await talk.say("renamed", room=row["name"], name=name)
    return True


async def _describe(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    topic = await talk.ask("new-topic", Text(STATED, max=300), room=row["name"])
    await talk.do("describe", doors.room_settings.describe, row["room_id"], topic)
    await talk.say("described", room=row["name"])
    return True


async def _suggest(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    wanted = not row["suggested"]
    await talk.do("suggest", doors.room_settings.place, doors.lieu.space, row["room_id"], suggested=wanted)
    await talk.say("suggested" if wanted else "no-longer-suggested", room=row["name"])
    return True


async def _order(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    others = [each for each in rows if each["room_id"] != row["room_id"] and not each["archived"]]
    first = Option(FIRST, key="rooms.place.first")
    behind = [Option(each["room_id"], each["name"]) for each in others]
    after = await talk.ask("place", Choice([first, *behind]), room=row["name"])
    ids = [each["room_id"] for each in others]
    ids.insert(0 if after == FIRST else ids.index(after) + 1, row["room_id"])
    await talk.do("arrange", doors.room_settings.arrange, doors.lieu.space, ids)
    await talk.say("arranged", room=row["name"])
    return True


async def _archive(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    await talk.confirm("archive-sure", room=row["name"])
    await talk.do("archive", doors.room_settings.archive, doors.lieu.space, row["room_id"])
    await talk.do("unoffer", offer, doors.lieux, doors.lieu.id, row["room_id"], "nobody")
    await talk.say("archived", room=row["name"])
    return True


async def _restore(talk: Talk, doors: Doors, rows: list[Row], row: Row) -> bool:
    await talk.confirm("restore-sure", room=row["name"])
    await talk.do("restore", doors.room_settings.bring_back, doors.lieu.space, row["room_id"])
    await talk.say("restored", room=row["name"])
    await talk.begin("inherit", talk.person, doors.lieu.office or talk.room, room_id=row["room_id"])
    return True


Act = Callable[[Talk, Doors, list[Row], Row], Awaitable[bool]]
ACTS: dict[str, Act] = {
    "list": _list,
    "access": _access,
    "entry": _door,
    "history": _history,
    "name": _rename,
    "topic": _describe,
    "suggest": _suggest,
    "order": _order,
    "archive": _archive,
    "restore": _restore,
}
