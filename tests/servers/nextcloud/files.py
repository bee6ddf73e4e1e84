"""WebDAV of the accounts' homes, and of what is shared with another server: folders and small files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response

from . import federation, mounts, places
from .answers import DAV_SPACES, DavError, nothing
from .memory import CREATE, DELETE, REMOTE, UPDATE, Account, Memory, Node
from .places import Place

ROOT = "/remote.php/dav/files/"
SABRE = "Sabre\\DAV\\Exception\\"
INVALID = "OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath"
SPACES = f'{DAV_SPACES} xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"'
PREFIXES = {"DAV:": "d", "http://owncloud.org/ns": "oc", "http://nextcloud.org/ns": "nc"}
DAV = "1, 3, extended-mkcol, access-control"
ALLOW = "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT"
TOO_LONG = {True: "Filename is too long", False: "File name is too long"}
BACKSLASH = {
    True: '"\\" is not allowed inside a file or folder name.',
    False: "File name contains at least one invalid character",
}


More = Mapping[str, Mapping[str, str | None]]
NEEDED = {"MKCOL": CREATE, "PUT": UPDATE | CREATE, "DELETE": DELETE, "MOVE": UPDATE}


async def serve(
    memory: Memory,
    who: Account,
    request: Request,
    *,
    full: bool,
    today: date,
    fetch: mounts.Fetch,
    beyond: federation.Beyond,
) -> Response:
    """Answer one WebDAV request of an account. Raises `DavError`."""
    owner, _, path = _split(request.scope["raw_path"].decode())
    if owner not in memory.homes:
        raise absent(memory, owner)
    if owner != who.id:
        return _foreign(memory, owner, path, request)
    through = not path and _depth(request) == "1"
    unplaced = await mounts.mount(memory, owner, fetch) if through else []
    place = places.find(memory, owner, path, ROOT, today)
    mounted = places.mount_of(memory, place)
    visit = Visit(memory, place, request, await request.body(), full)
    if place.share and place.share.hollow:
        raise DavError(503, SABRE + "ServiceUnavailable", f"File by id {place.share.hollow.id} not found")
    if mounted is None:
        visit.guests = places.guests(memory, owner, ROOT, today) if not path else {}
        response = visit.answer()
        for offer in unplaced:
            mounts.unmount(memory, offer)
        return response
    node, base = mounted
    offer = memory.offers[node.offer]
    if request.method == "DELETE" and place == Place(owner, base, ROOT + owner):
        await federation.leave(memory, offer, beyond)
        return nothing(204)
    visit.check_rights()
    if request.method != "PROPFIND":
        return await mounts.serve(place, offer, base, request, fetch)
    seen = await mounts.listing(place, node, offer, base, _depth(request), fetch)
    if not seen:
        raise absent(memory, path)
    return visit.described(seen)


async def serve_public(memory: Memory, token: str, request: Request, *, today: date) -> Response:
    """Answer another server, which has the token of what is shared with it. Raises `DavError`."""
    shares = (share for share in memory.shares.values() if share.type == REMOTE and share.token == token)
    share = next((share for share in shares if not share.has_ended(today, modern=memory.modern)), None)
    if share is None:
        raise DavError(401, SABRE + "NotAuthenticated", "Cannot authenticate over ajax calls")
    place = places.guest(share, mounts.PUBLIC)
    inside = unquote(request.scope["raw_path"].decode()).removeprefix(mounts.PUBLIC).strip("/")
    visit = Visit(memory, place.at(f"{place.base}/{inside}".rstrip("/")), request, await request.body(), full=False)
    return visit.answer()


def _depth(request: Request) -> str:
    return request.headers.get("depth", "0") if request.method == "PROPFIND" else ""


def _split(raw: str) -> tuple[str, str, str]:
    """A slash written %2F is a slash: Nextcloud decodes first."""
    return unquote(raw.removeprefix(ROOT)).rstrip("/").partition("/")


def _foreign(memory: Memory, owner: str, path: str, request: Request) -> Response:
    """Another's home looks empty and cannot be written."""
    if request.method == "PROPFIND" and not path:
        found = [(ROOT + owner, memory.homes[owner][""], 0)]
        return multistatus(found, ["{DAV:}resourcetype"], owner)
    raise DavError(403, SABRE + "Forbidden", f"Permission denied to create file (filename {path})")


