"""The real servers that tests may ask for: `synapse` is started once for a run, the others once for each worker."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.servers import chromium as debian
from tests.servers import wordpress as debian_s_wordpress
from tests.servers.chromium import Chromium, Window
from tests.servers.federation import Federation
from tests.servers.house import House
from tests.servers.person import Person
from tests.servers.shared import SharedSynapse, shared_synapse
from tests.servers.synapse import Account, Synapse
from tests.servers.wordpress import WordPress

SHARED = pytest.StashKey[SharedSynapse]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist is about to start a worker."""
    stash = node.config.stash
    if SHARED not in stash:
        stash[SHARED] = SharedSynapse()
    node.workerinput["synapse"] = stash[SHARED].address


def pytest_unconfigure(config: pytest.Config) -> None:
    if shared := config.stash.get(SHARED, None):
        shared.end()


@pytest_asyncio.fixture(scope="session")
async def synapse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Synapse]:
    """The lieu's homeserver, the same one for all workers."""
    if address := getattr(request.config, "workerinput", {}).get("synapse"):
        yield await asyncio.to_thread(shared_synapse, address, tmp_path_factory.getbasetemp().parent / "synapse")
    else:
        async with Synapse(tmp_path_factory.mktemp("synapse")) as server:
            yield server


@pytest_asyncio.fixture(scope="session")
async def federation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Federation]:
    async with Federation(tmp_path_factory.mktemp("federation")) as federation:
        yield federation


@pytest_asyncio.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A lieu's homeserver, its SSO and their mail."""
    async with House(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest_asyncio.fixture(scope="session")
async def chromium(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chromium]:
    if reason := await asyncio.to_thread(debian.ensure_installed):
        pytest.skip(reason)
    async with Chromium(tmp_path_factory.mktemp("chromium")) as chromium:
        yield chromium


@pytest_asyncio.fixture(scope="session")
async def wordpress(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WordPress]:
    """A lieu's site, with its mail."""
    folder = tmp_path_factory.mktemp("wordpress")
    if reason := await asyncio.to_thread(debian_s_wordpress.ensure_there, folder):
        pytest.skip(reason)
    async with WordPress(folder) as site:
        yield site


@pytest_asyncio.fixture
async def open_page(chromium: Chromium) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """`await open_page(PHONE, dark=True, script=False)`: an empty page, of somebody who is gone when the test ends."""
    async with AsyncExitStack() as stack:

        async def open_page(*window: Window, **choices: bool) -> Page:
            page = await chromium.open(*window, **choices)
            stack.push_async_callback(page.context.close)
            return page

        yield open_page


@pytest.fixture
def picture(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Page, str], Awaitable[Path]]:
    """`await picture(page, "name")`: the page in its whole length, to be looked at in the folder of `--pictures`."""
    folder: Path = request.config.option.pictures or tmp_path

    async def picture(page: Page, name: str) -> Path:
        file = folder / f"{name}.png"
        await page.screenshot(path=file, full_page=True)
        return file

    return picture


@pytest_asyncio.fixture
async def person(synapse: Synapse) -> AsyncIterator[Callable[..., Awaitable[Person]]]:
    """`await person("alix")`: somebody new at the lieu's server (or `at=` another), gone when the test ends.

    Names are made unique, so that tests can share a server; `account=` is a further device of somebody known.
    """
    async with AsyncExitStack() as stack:

        async def arrive(name: str = "someone", *, at: Synapse = synapse, account: Account | None = None) -> Person:
            account = account or await at.register(f"{name}-{secrets.token_hex(4)}")
            return await stack.enter_async_context(Person(at, account))

        yield arrive
