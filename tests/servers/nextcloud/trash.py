"""What WebDAV has beside homes: the bin of each account, and the search for a folder by its number."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from .answers import DavError, nothing
from .files import ROOT, SABRE, absent, multistatus
from .memory import Account, Binned, Memory, Node

UNHANDLED = "There was no plugin in the system that was willing to handle this SEARCH method."
BIN = "/remote.php/dav/trashbin/"


async def serve(memory: Memory, who: Account, request: Request) -> Response:
    """Answer one request to the bin. Raises `DavError`."""
    owner, _, inside = unquote(request.scope["raw_path"].decode()).removeprefix(BIN).strip("/").partition("/")
    if owner != who.id or not inside.startswith("trash"):
        raise absent(memory, inside)
    name = inside.removeprefix("trash").strip("/")
    if request.method == "PROPFIND" and not name:
        return _listing(memory, who.id, await request.body())
    binned = next((one for one in memory.bins.get(owner, []) if one.name == name), None)
    if binned is None or request.method != "MOVE":
        raise absent(memory, inside)
    to = unquote(urlsplit(request.headers["destination"]).path)
    if not to.startswith(f"{BIN}{owner}/restore/"):
        raise DavError(403, SABRE + "Forbidden")
    _restore(memory, owner, binned)
    return nothing(201)


def _listing(memory: Memory, owner: str, body: bytes) -> Response:
    asked = [prop.tag for prop in ElementTree.fromstring(body).iterfind("{DAV:}prop/*")]
    place = f"{BIN}{owner}/trash"
    more: dict[str, dict[str, str | None]] = {place: {"oc:fileid": None}}
    found = [(place, Node(0), 0)]
    for one in memory.bins.get(owner, []):
        found.append((f"{place}/{one.name}", one.nodes[one.path], 0))
        more[f"{place}/{one.name}"] = {"nc:trashbin-original-location": escape(one.path)}
    return multistatus(found, asked, owner, more)


def _restore(memory: Memory, owner: str, binned: Binned) -> None:
    """To where it was; to the home itself where that is gone, and under another name where that is taken."""
    home, (above, _, name) = memory.homes[owner], binned.path.rpartition("/")
    path = binned.path if above in home else name
    path = f"{path} (restored)" if path in home else path
    home |= {path + each.removeprefix(binned.path): node for each, node in binned.nodes.items()}
    memory.bins[owner].remove(binned)


async def search(memory: Memory, who: Account, request: Request) -> Response:
    """Of the conditions that a search may have, the one that is asked here: the number of a file. Raises `DavError`."""
    if "xml" not in request.headers.get("content-type", ""):
        raise DavError(501, SABRE + "NotImplemented", UNHANDLED)
    asked = ElementTree.fromstring(await request.body())
    scope = unquote(asked.findtext(".//{DAV:}scope/{DAV:}href", "")).strip("/")
    if scope != f"files/{who.id}":
        raise absent(memory, scope)
    id = asked.findtext(".//{DAV:}eq/{DAV:}literal", "")
    home = memory.homes[who.id].items()
    found = [(f"{ROOT}{who.id}/{path}", node, 0) for path, node in home if str(node.id) == id]
    answer = multistatus(found, [prop.tag for prop in asked.iterfind(".//{DAV:}select/{DAV:}prop/*")], who.id)
    answer.headers["content-type"] = 'application/xml; charset="utf-8"'
    return answer
