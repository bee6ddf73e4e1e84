"""The homeserver's administration with a memory: accounts, their locks and identities, and outages."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.errors import Conflict, NotFound, Refused, Unavailable, Unsupported
from integrations.findings import Finding
from integrations.synapse import Account
from integrations.synapse.accounts import Pause, Standing
from tests.stage.registration_codes import MemoryRegistration


def somebody(user: str, *, admin: bool = False) -> Account:
    return Account(
        user=user,
        name="",
        admin=admin,
        program=False,
        locked=False,
        suspended=False,
        deactivated=False,
        emails=[],
        identities=[],
    )


@dataclass
class MemorySynapse:
    """`down`: it does not answer. `elsewhere`: its accounts live in the Matrix Authentication Service, and a lock is
    written and obeyed by nobody. `visits` in milliseconds; `registration` makes codes."""

    known: dict[str, Account] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    offered: list[str] = field(default_factory=lambda: ["oidc-sso"])
    sessions: dict[str, set[str]] = field(default_factory=dict)
    down: bool = False
    elsewhere: bool = False
    registration: MemoryRegistration = field(default_factory=MemoryRegistration)

    def __post_init__(self) -> None:
        self.accounts, self.identities = MemoryAccounts(self), MemoryIdentities(self)

    def answer(self) -> None:
        if self.down:
            raise Unavailable("synapse", 30)

    def of(self, user: str) -> Account:
        if user not in self.known:
            raise NotFound("synapse-no-account", user=user)
        return self.known[user]

    async def check(self) -> list[Finding]:
        return [Finding("synapse-admin", not self.down)]

    async def close(self) -> None:
        """Nothing to close."""


class MemoryAccounts:
    def __init__(self, synapse: MemorySynapse) -> None:
        self._synapse = synapse

    async def get(self, user: str) -> Account | None:
        self._synapse.answer()
        return self._synapse.known.get(user)

    async def lock(self, user: str, locked: bool) -> None:
        self._synapse.answer()
        if self._synapse.of(user)["deactivated"]:
            raise Refused("synapse-deactivated", user=user)
        self._synapse.of(user)["locked"] = locked

    async def delegated(self) -> bool:
        self._synapse.answer()
        return self._synapse.elsewhere

    async def pause(self, user: str) -> Pause:
        self._synapse.answer()
        if not self._synapse.elsewhere:
            await self.lock(user, True)
            return "locked"
        self._synapse.of(user)["suspended"] = True
        await self.log_out(user)
        return "suspended"

    async def resume(self, user: str) -> None:
        self._synapse.answer()
        self._synapse.of(user)["suspended"] = False
        await self.lock(user, False)

    async def standing(self, user: str) -> Standing:
        self._synapse.answer()
        found = self._synapse.known.get(user)
        if found is None:
            return "none"
        if (found["deactivated"] or found["locked"]) and not self._synapse.elsewhere:
            return "closed" if found["deactivated"] else "locked"
        return "locked" if found["suspended"] else "open"

    async def deactivate(self, user: str, *, erase: bool = False) -> None:
        self._synapse.answer()
        if self._synapse.elsewhere:
            raise Unsupported("synapse-delegated")
        self._synapse.of(user)["deactivated"] = True

    async def devices(self, user: str) -> dict[str, int]:
        self._synapse.answer()
        return dict.fromkeys(self._synapse.sessions.get(user, ()), 0)

    async def log_out(self, user: str) -> int:
        self._synapse.answer()
        return len(self._synapse.sessions.pop(user, ()))

    async def last_visit(self, user: str) -> int:
        self._synapse.answer()
        return self._synapse.visits.get(user, 0)

    async def last_visits(self) -> dict[str, int]:
        self._synapse.answer()
        return {user: self._synapse.visits.get(user, 0) for user in self._synapse.known}


class MemoryIdentities:
    def __init__(self, synapse: MemorySynapse) -> None:
        self._synapse = synapse

    async def providers(self) -> list[str]:
        self._synapse.answer()
        return [] if self._synapse.elsewhere else list(self._synapse.offered)

    async def holder(self, provider: str, subject: str) -> str | None:
        self._synapse.answer()
        holding = [
            user for user, account in self._synapse.known.items() if [provider, subject] in account["identities"]
        ]
        return holding[0] if holding else None

    async def link(self, user: str, provider: str, subject: str) -> None:
        self._synapse.answer()
        if await self.holder(provider, subject) not in (None, user):
            raise Conflict("identity")
        own = self._synapse.of(user)["identities"]
        if [provider, subject] not in own:
            own.append([provider, subject])
