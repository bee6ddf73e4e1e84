"""The home of the bot's account over WebDAV (RFC 4918): requests by the names along a path, and what they answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypedDict
from unicodedata import category
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from integrations.errors import Rejected, Unavailable
from integrations.http import Answer

from .client import SERVICE, Client, segment
from .ocs import number, parse_xml, text

HOME = "/remote.php/dav/files/"
DAV, OC = "{DAV:}", "{http://owncloud.org/ns}"
WANTED = ("d:resourcetype", "d:getetag", "oc:fileid", "oc:permissions", "oc:size")
ENTRY = (
    '<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop>'
    + "".join(f"<{name}/>" for name in WANTED)
    + "</d:prop></d:propfind>"
).encode()
KIND = b'<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/></d:prop></d:propfind>'


class Entry(TypedDict):
    """A folder or a file. `id` stays the same when it is renamed; `permissions` are Nextcloud's letters."""

    name: str
    is_folder: bool
    size: int
    id: str
    etag: str
    permissions: str


class WebDav:
    """What a status means is the caller's to say."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def propfind(self, names: list[str], wanted: bytes, *, depth: str) -> Answer:
        """Of what is there (depth "0"), or of that and of all that is in it ("1")."""
        headers = {"Depth": depth}
        return await self._client.send("PROPFIND", await self.address(names), content=wanted, headers=headers)

    async def ask(self, method: str, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Of what is no home: the bin, a search."""
        return await self._client.send(method, path, content=content, headers=headers)

    async def write(self, method: str, names: list[str], headers: Mapping[str, str] | None = None) -> int:
        """The status that it was answered with; one write at a time."""
        async with self._client.writing:
            return (await self._client.send(method, await self.address(names), headers=headers)).status

    async def address(self, names: list[str]) -> str:
        return HOME + "/".join(segment(name) for name in (await self._client.me(), *names))

    async def destination(self, names: list[str]) -> str:
        """Where something is to be moved to, as its header has it."""
        return self._client.base + await self.address(names)


def names_along(path: str) -> list[str]:
    """The names along the path of something that exists: any but those that would lead elsewhere. Raises `Rejected`."""
    names = [name for name in path.split("/") if name]
    for name in names:
        if name in (".", "..") or "\\" in name or any(category(char) in ("Cc", "Cs") for char in name):
            raise Rejected("folder-name-characters", name=name)
    return names


def entries(answer: Answer) -> list[Entry]:
    """What a `PROPFIND` of `ENTRY` found: itself, then what is in it."""
    root = parse_xml(answer.body)
    if root is None:
        raise Unavailable(SERVICE)
    found = [(_segments(response), response) for response in root.iterfind(f"{DAV}response")]
    return [_entry(segments[-1], response) for segments, response in sorted(found, key=lambda one: len(one[0]))]


def described(answer: Answer) -> list[tuple[list[str], dict[str, str]]]:
    """What a listing tells of each: the segments of its address, and its properties by their tags."""
    root = parse_xml(answer.body)
    if root is None:
        raise Unavailable(SERVICE)
    return [(_segments(one), _said(one)) for one in root.iterfind(f"{DAV}response")]


def is_collection(answer: Answer) -> bool:
    """Whether a `PROPFIND` of `KIND` found a folder."""
    root = parse_xml(answer.body)
    return root is not None and root.find(f".//{DAV}resourcetype/{DAV}collection") is not None


def _segments(response: Element) -> list[str]:
    href = response.findtext(f"{DAV}href", "").rstrip("/")
    return [unquote(name) for name in href.split("/")]


def _entry(name: str, response: Element) -> Entry:
    kind = next((prop for prop in _properties(response) if prop.tag == f"{DAV}resourcetype"), None)
    said = _said(response)
    return Entry(
        name=name,
        is_folder=kind is not None and kind.find(f"{DAV}collection") is not None,
        size=number(said.get(f"{OC}size")),
        id=text(said.get(f"{OC}fileid")),
        etag=said.get(f"{DAV}getetag", "").strip('"'),
        permissions=said.get(f"{OC}permissions", ""),
    )


def _said(response: Element) -> dict[str, str]:
    return {prop.tag: prop.text or "" for prop in _properties(response)}


def _properties(response: Element) -> Iterator[Element]:
    """Those that it has: the others are listed too, as not found."""
    for stat in response.iterfind(f"{DAV}propstat"):
        if " 200 " in stat.findtext(f"{DAV}status", ""):
            yield from stat.iterfind(f"{DAV}prop/*")
