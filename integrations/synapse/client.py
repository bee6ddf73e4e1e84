"""The one way in: the administrator's token, addresses, and refusals told as ours."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from integrations.errors import NotFound, NotPermitted, Rejected, Unavailable, Unsupported
from integrations.http import Answer, Http

SERVICE = "synapse"
SHUT = 60.0  # seconds between two looks whether a human has mended it
V1, V2 = "/_synapse/admin/v1", "/_synapse/admin/v2"
Json = dict[str, Any]


class Client:
    """Requests of an administrator; see `Synapse` for what it takes."""

    def __init__(self, url: str, token: str, *, transport: Any, read_timeout: float) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self.http = Http(SERVICE, url, headers=headers, transport=transport, read=read_timeout)

    async def close(self) -> None:
        await self.http.close()

    async def call(self, method: str, address: str, body: Json | None = None, **query: Any) -> Json:
        """The object that is answered; every refusal is raised."""
        answer = await self.http(method, address, params=query, json=body)
        row = answer.json()
        if answer.status in (200, 201) and isinstance(row, dict):
            return row
        raise _failure(method, answer, row if isinstance(row, dict) else {})

    async def look(self, address: str, **query: Any) -> Json | None:
        """None for what does not exist."""
        try:
            return await self.call("GET", address, **query)
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
        return Unavailable(SERVICE, SHUT, cause="gate" if answer.is_page else "credentials")
    if answer.status == 403 and code:
        return NotPermitted("synapse-not-administrator")
    if answer.status == 404 and code != "M_UNRECOGNIZED" and row:
        return NotFound("synapse-not-found")
    if answer.status in (200, 403, 404, 405):  # or a page in its place: of a client, of a proxy that shuts this off
        return Unsupported("synapse-unsupported")
    if answer.status == 400:
        return Rejected("synapse-rejected", reason=code)
    return Unavailable(SERVICE, unknown=method != "GET", cause="broken" if answer.status >= 500 else "")
