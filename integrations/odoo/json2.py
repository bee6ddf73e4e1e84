"""JSON-2, from Odoo 19 on: a POST for each call, with an API key; errors have a status, and a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.http import Answer, Http

from .faults import failure
from .values import Row, number


class Json2:
    """`http` carries the key and the name of the database."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def call(self, model: str, method: str, ids: Sequence[int], named: Mapping[str, Any]) -> Any:
        about = {"ids": list(ids)} if ids else {}
        answer = await self._http("POST", f"/json/2/{model}/{method}", json={**about, **named})
        if answer.status != 200 or not _is_json(answer):
            raise failure(answer)
        return answer.json()

    async def create(self, model: str, row: Row) -> Any:
        return await self.call(model, "create", (), {"vals_list": [row]})

    async def me(self) -> int:
        """The id of the account that the key belongs to."""
        told = await self.call("res.users", "context_get", (), {})
        return number(told.get("uid")) if isinstance(told, dict) else 0


def _is_json(answer: Answer) -> bool:
    """`null` is an answer, and a page is none."""
    return answer.headers.get("content-type", "").startswith("application/json")
