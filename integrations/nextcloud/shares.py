"""Shares of the bot's folders, by the OCS Share API: made so, changed, ended, and read back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypedDict

from integrations.domains import cloud_asked
from integrations.errors import NotFound, NotPermitted, Refused, Rejected, Unavailable

from .client import SERVICE, WINDOW, Client, settle
from .groups import Groups, may_be_given
from .limits import RateLimit
from .ocs import Reply, items, mapping, number, text
from .policies import Policies
from .webdav import names_along

READ, UPDATE, CREATE, DELETE, RESHARE = 1, 2, 4, 8, 16
EDIT = READ | UPDATE | CREATE | DELETE
EDIT_FILE = READ | UPDATE  # more is taken off when a file is shared, and refused when that is changed
PER_WINDOW = 18  # the server stops at 20
API = "/apps/files_sharing/api/v1/shares"

Kind = Literal["person", "group", "link", "mail", "federated", "other"]
KINDS: dict[int, Kind] = {0: "person", 1: "group", 3: "link", 4: "mail", 6: "federated"}
TYPES: dict[Kind, int] = {kind: number for number, kind in KINDS.items()}
Form = dict[str, Any]
Refusal = Callable[[Reply, Kind, Form], Awaitable[Refused]]


class Share(TypedDict):
    """One share, of a folder or a file. `to` is empty for a link: servers of version 29 put its password's hash there;
    `group` is what people call the group that has it.

    `permissions` of links are without `RESHARE`, which servers add; `expires` is a day (ISO) or empty.
    """

    id: str
    kind: Kind
    to: str
    group: str
    path: str
    is_folder: bool
    permissions: int
    expires: str
    label: str
    url: str
    hides_download: bool
    locked: bool


class Shares:
    """Make shares so. All of it raises `NotPermitted("nextcloud-sharing-off")` where sharing is switched off."""

    def __init__(self, client: Client, policies: Policies, groups: Groups) -> None:
        self._client, self._policies, self._groups = client, policies, groups
        self._limit = RateLimit(SERVICE, PER_WINDOW, WINDOW, client.clock)

    async def ensure(
        self,
        path: str,
        *,
        person: str | None = None,
        group: str | None = None,
        permissions: int = EDIT,
        expires: str | None = None,
    ) -> dict[str, Any]:
        """`{"id": …, "created": bool}`: the folder is shared with one person or one group, with these permissions.

        Raises `NotFound("nextcloud-folder" | "nextcloud-account" | "nextcloud-group")`, `NotPermitted` where the bot
        may not, `Rejected("share-…")`, `Unavailable` with the true wait where the server's limit is near.
        """
        kind, to = _recipient(person, group)
        if kind == "group":
            may_be_given(to)
            to = await self._groups.given(to) or to
        if kind == "person" and to.casefold() == (await self._client.me()).casefold():
            raise Rejected("share-self")
        return await self.make_so(path, kind, to, permissions, expires)

    async def ensure_mail(
        self, path: str, email: str, *, permissions: int = READ, expires: str | None = None
    ) -> dict[str, Any]:
        """Like `ensure`: Nextcloud mails a link of their own to somebody, and its password where one is demanded.

        Raises `Rejected("share-email")`, `Refused("nextcloud-mail-share")`.
        """
        locked = (await self._policies.read()).link_password
        more = {"password": await self._policies.password_for(f"{path}/{email}")} if locked else {}
        return await self.make_so(
            path, "mail", email, permissions, expires, lambda form: self.create(path, "mail", form | more)
        )

    async def all(self, path: str | None = None) -> list[Share]:
        """What the bot shares: of one folder, or of all. Raises `NotFound("nextcloud-folder")`."""
        query = {} if path is None else {"path": full_path(path)}
        reply = await self._client.look(API, reshares="true", **query)
        if reply is None:
            await self._policies.require_sharing()
            raise Unavailable(SERVICE) if path is None else NotFound("nextcloud-folder", folder=path)
        return [share for share in map(_share, items(reply.data)) if share["id"]]

    async def with_person(self, login: str) -> list[Share]:
        """What the bot shares with this person alone."""
        return [share for share in await self.all() if share["kind"] == "person" and same_recipient(share["to"], login)]

    async def get(self, id: str) -> Share | None:
        """One share as it now is; None where it has ended."""
        reply = await self._client.look(_address(id))
        if reply is None:
            await self._policies.require_sharing()
            return None
        return next((share for share in map(_share, items(reply.data)) if share["id"]), None)

    async def change(
        self,
        id: str,
        *,
        permissions: int | None = None,
        expires: str | None = None,
        label: str | None = None,
        hides_download: bool | None = None,
    ) -> Share:
        """Give a share these values, keep the others (`expires=""` takes the end away), and answer what it then is.

        Raises `NotFound("nextcloud-share")`, `Rejected("share-date")` for a day that is past or beyond the policy.
        """
        wanted = {"permissions": permissions, "expireDate": expires, "label": label}
        form: Form = {name: value for name, value in wanted.items() if value is not None}
        if hides_download is not None:
            form["hideDownload"] = "true" if hides_download else "false"
        return await self.put(id, form)

    async def remove(self, id: str) -> dict[str, Any]:
        """`{"removed": True}`, again too."""
        reply = await self._client.write("DELETE", _address(id))
        if not reply.ok and reply.code != 404:
            raise NotPermitted("nextcloud-share-right")
        if not reply.ok:
            await self._policies.require_sharing()
        return {"removed": True}

    async def reaching(self, path: str) -> list[Share]:
        """The shares through which people reach this folder: its own, those of the folders above it and of all that is
        in it, read at once, and sorted out here."""
        reply = await self._client.look(API)
        if reply is None:
            await self._policies.require_sharing()
            raise NotFound("nextcloud-folder", folder=path)
        here = f"/{path.strip('/')}/"
        return [share for share in map(_share, items(reply.data)) if share["id"] and _touches(share["path"], here)]

    async def given_by(self, login: str) -> list[str]:
        """The folders that this person shares, as far as the bot sees: their own with it or with its groups, and the
        bot's that they pass on. Their owner alone, or an administrator, ends the former or hands them over."""
        ways = ({"shared_with_me": "true"}, {"reshares": "true"})
        found = [reply for way in ways if (reply := await self._client.look(API, **way)) is not None]
        shares = [mapping(row) for reply in found for row in items(reply.data)]
        theirs = [share for share in shares if text(share.get("uid_owner")).casefold() == login.casefold()]
        return list(dict.fromkeys(text(share.get("path")).strip("/") for share in theirs))

    async def make_so(
        self,
        path: str,
        kind: Kind,
        to: str,
        permissions: int,
        expires: str | None,
        create: Callable[[Form], Awaitable[Share]] | None = None,
    ) -> dict[str, Any]:
        """`{"id": …, "created": bool}`, made by `create` where there is none yet.

        Repeated, a POST is deaf to new values or refused: look first, and change what differs.
        """
        if not permissions & READ or not 0 < permissions < 32:
            raise Rejected("share-permissions")
        found = await self._find(path, kind, to)
        if found:
            share = found
        else:
            form = {"shareWith": to, "permissions": permissions, "expireDate": expires}
            making = create(form) if create else self.create(path, kind, form)
            share = await settle(making, lambda: self._find(path, kind, to))
        if share["permissions"] != permissions or expires not in (None, share["expires"]):
            await self.change(share["id"], permissions=permissions, expires=expires)
        return {"id": share["id"], "created": found is None}

    async def create(self, path: str, kind: Kind, form: Form, refusal: Refusal | None = None) -> Share:
        """Another share, whatever there is already. `refusal` tells what the server's no means for this kind."""
        self._limit.spend()
        given = {name: value for name, value in form.items() if value is not None}
        reply = await self._client.write("POST", API, {"path": full_path(path), "shareType": TYPES[kind], **given})
        if not reply.ok:
            raise await (refusal or self.refusal)(reply, kind, given)
        share = _share(reply.data)
        if not share["id"]:
            raise Refused("nextcloud-unexpected", status=str(reply.status), answer=str(reply.code))
        return share

    async def _find(self, path: str, kind: Kind, to: str) -> Share | None:
        alike = [s for s in await self.all(path) if s["kind"] == kind and same_recipient(s["to"], to)]
        return next(iter(alike), None)

    async def put(self, id: str, form: Form) -> Share:
        """Change what `form` has, and answer what the share then is."""
        reply = await self._client.write("PUT", _address(id), form)
        if not reply.ok:
            raise await self._change_refusal(reply, id, form)
        share = _share(reply.data)
        if share["permissions"] != form.get("permissions", share["permissions"]):
            raise NotPermitted("nextcloud-share-right")
        return share

    async def _change_refusal(self, reply: Reply, id: str, form: Form) -> Refused:
        """A day that is refused is a 404, like a share that has ended; no day where one is demanded, a 400."""
        if reply.code == 404 and await self.get(id) is None:
            return NotFound("nextcloud-share")
        no_end = reply.code == 400 and "expireDate" in form
        return Rejected("share-date") if form.get("expireDate") or no_end else NotPermitted("nextcloud-share-right")

    async def refusal(self, reply: Reply, kind: Kind, form: Form) -> Refused:
        """A 404 says that the recipient, the day or the right to share is missing: only the rest can tell."""
        policy = await self._policies.read()
        if not policy.sharing:
            return NotPermitted("nextcloud-sharing-off")
        if kind == "group" and not policy.groups:
            return NotPermitted("nextcloud-group-sharing-off")
        if kind in ("link", "mail") and not policy.links:
            return NotPermitted("nextcloud-links-off")
        if kind == "mail":
            return Rejected("share-email") if "@" not in form["shareWith"] else Refused("nextcloud-mail-share")
        if reply.code == 404 and kind in ("person", "group") and not policy.may_refuse(kind, form.get("expireDate")):
            return _unknown(kind, form["shareWith"])
        return Rejected("share-date") if reply.code == 404 else NotPermitted("nextcloud-share-right")


