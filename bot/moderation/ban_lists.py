"""The ban lists of a lieu: those that it reads, what it does with them, the one that it keeps. All results are JSON."""

from __future__ import annotations

import asyncio
from typing import Any, TypedDict

from bot.errors import Refused
from bot.lieux import Lieu
from bot.matrix.facts import Facts
from bot.matrix.policy_lists import PolicyLists
from bot.moderation.globs import bans, digest
from bot.store import ban_lists as store
from bot.store.ban_lists import BanList
from bot.store.database import Database

WILD = frozenset("*?")


class Meant(TypedDict):
    """Somebody (`about`) who is meant by a rule, and why."""

    about: str
    name: str
    reason: str


class Listing(Meant):
    """What the conversation about them is told: the name of the list, and whether it is applied."""

    source: str
    applied: bool


class BanLists:
    """`me` is the bot: a rule that means it too is nonsense, or an attack, and means nobody."""

    def __init__(self, me: str, database: Database, facts: Facts, policy_lists: PolicyLists) -> None:
        self._me, self._database, self._facts, self._policy_lists = me, database, facts, policy_lists

    async def follow(self, lieu: int, room_id: str, name: str, how: str, by: str) -> None:
        await self._database.write(store.follow, lieu, room_id, name, how, by)

    async def unfollow(self, lieu: int, room_id: str) -> bool:
        """True where no lieu needs this list any more."""
        await self._database.write(store.unfollow, lieu, room_id)
        return not await self._database.read(store.is_known, room_id)

    async def followed(self, lieu: int) -> list[BanList]:
        return await self._database.read(store.followed, lieu)

    async def followers(self, room_id: str) -> list[BanList]:
        """Of everyone for whom what is written in this room matters."""
        return await self._database.read(store.followers, room_id)

    async def own(self, lieu: int) -> str | None:
        return await self._database.read(store.own, lieu)

    def means(self, rule: dict[str, Any], person: str) -> bool:
        return bans(rule, person) and not bans(rule, self._me)

    async def listed(self, lieu: Lieu, rules: list[dict[str, Any]]) -> list[Meant]:
        """Who of the lieu is meant by these rules."""
        people = await self._facts.members(lieu.space)
        hashed = {rule["sha256"]: rule for rule in rules if "sha256" in rule}
        plain = {rule["entity"]: rule for rule in rules if "entity" in rule}
        wild = [rule for rule in rules if WILD & set(rule.get("entity", ""))]
        found: list[Meant] = []
        for who, name in people.items():
            await asyncio.sleep(0)  # so many rules for each of so many people: others are heard in between
            named = (who, who.partition(":")[2])
            near = [plain[each] for each in named if each in plain]  # lists are long
            near += [hashed[each] for each in map(digest, named) if each in hashed] if hashed else []
            rule = next((rule for rule in (*near, *wild) if self.means(rule, who)), None)
            found += [{"about": who, "name": name, "reason": rule["reason"]}] if rule else []
        return found

    async def about(self, lieu: int, person: str) -> list[tuple[BanList, str]]:
        """The followed lists that mean this person, each with its reason. One that cannot be read means nobody."""
        found = []
        for row in await self.followed(lieu):
            try:
                rules = await self._policy_lists.rules(row["room_id"])
            except Refused:
                continue
            found += [(row, rule["reason"]) for rule in rules if self.means(rule, person)][:1]
        return found