class Visit:
    """One request in a home of this server, one's own or another's. `guests`: what is shared with this home."""

    def __init__(self, memory: Memory, place: Place, request: Request, body: bytes, full: bool) -> None:
        self.memory, self.place, self.request, self.body = memory, place, request, body
        self.owner, self.path, self.home = place.owner, place.path, memory.homes[place.owner]
        self.guests: dict[str, Place] = {}
        self.full = full

    def answer(self) -> Response:
        handlers = {
            "MKCOL": self.mkcol,
            "PUT": self.put,
            "GET": self.get,
            "DELETE": self.delete,
            "MOVE": self.move,
            "PROPFIND": self.propfind,
        }
        if self.request.method not in handlers:
            raise DavError(501, SABRE + "NotImplemented", "There was no plugin in the system willing to handle this")
        self.check_rights()
        return handlers[self.request.method]()

    def check_rights(self) -> None:
        needed = NEEDED.get(self.request.method, 0)
        if needed and not needed & self.place.permissions:
            raise DavError(403, SABRE + "Forbidden")

    def mkcol(self) -> Response:
        self._parent(self.path, DavError(409, SABRE + "Conflict", "Parent node does not exist"))
        if self.path in self.home:
            raise DavError(405, SABRE + "MethodNotAllowed", "The resource you tried to create already exists")
        self._check_name()
        self._room()
        node = self.home[self.path] = self.memory.node()
        return nothing(201, {"oc-fileid": f"{node.id:08d}ocstandin"})

    def put(self) -> Response:
        self._parent(self.path, absent(self.memory, self.path.rpartition("/")[0]))
        before = self.home.get(self.path)
        if before and self.request.headers.get("if-none-match"):
            said = "An If-None-Match header was specified, but the ETag matched (or * was specified)."
            raise DavError(412, SABRE + "PreconditionFailed", said)
        self._check_name()
        self._room()
        kind = self.request.headers.get("content-type", "application/octet-stream")
        node = self.home[self.path] = self.memory.node(self.body, kind)
        return nothing(204 if before else 201, _etag(node))

    def get(self) -> Response:
        node = self._node()
        return Response(node.content or b"", 200, _etag(node), media_type=f"{node.kind};charset=UTF-8")

    def delete(self) -> Response:
        self._node()
        self.memory.throw_away(self.owner, self.path)
        return nothing(204)

    def move(self) -> Response:
        node = self._node()
        _, _, target = _split(urlsplit(self.request.headers["destination"]).path)
        self._parent(target, DavError(409, SABRE + "Conflict", "The destination node is not found"))
        if target in self.home and self.request.headers.get("overwrite") == "F":
            raise DavError(412, SABRE + "PreconditionFailed", "The destination node already exists")
        self.memory.move(self.owner, self.path, target)
        return nothing(201, _etag(node) | {"oc-fileid": f"{node.id:08d}ocstandin"})

    def propfind(self) -> Response:
        found = [(self.path, self._node())]
        if _depth(self.request) == "1":
            found += [(p, n) for p, n in self.home.items() if p and p.rpartition("/")[0] == self.path]
        return self.described([*(self._seen(path, node) for path, node in found), *self._received()])

    def _seen(self, path: str, node: Node) -> mounts.Seen:
        """As it is from where one stands; what is not one's own, with other letters."""
        if self.place.share:
            root = path == self.place.base
            node = replace(node, permissions=places.letters(self.place.permissions, node, root=root, moves=root))
        elif node.offer:
            node = replace(node, permissions=places.letters(mounts.granted(self.memory, node), node, root=True))
        return self.place.address(path), node, -1 if node.offer else self._size(path)

    def _received(self) -> Iterator[mounts.Seen]:
        for guest in self.guests.values() if _depth(self.request) == "1" else ():
            node = guest.share.hollow or self.memory.homes[guest.owner][guest.path]  # type: ignore[union-attr]
            held = mounts.granted(self.memory, node)
            letters = places.letters(guest.permissions & held, node, root=True, moves=bool(held & UPDATE))
            yield guest.seen, replace(node, permissions=letters), -1

    def described(self, found: list[mounts.Seen]) -> Response:
        asked = [item.tag for item in ElementTree.fromstring(self.body).iterfind("{DAV:}prop/*")] if self.body else []
        return multistatus(found, asked or ["{DAV:}resourcetype"], self.owner)

    def _size(self, path: str) -> int:
        inside = (node for other, node in self.home.items() if not path or f"{other}/".startswith(f"{path}/"))
        return sum(len(node.content or b"") for node in inside)

    def _node(self) -> Node:
        if self.path not in self.home:
            raise absent(self.memory, self.path)
        return self.home[self.path]

    def _parent(self, path: str, otherwise: DavError) -> None:
        parent = self.home.get(path.rpartition("/")[0])
        if parent is None or not parent.is_folder:
            raise otherwise

    def _check_name(self) -> None:
        name = self.path.rpartition("/")[2]
        if len(name.encode()) > 250:
            raise DavError(400, INVALID, TOO_LONG[self.memory.modern], invalid_path=True)
        if "\\" in name:
            raise DavError(400, INVALID, BACKSLASH[self.memory.modern], invalid_path=True)
        if name == ".htaccess" and self.memory.modern:
            raise DavError(400, INVALID, "Filename is a reserved word", invalid_path=True)
        if name == ".htaccess":
            raise DavError(403, SABRE + "Forbidden")

    def _room(self) -> None:
        quota = self.memory.accounts[self.owner].quota
        if self.full or 0 <= quota < len(self.body):
            told = f"Insufficient space in /{self.path}"
            told += "" if self.memory.modern else f", {len(self.body)} required, {max(quota, 0)} available"
            raise DavError(507, SABRE + "InsufficientStorage", told)


