"""The networks in which lieux of ours are, and the lieux that their moderators declared there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from .database import Tx

Wire = dict[str, Any]
"""What goes between lieux: the words of strangers, as a schema of `bot.network` says."""


@dataclass(frozen=True, slots=True)
class Network:
    id: int
    space: str
    room_id: str | None  # the coordination room, once the bot is in
    name: str
    heir: str | None = None  # the bot that looks after it, where our lieu that kept it has moved there


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A declared lieu, ours too: its id on the wire, the bot that speaks for it, what it says of itself."""

    network: int
    lieu: str
    bot: str
    card: Wire
    since: int
    far: int | None = None  # kilometres from whoever looks, where both are known


class Choices(TypedDict, total=False):
    """What a lieu hears in a network (`kinds`), in which `room` and not from when to when (`quiet`, hours); its `card`
    there, as far as it chooses it; who invited it (`by`), and the `address` by which it came."""

    kinds: list[str]
    room: str
    quiet: list[int]
    card: Wire
    by: str
    address: str


@dataclass(frozen=True, slots=True)
class Stay:
    """A lieu of ours in a network: `invited`, `asked`, `declared` or `left`; it `keeps` the network, with its keys."""

    network: int
    lieu: int
    status: str
    keeps: bool
    choices: Choices
    since: int


# -- as scripts are told of it


class OwnNetwork(TypedDict):
    """A network that a lieu of ours is in, or asks to be in: as its `Stay`."""

    network: int
    name: str
    space: str
    status: str
    keeps: bool
    choices: Choices
    since: int


class Declared(TypedDict):
    """A lieu that is declared in a network, as its `Neighbour`."""

    lieu: str
    bot: str
    since: int
    card: Wire


class Around(TypedDict):
    """Who is in any network of a lieu: its own cards, and once each of the others."""

    here: list[Wire]
    others: list[Declared]


class MadeNetwork(TypedDict):
    network: int
    address: str


class AskedNetwork(TypedDict):
    """`how`: "asked", or "in"."""

    network: int
    name: str
    since: int
    how: str


def make(tx: Tx, space: str, name: str) -> int:
    """The network of this space, noted at the first call."""
    tx.execute(
        "INSERT INTO networks (space, name) VALUES (?, ?) ON CONFLICT DO UPDATE SET name = excluded.name", (space, name)
    )
    return int(tx.execute("SELECT id FROM networks WHERE space = ?", (space,)).fetchone()["id"])


def meet_in(tx: Tx, network: int, room_id: str) -> None:
    tx.execute("UPDATE networks SET room_id = ? WHERE id = ?", (room_id, network))


def get(tx: Tx, network: int) -> Network:
    """Raises KeyError."""
    found = _networks(tx, "id = ?", network)
    if not found:
        raise KeyError(network)
    return found[0]


def of_room(tx: Tx, room_id: str) -> Network | None:
    """The network whose space or coordination room this is."""
    return next(iter(_networks(tx, "room_id = ? OR space = ?", room_id, room_id)), None)


def _networks(tx: Tx, where: str, *values: object) -> list[Network]:
    rows = tx.execute(f"SELECT * FROM networks WHERE {where}", values)  # noqa: S608
    return [Network(r["id"], r["space"], r["room_id"], r["name"], r["heir"]) for r in rows]


# -- our lieux there


def stay(tx: Tx, network: int, lieu: int, status: str, now: int, *, keeps: bool = False) -> None:
    """`since` is when the status was last changed."""
    tx.execute(
        "INSERT INTO network_lieux (network, lieu, status, keeps, since) VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET"
        " since = CASE status WHEN excluded.status THEN since ELSE excluded.since END,"
        " status = excluded.status, keeps = excluded.keeps",
        (network, lieu, status, int(keeps), now),
    )


def choose(tx: Tx, network: int, lieu: int, choices: Mapping[str, Any]) -> None:
    tx.execute(
        "UPDATE network_lieux SET choices = json_patch(choices, ?) WHERE network = ? AND lieu = ?",
        (json.dumps(choices), network, lieu),
    )


