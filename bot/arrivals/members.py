"""The people of a lieu: who is in its space, under which name, with which account of the lieu; and how to find them.

One question to the homeserver whatever the number of people. All results are plain JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NotRequired, TypedDict, TypeVar

from bot.lieux import Lieu
from bot.matrix.facts import Facts
from bot.people import People
from bot.store import arrivals, members, ownership
from bot.store.arrivals import Arrival
from bot.store.database import Database
from bot.store.members import AccountHolder
from bot.talk.pagination import Somebody
from bot.talk.spelling import resembling
from bot.words import fold
from integrations.lookalikes import borrows, looks, mistakable, skeleton

Like = list[list[str]]
"""[name, Matrix id] of each person for whom somebody can be taken."""

NEAR, MOST_NEAR = 0.75, 8
OURS = "Conciergerie"  # whoever calls themselves so can be taken for the bot, whatever its own name is


class Member(Somebody):
    """`double` where somebody else's name looks the same."""

    double: NotRequired[bool]


class Shown(TypedDict):
    """A name beside the address that it is shown with."""

    person: str
    name: str


class Story(TypedDict):
    """How they came: their latest arrival, and who greeted them."""

    arrival: Arrival | None
    greeted_by: str | None


T = TypeVar("T", bound=Somebody)


class Members:
    def __init__(self, database: Database, facts: Facts, people: People) -> None:
        self._database, self._facts, self._people = database, facts, people

    async def present(self, lieu: Lieu) -> list[Member]:
        """Everybody in the space but the bot, by name (`People.inside`)."""
        here, _ = await self._everybody(lieu)
        return here

    async def known(self, lieu: Lieu) -> list[Member]:
        """Those, and whoever has an account of the lieu without being in the space."""
        here, elsewhere = await self._everybody(lieu)
        return here + elsewhere

    async def _everybody(self, lieu: Lieu) -> tuple[list[Member], list[Member]]:
        """Who is in the space, and who is not, each by name; whoever looks like somebody else, or like the bot, is a
        `double`."""
        accounts = await self._accounts(lieu)
        inside, me = await self._people.inside(lieu), self._facts.me
        logins = {person: row["login"] for person, row in accounts.items()}
        here = [_member(person, name, logins.get(person)) for person, name in inside.items()]
        others = [row for person, row in accounts.items() if person not in inside]
        elsewhere = [_member(row["person"], row["name"] or row["login"], row["login"]) for row in others]
        twice = doubles([*here, *elsewhere])

        def in_order(rows: list[Member]) -> list[Member]:
            for row in rows:
                if row["person"] in twice or borrows(row["name"], OURS):
                    row["double"] = True
            return sorted(
                (row for row in rows if row["person"] != me), key=lambda row: (fold(row["name"]), row["person"])
            )

        return in_order(here), in_order(elsewhere)

    async def like(self, lieu: Lieu, person: str, *names: str) -> Like:
        """For whom of the lieu this person can be taken, under one of these names or the one that Matrix shows:
        somebody of the same name or address to the eye, or a concierge or the bot whose name theirs holds. An address
        in a name counts as well."""
        inside = await self._people.inside(lieu)
        known = {row["person"]: row["name"] or row["login"] for row in (await self._accounts(lieu)).values()} | inside
        own = [name for name in {*names, inside.get(person, "")} if name]
        concierges, me = await self._people.concierges(lieu, inside), self._facts.me
        found = []
        for who, name in known.items():
            theirs = [name, OURS] if who == me else [name]
            judge = borrows if who in concierges or who == me else mistakable
            if who != person and (
                skeleton(who) == skeleton(person)
                or any(who in mine or judge(mine, each) for mine in own for each in theirs)
            ):
                found.append([name, who])
        return sorted(found)

    async def _accounts(self, lieu: Lieu) -> dict[str, AccountHolder]:
        """By person: the last login that was written down, and the last name."""
        found: dict[str, AccountHolder] = {}
        for row in await self._database.read(members.accounts, lieu.id):
            before = found.get(row["person"])
            found[row["person"]] = {**row, "name": row["name"] or (before["name"] if before else None)}
        return found

    async def arrived_since(self, lieu: Lieu, at: int) -> list[Member]:
        """Whose arrival began or moved since then (ms), the latest first; some are not in the space yet."""
        inside = {row["person"]: row for row in await self.present(lieu)}
        rows = await self._database.read(members.arrived_since, lieu.id, at)
        return [
            inside.get(row["person"]) or _member(row["person"], row["name"] or _local(row["person"]), row["login"])
            for row in rows
        ]

    async def groups(self, lieu: Lieu) -> list[str]:
        """The directory's groups that are the lieu's: that of its choice, and those that it made."""
        made = await self._database.read(ownership.owned, lieu.id, "directory", "group")
        return [group for group in dict.fromkeys((lieu.choices.group, *made)) if group]

    async def story(self, lieu: Lieu, person: str) -> Story:
        arrival = await self._database.read(arrivals.of_person, lieu.id, person)
        return {"arrival": arrival, "greeted_by": await self._database.read(members.greeted_by, lieu.id, person)}


def _member(person: str, name: str, login: str | None) -> Member:
    return {"person": person, "name": name, "login": login or ""}


def _local(person: str) -> str:
    return person[1:].partition(":")[0]


def search(rows: Iterable[T], said: str) -> list[T]:
    """Those whom these words may mean: an address, else exactly, else by the beginning of a word, else by a near name;
    and whoever looks like one of those."""
    wanted, every = fold(said), list(rows)
    if not wanted or (found := [row for row in every if row["person"].lower() == said.strip().lower()]):
        return found if wanted else []
    names = [(row, _names(row)) for row in every]
    exact = [row for row, known in names if wanted in known or mistakable(row["name"], said)]
    begun = exact or [row for row, known in names if any(f" {wanted}" in f" {name}" for name in known)]
    return with_doubles(begun or _near(names, wanted), every)


def with_doubles(found: list[T], rows: Iterable[T]) -> list[T]:
    """Behind those who were found, whoever looks like one of them."""
    taken = frozenset(each for row in found for each in looks(row["name"]))
    there = {row["person"] for row in found}
    return found + [row for row in rows if row["person"] not in there and not taken.isdisjoint(looks(row["name"]))]


def doubles(rows: Iterable[Shown]) -> set[str]:
    """The addresses of those who look like somebody else among them."""
    seen: dict[str, set[str]] = {}
    for row in rows:
        for each in (*looks(row["name"]), f"@{skeleton(row['person'])}"):
            seen.setdefault(each, set()).add(row["person"])
    return {person for people in seen.values() if len(people) > 1 for person in people}


def _names(row: Somebody) -> set[str]:
    return {fold(name) for name in {row["name"], row["login"], row["person"], _local(row["person"])}} - {""}


def _near(names: list[tuple[T, set[str]]], wanted: str) -> list[T]:
    """By the whole name, or by one of its words: « Zoe Martn » and « Martn »."""
    every = {word for _, known in names for name in known for word in (name, *name.split())}
    close = resembling(wanted, every, MOST_NEAR, NEAR)
    found = [(row, {word for name in known for word in (name, *name.split())}) for row, known in names]
    return [row for row, words in found if words & {*close}]
