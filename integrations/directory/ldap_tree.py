"""The people and groups of an LDAP tree, over one open connection; everything here blocks."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from integrations.domains import email_asked
from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, reason

from . import Account, AccountDict, Hold, ldap_entries
from .ldap_connection import (
    CLASS_VIOLATION,
    FORBIDDEN,
    HAS_IT,
    HAS_IT_NOT,
    UNKNOWN_ATTRIBUTE,
    SignIn,
    Tree,
    is_below,
    name_below,
)
from .ldap_entries import LOCK, LOCKS, OF_POLICY, START, VISITS, Entry
from .ldap_kinds import Kind

PERSON = "inetOrgPerson"  # among the classes of people of every kind
TOO_MANY = "directory-too-many"
WHOLE = ["*", *LOCKS, OF_POLICY]  # the attributes of a person


@dataclass(frozen=True, slots=True)
class Branches:
    """`rdn` holds the username and names the entry; `nobody` stands in a group that has no member left."""

    users: str
    groups: str
    rdn: str
    nobody: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class People:
    tree: Tree
    at: Branches

    def missing(self) -> str:
        """The branch that is not there, if one is not."""
        for branch in (self.at.users, self.at.groups):
            try:
                self.tree.search(branch, "*", ["cn"], cn="conciergerie")
            except NotFound:
                return branch
        return ""

    def may_write(self) -> bool:
        """As far as there are people and groups on whom it shows, none of whom is changed by it."""
        nothing = secrets.token_hex(8)
        nobody = name_below(self.at.groups, "cn", nothing)
        return self.tree.may_take("mail", f"{nothing}@invalid", self.at.users, PERSON) and self.tree.may_take(
            "member", nobody, self.at.groups, self.at.kind.group
        )

    def find(self, username: str | None, email: str | None) -> list[Entry]:
        """Every row is checked again: what a server makes of a filter is its own affair."""
        wanted = {} if username is None else {self.at.rdn: username}
        wanted |= {} if email is None else {"mail": email_asked(email)}
        if not wanted:
            raise ValueError("a username or an e-mail address is needed")
        found = self.tree.search(self.at.users, PERSON, WHOLE, **wanted)
        if username is not None:
            found = [entry for entry in found if ldap_entries.is_named(entry, self.at.rdn, username)]
        return found if email is None else [entry for entry in found if ldap_entries.is_reached(entry, email)]

    def is_free(self, login: str) -> bool:
        """An entry of another kind has its name too, though nobody signs in with it."""
        found = self.tree.search(self.at.users, "*", [self.at.rdn], **{self.at.rdn: login})
        return not any(ldap_entries.is_named(entry, self.at.rdn, login) for entry in found)

    def everybody(self) -> list[Entry]:
        return self.tree.search(self.at.users, PERSON, WHOLE)

    def person(self, login: str) -> Entry:
        for entry in self.find(login, None):
            return entry
        raise NotFound("account-not-found", login=login)

    def ours(self, login: str, email: str) -> Account | None:
        """The account of this login, if its address is this one. Raises `Conflict("login")` if it is another."""
        found = self.find(login, None)
        if found and not ldap_entries.is_reached(found[0], email):
            raise Conflict("login")
        return ldap_entries.account(found[0], self.at.rdn) if found else None

    def ensure(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        if account := self.ours(login, email):
            return account.to_dict(), False
        if self.find(None, email):
            raise Conflict("email")
        dn, kind = name_below(self.at.users, self.at.rdn, login), self.at.kind
        try:
            self.tree.add(dn, kind.person, ldap_entries.person(kind, self.at.rdn, login, name, email))
        except Rejected:
            if self.find(None, email):  # the overlay `unique` was faster
                raise Conflict("email") from None
            raise
        return ldap_entries.account(self.person(login), self.at.rdn).to_dict(), True

    def set_email(self, login: str, email: str) -> None:
        entry = self.person(login)
        if ldap_entries.is_reached(entry, email):
            return
        if self.find(None, email):
            raise Conflict("email")
        self.tree.change(entry.dn, "mail", "MODIFY_REPLACE", [email])

    def set_name(self, login: str, name: str) -> None:
        entry = self.person(login)
        for attribute, value in ldap_entries.names(self.at.kind, name).items():
            if attribute != self.at.rdn and entry.first(attribute) != value:
                self.tree.change(entry.dn, attribute, "MODIFY_REPLACE", [value] if value else [])

    def set_active(self, login: str, active: bool) -> None:
        """With all that this server has for it; `hold` tells what it does."""
        entry = self.person(login)
        for lock, value in LOCKS.items():
            if active and entry.all(lock):
                self.tree.change(entry.dn, lock, "MODIFY_DELETE", [], fine=(HAS_IT_NOT,))
            elif not active and value not in entry.all(lock):
                missing = (UNKNOWN_ATTRIBUTE, FORBIDDEN) if lock == START else ()
                self.tree.change(entry.dn, lock, "MODIFY_REPLACE", [value], fine=missing)

    def hold(self, entry: Entry | None, sign_in: SignIn) -> Hold:
        """Nobody but the server can tell which policy applies by default: those are taken that it shows."""
        policies = self.tree.policies(self.at.users)
        own = {dn.casefold() for dn in entry.all(OF_POLICY)} if entry else set()
        policies = [policy for policy in policies if policy.dn.casefold() in own] or policies
        lasts = bool(entry.all(START)) if entry else self.tree.knows(START)
        return ldap_entries.hold(lasts, policies, asked=sign_in.asked, refused=sign_in.refused)

    def last_visit(self, login: str) -> int:
        found = self.tree.search(self.at.users, PERSON, [self.at.rdn, *VISITS], **{self.at.rdn: login})
        return max(
            (ldap_entries.last_visit(one) for one in found if ldap_entries.is_named(one, self.at.rdn, login)), default=0
        )

    def tells_visits(self) -> bool:
        """The schema has the attribute of whoever writes it or not: it is looked for in our own entry, which has just
        signed in, and in anybody's."""
        own = self.tree.entry(self.at.nobody, "*", [*VISITS])
        return bool(own and ldap_entries.last_visit(own)) or self.tree.has_any(self.at.users, PERSON, VISITS)

    def can_lock(self) -> bool:
        return self.tree.knows(LOCK)

    def group(self, name: str) -> Entry | None:
        found = self.tree.search(self.at.groups, self.at.kind.group, ["cn", "member"], cn=name)
        return next((entry for entry in found if ldap_entries.is_group(entry, name)), None)

    def group_names(self) -> frozenset[str]:
        """Of those of another kind too: no group of ours can be called so."""
        return frozenset(name for entry in self.tree.search(self.at.groups, "*", ["cn"]) for name in entry.all("cn"))

    def has_group(self, name: str) -> bool:
        return bool(self._called(name))

    def make_group(self, name: str, member: str) -> None:
        """A `groupOfNames` cannot be empty. Raises `NotPermitted("directory-group-kind")` where a group of another kind
        has the name: a twin somewhere else would be empty."""
        if self.group(name) is not None:
            return
        for other in self._called(name):
            kind = next((each for each in other.all("objectClass") if each.lower() != "top"), "?")
            raise NotPermitted("directory-group-kind", group=name, kind=reason(kind))
        self.tree.add(name_below(self.at.groups, "cn", name), self.at.kind.group, {"cn": name, "member": member})

    def _called(self, name: str) -> list[Entry]:
        """Whatever has this name among the groups."""
        found = self.tree.search(self.at.groups, "*", ["cn", "objectClass"], cn=name)
        return [entry for entry in found if ldap_entries.is_group(entry, name)]

    def put_in(self, group: str, login: str) -> None:
        user = self.person(login)
        self.make_group(group, user.dn)
        if found := self.group(group):
            self.tree.change(found.dn, "member", "MODIFY_ADD", [user.dn], fine=(HAS_IT,))

    def take_out(self, group: str, login: str) -> None:
        found, users = self.group(group), self.find(login, None)
        if found and users:
            self._leave(found, users[0])

    def groups_of(self, login: str) -> tuple[str, ...]:
        found = [group for user in self.find(login, None) for group in self._groups_of(user)]
        return tuple(sorted(group.first("cn") for group in found))

    def members_of(self, group: str) -> tuple[str, ...]:
        found = self.group(group)
        dns = found.all("member") if found else ()
        logins = self._logins_of(dns) if dns else {}
        return tuple(sorted(logins[dn.casefold()] for dn in dns if dn.casefold() in logins))

    def _logins_of(self, dns: Iterable[str]) -> dict[str, str]:
        """At least of these, as `logins`: one after the other, where the server does not show everybody."""
        try:
            return self.logins()
        except Refused as no:
            if no.code != TOO_MANY:
                raise
        inside = [dn for dn in dns if is_below(dn, self.at.users)]
        found = [self.tree.entry(dn, PERSON, [self.at.rdn]) for dn in inside]
        return {entry.dn.casefold(): entry.first(self.at.rdn) for entry in found if entry}

    def logins(self) -> dict[str, str]:
        """The username of each entry, by its name in the tree (folded)."""
        found = self.tree.search(self.at.users, PERSON, [self.at.rdn])
        return {entry.dn.casefold(): entry.first(self.at.rdn) for entry in found}

    def delete(self, login: str) -> None:
        """Out of every group first: not every server does it, and none can for the last member. One whose groups are
        not changed from here does so itself."""
        for user in self.find(login, None):
            for group in self._groups_of(user) if "change" in self.at.kind.can else ():
                self._leave(group, user)
            self.tree.delete(user.dn)

    def _groups_of(self, user: Entry) -> list[Entry]:
        return self.tree.search(self.at.groups, self.at.kind.group, ["cn", "member"], member=user.dn)

    def _leave(self, group: Entry, user: Entry) -> None:
        left = self.tree.change(group.dn, "member", "MODIFY_DELETE", [user.dn], fine=(HAS_IT_NOT, CLASS_VIOLATION))
        if left == CLASS_VIOLATION:
            self.tree.change(group.dn, "member", "MODIFY_REPLACE", [self.at.nobody])
