"""`!salon`: the rooms of the lieu, made, opened, named, shown in the space, put aside and brought back."""

from __future__ import annotations

from bot.lieux import Lieu, Lieux
from bot.services.ownership import Ownership
from bot.talk import PRIVATE, Choice, Option, Role, command, hours
from bot.talk.ports import Facts, Membership, Rooms, RoomSettings
from bot.talk.talk import Talk

from .acts import ACTS
from .creation import create
from .doors import Doors, Row

PAGE, MORE = 8, "more"
STAYS = ("entry", "archive")  # what is not done to the conciergerie: what is said there concerns people


@command(
    "rooms", action="rooms", role=Role.CONCIERGE, places=PRIVATE, takes=("act", "which|seen|name"), within=hours(1)
)
async def rooms(
    talk: Talk,
    lieu: Lieu,
    lieux: Lieux,
    facts: Facts,
    membership: Membership,
    rooms: Rooms,
    room_settings: RoomSettings,
    ownership: Ownership,
) -> None:
    await _act(talk, Doors(lieu, lieux, facts, membership, rooms, room_settings, ownership))


async def _act(talk: Talk, doors: Doors) -> None:
    act = await talk.ask("act", Choice([Option(act, key=f"rooms.act.{act}") for act in ("create", *ACTS)]))
    rows = await talk.look("kept", _kept, doors, talk.person)
    if act == "create":
        await create(talk, doors, rows)
        return
    offered = [row for row in rows if act == "list" or row["archived"] == (act == "restore")]
    if not offered:
        await talk.say("none-archived" if act == "restore" else "none")
        return
    row = await _which(talk, offered, told=act == "list")
    if row is None:
        return
    if not row["inside"]:
        await talk.do("come-in", doors.membership.enter_all, {row["room_id"]: row["name"]})
    if row["room_id"] == doors.lieu.office and act in STAYS:
        await talk.say("office-stays", room=row["name"])
    elif await ACTS[act](talk, doors, rows, row):
        talk.note(f"room-{act}", room=row["name"])


async def _kept(doors: Doors, person: str) -> list[Row]:
    ours = [*await doors.ownership.owned(doors.lieu.id, "matrix", "room")]
    return await doors.room_settings.kept(doors.lieu.space, person, ours)


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
