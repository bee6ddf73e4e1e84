"""Whom something is shared with, as people say it; and days within bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.talk.answers import Date, Recipient
from tests.stage.answers import TODAY, WORDS, read

KNOWN = [("@zoe.martin:lieu.fr", "Zoé Martin"), ("@marc:ailleurs.fr", "Marc"), ("@lien:lieu.fr", "Lien Nguyen")]
ALL = Recipient(("group", "person", "link", "deposit", "mail", "cloud"), KNOWN)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("1", ("group", "")),
        ("le groupe", ("group", "")),
        ("tout le monde", ("group", "")),
        ("une personne", ("person", "")),
        ("un lien", ("link", "")),
        ("lien", ("link", "")),
        ("lien nguyen", ("person", "@lien:lieu.fr")),
        ("drop box", ("deposit", "")),
        ("Zoé", ("person", "@zoe.martin:lieu.fr")),
        ("zoe.martin", ("person", "@zoe.martin:lieu.fr")),
        ("@marc:ailleurs.fr", ("person", "@marc:ailleurs.fr")),
        ("https://matrix.to/#/@marc:ailleurs.fr", ("person", "@marc:ailleurs.fr")),
        ("Ami@Exemple.fr", ("mail", "ami@exemple.fr")),
        ("zoe@https://nuage.exemple.fr", ("cloud", "zoe@https://nuage.exemple.fr")),
        ("z.m@asso.fr@https://nuage.exemple.fr/nc", ("cloud", "z.m@asso.fr@https://nuage.exemple.fr/nc")),
        ("@lou:ailleurs.fr", "recipient-stranger"),
        ("la mairie", "choice-unknown"),
        ("9", "choice-number"),
    ],
)
async def test_a_recipient(said: str, found: Any) -> None:
    assert await read(ALL, said) == found


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("ami@exemple.fr", "recipient-no-mails"),
        ("zoe@https://nuage.exemple.fr", "recipient-no-clouds"),
        ("lien", "recipient-no-links"),
        ("un dépôt", "recipient-no-deposits"),
        ("le groupe", "recipient-no-groups"),
    ],
)
async def test_what_the_server_does_not_allow_is_said(said: str, why: str) -> None:
    assert await read(Recipient(("person",), KNOWN), said) == why


async def test_who_exactly_is_asked_next() -> None:
    assert await read(Recipient(("person",), KNOWN, listed=False), "marc") == ("person", "@marc:ailleurs.fr")
    assert await read(Recipient(("person",), KNOWN, listed=False), "lou") == "choice-unknown"
    assert await read(Recipient(("mail",), listed=False), "ami@exemple.fr") == ("mail", "ami@exemple.fr")
    assert await read(Recipient(("mail",), listed=False), "ami") == "email"
    assert await read(Recipient(("cloud",), listed=False), "zoe") == "recipient-cloud"


def test_a_recipient_is_shown_by_name() -> None:
    shown = [
        ALL.show(value, WORDS, "fr") for value in (("person", "@marc:ailleurs.fr"), ("mail", "a@b.fr"), ("link", ""))
    ]
    assert shown == ["Marc (@marc:ailleurs.fr)", "a@b.fr", "un lien"]


async def test_a_day_within_bounds() -> None:
    kind = Date(lambda: TODAY, earliest=TODAY + timedelta(days=1), latest=TODAY + timedelta(days=7))
    assert await read(kind, "aujourd’hui") == "date-early"
    assert await read(kind, "demain") == TODAY + timedelta(days=1)
    assert await read(kind, "dans 7 jours") == TODAY + timedelta(days=7)
    assert await read(kind, "dans 8 jours") == "date-late"
    assert await read(kind, "hier") == "date-past"
