"""A lieu without an SSO whose accounts are those of its homeserver: what is alike whoever keeps them, and those that
Synapse keeps itself (`mas.py` has the others)."""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

from integrations.domains import email_asked, email_read
from integrations.errors import Conflict, NotFound, Refused
from integrations.findings import Finding
from integrations.synapse import Account as InSynapse
from integrations.synapse import Synapse

from . import Account, AccountDict, Capability, FirstLogin, Hold
from .lacking import Lacking

ABLE: frozenset[Capability] = frozenset({"accounts", "change", "delete", "lock"})
LOCALPART = re.compile(r"[a-z0-9._=/+-]{1,255}")  # of an account; those that we make are shorter
AT_ONCE = 8  # requests
MOST = 10_000  # accounts that are looked at one by one


class HomeserverDirectory(Lacking, ABC):
    """Accounts of the homeserver. They have no password when they are made: whoever is invited chooses theirs on a page
    of the lieu, which hands it over (`choose_password`). There are no groups, and no sign-in elsewhere; a lock ends
    what there is to end, and keeps the keys of what they wrote."""

    async def capabilities(self) -> frozenset[Capability]:
        return ABLE

    @abstractmethod
    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]: ...

    @abstractmethod
    async def server(self) -> str:
        """The name behind the Matrix addresses of these accounts. Raises `Unsupported` where it is not told."""

    @abstractmethod
    async def was_used(self, login: str) -> bool:
        """Whether anybody was ever in this account. Raises `NotFound`."""

    @abstractmethod
    async def is_in_use(self, login: str) -> bool:
        """Whether somebody is signed in with it now. Raises `NotFound`."""

    @abstractmethod
    async def choose_password(self, login: str, password: str) -> None:
        """The first password of an account in which nobody ever was.

        Raises `Rejected("password-refused")` with a `reason` as `integrations.synapse.passwords` has them,
        `Refused("already-has-password")`, `Refused("passwords-off")`, `NotFound`; it is in none of these.
        """

    async def start_first_login(self, login: str) -> FirstLogin:
        """On a page of the lieu; earlier links are the business of whoever made them."""
        if await self.was_used(login):
            raise Refused("already-has-password")
        return FirstLogin("page")

    async def subject(self, login: str) -> str | None:
        """Nobody signs them in from elsewhere."""
        if not await self.find(username=login):
            raise NotFound("synapse-no-account", login=login)
        return None


