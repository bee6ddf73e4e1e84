"""Does each service of our lieux answer? One light reading of each, however many lieux have it.

Three outcomes: it answered, it was away, or we cannot tell, where what stood in our way may be ours alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import structlog

from bot.errors import Moved, Refused, Unavailable
from bot.lieux import Lieu
from bot.services.directory import DIRECTORY, is_told_elsewhere
from bot.services.registry import SERVICES
from bot.services.service import Service
from bot.services.tenancy import Services

log = structlog.get_logger(__name__)
MATRIX = "matrix"
WITHIN = 20.0  # seconds
AT_ONCE = 5
# It answers, though not to us: it finds that we ask too much, or knows our key no more.
ANSWERS = {"limited", "throttled", "credentials"}
# Somebody stands before it, or our own settings or network are in the way: others may get in. A page in its place
# ("portal"), which sends nobody on, is there for everybody.
OURS = {"lookup", "moved", "portal", "gate", "blocked", "address", "untrusted"}

State = Literal["answered", "away", "unknown"]


@dataclass(frozen=True, slots=True)
class Look:
    """`cause` as in `integrations.causes`, with the `words` of its sentence, where it was away."""

    state: State
    cause: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watched:
    """A service by its name; `key` is the same for all lieux that have the same one."""

    key: int
    name: str


class Looks(Protocol):
    """Who is asked: see `ServiceLooks`."""

    def of(self, lieu: Lieu, served: Collection[Lieu]) -> list[Watched]: ...
    async def look(self, keys: Collection[int]) -> dict[int, Look]: ...


class NobodyLooks:
    """Where there is no service to ask, nor a homeserver."""

    def of(self, lieu: Lieu, served: Collection[Lieu]) -> list[Watched]:
        return []

    async def look(self, keys: Collection[int]) -> dict[int, Look]:
        return {}


class ServiceLooks:
    """`hears` is whether the homeserver answers us, None where it was not asked yet."""

    def __init__(self, services: Services, hears: Line) -> None:
        self._services, self._hears = services, hears
        self._parts: dict[int, tuple[Service[Any, Any], Any]] = {}
        self._in_turn = asyncio.Semaphore(AT_ONCE)

    def of(self, lieu: Lieu, served: Collection[Lieu]) -> list[Watched]:
        """What this lieu has, the homeserver first."""
        chosen = self._services.of(lieu, served)
        found = [Watched(0, MATRIX)]
        for service in SERVICES:
            part: Any = chosen[service]
            if service.answers is None or not chosen.has(service):
                continue
            if service is DIRECTORY and is_told_elsewhere(part):
                continue
            self._parts[id(part)] = service, part  # it lives as long as the bot: so does its id
            found.append(Watched(id(part), service.name))
        return found

    async def look(self, keys: Collection[int]) -> dict[int, Look]:
        """At those that are given, side by side."""
        found = await asyncio.gather(*(self._look(key) for key in keys))
        return dict(zip(keys, found, strict=True))

    async def _look(self, key: int) -> Look:
        if key not in self._parts:
            return self._at_homeserver()
        service, part = self._parts[key]
        async with self._in_turn:
            return await _looked(service, part)

    def _at_homeserver(self) -> Look:
        """Nobody asks it for this: it answers each sync, or does not."""
        if self._hears.last_sync is None:
            return Look("unknown")
        return Look("answered" if self._hears.hears else "away")


class Line(Protocol):
    """Of the bot's own line to its homeserver."""

    @property
    def last_sync(self) -> float | None: ...
    @property
    def hears(self) -> bool: ...


async def _looked(service: Service[Any, Any], part: Any) -> Look:
    if service.answers is None:
        return Look("unknown")
    try:
        async with asyncio.timeout(WITHIN):
            await service.answers(part)
    except TimeoutError:
        return Look("away")
    except Refused:
        return Look("answered")
    except Unavailable as down:
        ours = down.cause in OURS and (down.cause != "portal" or isinstance(down, Moved))
        state: State = "answered" if down.cause in ANSWERS else "unknown" if ours else "away"
        return Look(state, down.cause, down.words) if state == "away" else Look(state)
    except Exception as bug:  # ours, in front of what nobody foresaw: the bot goes on, and does not know
        log.error("a look failed", service=service.name, exc_info=bug)
        return Look("unknown")
    return Look("answered")
