"""Shares of the bot's folders, by the OCS Share API: made so, changed, ended, and read back."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from integrations.domains import cloud_asked
from integrations.errors import NotFound, NotPermitted, Refused, Rejected, Unavailable

from .client import SERVICE, settle
from .folders import folder_names
from .groups import may_be_given
from .policies import Rules
from .reply import Reply, items, mapping, number, text

READ, UPDATE, CREATE, DELETE, RESHARE = 1, 2, 4, 8, 16
EDIT = READ | UPDATE | CREATE | DELETE
EDIT_FILE = READ | UPDATE  # more is taken off when a file is shared, and refused when that is changed
API = "/apps/files_sharing/api/v1/shares"

Kind = Literal["person", "group", "link", "mail", "federated", "other"]
KINDS: dict[int, Kind] = {0: "person", 1: "group", 3: "link", 4: "mail", 6: "federated"}
TYPES: dict[Kind, int] = {kind: number for number, kind in KINDS.items()}


class Share(TypedDict):
    """One share, of a folder or a file. `to` is empty for a link: servers of version 29 put its password's hash there.

    `permissions` of links are without `RESHARE`, which servers add; `expires` is a day (ISO) or empty.
    """

    id: str
    kind: Kind
    to: str
    path: str
    is_folder: bool
    permissions: int
    expires: str
    label: str
    url: str
    hides_download: bool
    locked: bool


class Shares(Rules):
    """Make shares so. All of it raises `NotPermitted("nextcloud-sharing-off")` where sharing is switched off."""

    async def ensure_share(
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
        if kind == "person" and to.casefold() == (await self._me()).casefold():
            raise Rejected("share-self")
        return await self._ensure(path, kind, to, permissions, expires)

    async def ensure_mail(
        self, path: str, email: str, *, permissions: int = READ, expires: str | None = None
    ) -> dict[str, Any]:
        """Like `ensure_share`: Nextcloud mails a link of their own to somebody, and its password where one is demanded.

        Raises `Rejected("share-email")`, `Refused("nextcloud-mail-share")`.
        """
        locked = (await self.policies()).link_password
        more = {"password": await self._derived_password(f"{path}/{email}")} if locked else {}
        return await self._ensure(path, "mail", email, permissions, expires, more)

    async def shares(self, path: str | None = None) -> list[Share]:
        """What the bot shares: of one folder, or of all. Raises `NotFound("nextcloud-folder")`."""
        query = {} if path is None else {"path": full_path(path)}
        reply = await self._look(API, reshares="true", **query)
        if reply is None:
            await self._sharing_is_on()
            raise Unavailable(SERVICE) if path is None else NotFound("nextcloud-folder", folder=path)
        return [share for share in map(_share, items(reply.data)) if share["id"]]

    async def shared_with(self, login: str) -> list[Share]:
        """What the bot shares with this person alone."""
        return [share for share in await self.shares() if share["kind"] == "person" and _same(share["to"], login)]

    async def share(self, id: str) -> Share | None:
        """One share as it now is; None where it has ended."""
        reply = await self._look(_address(id))
        if reply is None:
            await self._sharing_is_on()
            return None
        return next((share for share in map(_share, items(reply.data)) if share["id"]), None)

    async def change_share(
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
        form: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        if hides_download is not None:
            form["hideDownload"] = "true" if hides_download else "false"
        return await self._put(id, form)

    async def remove_share(self, id: str) -> dict[str, Any]:
        """`{"removed": True}`, again too."""
        reply = await self._write("DELETE", _address(id))
        if not reply.ok and reply.code != 404:
            raise NotPermitted("nextcloud-share-right")
        if not reply.ok:
            await self._sharing_is_on()
        return {"removed": True}

    # Behind these doors.

    async def _ensure(
        self,
        path: str,
        kind: Kind,
        to: str,
        permissions: int,
        expires: str | None,
        more: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Repeated, a POST is deaf to new values or refused: look first, and change what differs."""
        if not permissions & READ or not 0 < permissions < 32:
            raise Rejected("share-permissions")
        found = await self._find(path, kind, to)
        form = {"shareWith": to, "permissions": permissions, "expireDate": expires, **(more or {})}
        share = found if found else await settle(self._share_anew(path, kind, form), lambda: self._find(path, kind, to))
        if share["permissions"] != permissions or expires not in (None, share["expires"]):
            await self.change_share(share["id"], permissions=permissions, expires=expires)
        return {"id": share["id"], "created": found is None}

    async def _find(self, path: str, kind: Kind, to: str) -> Share | None:
        alike = [s for s in await self.shares(path) if s["kind"] == kind and _same(s["to"], to)]
        return next(iter(alike), None)

    async def _share_anew(self, path: str, kind: Kind, form: dict[str, Any]) -> Share:
        self._share_budget.spend()
        given = {name: value for name, value in form.items() if value is not None}
        reply = await self._write("POST", API, {"path": full_path(path), "shareType": TYPES[kind], **given})
        if not reply.ok:
            raise await self._refusal(reply, kind, given)
        share = _share(reply.data)
        if not share["id"]:
            raise Refused("nextcloud-unexpected", status=str(reply.status), answer=str(reply.code))
        return share

    async def _put(self, id: str, form: dict[str, Any]) -> Share:
        reply = await self._write("PUT", _address(id), form)
        if not reply.ok:
            raise await self._change_refusal(reply, id, form)
        share = _share(reply.data)
        if share["permissions"] != form.get("permissions", share["permissions"]):
            raise NotPermitted("nextcloud-share-right")
        return share

    async def _change_refusal(self, reply: Reply, id: str, form: dict[str, Any]) -> Refused:
        """A day that is refused is a 404, like a share that has ended; no day where one is demanded, a 400."""
        if reply.code == 404 and await self.share(id) is None:
            return NotFound("nextcloud-share")
        no_end = reply.code == 400 and "expireDate" in form
        return Rejected("share-date") if form.get("expireDate") or no_end else NotPermitted("nextcloud-share-right")

    async def _refusal(self, reply: Reply, kind: Kind, form: dict[str, Any]) -> Refused:
        """A 404 says that the recipient, the day or the right to share is missing: only the rest can tell."""
        policies = await self.policies()
        if not policies.sharing:
            return NotPermitted("nextcloud-sharing-off")
        if kind == "group" and not policies.groups:
            return NotPermitted("nextcloud-group-sharing-off")
        if kind in ("link", "mail") and not policies.links:
            return NotPermitted("nextcloud-links-off")
        if kind == "mail":
            return Rejected("share-email") if "@" not in form["shareWith"] else Refused("nextcloud-mail-share")
        if reply.code == 404 and kind in ("person", "group") and not policies.may_refuse(kind, form.get("expireDate")):
            return _unknown(kind, form["shareWith"])
        return Rejected("share-date") if reply.code == 404 else NotPermitted("nextcloud-share-right")


def full_path(path: str) -> str:
    """From the root of the bot's home, as the server writes it."""
    return "/" + "/".join(folder_names(path))


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


def _same(one: str, other: str) -> bool:
    """Accounts are the same in any case, and so are the addresses of other clouds with or without their scheme."""
    return _bare(one) == _bare(other)


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
        path=text(fields.get("path")),
        is_folder=fields.get("item_type") != "file",
        permissions=number(fields.get("permissions")) & (~RESHARE if kind in ("link", "mail") else ~0),
        expires=text(fields.get("expiration"))[:10],
        label=text(fields.get("label")),
        url=text(fields.get("url")),
        hides_download=number(fields.get("hide_download")) == 1,
        locked=bool(text(fields.get("password"))),
    )
