"""Accounts that an arrival, or a concierge, opens in the services of a lieu which have such (`Service.openings`).

Only what is written down as this lieu's is ever touched: an account that was there before, or is another lieu's, stays
as it is, and a human is told.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypedDict

from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.services.ownership import Ownership
from bot.services.registry import SERVICES
from bot.services.service import DONE, NONE, Guest, Openings, Seen
from bot.services.tenancy import Services
from bot.store.ownership import ACCOUNT
from bot.talk.ports import Tenancy
from integrations.errors import Conflict, NotFound, Protected, Unsupported

BEGUN = "begun"  # a kind: an account that is being made, of which nobody knows yet whether it is there

Refs = dict[str, str]
"""Somebody's accounts: service → what it knows theirs by."""


class Described(TypedDict):
    """`state`: open, shut, none, or more where a human has given more than we do; `choice` while it is open; how many
    there are of what others read there, by kind."""

    state: str
    choice: str
    holds: dict[str, int]


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """One that is the lieu's, of somebody, in one service. It says the same as `AccountHandle`."""

    service: str
    ref: str
    _openings: Openings[Any]
    _part: object
    _lieu: int
    _ownership: Ownership

    async def look(self) -> Seen | None:
        return await self._openings.look(self._part, self.ref)

    async def state(self) -> str:
        """open · none · shut."""
        seen = await self.look()
        return NONE if seen is None else "open" if seen["choice"] or seen["more"] else "shut"

    async def is_open(self) -> bool:
        return await self.state() == "open"

    async def set_open(self, is_open: bool) -> str:
        """What they may do there is noted before it is taken, and given back. Raises Protected where a human has given
        them more than we do."""
        seen = await self.look()
        if seen is None:
            return NONE
        if is_open and not seen["choice"] and not seen["more"]:
            before = await self._ownership.choice(self._lieu, self.service, self.ref)
            await self._openings.change(self._part, self.ref, before or self._openings.choices[0])
        if not is_open:
            if seen["choice"] and not seen["more"]:
                await self._ownership.chose(self._lieu, self.service, self.ref, seen["choice"])
            await self._openings.change(self._part, self.ref, "")
        return DONE

    async def give(self, choice: str) -> Seen:
        """Exactly this, whatever they had."""
        await self._openings.change(self._part, self.ref, choice)
        await self._ownership.chose(self._lieu, self.service, self.ref, choice)
        seen = await self.look()
        if seen is None:
            raise NotFound(f"{self.service}-no-account")
        return seen

    async def described(self) -> Described:
        seen = await self.look()
        if seen is None:
            return {"state": NONE, "choice": "", "holds": {}}
        state = "more" if seen["more"] else "open" if seen["choice"] else "shut"
        return {"state": state, "choice": seen["choice"], "holds": await self.holds()}

    async def holds(self) -> dict[str, int]:
        """What of theirs others read there, by kind; nothing that there is none of."""
        return {kind: n for kind, n in (await self._openings.holds(self._part, self.ref)).items() if n}

    async def close_for(self, heir: str) -> str:
        """For good; `heir` is the account, there, to which goes what it holds, empty for nobody."""
        return await self._openings.close(self._part, self.ref, heir)

    @property
    def close(self) -> Any:
        """For good, without anybody who inherits."""
        return partial(self.close_for, "")


@dataclass(frozen=True, slots=True)
class OpenedAccounts:
    lieu: Lieu
    services: Services
    ownership: Ownership
    tenancy: Tenancy

    def offered(self) -> dict[str, list[str]]:
        """What may be opened in each service of the lieu that has such: its choices, the least first."""
        return {name: [*openings.choices] for name, (openings, _) in self._parts().items()}

    def _parts(self) -> dict[str, tuple[Openings[Any], object]]:
        return {
            service.name: (service.openings, self.services[service])
            for service in SERVICES
            if service.openings and self.services.has(service)
        }

    async def of(self, *addresses: str) -> Refs:
        """Those that are written down as the lieu's, of somebody with one of these addresses."""
        found: Refs = {}
        for service in self._parts():
            owned = await self.ownership.owned(self.lieu.id, service, ACCOUNT)
            mine = [ref for ref, row in owned.items() if row["person"] and row["person"] in addresses]
            if mine:
                found[service] = mine[-1]
        return found

    def handles(self, refs: Mapping[str, str]) -> dict[str, OpenedAccount]:
        """In the order of the registry."""
        return {
            name: OpenedAccount(name, refs[name], openings, part, self.lieu.id, self.ownership)
            for name, (openings, part) in self._parts().items()
            if name in refs
        }

    async def open(
        self, service: str, addresses: Sequence[str], guest: Guest, choice: str, exactly: bool = False
    ) -> Seen:
        """For whoever has these addresses; it is written down under the first. Whoever may do more there already keeps
        that, unless it is to be `exactly` this choice.

        Raises Refused where somebody else's account, or one of before, stands in the way: it is not touched. So it is
        where theirs may be that of whoever had their Matrix address before them.
        """
        openings, part = self._parts().get(service, (None, None))
        if openings is None or choice not in openings.choices:
            raise Unsupported("nothing-to-open")
        person, known = addresses[0], self.handles(await self.of(*addresses)).get(service)
        begun = f"{person} {guest.email}"
        seen = await known.look() if known else None
        if known and seen is None:  # somebody has removed it there
            for kind, ref in ((ACCOUNT, known.ref), (BEGUN, begun)):
                await self.ownership.disown(self.lieu.id, service, kind, ref)
        if known and seen:
            if seen["more"]:
                raise Protected(f"{service}-more", login=seen["login"])
            if not await openings.is_whose(part, seen["ref"], guest):
                raise Protected("opened-other-email", login=seen["login"])
            seen = await known.give(choice if exactly else openings.larger(choice, seen["choice"]))
        else:
            free, make = partial(openings.free, part, guest), partial(openings.make, part, guest, choice)
            seen = await self._make(service, begun, free, make)
            others = [one.id for one in await self.tenancy.sharing(self.lieu.id, service)]
            if not await self.ownership.own_alone(self.lieu.id, service, seen["ref"], person, others):
                await self.ownership.disown(self.lieu.id, service, BEGUN, begun)
                raise Conflict(f"{service}-email", email=guest.email)
            if seen["choice"] == choice:
                await self.ownership.chose(self.lieu.id, service, seen["ref"], choice)
            else:  # an earlier try was of another choice
                seen = await self.handles({service: seen["ref"]})[service].give(choice)
        await self.ownership.disown(self.lieu.id, service, BEGUN, begun)
        return seen

    async def _make(
        self, service: str, begun: str, free: Callable[[], Awaitable[None]], make: Callable[[bool], Awaitable[Seen]]
    ) -> Seen:
        """What is found there later is ours if nobody had it when we began, and it may have been made: the first time,
        it cannot have been, and what is there by now is another lieu's of the same second."""
        again = await self.ownership.owns(self.lieu.id, service, BEGUN, begun)
        if not again:
            await free()
            await self.ownership.own(self.lieu.id, service, BEGUN, begun)
        try:
            return await make(again)
        except (Refused, Unavailable) as no:
            if isinstance(no, Refused) or not no.unknown:
                await self.ownership.disown(self.lieu.id, service, BEGUN, begun)
            raise
