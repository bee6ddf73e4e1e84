"""Accounts over SCIM 2.0 (RFC 7643, RFC 7644): Canaille, Keycloak ≥ 26.8, authentik, Zitadel, and stricter servers.

What real servers forced: PATCH only (on Canaille a PUT without password wipes the password); a filter may be ignored
and answer everybody, so every row is checked again here; an error may follow a write that took place, so we look
again after every write, whatever the answer was; nobody but us keeps an e-mail address unique.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

from integrations.domains import email_asked, email_read
from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable
from integrations.findings import Finding, away
from integrations.http import Http
from integrations.oauth import ClientCredentials, FixedToken, Token

from . import (
    Account,
    AccountDict,
    Capability,
    FirstLogin,
    Hold,
    Subject,
    may_be_given,
    scim_resources,
    subject_of,
)
from .canaille import CanaillePages
from .lacking import Lacking, unsupported
from .scim_client import ScimClient
from .scim_resources import Row, text

SERVICE = "directory"
CANAILLE_SCIM = "/scim/v2"
MEMBERS = ("displayName", "members")  # of a group


def connect(
    url: str,
    *,
    token: str = "",
    token_url: str = "",
    client_id: str = "",
    client_secret: str = "",
    first_login_url: str | None = None,
    subject: Subject | None = None,
) -> Scim:
    """The directory at `url` (as `https://sso.example.org/scim/v2`), with a fixed token or client credentials."""
    http = Http(SERVICE, url)
    key: Token = FixedToken(token) if token else ClientCredentials(http, token_url, client_id, client_secret)
    pages = url.rstrip("/").removesuffix(CANAILLE_SCIM)
    return Scim(
        ScimClient(http, key),
        CanaillePages(lambda: Http(SERVICE, pages)),
        first_login_url=first_login_url,
        subject=subject,
    )


class Scim(Lacking):
    """`first_login_url` is where people choose a password on a server that is not a Canaille. `subject`: which of
    theirs is what the SSO calls an account, where that is not as the server is known to have it."""

    def __init__(
        self,
        client: ScimClient,
        pages: CanaillePages,
        *,
        first_login_url: str | None = None,
        subject: Subject | None = None,
    ) -> None:
        self._client, self._pages, self._first_login_url, self._subject = client, pages, first_login_url, subject
        self._writing = asyncio.Lock()  # between looking and writing nobody else of ours may write

    @property
    def url(self) -> str:
        return self._client.http.url

    async def capabilities(self) -> frozenset[Capability]:
        found: set[Capability] = {"accounts", "change", "delete"}
        if await self._client.supports("patch"):
            found |= {"lock", "groups"}
        if await self._client.is_canaille():
            found |= {"first-login"}
        return frozenset(found)

    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]:
        return tuple([scim_resources.account(row) for row in await self._users(username, email)])

    async def is_free(self, login: str) -> bool:
        return not await self._users(login)

    async def ensure_account(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        async with self._writing:
            if ours := await self._ours(login, email):
                return ours.to_dict(), False
            if await self._users(email=email):
                raise Conflict("email")
            failure = await self._client.create("Users", scim_resources.person(login, name, email))
            if ours := await self._ours(login, email):
                return ours.to_dict(), True
            raise await self._of_email(failure, email)

    async def set_email(self, login: str, email: str) -> None:
        async with self._writing:
            row = await self._user(login)
            if scim_resources.is_reached(row, email):
                return
            if await self._users(email=email):
                raise Conflict("email")
            failure = await self._client.replace("Users", row, "emails", [{"value": email}])
            if not scim_resources.is_reached(await self._user(login), email):
                raise await self._of_email(failure, email)

    async def set_name(self, login: str, name: str) -> None:
        async with self._writing:
            failure: Exception | None = None
            for path, value in (("name", scim_resources.names(name)), ("displayName", name)):
                failure = await self._client.replace("Users", await self._user(login), path, value) or failure
            if not scim_resources.is_called(await self._user(login), name):
                raise failure or unsupported("accounts")

    async def start_first_login(self, login: str) -> FirstLogin:
        row = await self._user(login)
        if not await self._client.is_canaille():
            return FirstLogin("external", link=self._first_login_url)
        if not scim_resources.emails(row):
            raise Rejected("account-without-email")
        await self._pages.send_link(self._client, row, login)
        return FirstLogin("mail", self._pages.link_lifetime)

    async def set_active(self, login: str, active: bool) -> None:
        row = await self._user(login)
        if scim_resources.is_active(row) == active:
            return
        failure = await self._client.replace("Users", row, "active", active)
        if scim_resources.is_active(await self._user(login)) != active:
            raise failure or Unavailable(SERVICE, unknown=True)

    async def hold(self, login: str | None = None) -> Hold:
        """Of Canaille and Keycloak it is known that nobody enters, whatever the password; of others it is not."""
        if login is not None and scim_resources.is_active(await self._user(login)):
            return "open"
        return "shut" if await self._known_subject() else "untold"

    async def ensure_group(self, name: str) -> None:
        may_be_given(name)
        async with self._writing:
            await self._group(name)

    async def set_member(self, group: str, login: str, member: bool) -> None:
        if member:
            may_be_given(group)
        async with self._writing:
            users = [await self._user(login)] if member else await self._users(login)
            row = await self._group(group) if member else await self._oldest_group(group)
            if users and row and scim_resources.has_member(row, users[0]) != member:
                await self._change_member(row, users[0], member)

    async def _change_member(self, group: Row, user: Row, member: bool) -> None:
        """One member alone is changed, so that nobody is lost whom somebody else puts in meanwhile; a server that does
        not do so, whatever it answers, is sent the whole list."""
        failure: Exception | None = None
        if not await self._client.is_canaille():
            one = scim_resources.put_in(user) if member else scim_resources.take_out(user)
            failure = await self._client.change("Groups", group, one)
            group = await self._group(text(group, "displayName"))
        if scim_resources.has_member(group, user) != member:
            members = scim_resources.members_with(group, user, member)
            again = await self._client.change("Groups", group, scim_resources.whole(members))
            if scim_resources.has_member(await self._group(text(group, "displayName")), user) != member:
                raise again or failure or Unavailable(SERVICE, unknown=True)

    async def groups_of(self, login: str) -> tuple[str, ...]:
        users = await self._users(login, None, "userName", "groups")
        told = scim_resources.groups_told(users[0]) if users else ()
        if told or not users:
            return told
        rows = await self._client.find("Groups", "members.value", text(users[0], "id"), *MEMBERS)
        return tuple(sorted({text(row, "displayName") for row in rows if scim_resources.has_member(row, users[0])}))

    async def members_of(self, group: str) -> tuple[str, ...]:
        row = await self._oldest_group(group)
        if not row:
            return ()
        if self._client.is_keycloak():  # which can be asked who is in it, without the list of everybody
            users = await self._client.find("Users", "groups.value", text(row, "id"))
        else:
            users = await self._client.everything("Users")
        return tuple(sorted(text(user, "userName") for user in users if scim_resources.has_member(row, user)))

    async def group_names(self) -> frozenset[str]:
        return frozenset(text(row, "displayName") for row in await self._client.everything("Groups"))

    async def has_group(self, name: str) -> bool:
        return await self._oldest_group(name) is not None

    async def logins(self) -> frozenset[str]:
        return frozenset(text(row, "userName") for row in await self._client.everything("Users"))

    async def everybody(self) -> tuple[Account, ...]:
        return tuple([scim_resources.account(row) for row in await self._client.everything("Users")])

    async def subject(self, login: str) -> str | None:
        account = scim_resources.account(await self._user(login))
        return subject_of(account, self._subject or await self._known_subject())

    async def _known_subject(self) -> Subject | None:
        """Canaille's `sub` is the username, and Keycloak's the account's id; others have it set in many ways."""
        if await self._client.is_canaille():
            return "login"
        return "id" if self._client.is_keycloak() else None

    async def delete(self, login: str) -> None:
        for row in await self._users(login):
            failure = await self._client.delete("Users", row)
            if await self._users(login):
                raise failure or Unavailable(SERVICE, unknown=True)

    async def check(self) -> tuple[Finding, ...]:
        try:
            return await self._findings()
        except NotPermitted as no:
            return (Finding(no.code, ok=False),)
        except Unavailable as trouble:
            return (away(SERVICE, trouble),)
        except Refused as refusal:
            return (Finding("directory-refuses", ok=False, words={"code": refusal.code}),)

    async def answers(self) -> None:
        await self._client.answers()

    async def close(self) -> None:
        await self._client.http.close()

    async def _findings(self) -> tuple[Finding, ...]:
        await self._client.config(fresh=True)
        await self._may_write()
        able = await self.capabilities()
        known = self._subject or await self._known_subject()
        mails, lock = "first-login" in able, "lock" in able
        addresses = Counter(
            email_asked(e) for row in await self._client.everything("Users") for e in scim_resources.emails(row)
        )
        shared = sum(1 for times in addresses.values() if times > 1)
        return (
            Finding("directory-reachable", ok=True),
            Finding("directory-patch" if lock else "directory-no-patch", ok=lock),
            *([] if await self._known_subject() else [Finding("directory-pause-untold", ok=True)]),
            *([] if known else [Finding("directory-subject-unknown", ok=True)]),
            Finding("directory-mails-links" if mails else "directory-mails-no-links", ok=True),
            Finding(
                "directory-emails-shared" if shared else "directory-emails-unique", not shared, {"count": str(shared)}
            ),
        )

    async def _may_write(self) -> None:
        """Raises `NotPermitted`. Keycloak says so before it looks at what is sent; what others would make of nobody in
        particular is not known."""
        if self._client.is_keycloak():
            failure = await self._client.create("Users", {"schemas": [scim_resources.USER]})
            if isinstance(failure, NotPermitted):
                raise failure

    async def _users(self, username: str | None = None, email: str | None = None, *told: str) -> list[Row]:
        """The rows that really have this username and this address, whatever the server made of a filter."""
        if username is not None:
            rows = await self._client.find("Users", "userName", username, *told)
            rows = [row for row in rows if scim_resources.is_named(row, username)]
        else:
            # Keycloak keeps addresses in small letters, and minds capitals where it looks for one.
            written = dict.fromkeys(
                each for way in (email_asked(email or ""), email_read(email or "")) for each in (way, way.lower())
            )
            found = [row for each in written for row in await self._client.find("Users", "emails.value", each)]
            rows = list({text(row, "id"): row for row in found}.values())
        return rows if email is None else [row for row in rows if scim_resources.is_reached(row, email)]

    async def _user(self, login: str) -> Row:
        for row in await self._users(login):
            return row
        raise NotFound("account-not-found", login=login)

    async def _ours(self, login: str, email: str) -> Account | None:
        rows = await self._users(login)
        if rows and not scim_resources.is_reached(rows[0], email):
            raise Conflict("login")
        return scim_resources.account(rows[0]) if rows else None

    async def _of_email(self, failure: Exception | None, email: str) -> Exception:
        """What to tell where an address was not taken: Keycloak has an outage for one that somebody has already (500),
        or the refusal that others have for usernames."""
        if not isinstance(failure, Refused) or isinstance(failure, Conflict):
            with suppress(Refused):
                every = await self._client.everything("Users")
                if any(scim_resources.is_reached(row, email) for row in every):
                    return Conflict("email")
        return failure or Unavailable(SERVICE, unknown=True)

    async def _group(self, name: str) -> Row:
        if row := await self._oldest_group(name):
            return row
        failure = await self._client.create("Groups", scim_resources.group(name))
        if row := await self._oldest_group(name):
            return row
        raise failure or Unavailable(SERVICE, unknown=True)

    async def _oldest_group(self, name: str) -> Row | None:
        """Two groups may have one name: the oldest is meant, always. Capitals do not make another one (RFC 7643 §4.2),
        but where a server has both."""
        rows = await self._client.find("Groups", "displayName", name, *MEMBERS)
        named = [row for row in rows if text(row, "displayName") == name]
        named = named or [row for row in rows if text(row, "displayName").casefold() == name.casefold()]
        return min(named, key=lambda row: (text(row, "meta", "created"), text(row, "id")), default=None)
