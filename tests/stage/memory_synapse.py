"""The homeserver's administration with a memory: accounts, their locks and identities, and outages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable, Unsupported
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
    """`server`: the name behind its addresses; `down`: it does not answer. `elsewhere`: its accounts live in the Matrix
    Authentication Service, and a lock is written and obeyed by nobody. `visits` in milliseconds; `registration` makes
    codes; `chosen` are the passwords that people have."""

    known: dict[str, Account] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    offered: list[str] = field(default_factory=lambda: ["oidc-sso"])
    sessions: dict[str, set[str]] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    server: str = "lieu.fr"
    down: bool = False
    elsewhere: bool = False
    registration: MemoryRegistration = field(default_factory=MemoryRegistration)

    def __post_init__(self) -> None:
        self.accounts, self.identities = MemoryAccounts(self), MemoryIdentities(self)
        self.passwords = MemoryPasswords(self)

    def answer(self) -> None:
        if self.down:
            raise Unavailable("synapse", 30)

    def of(self, user: str) -> Account:
        if user not in self.known:
            raise NotFound("synapse-no-account", user=user)
        return self.known[user]

    async def check(self) -> list[Finding]:
        return [Finding("synapse-unreachable" if self.down else "synapse-admin", not self.down)]

    async def close(self) -> None:
        """Nothing to close."""


class MemoryAccounts:
    def __init__(self, synapse: MemorySynapse) -> None:
        self._synapse = synapse

    async def get(self, user: str) -> Account | None:
        self._synapse.answer()
        return self._synapse.known.get(user)

    async def server(self) -> str:
        self._synapse.answer()
        return self._synapse.server

    async def whose(self, email: str) -> str | None:
        self._synapse.answer()
        holding = [user for user, account in self._synapse.known.items() if email in account["emails"]]
        return holding[0] if holding else None

    async def make(self, user: str, name: str, email: str) -> Account:
        self._synapse.answer()
        self._synapse.known[user] = {**somebody(user), "name": name, "emails": [email]}
        return self._synapse.known[user]

    async def set_email(self, user: str, email: str) -> None:
        self._synapse.answer()
        self._synapse.of(user)["emails"] = [email]

    async def set_name(self, user: str, name: str) -> None:
        self._synapse.answer()
        self._synapse.of(user)["name"] = name

    async def was_used(self, user: str) -> bool:
        self._synapse.answer()
        return bool(self._synapse.sessions.get(user) or self._synapse.visits.get(user))

    async def obeys(self, user: str) -> bool | None:
        self._synapse.answer()
        return self._synapse.of(user)["locked"] and not self._synapse.elsewhere

    async def people(self) -> list[str]:
        self._synapse.answer()
        return [user for user, account in self._synapse.known.items() if not account["deactivated"]]

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


class MemoryPasswords:
    """`least` characters are asked for; `lost`: what the next ones ask for is done, and so many answers are not. While
    it is not `quick`, nobody is answered; `given` are all that it was handed."""

    def __init__(self, synapse: MemorySynapse) -> None:
        self._synapse = synapse
        self.least, self.lost = 0, 0
        self.given: list[str] = []
        self.quick = asyncio.Event()
        self.quick.set()

    async def are_taken(self) -> bool:
        self._synapse.answer()
        return True

    async def give(self, user: str, password: str) -> None:
        self._synapse.answer()
        self.given.append(password)
        await self.quick.wait()
        if self._synapse.of(user)["admin"]:
            raise NotPermitted("synapse-administrator", user=user)
        if len(password) < self.least:
            raise Rejected("password-refused", reason="short", least=str(self.least))
        self._synapse.chosen[user] = password
        if self.lost:
            self.lost -= 1
            raise Unavailable("synapse", unknown=True)


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
