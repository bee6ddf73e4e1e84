"""A picture or a file, the address of a page."""

from __future__ import annotations

from typing import Any

import pytest

from bot.matrix.message import attached
from bot.talk.answers import Attachment, Heard, Page
from tests.stage.answers import WORDS, read

PICTURE: dict[str, Any] = {"msgtype": "m.image", "body": "plan.png", "url": "mxc://lieu.fr/abc", "info": {"w": 4}}


async def test_a_picture_is_an_answer_and_a_text_is_none() -> None:
    found = attached(PICTURE)
    assert await Attachment().read(Heard(None, attachment=found), WORDS) == found
    assert await read(Attachment(), "la voici") == "attachment-wanted"


@pytest.mark.parametrize(
    "change",
    [{"url": "https://ailleurs.fr/x.png"}, {"url": None}, {"msgtype": "m.text"}, {"file": {"url": 3}}, {"file": []}],
)
def test_what_cannot_be_fetched_is_no_attachment(change: dict[str, Any]) -> None:
    assert attached(PICTURE | change if change != {"file": []} else {"msgtype": "m.image", "file": []}) is None


def test_an_attachment_keeps_what_is_known_and_no_more() -> None:
    told = PICTURE | {"filename": "a\u202eb.png", "info": {"w": 4, "xyz": "x" * 10_000}, "file": None}
    assert attached(told) == {"msgtype": "m.image", "name": "ab.png", "url": "mxc://lieu.fr/abc", "info": {"w": 4}}


@pytest.mark.parametrize(
    ("said", "page"),
    [
        ("https://nuage.lieu.fr/s/abc", "https://nuage.lieu.fr/s/abc"),
        ("nuage.lieu.fr/s/abc", "https://nuage.lieu.fr/s/abc"),
        ("http://lieu.fr", "http://lieu.fr"),
        ("notre nuage", "page"),
        ("javascript:alert(1)", "page"),
        ("mailto:zoe@lieu.fr", "page"),
        ("https://", "page"),
        ("https://lieu.fr/" + "a" * 500, "page"),
    ],
)
async def test_an_address_is_one_that_a_click_opens(said: str, page: str) -> None:
    assert await read(Page(), said) == page


def test_an_address_is_found_in_a_text() -> None:
    assert Page().guess("le plan est là (https://lieu.fr/plan).", WORDS) == "https://lieu.fr/plan"
    assert Page().guess("demandez à lieu.fr", WORDS) is None
