"""The rooms of a lieu in which the bot may speak to its members."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.talk.ports import RoomSettings


async def spoken_in(room_settings: RoomSettings, lieu: Lieu, person: str) -> list[list[str]]:
    """[id, name] of each that this person knows; not the conciergerie, which reads it already."""
    rows = await room_settings.kept(lieu.space, person)
    here = [row for row in rows if row["inside"] and row["speaks"] and not row["archived"]]
    return [[row["room_id"], row["name"]] for row in here if row["room_id"] != lieu.office]
