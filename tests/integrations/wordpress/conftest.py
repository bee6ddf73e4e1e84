"""The same site twice: a real one, and the stand-in on which conversations are played; and a bad line to either."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from integrations.wordpress import WordPress
from tests.integrations.trouble import Trouble
from tests.servers import wordpress as real
from tests.servers.wordpress import Written
from tests.stage.memory_wordpress import PASSWORD, URL, USER, MemoryWordPress


@dataclass
class Site:
    """`wordpress` is what is tested, through a line that is bad on demand (`trouble`). The rest is what whoever
    administers it does by hand: `adds(login, email, role)`, `writes(author, kind, status)`, `written(id, kind)`."""

    wordpress: WordPress
    trouble: Trouble
    adds: Callable[[str, str, str], Awaitable[str]]
    writes: Callable[..., Awaitable[str]]
    written: Callable[..., Awaitable[Written]]

    async def has(self, role: str) -> str:
        """An account that the bot made."""
        name = fresh()
        return (await self.wordpress.accounts.make([name], f"{name}@exemple.fr", "Zoé", role))["id"]

    def asked(self, method: str) -> list[str]:
        return [request.url.path for request in self.trouble.seen if request.method == method]


def fresh(name: str = "zoe") -> str:
    """Nobody's: the real site is shared by tests."""
    return f"{name}-{secrets.token_hex(4)}"


@pytest.fixture(params=["stand-in", pytest.param("real", marks=pytest.mark.full)])
def made(request: pytest.FixtureRequest) -> Site:
    return _real(request.getfixturevalue("wordpress")) if request.param == "real" else _standing_in(MemoryWordPress())


@pytest.fixture
async def site(made: Site) -> AsyncIterator[Site]:
    yield made
    await made.wordpress.close()


def _real(server: real.WordPress) -> Site:
    trouble = Trouble()
    way_in = WordPress(server.url, real.BOT, server.password, transport=trouble)
    return Site(way_in, trouble, server.adds, server.writes, server.written)


def _standing_in(memory: MemoryWordPress) -> Site:
    async def adds(login: str, email: str, role: str) -> str:
        return str(memory.add(login, email, role).id)

    async def writes(author: str, kind: str = "posts", status: str = "publish") -> str:
        return str(memory.write(memory.accounts[int(author)], kind, status).id)

    async def written(id: str, kind: str = "posts") -> Written:
        return Written(memory.articles[int(id)].author, memory.articles[int(id)].status)

    trouble = Trouble(memory)
    return Site(WordPress(URL, USER, PASSWORD, transport=trouble), trouble, adds, writes, written)
