"""The mail of an invitation leaves once, however ill the mail server is; what does not, a concierge is told."""

from __future__ import annotations

import pytest

from integrations.directory import Account
from tests.mail.test_invitation import invite, office, only_mail, part, server_of, with_page, without_page
from tests.servers.mail_server import CUT, MUTE
from tests.stage.transcript_header import Scenery

__all__ = ["with_page", "without_page"]  # fixtures
HOUR = 1 / 24  # in days
NOT_NOW = "451 4.7.1 Come back later"


@pytest.mark.either("later", "cut", "mute")
@pytest.mark.parametrize("trouble", [NOT_NOW, CUT, MUTE], ids=["later", "cut", "mute"])
@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "DATA"])
async def test_it_leaves_when_the_server_is_back(with_page: Scenery, command: str, trouble: str) -> None:
    server, stage = server_of(with_page), with_page.stage
    server.answers[command] = trouble
    before = len(stage.said(office(with_page)))
    await invite(with_page)
    assert server.mails == []
    server.answers.clear()
    await stage.wait(HOUR)
    assert len(server.mails) == 1
    assert "e-mail" not in " ".join(stage.said(office(with_page))[before:]), "nobody was disturbed for that"


async def test_a_mail_that_was_taken_in_silence_is_given_twice_at_most(with_page: Scenery) -> None:
    server = server_of(with_page)
    server.cut_after = 99
    await invite(with_page)
    for _ in range(20):
        await with_page.stage.wait(1)
    first, second = server.messages
    assert first["Message-ID"] == second["Message-ID"]


async def test_nobody_waits_for_anothers_address(with_page: Scenery) -> None:
    server = server_of(with_page)
    server.answers["lou@exemple.fr"] = NOT_NOW
    await invite(with_page, "!inviter Lou Petit lou@exemple.fr\nMax Durand max@exemple.fr", "oui")
    assert [mail.to for mail in server.mails] == [("max@exemple.fr",)]


async def test_a_server_that_never_takes_it_is_told_of_with_the_text(with_page: Scenery) -> None:
    server_of(with_page).answers["MAIL"] = NOT_NOW
    await invite(with_page)
    for _ in range(10):
        await with_page.stage.wait(1.1)
    said = with_page.stage.said(office(with_page))
    assert sum("n’est pas encore parti" in line for line in said) == 1
    assert "j’arrête d’essayer" in said[-1]
    assert "https://bienvenue.lieu.fr/" in said[-1]


async def test_a_wrong_address_is_put_right_in_the_account_too(with_page: Scenery) -> None:
    server, directory = server_of(with_page), with_page.directory
    assert directory
    server.answers["zoe@exmple.fr"] = "550 5.1.1 No such user"
    await invite(with_page, "!inviter Zoé Martin zoe@exmple.fr", "oui")
    assert "« No such user »" in with_page.stage.last(office(with_page)).replace("\u202f", " ")
    await invite(with_page, "zoe@exemple.fr")
    assert str(only_mail(with_page)["To"]) == "zoe@exemple.fr"
    assert directory.accounts["zoe.martin"].email == "zoe@exemple.fr"
    await invite(with_page, "!suivi Zoé renvoyer")
    assert [mail.to for mail in server.mails] == [("zoe@exemple.fr",)] * 2


async def test_without_a_page_the_right_address_gets_the_link_of_the_sso_too(without_page: Scenery) -> None:
    server_of(without_page).answers["zoe@exmple.fr"] = "550 5.1.1 No such user"
    await invite(without_page, "!inviter Zoé Martin zoe@exmple.fr", "oui", "zoe@exemple.fr")
    assert without_page.sso_mails == ["zoe@exmple.fr", "zoe@exemple.fr"]


async def test_an_account_that_somebody_has_entered_with_keeps_its_address(with_page: Scenery) -> None:
    """A concierge who mistypes an address does not take an account away from whoever has it."""
    server, directory = server_of(with_page), with_page.directory
    assert directory
    server.answers["zoe@exmple.fr"] = "550 5.1.1 No such user"
    await invite(with_page, "!inviter Zoé Martin zoe@exmple.fr", "oui")
    with_page.stage.world.nobodys.clear()
    await invite(with_page, "zoe@exemple.fr")
    assert directory.accounts["zoe.martin"].email == "zoe@exmple.fr"


