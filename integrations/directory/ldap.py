"""Accounts in an LDAP tree, furnished as `ldap_kinds` has it: OpenLDAP, LemonLDAP::NG, YunoHost, LLDAP, Guichet.

People are `inetOrgPerson` below one branch, groups below another. The library blocks, so every door
works in a thread, with a connection of its own. The bot's entry needs no right to read passwords.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from integrations.errors import NotPermitted, Refused, Unavailable
from integrations.findings import Finding, away

from . import (
    Account,
    AccountDict,
    Capability,
    FirstLogin,
    Hold,
    Subject,
    ldap_entries,
    may_be_given,
    subject_of,
)
from .lacking import Lacking, unsupported
from .ldap_connection import SERVICE, WRITES_NOTHING, Connector, plain
from .ldap_kinds import KINDS, Kind
from .ldap_tree import TOO_MANY, Branches, People

Result = TypeVar("Result")
AT_ONCE = 4
REFUSED = 6 * 3600.0  # seconds


class Ldap(Lacking):
    """`rdn` is the attribute that holds the username and names the entry, of its `kind` unless another is told.

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
        kind: Kind = KINDS["openldap"],
        rdn: str = "",
        first_login_url: str | None = None,
        subject: Subject = "login",
    ) -> None:
        self._kind = kind
        self._connector = Connector(url, bind_dn, password, controls=kind.answers_controls)
        self._at = Branches(plain(users_dn), plain(groups_dn), rdn or kind.rdn, nobody=bind_dn, kind=kind)
        self._first_login_url, self._subject = first_login_url, subject
        # Its own: a slow server must not take those with which others look up names, or ask theirs.
        self._threads = ThreadPoolExecutor(AT_ONCE, "ldap")
        self._refused_until = 0.0
        self._writing = asyncio.Lock()  # between looking and writing nobody else of ours may write

    @property
    def url(self) -> str:
        return self._connector.url

    async def capabilities(self) -> frozenset[Capability]:
        locks = "lock" in self._kind.can and await self._work(lambda people: people.can_lock())
        return self._kind.can if locks else self._kind.can - {"lock"}

    def _must(self, capability: Capability) -> None:
        if capability not in self._kind.can:
            raise unsupported(capability)

    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]:
        entries = await self._work(lambda people: people.find(username, email))
        return tuple([ldap_entries.account(entry, self._at.rdn) for entry in entries])

    async def is_free(self, login: str) -> bool:
        return await self._work(lambda people: people.is_free(login))

    async def ensure_account(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        self._must("accounts")
        async with self._writing:
            try:
                return await self._work(lambda people: people.ensure(login, name, email))
            except Unavailable as trouble:
                found = await self._work(lambda people: people.ours(login, email)) if trouble.unknown else None
                if not found:
                    raise
                return found.to_dict(), True

    async def set_email(self, login: str, email: str) -> None:
        self._must("change")
        async with self._writing:
            await self._work(lambda people: people.set_email(login, email))

    async def set_name(self, login: str, name: str) -> None:
        self._must("change")
        async with self._writing:
            await self._work(lambda people: people.set_name(login, name))

    async def start_first_login(self, login: str) -> FirstLogin:
        self._must("accounts")
        await self._work(lambda people: people.person(login))
        return FirstLogin("external", link=self._first_login_url)

    async def set_active(self, login: str, active: bool) -> None:
        self._must("lock")
        await self._work(lambda people: people.set_active(login, active))

    async def hold(self, login: str | None = None) -> Hold:
        self._must("lock")
        if login is None:
            return await self._work(lambda people: people.hold(None, people.tree.own))
        return await self._work(lambda people: self._hold(people, login))

    async def ensure_group(self, name: str) -> None:
        may_be_given(name)
        self._must("groups")
        async with self._writing:
            await self._work(lambda people: people.make_group(name, self._at.nobody))

    async def set_member(self, group: str, login: str, member: bool) -> None:
        if member:
            may_be_given(group)
        self._must("groups")
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

    async def has_group(self, name: str) -> bool:
        return await self._work(lambda people: people.has_group(name))

    async def logins(self) -> frozenset[str]:
        return frozenset(await self._work(lambda people: people.logins().values()))

    async def everybody(self) -> tuple[Account, ...]:
        entries = await self._work(lambda people: people.everybody())
        return tuple([ldap_entries.account(entry, self._at.rdn) for entry in entries])

    async def subject(self, login: str) -> str | None:
        entry = await self._work(lambda people: people.person(login))
        return subject_of(ldap_entries.account(entry, self._at.rdn), self._subject)

    async def tells_visits(self) -> bool:
        return self._kind.dates and await self._work(lambda people: people.tells_visits())

    async def last_visit(self, login: str) -> int:
        return await self._work(lambda people: people.last_visit(login))

    async def delete(self, login: str) -> None:
        self._must("delete")
        await self._work(lambda people: people.delete(login))

    async def check(self) -> tuple[Finding, ...]:
        try:
            return await self._findings()
        except NotPermitted as no:
            return (Finding(no.code, ok=False),)
        except Unavailable as trouble:
            return (away(SERVICE, trouble),)
        except Refused as refusal:
            return (self._finding(refusal),)

    async def answers(self) -> None:
        """A password that was refused is not sent again for a while: policies of passwords shut the entry of whoever
        goes on trying. Meanwhile somebody without a name is greeted, or turned away."""
        if time.monotonic() < self._refused_until:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._connector.greet)
            return
        try:
            await self._work(lambda people: people.tree.entry(people.at.users, "*", ["cn"]))
        except NotPermitted as no:
            if no.code == "directory-credentials":
                self._refused_until = time.monotonic() + REFUSED
            raise

    async def close(self) -> None:
        """Every door opened and closed its own connection."""
        self._threads.shutdown(wait=False)

    async def _findings(self) -> tuple[Finding, ...]:
        if missing := await self._work(lambda people: people.missing()):
            return (Finding("directory-branch-missing", ok=False, words={"dn": missing}),)
        return (
            Finding("directory-reachable", ok=True),
            *await self._write_findings(),
            *await self._limit_findings(),
            *await self._lock_findings(),
            *([Finding("directory-mails-no-links", ok=True)] if "accounts" in self._kind.can else []),
            *await self._visit_findings(),
        )

    async def _write_findings(self) -> list[Finding]:
        """Whoever may only read is not told so by what is read, nor by changes where there are none to be made."""
        if "lookup" in self._kind.can:
            return [Finding("directory-looked-up", ok=True)]
        if "change" not in self._kind.can:
            return [Finding("directory-made-only", ok=True)]
        if await self._work(lambda people: people.tree.is_copy(self._at.users)):
            return [Finding("directory-read-only", ok=False)]
        allowed = await self._work(lambda people: people.may_write())
        return [] if allowed else [Finding("directory-not-permitted", ok=False)]

    async def _limit_findings(self) -> list[Finding]:
        """One person and one group are found all the same; whoever is to be told apart from everybody is not."""
        try:
            await self.logins()
        except Refused as no:
            if no.code != TOO_MANY:
                raise
            return [self._finding(no)]
        return []

    def _finding(self, no: Refused) -> Finding:
        if no.code == TOO_MANY:
            return Finding(no.code, False, {"dn": self._connector.bind_dn})
        return Finding(no.code if no.code == "directory-referral" else "directory-refuses", False, {"code": no.code})

    async def _lock_findings(self) -> list[Finding]:
        if "accounts" not in self._kind.can:
            return []
        if "lock" not in self._kind.can:
            return [Finding("directory-lock-elsewhere", ok=True)]
        if "lock" not in await self.capabilities():
            return [Finding("directory-no-lock", ok=False)]
        holds = await self.hold()
        return [Finding("directory-lock" if holds == "shut" else f"directory-lock-{holds}", ok=holds == "shut")]

    async def _visit_findings(self) -> list[Finding]:
        if not self._kind.dates:
            return []
        return [Finding("directory-visits" if await self.tells_visits() else "directory-no-lastbind", ok=True)]

    def _hold(self, people: People, login: str) -> Hold:
        entry = people.person(login)
        return people.hold(entry, self._connector.sign_in_as(entry.dn))

    async def _work(self, job: Callable[[People], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._with_people, job)

    def _with_people(self, job: Callable[[People], Result]) -> Result:
        with self._connector.open() as tree:
            try:
                return job(People(tree, self._at))
            except Refused as no:
                if no.code in WRITES_NOTHING and "change" in self._kind.can and tree.is_copy(self._at.users):
                    raise NotPermitted("directory-read-only") from None
                raise
