"""How much room, as people write it."""

from __future__ import annotations

import pytest

from bot.talk.answers.amounts import amount_at_the_end, amount_said

M, G = 2**20, 2**30


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ("5 Go", 5 * G),
        ("5", 5 * G),
        ("5Go", 5 * G),
        (" 1,5  go ", round(1.5 * G)),
        ("500 Mo", 500 * M),
        ("500 mib", 500 * M),
        ("0.5 GB", G // 2),
        ("2 t", 2 * 2**40),
        ("2000000 octets", None),
        ("beaucoup", None),
        ("0", None),
        ("-5 Go", None),
        ("12 ko", None),
        ("9999999 To", None),
        ("1e3 Go", None),
        ("", None),
    ],
)
def test_an_amount_is_what_was_said_or_nothing(said: str, size: int | None) -> None:
    assert amount_said(said) == size


@pytest.mark.parametrize(
    ("said", "cut"),
    [
        ("Zoé 2 Go", ("Zoé", "2 Go")),
        ("Zoé Martin  500mo", ("Zoé Martin", "500mo")),
        ("Fablab 1,5 Go", ("Fablab", "1,5 Go")),
        ("Salle 2", ("Salle 2", "")),
        ("Zoé", ("Zoé", "")),
        ("2 Go", ("2 Go", "")),
        ("Zoé 12 ko", ("Zoé 12 ko", "")),
        ("", ("", "")),
    ],
)
def test_an_amount_behind_a_name_is_no_part_of_it(said: str, cut: tuple[str, str]) -> None:
    assert amount_at_the_end(said) == cut
