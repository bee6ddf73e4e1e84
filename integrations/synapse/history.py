"""Where somebody of the homeserver is, and what they wrote, taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from .client import V1, Door, segment, text


class Redaction(TypedDict):
    """`state` is `scheduled`, `active`, `complete` or `failed`; `failed` counts the messages that stayed."""

    state: str
    failed: int


class History(Door):
    async def joined_rooms(self, user: str) -> list[str]:
        """The rooms that they are in, whatever the lieu."""
        found = (await self._call("GET", f"{V1}/users/{segment(user)}/joined_rooms")).get("joined_rooms")
        return [room for room in found if isinstance(room, str)] if isinstance(found, list) else []

    async def memberships(self, user: str) -> dict[str, str]:
        """room id → `join`, `invite`, `leave`, `ban` or `knock`, whatever the lieu."""
        found = (await self._call("GET", f"{V1}/users/{segment(user)}/memberships")).get("memberships")
        return {room: text(told) for room, told in found.items()} if isinstance(found, dict) else {}

    async def redact(self, user: str, rooms: Sequence[str], reason: str = "") -> str:
        """Begin to take away all that they wrote in these rooms; returns what `redaction` asks about.

        Again, it begins again, and finds less to do.
        """
        if not rooms:
            raise ValueError("an empty list would mean every room of the homeserver")
        body = {"rooms": list(rooms)} | ({"reason": reason} if reason else {})
        return text((await self._call("POST", f"{V1}/user/{segment(user)}/redact", body)).get("redact_id"))

    async def redaction(self, id: str) -> Redaction:
        """How far it is. Raises `NotFound` for one that the homeserver has forgotten (after a day, or a restart)."""
        told = await self._call("GET", f"{V1}/user/redact_status/{segment(id)}")
        failed = told.get("failed_redactions")
        return Redaction(state=text(told.get("status")), failed=len(failed) if isinstance(failed, dict) else 0)
