"""The page of one newcomer: what it shows of their way, and to whom."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.matrix.facts import SignIn
from bot.store.audit import of_lieu
from bot.web import newcomer_page
from integrations.directory import FirstLogin
from integrations.errors import Unavailable
from tests.stage.memory_directory import MemoryDirectory
from tests.web.door import ON_PHONE, PAGES, ZOE, Door

OpenDoor = Callable[..., Awaitable[Door]]


def done(page: str) -> list[str]:
    """The titles of the steps that are said to be done."""
    steps = re.findall(r"<h2>.*?</h2>", page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", step).split("✓")[1].split()) for step in steps if "✓" in step]


async def journal(door: Door) -> list[str]:
    acts = await door.scene.stage.database.read(of_lieu, (await door.lieu()).id, 50)
    return [act["what"] for act in acts]


def standing_out(page: str) -> list[str]:
    """The buttons that are not beside another one."""
    return re.findall(r'<(?:a class="button" [^>]*|button)>(.*?)</', page)


# -- the three steps


async def test_somebody_invited_by_mail_is_shown_the_way(door: Door) -> None:
    path = await door.invite()
    response = await door.http.get(path)
    page = await response.text()
    assert response.status == 200
    assert "Bienvenue Zoé\u202f!" in page
    assert "Trois étapes, et te voilà à La Rosée." in page
    assert "mxid%3A%40zoe.martin%3Alieu.fr" in page  # Element X knows whom to sign in
    assert "Continuer avec Le comptoir" in page
    assert '<code class="copy">lieu.fr</code>' in page  # the central Element does not know our server
    assert "Martin" not in page  # nothing personal but the first name
    assert "exemple.fr" not in page
    assert done(page) == []


async def test_it_says_what_becomes_of_their_data(door: Door) -> None:
    """As long as the lieu chose."""
    lieu = (await door.scene.stage.bot.lieux.all())[0]
    await door.scene.stage.bot.lieux.choose(lieu.id, keep_talks=2, keep_departed=24)
    page = (await (await door.http.get(await door.invite())).text()).replace("\u00a0", " ")
    told = page.partition("<summary>Tes données</summary>")[2].partition("</details>")[0]
    assert "s’effacent 2 mois après" in told
    assert "s’efface 2 ans après" in told


async def test_each_step_is_done_once_the_servers_say_so(door: Door) -> None:
    path = await door.invite()
    await door.sign_in()
    page = await door.read(path)
    assert done(page) == ["Choisis ton mot de passe fait", "Ouvre la discussion fait"]
    assert "Conciergerie (bot) veut discuter" in page
    await door.accept()
    page = await door.read(path)
    assert len(done(page)) == 3
    assert "réponds-lui là-bas" in page
    await door.becomes("approval")
    assert "Tes réponses sont arrivées" in await door.read(path)


@pytest.mark.parametrize("how_far", ["invited", "answering", "welcomed"])
async def test_whoever_is_suspended_is_led_nowhere_until_it_is_lifted(open_door: OpenDoor, how_far: str) -> None:
    """Three ✓ stood there, and no door opened behind them."""
    door = await open_door(administration="oui")
    path = await door.invite()
    if how_far != "invited":
        await door.accept()
        await door.becomes(how_far)
    before = await door.read(path)
    await door.scene.answers_to("Anne", "!compte suspendre zoé", "oui")
    for page in (await door.read(path), await (await door.press(path)).text()):
        assert "Ton accès est suspendu" in page
        assert done(page) == []
        assert "<form" not in page
    await door.scene.answers_to("Anne", "!compte rétablir zoé")
    assert await door.read(path) == before


async def test_at_the_end_it_says_where_to_go(open_door: OpenDoor) -> None:
    door = await open_door(nextcloud="oui")
    path = await door.invite()
    await door.accept()
    await door.becomes("welcomed")
    page = await door.read(path)
    assert "C’est fait, te voilà à La Rosée." in page
    assert f"https://app.element.io/#/room/{door.scene.space.room_id}?via=lieu.fr" in page
    assert 'href="https://nuage.lieu.fr"' in page
    assert "<form" not in page


async def test_the_discussion_does_not_call_before_there_is_a_password(open_door: OpenDoor) -> None:
    door = await open_door(client="https://element.lieu.fr")
    path = await door.invite()
    assert standing_out(await door.read(path)) == ["Recevoir le lien par e-mail"]
    page = await (await door.press(path)).text()
    assert standing_out(page) == ["Ouvrir la discussion"]
    assert page.count("eviens ici") == 1


async def test_a_homeserver_that_is_silent_is_not_taken_for_a_yes(door: Door) -> None:
    path = await door.invite()
    door.scene.stage.matrix.down = True
    page = await door.read(path)
    assert "ne voit pas où tu en es" in page
    assert done(page) == []


async def test_a_homeserver_that_hangs_keeps_nobody_waiting(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the question, and never answers: the page says what it does not see, and all else."""
    path, facts = await door.invite(), door.scene.stage.matrix.facts

    async def hangs(*_: object, **__: object) -> Any:
        await asyncio.Event().wait()

    for asked in ("exists", "membership", "name", "sign_in", "display_name"):
        monkeypatch.setattr(facts, asked, hangs)
    monkeypatch.setattr(newcomer_page, "PATIENCE", 0.05)
    async with asyncio.timeout(20):
        page = await door.read(path)
    assert "ne voit pas où tu en es" in page
    assert "Choisis ton mot de passe" in page


