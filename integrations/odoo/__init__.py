"""Odoo: the contacts of a lieu, the tag that says who is a member, and portal accounts, made so and read back.

https://www.odoo.com/documentation/19.0/developer/reference/external_api.html — measured on Odoo 19.0 (JSON-2); until 18
by JSON-RPC, of which 19 answers what was recorded. Everything may be called twice, answers JSON-able values, and fails
as `integrations.errors` says. Its parts are loaded with the first Odoo: most lieux have none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from integrations.findings import Finding

if TYPE_CHECKING:
    from .contacts import Contact
    from .users import User

__all__ = ["Contact", "Odoo", "User", "UsersWanted"]

UsersWanted = Literal["none", "portal"]


def _now() -> datetime:
    return datetime.now(UTC)


class Odoo:
    """One database of an Odoo, as the account sees it to which the API key belongs: each part is in the file of its
    name. With `login`, that account's, it is spoken to as until version 18. `wanted`: which users are made beside
    contacts; `tag`: how the tag of members is called; `now` in UTC."""

    def __init__(
        self,
        url: str,
        database: str,
        key: str,
        *,
        login: str = "",
        tag: str = "",
        wanted: UsersWanted = "none",
        now: Callable[[], datetime] = _now,
        transport: Any = None,
        read_timeout: float = 60.0,
    ) -> None:
        from .client import Client
        from .contacts import Contacts
        from .tags import Tags
        from .users import Users

        self.client = Client(url, database, key, login=login, transport=transport, read_timeout=read_timeout)
        self.tags = Tags(self.client)
        self.contacts = Contacts(self.client)
        self.users = Users(self.client)
        self.tag, self.wanted, self._now = tag, wanted, now

    async def check(self) -> list[Finding]:
        """What `doctor` shows: from the outside in, up to the first thing without which the rest cannot be known."""
        from . import check

        return await check.check(self.client, self.wanted, self._now())

    async def answers(self) -> None:
        """One light reading, without the key. Raises Unavailable where it lets nobody in."""
        from integrations.errors import Unavailable

        if not await self.client.is_healthy():
            raise Unavailable("odoo", cause="database")

    async def close(self) -> None:
        await self.client.close()
