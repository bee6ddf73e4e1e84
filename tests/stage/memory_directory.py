"""A directory with a memory: accounts, groups, the mails that it sent, and outages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from integrations.directory import Account, Barred, Capability, FirstLogin, Hold, Subject, subject_of
from integrations.directory.lacking import unsupported
from integrations.domains import same_email
from integrations.errors import Conflict, NotFound, Refused, Unavailable
from integrations.findings import Finding


@dataclass
class MemoryDirectory:
    """`down`: it does not answer; `deaf`: it says yes, and locks nobody. `passwords`: who chose one. `holds`: what its
    locks do; `names`: which of theirs the SSO calls people by. `like_keycloak`: who typed too many wrong passwords is
    barred (until then, in seconds since 1970, or for good), and links that were mailed before live on, for days.
    `like_yunohost`: accounts are found, and made by others alone; `lacks`: what else it cannot do. `leads_to`: where
    the links of its mails lead, an address that nobody else finds. `unseen`: usernames of people whom the bot is not
    shown, `elsewhere` those that it asked for. `visits`: when people came last (ms), None where it does not note it."""

    accounts: dict[str, Account] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    mails: list[str] = field(default_factory=list)
    passwords: set[str] = field(default_factory=set)
    down: bool = False
    deaf: bool = False
    holds: Hold = "shut"
    names: Subject | None = "login"
    like_keycloak: bool = False
    like_yunohost: bool = False
    lacks: frozenset[Capability] = frozenset()
    bars: dict[str, int | None] = field(default_factory=dict)
    identities: dict[str, dict[str, str]] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)
    visits: dict[str, int] | None = None
    calls: int = 0
    leads_to: str = ""

    @property
    def url(self) -> str:
        return "https://comptes.lieu.fr"

    def _answer(self) -> None:
        self.calls += 1
        if self.down:
            raise Unavailable("directory", 30)

    def _must(self, capability: Capability) -> None:
        self._answer()
        if self.like_yunohost or capability in self.lacks:
            raise unsupported(capability)

    async def capabilities(self) -> frozenset[Capability]:
        self._answer()
        if self.like_yunohost:
            return frozenset({"lookup"})
        able: frozenset[Capability] = frozenset({"accounts", "change", "first-login", "groups", "lock", "delete"})
        more: frozenset[Capability] = frozenset({"identities", "logout", "unbar"})
        return (able | more if self.like_keycloak else able) - self.lacks

    async def tells_visits(self) -> bool:
        self._answer()
        return self.visits is not None

    async def last_visit(self, login: str) -> int:
        self._answer()
        return (self.visits or {}).get(login, 0)

    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]:
        self._answer()
        found = [a for a in self.accounts.values() if username in (None, a.login)]
        return tuple(a for a in found if email is None or same_email(a.email, email))

    async def ensure_account(self, login: str, name: str, email: str) -> tuple[dict[str, Any], bool]:
        self._must("accounts")
        if login in self.accounts:
            if not same_email(self.accounts[login].email, email):
                raise Conflict("login")
            return self.accounts[login].to_dict(), False
        if await self.find(email=email):
            raise Conflict("email")
        if login in self.unseen:
            self.elsewhere.add(login)
            raise Conflict("login")
        self.accounts[login] = Account(login, name, email, True, str(len(self.accounts) + 1))
        return self.accounts[login].to_dict(), True

    async def set_email(self, login: str, email: str) -> None:
        self._must("change")
        if login not in self.accounts:
            raise NotFound("account-not-found", login=login)
        if any(account.login != login for account in await self.find(email=email)):
            raise Conflict("email")
        self.accounts[login] = replace(self.accounts[login], email=email)

    async def set_name(self, login: str, name: str) -> None:
        self._must("change")
        if login not in self.accounts:
            raise NotFound("account-not-found", login=login)
        self.accounts[login] = replace(self.accounts[login], name=name)

    async def start_first_login(self, login: str) -> FirstLogin:
        self._must("first-login")
        if login not in self.accounts:
            raise NotFound
        if self.like_keycloak and not self.accounts[login].active:
            raise Refused("directory-account-shut", login=login)
        if login in self.passwords:
            raise Refused("already-has-password")
        self.mails.append(self.accounts[login].email)
        return FirstLogin("mail", 3 * 86_400, replaces=False) if self.like_keycloak else FirstLogin("mail", 600)

    async def set_active(self, login: str, active: bool) -> None:
        self._must("lock")
        if login not in self.accounts:
            raise NotFound("account-not-found", login=login)
        if not self.deaf:
            self.accounts[login] = replace(self.accounts[login], active=active)

    async def hold(self, login: str | None = None) -> Hold:
        self._answer()
        if login is not None and login not in self.accounts:
            raise NotFound("account-not-found", login=login)
        return "open" if self.deaf else self.holds

    def choose_password(self, login: str) -> None:
        """By the mail that anybody is sent: where a lock does not outlast it, it is gone."""
        self.passwords.add(login)
        if self.holds == "until-password":
            self.accounts[login] = replace(self.accounts[login], active=True)

    async def logout(self, login: str) -> None:
        self._answer()
        if not self.like_keycloak:
            raise unsupported("logout")

    async def barred(self, login: str) -> Barred | None:
        self._answer()
        if not self.like_keycloak:
            raise unsupported("unbar")
        if login not in self.accounts:
            raise NotFound("account-not-found", login=login)
        return Barred(self.bars[login]) if login in self.bars else None

    async def unbar(self, login: str) -> None:
        self._answer()
        if not self.like_keycloak:
            raise unsupported("unbar")
        self.bars.pop(login, None)

    async def link_identity(self, login: str, provider: str, subject: str) -> None:
        self._answer()
        if not self.like_keycloak:
            raise unsupported("identities")
        if login in self.passwords:
            raise Refused("already-has-password")
        if any(held == {provider: subject} for one, held in self.identities.items() if one != login):
            raise Conflict("subject")
        if self.identities.setdefault(login, {provider: subject}) != {provider: subject}:
            raise Conflict("provider")

    async def ensure_group(self, name: str) -> None:
        self._must("groups")
        self.groups.setdefault(name, set())

    async def set_member(self, group: str, login: str, member: bool) -> None:
        self._must("groups")
        if login not in self.accounts:
            raise NotFound
        members = self.groups.setdefault(group, set())
        (members.add if member else members.discard)(login)

    async def groups_of(self, login: str) -> tuple[str, ...]:
        self._answer()
        return tuple(sorted(name for name, members in self.groups.items() if login in members))

    async def members_of(self, group: str) -> tuple[str, ...]:
        self._answer()
        return tuple(sorted(self.groups.get(group, ())))

    async def group_names(self) -> frozenset[str]:
        self._answer()
        return frozenset(self.groups)

    async def has_group(self, name: str) -> bool:
        self._answer()
        return name in self.groups

    async def logins(self) -> frozenset[str]:
        self._answer()
        return frozenset(self.accounts)

    async def everybody(self) -> tuple[Account, ...]:
        self._answer()
        return tuple(self.accounts.values())

    async def subject(self, login: str) -> str | None:
        self._answer()
        if login not in self.accounts:
            raise NotFound("account-not-found", login=login)
        return subject_of(self.accounts[login], self.names)

    async def delete(self, login: str) -> None:
        self._must("delete")
        self.accounts.pop(login, None)

    async def is_free(self, login: str) -> bool:
        self._answer()
        return login not in self.accounts and login not in self.elsewhere

    async def check(self) -> tuple[Finding, ...]:
        found = Finding("directory-unreachable" if self.down else "directory-reachable", ok=not self.down)
        inside = [Finding("directory-links-inside", ok=False, words={"to": self.leads_to})] if self.leads_to else []
        return (found, *inside)

    async def answers(self) -> None:
        self._answer()

    async def close(self) -> None:
        """Nothing to close."""
