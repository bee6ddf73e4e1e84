"""Whole lieux, with the bot as its own process."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.demo.newcomers import ByMail, Newcomer
from tests.demo.place import Place
from tests.demo.play import Play
from tests.servers.federation import Federation
from tests.servers.keycloak_house import KeycloakHouse
from tests.servers.lieu import EmbeddedLieu, Lieu
from tests.servers.slapd import Slapd, ensure_installed
from tests.servers.synapse import Synapse

from .network import Two, meet

Open = Callable[..., Awaitable[Lieu]]
Settle = Callable[[str, Lieu], Awaitable[Place]]
Begin = Callable[[Lieu, Newcomer], Play]


def untold(room: str, who: str, what: str) -> None:
    """Nobody watches these plays."""


@pytest.fixture(scope="session")
async def sso_lieu(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedLieu]:
    """Synapse, Canaille and its mails, a Nextcloud of today; and the bot, running."""
    async with EmbeddedLieu(tmp_path_factory.mktemp("lieu"), name="La Rosée") as lieu:
        await lieu.bot.start()
        yield lieu


@pytest.fixture(scope="session")
async def place(sso_lieu: EmbeddedLieu) -> AsyncIterator[Place]:
    """Anne's lieu, which can welcome."""
    place = Place(sso_lieu, untold, unique("anne"))
    try:
        await place.prepare()
        await place.install()
        yield place
    finally:
        await place.end()


@pytest.fixture(scope="session")
async def keycloak_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KeycloakHouse]:
    """A homeserver, a Keycloak through which people sign in there, and the lieu's mail."""
    async with KeycloakHouse(tmp_path_factory.mktemp("keycloak-house")) as house:
        yield house


@pytest.fixture
async def open_lieu(tmp_path: Path) -> AsyncIterator[Open]:
    """`await open_lieu(synapse, cloud=…, accounts=…)`: a further lieu on this homeserver, its bot running."""
    async with AsyncExitStack() as stack:

        async def open(synapse: Synapse, **services: Any) -> Lieu:
            name = unique("conciergerie")
            lieu = await stack.enter_async_context(Lieu(tmp_path / name, synapse, bot_name=name, **services))
            await lieu.bot.start()
            return lieu

        yield open


@pytest.fixture
async def rosee(synapse: Synapse, open_lieu: Open) -> AsyncIterator[Place]:
    """Anne's lieu, on a homeserver alone."""
    place = Place(await open_lieu(synapse), untold, unique("anne"))
    try:
        await place.prepare()
        await place.install()
        yield place
    finally:
        await place.end()


@pytest.fixture
async def settle() -> AsyncIterator[Settle]:
    """`await settle("La Rosée", lieu)`: Anne's place, without a room, installed; a bot may serve several."""
    async with AsyncExitStack() as stack:

        async def settle(name: str, lieu: Lieu) -> Place:
            place = Place(lieu, untold, unique("anne"), name, rooms=())
            stack.push_async_callback(place.end)
            await place.prepare()
            await place.install()
            return place

        yield settle


@pytest.fixture
async def two(federation: Federation, open_lieu: Open, settle: Settle) -> Two:
    """La Rosée and Le Moulin, on two homeservers."""
    lieux = await asyncio.gather(open_lieu(federation.here), open_lieu(federation.there))
    two = Two(*await asyncio.gather(*map(settle, ("La Rosée", "Le Moulin"), lieux)))
    await meet(two.rosee, two.moulin)
    return two


@pytest.fixture
async def slapd(tmp_path: Path) -> AsyncIterator[Slapd]:
    if absent := ensure_installed():
        pytest.skip(absent)
    async with Slapd(tmp_path / "slapd") as server:
        yield server


@pytest.fixture
async def begin() -> AsyncIterator[Begin]:
    """`begin(lieu, newcomer)`: a play, whose people close their clients when the test ends."""
    async with AsyncExitStack() as stack:

        def play(lieu: Lieu, newcomer: Newcomer) -> Play:
            play = Play(lieu, newcomer, untold, unique("anne"))
            stack.push_async_callback(play.end)
            return play

        yield play


LETTERS = str.maketrans("0123456789", "ghijklmnop")


def unique(name: str) -> str:
    """Servers are shared by tests. In letters alone: no figure of a name enters a username."""
    return f"{name}-{secrets.token_hex(4).translate(LETTERS)}"


def somebody(lieu: EmbeddedLieu) -> ByMail:
    """A newcomer with an e-mail and a family name of their own."""
    name = "".join(secrets.choice("abcdefghij") for _ in range(8))
    return ByMail(lieu.house, f"Zoé {name.title()}", f"zoe.{name}", f"{name}@example.org")
