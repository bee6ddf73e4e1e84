"""Who has what: the shares through which people reach a folder, or something in it."""

from __future__ import annotations

from integrations.errors import NotFound

from .files import Files
from .reply import items, mapping, text
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

    async def given_by(self, login: str) -> list[str]:
        """The folders that this person shares, as far as the bot sees: their own with it or with its groups, and the
        bot's that they pass on. Their owner alone, or an administrator, ends the former or hands them over."""
        ways = ({"shared_with_me": "true"}, {"reshares": "true"})
        found = [reply for way in ways if (reply := await self._look(API, **way)) is not None]
        shares = [mapping(row) for reply in found for row in items(reply.data)]
        theirs = [share for share in shares if text(share.get("uid_owner")).casefold() == login.casefold()]
        return list(dict.fromkeys(text(share.get("path")).strip("/") for share in theirs))


def _touches(path: str, here: str) -> bool:
    shared = f"/{path.strip('/')}/"
    return here.startswith(shared) or shared.startswith(here)
