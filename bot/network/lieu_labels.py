"""How another lieu is called before our people: by its name, and by its server as well where the name could be taken
for somebody else's. A lieu says of itself what it likes, in each network anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from bot import lieux
from bot.matrix.facts import server_of
from bot.network.geography import plain
from bot.network.outgoing import speakers, wire_id
from bot.store import networks
from bot.store.database import Tx
from bot.store.networks import Neighbour
from integrations.lookalikes import alike


class Called(NamedTuple):
    """A lieu by its id on the wire, and by the bot that speaks for it, where it is not one of ours as we call it."""

    name: str
    lieu: str
    bot: str


def shown(tx: Tx, network: int, lieu: str) -> str:
    """What a lieu calls itself there; its id where it is no longer there."""
    return all_shown(tx, network, [lieu]).get(lieu, lieu)


def all_shown(tx: Tx, network: int, lieux: Collection[str]) -> dict[str, str]:
    """The same of several, those that are there."""
    known = [one for lieu in {*lieux} if (one := networks.neighbour(tx, network, lieu))]
    return {one.lieu: plain(one.card["name"]) for one in all_marked(tx, network, known)}


def marked(tx: Tx, one: Neighbour) -> Neighbour:
    """« La Rosée (ailleurs.fr) », where another lieu is called so, or one of ours."""
    return all_marked(tx, one.network, [one])[0]


def all_marked(tx: Tx, network: int, neighbours: Sequence[Neighbour]) -> list[Neighbour]:
    """The same of several in this network, whose names are looked at together."""
    mine = speakers(tx, network)
    called = [] if mine.issuperset(one.lieu for one in neighbours) else _called(tx)
    return [one if one.lieu in mine else _marked(one, called) for one in neighbours]


def _marked(one: Neighbour, called: Sequence[Called]) -> Neighbour:
    """The same lieu with another bot is another one."""
    name = plain(one.card["name"])
    others = (each.name for each in called if each.lieu != one.lieu or each.bot not in ("", one.bot))
    if not any(alike(name, other) for other in others):
        return one
    return replace(one, card=one.card | {"name": f"{name} ({server_of(one.bot)})"})


def of_person(tx: Tx, name: str, person: str) -> str:
    """Somebody without a bot, who could call themselves like a lieu."""
    lieux_here = {lieu.name for lieu in lieux.every(tx)}
    rows = tx.execute("SELECT DISTINCT json_extract(card, '$.name') AS name FROM neighbours")
    taken = lieux_here | {plain(row["name"]) for row in rows}
    return f"{plain(name)} ({person})" if any(alike(plain(name), one) for one in taken) else name


def _called(tx: Tx) -> list[Called]:
    """Our lieux, and all others that we know, in whatever network."""
    mine = [Called(lieu.name, wire_id(lieu), "") for lieu in lieux.every(tx)]
    rows = tx.execute("SELECT DISTINCT json_extract(card, '$.name') AS name, lieu, bot FROM neighbours")
    return mine + [Called(plain(row["name"]), row["lieu"], row["bot"]) for row in rows]
