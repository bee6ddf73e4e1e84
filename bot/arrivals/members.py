"""The people of a lieu: who is in its space, under which name, with which account of the lieu; and how to find them.

One question to the homeserver whatever the number of people. All results are plain JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.lieux import Lieu
from bot.matrix.facts import Facts
from bot.people import People
from bot.store import arrivals, members, ownership
from bot.store.database import Database
from bot.talk.spelling import resembling
from bot.words import fold
from integrations.lookalikes import borrows, looks, mistakable, skeleton

Row = dict[str, Any]
"""`person` (a Matrix id), `name`, and `login`: that of their account as far as it is written down, else empty; `double`
where somebody else's name looks the same."""
Like = list[list[str]]
"""[name, Matrix id] of each person for whom somebody can be taken."""

NEAR, MOST_NEAR = 0.75, 8
OURS = "Conciergerie"  # whoever calls themselves so can be taken for the bot, whatever its own name is


class Members:
    def __init__(self, database: Database, facts: Facts, people: People) -> None:
        self._database, self._facts, self._people = database, facts, people

    async def present(self, lieu: Lieu) -> list[Row]:
        """Everybody in the space but the bot, by name."""
        return [row for row in await self._everybody(lieu) if row.pop("here")]

    async def _everybody(self, lieu: Lieu) -> list[Row]:
        """Those who are `here` first, by name; whoever looks like somebody else, or like the bot, is a `double`."""
        accounts = await self._accounts(lieu)
        inside, me = await self._facts.members(lieu.space), self._facts.me
        rows = [_row(person, name, accounts.get(person)) | {"here": True} for person, name in inside.items()]
        others = [_row(person, row["name"] or row["login"], row) for person, row in accounts.items()]
        rows += [row | {"here": False} for row in others if row["person"] not in inside]
        twice = doubles(rows)
        marked = [
            row | {"double": True} if row["person"] in twice or borrows(row["name"], OURS) else row
            for row in rows
            if row["person"] != me
        ]
        return sorted(marked, key=lambda row: (not row["here"], fold(row["name"]), row["person"]))

    async def known(self, lieu: Lieu) -> list[Row]:
        """Those, and whoever has an account of the lieu without being in the space."""
        rows = await self._everybody(lieu)
        return [{name: value for name, value in row.items() if name != "here"} for row in rows]

    async def like(self, lieu: Lieu, person: str, *names: str) -> Like:
        """For whom of the lieu this person can be taken, under one of these names or the one that Matrix shows:
        somebody of the same name or address to the eye, or a concierge or the bot whose name theirs holds. An address
        in a name counts as well."""
        inside = await self._facts.members(lieu.space)
        known = {row["person"]: row["name"] or row["login"] for row in (await self._accounts(lieu)).values()} | inside
        own = [name for name in {*names, inside.get(person, "")} if name]
        keepers, me = await self._people.concierges(lieu, inside), self._facts.me
        found = []
        for who, name in known.items():
            theirs = [name, OURS] if who == me else [name]
            judge = borrows if who in keepers or who == me else mistakable
            if who != person and (
                skeleton(who) == skeleton(person)
                or any(who in mine or judge(mine, each) for mine in own for each in theirs)
            ):
                found.append([name, who])
        return sorted(found)

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
        made = await self._database.read(ownership.owned, lieu.id, "directory", "group")
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
    """Those whom these words may mean: an address, else exactly, else by the beginning of a word, else by a near name;
    and whoever looks like one of those."""
    wanted, every = fold(said), list(rows)
    if not wanted or (found := [row for row in every if row["person"].lower() == said.strip().lower()]):
        return found if wanted else []
    names = [(row, _names(row)) for row in every]
    exact = [row for row, known in names if wanted in known or mistakable(row["name"], said)]
    begun = exact or [row for row, known in names if any(f" {wanted}" in f" {name}" for name in known)]
    return with_doubles(begun or _near(names, wanted), every)


def with_doubles(found: list[Row], rows: Iterable[Row]) -> list[Row]:
    """Behind those who were found, whoever looks like one of them."""
    taken = frozenset(each for row in found for each in looks(row["name"]))
    there = {row["person"] for row in found}
    return found + [row for row in rows if row["person"] not in there and not taken.isdisjoint(looks(row["name"]))]


def doubles(rows: Iterable[Row]) -> set[str]:
    """The addresses of those who look like somebody else among them."""
    seen: dict[str, set[str]] = {}
    for row in rows:
        for each in (*looks(row["name"]), f"@{skeleton(row['person'])}"):
            seen.setdefault(each, set()).add(row["person"])
    return {person for people in seen.values() if len(people) > 1 for person in people}


def _names(row: Row) -> set[str]:
    return {fold(name) for name in {row["name"], row["login"], row["person"], _local(row)}} - {""}


def _near(names: list[tuple[Row, set[str]]], wanted: str) -> list[Row]:
    """By the whole name, or by one of its words: « Zoe Martn » and « Martn »."""
    every = {word for _, known in names for name in known for word in (name, *name.split())}
    close = resembling(wanted, every, MOST_NEAR, NEAR)
    found = [(row, {word for name in known for word in (name, *name.split())}) for row, known in names]
    return [row for row, words in found if words & {*close}]
