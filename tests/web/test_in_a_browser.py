"""Every page and state of it as people see it: in each window, by day and by night, without scripts, on paper."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, Request, Route

from bot.matrix.facts import SignIn
from tests.servers.chromium import DESK, NARROW, PHONE, Window, assert_accessible, assert_fits, complaints, printed
from tests.web.door import PAGES, ZOE, Door

OpenDoor = Callable[..., Awaitable[Door]]
OpenPage = Callable[..., Awaitable[Page]]
Picture = Callable[[Page, str], Awaitable[Path]]
State = Callable[[OpenDoor], Awaitable[tuple[Door, str]]]

LONG = "Maison de la citoyenneté, du numérique et de l’Économie-Sociale-et-Solidaire-du-Pays-de-Châteaubriant"
HOURS = "lundi 9 h – 12 h 30, du mardi au vendredi 9 h – 18 h\nsamedi 10 h – 17 h"
NOTE = "La sonnette est à gauche, sous la glycine."
ELSEWHERE = "renater, franceconnect, cnam: mon compte du Conservatoire-national-des-arts-et-métiers"
LOOKS = (NARROW, False), (PHONE, True), (DESK, False), (DESK, True)


async def invited(open_door: OpenDoor) -> tuple[Door, str]:
    door = await open_door()
    return door, await door.invite()


async def invited_to_own_element(open_door: OpenDoor) -> tuple[Door, str]:
    door = await open_door(client="https://element.lieu.fr", vous="oui")
    return door, await door.invite()


async def invited_with_another_account(open_door: OpenDoor) -> tuple[Door, str]:
    door = await open_door(**{"comptes d’ailleurs": ELSEWHERE})
    return door, await door.invite()


async def invited_to_several_buttons(open_door: OpenDoor) -> tuple[Door, str]:
    named = {"comptes d’ailleurs": ELSEWHERE, "boutons du serveur": "oui"}
    door = await open_door(client="https://element.lieu.fr", vous="oui", **named)
    buttons = ["Le comptoir", "Compte universitaire", "FranceConnect"]
    door.scene.stage.matrix.sign_in = SignIn(sso=True, password=False, providers=buttons)
    return door, await door.invite()


async def invited_to_the_homeserver(open_door: OpenDoor) -> tuple[Door, str]:
    door = await open_door(comptes="sur la messagerie", autres="Zoé @zoe.martin:lieu.fr")
    return door, await door.invite()


async def too_late_for_a_password(open_door: OpenDoor) -> tuple[Door, str]:
    door, path = await invited_to_the_homeserver(open_door)
    door.scene.stage.clock.at += 15 * 86_400_000
    return door, path


async def with_a_password(open_door: OpenDoor) -> tuple[Door, str]:
    door, path = await invited_to_the_homeserver(open_door)
    chosen = dict.fromkeys(("password", "again"), "trois chats dorment")
    await door.http.post(path, data=chosen, headers={"Sec-Fetch-Site": "same-origin"})
    return door, path


async def away(open_door: OpenDoor) -> tuple[Door, str]:
    door, path = await invited(open_door)
    door.scene.stage.matrix.down = True
    return door, path


async def signed_in(open_door: OpenDoor) -> tuple[Door, str]:
    door, path = await invited(open_door)
    await door.sign_in()
    return door, path


async def answering(open_door: OpenDoor) -> tuple[Door, str]:
    door, path = await invited(open_door)
    await door.accept()
    return door, path


async def welcomed(open_door: OpenDoor) -> tuple[Door, str]:
    door = await open_door(nextcloud="oui")
    path = await door.invite()
    await door.accept()
    await door.becomes("welcomed")
    return door, path


async def over(open_door: OpenDoor) -> tuple[Door, str]:
    door, path = await invited(open_door)
    await door.becomes("declined")
    return door, path


async def lieu(open_door: OpenDoor) -> tuple[Door, str]:
    door = await open_door(lieu=LONG)
    own = await door.lieu()
    door.scene.space.topic = "Un atelier partagé, un café et un jardin, au bord de la rivière."
    await door.scene.stage.bot.lieux.choose(
        own.id, hours=HOURS, hours_note="La sonnette est à gauche, sous la glycine."
    )
    return door, await door.lieu_path()


async def lieu_without_accounts(open_door: OpenDoor) -> tuple[Door, str]:
    door = await open_door(comptes="non", adresse="#rosee:lieu.fr", on_frappe="oui")
    return door, await door.lieu_path()


async def home(open_door: OpenDoor) -> tuple[Door, str]:
    return await open_door(), "/"


async def nothing(open_door: OpenDoor) -> tuple[Door, str]:
    return await open_door(), "/il-n-y-a-rien-ici"


STATES: tuple[State, ...] = (
    *(invited, invited_to_own_element, invited_with_another_account, invited_to_several_buttons),
    *(away, signed_in, answering, welcomed, over),
    *(invited_to_the_homeserver, too_late_for_a_password, with_a_password),
    *(lieu, lieu_without_accounts, home, nothing),
)
each_state = pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)


@each_state
async def test_nothing_is_said_against_any_page(
    open_door: OpenDoor, open_page: OpenPage, picture: Picture, state: State
) -> None:
    door, path = await state(open_door)
    for window, dark in LOOKS:
        page = await open_page(window, dark=dark)
        await page.goto(str(door.http.make_url(path)))
        await picture(page, f"{state.__name__}-{window.name}{'-night' if dark else ''}")
        await assert_accessible(page)
        await assert_fits(page)
        assert [said for said in await complaints(page) if "404" not in said] == []
        await page.context.close()


@pytest.mark.quick
@pytest.mark.parametrize("window", [PHONE, DESK], ids=lambda window: window.name)
async def test_a_newcomer_presses_the_button_without_any_script(
    open_door: OpenDoor, open_page: OpenPage, picture: Picture, window: Window
) -> None:
    """From the browser's own form: with no cookie, no referrer and no script, and by the keyboard alone."""
    door, path = await invited(open_door)
    page = await open_page(window, script=False)
    await page.goto(str(door.http.make_url(path)))
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Recevoir le lien par e-mail"
    await page.keyboard.press("Enter")
    await page.get_by_role("status").wait_for()
    await picture(page, f"pressed-{window.name}")
    assert "C’est parti" in await page.get_by_role("status").inner_text()
    assert door.mails == ["zoe@exemple.fr"] * 2
    await page.get_by_role("link", name="Où en suis-je").click()
    assert "marche encore 10 minutes" in await page.get_by_role("main").inner_text()
    assert door.mails == ["zoe@exemple.fr"] * 2


