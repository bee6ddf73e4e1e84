"""The HTML of a message, made to take time."""

from __future__ import annotations

import pytest

from bot.matrix.hostile_html import HostileParser


class Counting(HostileParser):
    """How often it looks for the end of something, and what it reads as text."""

    def __init__(self) -> None:
        super().__init__()
        self.looks, self.read = 0, ""

    def parse_starttag(self, i: int) -> int:
        self.looks += 1
        return super().parse_starttag(i)

    def parse_html_declaration(self, i: int) -> int:
        self.looks += 1
        return super().parse_html_declaration(i)

    def handle_data(self, data: str) -> None:
        self.read += data


@pytest.mark.parametrize("sign", ["<a href=", "<a href='", "<!--", "<!", "</", "<?"])
@pytest.mark.parametrize("before", ["", "<b>Bonjour</b> "])
def test_what_nothing_closes_is_looked_at_once(before: str, sign: str) -> None:
    """From each of eight thousand signs to the end: seconds, in which the bot answers nobody."""
    page = Counting()
    page.feed(before + sign * 8000)
    page.close()
    assert page.looks <= 1
    assert page.read == ("Bonjour " if before else "") + sign * 8000


def test_a_comment_that_is_closed_is_one() -> None:
    page = Counting()
    page.feed("Bon<!-- <b>rien</b> -->jour <!-- et<i> plus</i>")
    page.close()
    assert page.read == "Bonjour <!-- et plus"
