"""« Demander à venir »: what the page takes, says and sends, and what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.lieux import Lieu
from bot.store import join_requests as store
from bot.store.database import Tx
from integrations.directory import Account
from tests.stage.transcript_header import Scenery, scenery
from tests.web.door import LIEU

ASKING = LIEU | {"e-mails": "oui", "on frappe": "oui"}
DAY = 86_400_000
REFUSED = "550 5.1.1 No such user here"


class Asking:
    """A lieu on whose page one can ask to come."""

    def __init__(self, scene: Scenery) -> None:
        self.scene, self.stage = scene, scene.stage
        assert scene.visitor
        assert scene.mail_server
        self.visitor, self.mail_server = scene.visitor, scene.mail_server

    async def lieu(self) -> Lieu:
        return (await self.stage.bot.lieux.all())[0]

    async def page(self) -> str:
        return await self.stage.bot.page_addresses.of_lieu(await self.lieu())

    async def ask(self, email: str = "zoe@exemple.fr", name: str = "Zoé", word: str = "") -> str:
        """What the page says then."""
        await self.visitor.open(await self.page())
        await self.visitor.press("Demander à venir", name=name, email=email, word=word)
        return self.visitor.html

    async def confirm(self) -> None:
        await self.visitor.open(self.link())
        await self.visitor.press()

    def link(self) -> str:
        return self.mail_server.mails[-1].link("/demande/")

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mail_server.mails]

    @property
    def office(self) -> str:
        return self.scene.rooms["Conciergerie"].room_id

    @property
    def cards(self) -> list[str]:
        return [body for body in self.stage.said(self.office) if "demande à venir" in body]

    async def rows(self) -> list[dict[str, Any]]:
        return await self.stage.database.read(
            lambda tx: [dict(row) for row in tx.execute("SELECT * FROM join_requests ORDER BY created_at")]
        )


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Asking]:
    async with scenery(ASKING, tmp_path) as scene:
        yield Asking(scene)


# -- nobody learns what is known of an address


async def test_the_answer_is_the_same_whatever_is_known_of_an_address(asking: Asking) -> None:
    directory = asking.scene.directory
    assert directory
    directory.accounts["marc"] = Account("marc", "Marc", "marc@exemple.fr", True, "1")
    new, member = await asking.ask("zoe@exemple.fr"), await asking.ask("marc@exemple.fr")
    await asking.ask("leo@exemple.fr")
    await asking.confirm()
    waiting = await asking.ask("leo@exemple.fr")
    asking.stage.clock.at += DAY
    await asking.stage.click(asking.scene.people["Anne"], asking.office, "❌")
    await asking.stage.write(asking.scene.people["Anne"], asking.office, "passer")
    declined = await asking.ask("leo@exemple.fr")
    assert {new, member, waiting, declined} == {new}
    told = ["confirme ton adresse", "tu as déjà un compte", "confirme", "ta demande attend", "Ta demande", "Ta demande"]
    assert [part in subject for part, subject in zip(told, asking.subjects, strict=True)] == [True] * 6


async def test_an_address_that_the_server_refuses_is_answered_alike_and_disturbs_nobody(asking: Asking) -> None:
    answer = await asking.ask("zoe@exemple.fr")
    asking.mail_server.answers["RCPT"] = REFUSED
    assert await asking.ask("leo@exemple.fr") == answer
    assert [row["email"] for row in await asking.rows()] == ["zoe@exemple.fr"]
    assert asking.stage.said(asking.office) == []


async def test_a_mailbox_that_is_full_by_now_loses_no_request(asking: Asking) -> None:
    await asking.ask()
    await asking.confirm()
    asking.mail_server.answers["RCPT"] = REFUSED
    await asking.ask()
    assert [row["status"] for row in await asking.rows()] == ["confirmed"]


# -- nothing happens by looking


async def test_a_scanner_that_opens_the_link_confirms_nothing(asking: Asking) -> None:
    await asking.ask()
    path = asking.link().removeprefix("https://bienvenue.lieu.fr")
    for method in ("GET", "HEAD", "GET"):
        async with asking.visitor.http.request(method, path) as response:
            assert response.status == 200
    assert asking.cards == []
    await asking.confirm()
    assert len(asking.cards) == 1


async def test_a_nervous_finger_asks_once_and_confirms_once(asking: Asking) -> None:
    await asking.ask()
    await asking.visitor.send_again()
    assert len(asking.subjects) == 1
    await asking.confirm()
    await asking.visitor.send_again()
    assert len(asking.cards) == 1


async def test_who_asked_twice_is_one_and_says_it_in_the_words_that_they_confirmed(asking: Asking) -> None:
    """The first was somebody else's joke: their words reach nobody."""
    await asking.ask("zoe@googlemail.com", "Zozo", "je suis un clown")
    joke = asking.link()
    await asking.ask("Zoe@GMail.com", "Zoé", "je fais du pain")
    await asking.confirm()
    await asking.visitor.open(joke)
    await asking.visitor.press()
    assert len(asking.cards) == 1
    assert "je fais du pain" in asking.cards[0]


