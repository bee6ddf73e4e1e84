"""Every French place of the file is found by its name, however that is written; and what the file is made of."""

from __future__ import annotations

import re
import tracemalloc
from collections import defaultdict

import pytest

from bot.network import gazetteer
from bot.network.gazetteer import FILE, Town, alike, called, key, placed, whereabouts
from bot.network.geography import far
from bot.words import fold
from tests.places import REGIONS

LINES = FILE.read_text("utf-8").splitlines()
LINE = re.compile(r"([a-z0-9 ]+)\t([^\t]{1,60})\t(-?\d{1,2}\.\d{4})\t(-?\d{1,3}\.\d{4})\t([^\t]+)\t([^\t]*)")


def names(towns: list[Town]) -> list[tuple[str, str]]:
    return [(town["name"], town["region"]) for town in towns]


# -- the file


def test_the_file_is_in_the_order_in_which_it_is_searched() -> None:
    keys = [line.partition("\t")[0] for line in LINES]
    assert keys == sorted(keys, key=str.encode)
    assert len(LINES) > 15_000
    assert FILE.stat().st_size < 1_000_000


def test_each_line_says_what_a_town_is() -> None:
    namesakes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in LINES:
        found = LINE.fullmatch(line)
        assert found, line
        first, name, latitude, longitude, region, near = found.groups()
        assert first == key(name), line
        assert region in REGIONS.values(), line
        assert abs(float(latitude)) <= 90, line
        assert abs(float(longitude)) <= 180, line
        namesakes[first, region].append(near)
    for who, told in namesakes.items():
        assert ("" in told) == (len(told) == 1), who
        assert len({*told}) == len(told), f"{who} are not told apart"


def test_a_town_is_where_maps_show_it() -> None:
    (chinon,) = called("Chinon")
    assert (far(chinon["geo_uri"], "geo:47.1667,0.2428") or 0) <= 1
    assert chinon["region"] == "Centre-Val de Loire"


# -- by its name


def test_every_place_is_found_by_its_own_name() -> None:
    for line in LINES:
        _, name, latitude, longitude, *_ = line.split("\t")
        assert f"geo:{latitude},{longitude}" in [town["geo_uri"] for town in called(name)], line


def test_every_place_is_found_without_accents_hyphens_and_capitals() -> None:
    for line in LINES:
        _, name, latitude, longitude, *_ = line.split("\t")
        assert f"geo:{latitude},{longitude}" in [town["geo_uri"] for town in called(fold(name).upper())], line


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("chinon", "Chinon"),
        ("CHINON 37500", "Chinon"),
        ("mans", "Le Mans"),
        ("le mans", "Le Mans"),
        ("Isle Adam", "L’Isle-Adam"),
        ("L'Isle-Adam", "L’Isle-Adam"),
        ("la roche sur yon", "La Roche-sur-Yon"),
        ("Roche s/ Yon", "La Roche-sur-Yon"),
        ("St-Pierre-des-Corps", "Saint-Pierre-des-Corps"),
        ("ste maure de touraine", "Sainte-Maure-de-Touraine"),
        ("paris", "Paris"),
        ("Paris 11e", "Paris 11e"),
        ("paris 11", "Paris 11e"),
        ("Lyon 2ème arrondissement", "Lyon 2e"),
        ("Marseille 01", "Marseille 1er"),
        ("Paris 75011", "Paris"),
        ("Toulouse 31", "Toulouse"),
    ],
)
def test_people_write_it_in_their_own_way(said: str, meant: str) -> None:
    assert [town["name"] for town in called(said)] == [meant]


def test_namesakes_are_told_by_their_region_the_biggest_first() -> None:
    assert names(called("st denis")) == [
        ("Saint-Denis", "La Réunion"),
        ("Saint-Denis", "Île-de-France"),
    ]
    assert names(called("Saint-Denis (93)")) == names(called("Saint-Denis"))


def test_an_article_tells_apart_but_is_not_needed() -> None:
    assert {town["name"] for town in called("les angles")} == {"Les Angles"}
    assert {town["name"] for town in called("angles")} == {"Anglès", "Angles"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Amboize", ["Amboise"]),
        ("chinnon", ["Chinon"]),
        ("Saint Pierre des Cors", ["Saint-Pierre-des-Corps"]),
        ("Vallence", ["Valence", "Valence"]),
        ("Nulleville", []),
    ],
)
def test_a_mistyped_name_has_those_proposed_that_resemble_it(said: str, meant: list[str]) -> None:
    assert called(said) == []
    assert [town["name"] for town in alike(said)] == meant


@pytest.mark.parametrize(
    "said",
    [
        *(
            "",
            " ",
            "-",
            "’",
            "\0",
            "\t",
            "\n",
            "a\tb",
            "zzzz\uffff",
            "Ω" * 50,
            "漢字",
            "\ud800",
            "9" * 400,
            "l" * 100_000,
        ),
        *("1 " * 40, "le la les l", "geo:1,1", "../../etc/passwd", "%s", "\x7f", "~", "{"),
    ],
)
def test_what_is_no_name_is_no_town(said: str) -> None:
    assert called(said) == []
    assert alike(said) == []


# -- light


def test_nothing_of_it_stays_in_memory() -> None:
    called("Tours"), alike("Tourss")
    tracemalloc.start()
    try:
        called("Saint-Denis")
        assert tracemalloc.get_traced_memory()[1] < 100_000, "one name is looked for without reading all of them"
        alike("Saint-Denit")
        held, peak = tracemalloc.get_traced_memory()
        assert held < 100_000
        assert peak < 3_000_000
    finally:
        tracemalloc.stop()


def test_one_name_is_found_in_some_twenty_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, look = list[int](), gazetteer._key_at

    def counted(lines: object, offset: int) -> bytes:
        looks.append(offset)
        return look(lines, offset)  # type: ignore[arg-type]

    monkeypatch.setattr(gazetteer, "_key_at", counted)
    called("Chinon")
    assert len(looks) <= 25


# -- a lieu


def test_coordinates_that_a_lieu_gives_count_before_its_town() -> None:
    assert whereabouts({"town": "Tours", "geo_uri": "geo:48.39,-4.49"}) == "geo:48.39,-4.49"
    assert whereabouts({"town": "Tours"}) == called("Tours")[0]["geo_uri"]
    assert whereabouts({"town": "Tours", "geo_uri": "nowhere"}) == called("Tours")[0]["geo_uri"]


@pytest.mark.parametrize("town", ["Saint-Denis", "Nulleville", "", "x" * 100])
def test_a_town_that_is_not_sure_says_nothing(town: str) -> None:
    assert whereabouts({"town": town}) is None
    assert placed({"name": "La Rosée", "town": town}) == {"name": "La Rosée", "town": town}
