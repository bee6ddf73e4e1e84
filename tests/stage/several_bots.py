"""Several bots, each with its own database and homeserver, in rooms that they share; cut off, stopped and killed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from bot.app import Services
from bot.reports.weeks import monday
from bot.store.database import Database
from bot.store.inbox import Event
from tests.stage.people_act import Acting
from tests.stage.small_homeserver import FakeMatrix
from tests.stage.stage import DAY, Stage
from tests.stage.sudden_death import Mortal
from tests.stage.world import World, server


@dataclass(frozen=True)
class House:
    """What remains of a bot while it does not run."""

    matrix: FakeMatrix
    path: Path
    services: Services
    store: type[Database]
    operators: Collection[str]


def _shuffle(missed: list[Event], home: str, random: Random) -> None:
    """What comes from elsewhere, among itself: a homeserver keeps the order of its own people."""
    places = [n for n, event in enumerate(missed) if server(event.sender) != home]
    foreign = [missed[n] for n in places]
    random.shuffle(foreign)
    for n, event in zip(places, foreign, strict=True):
        missed[n] = event


class Federation(World, Acting):
    """People act here instead of on one stage: every bot that is in the room hears of it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.houses: dict[str, House] = {}

    @property
    def world(self) -> Federation:
        return self

    @property
    def bots(self) -> Collection[str]:
        return self.houses

    def happens(self, room_id: str, sender: str, type: str, content: dict[str, Any], **more: Any) -> Event:
        event = self.records(room_id, sender, type, content, **more)
        self.tell(event)
        return event

    async def hear(self, *events: Event) -> None:
        """They are on their way already."""
        await self.settle()

    async def settle(self) -> None:
        """Until nothing moves any more anywhere; whoever dies on the way rises and goes on."""
        while not await self._survive(super().settle()):
            pass

    async def bring_bot(self, person: str, room_id: str, bot: str) -> None:
        """Somebody invites this bot."""
        await self.becomes(bot, room_id, "invite", by=person)

    async def wait(self, days: float) -> None:
        """Time passes everywhere."""
        self.clock.at += round(days * DAY)
        while not await self._survive(self._tick()):
            pass
        await self.settle()

    async def monday(self) -> None:
        """The next Monday morning comes."""
        self.clock.at = round((monday(self.clock.at, "Europe/Paris") + timedelta(days=7, seconds=1)).timestamp() * 1000)
        while not await self._survive(self._ring()):
            pass
        await self.settle()

    async def _ring(self) -> None:
        for stage in list(self.stages.values()):
            await stage.remember_monday()

    async def _tick(self) -> None:
        for stage in list(self.stages.values()):
            await stage.bot.engine.tick()

    # -- the way between them

    def deafen(self, bot: str) -> None:
        """It speaks, and hears nothing."""
        self.ears[bot].deaf = True

    async def mend(self, *servers: str, shuffled: Random | None = None, twice: bool = False) -> None:
        """The ways of these servers, or of all, are free: what was missed comes in order, `shuffled`, or `twice`."""
        self.cut -= set(servers) or self.cut
        for ear in self.ears.values():
            ear.deaf = False
            missed = [event for event in ear.missed if self._reaches(event, ear)]
            ear.missed = [event for event in ear.missed if event not in missed]
            missed *= 1 + twice
            if shuffled:
                _shuffle(missed, server(ear.me), shuffled)
            ear.unheard += missed
        await self.settle()

    # -- life and death

    async def open(
        self, me: str, services: Services, store: type[Database] = Database, operators: Collection[str] = ()
    ) -> Stage:
        """`store`: `Mortal.another()` for a bot that is to die."""
        path = self.path / me[1:].replace(":", "-")
        self.houses[me] = House(FakeMatrix(me, self), path, services, store, operators)
        return await self._open(me)

    async def _open(self, me: str) -> Stage:
        house = self.houses[me]
        stage = await Stage.open(
            house.path, house.services, house.matrix, self.clock, house.store, operators=house.operators
        )
        await stage.bot.engine.resume()
        await stage.bot.decisions.go_on()
        return stage

    async def stop(self, me: str) -> None:
        """As `kill -9` does: what was in memory is gone, and the homeserver keeps what comes."""
        stage = self.stages[me]
        await stage.bot.inbox_worker.close()
        await stage.bot.engine.close()
        await stage.close()

    async def start(self, me: str) -> Stage:
        """Again from its file; what came meanwhile is heard now."""
        await self._open(me)
        await self.settle()
        return self.stages[me]

    async def close(self) -> None:
        for me in list(self.stages):
            await self.stop(me)

    async def _survive(self, work: Coroutine[Any, Any, None]) -> bool:
        """Whether nobody died; otherwise the dead have risen, and the work is to be done again."""
        mortals = {me: house.store for me, house in self.houses.items() if issubclass(house.store, Mortal)}
        task, deaths = asyncio.create_task(work), [asyncio.create_task(each.died.wait()) for each in mortals.values()]
        await asyncio.wait({task, *deaths}, return_when=asyncio.FIRST_COMPLETED)
        dead = {me: store for me, store in mortals.items() if store.died.is_set()}
        for each in (task, *deaths) if dead else deaths:
            each.cancel()
        await asyncio.gather(*deaths, return_exceptions=True)
        await asyncio.gather(task, return_exceptions=bool(dead))
        for me, store in dead.items():
            await self.stop(me)
            store.died.clear()
            store.deadly = 0
            await self._open(me)
        return not dead
