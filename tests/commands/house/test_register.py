"""The register of processing is true to what is set up: no service that the lieu has not, the times that it chose."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pypdf
import pytest

from bot.pictures import Typesetter
from bot.retention.processing import Register, copies_of
from bot.services.directory import DIRECTORY
from bot.services.registry import SERVICES
from bot.services.service import Service
from bot.services.tenancy import Services
from bot.settings import Backups
from bot.store import rooms
from bot.store.database import Tx
from tests.pictures.test_pictures import letters
from tests.stage.stage import words
from tests.stage.transcript_header import Scenery, scenery

ANNE = "@anne:lieu.fr"
BARE = {"lieu": "La Rosée", "concierges": "Anne, Bob", "membres": "Marc", "salons": "Place du village"}
FULL = BARE | {"comptes": "oui", "nextcloud": "oui", "helloasso": "oui", "pages": "https://rosee.exemple.fr"}
FULL |= {"e-mails": "oui", "odoo": "oui", "administration": "oui", "site": "oui"}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was to be drawn, in place of the drawings."""
    told: list[dict[str, Any]] = []

    async def register(_: Typesetter, said: dict[str, Any]) -> bytes:
        told.append(json.loads(json.dumps(said)))
        return b"%PDF-"

    monkeypatch.setattr(Typesetter, "register", register)
    return told


async def ask(scene: Scenery) -> list[str]:
    office = scene.rooms["Conciergerie"].room_id
    await scene.stage.write(ANNE, office, "!données registre")
    return scene.stage.said(office)


def lines(told: dict[str, Any], title: str) -> dict[str, str]:
    (section,) = [one for one in told["sections"] if one["title"] == title]
    return {row["label"]: row["text"] for row in section["rows"]}


