"""Who comes into a network, who has to go, and who has the keys: `!réseau inviter`, `exclure`, `confier`."""

from __future__ import annotations

from bot.errors import Refused
from bot.lieux import Lieu
from bot.network.geography import plain
from bot.network.networks import Networks
from bot.store.networks import Declared, OwnNetwork
from bot.talk import VERBATIM, Choice, Option, Person, Text
from bot.talk.pagination import pick
from bot.talk.talk import Talk


async def network_of(talk: Talk, rows: list[OwnNetwork]) -> OwnNetwork:
    """One of the networks: the only one, or the one that is meant. Raises Refused("no-network-for-that")."""
    if not rows:
        raise Refused("no-network-for-that")
    if len(rows) == 1:
        return rows[0]
    which = await talk.ask("which", Choice([Option(str(row["network"]), row["name"]) for row in rows]))
    return next(row for row in rows if str(row["network"]) == which)


def options(others: list[Declared]) -> list[Option]:
    """Lieux to choose from."""
    return [Option(one["lieu"], plain(one["card"]["name"])) for one in others]


def named(lieu: str, others: list[Declared]) -> str:
    return next(plain(one["card"]["name"]) for one in others if one["lieu"] == lieu)


async def invite(talk: Talk, lieu: Lieu, networks: Networks, rows: list[OwnNetwork]) -> None:
    """A bot by its address; or the sentence to pass on, which is all that a lieu without the keys can do."""
    row = await network_of(talk, [row for row in rows if row["status"] == "declared"])
    bot: str = await talk.ask("bot", Person(), optional=True, default="") if row["keeps"] else ""
    if not bot:
        address = await talk.look("address", networks.address, row["network"])
        await talk.say("pass-on", name=row["name"], address=address)
        return
    told = await talk.look("neighbours", networks.declarations.neighbours, row["network"])
    if bot == networks.me or any(one["bot"] == bot for one in told):
        await talk.say("bot-inside", bot=bot, name=row["name"])
        return
    await talk.do("admit", networks.administration.admit, row["network"], bot)
    talk.note("network-invited", bot, network=row["name"])
    await talk.say("invited-them", bot=bot, name=row["name"])


async def exclude(talk: Talk, lieu: Lieu, networks: Networks, rows: list[OwnNetwork]) -> None:
    row = await network_of(talk, [row for row in rows if row["keeps"]])
    others = await _without_keys(talk, lieu, networks, row)
    chosen = await pick(talk, "whom", options(others)) if others else None
    if chosen is None:
        return
    who = named(chosen, others)
    reason = await talk.ask("because", Text(VERBATIM, max=300), optional=True, default="")
    await talk.confirm("sure-exclude", who=who, name=row["name"], reason=reason or "—")
    await talk.do("exclude", networks.administration.exclude, row["network"], chosen, reason)
    talk.note("network-excluded", who, network=row["name"])
    await talk.say("excluded", who=who, name=row["name"])


async def entrust(talk: Talk, lieu: Lieu, networks: Networks, rows: list[OwnNetwork]) -> None:
    row = await network_of(talk, [row for row in rows if row["keeps"]])
    others = await _without_keys(talk, lieu, networks, row)
    chosen = await pick(talk, "to-whom", options(others)) if others else None
    if chosen is None:
        return
    who = named(chosen, others)
    await talk.confirm("sure-entrust", who=who, name=row["name"])
    await talk.do("entrust", networks.administration.entrust, row["network"], chosen)
    talk.note("network-entrusted", who, network=row["name"])
    await talk.say("entrusted", who=who, name=row["name"])


async def _without_keys(talk: Talk, lieu: Lieu, networks: Networks, row: OwnNetwork) -> list[Declared]:
    others = await talk.look("others", networks.others, lieu, row["network"])
    found = [one for one in others if one["card"].get("keeper") is not True]
    if not found:
        await talk.say("nobody-else")
    return found
