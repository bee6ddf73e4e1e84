"""Shares of the bot's folders with a group or a person, by the OCS Share API."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from ..errors import NotFound, NotPermitted, Refused, Rejected
from .door import Door, settle
from .envelope import Reply, items, mapping, number, text
from .folders import folder_names

READ, UPDATE, CREATE, DELETE, RESHARE = 1, 2, 4, 8, 16
EDIT = READ | UPDATE | CREATE | DELETE
API = "/apps/files_sharing/api/v1/shares"

Kind = Literal["person", "group", "link", "mail", "federated", "other"]
KINDS: dict[int, Kind] = {0: "person", 1: "group", 3: "link", 4: "mail", 6: "federated"}
TYPES: dict[Kind, int] = {kind: number for number, kind in KINDS.items()}


class Share(TypedDict):
    """One share of a folder. `to` is empty for a link: servers of version 29 put its password's hash there."""

    id: str
    kind: Kind
    to: str
    path: str
    permissions: int
    expires: str


class Shares(Door):
    """Make shares so."""

    async def ensure_share(
        self, path: str, *, person: str | None = None, group: str | None = None, permissions: int = EDIT
    ) -> dict[str, Any]:
        """`{"id": …, "created": bool}`: the folder is shared with one person or one group, with these permissions.

        Raises `NotFound("nextcloud-folder" | "nextcloud-account" | "nextcloud-group")`, `NotPermitted` where sharing
        is switched off, `Unavailable` with the true wait where the server's limit is near.
        """
        kind, to = _recipient(person, group)
        if not permissions & READ or not 0 < permissions < 32:
            raise Rejected("share-permissions")
        if kind == "person" and to.casefold() == (await self._me()).casefold():
            raise Rejected("share-self")
        found = await self._find(path, kind, to)
        share = found or await self._share(path, kind, to, permissions)
        if share["permissions"] != permissions:
            await self._permit(share["id"], permissions)
        return {"id": share["id"], "created": found is None}

    async def shares(self, path: str) -> list[Share]:
        """What the bot shares of one folder. Raises `NotFound("nextcloud-folder")`."""
        reply = await self._look(API, path=_path(path), reshares="true")
        if reply is None:
            await self._sharing_is_on()
            raise NotFound("nextcloud-folder", folder=path)
        return [share for share in map(_share, items(reply.data)) if share["id"]]

    async def remove_share(self, id: str) -> dict[str, Any]:
        """`{"removed": True}`, again too."""
        if not number(id):
            raise Rejected("share-id")
        reply = await self._write("DELETE", f"{API}/{number(id)}")
        if not reply.ok and reply.code != 404:
            raise NotPermitted("nextcloud-share-right")
        if not reply.ok:
            await self._sharing_is_on()
        return {"removed": True}

    async def _find(self, path: str, kind: Kind, to: str) -> Share | None:
        alike = [s for s in await self.shares(path) if s["kind"] == kind and s["to"].casefold() == to.casefold()]
        return next(iter(alike), None)

    async def _share(self, path: str, kind: Kind, to: str, permissions: int) -> Share:
        return await settle(self._share_anew(path, kind, to, permissions), lambda: self._find(path, kind, to))

    async def _share_anew(self, path: str, kind: Kind, to: str, permissions: int) -> Share:
        self._share_budget.spend()
        form = {"path": _path(path), "shareType": TYPES[kind], "shareWith": to, "permissions": permissions}
        reply = await self._write("POST", API, form)
        if not reply.ok:
            raise await self._refusal(reply, kind, to)
        share = _share(reply.data)
        if not share["id"]:
            raise Refused("nextcloud-unexpected", status=str(reply.status), answer=str(reply.code))
        return share

    async def _permit(self, id: str, permissions: int) -> None:
        """The same POST gives the same share and ignores new values: they go by PUT."""
        reply = await self._write("PUT", f"{API}/{id}", {"permissions": permissions})
        if not reply.ok or number(mapping(reply.data).get("permissions")) != permissions:
            raise NotPermitted("nextcloud-share-right")

    async def _refusal(self, reply: Reply, kind: Kind, to: str) -> Refused:
        """A 404 says that the path, the recipient or the right to share is missing: only the rest can tell."""
        if reply.code == 404 and kind == "group" and not await self._group_sharing():
            return NotPermitted("nextcloud-group-sharing-off")
        if reply.code == 404:
            await self._sharing_is_on()
            return NotFound("nextcloud-group", group=to) if kind == "group" else NotFound("nextcloud-account", login=to)
        return NotPermitted("nextcloud-share-right")

    async def _group_sharing(self) -> bool:
        return mapping(mapping(await self._sharing()).get("group")).get("enabled") is True

    async def _sharing_is_on(self) -> None:
        if (await self._sharing()).get("api_enabled") is not True:
            raise NotPermitted("nextcloud-sharing-off")

    async def _sharing(self) -> dict[str, Any]:
        return mapping((await self.capabilities()).get("files_sharing"))


def _recipient(person: str | None, group: str | None) -> tuple[Kind, str]:
    if person and not group:
        return "person", person
    if group and not person:
        return "group", group
    raise ValueError("share with one person or one group")


def _path(path: str) -> str:
    return "/" + "/".join(folder_names(path))


def _share(data: Any) -> Share:
    fields = mapping(data)
    kind = KINDS.get(number(fields.get("share_type")), "other")
    return Share(
        id=str(number(fields.get("id")) or ""),
        kind=kind,
        to="" if kind == "link" else text(fields.get("share_with")),
        path=text(fields.get("path")),
        permissions=number(fields.get("permissions")),
        expires=text(fields.get("expiration"))[:10],
    )
