"""Who has to know before the homeserver is asked for something, and waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_told: ContextVar[Callable[[], Awaitable[object]] | None] = ContextVar("told", default=None)


@contextmanager
def before_asking(told: Callable[[], Awaitable[object]]) -> Iterator[None]:
    """While inside, `told` is called and waited for before each request, also those of tasks that begin there."""
    outside = _told.set(told)
    try:
        yield
    finally:
        _told.reset(outside)


async def about_to_ask() -> None:
    """Called by whatever is about to send a request to the homeserver."""
    if told := _told.get():
        await told()