class SynapseDirectory(HomeserverDirectory):
    """Accounts that Synapse keeps, by its administration. Whoever administers it is nobody's to touch, and a program is
    nobody's account."""

    def __init__(self, synapse: Synapse) -> None:
        self._synapse = synapse

    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]:
        """Who is closed for good is there no more; their name is not free for all that."""
        if username is not None and not LOCALPART.fullmatch(username):
            return ()
        holders = await self._with(email) if email is not None else []
        users = [await self._address(username)] if username is not None else holders
        found = [await self._synapse.accounts.get(user) for user in users if email is None or user in holders]
        return tuple(_people(found))

    async def ensure_account(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        user, email = await self._address(login), email_asked(email)
        there = await self._synapse.accounts.get(user)
        if there is not None:
            if await self._is_half_made(there, name):
                await self.set_email(login, email)
            elif email not in map(email_asked, there["emails"]) or there["deactivated"] or there["program"]:
                raise Conflict("login", login=login)
            return (await self._known(login)).to_dict(), False
        await self._must_be_free(login, email)
        await self._synapse.accounts.make(user, name, email)
        return (await self._known(login)).to_dict(), True

    async def server(self) -> str:
        return await self._synapse.accounts.server()

    async def set_email(self, login: str, email: str) -> None:
        email = email_asked(email)
        await self._known(login)
        await self._must_be_free(login, email)
        await self._synapse.accounts.set_email(await self._address(login), email)

    async def set_name(self, login: str, name: str) -> None:
        await self._synapse.accounts.set_name((await self._known(login)).id, name)

    async def was_used(self, login: str) -> bool:
        return await self._synapse.accounts.was_used((await self._known(login)).id)

    async def is_in_use(self, login: str) -> bool:
        return bool(await self._synapse.accounts.devices((await self._known(login)).id))

    async def choose_password(self, login: str, password: str) -> None:
        if await self.was_used(login):
            raise Refused("already-has-password")
        await self._synapse.passwords.give(await self._address(login), password)

    async def set_active(self, login: str, active: bool) -> None:
        user = await self._address(login)
        if active:
            await self._synapse.accounts.resume(user)
        else:
            await self._synapse.accounts.pause(user)

    async def hold(self, login: str | None = None) -> Hold:
        """Whether what was locked is seen to be shut, by a session that is made for that."""
        if login is None:
            return "shut"
        obeyed = await self._synapse.accounts.obeys((await self._known(login)).id)
        return "untold" if obeyed is None else "shut" if obeyed else "open"

    async def logins(self) -> frozenset[str]:
        return frozenset(filter(None, map(_login, await self._synapse.accounts.people())))

    async def everybody(self) -> tuple[Account, ...]:
        """A list tells no e-mail addresses: each is looked at."""
        users = await self._synapse.accounts.people()
        if len(users) > MOST:
            raise Refused("directory-too-many")
        places = asyncio.Semaphore(AT_ONCE)

        async def one(user: str) -> InSynapse | None:
            async with places:
                return await self._synapse.accounts.get(user)

        found = await asyncio.gather(*map(one, users))
        return tuple(_people(found))

    async def delete(self, login: str) -> None:
        """For good: out of every room. Its name is nobody's any more."""
        if await self.find(username=login):
            await self._synapse.accounts.deactivate(await self._address(login))

    async def is_free(self, login: str) -> bool:
        return await self._synapse.accounts.get(await self._address(login)) is None

    async def check(self) -> tuple[Finding, ...]:
        """Only what Synapse's own findings do not say: they are told beside these."""
        found = await self._synapse.check()
        if not all(finding.ok for finding in found):
            return (Finding("directory-synapse-away", False),)
        if any(finding.code == "synapse-delegated" for finding in found):
            return (Finding("directory-delegated", False),)
        return (Finding("directory-synapse", await self._synapse.passwords.are_taken()),)

    async def answers(self) -> None:
        """How it is, is told of the homeserver itself."""

    async def close(self) -> None:
        await self._synapse.close()

    async def _address(self, login: str) -> str:
        return f"@{login}:{await self.server()}"

    async def _known(self, login: str) -> Account:
        for account in await self.find(username=login):
            return account
        raise NotFound("synapse-no-account", login=login)

    async def _with(self, email: str) -> list[str]:
        """Who has this address, however its domain was written down."""
        asked = email_asked(email)
        written = dict.fromkeys(one for one in (asked, email_read(asked), email.strip()) if "@" in one)
        found = [await self._synapse.accounts.whose(one) for one in written]
        return [*dict.fromkeys(filter(None, found))]

    async def _must_be_free(self, login: str, email: str) -> None:
        """Synapse itself would take an address from whoever has it."""
        user = await self._address(login)
        if any(other != user for other in await self._with(email)):
            raise Conflict("email")

    async def _is_half_made(self, there: InSynapse, name: str) -> bool:
        """Synapse writes an account first and its address afterwards: it may have stopped between."""
        if there["emails"] or there["name"] != name or there["admin"] or there["program"] or there["deactivated"]:
            return False
        return not await self._synapse.accounts.was_used(there["user"])


def _people(found: Iterable[InSynapse | None]) -> Iterator[Account]:
    for row in found:
        if row and _login(row["user"]) and not (row["program"] or row["deactivated"]):
            yield _account(row)


def _account(row: InSynapse) -> Account:
    active = not (row["locked"] or row["suspended"])
    return Account(_login(row["user"]), row["name"], next(iter(row["emails"]), ""), active, row["user"])


def _login(user: str) -> str:
    """Empty for an address as nobody has it any more."""
    login = user[1:].partition(":")[0]
    return login if LOCALPART.fullmatch(login) else ""
