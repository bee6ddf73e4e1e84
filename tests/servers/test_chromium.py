"""The browser in which public pages are tried must see what is wrong with a page, and leave nothing behind."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image
from playwright.async_api import Page

from tests.servers.chromium import (
    DESK,
    NARROW,
    PHONE,
    WINDOWS,
    Chromium,
    Window,
    assert_accessible,
    assert_fits,
    complaints,
    printed,
)

ROOT = Path(__file__).parents[2]
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.servers.chromium import Chromium
from tests.servers.test_chromium import profiles

async def main():
    async with Chromium(Path(sys.argv[1])) as chromium:
        await chromium.open()
        print(*profiles(Path(sys.argv[1])), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
OpenPage = Callable[..., Awaitable[Page]]

STYLE = "body { color: #222; background: #fff } @media (prefers-color-scheme: dark) { body { background: #000 } }"
HEAD = f"""<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>La Rosée</title>
<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>"""
GOOD = f"""{HEAD}<body><main><h1>La Rosée ✅</h1><p id="word">Bonjour.</p>
<label>Prénom <input></label></main><script>word.textContent = "Bonjour, script."</script></body></html>"""
BAD = f"""{HEAD}<body><main><h1>La Rosée</h1><input id="prenom"><p style="color: #ccc">Bonjour.</p>
<div style="width: 900px">trop large</div><img src="http://example.org/a.png" alt=""></main></body></html>"""
PAGES = {"good": GOOD, "bad": BAD}


async def _page(request: web.Request) -> web.Response:
    return web.Response(text=PAGES.get(request.match_info["name"], ""), content_type="text/html")


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_get("/{name}", _page)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: window.name)
async def test_nothing_is_said_against_a_page_that_is_right(site: str, open_page: OpenPage, window: Window) -> None:
    page = await open_page(window)
    await page.goto(f"{site}/good")
    await assert_accessible(page)
    await assert_fits(page)
    assert await complaints(page) == []


async def test_what_is_wrong_with_a_page_is_named(site: str, open_page: OpenPage) -> None:
    page = await open_page(NARROW)
    await page.goto(f"{site}/bad")
    with pytest.raises(AssertionError, match=r"(?s)color-contrast.*label.*#prenom"):
        await assert_accessible(page)
    with pytest.raises(AssertionError, match="and the window 320"):
        await assert_fits(page)


async def test_the_night_is_seen_by_its_contrasts(site: str, open_page: OpenPage) -> None:
    page = await open_page(DESK, dark=True)
    await page.goto(f"{site}/good")
    with pytest.raises(AssertionError, match="color-contrast"):
        await assert_accessible(page)


async def test_nothing_outside_is_reached(site: str, open_page: OpenPage) -> None:
    page = await open_page()
    await page.goto(f"{site}/bad")
    assert "net::ERR_NAME_NOT_RESOLVED" in " ".join(await complaints(page))


async def test_a_browser_without_scripts_runs_none(site: str, open_page: OpenPage) -> None:
    words = []
    for script in (True, False):
        page = await open_page(PHONE, script=script)
        await page.goto(f"{site}/good")
        words.append(await page.locator("#word").inner_text())
    assert words == ["Bonjour, script.", "Bonjour."]


async def test_what_is_printed_can_be_read(site: str, open_page: OpenPage) -> None:
    page = await open_page()
    await page.goto(f"{site}/good")
    (sheet,) = await printed(page)
    assert "Bonjour, script." in sheet


async def test_a_picture_shows_the_window(
    site: str, open_page: OpenPage, picture: Callable[[Page, str], Awaitable[Path]]
) -> None:
    page = await open_page(PHONE)
    await page.goto(f"{site}/good")
    with Image.open(await picture(page, "chromium-phone")) as shown:
        assert shown.size == (PHONE.width, PHONE.height)
        assert len(shown.convert("RGB").getcolors(2**20)) > 10


@pytest.mark.usefixtures("chromium")  # it installs the browser
async def test_nothing_runs_on_and_nothing_lies_about(tmp_path: Path) -> None:
    async with Chromium(tmp_path) as another:
        page = await another.open()
        await page.set_content(GOOD)
        assert len(_processes(tmp_path)) > 1
        (profile,) = profiles(tmp_path)
        assert profile.exists()
    assert _processes(tmp_path) == []
    assert not profile.exists()


@pytest.mark.usefixtures("chromium")  # it installs the browser
async def test_a_browser_ends_with_whoever_started_it(tmp_path: Path) -> None:
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(tmp_path), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    (profile, _) = await killed.communicate()
    async with asyncio.timeout(30):
        while _processes(tmp_path) or Path(profile.decode().strip()).exists():
            await asyncio.sleep(0.05)


def profiles(home: Path) -> set[Path]:
    """Where a browser with this home keeps what it is told."""
    return {Path(found) for line in _processes(home) for found in re.findall(r"--user-data-dir=(\S+)", line)}


def _processes(home: Path) -> list[str]:
    """What runs with this folder as its own."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"HOME={home}\0".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found
