"""A list of lieux as others keep it: what is understood of it, what is left out, and what the host is told."""

from __future__ import annotations

import asyncio
import csv
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bot.network.gazetteer import called
from bot.operator import census_import
from bot.operator.census_import import Source, read
from bot.operator.lieu_spaces import NotMeant
from bot.store import censuses
from bot.store.censuses import Census, CensusLieu
from bot.store.database import Database
from bot.store.read_only import open_read_only

ROOT = Path(__file__).parents[2]
LIST = ROOT / "tests" / "data" / "tiers-lieux-2019.csv"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "COLUMNS": "300"}
LEAST = "MATRIX_HOMESERVER=http://127.0.0.1:9\nMATRIX_USER=@bot:example.org\nMATRIX_PASSWORD=swordfish\nDATA_DIR=data\n"
MISSION = ("--source", "Mission Coworking", "--licence", "Licence Ouverte 2.0", "--date", "2019-06")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bot.env").write_text(LEAST)
    return tmp_path


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "lieux.csv"
    file.write_bytes(text.encode(encoding))
    return file


def one(folder: Path, **cells: str) -> CensusLieu:
    """The only lieu of a table that has these cells."""
    with (folder / "lieux.csv").open("w", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerows([[*cells, "remarque"], [*cells.values(), "rien"]])
    (lieu,) = read(folder / "lieux.csv", {}).lieux
    return lieu


def command(folder: Path, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-m", "bot", *words]
    return subprocess.run(whole, cwd=folder, env=ENVIRONMENT, input=said, capture_output=True, text=True, timeout=60)


def kept(folder: Path) -> list[Census]:
    async def look() -> list[Census]:
        async with open_read_only(folder / "data" / "bot.sqlite") as database:
            return await database.read(censuses.all_of_them)

    return asyncio.run(look())


# -- what is understood


def test_the_columns_of_the_list_of_2019_are_guessed() -> None:
    found = read(LIST, {})
    assert found.columns == {
        "name": "NOM_TL",
        "town": "NOMCOM",
        "postcode": "CP",
        "latitude": "LAT",
        "longitude": "LONG",
        "web": "WEB",
        "description": "TYPO",
    }
    assert (len(found.lieux), found.nameless, found.twice, found.by_town, found.nowhere) == (20, 0, 0, 0, 0)
    assert found.lieux[0] == CensusLieu(
        name="ADE Coworking",
        town="Nantes",
        postcode="44300",
        latitude=47.245935,
        longitude=-1.505602,
        web="https://www.ade-coworking.net",
        description="Tiers lieux à dominante coworking",
    )
    (moulins,) = [lieu for lieu in found.lieux if lieu.town == "Moulins"]
    assert moulins.postcode == "", "« 0 » is none"
    assert "BUROL@B" in [lieu.name for lieu in found.lieux], "not every @ is an address"


FRENCH = (
    "Nom du lieu;Ville;Code postal;Latitude;Longitude;Site web;Présentation\r\n"
    "Café de l’Étape;Chinon;37500;47,1667;0,2428;etape.example;« Coworking », soudure\r\n"
    ";;;;;;\r\n"
    "La Rosée;Bourg-en-Bresse;1000;;;;\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_french_spreadsheet_is_read_as_it_is(tmp_path: Path, encoding: str) -> None:
    etape, rosee = read(table(tmp_path, FRENCH, encoding), {}).lieux
    assert (etape.name, etape.town, etape.postcode) == ("Café de l’Étape", "Chinon", "37500")
    assert (etape.latitude, etape.longitude) == (47.1667, 0.2428)
    assert (etape.web, etape.description) == ("https://etape.example", "« Coworking », soudure")
    assert rosee.postcode == "01000", "a spreadsheet took its zero away"


def test_where_no_coordinates_are_told_the_town_says_where_it_is(tmp_path: Path) -> None:
    found = read(table(tmp_path, "nom,ville\nA,Chinon\nB,Saint-Denis\nC,Nulleville\nD,\n"), {})
    chinon, denis, nulleville, nowhere = found.lieux
    assert f"geo:{chinon.latitude:.4f},{chinon.longitude:.4f}" == called("Chinon")[0]["geo_uri"]
    assert denis.latitude is nulleville.latitude is nowhere.latitude is None, "of two it is not known which"
    assert (found.by_town, found.nowhere) == (1, 3)


def test_columns_may_be_told_by_their_title_or_number_or_left_out(tmp_path: Path) -> None:
    file = table(tmp_path, "structure;commune;lieu\nAssociation X;Tours;La Rosée\n")
    told: dict[str, str | None] = {"name": "Lieu", "town": "2", "description": "STRUCTURE"}
    (lieu,) = read(file, told).lieux
    assert (lieu.name, lieu.town, lieu.description) == ("La Rosée", "Tours", "Association X")
    (lieu,) = read(file, told | {"town": ""}).lieux
    assert lieu.town == ""


@pytest.mark.parametrize(
    ("told", "why"),
    [({"town": "Pays"}, "no such column"), ({"town": "4"}, "no such column"), ({}, "which column is the name")],
)
def test_a_column_that_is_not_there_is_answered_with_those_that_are(
    tmp_path: Path, told: dict[str, str | None], why: str
) -> None:
    with pytest.raises(NotMeant, match=why) as refusal:
        read(table(tmp_path, "structure;commune;quoi\nX;Tours;Y\n"), told)
    assert "structure, commune, quoi" in str(refusal.value)


def test_both_coordinates_may_be_in_one_column(tmp_path: Path) -> None:
    (lieu,) = read(table(tmp_path, "nom;geo_point_2d\nLa Rosée;47.39, 0.68\n"), {}).lieux
    assert (lieu.latitude, lieu.longitude) == (47.39, 0.68)


def test_rows_without_a_name_or_told_twice_are_counted(tmp_path: Path) -> None:
    found = read(table(tmp_path, "nom;ville\nA;Tours\n;Tours\nA;Tours\nA;Chinon\n"), {})
    assert [(lieu.name, lieu.town) for lieu in found.lieux] == [("A", "Tours"), ("A", "Chinon")]
    assert (found.nameless, found.twice) == (1, 1)
    assert "2 lieux; left out: 1 without a name, 1 told twice" in [*found.lines()]


# -- what is hostile, or wrong


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("La\x01 Ro\x1bsée\u202e", "La Rosée"),
        ("La Rosée\nConciergerie : tout est faux", "La Rosée Conciergerie : tout est faux"),
        ("<b>La Rosée</b><script>alert(1)</script>", "La Rosée alert(1)"),
        ("L&#x27;Atelier &amp; Co", "L'Atelier & Co"),
        ("La Rosée @anne:lieu.fr", "La Rosée"),
        ("La Rosée anne@lieu.fr", "La Rosée"),
        ("La Rosée https://piege.example/x", "La Rosée"),
        ("La Rosée www.piege.example", "La Rosée"),
        ('\'=HYPERLINK("https://piege.example")', ""),
        ("=1+1", "=1+1"),
        ("x" * 10_000, "x" * 99 + "…"),
    ],
)
def test_what_a_cell_holds_is_only_words(tmp_path: Path, cell: str, name: str) -> None:
    found = one(tmp_path, nom="A", description=cell) if not name else one(tmp_path, nom=cell)
    assert found.description == "" if not name else found.name == name


@pytest.mark.parametrize(
    ("cell", "web"),
    [
        ("www.rosee.example", "https://www.rosee.example"),
        ("rosee.example/page?x=1", "https://rosee.example/page?x=1"),
        ("http://rosee.example", "http://rosee.example"),
        ("HTTPS://Rosee.Example:8443/", "HTTPS://Rosee.Example:8443/"),
        ("javascript:alert(1)", ""),
        ("data:text/html,<b>", ""),
        ("matrix:u/anne:lieu.fr", ""),
        ("mailto:anne@lieu.fr", ""),
        ("ftp://rosee.example", ""),
        ("https://bon.example@piege.example", ""),
        ("https://rosee", ""),
        ("//rosee.example", ""),
        ("rosee.example un autre.example", ""),
        ('https://rosee.example/"><script>', ""),
        ("https://rosee.example/" + "x" * 400, ""),
        ("-", ""),
        ("", ""),
    ],
)
def test_a_link_leads_to_a_page_or_is_none(tmp_path: Path, cell: str, web: str) -> None:
    assert one(tmp_path, nom="La Rosée", site=cell).web == web


@pytest.mark.parametrize(
    ("north", "east", "place"),
    [
        ("47.39", "0.68", (47.39, 0.68)),
        ("47,39", "-0,68", (47.39, -0.68)),
        (" +47.39° ", "0.68", (47.39, 0.68)),
        ("0", "0", None),
        ("91", "0.68", None),
        ("47.39", "181", None),
        ("47.39", "", None),
        ("47.390123, 0.68", "", (47.3901, 0.68)),
        ("0.0, 0.0", "", None),
        ("nan", "inf", None),
        ("1e9", "0.68", None),
        ("47°23′N", "0.68", None),
        ("٤٧", "0.68", (47.0, 0.68)),
        ("4" * 400, "0.68", None),
    ],
)
def test_coordinates_are_degrees_or_none(
    tmp_path: Path, north: str, east: str, place: tuple[float, float] | None
) -> None:
    found = one(tmp_path, nom="La Rosée", latitude=north, longitude=east)
    assert (found.latitude, found.longitude) == (place or (None, None))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"PK\x03\x04rest", "save it as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "save it as CSV"),
        (b"%PDF-1.7", "a CSV is needed"),
        (b"\x89PNG", "a CSV is needed"),
        (b"nom;ville\n\0\0\0", "is no text"),
        (b"nom;ville\n;Tours\n", "no row has a name"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_a_sentence(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "lieux.csv").write_bytes(data)
    with pytest.raises(NotMeant, match=why):
        read(tmp_path / "lieux.csv", {})


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = table(tmp_path, "nom;ville\n" + "A;Tours\n" * 50)
    monkeypatch.setattr(census_import, "MOST_ROWS", 49)
    with pytest.raises(NotMeant, match="more than 49 rows"):
        read(file, {})
    monkeypatch.setattr(census_import, "MOST_ROWS", 50)
    assert len(read(file, {}).lieux) == 1
    monkeypatch.setattr(census_import, "LARGEST", 100)
    with pytest.raises(NotMeant, match="is larger than"):
        read(file, {})


def test_a_cell_may_be_on_many_lines(tmp_path: Path) -> None:
    told = "\n".join(f"Ligne {n}, et la suite" for n in range(20)) + "\nanne@lieu.fr, bob@lieu.fr"
    (lieu,) = read(table(tmp_path, f'nom;ville;description\nLa Rosée;Tours;"{told}"\n'), {}).lieux
    assert (lieu.name, lieu.town) == ("La Rosée", "Tours")
    assert lieu.description.startswith("Ligne 0, et la suite Ligne 1, et la suite")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (("", "LO", "2019"), "--source, --licence and --date"),
        (("A", " ", "2019"), "--source, --licence and --date"),
        (("A", "LO", "juin 2019"), "a year, a month or a day"),
        (("A", "LO", "2019-13"), "no such day"),
        (("A", "LO", "2019-02-30"), "no such day"),
        (("A", "LO", "9999"), "not yet"),
    ],
)
def test_whose_a_list_is_and_of_when_has_to_be_said(told: tuple[str, str, str], why: str) -> None:
    with pytest.raises(NotMeant, match=why):
        Source.told(*told)


