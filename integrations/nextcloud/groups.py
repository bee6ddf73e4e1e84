"""Groups and who is in them. A group admin (the bot's usual right) does everything here but create a group."""

from __future__ import annotations

from typing import Any, Literal

from integrations.errors import NotFound, NotPermitted, Protected, Refused, Rejected
from integrations.reserved_names import administers

from .client import Client, segment, settle
from .ocs import DONE, Reply, items, mapping, text, texts

Source = Literal["sso", "bot"]
"""Where people's accounts come from: their SSO, or this bot."""

GROUP_LENGTH = 64  # longer names are silently replaced by a hash


class Groups:
    """Make groups and memberships so."""

    def __init__(self, client: Client, accounts_from: Source) -> None:
        self._client, self._accounts_from = client, accounts_from

    async def ensure(self, name: str) -> bool:
        """True if the group was made now, False if it was there. Making one needs an administrator."""
        if not name.strip() or name != name.strip() or len(name) > GROUP_LENGTH:
            raise Rejected("group-name")
        may_be_given(name)
        if await self.exists(name):
            return False
        return await settle(self._create(name), lambda: self._made(name))

    async def exists(self, name: str) -> bool:
        data = mapping((await self._client.get("/cloud/groups", search=name)).data)
        return name in texts(data.get("groups"))

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
        reply = await self._client.ocs("GET", f"/cloud/groups/{segment(group)}/users")
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
        reply = await settle(self._join(login, group), lambda: self._joined(login, group))
        if reply.ok:
            return {"member": True}
        if reply.code == 103 and self._accounts_from == "sso":
            return {"member": False, "pending": True}
        raise _member_refusal(reply, login, group)

    async def remove_member(self, login: str, group: str) -> dict[str, Any]:
        """`{"member": False}`, again too. A group admin cannot take somebody out of the last group it looks after."""
        reply = await self._client.write("DELETE", f"/cloud/users/{segment(login)}/groups", {"groupid": group})
        if reply.ok or reply.code in (102, 103):
            return {"member": False}
        if reply.code == 105:
            raise Protected("nextcloud-last-group", login=login, group=group)
        raise _member_refusal(reply, login, group)

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


def _member_refusal(reply: Reply, login: str, group: str) -> Refused:
    if reply.code == 102:
        return NotFound("nextcloud-group", group=group)
    if reply.code == 103:
        return NotFound("nextcloud-account", login=login)
    return NotPermitted("nextcloud-group-right", group=group)
