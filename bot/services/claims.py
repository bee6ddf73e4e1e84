"""What a lieu may call its own in the services: a group, a folder.

What was there before a lieu asked for it belongs to nobody until whoever hosts the bot says so; what administers never
does; and names are compared as services and people take them for each other (`integrations.lookalikes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypedDict

from bot.errors import Refused, Unavailable
from bot.lieux import Lieu, Lieux
from bot.people import People
from bot.services.folder_tree import root_of
from bot.services.ownership import Ownership
from bot.talk.ports import Tenancy
from integrations.directory import Directory
from integrations.lookalikes import alike
from integrations.nextcloud import Nextcloud, overlap, place_of
from integrations.reserved_names import administers

GROUP: Final = "group"
FOLDER: Final = "folder"
KEPT_IN = {GROUP: ("directory", "nextcloud"), FOLDER: ("nextcloud",)}
TAKEN, EXISTED = "taken", "existed"
MOST_ASKED, MOST_NAMES = 5, 100


class Claimed(TypedDict):
    """`new`: it was not the lieu's before."""

    name: str
    new: bool


@dataclass(frozen=True, slots=True)
class Claims:
    """`standing` says what stands in the way of a name: empty, `TAKEN`, `EXISTED`, or the code of an error."""

    lieu: Lieu
    lieux: Lieux
    people: People
    ownership: Ownership
    directory: Directory
    cloud: Nextcloud | None
    tenancy: Tenancy

    async def standing(self, kind: str, name: str) -> str:
        try:
            place = self._place(kind, name)
        except Refused as no:
            return no.code
        if kind == GROUP and any(map(administers, [name, *await self.called(name)])):
            return "group-administers"
        if await self._is_elsewhere(kind, place):
            return TAKEN
        return EXISTED if await self._existed(kind, place) else ""

    def _place(self, kind: str, name: str) -> str:
        """What the lieu has already stays its own, whatever people called it. Raises `Rejected`."""
        return place_of(name) if kind == FOLDER and name != root_of(self.lieu) else name

    async def foreseen(self, kind: str, name: str) -> str:
        """The same while one is only asked: what a service that is away, or turns the bot away, would say is known when
        the lieu takes it."""
        try:
            return await self.standing(kind, name)
        except (Refused, Unavailable):
            return ""

    async def free(self, kind: str, wanted: str) -> str:
        """What is suggested: the lieu's own, else this name or the first like it that nothing stands in the way of."""
        own = self.lieu.choices.group if kind == GROUP else root_of(self.lieu)
        if own and not await self.foreseen(kind, own):
            return own
        numbered = (f"{wanted}-{number}" for number in range(2, MOST_NAMES))
        for name in (self.tenancy.given(kind), wanted, *numbered):
            if name and not await self.foreseen(kind, name):
                return name
        return wanted

    async def take(self, kind: str, name: str, person: str) -> Claimed:
        """From now on it is the lieu's, asked for by this person.

        Raises Refused: what was in nobody's way when it was asked may be by now.
        """
        place = self._place(kind, name)
        stands = await self.standing(kind, place)
        if stands == EXISTED and not await self.people.may(person, "operate", None):
            raise Refused("group-existed" if kind == GROUP else "folder-existed", name=place)
        if stands == TAKEN:
            raise Refused("group-of-another" if kind == GROUP else "folder-of-another", name=place)
        if stands not in ("", EXISTED):
            raise Refused(stands, name=place)
        new = not await self._is_ours(kind, place)
        await self.give(kind, place, person)
        if await self._is_elsewhere(kind, place):  # two lieux at once: neither has it
            await self.let_go(kind, place)
            raise Refused("group-of-another" if kind == GROUP else "folder-of-another", name=place)
        return {"name": place, "new": new}

    async def give(self, kind: str, name: str, person: str) -> None:
        """It is the lieu's: whoever hosts the bot says so, or nobody had it."""
        for service in KEPT_IN[kind]:
            await self.ownership.own(self.lieu.id, service, kind, name, person)

    async def ask(self, kind: str, name: str, person: str) -> bool:
        """Whether whoever hosts the bot is to be asked about it now: once for each name, and not about too many."""
        asked = await self.ownership.owned(self.lieu.id, "conciergerie", f"asked-{kind}")
        if len(asked) >= MOST_ASKED or any(alike(name, other) for other in asked):
            return False
        await self.ownership.own(self.lieu.id, "conciergerie", f"asked-{kind}", name, person)
        return True

    async def answered(self, kind: str, name: str, yes: bool) -> None:
        """After a no, nobody is asked the same again."""
        if yes:
            await self.ownership.disown(self.lieu.id, "conciergerie", f"asked-{kind}", name)

    async def let_go(self, kind: str, name: str) -> None:
        """It did not come about."""
        for service in KEPT_IN[kind]:
            await self.ownership.disown(self.lieu.id, service, kind, name)

    async def is_there(self, kind: str, name: str) -> bool:
        """Whether some service has it."""
        if kind == FOLDER:
            return self.cloud is not None and await self.cloud.files.entry(name) is not None
        return name in await self._groups(name) or bool(await self.called(name))

    async def called(self, group: str) -> list[str]:
        """The groups of Nextcloud that people call so, by what it keeps (the first) or by what it shows."""
        return await self.cloud.groups.called(group) if self.cloud is not None else []

    async def _groups(self, name: str) -> set[str]:
        """Those of the directory; of one that does not show them all, the one of this name, where it is there: of those
        that only look like it nothing is known then, and each of them is another group."""
        try:
            return {*await self.directory.group_names()}
        except Refused as no:
            if no.code != "directory-too-many":
                raise
            return {name} if await self.directory.has_group(name) else set()

    async def count(self, group: str) -> int:
        """How many people are in a group already, as far as one may see."""
        people: set[str] = set()
        with suppress(Refused):
            people |= {*await self.directory.members_of(group)}
        if self.cloud is not None:
            with suppress(Refused):
                people |= {*await self.cloud.groups.members(group)} - {(await self.cloud.client.whoami())["id"]}
        return len({login.casefold() for login in people})

    async def _is_elsewhere(self, kind: str, name: str) -> bool:
        """Whether another lieu of this bot has it, had it, or has something in it or around it."""
        return await self._is_of(await self.lieux.all(), kind, name)

    async def _is_of(self, lieux: Sequence[Lieu], kind: str, name: str) -> bool:
        """Whether one of these has it, had it, or has something in it or around it, where it is another one."""
        same = alike if kind == GROUP else overlap
        ids = await self.called(name) if kind == GROUP else []
        for other in lieux:
            if other.id != self.lieu.id:
                chosen = [other.choices.group if kind == GROUP else root_of(other)]
                made = [await self.ownership.owned(other.id, service, kind) for service in KEPT_IN[kind]]
                every = {theirs for theirs in (*chosen, *chain.from_iterable(made)) if theirs}
                if any(same(name, theirs) for theirs in every):
                    return True
                if ids and any([not {*ids}.isdisjoint(await self.called(theirs)) for theirs in every]):
                    return True
        return False

    async def _is_ours(self, kind: str, name: str) -> bool:
        """What an earlier version kept stays the lieu's."""
        kept = self.lieu.choices.group if kind == GROUP else root_of(self.lieu)
        owned = [await self.ownership.owns(self.lieu.id, service, kind, name) for service in KEPT_IN[kind]]
        return name == kept or any(owned)

    async def _existed(self, kind: str, name: str) -> bool:
        if await self._is_ours(kind, name) or name == self.tenancy.given(kind):
            return False
        if await self._is_of(await self.lieux.asleep(), kind, name):  # which may come back
            return True
        if kind == FOLDER:
            return self.cloud is not None and await self.cloud.files.holds_something(name)
        there = await self._groups(name)
        if self.cloud is not None and not await self._is_entrusted(name):
            if await self.called(name):
                return True
            there |= await self.cloud.groups.names()
        return any(alike(name, each) for each in there)

    async def _is_entrusted(self, group: str) -> bool:
        """Whoever administers Nextcloud made it for this lieu: it is the one group that the bot looks after there, and
        no other lieu has the same Nextcloud."""
        called = await self.called(group)
        if self.cloud is None or not called:
            return False
        return await self.cloud.groups.looked_after() == called and await self.tenancy.has_cloud_alone()
