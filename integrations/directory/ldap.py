"""Accounts in an LDAP tree: OpenLDAP, LemonLDAP::NG (its accounts are the tree), Guichet/Bottin, lldap.

People are `inetOrgPerson` below one branch, groups `groupOfNames` below another. The library blocks, so every door
works in a thread, with a connection of its own. The bot's entry needs no right to read passwords.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from integrations.errors import NotFound, NotPermitted, Refused, Unavailable
from integrations.findings import Finding

from . import Account, AccountDict, Capability, FirstLogin, Hold, Subject, ldap_entries, may_be_given, subject_of
from .ldap_connection import Connector, NotPrivate
from .ldap_tree import Branches, People
from .no_directory import unsupported

Result = TypeVar("Result")
AT_ONCE = 4


class Ldap:
    """`rdn` is the attribute that holds the username and names the entry: `uid`, or `cn` for Guichet.

    `first_login_url` is the page where people choose their first password, if there is one. `subject`: which of theirs
    is what the SSO calls an account; LemonLDAP::NG takes the username.
    """

    def __init__(
        self,
        url: str,
        *,
        bind_dn: str,
        password: str,
        users_dn: str,
        groups_dn: str,
        rdn: str = "uid",
        first_login_url: str | None = None,
        subject: Subject = "login",
    ) -> None:
        self._connector = Connector(url, bind_dn, password)
        self._at = Branches(users_dn, groups_dn, rdn, nobody=bind_dn)
        self._first_login_url, self._subject = first_login_url, subject
        # Its own: a slow server must not take those with which others look up names, or ask theirs.
        self._threads = ThreadPoolExecutor(AT_ONCE, "ldap")
        self._writing = asyncio.Lock()  # between looking and writing nobody else of ours may write

    async def capabilities(self) -> frozenset[Capability]:
        found: set[Capability] = {"accounts", "delete", "groups"}
        if await self._work(lambda people: people.can_lock()):
            found |= {"lock"}
        return frozenset(found)

    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]:
        entries = await self._work(lambda people: people.find(username, email))
        return tuple([ldap_entries.account(entry, self._at.rdn) for entry in entries])

    async def is_free(self, login: str) -> bool:
        return not await self._work(lambda people: people.find(login, None))

    async def ensure_account(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        async with self._writing:
            try:
                return await self._work(lambda people: people.ensure(login, name, email))
            except Unavailable as trouble:
                found = await self._work(lambda people: people.ours(login, email)) if trouble.unknown else None
                if not found:
                    raise
                return found.to_dict(), True

    async def set_email(self, login: str, email: str) -> None:
        async with self._writing:
            await self._work(lambda people: people.set_email(login, email))

    async def start_first_login(self, login: str) -> FirstLogin:
        await self._work(lambda people: people.person(login))
        return FirstLogin("external", link=self._first_login_url)

    async def set_active(self, login: str, active: bool) -> None:
        await self._work(lambda people: people.set_active(login, active))

    async def hold(self, login: str | None = None) -> Hold:
        if login is None:
            return await self._work(lambda people: people.hold(None, people.tree.own))
        return await self._work(lambda people: self._hold(people, login))

    async def logout(self, login: str) -> None:
        raise unsupported("logout")

    async def ensure_group(self, name: str) -> None:
        may_be_given(name)
        async with self._writing:
            await self._work(lambda people: people.make_group(name, self._at.nobody))

    async def set_member(self, group: str, login: str, member: bool) -> None:
        if member:
            may_be_given(group)
        async with self._writing:
            if member:
                await self._work(lambda people: people.put_in(group, login))
            else:
                await self._work(lambda people: people.take_out(group, login))

    async def groups_of(self, login: str) -> tuple[str, ...]:
        return await self._work(lambda people: people.groups_of(login))

    async def members_of(self, group: str) -> tuple[str, ...]:
        return await self._work(lambda people: people.members_of(group))

    async def group_names(self) -> frozenset[str]:
        return await self._work(lambda people: people.group_names())

    async def logins(self) -> frozenset[str]:
        return frozenset(await self._work(lambda people: people.logins().values()))

    async def everybody(self) -> tuple[Account, ...]:
        entries = await self._work(lambda people: people.everybody())
        return tuple([ldap_entries.account(entry, self._at.rdn) for entry in entries])

    async def subject(self, login: str) -> str | None:
        entry = await self._work(lambda people: people.person(login))
        return subject_of(ldap_entries.account(entry, self._at.rdn), self._subject)

    async def delete(self, login: str) -> None:
        await self._work(lambda people: people.delete(login))

    async def check(self) -> tuple[Finding, ...]:
        try:
            return await self._findings()
        except NotPermitted:
            return (Finding("directory-credentials", ok=False),)
        except Unavailable as trouble:
            private = not isinstance(trouble, NotPrivate)
            return (Finding("directory-unreachable" if private else "directory-not-private", ok=False),)
        except NotFound:
            return (Finding("directory-branch-missing", ok=False, words={"dn": self._at.users}),)
        except Refused as refusal:
            code = refusal.code if refusal.code == "directory-referral" else "directory-refuses"
            return (Finding(code, ok=False, words={"code": refusal.code}),)

    async def close(self) -> None:
        """Every door opened and closed its own connection."""
        self._threads.shutdown(wait=False)

    async def _findings(self) -> tuple[Finding, ...]:
        await self.is_free("conciergerie")
        return (
            Finding("directory-reachable", ok=True),
            await self._lock_finding(),
            Finding("directory-mails-no-links", ok=True),
        )

    async def _lock_finding(self) -> Finding:
        if "lock" not in await self.capabilities():
            return Finding("directory-no-lock", ok=False)
        holds = await self.hold()
        return Finding("directory-lock" if holds == "shut" else f"directory-lock-{holds}", ok=holds == "shut")

    def _hold(self, people: People, login: str) -> Hold:
        entry = people.person(login)
        return people.hold(entry, self._connector.sign_in_as(entry.dn))

    async def _work(self, job: Callable[[People], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._with_people, job)

    def _with_people(self, job: Callable[[People], Result]) -> Result:
        with self._connector.open() as tree:
            return job(People(tree, self._at))
