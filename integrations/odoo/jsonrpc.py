"""JSON-RPC, until Odoo 18: 19 has it still, and a later version will not. A key stands for the account's password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.errors import Refused, Unavailable
from integrations.http import Http

from .faults import SERVICE, SHUT, failure, fault
from .values import Row, number


class JsonRpc:
    """Every answer is 200, with the error inside; whoever is not known is `false`."""

    def __init__(self, http: Http, database: str, login: str, key: str) -> None:
        self._http, self._database, self._login, self._key = http, database, login, key
        self._uid = 0

    async def call(self, model: str, method: str, ids: Sequence[int], named: Mapping[str, Any]) -> Any:
        return await self._execute(model, method, [list(ids)] if ids else [], named)

    async def create(self, model: str, row: Row) -> Any:
        """By position: whether it is one or several is read from the first argument."""
        return await self._execute(model, "create", [[row]], {})

    async def me(self) -> int:
        if not self._uid:
            self._uid = number(await self.rpc("common", "authenticate", self._database, self._login, self._key, {}))
        if not self._uid:
            raise Unavailable(SERVICE, SHUT, cause="credentials")
        return self._uid

    async def rpc(self, service: str, method: str, *args: Any) -> Any:
        params = {"service": service, "method": method, "args": args}
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        answer = await self._http("POST", "/jsonrpc", json=body)
        told = answer.json()
        if answer.status != 200 or not isinstance(told, dict):
            raise failure(answer)
        if "error" not in told:
            return told.get("result")
        inside = told["error"].get("data") if isinstance(told["error"], dict) else None
        named = fault(inside)
        raise named.error if named else Refused("odoo-unexpected", error="")

    async def _execute(self, model: str, method: str, args: list[Any], named: Mapping[str, Any]) -> Any:
        who = (self._database, await self.me(), self._key)
        return await self.rpc("object", "execute_kw", *who, model, method, args, dict(named))
