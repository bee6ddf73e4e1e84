"""Who has what: the shares through which people reach a folder, or something in it."""

from __future__ import annotations

from ..errors import NotFound
from .envelope import items
from .files import Files
from .shares import API, Share, Shares, _share


class Access(Files, Shares):
    """Look, change nothing."""

    async def reaching(self, path: str) -> list[Share]:
        """The shares of this folder, of those above it and of all that is in it: read at once, and sorted out here.

        Raises `NotPermitted("nextcloud-sharing-off")`.
        """
        reply = await self._look(API)
        if reply is None:
            await self._sharing_is_on()
            raise NotFound("nextcloud-folder", folder=path)
        here = f"/{path.strip('/')}/"
        return [share for share in map(_share, items(reply.data)) if share["id"] and _touches(share["path"], here)]


def _touches(path: str, here: str) -> bool:
    shared = f"/{path.strip('/')}/"
    return here.startswith(shared) or shared.startswith(here)
