"""A lieu with public pages, on the small stage, and the HTTP server that serves them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientResponse

from bot.lieux import Lieu
from bot.store.arrivals import Arrival
from tests.servers.chromium import PHONE_BROWSER
from tests.stage.transcript_header import Scenery, scenery
from tests.stage.visitor import Http

PAGES = "https://bienvenue.lieu.fr"
ZOE = "@zoe.martin:lieu.fr"
LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Marc",
    "salons": "Place",
    "salons ouverts": "Place",
    "comptes": "oui",
    "pages": PAGES,
}
ON_PHONE = {"User-Agent": PHONE_BROWSER}


@dataclass
class Door:
    """The pages of a lieu, as a browser asks for them."""

    scene: Scenery
    http: Http

    async def lieu(self) -> Lieu:
        return (await self.scene.stage.bot.lieux.all())[0]

    async def lieu_path(self) -> str:
        return urlsplit(await self.scene.stage.bot.page_addresses.of_lieu(await self.lieu())).path

    async def arrival(self, person: str = ZOE) -> Arrival:
        arrival = await self.scene.stage.bot.arrivals.of_person((await self.lieu()).id, person)
        assert arrival
        return arrival

    async def newcomer(self, person: str = ZOE) -> str:
        """The path of somebody's own page."""
        id = (await self.arrival(person))["id"]
        return urlsplit(await self.scene.stage.bot.page_addresses.of_arrival(await self.lieu(), id)).path

    async def office_says(self, *lines: str) -> None:
        office = self.scene.rooms["Conciergerie"].room_id
        for line in lines:
            await self.scene.stage.write(self.scene.people["Anne"], office, line)

    async def invite(self, line: str = "Zoé Martin zoe@exemple.fr", person: str = ZOE) -> str:
        """Anne invites somebody; the path of their page. The directory's own mail has gone out by then."""
        self.scene.stage.world.nobodys.add(person)
        await self.office_says(f"!inviter {line}", "oui")
        return await self.newcomer(person)

    async def sign_in(self, person: str = ZOE) -> None:
        """They have been on Matrix."""
        self.scene.stage.world.nobodys.discard(person)
        self.scene.stage.world.signed_in.add(person)

    async def accept(self, person: str = ZOE) -> None:
        """They accept the invitation of the bot."""
        await self.sign_in(person)
        await self.scene.stage.enter(person, str((await self.arrival(person))["room_id"]))

    async def becomes(self, status: str, person: str = ZOE) -> None:
        await self.scene.stage.bot.arrivals.change((await self.arrival(person))["id"], status=status)

    async def read(self, path: str, **headers: str) -> str:
        response = await self.http.get(path, headers=headers)
        assert response.status == 200, path
        return await response.text()

    async def press(self, path: str, **headers: str) -> ClientResponse:
        return await self.http.post(path, headers={"Sec-Fetch-Site": "same-origin", **headers})

    @property
    def mails(self) -> list[str]:
        """To whom the directory has sent a link."""
        assert self.scene.directory
        return self.scene.directory.mails


async def open_door_of(stack: AsyncExitStack, header: Mapping[str, str], folder: Path) -> Door:
    """The pages of a lieu that is as the header of a transcript says, until the stack is closed."""
    scene = await stack.enter_async_context(scenery(header, folder))
    assert scene.visitor
    return Door(scene, scene.visitor.http)


@pytest.fixture
async def open_door(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Door]]]:
    """`await open_door(comptes="non")`: a lieu whose header is changed so."""
    async with AsyncExitStack() as stack:

        async def open_door(**changes: str) -> Door:
            header = {**LIEU, **{name.replace("_", " "): value for name, value in changes.items()}}
            return await open_door_of(stack, header, tmp_path)

        yield open_door


@pytest.fixture
async def door(open_door: Callable[..., Awaitable[Door]]) -> Door:
    return await open_door()
