"""Links to the bot's folders: for whoever has them, to read, to work together, or only to deposit files."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from integrations.errors import NotPermitted, Refused, Rejected

from .client import settle
from .reply import Reply
from .shares import CREATE, READ, Share, Shares

MARK = "·"  # between what people call a link and the key of the act that made it


def name_of(link: Share) -> str:
    """What people call it; a link that was renamed bears no key any more."""
    return link["label"].partition(MARK)[0].strip()


class Links(Shares):
    """Each POST makes another link: `key`, kept at the end of its label, tells ours from all others."""

    async def ensure_link(
        self,
        path: str,
        key: str,
        *,
        label: str = "",
        permissions: int = READ,
        expires: str | None = None,
        hides_download: bool = False,
        locked: bool = False,
    ) -> Share:
        """The link of this key. `locked`: nobody knows its password until `lock_link` gives it another one.

        Raises `NotFound("nextcloud-folder")`, `NotPermitted` where links or uploads are off, `Rejected("share-date")`.
        """
        share = await self._link(path, key, label, permissions, expires, locked=locked)
        wrong = share["permissions"] != permissions or share["hides_download"] != hides_download
        if wrong or expires not in (None, share["expires"]):
            share = await self.change_share(
                share["id"], permissions=permissions, expires=expires, hides_download=hides_download
            )
        return share

    async def ensure_deposit(
        self, path: str, key: str, *, label: str = "", expires: str | None = None, locked: bool = False
    ) -> Share:
        """A link by which everybody adds files and nobody sees those of others; it is gone if that cannot be held.

        Version 29 makes it readable at first, whatever is asked: nobody has the link yet.
        """
        share = await self._link(path, key, label, CREATE, expires, locked=locked)
        with suppress(Refused):
            await self.change_share(share["id"], permissions=CREATE, expires=expires)
        read_back = await self.share(share["id"])
        if read_back is None or read_back["permissions"] & READ:
            await self.remove_share(share["id"])
            raise NotPermitted("nextcloud-deposit-readable")
        return read_back

    async def lock_link(self, id: str, purpose: str) -> str:
        """Give a link a password, the same one for the same `purpose`, and return it: for the person alone.

        Raises `NotFound("nextcloud-share")`, `Rejected("share-password")` where the server finds none good enough.
        """
        password = await self._derived_password(f"{id}/{purpose}")
        await self._put(id, {"password": password})
        return password

    async def _link(
        self, path: str, key: str, label: str, permissions: int, expires: str | None, *, locked: bool
    ) -> Share:
        found = await self._link_by(path, key)
        if found:
            return found
        form = {"permissions": permissions, "label": f"{label} {MARK} {key}".strip(), "expireDate": expires}
        if locked:
            form["password"] = await self._derived_password(f"{path}/{key}")
        return await settle(self._share_anew(path, "link", form), lambda: self._link_by(path, key))

    async def _link_by(self, path: str, key: str) -> Share | None:
        links = [share for share in await self.shares(path) if share["kind"] == "link"]
        return next((link for link in links if link["label"].endswith(key)), None)

    async def _refusal(self, reply: Reply, kind: Any, form: dict[str, Any]) -> Any:
        """A 403 of a link is a password that is missing, or uploads that are off."""
        if kind == "link" and reply.code == 403:
            policies = await self.policies()
            if policies.link_password and "password" not in form:
                return Rejected("share-password-missing")
            if form.get("permissions", READ) & CREATE and policies.links and not policies.uploads:
                return NotPermitted("nextcloud-uploads-off")
        return await super()._refusal(reply, kind, form)
