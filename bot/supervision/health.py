"""Is the bot well, and what has it done so far?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from bot import __version__
from bot.supervision.systemd import READY, notify

STALE = 120.0  # seconds; four long polls
BEAT, LATE = 1.0, 10.0  # seconds

Counts = Callable[[], Awaitable[Mapping[str, float]]]


class Health:
    """Counters that the parts of the bot increase, and the reasons why it is not well.

    `counts` is asked at each scrape for `waiting` (letters), `conversations` (open), `aside` (events set aside),
    `besides` (what else is), `writes` (transactions), `free` and `wanted` (bytes on the disk), `errors …` (of each
    trouble with the data), and where copies of the data leave the machine for `proved` (the age of the last good one
    in seconds). `refusals` are the services that do not let the bot in, as they now are. `clock` counts seconds.
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
        self.safe_mode = ""  # a sentence, where the bot is in it
        self.last_sync: float | None = None
        self._why_away = ""
        self._since = time.time()
        self._counted = {"received": 0, "sent": 0, "retried": 0}
        self._latest: tuple[float, float] = (0.0, float("-inf"))  # how long the loop stood still, and when it went on

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
        if self.last_sync is None:
            notify(READY)
        self.last_sync, self._why_away = self._clock(), ""
        self._counted["received"] += new

    def away(self, cause: str) -> None:
        """The homeserver did not answer a sync; `cause` as in `integrations.causes`."""
        self._why_away = cause

    def tally(self, what: str) -> None:
        """Something was `sent`, or `retried`."""
        self._counted[what] += 1

    def broken(self, part: str, reason: str) -> None:
        """This part cannot work until somebody acts; `reason` is a sentence for the operator."""
        self._broken[part] = reason

    def mended(self, part: str) -> None:
        self._broken.pop(part, None)

    def is_broken(self, part: str) -> bool:
        return part in self._broken

    def reasons(self) -> list[str]:
        """Why the bot is not well; nothing when it is."""
        return [*([self.safe_mode] if self.safe_mode else []), *self.of_matrix(), *self._refusals()]

    @property
    def hears(self) -> bool:
        """Whether the homeserver has answered of late."""
        return self._age() <= STALE

    def of_matrix(self) -> list[str]:
        """Those that lie between the homeserver and the bot."""
        if self.last_sync is None:
            return ["no sync yet", *self._broken.values()]
        why = f" ({self._why_away})" if self._why_away else ""
        late = [] if self.hears else [f"last sync {self._age():.0f} s ago{why}"]
        late += [f"the event loop stood still for {self.late:.0f} s"] if self.late > LATE else []
        return [*late, *self._broken.values()]

    async def metrics(self) -> bytes:
        """What Prometheus reads."""
        from bot.supervision.metrics import page  # with prometheus_client, where somebody reads it

        read = await self._counts() if self._counts else {}
        return page(
            __version__,
            self._counted,
            {**read, "late": self.late, "age": self._age(), "safe": float(bool(self.safe_mode))},
            self._since,
        )
