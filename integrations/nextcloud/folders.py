"""Folders of the bot's own account, over WebDAV: what is shared with a lieu lives there."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from unicodedata import category, normalize

from integrations.errors import Conflict, NotPermitted, Refused, Rejected, Unavailable
from integrations.lookalikes import alike

from .client import SERVICE, settle
from .webdav import KIND, WebDav, described, is_collection, names_along

FORBIDDEN = frozenset('\\:?*"<>|')  # all but the first are accepted, then hidden by people's Windows clients
RESERVED_NAMES = frozenset({".", "..", ".htaccess"})
RESERVED_ENDINGS = (".part", ".filepart")
# Windows' devices, with any ending (learn.microsoft.com, "Naming Files, Paths, and Namespaces"), and what Nextcloud's
# desktop client leaves out (its `sync-exclude.lst`).
DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9])\s*(?:\..*)?", re.IGNORECASE | re.DOTALL)
UNSYNCED = re.compile(
    r"~\$.*|.*~|\._.*|desktop\.ini|thumbs\.db|system volume information|icon\r*", re.IGNORECASE | re.DOTALL
)
# Decoded once too often on its way to the server, such a name leads elsewhere.
ENCODED = re.compile(r"%(?:2e|2f|5c|25|00)", re.IGNORECASE)
# Pictures, newer ones than Python has names for, too; joined ones, and flags that are spelled behind a black one.
PICTURES = re.compile(
    "\U0001f3f4[\U000e0020-\U000e007f]+|(?<=[\u2190-\U0001faff\ufe0f])\u200d(?=[\u2190-\U0001faff])"
    "|[\U0001f000-\U0001faff]"
)
SPACES = re.compile("[\u00a0\u2007\u2009\u202f]")  # as keyboards write them before « : » and « ! »
UNDRAWN = re.compile("[\\s\u115f\u1160\u2800\u3164\uffa0]")  # letters and signs that nobody sees
NAME_BYTES = 250


class Folders:
    """Make folders so."""

    def __init__(self, webdav: WebDav) -> None:
        self._webdav = webdav

    async def ensure(self, path: str) -> dict[str, Any]:
        """`{"created": bool}`; makes the parents too. Raises `Rejected("folder-…")` on a name that some client hides.

        Raises `Conflict("folder")` where a file has that name, `Refused("nextcloud-full")` on an exhausted quota.
        """
        if not (names := names_along(path)):
            raise Rejected("folder-name-empty")
        return {"created": await self._make(names)}

    async def _make(self, names: list[str]) -> bool:
        if not names or await self._exists(names):
            return False
        names = [*names[:-1], *folder_names(names[-1])]
        await self._make(names[:-1])
        if twin := await self.twin(names[:-1], names[-1]):
            raise Rejected("folder-name-capitals", name=names[-1], folder=twin)
        return await settle(self._mkcol(names), lambda: self._made(names))

    async def twin(self, names: list[str], name: str) -> str:
        """What is in this folder under a name that differs from this one only by its capitals, which is the same for
        Windows and macOS; or empty."""
        answer = await self._webdav.propfind(names, KIND, depth="1")
        beside = [segments[-1] for segments, _ in described(answer)[1:]] if answer.status == 207 else []
        return next((one for one in beside if one != name and _folded(one) == _folded(name)), "")

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
    """The names along a path that is to be made, each acceptable to every client and its accents composed.

    Raises `Rejected`.
    """
    # Longer ones are refused in any case: thousands of marks are not put in order first.
    names = [normalize("NFC", name) if len(name) <= 2 * NAME_BYTES else name for name in path.split("/") if name]
    names = [SPACES.sub(" ", name) for name in names]
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


def kept_place(path: str) -> str:
    """The same of a folder that is there, whatever people called it; empty where it is none, or leads elsewhere."""
    with suppress(Rejected):
        names = names_along(path)
        if not any(ENCODED.search(name) or "/" in normalize("NFKC", name) for name in names):
            return "/".join(names)
    return ""


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
    if FORBIDDEN.intersection(name) or ENCODED.search(name) or not PICTURES.sub("", name).isprintable():
        raise Rejected("folder-name-characters", name=name)
    if len(name.encode()) > NAME_BYTES:
        raise Rejected("folder-name-long", name=name)
    plain = normalize("NFKC", name)
    if "/" in plain:
        raise Rejected("folder-name-characters", name=name)
    if not any(category(char)[0] in "LNPSC" for char in UNDRAWN.sub("", name)):
        raise Rejected("folder-name-empty")
    if plain.lower() in RESERVED_NAMES or name.lower().endswith(RESERVED_ENDINGS):
        raise Rejected("folder-name-reserved", name=name)
    if name != name.strip() or name.endswith("."):
        raise Rejected("folder-name-edges", name=name)
    if name.startswith("."):
        raise Rejected("folder-name-hidden", name=name)
    if DEVICES.fullmatch(plain) or UNSYNCED.fullmatch(plain):
        raise Rejected("folder-name-unseen", name=name)


def _folded(name: str) -> str:
    return normalize("NFC", normalize("NFC", name).casefold())


def _refusal(status: int, name: str) -> Refused | Unavailable:
    if status == 400:
        return Rejected("folder-name-characters", name=name)
    if status in (409, 423):
        return Unavailable(SERVICE)
    return NotPermitted("nextcloud-folder-right", folder=name)