# -- robots, and hands that are too quick


async def test_who_fills_in_what_nobody_sees_is_no_person(asking: Asking) -> None:
    await asking.visitor.open(await asking.page())
    page = await asking.visitor.press("Demander à venir", name="Zoé", email="zoe@exemple.fr", sujet="achetez")
    assert "Regarde tes e-mails" in page.told
    assert await asking.rows() == []
    assert asking.subjects == []


async def test_too_quick_is_asked_once_more_with_all_that_was_written(asking: Asking) -> None:
    await asking.visitor.open(await asking.page())
    asking.stage.clock.at -= 20_000 - 1_000  # it is pressed a second later
    page = await asking.visitor.press("Demander à venir", name="Zoé", email="zoe@exemple.fr", word="du pain")
    assert (asking.visitor.status, asking.subjects) == (422, [])
    assert [page.fields[name] for name in ("name", "email", "word")] == ["Zoé", "zoe@exemple.fr", "du pain"]
    await asking.visitor.press("Demander à venir")
    assert len(asking.subjects) == 1


async def test_a_page_that_was_open_overnight_loses_nothing(asking: Asking) -> None:
    await asking.visitor.open(await asking.page())
    asking.stage.clock.at += DAY
    page = await asking.visitor.press("Demander à venir", name="Zoé", email="zoe@exemple.fr")
    assert (asking.visitor.status, page.fields["name"]) == (422, "Zoé")
    await asking.visitor.press("Demander à venir")
    assert len(asking.subjects) == 1


async def test_the_time_in_a_form_is_ours_and_this_lieus(asking: Asking) -> None:
    await asking.visitor.open(await asking.page())
    other = asking.stage.bot.page_addresses.tokens.of("form/2", asking.stage.clock.at)
    for stamp in (other, "", "1-" + "a" * 24):
        await asking.visitor.press("Demander à venir", name="Zoé", email="zoe@exemple.fr", stamp=stamp)
        assert asking.visitor.status == 422
    assert asking.subjects == []


async def test_a_mistyped_domain_is_asked_about_once(asking: Asking) -> None:
    page = await asking.visitor.open(await asking.page())
    page = await asking.visitor.press("Demander à venir", name="Zoé", email="zoe@gmial.com", word="du pain")
    assert list(page.buttons) == ["Oui, zoe@gmail.com", "Non, c’est bien zoe@gmial.com"]
    await asking.visitor.press("Oui, zoe@gmail.com")
    await asking.visitor.open(await asking.page())
    await asking.visitor.press("Demander à venir", name="Léo", email="leo@gmial.com")
    await asking.visitor.press("Non, c’est bien leo@gmial.com")
    assert [mail.to for mail in asking.mail_server.mails] == [("zoe@gmail.com",), ("leo@gmial.com",)]


async def test_a_slip_of_our_own_domain_is_asked_about_and_nobody_elses_is_told(asking: Asking) -> None:
    lieu = (await asking.stage.bot.lieux.all())[0]
    known = await asking.stage.bot.arrivals.expect(lieu.id, "@lou:lieu.fr", "@anne:lieu.fr", email="lou@lespaniers.org")
    await asking.stage.bot.arrivals.change(known, status="welcomed")
    await asking.visitor.open(await asking.page())
    await asking.visitor.press("Demander à venir", name="Léo", email="leo@lespanires.org")
    assert [mail.to for mail in asking.mail_server.mails] == [("leo@lespanires.org",)]
    own = next(name for name in await asking.stage.bot.arrivals.domains() if len(name.partition(".")[0]) > 5)
    await asking.visitor.open(await asking.page())
    page = await asking.visitor.press("Demander à venir", name="Zoé", email=f"zoe@{own[1:]}")
    assert f"Oui, zoe@{own}" in page.buttons


# -- where one can ask


@pytest.mark.parametrize(
    "without", [{"e-mails": "non"}, {"comptes": "non"}, {"on frappe": "non"}], ids=["mails", "accounts", "knocking"]
)
async def test_there_is_no_form_without(without: dict[str, str], tmp_path: Path) -> None:
    async with scenery(ASKING | without, tmp_path) as scene:
        assert scene.visitor
        lieu = (await scene.stage.bot.lieux.all())[0]
        page = await scene.visitor.open(await scene.stage.bot.page_addresses.of_lieu(lieu))
        assert page.buttons == {}
        await scene.visitor.http.post("/la-rosee", data={"name": "Zoé", "email": "zoe@exemple.fr"})
        await scene.stage.settle()
        assert await scene.stage.database.read(lambda tx: store.waiting(tx, lieu.id, 9)) == []
        assert await scene.stage.database.read(_count) == 0


def _count(tx: Tx) -> int:
    return int(tx.execute("SELECT count(*) AS n FROM join_requests").fetchone()["n"])


