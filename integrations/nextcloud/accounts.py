"""Accounts that this bot makes, where people have no SSO. Creation is not atomic: what is half made is made again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

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
HIDDEN = 998  # it exists, and is nobody whom a group admin may see
EDITS_PER_WINDOW = 45  # the server stops at 50
TRIES = 6  # a Nextcloud on SQLite spoils half of them


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account to make, in one request: changing it afterwards is limited to 50 times in ten minutes."""

    login: str
    name: str
    email: str
    groups: tuple[str, ...]
    language: str

    def form(self) -> dict[str, Any]:
        """Without a password: the server mails a link, valid for 7 days, to choose one."""
        form = {"userid": self.login, "displayName": self.name, "email": self.email, "groups[]": list(self.groups)}
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


@dataclass(frozen=True, slots=True)
class Found:
    """An account as it is. `seen`: its owner signed in at least once."""

    login: str
    name: str
    email: str
    groups: tuple[str, ...]
    seen: bool
    enabled: bool
    used: int

    def fits(self, wanted: Wanted) -> bool:
        return same_email(self.email, wanted.email) and {*wanted.groups} <= {*self.groups}


class Accounts:
    """Make accounts so. Only accounts that the caller knows to be its own are ever changed or deleted."""

    def __init__(self, client: Client, groups: Groups, source: Source) -> None:
        self._client, self._groups, self.source = client, groups, source
        self._edits = RateLimit(SERVICE, EDITS_PER_WINDOW, WINDOW, client.clock)

    async def is_free(self, login: str) -> bool:
        """Whether no account has this login, be it one that the bot may not see: the server tells these apart.

        Kept before `ensure`, the answer is its `ours`: what was not there when we looked is ours.
        """
        reply = await self._client.ocs("GET", f"/cloud/users/{segment(login)}")
        if reply.ok or reply.code == HIDDEN:
            return False
        return reply.code == 404 or not failed(reply)

    async def get(self, login: str) -> dict[str, Any] | None:
        """`{"login", "name", "email", "enabled", "groups", "seen", "used"}`, None for one that does not exist or that
        we may not see.

        `used`: how many bytes their own files take.
        """
        found = await self._find(login)
        if found is None:
            return None
        told = {name: getattr(found, name) for name in ("login", "name", "email", "enabled", "seen", "used")}
        return told | {"groups": list(found.groups)}

    async def set_enabled(self, login: str, enabled: bool, *, ours: bool) -> dict[str, Any]:
        """`{"enabled": bool}`: nobody signs in to a disabled account, and its sessions end; its files stay.

        Raises `NotFound("nextcloud-account")`, `NotPermitted` for an account that the caller did not make, or an
        administrator's.
        """
        self._must_make_accounts()
        if not ours:
            raise Protected("nextcloud-not-ours", login=login)
        found = await self._find(login)
        if found is None:
            raise NotFound("nextcloud-account", login=login)
        if ADMINISTRATORS in found.groups:
            raise Protected("nextcloud-administrator", login=login)
        if found.enabled != enabled:
            await settle(self._switch(found.login, enabled), lambda: self._switched(found.login, enabled))
        return {"enabled": enabled}

    async def ensure(
        self, login: str, name: str, email: str, *, group: str, language: str = "fr", ours: bool = False
    ) -> dict[str, Any]:
        """`{"created": bool}`: an account with this address in this group. The server mails the first-password link.

        `ours`: this login is recorded as one that the bot is making or made, so that a half-made one may be made
        again (if nobody ever signed in) or completed. Raises `Conflict("login")` for anybody else's, `Rejected`.
        """
        self._must_make_accounts()
        wanted = Wanted(login, name.strip(), email, (group,), language)
        wanted.check()
        found = await self._find(login)
        if found is None:
            await self._create(wanted)
        elif found.fits(wanted):
            return {"created": False}
        elif not ours:
            raise Conflict("login", login=login)
        elif found.seen:
            await self._complete(found, wanted)
            return {"created": False}
        else:
            await self._delete(login)
            await self._create(wanted)
        return {"created": True}

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
            if found and reply.ok and found.fits(wanted):
                return
            if found is None or found.seen:
                raise _account_refusal(reply, wanted)
            await self._delete(wanted.login)
        raise Unavailable(SERVICE)

    async def _post(self, wanted: Wanted) -> Reply:
        return await self._client.write("POST", "/cloud/users", wanted.form())

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
    return Found(
        login=text(data.get("id")),
        name=text(data.get("displayname")) or text(data.get("display-name")),
        email=text(data.get("email")),
        groups=tuple(texts(data.get("groups"))),
        seen=number(data.get("lastLogin")) > 0,
        enabled=data.get("enabled") is not False,
        used=number(mapping(data.get("quota")).get("used")),
    )


def _account_refusal(reply: Reply, wanted: Wanted) -> Refused | Unavailable:
    """The code means this on this route only. A password sentence (107) is worth repeating: it names a policy."""
    if reply.ok:
        return Unavailable(SERVICE)
    if reply.code == 102:
        return Conflict("login", login=wanted.login)
    if reply.code in (101, 107):
        return Rejected("account-refused", login=wanted.login, reason=reply.message if reply.code == 107 else "")
    if reply.code == 104:
        return NotFound("nextcloud-group", group=", ".join(wanted.groups))
    return NotPermitted("nextcloud-account-right", login=wanted.login)
