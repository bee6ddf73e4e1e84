"""Which names mean something."""

from __future__ import annotations

import pytest

from integrations.reserved_names import administers, is_reserved


@pytest.mark.parametrize(
    "name", ["zoe.martin", "ali", "lia", "elise", "noe", "info.martin", "marie.contact", "supportive", "adam.inconnu"]
)
def test_ordinary_people_have_ordinary_names(name: str) -> None:
    assert not is_reserved(name)


@pytest.mark.parametrize(
    "group",
    [
        "admin",
        "Admin",
        "ADMINS",
        " admin ",
        "аdmin",
        "ａdmin",
        "ad\u200bmin",
        "adm1n",
        "Domain Admins",
        "wheel",
        "adrnin",
        "admin\u115f",
    ],
)
def test_a_group_that_administers_is_known_by_any_spelling(group: str) -> None:
    assert administers(group)


@pytest.mark.parametrize("group", ["la.rosee", "membres", "staff-cuisine", "administres", "rooted", "les-amis"])
def test_an_ordinary_group_is_one(group: str) -> None:
    assert not administers(group)
