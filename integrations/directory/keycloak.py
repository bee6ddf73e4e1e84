"""Accounts in a realm of Keycloak, by its Admin REST API: nothing to switch on, and it mails the first password.

The bot's client has a service account with one role, `manage-users` of `realm-management`; where it is to know who
came when, `view-events` besides. What real servers forced:
a change sends what changes and nothing else, for a change of `attributes` wipes the names and the address; groups are
found by their path, which minds capitals; a program's own account is found like a person's, and is nobody.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from integrations.domains import email_asked, email_read, is_loopback
from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable
from integrations.findings import Finding, away
from integrations.http import Http

from . import Account, AccountDict, Barred, Capability, FirstLogin, Hold, Subject, may_be_given, subject_of
from . import keycloak_representations as representations
from .keycloak_client import SERVICE, KeycloakClient, part
from .lacking import unsupported
from .scim_resources import Row, text

ABLE: frozenset[Capability] = frozenset(
    {"accounts", "change", "delete", "first-login", "groups", "identities", "lock", "logout"}
)
SIGN_IN = "LOGIN"  # the type of event
KEPT = ("directory-visits", "directory-visits-briefly")
CHOOSE = ["UPDATE_PASSWORD", "VERIFY_EMAIL"]  # what somebody does who follows the link
HOUR = 3600
SHORTEST = 3  # letters of a username
MOST_HOLDERS = 10  # who is found by what a provider calls them: one at most, unless the search is not understood
LONG = 180 * 24 * HOUR  # what is kept for less tells who came lately, and of nobody that they did not
REMEMBER = 300.0  # seconds for which the realm's own settings are believed
INTERNAL = (".internal", ".lan", ".local", ".localhost")


def connect(
    url: str,
    realm: str,
    *,
    client_id: str,
    client_secret: str,
    group: str = "",
    mail_hours: int,
    subject: Subject | None = None,
) -> Keycloak:
    """The realm of the Keycloak at `url` (as `https://sso.example.org`, with `/auth` where an old one has it)."""
    client = KeycloakClient(Http(SERVICE, url), realm, client_id, client_secret)
    return Keycloak(client, group=group, mail_hours=mail_hours, subject=subject or "id")


class Keycloak:
    """`group`: the one in which accounts are made, where the bot may look after that one alone. `mail_hours`: how long
    the link to a first password lives. `subject`: which of theirs a client calls people by, where it is not their id.
    """

    def __init__(
        self,
        client: KeycloakClient,
        *,
        group: str = "",
        mail_hours: int,
        subject: Subject = "id",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._own_group, self._subject, self._clock = client, group, subject, clock
        self._lives = mail_hours * HOUR
        self._writing = asyncio.Lock()  # between looking and writing nobody else of ours may write
        self._realm: Row = {}
        self._until = float("-inf")
        self._events: Row = {}
        self._events_until = float("-inf")
        self._elsewhere: set[str] = set()  # usernames that people have whom we are not shown

    @property
    def url(self) -> str:
        return self._client.http.url

    async def capabilities(self) -> frozenset[Capability]:
        bars: frozenset[Capability] = frozenset({"unbar"})
        return ABLE | bars if (await self._of_realm()).get("bruteForceProtected") is True else ABLE

    # -- people

    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]:
        return tuple(map(representations.account, await self._people(username, email)))

    async def is_free(self, login: str) -> bool:
        """One that is too short is nobody's to have, unless the realm was told otherwise."""
        if len(login) < SHORTEST or login.casefold() in self._elsewhere:
            return False
        return not await self._named(login)

    async def ensure_account(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        async with self._writing:
            if ours := await self._ours(login, email):
                return ours.to_dict(), False
            if await self._people(email=email):
                raise Conflict("email")
            within = await self._within()
            failure = await self._client.write("POST", "/users", representations.person(login, name, email, within))
            if ours := await self._ours(login, email):
                return ours.to_dict(), True
            if isinstance(failure, Conflict) and failure.field == "login":
                self._elsewhere.add(login.casefold())
            raise failure or Unavailable(SERVICE, unknown=True)

    async def set_email(self, login: str, email: str) -> None:
        async with self._writing:
            row = await self._user(login)
            if representations.is_reached(row, email):
                return
            if await self._people(email=email):
                raise Conflict("email")
            failure = await self._client.write("PUT", _of(row), {"email": email, "emailVerified": False})
            if not representations.is_reached(await self._user(login), email):
                raise failure or Unavailable(SERVICE, unknown=True)

    async def set_name(self, login: str, name: str) -> None:
        failure = await self._client.write("PUT", _of(await self._user(login)), representations.names(name))
        if not representations.is_called(await self._user(login), name):
            raise failure or Unavailable(SERVICE, unknown=True)

    async def start_first_login(self, login: str) -> FirstLogin:
        """What was mailed before lives on: a link is used once, and each has its own end."""
        row = await self._user(login)
        if not text(row, "email"):
            raise Rejected("account-without-email")
        if not representations.is_enabled(row):
            raise Refused("directory-account-shut", login=login)
        if representations.has_password(await self._client.few(f"{_of(row)}/credentials")):
            raise Refused("already-has-password")
        mail = f"{_of(row)}/execute-actions-email"
        if failure := await self._client.write("PUT", mail, CHOOSE, lifespan=str(self._lives)):
            raise failure
        return FirstLogin("mail", self._lives, replaces=False)

    async def set_active(self, login: str, active: bool) -> None:
        row = await self._user(login)
        if representations.is_enabled(row) == active:
            return
        failure = await self._client.write("PUT", _of(row), {"enabled": active})
        if representations.is_enabled(await self._user(login)) != active:
            raise failure or Unavailable(SERVICE, unknown=True)

    async def hold(self, login: str | None = None) -> Hold:
        if login is not None and representations.is_enabled(await self._user(login)):
            return "open"
        return "shut"

    async def logout(self, login: str) -> None:
        row = await self._user(login)
        failure = await self._client.write("POST", f"{_of(row)}/logout")
        if failure or await self._client.few(f"{_of(row)}/sessions"):
            raise failure or Unavailable(SERVICE, unknown=True)

    async def barred(self, login: str) -> Barred | None:
        await self._must_bar()
        return representations.barred(await self._client.row(_bar_of(await self._user(login))))

    async def unbar(self, login: str) -> None:
        await self._must_bar()
        row = await self._user(login)
        failure = await self._client.write("DELETE", _bar_of(row))
        if representations.is_barred_for_good(row):
            await self.set_active(login, True)
        if representations.barred(await self._client.row(_bar_of(row))):
            raise failure or Unavailable(SERVICE, unknown=True)

    async def link_identity(self, login: str, provider: str, subject: str) -> None:
        """The server takes a subject that opens somebody else's account, and says yes to a provider that it does not
        have, which does not show afterwards."""
        if not subject or not representations.can_be_called(provider):  # without them, everybody would be found
            raise NotFound("identity-provider-unknown", provider=provider)
        async with self._writing:
            row = await self._user(login)
            there = await self._client.identities(_of(row))
            if representations.identity_at(there, provider) == subject:
                return
            if there:
                raise Conflict("provider")
            if await self._client.few(f"{_of(row)}/credentials"):
                raise Refused("already-has-password")
            if await self._is_of_another(row, provider, subject):
                raise Conflict("subject")
            named = {"userId": subject, "userName": subject}
            way = f"{_of(row)}/federated-identity/{part(provider)}"
            failure = await self._client.write("POST", way, named)
            if representations.identity_at(await self._client.identities(_of(row)), provider) != subject:
                raise failure or NotFound("identity-provider-unknown", provider=provider)

    async def _is_of_another(self, row: Row, provider: str, subject: str) -> bool:
        """Each is asked again: what a server makes of a search is its own affair."""
        found = await self._client.few("/users", idpAlias=provider, idpUserId=subject, max=str(MOST_HOLDERS))
        told = [await self._client.identities(_of(one)) for one in found if text(one, "id") != text(row, "id")]
        return any(representations.identity_at(each, provider) == subject for each in told)

    async def logins(self) -> frozenset[str]:
        return frozenset(text(row, "username") for row in await self._everybody())

    async def everybody(self) -> tuple[Account, ...]:
        return tuple(map(representations.account, await self._everybody()))

    async def subject(self, login: str) -> str | None:
        return subject_of(representations.account(await self._user(login)), self._subject)

    async def tells_visits(self) -> bool:
        return await self._visits() == "directory-visits"

    async def last_visit(self, login: str) -> int:
        """By what is open, which ends within hours or days, and by the sign-ins that the realm keeps: those of a time
        when it no longer kept any say nothing of today."""
        found = 0
        for row in await self._people(login):
            seen = representations.last_access(await self._client.few(f"{_of(row)}/sessions"))
            if await self._visits() in KEPT:
                of = {"type": SIGN_IN, "user": text(row, "id")}
                told = await self._client.few("/events", **of, max="1")
                seen = max(seen, representations.last_sign_in(told, text(row, "id")))
            found = max(found, seen)
        return found

    async def _visits(self) -> str:
        """The finding: whether the realm keeps sign-ins, for long enough, and shows them."""
        try:
            kept = await self._of_events()
        except NotPermitted as no:
            if no.code != "directory-not-permitted":
                raise
            return "directory-visits-hidden"
        types = kept.get("enabledEventTypes")
        if kept.get("eventsEnabled") is not True or (isinstance(types, list) and types and SIGN_IN not in types):
            return "directory-visits-not-kept"
        seconds = kept.get("eventsExpiration")
        return "directory-visits-briefly" if isinstance(seconds, int) and 0 < seconds < LONG else "directory-visits"

    async def delete(self, login: str) -> None:
        for row in await self._people(login):
            failure = await self._client.write("DELETE", _of(row))
            if await self._people(login):
                raise failure or Unavailable(SERVICE, unknown=True)

    # -- groups

    async def ensure_group(self, name: str) -> None:
        may_be_given(name)
        async with self._writing:
            await self._to_be_given(name)

    async def set_member(self, group: str, login: str, member: bool) -> None:
        if member:
            may_be_given(group)
        async with self._writing:
            users = [await self._user(login)] if member else await self._people(login)
            row = await self._to_be_given(group) if member else await self._group(group)
            if users and row and await self._is_in(users[0], row) != member:
                await self._change_member(users[0], row, member)

    async def _change_member(self, user: Row, row: Row, member: bool) -> None:
        way = f"{_of(user)}/groups/{part(text(row, 'id'))}"
        failure = await self._client.write("PUT" if member else "DELETE", way)
        if failure is None and not member and await self._is_out_of_sight(user):
            return
        if await self._is_in(user, row) != member:
            if isinstance(failure, NotPermitted):
                raise NotPermitted("directory-no-membership", group=text(row, "name"))
            raise failure or Unavailable(SERVICE, unknown=True)

    async def _is_out_of_sight(self, user: Row) -> bool:
        """Of somebody who was shown by that group alone, nothing is shown once they are out of it."""
        try:
            await self._client.row(_of(user))
        except NotPermitted as no:
            return no.code == "directory-not-permitted"
        return False

    async def groups_of(self, login: str) -> tuple[str, ...]:
        users = await self._people(login)
        found = await self._client.few(f"{_of(users[0])}/groups") if users else []
        return tuple(sorted(text(row, "name") for row in found if representations.is_top(row)))

    async def members_of(self, group: str) -> tuple[str, ...]:
        if (row := await self._group(group)) is None:
            return ()
        found = await self._client.rows(f"/groups/{part(text(row, 'id'))}/members", briefRepresentation="true")
        return tuple(sorted(text(one, "username") for one in found if representations.is_person(one)))

    async def group_names(self) -> frozenset[str]:
        found = await self._client.rows("/groups", briefRepresentation="true")
        return frozenset(text(row, "name") for row in found if representations.is_top(row))

    async def has_group(self, name: str) -> bool:
        try:
            return await self._group(name) is not None
        except NotPermitted as no:
            if no.code == "directory-not-permitted":  # it says so of what there is, and of nothing else
                return True
            raise

    # -- what doctor shows

    async def check(self) -> tuple[Finding, ...]:
        try:
            return await self._findings()
        except NotPermitted as no:
            return (Finding(no.code, ok=False, words=no.words),)
        except Unavailable as trouble:
            return (away(SERVICE, trouble),)
        except Refused as refusal:
            return (Finding("directory-refuses", ok=False, words={"code": refusal.code}),)

    async def answers(self) -> None:
        await self._client.public()

    async def close(self) -> None:
        await self._client.http.close()

    async def _findings(self) -> tuple[Finding, ...]:
        realm = await self._of_realm(fresh=True)
        await self._may_write()
        by_address = realm.get("registrationEmailAsUsername") is True
        address = await self._client.public_address()
        return (
            Finding("directory-reachable", ok=True),
            *([Finding("directory-usernames-are-addresses", ok=False)] if by_address else []),
            *([Finding("directory-links-inside", ok=False, words={"to": address})] if _is_inside(address) else []),
            Finding("directory-lock", ok=True),
            Finding("directory-logout-elsewhere", ok=True),
            Finding("directory-mails-links", ok=True),
            Finding(await self._visits(), ok=True),
        )

    async def _may_write(self) -> None:
        """Raises `NotPermitted`. It says so before it looks at what is sent, which names nobody."""
        failure = await self._client.write("POST", "/users", {"groups": await self._within()})
        if failure is not None and not isinstance(failure, Rejected):
            raise failure

    async def _within(self) -> list[str]:
        """The paths of the groups in which somebody is made. One that is not there would be answered with a 500."""
        if not self._own_group:
            return []
        if (row := await self._group(self._own_group)) is None:
            raise NotPermitted("directory-group-missing", group=self._own_group)
        return [text(row, "path")]

    # -- what is read

    async def _of_realm(self, *, fresh: bool = False) -> Row:
        if fresh or self._clock() >= self._until:
            self._realm = await self._client.realm()
            self._until = self._clock() + REMEMBER
        return self._realm

    async def _of_events(self) -> Row:
        if self._clock() >= self._events_until:
            self._events = await self._client.row("/events/config")
            self._events_until = self._clock() + REMEMBER
        return self._events

    async def _named(self, username: str) -> list[Row]:
        """An empty value is no condition here: everybody would come."""
        found = await self._client.few("/users", username=username, exact="true") if username else []
        return [row for row in found if representations.is_named(row, username)]

    async def _people(self, username: str | None = None, email: str | None = None) -> list[Row]:
        """The rows that really have this username and this address, whatever a search made of them."""
        if username is not None:
            rows = await self._named(username)
        else:
            rows = await self._reached(email or "")
        people = [row for row in rows if representations.is_person(row)]
        return people if email is None else [row for row in people if representations.is_reached(row, email)]

    async def _reached(self, email: str) -> list[Row]:
        written = dict.fromkeys(each for each in (email_asked(email), email_read(email.strip())) if each)
        found = [row for each in written for row in await self._client.few("/users", email=each, exact="true")]
        return list({text(row, "id"): row for row in found}.values())

    async def _everybody(self) -> list[Row]:
        rows = await self._client.rows("/users", briefRepresentation="true")
        return [row for row in rows if text(row, "username") and representations.is_person(row)]

    async def _user(self, login: str) -> Row:
        for row in await self._people(login):
            return row
        raise NotFound("account-not-found", login=login)

    async def _ours(self, login: str, email: str) -> Account | None:
        rows = await self._named(login)
        if rows and not (representations.is_person(rows[0]) and representations.is_reached(rows[0], email)):
            raise Conflict("login")
        return representations.account(rows[0]) if rows else None

    async def _must_bar(self) -> None:
        if "unbar" not in await self.capabilities():
            raise unsupported("unbar")

    async def _group(self, name: str) -> Row | None:
        """Here capitals make another group, and to people they do not: the one that is written so, else one that is
        read so."""
        if not representations.can_be_called(name):
            return None
        if row := await self._group_at(name):
            return row
        found = await self._client.few(
            "/groups", search=name, exact="false", populateHierarchy="false", briefRepresentation="true"
        )
        alike = [text(row, "name") for row in found if representations.is_top(row)]
        written = min((one for one in alike if one.casefold() == name.casefold()), default="")
        return await self._group_at(written) if written else None

    async def _group_at(self, name: str) -> Row | None:
        try:
            row = await self._client.row(f"/group-by-path/{part(name)}")
        except NotFound:
            return None
        return row if text(row, "id") and text(row, "name") == name and representations.is_top(row) else None

    async def _to_be_given(self, name: str) -> Row:
        """The group, made where it is missing; raises `NotPermitted` for one whose people administer the realm."""
        row = await self._group(name) or await self._made(name)
        if representations.gives_rights(row):
            raise NotPermitted("group-administers", group=name)
        return row

    async def _made(self, name: str) -> Row:
        if not representations.can_be_called(name):
            raise Rejected("directory-group-name", group=name)
        failure = await self._client.write("POST", "/groups", {"name": name})
        if row := await self._group(name):
            return row
        if isinstance(failure, NotPermitted):
            raise NotPermitted("directory-no-new-group", group=name)
        raise failure or Unavailable(SERVICE, unknown=True)

    async def _is_in(self, user: Row, group: Row) -> bool:
        found = await self._client.few(f"{_of(user)}/groups")
        return any(text(row, "id") == text(group, "id") for row in found)


def _of(user: Row) -> str:
    return f"/users/{part(text(user, 'id'))}"


def _bar_of(user: Row) -> str:
    return f"/attack-detection/brute-force{_of(user)}"


def _is_inside(address: str) -> bool:
    """Whether only machines beside the bot find what is there; nothing is looked up."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    try:
        return not ip_address(host).is_global
    except ValueError:
        return bool(host) and (is_loopback(host) or "." not in host or host.endswith(INTERNAL))
