"""What somebody reads who is invited by mail: from whom, what it is about, and one way to go on."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from integrations.directory import Account, FirstLogin
from tests.servers.mail_server import MailServer
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.transcript_header import Scenery, scenery
from tests.web import door
from tests.web.door import PAGES, ZOE

LIEU = {name: value for name, value in door.LIEU.items() if name != "pages"} | {"e-mails": "oui"}
HREF = re.compile(r'href="([^"]*)"')


@pytest.fixture
async def with_page(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU | {"pages": PAGES}, tmp_path) as scene:
        scene.stage.world.nobodys.add(ZOE)  # until she signs in
        yield scene


@pytest.fixture
async def without_page(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        scene.stage.world.nobodys.add(ZOE)  # until she signs in
        yield scene


def office(scene: Scenery) -> str:
    return scene.rooms["Conciergerie"].room_id


async def invite(scene: Scenery, *lines: str, by: str = "Anne") -> None:
    for line in lines or ("!inviter Zoé Martin zoe@exemple.fr", "oui"):
        await scene.stage.write(scene.people[by], office(scene), line)


def server_of(scene: Scenery) -> MailServer:
    assert scene.mail_server
    return scene.mail_server


def only_mail(scene: Scenery) -> EmailMessage:
    (message,) = server_of(scene).messages
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    assert body
    return str(body.get_content())


async def page_of(scene: Scenery, person: str = ZOE) -> str:
    bot = scene.stage.bot
    lieu = (await bot.lieux.all())[0]
    arrival = await bot.arrivals.of_person(lieu.id, person)
    assert arrival
    return await bot.page_addresses.of_arrival(lieu, arrival["id"])


async def test_it_comes_from_the_lieu_in_the_name_of_who_invites(with_page: Scenery) -> None:
    await invite(with_page)
    message = only_mail(with_page)
    assert str(message["From"]) == "La Rosée <bot@lieu.fr>"
    assert str(message["To"]) == "zoe@exemple.fr"
    assert str(message["Subject"]) == "Anne t’invite à rejoindre La Rosée"
    assert str(message["Auto-Submitted"]) == "auto-generated"
    assert message["Reply-To"] is None
    assert message["Date"]
    assert str(message["Message-ID"]).endswith("@lieu.fr>")


async def test_one_button_leads_to_the_page_and_its_address_can_be_copied(with_page: Scenery) -> None:
    await invite(with_page)
    message, page = only_mail(with_page), await page_of(with_page)
    html, text = part(message, "html"), part(message, "plain")
    assert set(HREF.findall(html)) == {page}
    assert html.count('class="button"') == 1
    assert f">{page}</a>" in html, "to be copied"
    assert page in text.splitlines()
    assert "Bonjour Zoé," in text
    assert "zoe.martin" in text
    assert not re.search(r"<(img|script|link|iframe|form)\b|url\(", html), "nothing is fetched to read it"


async def test_the_sso_is_asked_by_the_page_and_not_at_once(with_page: Scenery) -> None:
    """Its link lives for minutes: the mail of the lieu may be opened tomorrow."""
    await invite(with_page)
    assert with_page.sso_mails == []


async def test_without_a_page_the_whole_way_is_told_and_the_sso_mails_its_link(without_page: Scenery) -> None:
    await invite(without_page)
    message = only_mail(without_page)
    text, html = part(message, "plain"), part(message, "html")
    assert without_page.sso_mails == ["zoe@exemple.fr"]
    for told in ("Un autre e-mail", "lieu.fr", "Continuer avec", "Accepte l’invitation", "https://app.element.io/"):
        assert told in text
    assert html.count('class="button"') == 1
    assert "bienvenue" not in text


async def test_who_was_invited_by_a_matrix_address_gets_no_mail(with_page: Scenery) -> None:
    await invite(with_page, "!inviter @lou:ailleurs.fr", "oui")
    assert server_of(with_page).mails == []


async def test_somebody_whose_account_is_not_the_lieus_is_told_of_no_new_one(with_page: Scenery) -> None:
    assert with_page.directory
    with_page.directory.accounts["luc"] = Account("luc", "Luc Petit", "luc@exemple.fr", True, "7")
    await invite(with_page, "!inviter Paul Durand luc@exemple.fr", "oui")
    message = only_mail(with_page)
    assert str(message["To"]) == "luc@exemple.fr"
    text = part(message, "plain")
    assert "le compte et le mot de passe que tu as déjà" in text
    assert not {"identifiant", "luc", "Luc", "bienvenue.lieu.fr"} & set(re.findall(r"[\w.]+", text))


@pytest.mark.parametrize("language", ["fr", "fr@vous", "en"])
async def test_it_speaks_the_language_of_whoever_reads_it(with_page: Scenery, language: str) -> None:
    await with_page.stage.bot.people.choose_language(ZOE, language)
    await invite(with_page)
    message = only_mail(with_page)
    told = {"fr": "Ta page", "fr@vous": "Votre page", "en": "Your welcome page"}[language]
    assert told in part(message, "plain")
    assert f'<html lang="{language[:2]}">' in part(message, "html")


async def test_a_mail_that_is_sent_again_has_the_same_page_and_is_another_mail(with_page: Scenery) -> None:
    await invite(with_page)
    await invite(with_page, "!suivi Zoé renvoyer l’invitation")
    first, second = server_of(with_page).messages
    assert HREF.findall(part(first, "html")) == HREF.findall(part(second, "html"))
    assert first["Message-ID"] != second["Message-ID"]


async def test_the_secret_address_is_kept_nowhere(with_page: Scenery, tmp_path: Path) -> None:
    """Neither in the replay log, nor among the letters: it is made anew in the act that sends it."""
    await invite(with_page)
    await invite(with_page, "!suivi Zoé texte")
    token = (await page_of(with_page)).rpartition("/")[2]
    assert token in with_page.stage.last(office(with_page))
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("bot.sqlite*"))
    assert b"zoe@exemple.fr" in kept
    assert token.encode() not in kept


class GivingDirectory(MemoryDirectory):
    """Gives the link to whoever asks for it."""

    async def start_first_login(self, login: str) -> FirstLogin:
        return FirstLogin("link", 3600, "https://sso.lieu.fr/premier?code=s3cret")


async def test_a_link_to_a_password_that_is_told_to_nobody_is_kept_nowhere(
    without_page: Scenery, tmp_path: Path
) -> None:
    assert without_page.directory
    without_page.directory.__class__ = GivingDirectory
    await invite(without_page)
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("bot.sqlite*"))
    assert b"zoe@exemple.fr" in kept
    assert b"s3cret" not in kept