async def test_an_address_of_somebody_else_is_asked_again(with_page: Scenery) -> None:
    directory = with_page.directory
    assert directory
    directory.accounts["luc"] = Account("luc", "Luc Petit", "luc@exemple.fr", True, "7")
    server_of(with_page).answers["zoe@exmple.fr"] = "550 5.1.1 No such user"
    await invite(with_page, "!inviter Zoé Martin zoe@exmple.fr", "oui", "luc@exemple.fr")
    assert server_of(with_page).mails == []
    await invite(with_page, "zoe@exemple.fr")
    assert str(only_mail(with_page)["To"]) == "zoe@exemple.fr"


@pytest.mark.parametrize("said", ["laisse", "passer", "on passe"])
async def test_it_can_be_left(with_page: Scenery, said: str) -> None:
    server_of(with_page).answers["zoe@exmple.fr"] = "550 5.1.1 No such user"
    await invite(with_page, "!inviter Zoé Martin zoe@exmple.fr", "oui", said)
    assert "aucun e-mail" in with_page.stage.last(office(with_page))
    await with_page.stage.wait(30)
    assert server_of(with_page).mails == []


async def test_what_the_host_must_mend_is_asked_for_and_done_then(with_page: Scenery) -> None:
    server = server_of(with_page)
    server.answers["MAIL"] = "553 5.7.1 Sender not allowed"
    await invite(with_page)
    assert "« Sender not allowed »" in with_page.stage.last(office(with_page)).replace("\u202f", " ")
    server.answers.clear()
    await invite(with_page, "c’est fait")
    assert len(server.mails) == 1


async def test_what_thirty_mails_wait_for_is_asked_once(with_page: Scenery) -> None:
    server, stage = server_of(with_page), with_page.stage
    server.answers["MAIL"] = "553 5.7.1 Sender not allowed"
    people = "\n".join(f"Une Personne{n} p{n}@exemple.fr" for n in range(30))
    await invite(with_page, f"!inviter {people}", "oui")
    assert sum("Sender not allowed" in said for said in stage.said(office(with_page))) == 1
    before = len(stage.said(office(with_page)))
    await invite(with_page, "sans cela")
    said = [line for line in stage.said(office(with_page))[before:] if not line.startswith("* ")]
    assert len(said) == 1
    assert "Ces 30 e-mails" in said[0]
    assert "bienvenue.lieu.fr" not in said[0]
    assert server.mails == []


async def test_thirty_mails_that_wait_are_told_of_once(with_page: Scenery) -> None:
    server, stage = server_of(with_page), with_page.stage
    server.answers["MAIL"] = NOT_NOW
    people = "\n".join(f"Une Personne{n} p{n}@exemple.fr" for n in range(30))
    await invite(with_page, f"!inviter {people}", "oui")
    before = len(stage.said(office(with_page)))
    await stage.wait(HOUR)
    (said,) = stage.said(office(with_page))[before:]
    assert "Ces 30 e-mails" in said
    server.answers.clear()
    await stage.wait(3 * HOUR)
    assert len({mail.to for mail in server.mails}) == len(server.mails) == 30


async def test_what_the_server_does_not_like_leaves_the_text_to_the_concierge(with_page: Scenery) -> None:
    server_of(with_page).answers["DATA"] = "554 5.7.1 Looks like spam"
    await invite(with_page)
    said = with_page.stage.last(office(with_page))
    assert "Looks like spam" in said
    assert "https://bienvenue.lieu.fr/" in said


async def test_nobody_is_mailed_whose_arrival_is_over(with_page: Scenery) -> None:
    server = server_of(with_page)
    server.answers["MAIL"] = NOT_NOW
    await invite(with_page)
    await invite(with_page, "!suivi Zoé annuler cette arrivée", "oui")
    server.answers.clear()
    await with_page.stage.wait(HOUR)
    assert server.mails == []


async def test_etat_says_whether_mails_leave(with_page: Scenery) -> None:
    await invite(with_page, "!état")
    assert "✓ Le serveur des e-mails" in with_page.stage.last(office(with_page))
    server_of(with_page).answers["MAIL"] = "553 no"
    await invite(with_page, "!état")
    assert "✗ Le serveur des e-mails" in with_page.stage.last(office(with_page))


async def test_a_cut_mail_is_read_whole(with_page: Scenery) -> None:
    """Names of any length and letters travel as they are."""
    await invite(with_page, "!inviter Åsa-Élodie Żółć asa@exemple.fr", "oui")
    assert "Bonjour Åsa-Élodie," in part(only_mail(with_page), "plain")
