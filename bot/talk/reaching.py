"""People of other servers, several at once: one server that is away stops nothing of the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bot.errors import Refused, ServerAway

T = TypeVar("T")
AWAY = "server-away"


async def at_once(act: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Without waiting for somebody's server. Raises Refused("server-away"); a conversation of its own waits for it."""
    try:
        return await act(*args)
    except ServerAway as away:
        raise Refused(AWAY, server=away.server) from None


async def patiently(act: Callable[..., Awaitable[T]], *args: Any) -> T:
    """However long that takes."""
    return await act(*args)
