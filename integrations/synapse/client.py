"""The one way in: the administrator's token, addresses, and refusals told as ours."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from integrations.errors import NotFound, NotPermitted, Refused, Rejected, Unavailable, Unsupported
from integrations.findings import Finding, away
from integrations.http import Answer, Http

SERVICE = "synapse"
V1, V2 = "/_synapse/admin/v1", "/_synapse/admin/v2"
Json = dict[str, Any]


class Door:
    """`url` is where clients connect; `token` an administrator's access token."""

    def __init__(self, url: str, token: str, *, transport: Any = None, read_timeout: float = 60.0) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = Http(SERVICE, url, headers=headers, transport=transport, read=read_timeout)

    async def check(self) -> list[Finding]:
        """What `doctor` shows; never raises `Refused` or `Unavailable`."""
        try:
            await self._call("GET", f"{V2}/users", limit=1, guests="false")
            delegated = await self.delegated()
        except Unavailable as trouble:
            return [away("synapse", trouble)]
        except Refused as refusal:
            return [Finding(refusal.code, False, refusal.words)]
        return [Finding("synapse-admin", True), *([Finding("synapse-delegated", True)] if delegated else [])]

    async def delegated(self) -> bool:
        """Whether accounts live in the Matrix Authentication Service: Synapse then writes a lock, and obeys none."""
        return (await self._http("GET", "/_matrix/client/v1/auth_metadata")).status == 200

    async def close(self) -> None:
        await self._http.close()

    async def _call(self, method: str, address: str, body: Json | None = None, **query: Any) -> Json:
        answer = await self._http(method, address, params=query, json=body)
        row = answer.json()
        if answer.status in (200, 201) and isinstance(row, dict):
            return row
        raise _failure(method, answer, row if isinstance(row, dict) else {})

    async def _look(self, address: str, **query: Any) -> Json | None:
        """None for what does not exist."""
        try:
            return await self._call("GET", address, **query)
        except NotFound:
            return None


def segment(value: str) -> str:
    """One piece of an address, whatever it contains."""
    return quote(value, safe="")


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def rows(value: object) -> list[Json]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _failure(method: str, answer: Answer, row: Json) -> Exception:
    """By the status, and the code where one status means several things. The server's own sentence is not shown."""
    code = text(row.get("errcode"))
    if answer.status == 401:
        return NotPermitted("synapse-credentials")
    if answer.status == 403:
        return NotPermitted("synapse-not-administrator")
    if answer.status == 404 and code != "M_UNRECOGNIZED" and row:
        return NotFound("synapse-not-found")
    if answer.status in (404, 405):
        return Unsupported("synapse-unsupported")
    if answer.status == 400:
        return Rejected("synapse-rejected", reason=code)
    return Unavailable(SERVICE, unknown=method != "GET")
