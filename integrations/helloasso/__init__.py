"""Who has joined an association, as its HelloAsso says: memberships alone, and never what was paid for one.

Read in its documentation and its OpenAPI description (https://dev.helloasso.com, API v5): there is no server of theirs
to try it on without an association's own key.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import date
from typing import Any

from integrations.findings import Finding

from .client import Client
from .items import Item, Membership, item_of
from .validity import Validities

__all__ = ["API", "HelloAsso", "Membership"]

API = "https://api.helloasso.com"
READ, PACE = 30.0, 1.0  # seconds


class HelloAsso:
    """One `organization`, by its short name in HelloAsso's addresses; `forms`: those of its membership forms that
    count, by theirs, all of them where none is named. `pace`: seconds from a page to the next, for there is a limit,
    and it is not said which."""

    def __init__(
        self,
        url: str,
        organization: str,
        client_id: str,
        secret: str,
        *,
        forms: Collection[str] = (),
        transport: Any = None,
        read_timeout: float = READ,
        pace: float = PACE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        how: dict[str, Any] = {"transport": transport, "read_timeout": read_timeout, "pace": pace, "clock": clock}
        self._client = Client(url, organization, client_id, secret, **how)
        self._organization, self._forms = organization, tuple(sorted(forms))
        self._validities = Validities(self._client, clock)

    @property
    def scope(self) -> str:
        """Whose memberships these are, and which of them: what is known of others says nothing of these."""
        return " ".join((self._organization, *self._forms))

    async def memberships(self, since: date | None = None) -> list[Membership]:
        """Those that were ordered from that day on, or ever. Raises Refused, Unavailable."""
        items: dict[int, Item] = {}
        asked: dict[str, str] = {"tierTypes": "Membership", "withDetails": "true", "sortOrder": "Asc"}
        if since is not None:
            asked["from"] = f"{since.isoformat()}T00:00:00"
        async for row in self._client.rows(self._client.of_organization("items"), **asked):
            item = item_of(row)
            if item is not None and (not self._forms or item.form in self._forms):
                items[item.id] = item  # pages shift while they are turned
        return [Membership.of(item, await self._validities.of(item.form)) for item in items.values()]

    async def check(self) -> list[Finding]:
        from .check import check

        return await check(self._client, self._organization, self._forms)

    async def answers(self) -> None:
        """One light reading. Raises Unavailable, and Refused where it answers and does not let us in."""
        await self._client.get(self._client.of_organization("items"), tierTypes="Membership", pageSize=1)

    async def close(self) -> None:
        await self._client.close()