async def test_the_lieus_own_element_is_opened_at_its_sso(open_door: OpenDoor) -> None:
    door = await open_door(client="https://element.lieu.fr")
    page = await door.read(await door.invite())
    assert 'href="https://element.lieu.fr/#/start_sso"' in page
    assert "Modifier" not in page


@pytest.mark.parametrize(
    ("config", "leads"),
    [
        ({"sso_redirect_options": {"immediate": True}}, "the conversation"),
        ({"sso_redirect_options": {"immediate": "yes"}}, "the SSO"),
        ({"sso_redirect_options": ["immediate"]}, "the SSO"),
        ("not a configuration", "the SSO"),
    ],
)
async def test_nobody_looks_for_the_conversation_in_an_element_that_can_lead_there(
    open_door: OpenDoor, config: object, leads: str
) -> None:
    async with element(config) as url:
        door = await open_door(client=url)
        page = await door.read(await door.invite())
        room = (await door.arrival())["room_id"]
        ways = {"the conversation": f"{url}/#/room/{room}?via=lieu.fr", "the SSO": f"{url}/#/start_sso"}
        assert [way for way, address in ways.items() if f'href="{address}"' in page] == [leads]


@asynccontextmanager
async def element(config: object) -> AsyncIterator[str]:
    """An Element that says this of itself; its address."""

    async def tell(_request: web.Request) -> web.Response:
        return web.json_response(config)

    application = web.Application()
    application.router.add_get("/config.json", tell)
    async with TestServer(application) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_a_homeserver_that_has_the_passwords_is_asked_by_name(open_door: OpenDoor) -> None:
    door = await open_door(client="https://element.lieu.fr")
    door.scene.stage.matrix.sign_in = SignIn(sso=False, password=True, providers=[])
    page = await door.read(await door.invite())
    assert 'href="https://element.lieu.fr/#/login?defaultUsername=zoe.martin"' in page
    assert "Continuer avec" not in page


async def test_a_phone_is_given_the_app_first(door: Door) -> None:
    path = await door.invite()
    at_desk, on_phone = await door.read(path), await door.read(path, **ON_PHONE)
    assert at_desk.index("Sur cet ordinateur") < at_desk.index("Sur un téléphone")
    assert on_phone.index("Sur ce téléphone") < on_phone.index("Sur un ordinateur")
    assert "QR code" in at_desk
    assert "QR code" not in on_phone


async def test_somebody_who_is_on_matrix_has_no_account_to_make(door: Door) -> None:
    """Whatever their own server tells of them."""
    await door.office_says("!inviter Lou @lou:ailleurs.org", "oui")
    path = await door.newcomer("@lou:ailleurs.org")
    page = await door.read(path)
    assert "Deux étapes" in page
    assert "mot de passe" not in page
    assert "https://matrix.to/#/!" in page  # their client is not ours
    assert (await door.press(path)).status == 404
    assert door.mails == []


