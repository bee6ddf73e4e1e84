"""`!réseau`: the networks of lieux that this one is in; make one, join one, invite into it, settle what is heard there,
look after it, leave it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.network.geography import called, plain
from bot.network.networks import Networks
from bot.store.networks import Declared, OwnNetwork
from bot.talk import PRIVATE, Choice, Option, Role, command, hours
from bot.talk.pagination import read_out
from bot.talk.ports import RoomSettings
from bot.talk.talk import Talk

from . import keyholders, participation, preferences

Act = Callable[[Talk, Lieu, Networks, list[OwnNetwork]], Awaitable[None]]

ALONE: dict[str, Act] = {"create": participation.create, "join": participation.join}
INSIDE: dict[str, Act] = {"invite": keyholders.invite}
WITH_KEYS: dict[str, Act] = {"exclude": keyholders.exclude, "entrust": keyholders.entrust}
ACTS = ALONE | INSIDE | WITH_KEYS | {"leave": participation.leave}
SETTLE = "settle"


@command(
    "network",
    action="network",
    role=Role.CONCIERGE,
    places=PRIVATE,
    takes=("act", "name|address|bot|what|which"),
    within=hours(1),
)
async def network(talk: Talk, lieu: Lieu, networks: Networks, room_settings: RoomSettings) -> None:
    if lieu.office is None:
        await talk.say("no-office")
        return
    rows = await talk.look("networks", networks.of, lieu.id)
    if rows and not talk.was_given("act"):
        await _tell(talk, lieu, networks, rows)
    act = await _which_act(talk, rows)
    if act == SETTLE:
        await preferences.settle(talk, lieu, networks, room_settings, rows)
    else:
        await ACTS[act](talk, lieu, networks, rows)


async def _which_act(talk: Talk, rows: list[OwnNetwork]) -> str:
    """Of what can be done; what cannot is understood as well, and explained."""
    inside, keeps = any(row["status"] == "declared" for row in rows), any(row["keeps"] for row in rows)
    shown = [
        *ALONE,
        *((*INSIDE, SETTLE) if inside else ()),
        *(WITH_KEYS if keeps else ()),
        *(["leave"] if rows else ()),
    ]
    options = {act: Option(act, key=f"network.act.{act}") for act in (*ACTS, SETTLE)}
    hidden = [option for act, option in options.items() if act not in shown]
    return await talk.ask("act", Choice([options[act] for act in shown], hidden=hidden))


async def _tell(talk: Talk, lieu: Lieu, networks: Networks, rows: list[OwnNetwork]) -> None:
    """Who is in each, since when, and how to reach them."""
    for row in rows:
        item, since = str(row["network"]), _day(row["since"], lieu)
        if row["status"] != "declared":
            await talk.say(f"status-{row['status']}", item=item, name=row["name"], since=since)
            continue
        told = await talk.look("neighbours", networks.declarations.neighbours, row["network"], item=item)
        address = await talk.look("address", networks.address, row["network"], item=item)
        lines = [_line(talk, lieu, one) for one in told]
        await read_out(talk, "one", lines, name=row["name"], n=len(told), address=address)


def _line(talk: Talk, lieu: Lieu, one: Declared) -> str:
    """« Le Moulin (Chinon) · depuis le 3 mars · a les clés · https://moulin.example »"""
    card = one["card"]
    key, holes = called(card)
    more = [talk.phrase("keeps")] if card.get("keeper") is True else []
    reach = plain(card.get("web") or one["bot"], 300)
    return " · ".join([talk.phrase(key, **holes), talk.phrase("since", day=_day(one["since"], lieu)), *more, reach])


def _day(at: int, lieu: Lieu) -> date:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(lieu.choices.zone)).date()
