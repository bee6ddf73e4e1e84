"""`doctor` asks for the public pages as people do: through a proxy, which may do everything wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bot.app import page_parts
from bot.arrivals.page_addresses import KEY
from bot.operator.doctor import findings
from bot.operator.doctor.page_checks import PAGES as CHECKS
from bot.operator.doctor.sentences import say
from bot.operator.setup import setup
from bot.settings import Listen, Settings
from bot.supervision.health import Health
from bot.supervision.http_server import serve
from bot.web.site import Site
from tests.operator.test_setup import Visitor, visitor
from tests.servers.ports import free_port
from tests.servers.synapse import Synapse
from tests.stage.stage import words
from tests.stage.transcript_header import PAGE_KEY
from tests.web.door import PAGES, Door

Way = Callable[..., Awaitable[str]]


@dataclass
class Host:
    """The bot's own HTTP server, and proxies before it."""

    listen: str
    folder: Path
    stack: AsyncExitStack

    async def proxy(self, *, strips: str = "", names: bool = True, leads_to: str = "") -> str:
        """The address of a proxy that `strips` the beginning of paths, `names` who asks or not, or sends away."""

        async def pass_on(request: web.Request) -> web.Response:
            if leads_to:
                raise web.HTTPMovedPermanently(f"{leads_to}{request.raw_path}")
            named = {"X-Forwarded-For": request.remote or ""} if names else {}
            url = URL(self.listen + request.raw_path.removeprefix(strips), encoded=True)
            async with aiohttp.ClientSession() as session, session.get(url, headers=named) as answer:
                return web.Response(body=await answer.read(), status=answer.status)

        application = web.Application()
        application.router.add_get("/{path:.*}", pass_on)
        return await self.served(application)

    async def served(self, application: web.Application) -> str:
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        self.stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def element(self, config: object) -> str:
        application = web.Application()

        async def tell(_request: web.Request) -> web.Response:
            return web.json_response(config)

        application.router.add_get("/config.json", tell)
        return await self.served(application)

    async def said(self, url: str, client: str = "", **more: Any) -> dict[str, str]:
        told = {
            "MATRIX_HOMESERVER": "https://matrix.lieu.fr",
            "MATRIX_USER": "@conciergerie:lieu.fr",
            "MATRIX_PASSWORD": "p",
            "DATA_DIR": str(self.folder),
            "HTTP_LISTEN": "127.0.0.1:8009",
            "PUBLIC_URL": url,
            "CLIENT_URL": client,
            **more,
        }
        said = map(say, await findings(Settings.load(told, None), checks=CHECKS))
        return {f"{one.sign} {one.title}": one.words for one in said}


@pytest.fixture
async def host(door: Door, tmp_path: Path) -> AsyncIterator[Host]:
    site, health = Site(PAGES, words()), Health()
    health.synced()
    site.open(page_parts(door.scene.stage.bot, door.scene.stage.matrix, site))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / KEY).write_bytes(PAGE_KEY)
    async with AsyncExitStack() as stack, serve(health, Listen("127.0.0.1", 0), site.mount) as port:
        yield Host(f"http://127.0.0.1:{port}", tmp_path / "data", stack)


async def test_a_proxy_that_does_its_work(host: Host) -> None:
    url = await host.proxy()
    assert await host.said(url) == {
        "✓ public pages": "show nothing of what is inside",
        "✓ proxy": "127.0.0.1 is believed when it says who asks",
        "· Element": "people must choose lieu.fr there by hand: an Element of your own (CLIENT_URL) spares them that",
    }


async def test_a_proxy_that_takes_the_path_apart(host: Host) -> None:
    said = await host.said(await host.proxy(strips="/proof"))
    assert "leave the path as it is" in said["✗ public pages"]


async def test_a_proxy_that_keeps_silent_about_who_asks_shows_what_is_inside(host: Host) -> None:
    said = await host.said(await host.proxy(names=False))
    assert "/health, /metrics" in said["✗ public pages"]
    assert "X-Forwarded-For" in said["· proxy"]