async def test_whoever_is_known_by_an_address_alone_is_not_called_by_it(door: Door) -> None:
    path = await door.invite()
    await door.scene.stage.bot.arrivals.change((await door.arrival())["id"], name="zoe@exemple.fr")
    page = await door.read(path)
    assert "<h1>Bienvenue\u202f!</h1>" in page
    assert "exemple" not in page


# -- in which words


@pytest.mark.parametrize(
    ("lieu", "browser", "hello"),
    [
        ({}, "de-DE,de;q=0.9", "Choisis ton mot de passe"),
        ({}, "en-GB,en;q=0.9,fr;q=0.5", "Choose your password"),
        ({"vous": "oui"}, "fr-FR,fr;q=0.9,en;q=0.8", "Choisissez votre mot de passe"),
        ({"vous": "oui"}, "q=;;,en;q=nan,fr;q=inf", "Choisissez votre mot de passe"),
        ({}, "", "Choisis ton mot de passe"),
    ],
)
async def test_it_is_in_the_words_of_who_reads_it(
    open_door: OpenDoor, lieu: dict[str, str], browser: str, hello: str
) -> None:
    door = await open_door(**lieu)
    page = await door.read(await door.invite(), **{"Accept-Language": browser})
    assert hello in page
    assert f'lang="{"en" if "Choose" in hello else "fr"}"' in page


async def test_what_the_lieu_wrote_itself_is_said_to_be_in_its_language(door: Door) -> None:
    """An invitation called « La Rosée · Anne t’invite », or hours, in the middle of an English page."""
    await door.office_says("!horaires mardi 9h-18h", "oui")
    path = await door.invite()
    in_english, in_french = [await door.read(path, **{"Accept-Language": each}) for each in ("en", "fr")]
    assert "Anne t’invite" in in_english
    assert "The name of the invitation is in the language of the place." in in_english
    assert "langue du lieu" not in in_french
    page = await door.read("/la-rosee", **{"Accept-Language": "en"})
    assert '<html lang="en">' in page
    assert re.search(r'<ul class="plain" lang="fr"><li>mardi', page)


async def test_their_own_choice_is_before_their_browsers(door: Door) -> None:
    path = await door.invite()
    await door.scene.stage.bot.people.choose_language(ZOE, "en")
    assert "Choose your password" in await door.read(path, **{"Accept-Language": "fr"})


# -- the link to choose a password


async def test_the_button_sends_the_link_and_says_how_long_it_lives(door: Door) -> None:
    path = await door.invite()
    answer = await (await door.press(path)).text()
    assert door.mails == ["zoe@exemple.fr"] * 2
    assert "C’est parti" in answer
    assert "marche encore 10 minutes" in answer
    assert "password-link" in await journal(door)
    door.scene.stage.clock.at += 240_000
    assert "marche encore 6 minutes" in await door.read(path)
    door.scene.stage.clock.at += 600_000
    assert "marche encore" not in await door.read(path)


async def test_a_nervous_finger_sends_one(door: Door) -> None:
    path = await door.invite()
    await asyncio.gather(*(door.press(path) for _ in range(5)))
    assert len(door.mails) == 2
    assert "vient de partir" in await (await door.press(path)).text()
    door.scene.stage.clock.at += 60_000
    await door.press(path)
    assert len(door.mails) == 3


async def test_a_clock_that_was_set_back_locks_nobody_out(door: Door) -> None:
    path = await door.invite()
    await door.press(path)
    door.scene.stage.clock.at -= 3_600_000
    await door.press(path)
    assert len(door.mails) == 3


async def test_somebody_mails_themselves_without_end(door: Door) -> None:
    path = await door.invite()
    for _ in range(10):
        door.scene.stage.clock.at += 61_000
        answer = await (await door.press(path)).text()
    assert len(door.mails) == 1 + 6
    assert "Plusieurs liens sont partis" in answer


async def test_an_outage_is_said_and_nothing_is_promised(door: Door) -> None:
    path = await door.invite()
    assert door.scene.directory
    door.scene.directory.down = True
    answer = await (await door.press(path)).text()
    assert "rien n’est parti" in answer
    assert "C’est parti" not in answer
    assert "password-link" not in await journal(door)
    door.scene.directory.down = False
    assert "C’est parti" in await (await door.press(path)).text()


