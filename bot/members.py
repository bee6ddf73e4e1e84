"""The people of a lieu: who is in its space, under which name, with which account of the lieu; and how to find them.

One question to the homeserver whatever the number of people. All results are plain JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from bot.lieux import Lieu
from bot.likeness import alike
from bot.store import arrivals, members, owned
from bot.store.database import Database
from bot.words import fold

Row = dict[str, Any]
"""`person` (a Matrix id), `name`, and `login`: that of their account as far as it is written down, else empty."""

NEAR, MOST_NEAR = 0.75, 8


class Crowd(Protocol):
    """What this asks of Matrix."""

    @property
    def me(self) -> str: ...
    async def members(self, room_id: str) -> dict[str, str]: ...


class Members:
    def __init__(self, database: Database, crowd: Crowd) -> None:
        self._database, self._crowd = database, crowd

    async def present(self, lieu: Lieu) -> list[Row]:
        """Everybody in the space but the bot, by name."""
        accounts = await self._accounts(lieu)
        inside = await self._crowd.members(lieu.space)
        rows = [_row(person, name, accounts.get(person)) for person, name in inside.items() if person != self._crowd.me]
        return sorted(rows, key=lambda row: (fold(row["name"]), row["person"]))

    async def known(self, lieu: Lieu) -> list[Row]:
        """Those, and whoever has an account of the lieu without being in the space."""
        present = await self.present(lieu)
        seen = {row["person"] for row in present}
        others = {person: row for person, row in (await self._accounts(lieu)).items() if person not in seen}
        rows = [_row(person, row["name"] or row["login"], row) for person, row in others.items()]
        return present + sorted(rows, key=lambda row: (fold(row["name"]), row["person"]))

    async def _accounts(self, lieu: Lieu) -> dict[str, Row]:
        """By person: the last login that was written down, and the last name."""
        found: dict[str, Row] = {}
        for row in await self._database.read(members.accounts, lieu.id):
            before = found.get(row["person"], {})
            found[row["person"]] = row | {"name": row["name"] or before.get("name")}
        return found

    async def arrived_since(self, lieu: Lieu, at: int) -> list[Row]:
        """Whose arrival began or moved since then (ms), the latest first; some are not in the space yet."""
        inside = {row["person"]: row for row in await self.present(lieu)}
        rows = await self._database.read(members.arrived_since, lieu.id, at)
        return [inside.get(row["person"]) or _row(row["person"], row["name"] or _local(row), row) for row in rows]

    async def groups(self, lieu: Lieu) -> list[str]:
        """The directory's groups that are the lieu's: that of its choice, and those that it made."""
        made = await self._database.read(owned.owned, lieu.id, "directory", "group")
        return [group for group in dict.fromkeys((lieu.choices.group, *made)) if group]

    async def story(self, lieu: Lieu, person: str) -> Row:
        """How they came: `arrival` (its row, or None) and `greeted_by`."""
        arrival = await self._database.read(arrivals.of_person, lieu.id, person)
        return {"arrival": arrival, "greeted_by": await self._database.read(members.greeted_by, lieu.id, person)}


def _row(person: str, name: str, account: Row | None) -> Row:
    return {"person": person, "name": name, "login": (account or {}).get("login") or ""}


def _local(row: Row) -> str:
    return str(row["person"])[1:].partition(":")[0]


def search(rows: Iterable[Row], said: str) -> list[Row]:
    """Those whom these words may mean: exactly, else by the beginning of a word, else by a near name."""
    wanted = fold(said)
    names = [(row, _names(row)) for row in rows]
    exact = [row for row, known in names if wanted in known]
    if exact or not wanted:
        return exact
    begun = [row for row, known in names if any(f" {wanted}" in f" {name}" for name in known)]
    return begun or _near(names, wanted)


def _names(row: Row) -> set[str]:
    return {fold(name) for name in {row["name"], row["login"], row["person"], _local(row)}} - {""}


def _near(names: list[tuple[Row, set[str]]], wanted: str) -> list[Row]:
    """By the whole name, or by one of its words: « Zoe Martn » and « Martn »."""
    every = {word for _, known in names for name in known for word in (name, *name.split())}
    close = alike(wanted, every, MOST_NEAR, NEAR)
    found = [(row, {word for name in known for word in (name, *name.split())}) for row, known in names]
    return [row for row, words in found if words & {*close}]
