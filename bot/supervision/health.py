"""Is the bot well? `/health` for a supervisor, `/metrics` for Prometheus, on a small HTTP server of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Info, ProcessCollector, generate_latest

from bot import __version__
from bot.settings import Listen

STALE = 120.0  # seconds; four long polls
BEAT, LATE = 1.0, 10.0  # seconds
PATIENCE = 30.0  # seconds until a connection that asks for nothing is closed, or one that does not come to its point
LONGEST = 16_384  # bytes that may be sent to us: a form of a few lines

Counts = Callable[[], Awaitable[Mapping[str, int]]]


class Health:
    """Counters that the parts of the bot increase, and the reasons why it is not well.

    `counts` is asked at each scrape for `waiting` (letters), `conversations` (open), `aside` (events set aside) and
    `writes` (transactions). `refusals` are the services that do not let the bot in, as they now are. `clock` counts
    seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        counts: Counts | None = None,
        refusals: Callable[[], list[str]] = list,
    ) -> None:
        self._clock = clock
        self._refusals = refusals
        self._counts = counts
        self._broken: dict[str, str] = {}
        self.last_sync: float | None = None
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        Info("conciergerie_build", "Which version runs.", registry=self.registry).info({"version": __version__})
        self.received = Counter("conciergerie_events_received", "Events taken from the sync.", registry=self.registry)
        self.sent = Counter("conciergerie_messages_sent", "Events sent.", registry=self.registry)
        self.retried = Counter("conciergerie_sends_retried", "Sends tried again.", registry=self.registry)
        self._gauges = {
            "waiting": self._gauge("letters_waiting", "Events written and not yet sent."),
            "conversations": self._gauge("conversations_open", "Conversations that wait for somebody."),
            "aside": self._gauge("events_aside", "Events set aside because handling them failed."),
            "writes": self._gauge("database_writes", "Transactions written since the start."),
        }
        self._latest: tuple[float, float] = (0.0, float("-inf"))  # how long the loop stood still, and when it went on
        self._gauges["late"] = self._gauge("loop_late_seconds", "Longest standstill of the event loop of late.")
        self._gauge("sync_age_seconds", "Time since the last answer of the homeserver.").set_function(self._age)

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(f"conciergerie_{name}", words, registry=self.registry)

    def _age(self) -> float:
        return float("inf") if self.last_sync is None else self._clock() - self.last_sync

    async def beats(self) -> None:
        """While this runs, whoever asks is told where the event loop stood still."""
        while True:
            begun = self._clock()
            await asyncio.sleep(BEAT)
            self.beat(self._clock() - begun - BEAT)

    def beat(self, late: float) -> None:
        """The event loop is alive, so many seconds after it should have said so."""
        if late >= self.late:
            self._latest = late, self._clock()

    @property
    def late(self) -> float:
        """The longest standstill; forgotten after a while."""
        late, at = self._latest
        return late if self._clock() - at <= STALE else 0.0

    def synced(self, new: int = 0) -> None:
        """The homeserver has just answered a sync, with so many new events."""
        self.last_sync = self._clock()
        self.received.inc(new)

    def tally(self, what: str) -> None:
        """Something was `sent`, or `retried`."""
        (self.sent if what == "sent" else self.retried).inc()

    def broken(self, part: str, reason: str) -> None:
        """This part cannot work until somebody acts; `reason` is a sentence for the operator."""
        self._broken[part] = reason

    def mended(self, part: str) -> None:
        self._broken.pop(part, None)

    def is_broken(self, part: str) -> bool:
        return part in self._broken

    def reasons(self) -> list[str]:
        """Why the bot is not well; nothing when it is."""
        return [*self.of_matrix(), *self._refusals()]

    def of_matrix(self) -> list[str]:
        """Those that lie between the homeserver and the bot."""
        if self.last_sync is None:
            return ["no sync yet", *self._broken.values()]
        late = [f"last sync {self._age():.0f} s ago"] if self._age() > STALE else []
        late += [f"the event loop stood still for {self.late:.0f} s"] if self.late > LATE else []
        return [*late, *self._broken.values()]

    async def metrics(self) -> bytes:
        """What Prometheus reads."""
        counted = await self._counts() if self._counts else {}
        for name, gauge in self._gauges.items():
            gauge.set(counted.get(name, self.late if name == "late" else 0))
        return generate_latest(self.registry)


@asynccontextmanager
async def serve(
    health: Health, listen: Listen, mount: Callable[[web.Application], None] | None = None
) -> AsyncIterator[int]:
    """Answer on `listen` while inside, and what else is mounted there; gives the port."""
    application = _application(health)
    if mount:
        mount(application)
    runner = web.AppRunner(application, access_log=None, handle_signals=False, keepalive_timeout=PATIENCE)
    await runner.setup()
    try:
        await web.TCPSite(runner, listen.host, listen.port, reuse_address=True).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _application(health: Health) -> web.Application:
    async def tell(_request: web.Request) -> web.Response:
        reasons = health.reasons()
        return web.json_response({"ok": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def measure(_request: web.Request) -> web.Response:
        return web.Response(body=await health.metrics(), headers={"Content-Type": "text/plain; version=0.0.4"})

    application = web.Application(client_max_size=LONGEST)
    application.add_routes([web.get("/health", tell), web.get("/metrics", measure)])
    return application