def allowed(memory: Memory) -> dict[str, str]:
    return {"allow": ALLOW + (", LOCK, UNLOCK" if memory.modern else "")}


def absent(memory: Memory, path: str) -> DavError:
    root = "/" if memory.modern or "/" in path else "//"
    return DavError(404, SABRE + "NotFound", f"File with name {root}{path} could not be located")


def _etag(node: Node) -> dict[str, str]:
    return {"etag": f'"{node.etag}"', "oc-etag": f'"{node.etag}"'}


def _href(address: str, folder: bool) -> str:
    """Nextcloud writes its escapes in lower case."""
    escaped = re.sub("%[0-9A-F]{2}", lambda hit: hit[0].lower(), quote(address.rstrip("/"), safe="/:"))
    return escaped + "/" * folder


def multistatus(found: list[mounts.Seen], asked: list[str], owner: str, more: More | None = None) -> Response:
    """`more`: by their address, properties that some have besides, or have not (None)."""
    also = more or {}
    answers = "".join(
        _answer(_href(at, node.is_folder), node, size, asked, owner, also.get(at, {})) for at, node, size in found
    )
    body = f'<?xml version="1.0"?>\n<d:multistatus {SPACES}>{answers}</d:multistatus>\n'
    return Response(body, 207, {"dav": DAV}, media_type="application/xml; charset=utf-8")


def _answer(href: str, node: Node, size: int, asked: list[str], owner: str, more: Mapping[str, str | None]) -> str:
    values: dict[str, str | None] = {
        "d:resourcetype": "<d:collection/>" if node.is_folder else "",
        "d:getetag": f"&quot;{node.etag}&quot;",
        "oc:fileid": str(node.id),
        "oc:permissions": node.permissions or ("RGDNVCK" if node.is_folder else "RGDNVW"),
        "oc:size": str(size),
        "oc:owner-id": owner,
    }
    if not node.is_folder:
        values["d:getcontentlength"] = str(size)
    held = {name: value for name, value in {**values, **more}.items() if value is not None}
    names = [_prefixed(tag) for tag in asked]
    known = "".join(_element(name, held[name]) for name in names if name in held)
    unknown = "".join(f"<{name}/>" for name in names if name not in held)
    found = _propstat(known, "200 OK") + _propstat(unknown, "404 Not Found")
    return f"<d:response><d:href>{href}</d:href>{found}</d:response>"


def _element(name: str, value: str) -> str:
    return f"<{name}>{value}</{name}>" if value else f"<{name}/>"


def _propstat(properties: str, status: str) -> str:
    if not properties:
        return ""
    return f"<d:propstat><d:prop>{properties}</d:prop><d:status>HTTP/1.1 {status}</d:status></d:propstat>"


def _prefixed(tag: str) -> str:
    space, _, name = tag.removeprefix("{").partition("}")
    return f"{PREFIXES.get(space, 'x')}:{name}"
