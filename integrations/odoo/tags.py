"""Tags of contacts: what says in Odoo, without any module more, who is a member."""

from __future__ import annotations

from functools import partial

from integrations.errors import Rejected

from .client import Client, settle
from .values import number

MODEL = "res.partner.category"
LONGEST = 64


class Tags:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def find(self, name: str) -> int | None:
        """Of several of this name, which nothing prevents, the oldest."""
        found = await self._client.search(MODEL, [["name", "=", name]], ["name"])
        return number(found[0]["id"]) if found else None

    async def ensure(self, name: str) -> int:
        """Its id, made if there is none. Raises `Rejected("odoo-tag")`, `NotPermitted("odoo-right")`."""
        name = name.strip()
        if not name or len(name) > LONGEST or not name.isprintable():
            raise Rejected("odoo-tag", tag=name if name.isprintable() else "")
        found = partial(self.find, name)
        async with self._client.writing:
            if there := await found():
                return there
            return await settle(partial(self._client.create, MODEL, {"name": name}), found)
