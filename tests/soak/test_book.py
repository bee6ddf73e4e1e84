"""The accounts of a soak see what is lost, doubled, out of its order or not asked for."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.soak.book import settle

ANSWERS = ["Les membres", "J’arrête", "Ce qu’on"]
ONCE = Counter({("Ouverte", "zz1zz"): 1, ("Le silence est fini",): 2})
CARD, OVER = "cherche. Ouverte. zz1zz", "Le silence est fini : Marc"
TOLD = ["Les membres de Lieu 1", CARD, "J’arrête là.", OVER, "Ce qu’on me demande", OVER]


def test_all_that_was_awaited_came_once() -> None:
    accounts = settle(TOLD, ANSWERS, ONCE)
    assert (accounts.answered, accounts.came, accounts.lost, accounts.doubled) == (3, ONCE, [], [])


@pytest.mark.parametrize("place", range(len(TOLD)))
def test_what_is_lost_is_seen(place: int) -> None:
    assert settle(TOLD[:place] + TOLD[place + 1 :], ANSWERS, ONCE).lost


@pytest.mark.parametrize("place", range(len(TOLD)))
def test_what_is_doubled_is_seen(place: int) -> None:
    accounts = settle([*TOLD[: place + 1], *TOLD[place:]], ANSWERS, ONCE)
    assert accounts.doubled == [TOLD[place]]


def test_answers_in_another_order_are_seen() -> None:
    accounts = settle(["J’arrête là.", "Les membres de Lieu 1", "Ce qu’on me demande"], ANSWERS, Counter())
    assert accounts.lost
    assert accounts.doubled
