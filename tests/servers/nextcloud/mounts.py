"""Folders of other servers, mounted in the homes of those who accepted them and read over HTTP each time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import httpx
from starlette.requests import Request
from starlette.responses import Response

from .answers import DavError
from .memory import ALL, CREATE, READ, RESHARE, UPDATE, Memory, Node, Offer
from .places import Place, letters

PUBLIC = "/public.php/webdav"
READ_ONLY = 25  # how such a mount is listed
WANTED = (
    '<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop>'
    "<d:resourcetype/><d:getetag/><oc:fileid/><oc:permissions/><oc:size/></d:prop></d:propfind>"
)
DAV, OC = "{DAV:}", "{http://owncloud.org/ns}"
Seen = tuple[str, Node, int]
Fetch = Callable[..., Awaitable[httpx.Response | None]]


async def mount(memory: Memory, login: str, fetch: Fetch) -> list[Offer]:
    """A look through the home: what was accepted, and can be reached, is seen there. Returns what has no address yet
    in spite of this: with a memory cache, mounts are what they were at the look before."""
    home = memory.homes[login]
    mine = [offer for offer in memory.offers.values() if offer.user == login and offer.accepted]
    met = [o for o in mine if o.mount.strip("/") not in home and await _listed(o, "", "0", fetch)]
    for offer in met:
        offer.seen += 1
        home[offer.mount.strip("/")] = memory.node(offer=offer.id)
    return [offer for offer in met if offer.seen < looks(memory)]


def looks(memory: Memory) -> int:
    """How many of them give what was accepted its place; without any, it has it at once."""
    return 2 if memory.policy.memory_cache else int(memory.modern)


def unmount(memory: Memory, offer: Offer) -> Node | None:
    """The folder as it was, where it was mounted."""
    return memory.homes[offer.user].pop(offer.mount.strip("/"), None) if offer.mount else None


def is_mounted(memory: Memory, offer: Offer) -> bool:
    return offer.accepted and offer.mount.strip("/") in memory.homes[offer.user]


def granted(memory: Memory, node: Node) -> int:
    """What may be shared on: a server grants the right to do so by itself. Nothing is known of what was taken back."""
    offer = memory.offers.get(node.offer)
    return offer.permissions | RESHARE if offer else ALL


async def serve(place: Place, offer: Offer, base: str, request: Request, fetch: Fetch) -> Response:
    """Answer a request for something in a mount, unless it is how it looks: that is `listing`."""
    address = _address(offer, place.path.removeprefix(base))
    headers = {name: request.headers[name] for name in ("content-type", "if-none-match") if name in request.headers}
    answer = await fetch(request.method, address, offer.token, body=await request.body(), headers=headers)
    if answer is None:
        raise DavError(503, "Sabre\\DAV\\Exception\\ServiceUnavailable")
    kept = {name: answer.headers[name] for name in ("content-type", "etag", "oc-etag") if name in answer.headers}
    return Response(answer.content, answer.status_code, kept)


async def listing(place: Place, node: Node, offer: Offer, base: str, depth: str, fetch: Fetch) -> list[Seen]:
    """What is there, as it is seen from `place`; only the folder itself while the other server is away."""
    inside = place.path.removeprefix(base).strip("/")
    found = await _listed(offer, inside, depth, fetch)
    if found is None and not inside:
        return [(place.address(place.path), node, -1)]
    if not found:
        return []
    seen, held = [], offer.permissions | RESHARE
    for path, entry, size in found:
        whole = "/".join(name for name in (base, inside, path) if name)
        moves = whole == base and place.share is not None and bool(held & UPDATE)
        entry.permissions = letters(place.permissions & held, entry, root=whole == base, moves=moves)
        seen.append((place.address(whole), entry, size))
    return seen


async def _listed(offer: Offer, inside: str, depth: str, fetch: Fetch) -> list[Seen] | None:
    """Names below `inside`, and what they are; nothing where the server is away or has it no more."""
    answer = await fetch("PROPFIND", _address(offer, inside), offer.token, body=WANTED, headers={"depth": depth})
    if answer is None or answer.status_code != 207:
        return None
    root = ElementTree.fromstring(answer.text)
    found = [_entry(response, inside) for response in root.iterfind(f"{DAV}response")]
    if not inside:
        offer.permissions = ALL if "CK" in found[0][1].permissions else READ
    return found


def _entry(response: ElementTree.Element, inside: str) -> Seen:
    def said(tag: str) -> str:
        return response.findtext(f"{DAV}propstat/{DAV}prop/{tag}") or ""

    path = unquote(response.findtext(f"{DAV}href") or "").removeprefix(PUBLIC).strip("/")
    is_folder = response.find(f"{DAV}propstat/{DAV}prop/{DAV}resourcetype/{DAV}collection") is not None
    node = Node(int(said(f"{OC}fileid")), None if is_folder else b"", permissions=said(f"{OC}permissions"))
    node.etag = said(f"{DAV}getetag").strip('"')
    return path.removeprefix(inside).strip("/"), node, int(said(f"{OC}size"))


def _address(offer: Offer, inside: str) -> str:
    return f"{offer.remote.rstrip('/')}{PUBLIC}/{quote(inside.strip('/'))}"


def file_of(memory: Memory, offer: Offer) -> dict[str, Any] | None:
    """What a list of accepted offers says of the folder, once it has its place."""
    if not is_mounted(memory, offer):
        return None
    permissions = ALL if offer.permissions & CREATE else READ_ONLY
    node = memory.homes[offer.user][offer.mount.strip("/")]
    told = {"file_id": node.id, "mimetype": node.kind, "permissions": permissions, "mtime": 1795373625, "type": "dir"}
    return told | ({"item_size": 7} if memory.modern else {})
