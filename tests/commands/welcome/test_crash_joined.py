"""The process dies at every write between a membership at HelloAsso and the invitation, and around the end of another,
before and after it: each is asked about once. HelloAsso, the directory and the Matrix survive; the bot starts again
from its file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.app import Services
from bot.services.directory import DIRECTORY
from bot.services.helloasso import HELLOASSO
from integrations.helloasso import HelloAsso
from tests.servers.helloasso import HelloAssoServer
from tests.stage.lieu_services import memberships_of
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.stage import ME, Clock, FakeMatrix, Stage
from tests.stage.sudden_death import Mortal
from tests.tiers import Sweep

ANNE, LEA = "@anne:lieu.fr", "@lea:lieu.fr"
OURS = ("InboxWorker.", "Engine.", "Outbox.")  # what dies with the process
HOUR = 1 / 24


class Play:
    """Two were members before; one joins, then five at once; the membership of one ends. What has no answer when the
    bot dies comes again: the next hour, a click that the sync brings."""

    def __init__(self, path: Path, server: HelloAssoServer, clock: Clock) -> None:
        self.path, self.server, self.clock = path, server, clock
        self.matrix, self.directory = FakeMatrix(), MemoryDirectory()
        self.stage: Stage
        self.helloasso: HelloAsso

    async def begin(self) -> None:
        self.helloasso = memberships_of(self.server, self.clock)
        services = Services({DIRECTORY: self.directory, HELLOASSO: self.helloasso})
        self.stage = await Stage.open(self.path, services, self.matrix, self.clock, Mortal)

    async def furnish(self) -> None:
        self.matrix.names[LEA] = "Léa"
        space = self.matrix.room("La Rosée", space=True)
        space.members, space.levels = {ANNE: "join", LEA: "join", ME: "join"}, {ANNE: 100, ME: 50}
        office = self.matrix.room("Conciergerie", parent=space.room_id)
        office.members, office.levels, self.office = dict(space.members), {ME: 100}, office.room_id
        lieux = self.stage.bot.lieux
        self.lieu = await lieux.create(space.room_id, "La Rosée", language="fr", zone="Europe/Paris", now=1)
        await lieux.choose(self.lieu.id, installed=True, office=self.office)
        arrival = await self.stage.bot.arrivals.expect(self.lieu.id, LEA, ANNE, name="Léa", email="lea@exemple.fr")
        await self.stage.bot.arrivals.change(arrival, status="welcomed")
        self.server.joins("Léa", "Martin", "lea@exemple.fr", days_ago=365)
        self.server.joins("Zoé", "Roux", "zoe@exemple.fr", days_ago=10)

    async def close(self) -> None:
        await self.helloasso.close()
        await self.stage.close()

    async def die_and_rise(self) -> None:
        """As after `kill -9`: nothing is closed in order, and what was in memory is gone."""
        dying = [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__qualname__", "").startswith(OURS)]
        for task in dying:
            task.cancel()
        await asyncio.gather(*dying, return_exceptions=True)
        await self.stage.bot.inbox_worker.close()
        await self.close()
        Mortal.died.clear()
        Mortal.deadly = 0
        await self.begin()
        await self.stage.bot.engine.resume()
        await self.stage.settle()

    async def tries(self, what: Callable[[], Awaitable[object]]) -> None:
        async def settled() -> None:
            await what()
            await self.stage.settle()

        if not await Mortal.survives(settled()):
            await self.die_and_rise()
            await settled()

    async def hour(self) -> None:
        self.clock.at += 3_600_000
        await self.tries(lambda: self.stage.bot.engine.tick())

    async def clicks(self, key: str) -> None:
        relation = {"rel_type": "m.annotation", "event_id": self.stage.last_question(self.office), "key": key}
        event = self.stage.happens(self.office, ANNE, "m.reaction", {"m.relates_to": relation})
        await self.tries(lambda: self.stage.hear(event))

    async def goes_on(self) -> None:
        await self.tries(lambda: self.stage.bot.start_standing("memberships"))
        await self.clicks("❌")  # whoever joined before
        self.server.joins("Camille", "Durand", "camille@exemple.fr")
        await self.hour()
        await self.clicks("✅")
        await self.clicks("✅")  # what `!inviter` asks
        for first in ("Awa", "Tom", "Lou", "Ida", "Ben"):
            self.server.joins(first, "Petit", f"{first.lower()}@exemple.fr")
        await self.hour()
        await self.clicks("❌")
        self.clock.at += 20 * 3_600_000
        await self.hour()  # Léa's has ended
        await self.clicks("✅")

    # -- what there is in the end

    async def end(self) -> dict[str, Any]:
        rows = await self.stage.database.read(
            lambda tx: {row["name"]: row["status"] for row in tx.execute("SELECT * FROM memberships")}
        )
        to_lea = self.matrix.directs.get(LEA)
        return {
            "rows": rows,
            "accounts": sorted(self.directory.accounts),
            "said": self.stage.said(self.office),
            "to Léa": self.stage.said(to_lea) if to_lea else [],
        }


async def played(path: Path, write: int, *, after: bool) -> dict[str, Any]:
    clock = Clock()
    paris = ZoneInfo("Europe/Paris")
    async with HelloAssoServer(now=lambda: datetime.fromtimestamp(clock.at / 1000, paris)) as server:
        play = Play(path, server, clock)
        await play.begin()
        await play.furnish()
        Mortal.dies_at(write, after=after)
        try:
            await play.goes_on()
            return await play.end()
        finally:
            Mortal.deadly = 0
            Mortal.died.clear()
            await play.close()


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_death_between_a_membership_and_an_invitation_is_noticed_by_nobody(
    tmp_path: Path, sweep: Sweep, after: bool
) -> None:
    Mortal.died = asyncio.Event()
    calm = await played(tmp_path / "calm", 0, after=False)
    writes = [*Mortal.kinds]
    assert sum("On l’invite" in said and "✓" not in said for said in calm["said"]) == 1
    assert sum("viennent d’adhérer" in said and "✓" not in said for said in calm["said"]) == 1
    assert sum("est finie depuis" in said and "✓" not in said for said in calm["said"]) == 1
    assert (calm["rows"]["Camille Durand"], calm["rows"]["Awa Petit"]) == ("invited", "aside")
    assert (calm["accounts"], len(calm["to Léa"])) == (["camille.durand"], 1)
    for write in sweep(writes, after=after):
        assert await played(tmp_path / f"{write}", write, after=after) == calm, f"it died at write {write}"