async def test_a_lieu_without_services_reads_of_none(drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    async with scenery(BARE, tmp_path) as scene:
        await ask(scene)
    told = json.dumps(drawn, ensure_ascii=False)
    assert "Journal" in told, "so that what is looked for could be found"
    for absent in ("Nextcloud", "HelloAsso", "Odoo", "annuaire", "Adhésions", "Comptes inutilisés", "site du lieu"):
        assert absent not in told, absent
    assert not any(one["title"] in ("Les comptes du lieu", "L’entraide entre lieux") for one in drawn[0]["sections"])


async def test_each_service_that_is_there_has_its_line(drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    async with scenery(FULL, tmp_path) as scene:
        services = [one for one in SERVICES if scene.stage.services.has(one)]
        await ask(scene)
    named = {str(words().word("fr", f"talk.service.{one.name}")) for one in services}
    assert len(named) >= 4
    assert named <= lines(drawn[0], "Qui reçoit ces données").keys()


def test_every_service_has_a_sentence() -> None:
    for service in SERVICES:
        for language in ("fr", "en"):
            assert f"register.to-{service.name}" in words().catalogues[language].messages, service.name


HOMESERVERS = {"synapse", "identity-providers"}  # where accounts are: the lieu's own, which it names itself
NAMED = {"helloasso"}  # by its very name


def test_every_service_says_where_it_is_or_why_it_does_not() -> None:
    """Whoever adds one says what it receives, and on whose machine that lies: a recipient must have a name."""
    silent = {one.name for one in SERVICES if one.host is Service.__dataclass_fields__["host"].default}
    assert silent == HOMESERVERS | NAMED


async def test_the_machines_of_services_are_named(drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    async with scenery(FULL, tmp_path) as scene:
        await ask(scene)
    received = lines(drawn[0], "Qui reçoit ces données")
    for name in ("directory", "nextcloud", "wordpress", "odoo", "mail"):
        said = received[str(words().word("fr", f"talk.service.{name}"))]
        assert "\nSur " in said, name
        assert "//" not in said, "a name, and no address with what may stand in it"


async def test_homeservers_of_others_are_recipients(drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    """Every message of a room is copied to those of its members, and of the bots of a network."""
    async with scenery(BARE, tmp_path) as scene:
        await ask(scene)
        (lieu,) = await scene.stage.bot.lieux.all()

        def write(tx: Tx) -> None:
            people = [f"@p{n}:s{n:02}.fr" for n in range(15)]
            tx.executemany("INSERT INTO members (lieu, person) VALUES (?, ?)", [(lieu.id, each) for each in people])
            tx.execute("INSERT INTO networks (space, room_id, name) VALUES ('!n', '!c', 'Réseau')")
            (network,) = tx.execute("SELECT id FROM networks").fetchone()
            tx.execute("INSERT INTO network_lieux VALUES (?, ?, 'declared', 0, '{}', 1)", (network, lieu.id))
            tx.execute("INSERT INTO neighbours VALUES (?, '!x', '@bot:a.ailleurs.fr', '{}', 1)", (network,))

        await scene.stage.database.write(write)
        await ask(scene)
    before, after = (lines(told, "Qui reçoit ces données") for told in drawn)
    assert "Les autres messageries" not in before
    said = after["Les autres messageries"]
    assert "a.ailleurs.fr" in said
    assert "s10.fr" in said
    assert "et 4 autres" in said.replace("\u00a0", " ")
    assert "lieu.fr" not in said.replace("ailleurs.fr", "")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://seau/lieu?endpoint=https://s3.ailleurs.example:9000", "s3.ailleurs.example"),
        ("s3://seau/lieu", "s3.amazonaws.com"),
        ("sftp://u123@boite.ailleurs.example:23/~/lieu", "boite.ailleurs.example"),
        ("/mnt/copies/du/lieu", "folder"),
        ("", ""),
    ],
)
async def test_where_copies_go_is_said_or_left_to_fill_in(
    drawn: list[dict[str, Any]], tmp_path: Path, url: str, told: str
) -> None:
    backups = Backups(url, ("age1x",), "", None) if url else None
    assert copies_of(backups) == told
    async with scenery(BARE, tmp_path) as scene:
        (lieu,) = await scene.stage.bot.lieux.all()
        register = await scene.stage.bot.provide(Register, lieu)
        assert isinstance(register, Register)
        register._copies = told
        await ask(scene)
    by, secured = (
        lines(drawn[0], "Qui traite ces données pour le lieu"),
        lines(drawn[0], "Comment ces données sont protégées"),
    )
    assert ("Là où vont les copies" in by) == bool(told)
    assert ("copie chiffrée" in secured["Sauvegardes"]) == bool(told)
    assert told in ("", "folder") or told in by["Là où vont les copies"]
    assert "/mnt" not in json.dumps(drawn)


async def test_accounts_that_are_in_nextcloud_are_not_told_twice(drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    async with scenery(BARE | {"nextcloud": "oui", "comptes nextcloud par": "bot"}, tmp_path) as scene:
        await ask(scene)
    assert words().word("fr", f"talk.service.{DIRECTORY.name}") not in lines(drawn[0], "Qui reçoit ces données")


async def test_times_are_those_that_the_lieu_chose(drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    async with scenery(BARE, tmp_path) as scene:
        (lieu,) = await scene.stage.bot.lieux.all()
        await scene.stage.bot.lieux.choose(lieu.id, keep_journal=24, keep_talks=3, keep_departed=18)
        await ask(scene)
    kept = {label: text.replace("\u00a0", " ") for label, text in lines(drawn[0], "Combien de temps").items()}
    assert kept["Journal"] == "2 ans"
    assert kept["Conversations finies"] == "3 mois"
    assert kept["Personnes parties"].startswith("18 mois")


async def test_measures_are_those_that_are_on(drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    async with scenery(BARE, tmp_path) as scene:
        (lieu,) = await scene.stage.bot.lieux.all()
        await ask(scene)
        await scene.stage.bot.lieux.choose(lieu.id, two=("close",))
        await ask(scene)
        register, services = (
            await scene.stage.bot.provide(Register, lieu),
            await scene.stage.bot.provide(Services, lieu),
        )
        assert isinstance(register, Register)
        assert isinstance(services, Services)
        assert not (await register.facts(lieu, services))["encrypted"]
        await scene.stage.database.write(rooms.encrypted, lieu.office or "")
        assert (await register.facts(lieu, services))["encrypted"]
    before, after = (lines(told, "Comment ces données sont protégées") for told in drawn)
    assert "À deux" not in before
    assert "fermer le compte de quelqu’un" in after["À deux"]
    assert "Le salon des concierges ne l’est pas" in before["Chiffrement"]


async def test_what_only_the_lieu_knows_is_marked(drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    async with scenery(BARE, tmp_path) as scene:
        await ask(scene)
    blank = [row["label"] for section in drawn[0]["sections"] for row in section["rows"] if row["blank"]]
    assert {"Responsable", "Sauvegardes", "Le contrat", "Hors de l’Union européenne"} <= {*blank}


async def test_nobodys_name_stands_in_it(drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    async with scenery(FULL, tmp_path) as scene:
        await ask(scene)
    told = json.dumps(drawn, ensure_ascii=False)
    assert not any(name in told for name in ("Anne", "Bob", "Marc", "@"))


@pytest.mark.parametrize("name", ["La Rosée", '"))#read("/etc/passwd") $x$ *y*', "Maison commune " * 6, "Rez" * 30])
async def test_it_prints_on_sheets_of_a4(name: str, tmp_path: Path) -> None:
    """Drawn as it is sent."""
    kept: list[bytes] = []
    register = Typesetter.register

    async def watched(self: Typesetter, said: dict[str, Any]) -> bytes:
        kept.append(await register(self, said))
        return kept[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Typesetter, "register", watched)
        async with scenery(FULL | {"lieu": name}, tmp_path) as scene:
            (office,) = [room for called, room in scene.rooms.items() if called == "Conciergerie"]
            await scene.stage.write(ANNE, office.room_id, "!données registre")
            assert scene.stage.last(office.room_id) == "registre-des-donnees.pdf"
    pages = pypdf.PdfReader(io.BytesIO(kept[0])).pages
    assert 3 <= len(pages) <= 6
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pages} == {(595, 842)}
    text = letters("".join(page.extract_text() for page in pages))
    assert "Àcompléter" in text
    assert "article30" in text


async def test_a_name_cannot_turn_the_line_in_which_it_stands(tmp_path: Path) -> None:
    """« evil » is not printed as « live »; scripts that are read from the right are."""
    async with scenery(BARE | {"lieu": "Chez \u202eevil\u202c et \u0634\u0644\u0648\u0645"}, tmp_path) as scene:
        kept: list[bytes] = []
        register = Typesetter.register

        async def watched(self: Typesetter, said: dict[str, Any]) -> bytes:
            kept.append(await register(self, said))
            return kept[-1]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Typesetter, "register", watched)
            await ask(scene)
    text = letters(pypdf.PdfReader(io.BytesIO(kept[0])).pages[0].extract_text())
    assert "evil" in text
    assert "live" not in text