class HalfDirectory(MemoryDirectory):
    """Sends the mail, and falls silent before it says so."""

    async def start_first_login(self, login: str) -> FirstLogin:
        await super().start_first_login(login)
        raise Unavailable("directory", unknown=True)


class GivingDirectory(MemoryDirectory):
    """Gives the link to whoever asks for it."""

    async def start_first_login(self, login: str) -> FirstLogin:
        return FirstLogin("link", 3600, "https://sso.lieu.fr/premier?code=s3cret&pour=zoe")


class FarDirectory(MemoryDirectory):
    """Has a page of its own, whose address is not known."""

    async def start_first_login(self, login: str) -> FirstLogin:
        return FirstLogin("external")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (HalfDirectory, "le lien est peut-être parti"),
        (GivingDirectory, 'href="https://sso.lieu.fr/premier?code=s3cret&amp;pour=zoe"'),
        (FarDirectory, "« mot de passe oublié » t’envoie un lien"),
    ],
)
async def test_each_way_to_a_first_password_has_its_sentence(
    door: Door, kind: type[MemoryDirectory], said: str
) -> None:
    path = await door.invite()
    assert door.scene.directory
    door.scene.directory.__class__ = kind
    answer = (await (await door.press(path)).text()).replace("\u202f", " ")
    assert said in answer
    assert "C’est parti" not in answer
    assert "password-link" not in await journal(door)


async def test_whoever_has_a_password_is_sent_on(door: Door) -> None:
    path = await door.invite()
    assert door.scene.directory
    door.scene.directory.passwords.add("zoe.martin")
    assert "a déjà un mot de passe" in await (await door.press(path)).text()
    assert len(door.mails) == 1


async def test_a_locked_account_is_not_opened_by_a_link(door: Door) -> None:
    """Where a new password lifts a lock, a link would."""
    path = await door.invite()
    accounts: dict[str, Any] = door.scene.directory.accounts if door.scene.directory else {}
    accounts["zoe.martin"] = replace(accounts["zoe.martin"], active=False)
    assert "n’a pas pu partir" in await (await door.press(path)).text()
    assert len(door.mails) == 1


async def test_after_the_first_sign_in_no_link_is_sent(door: Door) -> None:
    path = await door.invite()
    await door.sign_in()
    assert (await door.press(path)).status == 200
    assert len(door.mails) == 1


async def test_looking_does_nothing(door: Door) -> None:
    """A mail's scanner opens every link, in every way that is said to be safe."""
    path = await door.invite()
    before = await journal(door)
    for _ in range(3):
        await door.http.get(path)
        await door.http.head(path)
        await door.http.options(path)
    assert len(door.mails) == 1
    assert await journal(door) == before


# -- how long it is there


@pytest.mark.parametrize("status", ["declined", "cancelled"])
async def test_it_ends_with_the_arrival(door: Door, status: str) -> None:
    path = await door.invite()
    await door.becomes(status)
    response = await door.http.get(path)
    page = await response.text()
    assert response.status == 404
    assert "La Rosée" in page
    assert "Ce lien ne sert plus" in page
    assert "Zoé" not in page
    assert (await door.press(path)).status == 404
    assert len(door.mails) == 1


async def test_it_is_there_for_a_while_after_the_welcome(door: Door) -> None:
    path = await door.invite()
    await door.becomes("welcomed")
    assert "C’est fait" in await door.read(path)
    door.scene.stage.clock.at += 15 * 86_400_000
    assert (await door.http.get(path)).status == 404


@pytest.mark.parametrize("end", ["leave", "ban"])
async def test_whoever_has_left_the_lieu_has_no_page_there(door: Door, end: str) -> None:
    path = await door.invite()
    await door.becomes("welcomed")
    door.scene.space.members[ZOE] = end
    assert (await door.http.get(path)).status == 404


async def test_a_link_copied_with_its_full_stop_opens(door: Door) -> None:
    path = await door.invite()
    assert "Zoé" in await door.read(f"{path}.")
    assert "Zoé" in await door.read(f"{path}%20»")


