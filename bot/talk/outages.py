"""What is away, slow or unwilling stops nothing of the rest: services side by side, people of other servers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypedDict, TypeVar

from bot.errors import Refused, ServerAway, Unavailable

WITHIN = 10.0  # seconds: somebody waits to read it
Reading = Callable[[], Awaitable[Any]]
Told = TypedDict(
    "Told",
    {"is": Any, "away": bool, "service": str, "cause": str, "refused": str, "words": dict[str, str]},
    total=False,
)
T = TypeVar("T")
AWAY = "server-away"


async def side_by_side(readings: Mapping[str, Reading], *, within: float = WITHIN) -> dict[str, Told]:
    """For each: `{"is": what it answers}`, `{"away": True}` (and the `service`, the `cause`, its `words`, where it is
    known), or `{"refused": code, "words": …}`. All of it JSON."""
    told = await asyncio.gather(*(_within(reading, within) for reading in readings.values()))
    return dict(zip(readings, told, strict=True))


async def _within(reading: Reading, within: float) -> Told:
    try:
        async with asyncio.timeout(within):
            return await tried(reading)
    except TimeoutError:
        return {"away": True}


async def tried(act: Reading) -> Told:
    """One of them, or an effect that is to be made so: what is `away` may have happened, and is to be tried again."""
    try:
        return {"is": await act()}
    except Unavailable as down:
        if not down.cause:
            return {"away": True}
        return {"away": True, "service": down.service, "cause": down.cause, "words": down.words}
    except Refused as no:
        return {"refused": no.code, "words": {name: str(value) for name, value in no.words.items()}}


async def at_once(act: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Without waiting for somebody's server. Raises Refused("server-away"); a conversation of its own waits for it."""
    try:
        return await act(*args)
    except ServerAway as away:
        raise Refused(AWAY, server=away.server) from None


async def patiently(act: Callable[..., Awaitable[T]], *args: Any) -> T:
    """However long that takes."""
    return await act(*args)
