"""A lieu's journal, as its concierges read it: who did what, for whom and when. All results are plain JSON."""

from __future__ import annotations

from bot.arrivals.members import doubles
from bot.lieux import Lieu
from bot.matrix.facts import Facts
from bot.store import audit
from bot.store.audit import Act
from bot.store.database import Database


class NamedAct(Act):
    """With what people are called: empty for the bot itself."""

    by_name: str
    about_name: str


class Audit:
    def __init__(self, database: Database, facts: Facts) -> None:
        self._database, self._facts = database, facts

    async def latest(self, lieu: Lieu, most: int) -> list[NamedAct]:
        """The newest first. One question to the homeserver, however many there are."""
        names = await self._database.read(audit.names, lieu.id) | await self._facts.members(lieu.space)
        twice = doubles({"person": person, "name": name} for person, name in names.items())
        names |= {person: f"{names[person]} ({person})" for person in twice}
        names[self._facts.me] = ""
        rows = await self._database.read_aside(audit.of_lieu, lieu.id, most)
        return [{**row, "by_name": _name(names, row["by"]), "about_name": _name(names, row["about"])} for row in rows]


def _name(names: dict[str, str], who: str | None) -> str:
    """Empty for the bot itself; what is no person is called as it is."""
    if who is None or not who.startswith("@"):
        return who or ""
    return names.get(who, who[1:].partition(":")[0])