def full_path(path: str) -> str:
    """From the root of the bot's home, as the server writes it."""
    return "/" + "/".join(names_along(path))


def rights_of(share: Share) -> Literal["deposit", "edit", "view", "read"]:
    """What whoever has this share may do; to « view » is to read without taking a copy."""
    if not share["permissions"] & READ:
        return "deposit"
    if share["permissions"] & (UPDATE | CREATE):
        return "edit"
    return "view" if share["hides_download"] else "read"


def _unknown(kind: Kind, to: str) -> Refused:
    return NotFound("nextcloud-group", group=to) if kind == "group" else NotFound("nextcloud-account", login=to)


def _recipient(person: str | None, group: str | None) -> tuple[Kind, str]:
    if person and not group:
        return "person", person
    if group and not person:
        return "group", group
    raise ValueError("share with one person or one group")


def same_recipient(one: str, other: str) -> bool:
    """Accounts are the same in any case, and so are the addresses of other clouds with or without their scheme."""
    return _bare(one) == _bare(other)


def _touches(path: str, here: str) -> bool:
    shared = f"/{path.strip('/')}/"
    return here.startswith(shared) or shared.startswith(here)


def _bare(to: str) -> str:
    return cloud_asked(to) if "@" in to else to.casefold()


def _address(id: str) -> str:
    if not number(id):
        raise Rejected("share-id")
    return f"{API}/{number(id)}"


def _share(data: Any) -> Share:
    fields = mapping(data)
    kind = KINDS.get(number(fields.get("share_type")), "other")
    return Share(
        id=str(number(fields.get("id")) or ""),
        kind=kind,
        to="" if kind == "link" else text(fields.get("share_with")),
        group=(text(fields.get("share_with_displayname")) or text(fields.get("share_with"))) if kind == "group" else "",
        path=text(fields.get("path")),
        is_folder=fields.get("item_type") != "file",
        permissions=number(fields.get("permissions")) & (~RESHARE if kind in ("link", "mail") else ~0),
        expires=text(fields.get("expiration"))[:10],
        label=text(fields.get("label")),
        url=text(fields.get("url")),
        hides_download=number(fields.get("hide_download")) == 1,
        locked=bool(text(fields.get("password"))),
    )
