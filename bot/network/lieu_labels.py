"""How another lieu is called before our people: by its name, and by its server as well where the name could be taken
for somebody else's. A lieu says of itself what it likes, in each network anew."""

from __future__ import annotations

from dataclasses import replace

from bot import lieux
from bot.matrix.facts import server_of
from bot.network.geography import plain
from bot.network.outgoing import ours, wire_id
from bot.store import networks
from bot.store.database import Tx
from bot.store.networks import Neighbour
from integrations.lookalikes import alike


def shown(tx: Tx, network: int, lieu: str) -> str:
    """What a lieu calls itself there; its id where it is no longer there."""
    known = networks.neighbour(tx, network, lieu)
    return plain(marked(tx, known).card["name"]) if known else lieu


def marked(tx: Tx, one: Neighbour) -> Neighbour:
    """« La Rosée (ailleurs.fr) », where another lieu is called so, or one of ours."""
    name = plain(one.card["name"])
    if any(wire_id(lieu) == one.lieu for _, lieu in ours(tx, one.network)):
        return one
    if not any(alike(name, other) for other in _others(tx, one)):
        return one
    return replace(one, card=one.card | {"name": f"{name} ({server_of(one.bot)})"})


def of_person(tx: Tx, name: str, person: str) -> str:
    """Somebody without a bot, who could call themselves like a lieu."""
    lieux_here = {lieu.name for lieu in lieux.every(tx)}
    rows = tx.execute("SELECT DISTINCT json_extract(card, '$.name') AS name FROM neighbours")
    taken = lieux_here | {plain(row["name"]) for row in rows}
    return f"{plain(name)} ({person})" if any(alike(plain(name), one) for one in taken) else name


def _others(tx: Tx, one: Neighbour) -> list[str]:
    """The names of our lieux, and of all others that we know, in whatever network; the same lieu with another bot is
    another one."""
    mine = [lieu.name for lieu in lieux.every(tx) if wire_id(lieu) != one.lieu]
    query = "SELECT DISTINCT json_extract(card, '$.name') AS name FROM neighbours WHERE NOT (lieu = ? AND bot = ?)"
    return mine + [plain(row["name"]) for row in tx.execute(query, (one.lieu, one.bot))]
