"""A lieu with public pages, on the small stage, and the HTTP server that serves them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.app import page_parts
from bot.lieux import Lieu
from bot.web.site import Site
from tests.stage.stage import words
from tests.stage.transcript_header import Scenery, scenery

PAGES = "https://bienvenue.lieu.fr"
LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Marc",
    "salons": "Place",
    "salons ouverts": "Place",
    "comptes": "oui",
    "pages": PAGES,
}


@dataclass
class Door:
    """The pages of a lieu, as a browser asks for them."""

    scene: Scenery
    http: TestClient[web.Request, web.Application]

    async def lieu(self) -> Lieu:
        return (await self.scene.stage.bot.lieux.all())[0]

    async def newcomer(self, person: str) -> str:
        """The path of somebody's own page."""
        bot, lieu = self.scene.stage.bot, await self.lieu()
        arrival = await bot.arrivals.of_person(lieu.id, person)
        assert arrival
        return (await bot.page_addresses.of_arrival(lieu, arrival["id"])).removeprefix(PAGES)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with scenery(LIEU, tmp_path) as scene:
        site, application = Site(PAGES), web.Application()
        site.mount(application)
        site.open(page_parts(scene.stage.bot, scene.stage.matrix, words()))
        async with TestClient(TestServer(application)) as http:
            yield Door(scene, http)
