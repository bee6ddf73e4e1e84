"""What is in the bot's folders, over WebDAV: looked at, renamed, moved to the bin; and how much room is left."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable
from integrations.lookalikes import alike

from .client import SERVICE, Client, settle
from .folders import Folders, folder_names
from .ocs import mapping, number
from .webdav import ENTRY, Entry, WebDav, entries, names_along

DELETABLE, RENAMEABLE, MOUNTED = "D", "N", "M"


class Files:
    """Look into folders, and change them so. Names that people gave elsewhere are taken as they are."""

    def __init__(self, client: Client, webdav: WebDav, folders: Folders) -> None:
        self._client, self._webdav, self._folders = client, webdav, folders

    async def entry(self, path: str) -> Entry | None:
        """What is at this path, None where nothing is."""
        found = await self._propfind(path, "0")
        return found[0] if found else None

    async def entries(self, path: str) -> list[Entry]:
        """What is in this folder: folders first, by name. Raises `NotFound("nextcloud-folder")`."""
        found = await self._propfind(path, "1")
        if not found or not found[0]["is_folder"]:
            raise NotFound("nextcloud-folder", folder=path)
        return sorted(found[1:], key=lambda one: (not one["is_folder"], normalize("NFKD", one["name"]).casefold()))

    async def holds_something(self, path: str) -> bool:
        """Whether there is anything at this path, or at one that is taken for it: a file, or a folder with content."""
        places = [""]
        for name in names_along(path):
            inside = [(place, one) for place in places for one in await self.entries(place)]
            found = [(f"{place}/{one['name']}", one) for place, one in inside if alike(one["name"], name)]
            if any(not one["is_folder"] for _, one in found):
                return True
            places = [place for place, _ in found]
        return any([await self.entries(place) for place in places])

    async def move(self, path: str, to: str, *, id: str) -> dict[str, Any]:
        """`{"moved": True}`: what was at `path` with this `id` is at `to`, with its shares.

        Raises `NotFound("nextcloud-folder")` where neither place has it, `Conflict("folder-name")` where another is
        there already, `Rejected("folder-…")` on a name that some client hides, `NotPermitted`.
        """
        above, _, name = to.rpartition("/")
        to = f"{above}/{folder_names(name)[0]}"
        found = await self.entry(path)
        if found is None or found["id"] != id:
            if await self._is_at(to, id):
                return {"moved": True}
            raise NotFound("nextcloud-folder", folder=path)
        _permitted(found, RENAMEABLE)
        if (twin := await self._folders.twin(names_along(above), name)) and not await self._is_at(
            f"{above}/{twin}", id
        ):
            raise Rejected("folder-name-capitals", name=name, folder=twin)
        return await settle(self._move(path, to), lambda: self._moved(to, id))

    async def bin(self, path: str, *, id: str) -> dict[str, Any]:
        """`{"binned": bool}`: what had this `id` at `path` is in Nextcloud's bin, False where it was gone already."""
        found = await self.entry(path)
        if found is None or found["id"] != id:
            return {"binned": False}
        _permitted(found, DELETABLE)
        return await settle(self._throw(path), lambda: self._thrown(path, id))

    async def quota(self) -> dict[str, int]:
        """`{"used", "total"}` in bytes, of the bot's own account; a total of 0 is no limit."""
        quota = mapping(mapping((await self._client.get("/cloud/user")).data).get("quota"))
        return {"used": number(quota.get("used")), "total": number(quota.get("total", quota.get("quota")))}

    async def _propfind(self, path: str, depth: str) -> list[Entry]:
        """Itself, then (with depth 1) what is in it; nothing where it does not exist."""
        answer = await self._webdav.propfind(names_along(path), ENTRY, depth=depth)
        if answer.status == 404:
            return []
        if answer.status != 207:
            raise NotPermitted("nextcloud-folder-right", folder=path)
        return entries(answer)

    async def _is_at(self, path: str, id: str) -> bool:
        found = await self.entry(path)
        return found is not None and found["id"] == id

    async def _move(self, path: str, to: str) -> dict[str, Any]:
        headers = {"Destination": await self._webdav.destination(names_along(to)), "Overwrite": "F"}
        status = await self._webdav.write("MOVE", names_along(path), headers)
        if status in (201, 204):
            return {"moved": True}
        raise _refusal(status, to)

    async def _moved(self, to: str, id: str) -> dict[str, Any] | None:
        return {"moved": True} if await self._is_at(to, id) else None

    async def _throw(self, path: str) -> dict[str, Any]:
        status = await self._webdav.write("DELETE", names_along(path))
        if status in (204, 404):
            return {"binned": status == 204}
        raise _refusal(status, path)

    async def _thrown(self, path: str, id: str) -> dict[str, Any] | None:
        return None if await self._is_at(path, id) else {"binned": True}


def _permitted(entry: Entry, right: str) -> None:
    """What is mounted (another's share, an external storage) would not be moved, but let go of."""
    if right not in entry["permissions"] or MOUNTED in entry["permissions"]:
        raise NotPermitted("nextcloud-folder-fixed", folder=entry["name"])


def _refusal(status: int, path: str) -> Refused | Unavailable:
    name = path.rpartition("/")[2]
    if status == 412:
        return Conflict("folder-name", folder=name)
    if status in (404, 409):
        return NotFound("nextcloud-folder", folder=name)
    if status == 400:
        return Rejected("folder-name-characters", name=name)
    if status == 423:
        return Unavailable(SERVICE)
    return NotPermitted("nextcloud-folder-fixed", folder=name)
