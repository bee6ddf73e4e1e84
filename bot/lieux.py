"""A lieu: its space, its rooms, what its concierges chose, and its own sentences."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from typing import Any, TypedDict, Unpack

from bot.store.database import Database, Tx

ACTS_FOR_TWO = ("close", "exclude", "delete")
MOST_ROOM = 2**50  # bytes that a newcomer's files may be given
LONGEST_HOURS = 200  # characters of the opening hours, and of the word of explanation beside them


@dataclass(frozen=True, slots=True)
class Bounds:
    """For how many months something may be kept: not less than the bot needs, nor more than there is a reason for;
    `usual` as long as the lieu has not chosen."""

    least: int
    most: int
    usual: int


# What the CNIL tells associations: for a membership, then what a claim may need (five years); three years for whoever
# does not answer any more. A month of ended talks is what the bot looks back on.
KEPT: Mapping[str, Bounds] = {
    "talks": Bounds(1, 12, 1),
    "journal": Bounds(6, 60, 60),
    "departed": Bounds(1, 60, 36),
    "asleep": Bounds(6, 36, 36),  # then the concierges are asked
}


class Chosen(TypedDict, total=False):
    """Some of the `Choices`, as JSON."""

    installed: bool
    office: str
    language: str
    formal: bool
    zone: str
    charter: str
    approval: bool
    open_rooms: list[str]
    offered_rooms: list[str]
    hall: str | None
    group: str
    folder: str
    sign_in: list[tuple[str, str]]
    approve_requests: bool
    two: list[str]
    hours: str
    hours_note: str
    form_closed: bool
    quota: int
    keep_talks: int
    keep_journal: int
    keep_departed: int
    keep_asleep: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What the concierges chose when they installed the bot; every room is a room id."""

    installed: bool = False
    office: str | None = None  # the conciergerie: where concierges talk with the bot
    language: str = "fr"
    formal: bool = False  # « vous »
    zone: str = "Europe/Paris"
    charter: str = ""
    approval: bool = False
    open_rooms: tuple[str, ...] = ()  # everybody gets these
    offered_rooms: tuple[str, ...] = ()  # the newcomer chooses among these
    hall: str | None = None  # where newcomers are introduced
    group: str = ""
    folder: str = ""
    sign_in: tuple[tuple[str, str], ...] = ()  # (label, address): other ways to sign in
    approve_requests: bool = False  # a member's request to other lieux waits for the yes of a concierge
    two: tuple[str, ...] = ()  # acts that need the yes of a second concierge: see ACTS_FOR_TWO
    hours: str = ""  # when the lieu is open, in the concierges' words, on a line or several
    hours_note: str = ""  # what one has to know to find the door open
    form_closed: bool = False  # nobody can ask to come on the lieu's page, for a while
    quota: int = 0  # bytes that the files of a newcomer may take in Nextcloud; 0: as Nextcloud has it
    keep_talks: int = KEPT["talks"].usual  # months, as those below: what is kept of conversations that have ended
    keep_journal: int = KEPT["journal"].usual
    keep_departed: int = KEPT["departed"].usual  # what is known of who came and is there no more
    keep_asleep: int = KEPT["asleep"].usual  # until the concierges are asked about an account that nobody uses

    @property
    def kept(self) -> dict[str, int]:
        """For how many months, by the names of `KEPT`."""
        return {kind: getattr(self, f"keep_{kind}") for kind in KEPT}

    def dump(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def load(cls, raw: Mapping[str, Any]) -> Choices:
        """What `dump` gave, today or in an earlier version."""
        known = {f.name: raw[f.name] for f in fields(cls) if f.name in raw}
        for name in ("open_rooms", "offered_rooms", "two"):
            known[name] = tuple(known.get(name, ()))
        known["sign_in"] = tuple((label, address) for label, address in known.get("sign_in", ()))
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Lieu:
    """`origin`: the space that it had first, by which others know it; empty where it has it still."""

    id: int
    space: str
    name: str
    choices: Choices = field(default_factory=Choices)
    words: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""

    @property
    def office(self) -> str | None:
        return self.choices.office

    @property
    def tongue(self) -> str:
        """The catalogue that the lieu speaks."""
        return f"{self.choices.language}@vous" if self.choices.formal else self.choices.language


@dataclass(frozen=True, slots=True)
class Roll:
    """All lieux, as they were at the `version` of their table. `by_room`: the first awake one whose choices name it."""

    version: int
    awake: Mapping[int, Lieu]
    asleep: Mapping[int, Lieu]
    by_space: Mapping[str, Lieu]
    by_room: Mapping[str, Lieu]


class Lieux:
    """The lieux that this process serves. Every event asks for some of them: they are read again only when one was
    changed, by whatever process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._roll = Roll(0, {}, {}, {}, {})

    async def create(self, space: str, name: str, *, language: str, zone: str, now: int, rename: bool = False) -> Lieu:
        """The lieu of this space, made at the first call and woken up if the bot had left it.

        Services may go by a lieu's name: it keeps its first one, whatever its space is called by now, unless `rename`.
        """
        choices = json.dumps(Choices(language=language, zone=zone).dump())
        await self._database.write(_create, space, name, choices, now, rename)
        lieu = await self.of_space(space)
        assert lieu is not None  # noqa: S101 - just written
        return lieu

    async def get(self, id: int) -> Lieu | None:
        roll = await self._called()
        return roll.awake.get(id) or roll.asleep.get(id)

    async def of_space(self, space: str) -> Lieu | None:
        return (await self._called()).by_space.get(space)

    async def of_room(self, room_id: str) -> Lieu | None:
        """The lieu that this room belongs to, as far as the choices say."""
        return (await self._called()).by_room.get(room_id)

    async def serves(self, lieu: int) -> bool:
        """Whether it is a lieu now: the bot was not sent away, and the host did not end it."""
        return lieu in (await self._called()).awake

    async def all(self) -> list[Lieu]:
        return [*(await self._called()).awake.values()]

    async def asleep(self) -> list[Lieu]:
        """Those that sent the bot away, or were ended; they may come back."""
        return [*(await self._called()).asleep.values()]

    async def _called(self) -> Roll:
        return await self._database.read(self._call)

    def _call(self, tx: Tx) -> Roll:
        """In no transaction: what one takes back must not be remembered."""
        (version,) = tx.execute("SELECT n FROM lieux_version").fetchone()
        if self._roll.version != version:
            self._roll = _roll(tx, version)
        return self._roll

    async def choose(self, lieu: int, **choices: Unpack[Chosen]) -> None:
        """Change some of the choices and keep the others."""
        await self._database.write(_choose, lieu, choices)

    async def choose_over(self, lieu: int, before: Chosen, after: Chosen) -> bool:
        """Change these choices where they still are as `before`, or as they are to be; False where they are not."""
        return await self._database.write(_choose_over, lieu, before, after)

    async def reword(self, lieu: int, key: str, sentence: str | None) -> None:
        """The lieu's own sentence for a key of the catalogue; None gives the catalogue's back."""
        await self._database.write(reword, lieu, key, sentence)

    async def left(self, space: str, now: int) -> None:
        await self._database.write(leave, space, now)


def rooms_of(lieu: Lieu) -> set[str]:
    c = lieu.choices
    return {r for r in (lieu.space, c.office, c.hall, *c.open_rooms, *c.offered_rooms) if r}


def load(tx: Tx, id: int) -> Lieu:
    """In a transaction. Raises IndexError."""
    return _lieux(tx, "id = ?", id)[0]


def of_network(tx: Tx, network: int) -> list[Lieu]:
    """In a transaction: those of ours that are, were or want to be in this network."""
    return _lieux(tx, "id IN (SELECT lieu FROM network_lieux WHERE network = ?)", network)


def every(tx: Tx) -> list[Lieu]:
    """In a transaction: those that sleep too."""
    return _lieux(tx, "true")


def all_rooms(tx: Tx) -> set[str]:
    return {room_id for lieu in every(tx) for room_id in rooms_of(lieu)}


def _roll(tx: Tx, version: int) -> Roll:
    left = {r["id"] for r in tx.execute("SELECT id FROM lieux WHERE left_at IS NOT NULL")}
    found = {lieu.id: lieu for lieu in every(tx)}
    awake, asleep = ({id: lieu for id, lieu in found.items() if (id in left) is gone} for gone in (False, True))
    by_room: dict[str, Lieu] = {}
    for lieu in awake.values():
        for room_id in rooms_of(lieu):
            by_room.setdefault(room_id, lieu)
    return Roll(version, awake, asleep, {lieu.space: lieu for lieu in found.values()}, by_room)


def _create(tx: Tx, space: str, name: str, choices: str, now: int, rename: bool) -> None:
    tx.execute(
        "INSERT INTO lieux (space, name, choices, created_at) VALUES (?,?,?,?) ON CONFLICT (space)"
        " DO UPDATE SET name = CASE WHEN ? THEN excluded.name ELSE name END, left_at = NULL",
        (space, name, choices, now, rename),
    )


def _lieux(tx: Tx, where: str, *values: object) -> list[Lieu]:
    return [_lieu(r) for r in tx.execute(f"SELECT * FROM lieux WHERE {where} ORDER BY id", values)]  # noqa: S608


def _lieu(r: sqlite3.Row) -> Lieu:
    return _read(r["id"], r["space"], r["name"], r["choices"], r["words"], r["origin"])


@lru_cache(1000)
def _read(id: int, space: str, name: str, choices: str, words: str, origin: str) -> Lieu:
    """Every event asks for lieux, which seldom change."""
    return Lieu(id, space, name, Choices.load(json.loads(choices)), json.loads(words), origin)


def _choose(tx: Tx, lieu: int, choices: Mapping[str, Any]) -> None:
    now = load(tx, lieu).choices
    tx.execute("UPDATE lieux SET choices = ? WHERE id = ?", (json.dumps(replace(now, **choices).dump()), lieu))


def _choose_over(tx: Tx, lieu: int, before: Chosen, after: Chosen) -> bool:
    found = _lieux(tx, "id = ?", lieu)
    held = {name: getattr(found[0].choices, name) for name in after} if found else None
    if held not in (before, after):
        return False
    _choose(tx, lieu, after)
    return True


def reword(tx: Tx, lieu: int, key: str, sentence: str | None) -> None:
    words = {**load(tx, lieu).words, key: sentence}
    kept = {name: text for name, text in words.items() if text is not None}
    tx.execute("UPDATE lieux SET words = ? WHERE id = ?", (json.dumps(kept), lieu))


def leave(tx: Tx, space: str, now: int) -> None:
    """It is no lieu of this bot, until it is woken up."""
    tx.execute("UPDATE lieux SET left_at = ? WHERE space = ?", (now, space))