@pytest.mark.parametrize("window", [PHONE, DESK], ids=lambda window: window.name)
async def test_what_becomes_of_their_data_opens_at_a_touch(
    open_door: OpenDoor, open_page: OpenPage, picture: Picture, window: Window
) -> None:
    door, path = await invited(open_door)
    page = await open_page(window)
    await page.goto(str(door.http.make_url(path)))
    told = page.get_by_text("Tu peux voir ces données")
    assert not await told.is_visible()
    await page.get_by_text("Tes données").click()
    assert await told.is_visible()
    await picture(page, f"data-{window.name}")
    await assert_accessible(page)
    await assert_fits(page)


@pytest.mark.parametrize("window", [PHONE, DESK], ids=lambda window: window.name)
async def test_a_password_that_is_not_taken_is_said_beside_the_field(
    open_door: OpenDoor, open_page: OpenPage, picture: Picture, window: Window
) -> None:
    """And what was typed does not come back."""
    door, path = await invited_to_the_homeserver(open_door)
    page = await open_page(window)
    await page.goto(str(door.http.make_url(path)))
    assert await page.get_by_label("Ton identifiant").input_value() == "zoe.martin"
    await page.get_by_label("Ton mot de passe").fill("bref")
    await page.get_by_label("Encore une fois").fill("bref")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").wait_for()
    await picture(page, f"password-refused-{window.name}")
    assert "au moins 10 caractères" in await page.get_by_role("alert").inner_text()
    field = page.get_by_label("Ton mot de passe")
    assert await field.evaluate("field => [field.value, document.activeElement === field]") == ["", True]
    await assert_accessible(page)
    await assert_fits(page)
    await field.fill("trois chats dorment")
    await page.get_by_label("Encore une fois").fill("trois chats dorment")
    await page.keyboard.press("Enter")
    await page.get_by_text("Connecte-toi avec ton mot de passe").wait_for()
    assert door.scene.synapse
    assert door.scene.synapse.chosen == {ZOE: "trois chats dorment"}


@pytest.mark.parametrize(("window", "first"), [(PHONE, "Sur ce téléphone"), (DESK, "Sur cet ordinateur")])
async def test_what_one_holds_comes_first_and_the_other_is_there(
    open_door: OpenDoor, open_page: OpenPage, window: Window, first: str
) -> None:
    door, path = await invited(open_door)
    page = await open_page(window)
    await page.goto(str(door.http.make_url(path)))
    titles = await page.get_by_role("heading", level=3).all_inner_texts()
    assert titles[0] == first
    assert len(titles) == 2


async def test_an_account_of_elsewhere_is_a_press_away_without_any_script(
    open_door: OpenDoor, open_page: OpenPage
) -> None:
    """By the keyboard alone, after the password's own button; where it leads, this page is where it comes back to."""
    door, path = await invited_with_another_account(open_door)
    page = await open_page(PHONE, script=False)
    asked: list[Request] = []

    async def answer(route: Route) -> None:
        asked.append(route.request)
        await route.fulfill(body="<title>SSO</title>", content_type="text/html")

    await page.route("https://sso.lieu.fr/**", answer)
    await page.goto(str(door.http.make_url(path)))
    for _ in range(2):
        await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Se connecter avec mon compte universitaire"
    await page.keyboard.press("Enter")
    await page.wait_for_url("https://sso.lieu.fr/**")
    (request,) = asked
    told = parse_qs(urlsplit(request.url).query)
    assert told == {"chez": ["renater"], "retour": [f"{PAGES}{path}"]}
    assert "referer" not in request.headers  # the address of the page goes where it says, and nowhere else


async def test_the_way_is_told_on_paper_too(open_door: OpenDoor, open_page: OpenPage) -> None:
    door, path = await invited(open_door)
    page = await open_page()
    await page.goto(str(door.http.make_url(path)))
    told = " ".join(" ".join(await printed(page)).split())
    assert "Accepte l’invitation de la Conciergerie" in told
    assert ZOE.partition(":")[2] in told
    assert "Où en suis-je" not in told
