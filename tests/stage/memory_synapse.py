"""The homeserver's administration with a memory: accounts, their locks and identities, and outages."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.errors import Conflict, NotFound, Refused, Unavailable, Unsupported
from integrations.findings import Finding
from integrations.synapse import Account
from integrations.synapse.accounts import Pause, Standing


def somebody(user: str, *, admin: bool = False) -> Account:
    return Account(
        user=user,
        name="",
        admin=admin,
        locked=False,
        suspended=False,
        deactivated=False,
        emails=[],
        identities=[],
    )


@dataclass
class MemorySynapse:
    """`down`: it does not answer. `elsewhere`: its accounts live in the Matrix Authentication Service, and a lock is
    written and obeyed by nobody. `visits` in milliseconds."""

    accounts: dict[str, Account] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    offered: list[str] = field(default_factory=lambda: ["oidc-sso"])
    sessions: dict[str, set[str]] = field(default_factory=dict)
    down: bool = False
    elsewhere: bool = False

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("synapse", 30)

    def _known(self, user: str) -> Account:
        if user not in self.accounts:
            raise NotFound("synapse-no-account", user=user)
        return self.accounts[user]

    async def account(self, user: str) -> Account | None:
        self._answer()
        return self.accounts.get(user)

    async def lock(self, user: str, locked: bool) -> None:
        self._answer()
        if self._known(user)["deactivated"]:
            raise Refused("synapse-deactivated", user=user)
        self._known(user)["locked"] = locked

    async def delegated(self) -> bool:
        self._answer()
        return self.elsewhere

    async def pause(self, user: str) -> Pause:
        self._answer()
        if not self.elsewhere:
            await self.lock(user, True)
            return "locked"
        self._known(user)["suspended"] = True
        await self.log_out(user)
        return "suspended"

    async def resume(self, user: str) -> None:
        self._answer()
        self._known(user)["suspended"] = False
        await self.lock(user, False)

    async def standing(self, user: str) -> Standing:
        self._answer()
        found = self.accounts.get(user)
        if found is None:
            return "none"
        if (found["deactivated"] or found["locked"]) and not self.elsewhere:
            return "closed" if found["deactivated"] else "locked"
        return "locked" if found["suspended"] else "open"

    async def deactivate(self, user: str, *, erase: bool = False) -> None:
        self._answer()
        if self.elsewhere:
            raise Unsupported("synapse-delegated")
        self._known(user)["deactivated"] = True

    async def devices(self, user: str) -> dict[str, int]:
        self._answer()
        return dict.fromkeys(self.sessions.get(user, ()), 0)

    async def log_out(self, user: str) -> int:
        self._answer()
        return len(self.sessions.pop(user, ()))

    async def last_visit(self, user: str) -> int:
        self._answer()
        return self.visits.get(user, 0)

    async def last_visits(self) -> dict[str, int]:
        self._answer()
        return {user: self.visits.get(user, 0) for user in self.accounts}

    async def providers(self) -> list[str]:
        self._answer()
        return [] if self.elsewhere else list(self.offered)

    async def holder(self, provider: str, subject: str) -> str | None:
        self._answer()
        holding = [user for user, account in self.accounts.items() if [provider, subject] in account["identities"]]
        return holding[0] if holding else None

    async def link(self, user: str, provider: str, subject: str) -> None:
        self._answer()
        if await self.holder(provider, subject) not in (None, user):
            raise Conflict("identity")
        own = self._known(user)["identities"]
        if [provider, subject] not in own:
            own.append([provider, subject])

    async def check(self) -> list[Finding]:
        return [Finding("synapse-admin", not self.down)]

    async def close(self) -> None:
        """Nothing to close."""
