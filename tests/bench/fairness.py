"""Two lieux of one bot: is one answered more slowly while the other is flooded, or waits for a Nextcloud that is away?

The bot on a real SQLite, with a Matrix that answers at once: only what it does itself is measured.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.services.nextcloud import NEXTCLOUD
from bot.services.tenancy import Services
from bot.store import inbox
from integrations.nextcloud import Nextcloud
from tests.bench.figures import Figure, latency, median, times
from tests.stage.stage import Stage
from tests.talk.test_rights import ANNE, BERTHE, lieu

FLOOD, HANGING = 1000, 200
WANTED = 3.0  # times what it takes alone
REST = 0.02  # seconds between two commands: people think


@dataclass
class Two:
    """La Rosée, which is flooded, and Le Phare, whose concierge asks something from time to time."""

    stage: Stage
    rosee: str
    phare: str

    async def hear(self, who: str, room: str, line: str, count: int = 1) -> None:
        content = {"msgtype": "m.text", "body": line}
        events = [self.stage.happens(room, who, "m.room.message", content) for _ in range(count)]
        await self.stage.database.write(inbox.receive, events, None, self.stage.clock.now())
        self.stage.bot.news.set()

    async def ask(self) -> float:
        """Seconds until Le Phare has its answer."""
        before = len(self.stage.said(self.phare))

        async def is_answered() -> bool:
            return len(self.stage.said(self.phare)) > before

        start = time.perf_counter()
        await self.hear(BERTHE, self.phare, "!aide langue")
        await self.stage.outbox.until(is_answered)
        return time.perf_counter() - start

    async def answers(self, samples: int) -> list[float]:
        found = []
        for _ in range(samples):
            found.append(await self.ask())
            await asyncio.sleep(REST)
        return found


@asynccontextmanager
async def two() -> AsyncIterator[Two]:
    own = {"LA_ROSEE": Services({NEXTCLOUD: Nextcloud("http://127.0.0.1:9", "concierge", "x")})}
    with tempfile.TemporaryDirectory(prefix="conciergerie-bench-") as folder:
        stage = await Stage.open(Path(folder), Services(own=own))
        here, there = await lieu(stage, "La Rosée", ANNE), await lieu(stage, "Le Phare", BERTHE)
        hearing = asyncio.create_task(stage.bot.inbox_worker.run())
        yield Two(stage, here["office"].room_id, there["office"].room_id)
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        await stage.bot.inbox_worker.close()
        await stage.bot.engine.close()
        await stage.close()
        await stage.services.close()


async def measure(samples: int) -> list[Figure]:
    async with two() as both:
        await both.answers(3)
        alone = await both.answers(samples)
        await both.hear(ANNE, both.rosee, "!aide langue", FLOOD)
        flooded = await both.answers(samples)
        assert len(both.stage.said(both.rosee)) < FLOOD
    async with two() as both:
        await both.answers(3)
        await _hang(both)
        beside = await both.answers(samples)
    return [
        _figure(f"a command while another lieu has {FLOOD} to be answered", alone, flooded),
        _figure(f"… while {HANGING} talks there wait for its Nextcloud", alone, beside),
    ]


async def _hang(both: Two) -> None:
    """A Nextcloud that never answers, and many who ask it."""

    async def hangs() -> tuple[()]:
        asked.set()
        await asyncio.Event().wait()
        return ()

    asked = asyncio.Event()
    cloud = both.stage.services.own["LA_ROSEE"][NEXTCLOUD]
    assert cloud
    cloud.check = hangs  # type: ignore[method-assign]
    await both.hear(ANNE, both.rosee, "!état", HANGING)
    await asked.wait()


def _figure(name: str, alone: list[float], beside: list[float]) -> Figure:
    ratio = median(beside) / median(alone)
    shown = f"{latency(alone)}; {latency(beside)}"
    return Figure(f"{name}: alone; then", shown, ratio=times(ratio), wanted=f"≤ {WANTED:.0f} ×", met=ratio <= WANTED)
