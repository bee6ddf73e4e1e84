"""Folders of the bot's own account, over WebDAV: what is shared with a lieu lives there."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import normalize

from integrations.errors import Conflict, NotPermitted, Refused, Rejected, Unavailable
from integrations.lookalikes import alike

from .client import SERVICE, settle
from .webdav import KIND, WebDav, is_collection

FORBIDDEN = frozenset('\\:?*"<>|')  # all but the first are accepted, then hidden by people's Windows clients
RESERVED_NAMES = frozenset({".", "..", ".htaccess"})
# Decoded once too often on its way to the server, such a name leads elsewhere.
ENCODED = re.compile(r"%(?:2e|2f|5c|25|00)", re.IGNORECASE)
RESERVED_ENDINGS = (".part", ".filepart")
NAME_BYTES = 250


class Folders:
    """Make folders so."""

    def __init__(self, webdav: WebDav) -> None:
        self._webdav = webdav

    async def ensure(self, path: str) -> dict[str, Any]:
        """`{"created": bool}`; makes the parents too. Raises `Rejected("folder-…")` on a name that some client hides.

        Raises `Conflict("folder")` where a file has that name, `Refused("nextcloud-full")` on an exhausted quota.
        """
        return {"created": await self._make(folder_names(path))}

    async def _make(self, names: list[str]) -> bool:
        if not names or await self._exists(names):
            return False
        await self._make(names[:-1])
        return await settle(self._mkcol(names), lambda: self._made(names))

    async def _made(self, names: list[str]) -> bool | None:
        return await self._exists(names) or None

    async def _exists(self, names: list[str]) -> bool:
        answer = await self._webdav.propfind(names, KIND, depth="0")
        if answer.status == 404:
            return False
        if answer.status != 207:
            raise NotPermitted("nextcloud-folder-right", folder=names[-1])
        if not is_collection(answer):
            raise Conflict("folder", folder=names[-1])
        return True

    async def _mkcol(self, names: list[str]) -> bool:
        status = await self._webdav.write("MKCOL", names)
        if status in (201, 405):
            return status == 201
        raise _refusal(status, names[-1])


def folder_names(path: str) -> list[str]:
    """The names along a path, each acceptable to every client and its accents composed. Raises `Rejected`."""
    # Longer ones are refused in any case: thousands of marks are not put in order first.
    names = [normalize("NFC", name) if len(name) <= 2 * NAME_BYTES else name for name in path.split("/") if name]
    if not names:
        raise Rejected("folder-name-empty")
    for name in names:
        _check_name(name)
    return names


def place_of(path: str) -> str:
    """The one way to write where a folder is: « /Lieux//La Rosée/ » is `Lieux/La Rosée`.

    Raises `Rejected` for what is no folder but the whole home (`/`), and for what leads out of a folder (`..`).
    """
    return "/".join(folder_names(path))


def overlap(one: str, other: str) -> bool:
    """Whether one of these places is the other, holds it or is in it, however people and machines write it."""
    here, there = _steps(one), _steps(other)
    return bool(here and there) and all(map(alike, here, there))


def holds(place: str, path: str) -> bool:
    """Whether this path is that place or in it, however it is written."""
    return len(_steps(place)) <= len(_steps(path)) and overlap(place, path)


def _steps(path: str) -> list[str]:
    return [name for name in path.split("/") if name.strip(" .")]


def _check_name(name: str) -> None:
    if FORBIDDEN.intersection(name) or ENCODED.search(name) or not name.isprintable():
        raise Rejected("folder-name-characters", name=name)
    if len(name.encode()) > NAME_BYTES:
        raise Rejected("folder-name-long", name=name)
    if "/" in normalize("NFKC", name):
        raise Rejected("folder-name-characters", name=name)
    if normalize("NFKC", name).lower() in RESERVED_NAMES or name.lower().endswith(RESERVED_ENDINGS):
        raise Rejected("folder-name-reserved", name=name)
    if name != name.strip() or name.endswith("."):
        raise Rejected("folder-name-edges", name=name)


def _refusal(status: int, name: str) -> Refused | Unavailable:
    if status == 400:
        return Rejected("folder-name-characters", name=name)
    if status in (409, 423):
        return Unavailable(SERVICE)
    return NotPermitted("nextcloud-folder-right", folder=name)
