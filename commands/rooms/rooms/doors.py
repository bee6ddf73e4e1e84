"""What all that is done with rooms needs: the doors to them, and the questions that a new one and an old one share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.lieux import Lieu, Lieux
from bot.services.ownership import Ownership
from bot.talk import Choice, Option
from bot.talk.ports import Facts, Membership, Rooms, RoomSettings
from bot.talk.talk import Talk

ENTRIES = ("members", "request", "private")
HISTORIES = ("everything", "since")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Doors:
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


def is_taken(name: str, rows: list[Row]) -> bool:
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
