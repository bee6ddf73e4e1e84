"""The one way in: which account, by which of Odoo's protocols, which records are meant, one write at a time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from integrations.errors import Unavailable
from integrations.http import Http

from .faults import SERVICE, SHUT, failure
from .json2 import Json2
from .jsonrpc import JsonRpc
from .values import Row, number, numbers, rows, text

T = TypeVar("T")
FEW = 10  # records of a search: more than are told
WITH_ARCHIVED = {"active_test": False}
NEWEST_OLD = 18  # the last version that has nothing but JSON-RPC


class Client:
    """Requests of one account; see `Odoo` for what it takes."""

    def __init__(self, url: str, database: str, key: str, *, login: str, transport: Any, read_timeout: float) -> None:
        self.url, self.login, self.writing = url.rstrip("/"), login, asyncio.Lock()
        headers = {} if login else {"Authorization": f"bearer {key}", "X-Odoo-Database": database}
        self._http = Http(SERVICE, url, headers=headers, transport=transport, read=read_timeout)
        self._rpc = JsonRpc(self._http, database, login, key)
        self._wire: Json2 | JsonRpc = self._rpc if login else Json2(self._http)

    async def search(
        self, model: str, domain: list[Any], fields: Sequence[str], *, archived: bool = False
    ) -> list[Row]:
        """The first `FEW` records that fit, the oldest first; those that are archived only if asked for."""
        named: Row = {"domain": domain, "fields": ["id", *fields], "order": "id", "limit": FEW}
        if archived:
            named["context"] = WITH_ARCHIVED
        return rows(await self._heard(self._wire.call(model, "search_read", (), named)))

    async def read(self, model: str, id: int, fields: Sequence[str]) -> Row | None:
        """None where there is no such record; an archived one is told too."""
        found = rows(await self.act(model, id, "read", fields=["id", *fields]))
        return next((row for row in found if row["id"] == id), None)

    async def act(self, model: str, id: int, method: str, **named: Any) -> Any:
        """About this record: of none, or of one without an id, Odoo says that it was done."""
        if number(id) <= 0:
            raise ValueError(f"{model}.{method} needs the id of a record, not {id!r}")
        return await self._heard(self._wire.call(model, method, [id], named))

    async def create(self, model: str, row: Row) -> int:
        made = numbers(await self._heard(self._wire.create(model, row)))
        if len(made) != 1:
            raise Unavailable(SERVICE, unknown=True)
        return made[0]

    async def may(self, model: str, right: str) -> bool | None:
        """Whether the account has this right (read, create, write) to any of them; None where Odoo does not say."""
        if self.login:
            asked = {"operation": right, "raise_exception": False}
            told = await self._heard(self._wire.call(model, "check_access_rights", (), asked))
        else:
            told = await self._heard(self._wire.call(model, "has_access", (), {"operation": right}))
        return told if isinstance(told, bool) else None

    async def me(self) -> int:
        """The id of the bot's own account. Raises `Unavailable` with the cause where it is not known."""
        found = await self._heard(self._wire.me())
        if found <= 0:
            raise Unavailable(SERVICE, SHUT, cause="credentials")
        return found

    async def version(self) -> str:
        """As it calls itself (« 19.0 », « saas~18.2 »)."""
        answer = await self._http("GET", "/web/version")
        told = answer.json()
        if answer.status == 200 and isinstance(told, dict):
            return text(told.get("version"))
        if answer.status != 404:
            raise failure(answer)
        told = await self._rpc.rpc("common", "version")  # before there was that page
        return text(told.get("server_version")) if isinstance(told, dict) else ""

    async def is_healthy(self) -> bool:
        """Whether it reaches its database; of a version that does not say, that is believed."""
        answer = await self._http("GET", "/web/health", params={"db_server_status": "1"})
        told = answer.json()
        return not isinstance(told, dict) or told.get("db_server_status") is not False

    async def _heard(self, call: Awaitable[T]) -> T:
        """Without its own database, Odoo says of any that there is none of this name."""
        try:
            return await call
        except Unavailable as trouble:
            if trouble.cause == "address" and not await self.is_healthy():
                raise Unavailable(SERVICE, cause="database") from None
            raise

    async def close(self) -> None:
        await self._http.close()


def major(version: str) -> int:
    found = re.search(r"\d{1,4}", version)
    return int(found[0]) if found else 0


async def settle(act: Callable[[], Awaitable[object]], look: Callable[[], Awaitable[T | None]]) -> T:
    """Act, then look: what was accepted is not seen yet, and what was not answered may be done. Raises `Unavailable`
    where nothing is to be seen of it."""
    lost: Unavailable | None = None
    try:
        await act()
    except Unavailable as trouble:
        if not trouble.unknown:
            raise
        lost = trouble
    found = await look()
    if found is None:
        raise lost or Unavailable(SERVICE, unknown=True)
    return found
