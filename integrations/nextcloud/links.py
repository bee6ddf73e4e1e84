"""Links to the bot's folders: for whoever has them, to read, to work together, or only to deposit files."""

from __future__ import annotations

from contextlib import suppress

from integrations.errors import NotPermitted, Refused, Rejected

from .client import settle
from .ocs import Reply
from .policies import Policies
from .shares import CREATE, READ, Form, Kind, Share, Shares

MARK = "·"  # between what people call a link and the key of the act that made it


def name_of(link: Share) -> str:
    """What people call it; a link that was renamed bears no key any more."""
    return link["label"].partition(MARK)[0].strip()


class Links:
    """Each POST makes another link: `key`, kept at the end of its label, tells ours from all others."""

    def __init__(self, shares: Shares, policies: Policies) -> None:
        self._shares, self._policies = shares, policies

    async def ensure(
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
        """The link of this key. `locked`: nobody knows its password until `lock` gives it another one.

        Raises `NotFound("nextcloud-folder")`, `NotPermitted` where links or uploads are off, `Rejected("share-date")`.
        """
        share = await self._link(path, key, label, permissions, expires, locked=locked)
        wrong = share["permissions"] != permissions or share["hides_download"] != hides_download
        if wrong or expires not in (None, share["expires"]):
            share = await self._shares.change(
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
            await self._shares.change(share["id"], permissions=CREATE, expires=expires)
        read_back = await self._shares.get(share["id"])
        if read_back is None or read_back["permissions"] & READ:
            await self._shares.remove(share["id"])
            raise NotPermitted("nextcloud-deposit-readable")
        return read_back

    async def lock(self, id: str, purpose: str) -> str:
        """Give a link a password, the same one for the same `purpose`, and return it: for the person alone.

        Raises `NotFound("nextcloud-share")`, `Rejected("share-password")` where the server finds none good enough.
        """
        password = await self._policies.password_for(f"{id}/{purpose}")
        await self._shares.put(id, {"password": password})
        return password

    async def _link(
        self, path: str, key: str, label: str, permissions: int, expires: str | None, *, locked: bool
    ) -> Share:
        found = await self._link_by(path, key)
        if found:
            return found
        form: Form = {"permissions": permissions, "label": f"{label} {MARK} {key}".strip(), "expireDate": expires}
        if locked:
            form["password"] = await self._policies.password_for(f"{path}/{key}")
        return await settle(self._shares.create(path, "link", form, self._refusal), lambda: self._link_by(path, key))

    async def _link_by(self, path: str, key: str) -> Share | None:
        links = [share for share in await self._shares.all(path) if share["kind"] == "link"]
        return next((link for link in links if link["label"].endswith(key)), None)

    async def _refusal(self, reply: Reply, kind: Kind, form: Form) -> Refused:
        """A 403 of a link is a password that is missing, or uploads that are off."""
        if reply.code == 403:
            policy = await self._policies.read()
            if policy.link_password and "password" not in form:
                return Rejected("share-password-missing")
            if form.get("permissions", READ) & CREATE and policy.links and not policy.uploads:
                return NotPermitted("nextcloud-uploads-off")
        return await self._shares.refusal(reply, kind, form)