async def test_where_nextcloud_mailed_the_link_the_page_says_so_and_nobody_has_two(open_door: OpenDoor) -> None:
    """Its account was made with the invitation: the link lives for days, and another one replaces it."""
    door = await open_door(nextcloud="oui", comptes="non", **{"e-mails": "oui"})
    path = await door.invite()
    assert door.scene.nextcloud
    assert len(door.scene.nextcloud.memory.mails) == 1
    page = await door.read(path)
    assert "Le lien déjà parti marche encore" in page, page
    assert len(door.scene.nextcloud.memory.mails) == 1, "looking sends nothing"


# -- accounts of elsewhere


def ways(page: str) -> dict[str, str]:
    """The buttons that lead to the SSO, each with its address."""
    found = re.findall(r'<a class="button second" href="(https://sso\.lieu\.fr/[^"]*)"[^>]*>(.*?)</a>', page)
    return {words: unescape(address) for address, words in found}


async def test_an_account_of_elsewhere_is_offered_beside_the_password(open_door: OpenDoor) -> None:
    """Straight to each of them, and back to this page; only while there is a way in to choose."""
    door = await open_door(**{"comptes d’ailleurs": "renater, franceconnect, cnam: mon compte du Cnam"})
    path = await door.invite()
    page = await door.read(path)
    back = quote(f"{PAGES}{path}", safe="")
    assert ways(page) == {
        f"Se connecter avec {label}": f"https://sso.lieu.fr/entrer?chez={alias}&retour={back}"
        for alias, label in {
            "renater": "mon compte universitaire",
            "franceconnect": "FranceConnect",
            "cnam": "mon compte du Cnam",
        }.items()
    }
    assert "Choisis comment te connecter" in page
    assert standing_out(page) == ["Recevoir le lien par e-mail"]  # the account of the lieu comes first
    assert "même adresse e-mail que ton invitation" in page
    assert set(ways(await (await door.press(path)).text())) == set(ways(page))
    await door.sign_in()
    assert ways(await door.read(path)) == {}


async def test_its_words_are_those_of_who_reads_it(open_door: OpenDoor) -> None:
    door = await open_door(**{"comptes d’ailleurs": "edugain"})
    page = await door.read(await door.invite(), **{"Accept-Language": "en"})
    assert list(ways(page)) == ["Sign in with my university account"]


@pytest.mark.parametrize("kind", [{}, {"comptes": "non", "nextcloud": "oui"}])
async def test_where_none_is_named_nothing_is_offered(open_door: OpenDoor, kind: dict[str, str]) -> None:
    """What opens the SSO does not open accounts that are in Nextcloud."""
    door = await open_door(**kind, **({"comptes d’ailleurs": "renater"} if kind else {}))
    page = await door.read(await door.invite())
    assert ways(page) == {}
    assert "Choisis ton mot de passe" in page
    assert "sans mot de passe" not in page


async def test_whoever_has_no_account_of_the_lieu_is_offered_none(open_door: OpenDoor) -> None:
    door = await open_door(**{"comptes d’ailleurs": "renater"})
    await door.office_says("!inviter Lou @lou:ailleurs.org", "oui")
    assert ways(await door.read(await door.newcomer("@lou:ailleurs.org"))) == {}


@pytest.mark.parametrize("telling", [True, False])
@pytest.mark.parametrize(
    ("client", "said"),
    [
        ("https://element.lieu.fr", "On te demande par où entrer : <strong>Le comptoir</strong> avec ton mot de passe"),
        ("https://app.element.io", "Choisis « Continuer avec Le comptoir », et entre avec ton mot de passe ; ou, sans"),
    ],
)
async def test_a_button_of_the_homeserver_is_named_where_the_host_says_where_it_leads(
    open_door: OpenDoor, client: str, said: str, telling: bool
) -> None:
    """It may as well make another Matrix account, that nobody has invited: then only the lieu's own is named."""
    named = {"comptes d’ailleurs": "renater", "boutons du serveur": "oui"} if telling else {}
    door = await open_door(client=client, **named)
    buttons = ["Le comptoir", "Compte universitaire", "FranceConnect"]
    door.scene.stage.matrix.sign_in = SignIn(sso=True, password=False, providers=buttons)
    page = (await door.read(await door.invite())).replace("\u202f", " ")
    assert ("Ou bien, sans mot de passe, à l’étape suivante : Compte universitaire" in page) is telling
    assert (said in page) is telling
    assert ("Compte universitaire" in page) is telling
    assert "Le comptoir" in page
    assert "FranceConnect" not in page
