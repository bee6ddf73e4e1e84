"""Registration by invitation: words that let so many people, until such a day, make an account on the homeserver."""

from __future__ import annotations

import re
from typing import TypedDict

from integrations.errors import Rejected

from .client import V1, Client, Json, number, segment, text

TOKENS = f"{V1}/registration_tokens"
SHAPE = re.compile(r"[A-Za-z0-9._~-]{1,64}")


class Pass(TypedDict):
    """`uses` None for no limit; `pending` are registrations begun and not finished; `expires` in ms, None for never."""

    token: str
    uses: int | None
    pending: int
    completed: int
    expires: int | None


class Registration:
    """Make passes so."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ensure(self, token: str, *, uses: int | None = None, expires: int | None = None) -> Pass:
        """The pass of this name, made at the first call; later calls do not change it.

        The caller chooses the token, so that an answer that was lost is found again. `expires` in ms, in the future.
        """
        if not SHAPE.fullmatch(token):
            raise Rejected("synapse-rejected", reason="token")
        if found := await self.get(token):
            return found
        body: Json = {"token": token, "uses_allowed": uses, "expiry_time": expires}
        return _pass(await self._client.call("POST", f"{TOKENS}/new", body))

    async def get(self, token: str) -> Pass | None:
        row = await self._client.look(f"{TOKENS}/{segment(token)}")
        return _pass(row) if row else None


def _pass(row: Json) -> Pass:
    uses, expires = row.get("uses_allowed"), row.get("expiry_time")
    return Pass(
        token=text(row.get("token")),
        uses=uses if isinstance(uses, int) else None,
        pending=number(row.get("pending")),
        completed=number(row.get("completed")),
        expires=expires if isinstance(expires, int) else None,
    )
