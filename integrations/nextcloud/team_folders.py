"""Team folders (the app `groupfolders`), which belong to groups and to nobody: where the app is, and the bot may.

Versions 17 and 22 were measured. The older one's permanent refusals reach us as a broken answer (502): what was asked
is then read back, and asked once more before it is taken for a no.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypedDict, TypeVar

from integrations.errors import NotFound, NotPermitted, Refused, Rejected, Unavailable, Unsupported
from integrations.http import Answer

from .client import Client, Form, segment
from .folders import folder_names
from .groups import Groups, may_be_given
from .ocs import NO_ENVELOPE, Reply, items, mapping, number, read, text

FOLDERS = "/index.php/apps/groupfolders/folders"
UNLIMITED = -3
SMALLEST = 2**20
T = TypeVar("T")


class TeamFolder(TypedDict):
    """`groups`: who may what, as bits like a share's; `quota` and `size` in bytes, a quota of None is no limit."""

    id: str
    name: str
    groups: dict[str, int]
    quota: int | None
    size: int


class TeamFolders:
    """Make Team folders so. All of it raises `Unsupported("nextcloud-team-app")` where the app is not installed."""

    def __init__(self, client: Client, groups: Groups) -> None:
        self._client, self._groups = client, groups

    async def all(self) -> list[TeamFolder]:
        """Those that the bot may see: all for an administrator."""
        if not mapping((await self._client.capabilities()).get("groupfolders")):
            raise Unsupported("nextcloud-team-app")
        reply = await self._ask("GET", "")
        if not reply.ok:
            raise NotPermitted("nextcloud-team-right")
        return [_folder(one) for one in items(reply.data)]

    async def ensure(self, name: str) -> dict[str, Any]:
        """`{"id": …, "created": bool}`. The older version makes a second one of the same name: look first.

        Raises `Rejected("folder-name-…")`, `NotPermitted("nextcloud-team-right")`.
        """
        if "/" in name:
            raise Rejected("folder-name-characters", name=name)
        (name,) = folder_names(name)
        found = await self._find(name=name)
        if found is not None:
            return {"id": found["id"], "created": False}
        made = await self._make(lambda: self._write("POST", "", mountpoint=name), lambda: self._find(name=name))
        return {"id": made["id"], "created": True}

    async def ensure_group(self, id: str, group: str, permissions: int) -> dict[str, Any]:
        """`{"group": …, "permissions": …}`, read back; without any permission, the group is no longer in it.

        An unknown group would be accepted in silence: `NotFound("nextcloud-group")` is raised first.
        """
        if permissions:
            may_be_given(group)
        found = await self._find(id=id)
        if found is None:
            raise NotFound("nextcloud-team-folder")
        group_id = await (self._groups.given(group) if permissions else self._groups.id_of(group))
        if group_id is None:
            raise NotFound("nextcloud-group", group=group)
        groups = f"/{segment(id)}/groups"
        one = f"{groups}/{segment(group_id)}"
        if not permissions:
            await self._so(id, group_id, 0, lambda: self._write("DELETE", one))
            return {"group": group, "permissions": 0}
        if group_id not in found["groups"]:
            await self._so(id, group_id, None, lambda: self._write("POST", groups, group=group_id))
        await self._so(id, group_id, permissions, lambda: self._write("POST", one, permissions=permissions))
        return {"group": group, "permissions": permissions}

    async def limit(self, id: str, quota: int | None) -> dict[str, Any]:
        """`{"quota": …}` in bytes (None: no limit), read back: what is no number would become 0, and nothing fit in."""
        if quota is not None and quota < SMALLEST:
            raise Rejected("quota")

        async def limited() -> TeamFolder | None:
            found = await self._find(id=id)
            if found is None:
                raise NotFound("nextcloud-team-folder")
            return found if found["quota"] == quota else None

        if await limited() is None:
            route = f"/{segment(id)}/quota"
            await self._make(lambda: self._write("POST", route, quota=quota or UNLIMITED), limited)
        return {"quota": quota}

    async def _find(self, *, id: str | None = None, name: str | None = None) -> TeamFolder | None:
        return next((one for one in await self.all() if one["id"] == id or one["name"] == name), None)

    async def _so(self, id: str, group: str, permissions: int | None, write: Callable[[], Awaitable[None]]) -> None:
        """Write unless it is so: the group has these permissions (None: whichever; 0: is not in it)."""

        async def look() -> bool:
            found = await self._find(id=id)
            held = found["groups"].get(group, 0) if found else 0
            return held > 0 if permissions is None else held == permissions

        if not await look():
            await self._make(write, look)

    async def _make(self, write: Callable[[], Awaitable[None]], look: Callable[[], Awaitable[T | None]]) -> T:
        """Write, and read back; a lost answer that left nothing, twice, is a no."""
        for _ in range(2):
            try:
                await write()
            except Unavailable as lost:
                if not lost.unknown:
                    raise
            if found := await look():
                return found
        raise NotPermitted("nextcloud-team-right")

    async def _write(self, method: str, route: str, **form: Any) -> None:
        async with self._client.writing:
            reply = await self._ask(method, route, form)
            if reply.wants_password:
                await self._client.confirm()
                reply = await self._ask(method, route, form)
        if not reply.ok and reply.code != 400:  # 400: it is so already, as reading back will tell
            raise NotFound("nextcloud-team-folder") if reply.code == 404 else NotPermitted("nextcloud-team-right")

    async def _ask(self, method: str, route: str, form: Form | None = None) -> Reply:
        answer = await self._client.send(
            method, FOLDERS + route, params={"format": "json"}, data=dict(form) if form else None
        )
        reply = read(answer)
        return _bare(answer) if reply.code == NO_ENVELOPE else reply


def _bare(answer: Answer) -> Reply:
    """A refusal of the newer version: its sentence, in no envelope."""
    message = text(mapping(answer.json()).get("message"))
    if answer.status < 400 or not message:
        raise Refused("nextcloud-unexpected", status=str(answer.status), answer="")
    return Reply(answer.status, answer.status, message, None)


def _folder(data: Any) -> TeamFolder:
    fields = mapping(data)
    return TeamFolder(
        id=str(number(fields.get("id"))),
        name=text(fields.get("mount_point")),
        groups={group: number(bits) for group, bits in mapping(fields.get("groups")).items()},
        quota=None if fields.get("quota") == UNLIMITED else number(fields.get("quota")),
        size=number(fields.get("size")),
    )