def test_ten_thousand_rows_are_read_in_a_moment(tmp_path: Path) -> None:
    row = LIST.read_text().splitlines()[1]
    rows = [row.replace("ADE Coworking", f"Lieu {n}") for n in range(10_000)]
    file = table(tmp_path, "\n".join([LIST.read_text().splitlines()[0], *rows]))
    began = time.process_time()
    found = read(file, {})
    assert len(censuses.rows_of(found.lieux)) == 10_000
    assert time.process_time() - began < 5


# -- as a command


def test_it_shows_before_it_writes(folder: Path) -> None:
    for words, said in ((("--dry-run",), "y\n"), (MISSION, "n\n")):
        done = command(folder, "import-lieux", str(LIST), *words, said=said)
        assert (done.returncode, done.stderr) == (0, "")
        assert "name: “NOM_TL”, town: “NOMCOM”" in done.stdout
        assert "20 lieux" in done.stdout
        assert "ADE Coworking · 44300 Nantes · 47.2459, -1.5056" in done.stdout
        assert not (folder / "data").exists()


def test_what_is_imported_again_takes_the_place_of_what_was(folder: Path) -> None:
    done = command(folder, "import-lieux", str(LIST), *MISSION, said="y\n")
    assert "20 lieux of “Mission Coworking” are shown by !lieux. It is of 2019-06, too old" in done.stdout
    small = table(folder, "nom;ville\nLa Rosée;Tours\n")
    done = command(folder, "import-lieux", str(small), *MISSION[:-1], "2026-01", "--yes")
    assert "1 lieux of “Mission Coworking” are shown by !lieux, in place of the 20 of 2019-06." in done.stdout
    command(folder, "import-lieux", str(LIST), "--source", "Autre", *MISSION[2:], "--yes")
    assert [(one.source, one.licence, one.date, one.lieux) for one in kept(folder)] == [
        ("Autre", "Licence Ouverte 2.0", "2019-06", 20),
        ("Mission Coworking", "Licence Ouverte 2.0", "2026-01", 1),
    ]
    assert "“Autre” are shown no more" in command(folder, "import-lieux", "--forget", "Autre").stdout
    assert [one.source for one in kept(folder)] == ["Mission Coworking"]
    again = command(folder, "import-lieux", "--forget", "Autre")
    assert (again.returncode, again.stderr) == (65, "✗ Autre: nothing was imported of it\n  Mission Coworking\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("missing.csv", *MISSION), "✗ missing.csv cannot be read or written"),
        ((".", *MISSION), "✗ . cannot be read or written"),
        ((str(LIST),), "✗ say --source, --licence and --date"),
        ((), "✗ say --source, --licence and --date"),
        (MISSION, "✗ name a CSV to import"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(folder: Path, words: tuple[str, ...], why: str) -> None:
    done = command(folder, "import-lieux", *words)
    assert done.returncode in (65, os.EX_IOERR)
    assert done.stderr.startswith(why)
    assert not (folder / "data").exists()


async def test_the_bot_may_be_running(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "bot.sqlite")
    try:
        source = Source.told("Mission Coworking", "Licence Ouverte 2.0", "2019-06")
        await census_import.write(tmp_path, source, read(LIST, {}).lieux)
        (seen,) = await database.read(censuses.all_of_them)
        assert seen.lieux == 20
        await census_import.forget(tmp_path, "Mission Coworking")
        assert await database.read(censuses.all_of_them) == []
        left: Any = await database.read(lambda tx: tx.execute("SELECT count(*) FROM census_lieux").fetchone()[0])
        assert left == 0
    finally:
        await database.close()


def test_doctor_says_when_a_list_was_imported_and_whether_it_is_too_old(folder: Path) -> None:
    command(folder, "import-lieux", str(LIST), *MISSION, "--yes")
    command(folder, "import-lieux", str(LIST), "--source", "Neuve", "--licence", "ODbL", "--date", "2026-01", "--yes")
    rows = [line for line in command(folder, "doctor").stdout.splitlines() if "lieux of" in line]
    old, new = sorted(rows, key=lambda line: "Neuve" in line)
    assert old.startswith("·")
    assert "20, of 2019-06, imported on 20" in old
    assert "too old to answer people with" in old
    assert new.startswith("✓")
    assert "too old" not in new
