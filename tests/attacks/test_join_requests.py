"""A form that anybody may send: floods, other people's addresses, words that lie, links that are somebody else's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import pytest

from bot.arrivals.join_door import mailbox_of
from bot.store import join_requests as store
from bot.store.database import Tx
from bot.store.join_requests import Asked
from bot.supervision.log import configure
from tests.stage.old_talks import forget_talks
from tests.stage.transcript_header import scenery
from tests.web.test_join import ASKING, DAY, Asking

BIDI = "\u202eezZ\u202c"
TABLES = ("join_requests", "conversations", "steps", "spent", "outbox")


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Asking]:
    async with scenery(ASKING, tmp_path) as scene:
        yield Asking(scene)


async def flood(asking: Asking, forms: int) -> None:
    """From as many addresses as there are forms, each for another mailbox."""
    await asking.ask("z@exemple.fr")
    for n in range(forms):
        asking.visitor.headers["X-Forwarded-For"] = f"2001:db8:{n:x}::1"
        asking.visitor.sent["email"] = f"z{n}@exemple.fr"
        await asking.visitor.send_again()
    asking.visitor.headers.clear()


def sizes(tx: Tx) -> dict[str, int]:
    return {table: tx.execute(f"SELECT count(*) AS n FROM {table}").fetchone()["n"] for table in TABLES}


# -- what is kept


async def test_no_link_is_kept_or_logged(asking: Asking, tmp_path: Path) -> None:
    """From the form to the password, with a question between."""
    log, anne = StringIO(), asking.scene.people["Anne"]
    configure("debug", log)
    try:
        await asking.ask()
        await asking.confirm()
        await asking.stage.click(anne, asking.office, "❓")
        for line in ("Qui es-tu ?", "oui"):
            await asking.stage.write(anne, asking.office, line)
        await asking.visitor.open(asking.link())
        await asking.visitor.press(answer="Une amie de Léo")
        await asking.stage.click(anne, asking.office, "✅")
        await asking.visitor.open(asking.mail_server.mails[-1].link("/bienvenue/"))
        await asking.visitor.press()
        await asking.stage.write(anne, asking.office, "!suivi Zoé texte")
    finally:
        configure()
    links = {link for mail in asking.mail_server.mails for link in re.findall(r"https://\S+-\S{24}", mail.text)}
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    ours = [line for line in log.getvalue().splitlines() if '"mail.log"' not in line]  # the mail server's of the test
    assert len(links) == 2
    assert b"Une amie" in kept
    for secret in (link.rpartition("-")[2] for link in links):
        assert secret.encode() not in kept
        assert not any(secret in line for line in ours)
    assert not any("zoe@exemple.fr" in line for line in ours)


# -- floods


async def test_forms_without_end_send_few_mails_and_leave_little(asking: Asking) -> None:
    """Thirty an hour is what a lieu takes; all that is beyond leaves no trace, and disturbs nobody."""
    await flood(asking, 60)
    before = await asking.stage.database.read(sizes)
    await flood(asking, 100)
    assert asking.visitor.status == 429
    assert len(asking.subjects) == 30
    assert await asking.stage.database.read(sizes) == before
    assert asking.stage.said(asking.office) == []


@pytest.mark.full
async def test_ten_thousand_of_an_hour_are_thirty_mails_and_no_card(asking: Asking) -> None:
    """From addresses without number, each for another mailbox; none of them is confirmed, and all are forgotten."""
    door, lieu = asking.stage.bot.join_door, await asking.lieu()
    for n in range(10_000):
        email = f"z{n}@exemple.fr"
        asked = {"name": "Zoé", "email": email, "mailbox": mailbox_of(email), "word": "", "language": "fr"}
        await door.ask(lieu, f"{n}", Asked(**asked))
    await asking.stage.settle()
    assert len(asking.subjects) == 30
    assert asking.stage.said(asking.office) == []
    asking.stage.clock.at += 40 * DAY
    await asking.stage.database.write(store.forget, asking.stage.clock.at)
    await asking.stage.database.write(forget_talks, asking.stage.clock.at - 30 * DAY)
    left = await asking.stage.database.read(sizes)
    assert (left["join_requests"], left["conversations"], left["steps"]) == (0, 0, 0)


async def test_a_wave_of_real_mailboxes_is_one_card(asking: Asking) -> None:
    """Somebody who owns many mailboxes confirms them all: a few are asked about, the others are one question."""
    for n in range(20):
        await asking.ask(f"z{n}@exemple.fr")
        await asking.confirm()
        asking.stage.clock.at += 60_000
        asking.visitor.headers["X-Forwarded-For"] = f"192.0.2.{n}"
    asking.visitor.headers.clear()
    await asking.stage.wait(0.5 / 24)
    assert len(asking.cards) == 4
    assert asking.stage.last(asking.office).startswith("16 autres demandes")


async def test_nobodys_mailbox_is_filled(asking: Asking) -> None:
    """Of one address, of its plus-addresses and of its dots: three mails a day, whoever asks and however often."""
    for n in range(12):
        await asking.ask(f"z.oe+{n}@gmail.com" if n % 2 else f"zo.e+{n}@googlemail.com")
        asking.visitor.headers["X-Forwarded-For"] = f"192.0.2.{n}"
    asking.visitor.headers.clear()
    assert len(asking.subjects) == 3


async def test_one_address_asks_so_often_and_others_still_can(asking: Asking) -> None:
    statuses = []
    for n in range(18):
        await asking.ask(f"z{n}@exemple.fr")
        statuses.append(asking.visitor.status)
    assert statuses == [200] * 15 + [429] * 3
    asking.visitor.headers["X-Forwarded-For"] = "192.0.2.7"
    await asking.ask("leo@exemple.fr")
    assert asking.visitor.status == 200
    asking.visitor.headers.clear()


async def test_whoever_was_told_no_disturbs_nobody_again(asking: Asking) -> None:
    anne = asking.scene.people["Anne"]
    await asking.ask()
    await asking.confirm()
    await asking.stage.click(anne, asking.office, "❌")
    await asking.stage.write(anne, asking.office, "passer")
    old = asking.mail_server.mails[0].link("/demande/")
    said = len(asking.stage.said(asking.office))
    for _ in range(5):
        asking.stage.clock.at += DAY
        await asking.ask()
    await asking.visitor.open(old)
    assert asking.visitor.html.count("<form") == 0
    assert len(asking.stage.said(asking.office)) == said


# -- words that lie


@pytest.mark.parametrize(
    "name",
    [
        *("https://loterie.example", "Appelle le 0899123456", "zoe@loterie.example", "loterie.example", "<b>", "…", ""),
        *(
            "loterie．example",
            "loterie。example",
            "loterie․example",
            "zoe＠loterie",
            "Appelle le ０８９９",
            "https：／／x",
            "㎏" * 40,
        ),
    ],
)
async def test_a_mail_to_a_stranger_carries_no_message_as_a_name(asking: Asking, name: str) -> None:
    await asking.ask(name=name)
    assert asking.visitor.status == 422
    assert asking.subjects == []


async def test_headers_are_not_written_from_a_form(asking: Asking) -> None:
    await asking.ask(name="Zoé\r\nBcc: tous@exemple.fr", email="zoe@exemple.fr")
    assert asking.subjects == []  # an address is no name
    await asking.ask(name="Zoé\r\nBcc tous", email="zoe@exemple.fr\r\n")
    (mail,) = asking.mail_server.mails
    assert mail.to == ("zoe@exemple.fr",)
    assert mail.message["Bcc"] is None
    await asking.ask(email="zoe@exemple.fr\r\nCc: tous@exemple.fr")
    assert (asking.visitor.status, len(asking.subjects)) == (422, 1)


async def test_what_deceives_the_eye_is_shown_without_it(asking: Asking) -> None:
    word = f"{BIDI} <script>alert(1)</script> [ici](https://loterie.example)\x00\ud800 " + "a" * 600
    await asking.ask(name=f"Zoé{BIDI}", word=word.encode("utf-8", "replace").decode())
    await asking.visitor.open(asking.link())
    assert "<script" not in asking.visitor.html
    await asking.visitor.press()
    (card,) = asking.cards
    assert "\u202e" not in card + asking.visitor.html + asking.mail_server.mails[0].text
    assert "…" in card
    event = next(e for e in asking.scene.rooms["Conciergerie"].events if e["type"] == "m.room.message")
    assert not re.search(r"<script|<a ", event["content"]["formatted_body"])


async def test_a_huge_body_is_refused(asking: Asking) -> None:
    await asking.visitor.open(await asking.page())
    await asking.visitor.press("Demander à venir", name="Zoé", email="zoe@exemple.fr", word="a" * 900_000)
    assert asking.visitor.status == 413
    assert await asking.rows() == []


async def test_a_page_elsewhere_presses_no_button_of_ours(asking: Asking) -> None:
    await asking.visitor.open(await asking.page())
    asking.visitor.headers["Origin"] = "https://loterie.example"
    await asking.visitor.press("Demander à venir", name="Zoé", email="zoe@exemple.fr")
    asking.visitor.headers.clear()
    assert asking.visitor.status == 403
    assert await asking.rows() == []


# -- links


async def test_links_of_others_open_nothing(asking: Asking) -> None:
    """Guessed, of a newcomer's page, of another lieu, of a row that is gone."""
    await asking.ask()
    lieu, tokens = await asking.lieu(), asking.stage.bot.page_addresses.tokens
    (row,) = await asking.rows()
    page = await asking.page()
    arrival = tokens.of("arrival", row["id"])
    gone = tokens.of("join", row["id"] + 1)
    for token in (arrival, gone, "1-" + "a" * 24, "a" * 4_000):
        await asking.visitor.open(f"{page}/demande/{token}")
        assert asking.visitor.status in (404, 414)
    other = await asking.stage.bot.lieux.create("!autre", "La Dune", language="fr", zone="Europe/Paris", now=1)
    await asking.stage.bot.lieux.choose(other.id, installed=True, office=lieu.office)
    elsewhere = await asking.stage.bot.page_addresses.of_lieu(other)
    await asking.visitor.open(f"{elsewhere}/demande/{asking.link().rpartition('/')[2]}")
    assert asking.visitor.status == 404
    assert "Zoé" not in asking.visitor.html


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Zoe@Exemple.FR", "zoe@exemple.fr", True),
        ("zoe@googlemail.com", "zoe@gmail.com", True),
        ("zoe+rosee@exemple.fr", "zoe@exemple.fr", False),
        ("zoe@straße.de", "zoe@xn--strae-oqa.de", True),
    ],
)
def test_two_addresses_of_one_mailbox_are_one(one: str, other: str, same: bool) -> None:
    assert (mailbox_of(one) == mailbox_of(other)) is same
