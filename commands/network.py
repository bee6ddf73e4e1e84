"""`!réseau`: the networks of lieux that this one is in; make one, join one, leave it, and who comes in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.errors import Refused
from bot.lieux import Lieu
from bot.network.networks import Networks, invitation
from bot.talk import Choice, Link, Option, Text, YesNo, command, days, dialogue
from bot.talk.doors import Keeping
from bot.talk.talk import Silence, Talk

PATIENCE = timedelta(hours=1)
ACTS = ("create", "join", "leave")
Row = dict[str, Any]


@command("network", action="network", takes=("act", "name|address"))
async def network(talk: Talk, lieu: Lieu, networks: Networks) -> None:
    rows = await talk.look("networks", networks.of, lieu.id)
    talk.patience(within=PATIENCE)
    if rows and not talk.was_given("act"):
        await _tell(talk, networks, rows)
    try:
        act = await talk.ask(
            "act", Choice([Option(act, key=f"network.act.{act}") for act in ACTS if rows or act != "leave"])
        )
        await {"create": _create, "join": _join, "leave": _leave}[act](talk, lieu, networks, rows)
    except Silence:
        return
    except Refused as no:
        await talk.refused(no)


async def _tell(talk: Talk, networks: Networks, rows: list[Row]) -> None:
    """Who is in each, since when, and how to reach them."""
    for row in rows:
        item = str(row["network"])
        if row["status"] == "asked":
            await talk.say("waiting", item=item, name=row["name"])
            continue
        told = await talk.look("neighbours", networks.neighbours, row["network"], item=item)
        address = await talk.look("address", networks.address, row["network"], item=item)
        await talk.say(
            "one",
            item=item,
            name=row["name"],
            n=len(told),
            lieux=[_line(talk, one) for one in told],
            link=Link(address),
        )


def _line(talk: Talk, one: Row) -> str:
    card = one["card"]
    return talk.phrase("between.in-town", lieu=card["name"], town=card["town"]) if card.get("town") else card["name"]


async def _create(talk: Talk, lieu: Lieu, networks: Networks, rows: list[Row]) -> None:
    name = await talk.ask("name", Text(max=60))
    card = await _card(talk)
    await talk.confirm("sure", name=name, answers=talk.answers())
    made = await talk.do("create", networks.create, lieu, f"network/{talk.id}", name, talk.phrase("topic"), card)
    talk.note("network-made", network=name)
    await talk.say("made", name=name, link=Link(made["address"]), address=made["address"])


async def _join(talk: Talk, lieu: Lieu, networks: Networks, rows: list[Row]) -> None:
    address = await talk.ask("address", Text(max=500))
    card = await _card(talk)
    asked = await talk.do("join", networks.ask_in, lieu, address, talk.phrase("reason", lieu=lieu.name), card)
    talk.note("network-asked", network=asked["name"])
    await talk.say("asked", name=asked["name"])


async def _card(talk: Talk) -> Row:
    """What others see of the lieu, besides its name."""
    town = await talk.ask("town", Text(max=100), optional=True, default="")
    return {"town": town} if town else {}


async def _leave(talk: Talk, lieu: Lieu, networks: Networks, rows: list[Row]) -> None:
    which = await talk.ask("which", Choice([Option(str(row["network"]), row["name"]) for row in rows]))
    name = next(row["name"] for row in rows if str(row["network"]) == which)
    await talk.confirm("sure-leave", name=name)
    await talk.do("leave", networks.leave, lieu, int(which))
    talk.note("network-left", network=name)
    await talk.say("left", name=name)


# -- what comes by itself


@dialogue("admit-lieu", action="network")
async def admit_lieu(
    talk: Talk, lieu: Lieu, networks: Networks, keeping: Keeping, network: int, bot: str, reason: str, hello: Row
) -> None:
    """A lieu's bot is at the door, or was let in and says for which lieu it speaks."""
    name = await talk.look("name", networks.name, network)
    known = bool(hello) and await talk.look("admitted", networks.is_admitted, network, bot)
    if not known and not await _is_wanted(talk, name, bot, reason, hello):
        if not hello:
            await talk.do("turn-away", networks.turn_away, network, bot)
        await talk.say("not-admitted", who=_who(bot, hello))
        return
    if not hello:
        await talk.do("admit", networks.admit, network, bot)
        talk.note("network-admitted", bot, network=name)
        await talk.say("admitted", who=_who(bot, hello), name=name)
        return
    await talk.do("declare", networks.declare, network, hello["lieu"], hello["card"])


async def _is_wanted(talk: Talk, name: str, bot: str, reason: str, hello: Row) -> bool:
    try:
        return await talk.ask(
            "let-in",
            YesNo(),
            of="network",
            remind=days(2),
            within=days(30),
            name=name,
            who=_who(bot, hello),
            bot=bot,
            reason=reason or "—",
        )
    except Silence:
        return False


def _who(bot: str, hello: Row) -> str:
    return str(hello["card"]["name"]) if hello else bot


@dialogue("settle-in", action="network")
async def settle_in(
    talk: Talk, lieu: Lieu, networks: Networks, network: int, space: str, name: str, by: str, at: int
) -> None:
    """The door of a network was opened to us."""
    await talk.do("settle-in", networks.come_in, network, by, at)


@dialogue("bidden", action="network")
async def bidden(talk: Talk, lieu: Lieu, networks: Networks, space: str, name: str, by: str, at: int) -> None:
    """A network invites us, unasked."""
    try:
        if not await talk.ask("bidden", YesNo(), of="network", within=days(30), name=name, by=by):
            await talk.say("not-joined", name=name)
            return
    except Silence:
        return
    await talk.do("join", networks.ask_in, lieu, invitation(space, by), "", {})
    talk.note("network-asked", network=name)
