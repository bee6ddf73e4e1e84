"""What the bot may not do in the rooms of the lieux that it serves, and which of them have settings of their own."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.errors import MatrixRefused
from bot.lieux import Lieu, Lieux, rooms_of
from bot.matrix.client_api import path
from bot.matrix.power_levels import PowerLevels
from bot.matrix.untrusted_json import Json, block, dicts
from bot.operator.doctor.homeserver_checks import Patient
from bot.operator.lieu_spaces import LIEU, spaces
from bot.services.registry import SERVICES
from bot.services.service import Service
from bot.services.settings import OfLieu, setting_name
from bot.settings import Settings
from bot.store.data_folder import DATABASE
from bot.store.ownership import owns
from bot.store.read_only import Earlier, open_read_only
from integrations.findings import Finding
from integrations.nextcloud import kept_place
from integrations.reserved_names import administers

IN_SPACE = {"invite": "invite", "m.space.child": "add rooms", "kick": "remove people"}
IN_ROOM = {"m.room.message": "speak", "invite": "invite", "kick": "remove people"}


async def powers(patient: Patient) -> list[Finding]:
    """Whether the bot is in each room of each lieu, and may do there what it must."""
    rooms = [(lieu, room_id) for lieu in await _served(patient) for room_id in sorted(rooms_of(lieu))]
    return list(await asyncio.gather(*(_room(patient, lieu, room_id) for lieu, room_id in rooms)))


async def _room(patient: Patient, lieu: Lieu, room_id: str) -> Finding:
    try:
        state = list(dicts(await patient.api.fetch("GET", path("rooms", room_id, "state"))))
    except MatrixRefused:
        return Finding("room-absent", False, {"lieu": lieu.name, "room": room_id})
    wanted = IN_SPACE if room_id == lieu.space else IN_ROOM
    found = PowerLevels(_event(state, "m.room.create"), block(_event(state, "m.room.power_levels"), "content") or None)
    missing = [what for what in wanted if not found.allows(patient.settings.matrix.user, what)]
    name = block(_event(state, "m.room.name"), "content").get("name", room_id)
    level = max((found.needed(what) for what in missing), default=0)
    cannot = ", ".join(wanted[what] for what in missing)
    words = {"lieu": lieu.name, "room": str(name), "cannot": cannot, "level": f"{level:.0f}"}
    return Finding("powers", not missing, words)


async def own_settings(patient: Patient) -> list[Finding]:
    """For which lieu the settings are that one has for itself, and which are for none."""
    served = await _served(patient)
    pinned = {lieu.whose for lieu in patient.settings.lieux}
    alone = len(served) == 1
    found = [
        _meant(own, [one for one in served if _is_meant(own, one, pinned)], alone) for own in patient.settings.lieux
    ]
    shared = [one.name for one in SERVICES if one.is_one_lieus and _is_nobodys(patient.settings, one)]
    return found if len(served) <= 1 else [*found, *(Finding(f"{name}-shared", False) for name in shared)]


def _is_nobodys(settings: Settings, service: Service[Any, Any]) -> bool:
    """What was written for all, where there are several, and once more for none of them."""
    common = settings.services[service]
    given = (own.chosen[service] for own in settings.lieux)
    return common is not None and not any(one is not None and one is not common for one in given)


def _is_meant(own: OfLieu, lieu: Lieu, pinned: set[str]) -> bool:
    spaces = {lieu.space, lieu.origin}  # it may have been upgraded since the settings were written
    by_name = setting_name(lieu.name) == own.whose and not spaces & pinned
    return own.whose in spaces or by_name


def _meant(own: OfLieu, found: list[Lieu], alone: bool) -> Finding:
    """A name is enough as long as there is one lieu."""
    if len(found) != 1:
        return Finding("lieu-namesakes" if found else "lieu-unknown", False, {"of": own.prefix})
    (lieu,) = found
    words = {"of": own.prefix, "lieu": lieu.name, "space": lieu.space}
    if own.whose in (lieu.space, lieu.origin):
        return Finding("lieu-settings", True, words)
    return Finding("lieu-by-name", alone, words)


async def who_is_a_lieu(patient: Patient) -> list[Finding]:
    """Which spaces are lieux, which want to be, and who is asked about it."""
    try:
        async with open_read_only(patient.settings.data_dir / DATABASE) as database:
            found = await database.read(spaces)
    except (FileNotFoundError, Earlier):  # the next start makes it, or brings it up to date
        found = []
    hosts, waiting = patient.settings.operators, [one for one in found if one.status == "waiting"]
    asked = Finding("operators", True, {"who": ", ".join(hosts)}) if hosts else Finding("operators-none", True)
    lieux = [Finding("is-lieu", True, {"lieu": one.name, "space": one.space}) for one in found if one.status == LIEU]
    wants = [
        Finding("wants-lieu", bool(hosts), {"lieu": one.name, "space": one.space, "who": one.asked_by})
        for one in waiting
    ]
    return [asked, *lieux, *wants]


async def _served(patient: Patient) -> list[Lieu]:
    try:
        async with open_read_only(patient.settings.data_dir / DATABASE) as database:
            return await Lieux(database).all()
    except FileNotFoundError:
        return []


def _event(state: list[Json], kind: str) -> Json:
    return next((event for event in state if event.get("type") == kind), {})


async def unproven(patient: Patient) -> list[Finding]:
    """Groups and folders that an earlier version took as a lieu's without looking whether they were there before."""
    try:
        async with open_read_only(patient.settings.data_dir / DATABASE) as database:
            found = []
            for lieu in await Lieux(database).all():
                kept = {"group": lieu.choices.group, "folder": lieu.choices.folder}
                for kind, name in kept.items():
                    if name and not await database.read(owns, lieu.id, "nextcloud", kind, name):
                        words = {"lieu": lieu.name, "name": name}
                        bad = not kept_place(name) if kind == "folder" else administers(name)
                        found.append(Finding(f"{kind}-unproven", not bad, words))
            return found
    except FileNotFoundError:
        return []


LIEUX = (who_is_a_lieu, powers, own_settings, unproven)