async def test_a_closed_form_says_so_and_takes_nothing(asking: Asking) -> None:
    await asking.visitor.open(await asking.page())
    await asking.stage.bot.lieux.choose((await asking.lieu()).id, form_closed=True)
    page = await asking.visitor.press("Demander à venir", name="Zoé", email="zoe@exemple.fr")
    assert any("en ce moment" in told for told in page.told)
    assert await asking.rows() == []


# -- time


async def test_what_was_not_confirmed_in_two_days_is_forgotten(asking: Asking) -> None:
    await asking.ask()
    asking.stage.clock.at += 2 * DAY + 1
    await asking.visitor.open(asking.link())
    assert asking.visitor.status == 404
    assert "zoe" not in asking.visitor.html.lower()
    await asking.stage.database.write(store.forget, asking.stage.clock.at)
    assert await asking.rows() == []


async def test_nobody_is_kept_for_more_than_a_month_after_a_no(asking: Asking) -> None:
    await asking.ask()
    await asking.confirm()
    await asking.stage.click(asking.scene.people["Anne"], asking.office, "❌")
    await asking.stage.write(asking.scene.people["Anne"], asking.office, "passer")
    await asking.stage.database.write(store.forget, asking.stage.clock.at + 29 * DAY)
    assert [row["status"] for row in await asking.rows()] == ["declined"]
    await asking.stage.database.write(store.forget, asking.stage.clock.at + 31 * DAY)
    assert await asking.rows() == []


async def test_an_unconfirmed_address_is_in_no_conversation(asking: Asking) -> None:
    """What is forgotten after two days must not stay for a month in the replay log."""
    await asking.ask("zoe@exemple.fr", word="je fais du pain")

    def everything(tx: Tx) -> str:
        tables = ("conversations", "steps", "outbox", "spent")
        return str([[tuple(row) for row in tx.execute(f"SELECT * FROM {table}")] for table in tables])

    kept = await asking.stage.database.read(everything)
    assert "join-mail" in kept
    assert not any(word in kept for word in ("exemple.fr", "Zoé", "pain"))


# -- languages


async def test_whoever_reads_english_is_written_to_in_english(asking: Asking) -> None:
    asking.visitor.headers["Accept-Language"] = "en-GB,en;q=0.9,fr;q=0.4"
    await asking.visitor.open(await asking.page())
    page = await asking.visitor.press("Ask to come", name="Zoë", email="zoe@example.org")
    assert "Look at your e-mails" in page.told
    assert asking.subjects == ["Coming to La Rosée: confirm your address"]
    await asking.confirm()
    asking.visitor.headers.clear()
    await asking.stage.click(asking.scene.people["Anne"], asking.office, "✅")
    assert asking.subjects[-1] == "Anne invites you to join La Rosée"


# -- services that are away


async def test_a_mail_that_no_server_takes_leaves_once_when_one_does(asking: Asking) -> None:
    asking.mail_server.answers["MAIL"] = "451 4.3.2 Try again later"
    answer = await asking.ask()
    assert "Un e-mail part" in answer
    for _ in range(3):
        await asking.stage.wait(1 / 24)
    assert (asking.subjects, asking.stage.said(asking.office)) == ([], [])
    asking.mail_server.answers.clear()
    for _ in range(3):
        await asking.stage.wait(1 / 24)
    assert len(asking.subjects) == 1


async def test_a_server_that_takes_mails_and_says_nothing_is_given_one_twice(asking: Asking) -> None:
    asking.mail_server.cut_after = 1
    await asking.ask()
    for _ in range(6):
        await asking.stage.wait(1 / 24)
    assert len(asking.subjects) <= 2
    assert len({str(mail.message["Message-ID"]) for mail in asking.mail_server.mails}) == 1


async def test_a_directory_that_is_away_delays_the_mail_and_decides_nothing(asking: Asking) -> None:
    assert asking.scene.directory
    await asking.ask("leo@exemple.fr")
    asking.scene.directory.accounts["marc"] = Account("marc", "Marc", "marc@exemple.fr", True, "1")
    asking.scene.directory.down = True
    await asking.ask("marc@exemple.fr")
    assert len(asking.subjects) == 1
    asking.scene.directory.down = False
    await asking.stage.wait(1 / 24)
    assert "déjà un compte" in asking.subjects[1]


async def test_an_unanswered_question_comes_back_without_an_answer(asking: Asking) -> None:
    anne = asking.scene.people["Anne"]
    await asking.ask()
    await asking.confirm()
    await asking.stage.click(anne, asking.office, "❓")
    for line in ("Tu viens d’où ?", "oui"):
        await asking.stage.write(anne, asking.office, line)
    link = asking.link()
    await asking.stage.wait(7.1)
    assert "pas de réponse" in asking.cards[-1]
    await asking.visitor.open(link)  # too late to answer: it says where the request is
    assert "Merci Zoé" in asking.visitor.html
    assert asking.visitor.html.count("<form") == 0
