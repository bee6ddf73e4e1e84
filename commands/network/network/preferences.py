"""`!réseau régler`: what a lieu hears in a network, where and when, and what the others see of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from bot.lieux import Lieu
from bot.network.geography import located
from bot.network.networks import Networks
from bot.network.towns import in_town
from bot.store.networks import OwnNetwork
from bot.talk import PERHAPS_UNSAID, STATED, Choice, Listed, Many, Option, Room, Text
from bot.talk.ports import RoomSettings
from bot.talk.talk import Talk

from .keyholders import network_of

KINDS = ("equipment", "skill", "space", "hand", "project", "other")
TONGUES = ("fr", "en", "de", "es", "it", "nl", "pt", "ar", "br", "oc")
HOURS = re.compile(r"(\d{1,2})(?::00)?\D+(\d{1,2})")
WEB = re.compile(r"https?://[^\s.]+\.[^\s]+", re.IGNORECASE)

WRITTEN = ("town", "geo_uri", "web", "offers")  # by hand: shown again before others read it
BESIDE = ("act", "which", "what")


async def settle(
    talk: Talk, lieu: Lieu, networks: Networks, room_settings: RoomSettings, rows: list[OwnNetwork]
) -> None:
    row = await network_of(talk, [row for row in rows if row["status"] == "declared"])
    what = await talk.ask("what", Choice([Option(one, key=f"network.setting.{one}") for one in (*HEARD, *SHOWN)]))
    if what in HEARD:
        chosen = await HEARD[what](talk, lieu, room_settings)
        await talk.do("choose", networks.choose, lieu.id, row["network"], **{what: chosen})
        await talk.say("chosen-room" if what == "room" else "chosen", name=row["name"])
    else:
        told, before = await SHOWN[what](talk), row["choices"].get("card", {})
        if what == "town":
            card = await in_town(talk, before, told)
        else:
            card = {field: value for field, value in before.items() if field != what} | ({what: told} if told else {})
        if told and what in WRITTEN:
            await talk.confirm("sure-shown", but=BESIDE, name=row["name"], answers=talk.answers(but=BESIDE))
        await talk.do("present", networks.present, lieu, row["network"], card, f"{talk.id:x}")
        await talk.say("presented", name=row["name"])
    talk.note("network-settled", network=row["name"], what=talk.word(f"network.setting.{what}"))


# -- what the lieu hears


async def _kinds(talk: Talk, lieu: Lieu, room_settings: RoomSettings) -> list[str] | None:
    options = [Option(kind, key=f"between.kind.{kind}") for kind in KINDS]
    chosen = await talk.ask("kinds", Many(options))
    return list(chosen) if len(chosen) < len(KINDS) else None


async def _room(talk: Talk, lieu: Lieu, room_settings: RoomSettings) -> str:
    rows = await talk.look("rooms", room_settings.kept, lieu.space, talk.person)
    rooms = [(row["room_id"], row["name"]) for row in rows if row["inside"] and not row["archived"]]
    aliases = {row["alias"]: row["room_id"] for row in rows if row.get("alias")}
    return await talk.ask("room", Room(rooms, aliases))


async def _quiet(talk: Talk, lieu: Lieu, room_settings: RoomSettings) -> list[int] | None:
    """From one hour to another one; None: never."""
    while True:
        told = await talk.ask("quiet", Text(PERHAPS_UNSAID, max=40))
        if talk.means("network.never", told):
            return None
        found = HOURS.search(told)
        hours = [int(hour) for hour in found.groups()] if found else []
        if hours and max(hours) <= 24 and hours[0] % 24 != hours[1] % 24:
            return [hour % 24 for hour in hours]
        await talk.say("quiet-again")


# -- what others see of it


async def _town(talk: Talk) -> str:
    return await talk.ask("town", Text(STATED, max=100), optional=True, default="")


async def _place(talk: Talk) -> str | None:
    while True:
        told = await talk.ask("place", Text(PERHAPS_UNSAID, max=500), optional=True, default="")
        if not told or (found := located(told)):
            return found if told else None
        await talk.say("place-again")


async def _web(talk: Talk) -> str:
    while True:
        told = await talk.ask("web", Text(PERHAPS_UNSAID, max=400), optional=True, default="")
        address = told if not told or "://" in told else f"https://{told}"
        if not told or WEB.fullmatch(address):
            return address
        await talk.say("web-again")


async def _offers(talk: Talk) -> list[str]:
    offers: tuple[str, ...] = await talk.ask("offers", Listed(most=30), optional=True, default=())
    return list(offers)


async def _languages(talk: Talk) -> list[str]:
    tongues = await talk.ask("languages", Many([Option(one, key=f"network.tongue.{one}") for one in TONGUES]))
    return list(tongues)


HEARD: dict[str, Callable[[Talk, Lieu, RoomSettings], Awaitable[Any]]] = {
    "kinds": _kinds,
    "room": _room,
    "quiet": _quiet,
}
SHOWN: dict[str, Callable[[Talk], Awaitable[Any]]] = {
    "town": _town,
    "geo_uri": _place,
    "web": _web,
    "offers": _offers,
    "languages": _languages,
}
