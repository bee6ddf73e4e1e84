"""Whole lieux, with the bot as its own process."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.demo.newcomers import ByMail, Newcomer
from tests.demo.place import Place
from tests.demo.play import Play
from tests.servers.lieu import EmbeddedLieu, Lieu
from tests.servers.slapd import Slapd, ensure_installed
from tests.servers.synapse import Synapse

Open = Callable[..., Awaitable[Lieu]]
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


def unique(name: str) -> str:
    """Servers are shared by tests."""
    return f"{name}-{secrets.token_hex(4)}"


def somebody(lieu: EmbeddedLieu) -> ByMail:
    """A newcomer with an e-mail and a family name of their own."""
    name = "".join(secrets.choice("abcdefghij") for _ in range(8))
    return ByMail(lieu.house, f"Zoé {name.title()}", f"zoe.{name}", f"{name}@example.org")
