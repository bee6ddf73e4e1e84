"""Where a folder is that people renamed, moved or threw away: found again by the number that Nextcloud gives it.

WebDAV SEARCH (RFC 5323) and the bin, as Nextcloud's developer manual has them ("WebDAV search", "Trashbin").
"""

from __future__ import annotations

from typing import TypedDict

from integrations.errors import NotFound, NotPermitted

from .client import Client, segment, settle
from .ocs import number
from .webdav import OC, WebDav, described

ROOT = "/remote.php/dav/"
FILES, BIN = "files", "trashbin"
FOUND = (
    '<?xml version="1.0"?><d:searchrequest xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:basicsearch>'
    "<d:select><d:prop><oc:fileid/></d:prop></d:select>"
    "<d:from><d:scope><d:href>/files/{me}</d:href><d:depth>infinity</d:depth></d:scope></d:from>"
    "<d:where><d:eq><d:prop><oc:fileid/></d:prop><d:literal>{id}</d:literal></d:eq></d:where><d:orderby/>"
    "</d:basicsearch></d:searchrequest>"
)
BINNED = (
    b'<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"'
    b' xmlns:nc="http://nextcloud.org/ns"><d:prop><oc:fileid/><nc:trashbin-original-location/></d:prop></d:propfind>'
)
WAS_AT = "{http://nextcloud.org/ns}trashbin-original-location"


class Binned(TypedDict):
    """What lies in the bin: what it is called there, and where it was."""

    name: str
    path: str


class Whereabouts:
    """Ids are those of `Entry`."""

    def __init__(self, client: Client, webdav: WebDav) -> None:
        self._client, self._webdav = client, webdav

    async def path(self, id: str) -> str | None:
        """Where it is in the bot's home, None where the bot sees it nowhere: thrown away, or moved out of its reach."""
        wanted = FOUND.format(me=segment(await self._client.me()), id=number(id)).encode()
        answer = await self._webdav.ask("SEARCH", ROOT, wanted, {"Content-Type": "text/xml"})
        if answer.status != 207:
            raise NotPermitted("nextcloud-folder-right", folder="")
        found = [_below(segments, FILES) for segments, said in described(answer) if said.get(f"{OC}fileid") == id]
        return min(("/".join(names[1:]) for names in found if names[1:]), key=len, default=None)

    async def binned(self, id: str) -> Binned | None:
        """What it is in the bin of the bot's account; None where it is not there, or there is no bin."""
        address = f"{ROOT}{BIN}/{segment(await self._client.me())}/trash"
        answer = await self._webdav.ask("PROPFIND", address, BINNED, {"Depth": "1"})
        rows = described(answer) if answer.status == 207 else []
        found = [(_below(segments, BIN)[-1], said) for segments, said in rows if said.get(f"{OC}fileid") == id]
        return next((Binned(name=name, path=said.get(WAS_AT, "").strip("/")) for name, said in found), None)

    async def restore(self, id: str) -> str:
        """The path where it is again, with all that was in it; its shares ended when it was thrown away.

        Raises `NotFound("nextcloud-folder-gone")` where the bin has it no more.
        """
        found = await self.binned(id)
        if found is not None:
            await settle(self._restore(found), lambda: self.path(id))
        there = await self.path(id)
        if there is None:
            raise NotFound("nextcloud-folder-gone", folder=found["path"] if found else "")
        return there

    async def _restore(self, found: Binned) -> str | None:
        """Where something else has its name by now, it comes back under another one."""
        place = f"{ROOT}{BIN}/{segment(await self._client.me())}"
        to = {"Destination": f"{self._client.base}{place}/restore/{segment(found['name'])}"}
        async with self._client.writing:
            answer = await self._client.send("MOVE", f"{place}/trash/{segment(found['name'])}", headers=to)
        if answer.status not in (201, 204):
            raise NotPermitted("nextcloud-folder-fixed", folder=found["path"])
        return found["path"]


def _below(segments: list[str], of: str) -> list[str]:
    """What follows this part of WebDAV in an address, which may begin with the folder that Nextcloud is served from."""
    start = next((at for at, name in enumerate(segments) if segments[at - 1 : at + 1] == ["dav", of]), len(segments))
    return segments[start + 1 :]
