"""Whom a mail may be sent to: nobody writes a second header, command or recipient in an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import Rejected
from integrations.mail import mailbox, sender_of


@pytest.mark.parametrize(
    ("written", "travels"),
    [
        ("zoe@exemple.fr", "zoe@exemple.fr"),
        (" zoe+lieu@Exemple.FR ", "zoe+lieu@exemple.fr"),
        ("o'neil@exemple.fr", "o'neil@exemple.fr"),
        ("zoe@straße.de", "zoe@xn--strae-oqa.de"),
    ],
)
def test_as_it_travels(written: str, travels: str) -> None:
    assert mailbox(written) == travels


@pytest.mark.parametrize(
    "written",
    [
        "",
        "zoe",
        "@exemple.fr",
        "zoé@exemple.fr",
        "zoe@exemple.fr\r\nBcc: all@exemple.fr",
        "zoe\n@exemple.fr",
        "zoe@exemple.fr, marc@exemple.fr",
        "<zoe@exemple.fr>",
        '"zoe martin"@exemple.fr',
        "zoe..martin@exemple.fr",
        "zoe@exemple.fr>",
        "zoe@exemple.fr SIZE=1",
        f"{'z' * 65}@exemple.fr",
        f"zoe@{'e' * 250}.fr",
        "zoe@[127.0.0.1]",
    ],
)
def test_nothing_but_one_address(written: str) -> None:
    with pytest.raises(Rejected) as no:
        mailbox(written)
    assert no.value.code == "mail-address"


@given(st.text())
def test_whatever_comes_is_one_plain_address_or_none(written: str) -> None:
    try:
        found = mailbox(f"{written}@exemple.fr")
    except Rejected:
        return
    assert found.isascii()
    assert not set(found) & set(' \t\r\n<>,;:"\\()[]')


def test_who_sends_has_a_name_or_none() -> None:
    assert str(sender_of("Conciergerie <Bot@Exemple.fr>")) == "Conciergerie <Bot@exemple.fr>"
    assert str(sender_of("bot@exemple.fr")) == "bot@exemple.fr"


@pytest.mark.parametrize("written", ["", "Conciergerie", "a@exemple.fr, b@exemple.fr", "Bot <é@exemple.fr>", "x: y;"])
def test_who_sends_is_one_address(written: str) -> None:
    with pytest.raises(Rejected):
        sender_of(written)