def stays(tx: Tx, *, network: int | None = None, lieu: int | None = None) -> list[Stay]:
    """Of one network, or of one lieu; those that left are no longer there."""
    asked = {name: id for name, id in (("network", network), ("lieu", lieu)) if id is not None}
    where = "".join(f" AND {name} = ?" for name in asked)
    rows = tx.execute(
        f"SELECT * FROM network_lieux WHERE status != 'left'{where} ORDER BY network, lieu",  # noqa: S608
        (*asked.values(),),
    )
    return [
        Stay(r["network"], r["lieu"], r["status"], bool(r["keeps"]), json.loads(r["choices"]), r["since"]) for r in rows
    ]


def our_spaces(tx: Tx, network: int) -> list[str]:
    """The first space of each of our lieux that is declared in this network, and that the host has not ended."""
    rows = tx.execute(
        "SELECT coalesce(nullif(l.origin, ''), l.space) AS first FROM network_lieux n JOIN lieux l ON l.id = n.lieu"
        " WHERE n.network = ? AND n.status = 'declared'"
        " AND NOT EXISTS (SELECT 1 FROM candidates c WHERE c.space = l.space AND c.status = 'ended')",
        (network,),
    )
    return [row["first"] for row in rows]


def is_declared(tx: Tx, network: int, lieu: int) -> bool:
    return any(stay.status == "declared" for stay in stays(tx, network=network, lieu=lieu))


# -- who else is there


def admit(tx: Tx, network: int, bot: str) -> None:
    tx.execute("INSERT OR IGNORE INTO admitted (network, bot) VALUES (?, ?)", (network, bot))


def is_admitted(tx: Tx, network: int, bot: str) -> bool:
    """Let in, and not yet declared for any lieu there."""
    declared = "SELECT bot FROM neighbours WHERE network = ?"
    known = f"SELECT 1 FROM admitted WHERE network = ? AND bot = ? AND bot NOT IN ({declared})"  # noqa: S608
    return tx.execute(known, (network, bot, network)).fetchone() is not None


def declare(tx: Tx, network: int, cards: Mapping[str, Wire], now: int) -> None:
    """All that the room declares now; who is no longer there is forgotten."""
    for lieu, card in cards.items():
        tx.execute(
            "INSERT INTO neighbours (network, lieu, bot, card, since) VALUES (?,?,?,?,?)"
            " ON CONFLICT DO UPDATE SET bot = excluded.bot, card = excluded.card",
            (network, lieu, card["bot"], json.dumps(card), now),
        )
    for gone in neighbours(tx, network):
        if gone.lieu not in cards:
            tx.execute("DELETE FROM neighbours WHERE network = ? AND lieu = ?", (network, gone.lieu))
            tx.execute("DELETE FROM admitted WHERE network = ? AND bot = ?", (network, gone.bot))


def neighbours(tx: Tx, network: int) -> list[Neighbour]:
    return _neighbours(tx, "network = ?", network)


def everybody(tx: Tx) -> list[Neighbour]:
    """In all networks."""
    return _neighbours(tx, "true")


def neighbour(tx: Tx, network: int, lieu: str) -> Neighbour | None:
    return next(iter(_neighbours(tx, "network = ? AND lieu = ?", network, lieu)), None)


def count(tx: Tx, network: int) -> int:
    """How many lieux are declared there, ours too."""
    return int(tx.execute("SELECT count(*) AS n FROM neighbours WHERE network = ?", (network,)).fetchone()["n"])


def _neighbours(tx: Tx, where: str, *values: object) -> list[Neighbour]:
    rows = tx.execute(f"SELECT * FROM neighbours WHERE {where} ORDER BY since, lieu", values)  # noqa: S608
    return [Neighbour(r["network"], r["lieu"], r["bot"], json.loads(r["card"]), r["since"]) for r in rows]
