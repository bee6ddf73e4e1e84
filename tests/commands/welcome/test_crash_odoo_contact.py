"""The process dies at every kind of write of a welcome that makes a contact in Odoo, of a departure and when that is
called off: one contact, one account, one mail, and what was written down of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.services.directory import DIRECTORY
from bot.services.odoo import ODOO, TAG
from integrations.odoo import Odoo
from tests.commands.welcome.test_crash_welcome import ANNE, BOB, ZOE, Mortal, World
from tests.servers import odoo
from tests.servers.nextcloud import StandIn
from tests.stage.stage import Stage
from tests.tiers import Sweep

KEY, LEA = "q7Xw2-cle", "lea@exemple.fr"
SHORTER = 2  # writes by which a play may be, as this or that is quicker


class WithOdoo(World):
    def __init__(self, path: Path, server: odoo.Odoo, url: str) -> None:
        cloud = StandIn()  # where nothing is asked, and nothing made
        cloud.add_account("concierge")
        super().__init__(path, cloud)
        self.odoo, self.url = server, url

    async def begin(self) -> None:
        client = Odoo(self.url, self.odoo.database, KEY, tag=TAG, wanted="portal")
        services = Services({DIRECTORY: self.directory, ODOO: client})
        self.stage = await Stage.open(self.path, services, self.matrix, self.clock, Mortal)

    async def end(self) -> None:
        await super().end()
        await self.stage.services[ODOO].close()

    async def made(self) -> dict[str, Any]:
        return await super().made() | {"odoo": self.odoo.records, "odoo mails": self.odoo.mails}


@asynccontextmanager
async def world(path: Path) -> AsyncIterator[WithOdoo]:
    server = odoo.Odoo()
    server.add_account("bot", KEY, email="bot@exemple.fr", manages=True)
    server.add_contact("Zoé Martin", "zoe@exemple.fr", active=False)
    server.add_contact("Zoé M.", "Zoé <zoe@exemple.fr>")
    Mortal.died = asyncio.Event()
    Mortal.dies_at(0, after=False)
    async with server.running() as url:
        there = WithOdoo(path, server, url)
        await there.begin()
        try:
            await there.furnish()
            yield there
        finally:
            await there.end()


async def comes(there: WithOdoo, email: str) -> None:
    await there.happens(there.writes(ANNE, there.office, f"!inviter Zoé Martin {email}"))
    await there.happens(there.clicks(ANNE, there.office, "✅"))
    await there.happens(there.enters(ZOE, there.direct()))
    for line in ("oui", "Réparer mon vélo", "1", "non", "oui"):
        await there.happens(there.writes(ZOE, there.direct(), line))
    await there.happens(there.clicks(BOB, there.office, "✅"))


async def one_is_made(there: WithOdoo) -> None:
    await comes(there, "autre@exemple.fr")


async def one_is_chosen_and_goes_and_comes_back(there: WithOdoo) -> None:
    await comes(there, "zoe@exemple.fr")
    await there.happens(there.clicks(BOB, there.office, "1️⃣"))
    for line in ("!départ zoé", "tout de suite", "oui"):
        await there.happens(there.writes(ANNE, there.office, line))
    await there.passes(0.1)
    for line in ("!départ annuler zoé", "oui"):
        await there.happens(there.writes(ANNE, there.office, line))


async def played(
    path: Path, deadly: int, after: bool, play: Any
) -> tuple[dict[str, Any], dict[str, Any], list[str], bool]:
    async with world(path) as there:
        Mortal.dies_at(deadly, after=after)
        await play(there)
        kinds, died = [*Mortal.kinds], not Mortal.deadly
        return there.seen(), await there.made(), kinds, died


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("play", [one_is_made, one_is_chosen_and_goes_and_comes_back])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool, play: Any) -> None:
    seen, made, kinds, _ = await played(tmp_path / "alive", 0, after, play)
    told = [(row["name"], row["active"], row["category_id"]) for row in made["odoo"]["res.partner"].values()][1:]
    assert told[:2] == (
        [("Zoé Martin", play is not one_is_made, [1] * (play is not one_is_made)), ("Zoé M.", True, [])]
    )
    assert [user["active"] for user in made["odoo"]["res.users"].values()] == [True, True]
    assert len(made["odoo mails"]) == 1
    assert len(kinds) > 60
    alive = 0
    for write in sweep(kinds, after=after, to_the_end=True):
        found, there, _, died = await played(tmp_path / str(write), write, after, play)
        assert made == there, f"death {'after' if after else 'before'} write {write}"
        assert seen == found, f"death {'after' if after else 'before'} write {write}"
        alive += not died
    assert alive <= SHORTER, "nobody died at so many writes"