async def test_a_proxy_that_sends_away(host: Host) -> None:
    said = await host.said(await host.proxy(leads_to="https://elsewhere.lieu.fr"))
    assert "sends on to https://elsewhere.lieu.fr" in said["✗ public pages"]


async def test_nobody_there(host: Host) -> None:
    assert "nothing answers" in (await host.said(f"http://127.0.0.1:{free_port()}"))["✗ public pages"]


async def test_another_bot_there(host: Host) -> None:
    url = await host.proxy()
    (host.folder / KEY).write_bytes(b"of another bot")
    assert "not by this bot" in (await host.said(url))["✗ public pages"]


async def test_before_the_first_start(host: Host) -> None:
    (host.folder / KEY).unlink()
    said = await host.said("https://bienvenue.lieu.fr")
    assert "once the bot has started" in said["· public pages"]
    assert not (host.folder / KEY).exists(), "looking makes nothing"


async def test_secrets_do_not_go_in_clear(host: Host) -> None:
    (host.folder / KEY).unlink()
    found = map(say, await findings(_settings(host, "http://bienvenue.lieu.fr"), checks=CHECKS[:1]))
    assert [one.sign for one in found] == ["✗"]


def _settings(host: Host, url: str) -> Settings:
    told = {"MATRIX_HOMESERVER": "https://m.lieu.fr", "MATRIX_USER": "@c:lieu.fr", "MATRIX_PASSWORD": "p"}
    return Settings.load(told | {"DATA_DIR": str(host.folder), "HTTP_LISTEN": "[::1]:1", "PUBLIC_URL": url}, None)


@pytest.mark.parametrize(
    ("config", "sign"),
    [
        ({"default_server_config": {"m.homeserver": {"base_url": "https://matrix.lieu.fr/"}}}, "✓"),
        ({"default_server_config": {"m.homeserver": {"server_name": "lieu.fr", "base_url": "https://x"}}}, "✓"),
        ({"default_server_name": "lieu.fr"}, "✓"),
        ({"default_server_config": {"m.homeserver": {"base_url": "https://matrix-client.matrix.org"}}}, "✗"),
        ({"default_server_config": ["?"], "default_server_name": 7}, "✗"),
        (["not", "a", "configuration"], "✗"),
    ],
)
async def test_where_the_lieus_element_signs_in(host: Host, config: object, sign: str) -> None:
    said = await host.said(await host.proxy(), await host.element(config))
    assert f"{sign} Element" in said


@pytest.mark.parametrize(("straight", "told"), [(True, False), (False, True)])
async def test_an_element_that_shows_a_form_first_is_told(host: Host, straight: bool, told: bool) -> None:
    config = {"default_server_name": "lieu.fr", "sso_redirect_options": {"immediate": straight}}
    said = await host.said(await host.proxy(), await host.element(config))
    assert ("sso_redirect_options" in said.get("· Element", "")) is told


async def test_setup_asks_for_all_that_pages_need(synapse: Synapse, tmp_path: Path) -> None:
    name = f"bot-{free_port()}"
    await synapse.register(name)
    answers: dict[str, Any] = {
        "have public pages": True,
        "people find them": ["http://bienvenue.lieu.fr", "https://bienvenue.lieu.fr"],
        "the proxy's address": "10.0.0.2",
        "change these": [True],
    }
    person: Visitor = visitor(synapse, name, tmp_path, **answers)
    await setup(tmp_path / "bot.env", person)
    kept = Settings.load({}, tmp_path / "bot.env")
    assert kept.pages.public_url == "https://bienvenue.lieu.fr"
    assert kept.http_listen == Listen("127.0.0.1", 8009)
    assert [str(proxy) for proxy in kept.pages.proxies] == ["10.0.0.2/32"]
    assert any("its links are secrets" in words for words in person.read)


async def test_without_pages_what_serves_health_is_kept(synapse: Synapse, tmp_path: Path) -> None:
    name = f"bot-{free_port()}"
    await synapse.register(name)
    person = visitor(synapse, name, tmp_path, **{"health and metrics": "127.0.0.1:9000", "have public pages": False})
    await setup(tmp_path / "bot.env", person)
    assert Settings.load({}, tmp_path / "bot.env").http_listen == Listen("127.0.0.1", 9000)
