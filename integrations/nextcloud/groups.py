"""Groups and who is in them. A group admin (the bot's usual right) does everything here but create a group."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Literal
from unicodedata import normalize

from integrations.errors import NotFound, NotPermitted, Protected, Refused, Rejected
from integrations.reserved_names import administers

from .client import Client, failed, segment, settle
from .ocs import DONE, Reply, items, mapping, text, texts

Source = Literal["sso", "bot"]
"""Where people's accounts come from: their SSO, or this bot."""

GROUP_SHARE = 1  # of the types of shares
GROUP_LENGTH = 64  # longer names are silently replaced by a hash


class Groups:
    """Make groups and memberships so."""

    def __init__(self, client: Client, accounts_from: Source) -> None:
        self._client, self._accounts_from = client, accounts_from

    async def ensure(self, name: str) -> bool:
        """True if the group was made now, False if it was there, by its id or by what Nextcloud shows. Making one needs
        an administrator. Raises `Refused("nextcloud-group-two")`."""
        if not name.strip() or name != name.strip() or len(name) > GROUP_LENGTH:
            raise Rejected("group-name")
        may_be_given(name)
        if await self.given(name) is not None:
            return False
        return await settle(self._create(name), lambda: self._made(name))

    async def exists(self, name: str) -> bool:
        return await self.id_of(name) is not None

    async def id_of(self, name: str) -> str | None:
        """The id of the group that people call so; None where there is none. An id is never taken for another's name.

        Raises `Refused("nextcloud-group-two")` where several are shown so.
        """
        found = await self._kept_as(name)
        if found is not None and name in found:
            return name
        shown = await self._shown_as(name) if found or found is None else []
        if len(shown) > 1:
            raise Refused("nextcloud-group-two", group=name)
        return next(iter(shown), None)

    async def called(self, name: str) -> list[str]:
        """The ids of all groups that people may mean: the one of that id, then those that Nextcloud shows so."""
        found = await self._kept_as(name)
        shown = await self._shown_as(name) if found or found is None else []
        return list(dict.fromkeys([*(id for id in found or () if id == name), *shown]))

    async def among(self, names: Iterable[str], ids: Collection[str]) -> list[str]:
        """Of these names, those that people may mean one of these ids by: of somebody's groups, Nextcloud tells ids."""
        return [name for name in names if name in ids or not {*await self.called(name)}.isdisjoint(ids)]

    async def given(self, name: str) -> str | None:
        """Like `id_of`, to put somebody or something in it: whatever it is shown as, what administers is in nobody's
        gift. Raises `NotPermitted("group-administers")`."""
        id = await self.id_of(name)
        if id is not None:
            may_be_given(id)
        return id

    async def _kept_as(self, name: str) -> list[str] | None:
        """The ids of groups in whose id or name this is; None for who looks after no group, and may not ask."""
        reply = await self._client.ocs("GET", "/cloud/groups", params={"search": normalize("NFC", name)})
        if reply.code == 403:
            return None
        return texts(mapping((reply if reply.ok else failed(reply)).data).get("groups"))

    async def _shown_as(self, name: str) -> list[str]:
        """The ids of groups that Nextcloud shows by this name: to who may not list them, as to whoever shares a folder
        with one."""
        listed = await self._client.ocs("GET", "/cloud/groups/details", params={"search": normalize("NFC", name)})
        if listed.ok:
            rows = map(mapping, items(mapping(listed.data).get("groups")))
            return [text(row.get("id")) for row in rows if _same(text(row.get("displayname")), name)]
        asked = {"search": normalize("NFC", name), "itemType": "folder", "shareType[]": GROUP_SHARE, "lookup": "false"}
        reply = await self._client.ocs("GET", "/apps/files_sharing/api/v1/sharees", params=asked)
        exact = items(mapping(mapping(reply.data).get("exact")).get("groups")) if reply.ok else []
        values = [mapping(row.get("value")) for row in map(mapping, exact) if _same(text(row.get("label")), name)]
        return [id for value in values if (id := text(value.get("shareWith")))]

    async def names(self) -> set[str]:
        """What all groups are called, by the name that Nextcloud keeps and by the one that it shows, as far as the bot
        may see the latter: people know them by either."""
        kept = texts(mapping((await self._client.get("/cloud/groups")).data).get("groups"))
        shown = await self._client.ocs("GET", "/cloud/groups/details")
        rows = items(mapping(shown.data).get("groups")) if shown.ok else []
        return {*kept, *(name for row in map(mapping, rows) if (name := text(row.get("displayname"))))}

    async def looked_after(self) -> list[str] | None:
        """The groups that an administrator entrusted to the bot; None where it administers them all."""
        me = await self._client.whoami()
        return None if "admin" in me["groups"] else me["subadmin"]

    async def members(self, group: str) -> list[str]:
        """Logins of a group's members. Raises `NotFound("nextcloud-group")`."""
        reply = await self._members(group)
        if reply.code in (404, 998) and (id := await self.id_of(group)) not in (None, group):
            reply = await self._members(str(id))
        if reply.code in (404, 998):
            raise NotFound("nextcloud-group", group=group)
        if not reply.ok:
            raise NotPermitted("nextcloud-group-right", group=group)
        return texts(mapping(reply.data).get("users"))

    async def ensure_member(self, login: str, group: str) -> dict[str, Any]:
        """`{"member": True}`, or `{"member": False, "pending": True}` for a person whom Nextcloud does not know yet.

        An account of the SSO exists in Nextcloud from its first sign-in on only: try again later.
        """
        may_be_given(group)
        if await self._is_member(login, group):
            return {"member": True}
        id = await self.given(group) or group
        reply = await settle(self._join(login, id), lambda: self._joined(login, id))
        if reply.ok:
            return {"member": True}
        if reply.code == 103 and self._accounts_from == "sso":
            return {"member": False, "pending": True}
        raise _member_refusal(reply, login, group)

    async def remove_member(self, login: str, group: str) -> dict[str, Any]:
        """`{"member": False}`, again too. A group admin cannot take somebody out of the last group it looks after."""
        id = await self.id_of(group) or group
        reply = await self._client.write("DELETE", f"/cloud/users/{segment(login)}/groups", {"groupid": id})
        if reply.ok or reply.code in (102, 103):
            return {"member": False}
        if reply.code == 105:
            raise Protected("nextcloud-last-group", login=login, group=group)
        raise _member_refusal(reply, login, group)

    async def _members(self, id: str) -> Reply:
        return await self._client.ocs("GET", f"/cloud/groups/{segment(id)}/users")

    async def _made(self, name: str) -> bool | None:
        return await self.exists(name) or None

    async def _create(self, name: str) -> bool:
        reply = await self._client.write("POST", "/cloud/groups", {"groupid": name})
        if reply.ok or reply.code == 102:
            return reply.ok
        raise NotPermitted("nextcloud-group-right", group=name) if reply.code == 403 else Rejected("group-name")

    async def _is_member(self, login: str, group: str) -> bool:
        return login.casefold() in (member.casefold() for member in await self.members(group))

    async def _join(self, login: str, group: str) -> Reply:
        return await self._client.write("POST", f"/cloud/users/{segment(login)}/groups", {"groupid": group})

    async def _joined(self, login: str, group: str) -> Reply | None:
        return DONE if await self._is_member(login, group) else None


def may_be_given(group: str) -> None:
    """What administers Nextcloud is in nobody's gift here. Raises `NotPermitted("group-administers")`."""
    if administers(group):
        raise Protected("group-administers", group=group)


def _same(shown: str, name: str) -> bool:
    """As Nextcloud's own search finds it: in any case."""
    return normalize("NFC", shown).strip().casefold() == normalize("NFC", name).strip().casefold()


def _member_refusal(reply: Reply, login: str, group: str) -> Refused:
    if reply.code == 102:
        return NotFound("nextcloud-group", group=group)
    if reply.code == 103:
        return NotFound("nextcloud-account", login=login)
    return NotPermitted("nextcloud-group-right", group=group)
