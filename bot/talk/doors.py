"""What a command may be handed: narrow doors to Matrix, so that no command holds "the bot"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class RoomSeen(Protocol):
    """A room of a space, as its hierarchy shows it."""

    @property
    def room_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def is_space(self) -> bool: ...


class Rooms(Protocol):
    """Rooms of a lieu. Every call makes something so, and may be repeated; raises Refused or Unavailable."""

    def local(self, login: str) -> str: ...
    async def create(
        self,
        key: str,
        *,
        name: str | None = None,
        topic: str | None = None,
        encrypted: bool = False,
        invite: Sequence[str] = (),
        join: str = "invite",
        allow: str | None = None,
        parent: str | None = None,
        admins: Sequence[str] = (),
    ) -> str: ...
    async def direct(self, person: str) -> str: ...
    async def invite(self, room_id: str, person: str) -> str: ...
    async def membership(self, room_id: str, person: str) -> str: ...
    async def children(self, space: str) -> Sequence[RoomSeen]: ...
    async def restrict(self, room_id: str, space: str) -> None: ...
    async def members(self, room_id: str) -> dict[str, str]: ...
    async def name(self, room_id: str) -> str: ...
    async def display_name(self, person: str) -> str: ...
    async def link(self, room_id: str) -> str: ...
    async def picture(self, png: bytes, name: str, room_id: str) -> dict[str, Any]: ...


class Health(Protocol):
    """What the process knows of itself."""

    async def report(self) -> list[dict[str, Any]]: ...


class Conversations(Protocol):
    """Other people's conversations, acted upon by a concierge. `cause` makes each act happen once."""

    async def remind(self, conversation: int, cause: str) -> None: ...
    async def cancel(self, conversation: int, cause: str) -> None: ...


class Clock(Protocol):
    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...
