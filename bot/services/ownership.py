"""What the bot made for a lieu in the services, or the lieu adopted: it touches nothing else there. All results are
plain JSON.

Whose an address is that somebody gives with a name is looked up here too: an account is never taken for that of another
name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypedDict

from bot.lieux import Lieu
from bot.store import ownership
from bot.store.database import Database
from bot.store.ownership import Holding, Owned
from bot.talk.ports import Tenancy
from integrations.directory import AccountDict, Directory

PASSWORD = ownership.PASSWORD
SAME, OTHER = "same", "other"  # what may be answered where the address has an account


class Holder(TypedDict):
    """`ours`: the account is of this lieu's making, and its name the lieu's to see."""

    login: str
    name: str
    ours: bool


class Ownership:
    """A thing is known by its service, its kind and its reference there; `now` in milliseconds since the epoch."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

    async def own(self, lieu: int, service: str, kind: str, ref: str, person: str | None = None) -> None:
        """The bot made this: it may touch it later."""
        await self._database.write(ownership.own, lieu, service, kind, ref, person, self._now())

    async def owned(self, lieu: int, service: str, kind: str) -> dict[str, Owned]:
        """What the bot made of this kind: by its ref, the oldest first."""
        return await self._database.read(ownership.owned, lieu, service, kind)

    async def own_account(self, lieu: int, login: str, person: str, *, address: str | None) -> None:
        """The bot made this account for somebody; `address` is its Matrix address, where nobody had that before."""
        await self.own(lieu, "directory", "account", login, person)
        if address:
            await self.own(lieu, "matrix", "account", address, person)

    async def forget_account(self, lieux: Collection[int], login: str) -> None:
        """There is no such account any more, and the next of its name is somebody else's: that it was ours, that it is
        suspended, that somebody has chosen its password."""
        await self._database.write(ownership.forget_account, lieux, login)

    async def adopt(self, lieu: int, person: str, refs: Mapping[str, str], among: Collection[int]) -> bool:
        """Accounts that were there before the bot (service → ref): the lieu's from now on, all of them, unless one is
        that of one of the lieux `among` which the services are shared. Called again, it says the same."""
        return await self._database.write(ownership.adopt, lieu, person, refs, among, self._now())

    async def own_alone(self, lieu: int, service: str, ref: str, person: str, among: Collection[int]) -> bool:
        """The bot made this account, unless it is one of the lieux `among` which the service is shared that has it."""
        return await self._database.write(ownership.own_alone, lieu, service, ref, person, among, self._now())

    async def adopted(self, lieu: int) -> list[Holding]:
        """The accounts that it adopted, the oldest first."""
        return await self._database.read(ownership.adopted, lieu)

    async def give_back(self, lieu: int, person: str) -> None:
        """What was adopted with this person is the lieu's no more."""
        await self._database.write(ownership.give_back, lieu, person)

    async def accounts(self) -> list[Holding]:
        """Of every lieu of this bot."""
        return await self._database.read(ownership.accounts)

    async def watch(self, lieu: int, service: str, kind: str, ref: str, watcher: int) -> None:
        """This conversation looks after it from now on."""
        await self._database.write(ownership.watch, lieu, service, kind, ref, watcher)

    async def chose(self, lieu: int, service: str, ref: str, choice: str) -> None:
        """What the holder of this account may do there, as long as it is open."""
        await self._database.write(ownership.chose, lieu, service, ownership.ACCOUNT, ref, choice)

    async def choice(self, lieu: int, service: str, ref: str) -> str:
        """The same as it was noted last; empty where it never was."""
        row = (await self.owned(lieu, service, ownership.ACCOUNT)).get(ref)
        return (row["choice"] if row else None) or ""

    async def disown(self, lieu: int, service: str, kind: str, ref: str) -> None:
        """It is no longer there, or no longer ours to touch."""
        await self._database.write(ownership.disown, lieu, service, kind, ref)

    async def owns(self, lieu: int, service: str, kind: str, ref: str) -> bool:
        return await self._database.read(ownership.owns, lieu, service, kind, ref)

    async def is_paused(self, lieu: int, *called: str | None) -> bool:
        """Whether what somebody has is suspended, under any of the names that they are `called` by."""
        return await self._database.read(ownership.is_paused, lieu, *called)

    async def owns_account(self, lieu: int, login: str) -> bool:
        return await self.owns(lieu, "directory", "account", login)

    async def holder(self, directory: Directory, lieu: int, email: str) -> Holder | None:
        """The account that has this address."""
        found = await directory.find(email=email)
        if not found:
            return None
        login = found[0].login
        return {"login": login, "name": found[0].name, "ours": await self.owns_account(lieu, login)}


@dataclass(frozen=True, slots=True)
class NewAccounts:
    """Accounts that are made under a name that somebody may have had before: nothing of theirs is inherited."""

    lieu: Lieu
    directory: Directory
    ownership: Ownership
    tenancy: Tenancy

    async def ensure(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        """As `Directory.ensure_account`. As long as the directory knows nobody of that name, what any lieu that has it
        wrote down of one is somebody's whose account was removed there without us."""
        if not await self.directory.find(username=login):
            others = await self.tenancy.sharing(self.lieu.id, "directory")
            await self.ownership.forget_account([self.lieu.id, *(one.id for one in others)], login)
        return await self.directory.ensure_account(login, name, email)
