"""Accounts that this bot makes, where people have no SSO. Creation is not atomic: what is half made is made again."""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict, dataclass, replace
from typing import Any, TypedDict, cast

from integrations.domains import same_email
from integrations.errors import Conflict, NotFound, NotPermitted, Protected, Refused, Rejected, Unavailable, Unsupported

from .client import SERVICE, WINDOW, Client, failed, segment, settle
from .groups import Groups, Source, may_be_given
from .limits import RateLimit
from .ocs import DONE, Reply, mapping, number, text, texts

LOGIN = re.compile(r"(?!\s)(?!\.+$)[a-zA-Z0-9 _.@'-]{1,64}(?<!\s)")
EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\]{1,190}\.[^\s@<>()\[\],;:\"\\.]{2,63}")
NAME_LENGTH = 64
LANGUAGES = frozenset({"fr", "en", "de", "es", "it", "nl"})  # another one may leave an account half made
ADMINISTRATORS = "admin"
ADDRESS_WANTED, GROUP_WANTED = 110, 106
HIDDEN = 998  # it exists, and is nobody whom a group admin may see
EDITS_PER_WINDOW = 45  # the server stops at 50
TRIES = 6  # a Nextcloud on SQLite spoils half of them
LOST, MAIL_LIVES = "/index.php/lostpassword/email", 7 * 24 * 3600  # seconds for which a mailed link is good
IN_FRENCH = {"Accept-Language": "fr"}  # as the account was made: else the mail is in the language of whoever asks
LINKS, LINKS_WINDOW = 9, 300.0  # the server stops an address at 10 in five minutes


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account to make, in one request: changing it afterwards is limited to 50 times in ten minutes.

    `mails`: the server sends them a link to choose a password. Else nobody is told one: the SSO lets them in.
    """

    login: str
    name: str
    email: str
    groups: tuple[str, ...]
    language: str
    mails: bool = True
    quota: int | None = None

    def form(self) -> dict[str, Any]:
        """With an address and no password, the server mails a link, valid for 7 days; without an address nobody hears
        of a password that is kept nowhere."""
        form = {"userid": self.login, "displayName": self.name, "groups[]": list(self.groups)}
        form |= {"email": self.email} if self.mails else {"password": f"{secrets.token_urlsafe(32)}-aZ7!"}
        form |= {"quota": str(self.quota)} if self.quota else {}
        return form | ({"language": self.language} if self.language in LANGUAGES else {})

    def check(self) -> None:
        """Nextcloud accepts, or half accepts, what it should not. Raises `Rejected`."""
        for group in self.groups:
            may_be_given(group)
        if not LOGIN.fullmatch(self.login):
            raise Rejected("login")
        if not EMAIL.fullmatch(self.email) or not self.email.isprintable():
            raise Rejected("email")
        if not self.name.strip() or len(self.name) > NAME_LENGTH or not self.name.isprintable():
            raise Rejected("name")


class AccountDict(TypedDict):
    """A `Found` as JSON."""

    login: str
    name: str
    email: str
    groups: list[str]
    seen: bool
    last_seen: int
    enabled: bool
    used: int
    quota: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """An account as it is. `seen`: its owner signed in at least once, `last_seen` for the last time (ms, 0 for never);
    `used`, `quota`: bytes, None for no limit."""

    login: str
    name: str
    email: str
    groups: tuple[str, ...]
    seen: bool
    last_seen: int
    enabled: bool
    used: int
    quota: int | None

    def to_dict(self) -> AccountDict:
        return cast(AccountDict, asdict(self) | {"groups": list(self.groups)})

    def fits(self, wanted: Wanted) -> bool:
        return same_email(self.email, wanted.email) and {*wanted.groups} <= {*self.groups}


class Accounts:
    """Make accounts so. Only accounts that the caller knows to be its own are ever changed or deleted."""

    def __init__(self, client: Client, groups: Groups, source: Source) -> None:
        self._client, self._groups, self.source = client, groups, source
        self._edits = RateLimit(SERVICE, EDITS_PER_WINDOW, WINDOW, client.clock)
        self._links = RateLimit(SERVICE, LINKS, LINKS_WINDOW, client.clock)

    async def is_free(self, login: str) -> bool:
        """Whether no account has this login, be it one that the bot may not see: the server tells these apart.

        Kept before `ensure`, the answer is its `ours`: what was not there when we looked is ours.
        """
        reply = await self._client.ocs("GET", f"/cloud/users/{segment(login)}")
        if reply.ok or reply.code == HIDDEN:
            return False
        return reply.code == 404 or not failed(reply)

    async def get(self, login: str) -> AccountDict | None:
        """None for one that does not exist or that we may not see. `used`: how many bytes their own files take."""
        found = await self._find(login)
        return found.to_dict() if found else None

    async def everybody(self) -> list[AccountDict]:
        """Every account that we may see, in one look: of a group admin, those of its groups."""
        told = mapping(mapping((await self._client.get("/cloud/users/details")).data).get("users"))
        rows = [_found(mapping(row)) for row in told.values() if mapping(row).get("enabled") is not None]
        return [row.to_dict() for row in sorted(rows, key=lambda row: row.login)]

    async def set_enabled(self, login: str, enabled: bool, *, ours: bool) -> dict[str, Any]:
        """`{"enabled": bool}`: nobody signs in to a disabled account, and its sessions end; its files stay.

        Raises `NotFound("nextcloud-account")`, `NotPermitted` for an account that the caller did not make, or an
        administrator's.
        """
        self._must_make_accounts()
        if not ours:
            raise Protected("nextcloud-not-ours", login=login)
        found = await self._changeable(login)
        if found.enabled != enabled:
            await settle(self._switch(found.login, enabled), lambda: self._switched(found.login, enabled))
        return {"enabled": enabled}

    async def ensure(
        self,
        login: str,
        name: str,
        email: str,
        *,
        group: str,
        language: str = "fr",
        ours: bool = False,
        mails: bool = True,
        quota: int | None = None,
    ) -> dict[str, Any]:
        """`{"created": bool}`: an account with this address in this group (none where it is empty: for an administrator
        only). `mails`: the server mails the first-password link; else nobody is told a password, the SSO lets them in.
        `quota`: how many bytes their files may take, of an account that is made now; as Nextcloud has it where it is
        none.

        `ours`: this login is recorded as one that the bot is making or made, so that a half-made one may be made
        again (if nobody ever signed in) or completed. Raises `Conflict("login")` for anybody else's, `Rejected`,
        `NotPermitted("nextcloud-account-group")` for a group admin without a group.
        """
        self._must_make_accounts()
        wanted = Wanted(login, name.strip(), email, (group,) if group else (), language, mails, quota)
        wanted.check()
        if group:
            wanted = replace(wanted, groups=(await self._groups.given(group) or group,))
        found = await self._find(login)
        if found is None:
            await self._create(wanted)
        elif found.fits(wanted):
            return {"created": False}
        elif not ours:
            raise Conflict("login", login=login)
        elif found.seen or not mails:
            await self._complete(found, wanted)
            return {"created": False}
        else:
            await self._delete(login)
            await self._create(wanted)
        return {"created": True}

    async def set_email(self, login: str, email: str) -> None:
        """Raises `NotFound("nextcloud-account")`, `Rejected("email")`."""
        if not EMAIL.fullmatch(email) or not email.isprintable():
            raise Rejected("email")
        found = await self._changeable(login)
        if not same_email(found.email, email):
            await self._edit(found.login, "email", email)

    async def set_name(self, login: str, name: str) -> None:
        """Raises `NotFound("nextcloud-account")`."""
        found = await self._changeable(login)
        if found.name != name:
            await self._edit(found.login, "displayname", name)

    async def set_quota(self, login: str, most: int | None) -> None:
        """How many bytes their own files may take; None for no limit. Raises `NotFound("nextcloud-account")`."""
        found = await self._changeable(login)
        if found.quota != most:
            await self._edit(found.login, "quota", "none" if most is None else str(most))

    async def mail_link(self, login: str) -> int | None:
        """Have the server mail a link to choose a password, which lives so many seconds; None where it does not do so
        for the likes of us: then people ask for it on its own page. One that has none of them is told the same."""
        self._must_make_accounts()
        found = await self._changeable(login)
        self._links.spend()
        answer = await self._client.send("POST", LOST, data={"user": found.login}, headers=IN_FRENCH)
        return MAIL_LIVES if answer.status == 200 and mapping(answer.json()).get("status") == "success" else None

    async def remove_unused(self, login: str) -> bool:
        """Whether it is gone: only one in which nobody ever was goes, for what is in the others goes with them."""
        self._must_make_accounts()
        found = await self._find(login)
        if found is None:
            return True
        self._must_not_administer(found)
        if found.seen or found.used:
            return False
        await self._delete(found.login)
        return True

    async def _changeable(self, login: str) -> Found:
        found = await self._find(login)
        if found is None:
            raise NotFound("nextcloud-account", login=login)
        self._must_not_administer(found)
        return found

    def _must_not_administer(self, found: Found) -> None:
        if ADMINISTRATORS in found.groups:
            raise Protected("nextcloud-administrator", login=found.login)

    def _must_make_accounts(self) -> None:
        if self.source != "bot":
            raise Unsupported("nextcloud-accounts-sso")

    async def _find(self, login: str) -> Found | None:
        reply = await self._client.look(f"/cloud/users/{segment(login)}")
        data = mapping(reply.data) if reply else {}
        return _found(data) if text(data.get("id")).casefold() == login.casefold() else None

    async def _switch(self, login: str, enabled: bool) -> Reply:
        reply = await self._client.write("PUT", f"/cloud/users/{segment(login)}/{'enable' if enabled else 'disable'}")
        if not reply.ok:
            raise NotPermitted("nextcloud-account-right", login=login)
        return reply

    async def _switched(self, login: str, enabled: bool) -> Reply | None:
        found = await self._find(login)
        return DONE if found and found.enabled == enabled else None

    async def _create(self, wanted: Wanted) -> None:
        """Post, then look: "bad request" may have made half an account, a lost answer a whole one.

        Nothing was there just before, so what is there now and was never used is ours to delete.
        """
        for _ in range(TRIES):
            reply = await settle(self._post(wanted), lambda: self._appeared(wanted.login))
            found = await self._find(wanted.login) if reply.ok or reply.code == 101 else None
            if found and reply.ok and not wanted.mails:
                await self._complete(found, wanted)
                return
            if found and reply.ok and found.fits(wanted):
                return
            if found is None or found.seen:
                raise _account_refusal(reply, wanted)
            await self._delete(wanted.login)
        raise Unavailable(SERVICE)

    async def _post(self, wanted: Wanted) -> Reply:
        reply = await self._client.write("POST", "/cloud/users", wanted.form())
        if reply.code == ADDRESS_WANTED and not wanted.mails:  # it greets them, and with a password names no other
            reply = await self._client.write("POST", "/cloud/users", wanted.form() | {"email": wanted.email})
        return reply

    async def _appeared(self, login: str) -> Reply | None:
        return DONE if await self._find(login) else None

    async def _delete(self, login: str) -> None:
        reply = await settle(
            self._client.write("DELETE", f"/cloud/users/{segment(login)}"), lambda: self._vanished(login)
        )
        if not reply.ok and reply.code not in (404, 998):
            raise NotPermitted("nextcloud-account-right", login=login)

    async def _vanished(self, login: str) -> Reply | None:
        return None if await self._find(login) else DONE

    async def _complete(self, found: Found, wanted: Wanted) -> None:
        """Add what is missing to an account that is in use; what its owner chose stays."""
        for group in wanted.groups:
            await self._groups.ensure_member(found.login, group)
        if not found.email:
            await self._edit(found.login, "email", wanted.email)

    async def _edit(self, login: str, key: str, value: str) -> None:
        self._edits.spend()
        reply = await self._client.write("PUT", f"/cloud/users/{segment(login)}", {"key": key, "value": value})
        if not reply.ok:
            raise NotPermitted("nextcloud-account-right", login=login)


def _found(data: dict[str, Any]) -> Found:
    room = mapping(data.get("quota"))
    return Found(
        login=text(data.get("id")),
        name=text(data.get("displayname")) or text(data.get("display-name")),
        email=text(data.get("email")),
        groups=tuple(texts(data.get("groups"))),
        seen=number(data.get("lastLogin")) > 0,
        last_seen=number(data.get("lastLogin")),
        enabled=data.get("enabled") is not False,
        used=number(room.get("used")),
        quota=number(room.get("quota")) if number(room.get("quota")) > 0 or room.get("quota") in (0, "0") else None,
    )


def _account_refusal(reply: Reply, wanted: Wanted) -> Refused | Unavailable:
    """The code means this on this route only. A password sentence (107) is worth repeating: it names a policy."""
    if reply.ok:
        return Unavailable(SERVICE)
    if reply.code == 102:
        return Conflict("login", login=wanted.login)
    if reply.code in (101, 107):
        return Rejected("account-refused", login=wanted.login, reason=reply.message if reply.code == 107 else "")
    if reply.code == GROUP_WANTED:
        return NotPermitted("nextcloud-account-group")
    if reply.code == 104:
        return NotFound("nextcloud-group", group=", ".join(wanted.groups))
    return NotPermitted("nextcloud-account-right", login=wanted.login)
