"""What the bot may not do in the rooms of the lieux that it serves."""

from __future__ import annotations

import asyncio

from bot.doctor.homeserver import Patient
from bot.doctor.house import DATABASE
from bot.errors import MatrixRefused
from bot.lieux import Lieu, Lieux, rooms_of
from bot.matrix.power import Powers
from bot.matrix.shape import Json, block, dicts
from bot.matrix.wire import path
from bot.store.glance import glance
from integrations.findings import Finding

IN_SPACE = {"invite": "invite", "m.space.child": "add rooms", "kick": "remove people"}
IN_ROOM = {"m.room.message": "speak", "invite": "invite", "kick": "remove people"}


async def powers(patient: Patient) -> list[Finding]:
    """One finding for each room of each lieu."""
    try:
        async with glance(patient.settings.data_dir / DATABASE) as database:
            served = await Lieux(database).all()
    except FileNotFoundError:
        return []
    rooms = [(lieu, room_id) for lieu in served for room_id in sorted(rooms_of(lieu))]
    return list(await asyncio.gather(*(_room(patient, lieu, room_id) for lieu, room_id in rooms)))


async def _room(patient: Patient, lieu: Lieu, room_id: str) -> Finding:
    try:
        state = list(dicts(await patient.wire.fetch("GET", path("rooms", room_id, "state"))))
    except MatrixRefused:
        return Finding("room-absent", False, {"lieu": lieu.name, "room": room_id})
    wanted = IN_SPACE if room_id == lieu.space else IN_ROOM
    found = Powers(_event(state, "m.room.create"), block(_event(state, "m.room.power_levels"), "content") or None)
    missing = [what for what in wanted if not found.allows(patient.settings.matrix.user, what)]
    name = block(_event(state, "m.room.name"), "content").get("name", room_id)
    level = max((found.needed(what) for what in missing), default=0)
    cannot = ", ".join(wanted[what] for what in missing)
    words = {"lieu": lieu.name, "room": str(name), "cannot": cannot, "level": f"{level:.0f}"}
    return Finding("powers", not missing, words)


def _event(state: list[Json], kind: str) -> Json:
    return next((event for event in state if event.get("type") == kind), {})


LIEUX = (powers,)
