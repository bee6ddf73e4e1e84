"""A real browser for the public pages: Debian's Chromium, without a window, driven by Playwright.

It reaches loopback alone: a page that asks anything of anybody else does without.
"""

from __future__ import annotations

import asyncio
import io
import os
from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright
from pypdf import PdfReader

from tests.servers import apt

BINARY = Path("/usr/bin/chromium")
PACKAGES = "chromium", "fonts-dejavu-core", "fonts-noto-color-emoji"
# Playwright adds what else keeps a browser quiet: no sandbox (root cannot have one), no first run, no updates, no sync.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
PHONE_BROWSER = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"
PATIENCE = 30_000.0  # milliseconds


@dataclass(frozen=True, slots=True)
class Window:
    """Its size in CSS pixels; a finger goes with a phone, and the name by which its browser tells that it is one."""

    name: str
    width: int
    height: int
    is_phone: bool = False


NARROW, PHONE, DESK = Window("narrow", 320, 640), Window("phone", 390, 844, True), Window("desk", 1280, 800)
WINDOWS = NARROW, PHONE, DESK


def ensure_installed() -> str:
    """Why there is no Chromium, empty where there is one. As root on Debian it is installed."""
    return apt.ensure_installed(BINARY, *PACKAGES, lacking="the tests of pages in a browser")


class Chromium:
    """`async with Chromium(folder) as chromium:` one browser, with a new profile, and this folder for its home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __aenter__(self) -> Chromium:
        self._playwright = await async_playwright().start()
        self._browser: Browser = await self._playwright.chromium.launch(
            executable_path=BINARY, args=FLAGS, env=os.environ | {"HOME": str(self._folder)}
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._browser.close()
        await self._playwright.stop()

    async def open(self, window: Window = DESK, *, dark: bool = False, script: bool = True) -> Page:
        """An empty page of somebody who was never here and reads French; close its `context` afterwards."""
        context = await self._browser.new_context(
            viewport={"width": window.width, "height": window.height},
            is_mobile=window.is_phone,
            has_touch=window.is_phone,
            user_agent=PHONE_BROWSER if window.is_phone else None,
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            locale="fr-FR",
            timezone_id="Europe/Paris",
        )
        context.set_default_timeout(PATIENCE)
        return await context.new_page()


async def assert_accessible(page: Page) -> None:
    """Fails with what axe-core has to say against the page as it is shown now. The page needs its scripts allowed."""
    found = await Axe().run(page)
    assert not found.violations_count, f"{page.url}\n{found.generate_report()}"


async def assert_fits(page: Page) -> None:
    """Fails where the page must be pushed sideways to be read."""
    wide, seen = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen, f"{page.url} is {wide} pixels wide, and the window {seen}"


async def complaints(page: Page) -> list[str]:
    """What the browser held against the page: refused styles or scripts, what was not found, errors of scripts."""
    said = [message.text for message in await page.console_messages() if message.type in ("warning", "error")]
    return said + [str(error) for error in await page.page_errors()]


async def printed(page: Page) -> list[str]:
    """The text of each sheet of A4."""
    sheets = io.BytesIO(await page.pdf(format="A4"))
    return await asyncio.to_thread(lambda: [sheet.extract_text() for sheet in PdfReader(sheets).pages])
