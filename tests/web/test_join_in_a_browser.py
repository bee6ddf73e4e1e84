"""The form « Demander à venir » as people see it: without scripts, by the keyboard, on a narrow screen, at night."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.servers.chromium import DESK, NARROW, PHONE, Window, assert_accessible, assert_fits, complaints
from tests.stage.transcript_header import scenery
from tests.web.test_join import ASKING, Asking

OpenPage = Callable[..., Awaitable[Page]]
Picture = Callable[[Page, str], Awaitable[Path]]
REFUSED = ("404", "422", "429")  # what the page says, the browser's console says too


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Asking]:
    async with scenery(ASKING, tmp_path) as scene:
        yield Asking(scene)


def url(asking: Asking, address: str) -> str:
    return str(asking.visitor.http.make_url(address.removeprefix("https://bienvenue.lieu.fr")))


async def fill(asking: Asking, page: Page, name: str, email: str, word: str = "") -> None:
    """From field to field with the keyboard, as the labels say."""
    await page.goto(url(asking, await asking.page()))
    asking.stage.clock.at += 20_000
    await page.get_by_label("Ton prénom").focus()
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.type(email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(word)
    await page.keyboard.press("Tab")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await asking.stage.settle()


async def nothing_is_said_against(page: Page) -> None:
    await assert_accessible(page)
    await assert_fits(page)
    assert [said for said in await complaints(page) if not any(code in said for code in REFUSED)] == []


@pytest.mark.quick
@pytest.mark.parametrize("window", [NARROW, DESK], ids=lambda window: window.name)
async def test_somebody_asks_to_come_without_any_script(
    asking: Asking, open_page: OpenPage, picture: Picture, window: Window
) -> None:
    page = await open_page(window, script=False)
    await fill(asking, page, "Zoé", "zoe@exemple.fr", "Bonjour !")
    assert await page.get_by_role("heading", level=1).inner_text() == "Regarde tes e-mails"
    await page.goto(url(asking, asking.link()))
    await picture(page, f"join-confirm-{window.name}")
    await page.get_by_role("button").click()
    await page.get_by_text("Merci Zoé").wait_for()
    await asking.stage.settle()
    assert len(asking.cards) == 1
    assert "Bonjour !" in asking.cards[0]


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("window", [NARROW, PHONE, DESK], ids=lambda window: window.name)
async def test_nothing_is_said_against_any_step(
    asking: Asking, open_page: OpenPage, picture: Picture, window: Window, dark: bool
) -> None:
    page, anne = await open_page(window, dark=dark), asking.scene.people["Anne"]

    async def look(step: str) -> None:
        await picture(page, f"join-{step}-{window.name}{'-night' if dark else ''}")
        await nothing_is_said_against(page)

    await page.goto(url(asking, await asking.page()))
    assert not await page.get_by_label("Laisse ce champ vide").is_visible()
    await look("form")
    await fill(asking, page, "12", "zoe@")
    await look("problems")
    assert await page.get_by_label("Ton e-mail").input_value() == "zoe@"
    await fill(asking, page, "Zoé", "zoe@gmial.com", "Je fais du pain.")
    await look("mistyped")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Oui, zoe@gmail.com").click()
    await asking.stage.settle()
    await look("asked")
    assert asking.mail_server.mails[-1].to == ("zoe@gmail.com",)
    await page.goto(url(asking, asking.link()))
    await look("confirm")
    await page.get_by_role("button").click()
    await page.get_by_text("Merci Zoé").wait_for()
    await look("waits")
    await asking.stage.click(anne, asking.office, "❓")
    for line in ("Tu habites le quartier ?", "oui"):
        await asking.stage.write(anne, asking.office, line)
    await page.goto(url(asking, asking.link()))
    async with page.expect_navigation():
        await page.get_by_role("button").click()
    await look("question")
    await page.get_by_label("Ta réponse").fill("Oui, rue des Lilas.")
    await page.get_by_role("button").click()
    await page.get_by_text("Merci Zoé").wait_for()
    await asking.stage.settle()
    await asking.stage.click(anne, asking.office, "✅")
    await page.reload()
    await look("decided")
    await page.goto(url(asking, f"{await asking.page()}/demande/1-{'a' * 24}"))
    await look("gone")
    await asking.stage.bot.lieux.choose((await asking.lieu()).id, form_closed=True)
    await page.goto(url(asking, await asking.page()))
    await look("closed")
