"""Which names mean something, and which are taken for one another."""

from __future__ import annotations

import pytest

from integrations.names import administers, alike, is_reserved


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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("La Rosée", "la  rosee"),
        ("La Rosée", "LA ROSE\u0301E"),
        ("la.rosee", "La-Rosée"),
        ("Lа Rоsée", "La Rosée"),  # two letters of another alphabet
        ("Phare 10", "phare lo"),
    ],
)
def test_names_that_a_service_or_a_reader_takes_for_one(one: str, other: str) -> None:
    assert alike(one, other)


def test_names_in_another_alphabet_are_themselves() -> None:
    assert not alike("東京", "大阪")
    assert not alike("🌻", "🌷")
    assert not alike("ж", "я")
