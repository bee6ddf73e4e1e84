"""Which space is a lieu: only who hosts the bot says so, by a setting, a command, an invitation or an answer.

Until then there is no lieu of it, and so nothing that a right, a service or a conversation could be of.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypedDict

from bot.errors import Refused
from bot.hosting.operators import Operators
from bot.lieux import Lieu, Lieux
from bot.matrix.facts import Facts, server_of
from bot.matrix.markup import one_line
from bot.matrix.membership import Membership
from bot.people import CONCIERGE_LEVEL, People
from bot.store import arrivals, candidates
from bot.store.database import Database, Tx
from bot.words import fold

MOST_OF_ONE, MOST_OF_A_SERVER = 3, 24  # spaces that wait for an answer
LONGEST_NAME = 80


class Shown(TypedDict):
    """`who` asks and may still ask, else empty; `namesake`: another lieu is called so."""

    name: str
    who: str
    namesake: bool


class Candidates:
    """`spaces` are those of the setting LIEUX; `language` and `zone` are those of a new lieu."""

    def __init__(
        self,
        database: Database,
        lieux: Lieux,
        people: People,
        operators: Operators,
        facts: Facts,
        membership: Membership,
        spaces: Collection[str],
        language: str,
        zone: str,
        now: Callable[[], int],
    ) -> None:
        self._database, self._lieux, self._people = database, lieux, people
        self._operators, self._facts, self._membership = operators, facts, membership
        self.spaces, self._language, self._zone, self._now = frozenset(spaces), language, zone, now

    # -- invited, and not decided yet

    async def is_let_in(self, space: str, inviter: str) -> bool:
        """Whether this is a lieu as soon as this person invites the bot."""
        if space in self.spaces or inviter in self._operators.people:
            return True
        known = await self._database.read(candidates.get, space)
        if known is not None:
            return known.status == "allowed"
        return await self._lieux.of_space(space) is not None

    async def is_waiting(self, space: str) -> bool:
        known = await self._database.read(candidates.get, space)
        return known is not None and known.status == "waiting"

    async def waiting(self) -> int:
        """How many spaces wait for the host's answer."""
        return len(await self._database.read(candidates.waiting))

    async def was_refused(self, space: str, inviter: str) -> bool:
        """Whether the host said no to this space, and nobody who hosts the bot brings it there."""
        known = await self._database.read(candidates.get, space)
        said_no = known is not None and known.status in ("refused", "ended")
        return said_no and not await self.is_let_in(space, inviter)

    async def is_too_much(self, inviter: str) -> bool:
        """Whether so many spaces of this person, or of their server, wait already that one more is a nuisance."""
        waiting = [one.asked_by for one in await self._database.read(candidates.waiting)]
        near = [one for one in waiting if server_of(one) == server_of(inviter)]
        return waiting.count(inviter) >= MOST_OF_ONE or len(near) >= MOST_OF_A_SERVER

    async def name(self, space: str) -> str:
        """What a space calls itself, fit to be shown: these are a stranger's words."""
        return one_line(await self._facts.name(space), LONGEST_NAME) or "—"

    async def open(self, space: str, name: str, *, by_host: bool = False) -> Lieu:
        """The lieu of this space, as the host knows it: it keeps its first name, unless the host brings it here."""
        now = self._now()
        lieu = await self._lieux.create(space, name, language=self._language, zone=self._zone, now=now, rename=by_host)
        await self._people.note_key_holders(lieu)
        await self._database.write(arrivals.know, lieu.id, list(await self._facts.members(space)))
        await self._database.write(candidates.allow, space)
        return lieu

    # -- what the host is shown, and answers

    async def shown(self, space: str, by: str) -> Shown:
        """What an answer is about."""
        try:
            who = await self._facts.display_name(by) if await self._may_still_ask(space, by) else ""
            name = await self.name(space)
        except Refused:  # the bot was sent away from there
            return {"name": "", "who": "", "namesake": False}
        others = [fold(lieu.name) for lieu in await self._lieux.all() if lieu.space != space]
        return {"name": name, "who": who, "namesake": fold(name) in others}

    async def _may_still_ask(self, space: str, person: str) -> bool:
        here = [await self._facts.membership(space, one) == "join" for one in (self._facts.me, person)]
        return all(here) and (await self._facts.powers(space)).of(person) >= CONCIERGE_LEVEL

    async def decide(self, space: str, name: str, status: str) -> str:
        """The answer to what was shown, where nobody was quicker. Returns what counts."""
        return await self._database.write(_decide, space, name, status, self._now())

    async def let_in(self, space: str, person: str) -> int | None:
        """The lieu that was allowed, made for whoever asked; None where they may no longer ask, or the bot is gone."""
        known = await self._database.read(candidates.get, space)
        shown = await self.shown(space, person)
        if known is None or known.status != "allowed" or not shown["who"]:
            return None
        return (await self.open(space, known.name or shown["name"])).id

    async def lapse(self, space: str) -> None:
        """Nothing is asked any more: another invitation asks anew."""
        await self._database.write(candidates.lapse, space)
        await self.go_away(space, "")

    async def go_away(self, space: str, reason: str) -> None:
        """Leave a space that is no lieu."""
        await self._membership.leave(space, reason)


def _decide(tx: Tx, space: str, name: str, status: str, now: int) -> str:
    candidates.rename(tx, space, name)
    return candidates.decide(tx, space, status, now)
