"""From the lieu's mail to the first message, by its page: a real browser, homeserver and SSO."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page

from tests.demo.actor import Line
from tests.demo.newcomers import ByMail
from tests.servers.chromium import PHONE
from tests.servers.lieu import EmbeddedLieu
from tests.servers.person import Person

from .conftest import Begin, unique


@dataclass
class ByBrowser(ByMail):
    """They click on the page, in `browser`."""

    browser: Page | None = None

    async def ask_for_password(self, line: Line) -> None:
        assert self.browser
        await self.browser.goto(self.page)
        assert await self.seen() == []
        assert "Continuer avec Le lieu" in await self.browser.get_by_role("main").inner_text()  # as Synapse tells it
        assert not [mail for mail in self.house.mails.messages if self.email in mail.to and "/reset/" in mail.text]
        await self.browser.get_by_role("button", name="Recevoir le lien par e-mail").click()
        assert "marche encore 10 minutes" in await self.browser.get_by_role("status").inner_text()

    async def arrive(self, line: Line) -> Person:
        person = await super().arrive(line)
        assert await self.seen() == ["Choisis ton mot de passe", "Ouvre la discussion"]
        return person

    async def seen(self) -> list[str]:
        """What the page says is done, asked by its own link."""
        assert self.browser
        await self.browser.get_by_role("link", name="Où en suis-je").click()
        done = self.browser.locator("li.done h2 > span:last-child")
        return [title.replace("fait", "").strip() for title in await done.all_inner_texts()]


async def test_from_the_mail_to_the_first_message(
    tmp_path: Path, begin: Begin, open_page: Callable[..., Awaitable[Page]]
) -> None:
    async with EmbeddedLieu(tmp_path, name="La Rosée") as lieu:
        await lieu.bot.start()
        page = await open_page(PHONE, script=False)
        login = unique("zoe")
        zoe = ByBrowser(lieu.house, "Zoé Martin", "zoe.martin", f"{login}@example.org", browser=page)
        play = begin(lieu, zoe)
        for name, scene in play.acts()[:-1]:
            await play.play((name, scene))
            if name == "Zoé comes":
                assert len(await zoe.seen()) == 3
        await page.get_by_role("link", name="Où en suis-je").click()
        told = await page.get_by_role("main").inner_text()
        assert "C’est fait, te voilà à La Rosée." in told
        assert await page.get_by_role("link", name="Ouvrir les fichiers").get_attribute("href") == lieu.cloud_url
        token = page.url.rpartition("/")[2]
        assert token not in lieu.bot.log.read_text()
