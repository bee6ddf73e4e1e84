"""Team folders (the app `groupfolders`), which belong to groups and to nobody: where the app is, and the bot may.

Versions 17 and 22 were measured. The older one's permanent refusals reach us as a broken answer (502): what was asked
is then read back, and asked once more before it is taken for a no.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypedDict

from ..errors import NotFound, NotPermitted, Refused, Rejected, Unavailable, Unsupported
from ..http import Answer
from .door import Form, segment
from .envelope import NO_ENVELOPE, Reply, items, mapping, number, read, text
from .folders import folder_names
from .groups import Groups

FOLDERS = "/index.php/apps/groupfolders/folders"
UNLIMITED = -3
SMALLEST = 2**20


class TeamFolder(TypedDict):
    """`groups`: who may what, as bits like a share's; `quota` and `size` in bytes, a quota of None is no limit."""

    id: str
    name: str
    groups: dict[str, int]
    quota: int | None
    size: int


class TeamFolders(Groups):
    """Make Team folders so. All of it raises `Unsupported("nextcloud-team-app")` where the app is not installed."""

    async def team_folders(self) -> list[TeamFolder]:
        """Those that the bot may see: all for an administrator."""
        if not mapping((await self.capabilities()).get("groupfolders")):
            raise Unsupported("nextcloud-team-app")
        reply = await self._team("GET", "")
        if not reply.ok:
            raise NotPermitted("nextcloud-team-right")
        return [_folder(one) for one in items(reply.data)]

    async def ensure_team_folder(self, name: str) -> dict[str, Any]:
        """`{"id": …, "created": bool}`. The older version makes a second one of the same name: look first.

        Raises `Rejected("folder-name-…")`, `NotPermitted("nextcloud-team-right")`.
        """
        if "/" in name:
            raise Rejected("folder-name-characters", name=name)
        (name,) = folder_names(name)
        found = await self._team_folder(name=name)
        if found is not None:
            return {"id": found["id"], "created": False}
        await self._make_team(lambda: self._team_write("", mountpoint=name), lambda: self._team_folder(name=name))
        made = await self._team_folder(name=name)
        if made is None:
            raise NotPermitted("nextcloud-team-right")
        return {"id": made["id"], "created": True}

    async def ensure_team_group(self, id: str, group: str, permissions: int) -> dict[str, Any]:
        """`{"group": …, "permissions": …}`, read back. An unknown group would be accepted in silence: look first."""
        found = await self._team_folder(id=id)
        if found is None:
            raise NotFound("nextcloud-folder")
        if not await self._group_exists(group):
            raise NotFound("nextcloud-group", group=group)
        if group not in found["groups"]:
            await self._make_team(
                lambda: self._team_write(f"/{segment(id)}/groups", group=group), lambda: self._has(id, group)
            )
        if found["groups"].get(group) != permissions:
            route = f"/{segment(id)}/groups/{segment(group)}"
            await self._make_team(
                lambda: self._team_write(route, permissions=permissions), lambda: self._has(id, group, permissions)
            )
        return {"group": group, "permissions": permissions}

    async def limit_team_folder(self, id: str, quota: int | None) -> dict[str, Any]:
        """`{"quota": …}` in bytes (None: no limit), read back: what is no number would become 0, and nothing fit in."""
        if quota is not None and quota < SMALLEST:
            raise Rejected("quota")

        async def limited() -> TeamFolder | None:
            found = await self._team_folder(id=id)
            if found is None:
                raise NotFound("nextcloud-folder")
            return found if found["quota"] == quota else None

        if await limited() is None:
            route = f"/{segment(id)}/quota"
            await self._make_team(lambda: self._team_write(route, quota=quota or UNLIMITED), limited)
        return {"quota": quota}

    # Behind these doors.

    async def _team_folder(self, *, id: str | None = None, name: str | None = None) -> TeamFolder | None:
        return next((one for one in await self.team_folders() if one["id"] == id or one["name"] == name), None)

    async def _has(self, id: str, group: str, permissions: int | None = None) -> TeamFolder | None:
        found = await self._team_folder(id=id)
        held = found["groups"].get(group) if found else None
        return found if held is not None and permissions in (None, held) else None

    async def _make_team(self, write: Callable[[], Awaitable[None]], look: Callable[[], Awaitable[object]]) -> None:
        """Write, and read back; a lost answer that left nothing, twice, is a no."""
        for last in (False, True):
            try:
                await write()
            except Unavailable as lost:
                if not lost.unknown:
                    raise
            if await look():
                return
            if last:
                raise NotPermitted("nextcloud-team-right")

    async def _team_write(self, route: str, **form: Any) -> None:
        async with self._writing:
            reply = await self._team("POST", route, form)
            if reply.wants_password:
                await self._confirm()
                reply = await self._team("POST", route, form)
        if not reply.ok and reply.code != 400:  # 400: it is so already, as reading back will tell
            raise NotFound("nextcloud-folder") if reply.code == 404 else NotPermitted("nextcloud-team-right")

    async def _team(self, method: str, route: str, form: Form | None = None) -> Reply:
        answer = await self._send(method, FOLDERS + route, params={"format": "json"}, data=dict(form) if form else None)
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
