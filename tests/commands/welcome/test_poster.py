"""The poster as it leaves the bot: in the lieu's words, whoever asks, and leading where the lieu can be entered."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pypdf
import pytest
import zxingcpp
from PIL import Image

from bot.app import Services
from bot.services.directory import DIRECTORY
from bot.services.synapse import SYNAPSE
from bot.store.database import Tx
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.memory_synapse import MemorySynapse
from tests.stage.registration_codes import MemoryRegistration
from tests.stage.stage import ME, FakeRoom, Stage

ANNE = "@anne:lieu.fr"


@pytest.fixture
def registration() -> MemoryRegistration:
    return MemoryRegistration()


@pytest.fixture
async def stage(tmp_path: Path, registration: MemoryRegistration) -> AsyncIterator[Stage]:
    stage = await Stage.open(tmp_path, Services({SYNAPSE: MemorySynapse(registration=registration)}))
    yield stage
    await stage.close()


async def founded(stage: Stage, name: str = "La Rosée", **choices: object) -> tuple[FakeRoom, FakeRoom]:
    """A lieu with its conciergerie."""
    space, office = stage.matrix.room(name, space=True), stage.matrix.room("Conciergerie")
    for room in (space, office):
        room.members, room.levels = {ANNE: "join", ME: "join"}, {ANNE: 100}
    lieu = await stage.bot.lieux.create(space.room_id, name, language="fr", zone="Europe/Paris", now=1)
    await stage.bot.lieux.choose(lieu.id, **({"installed": True, "office": office.room_id} | choices))
    return space, office


def written(pdf: bytes) -> str:
    """The words of the sheet, on one line."""
    (sheet,) = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(sheet.extract_text().replace("\u202f", " ").split())


def scanned(png: bytes) -> str:
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    return str(found.text)


@pytest.mark.parametrize(
    ("choices", "file", "says"),
    [
        ({}, "affiche", ["Pousse la porte !", "avec l’appareil photo de ton téléphone, ou recopie l’adresse."]),
        ({"formal": True}, "affiche", ["Poussez la porte !", "La conciergerie vous accueille"]),
        ({"language": "en"}, "poster", ["Come on in!", "with the camera of your phone, or copy the address."]),
    ],
    ids=["fr", "fr@vous", "en"],
)
async def test_it_speaks_as_the_lieu_does(stage: Stage, choices: dict[str, object], file: str, says: list[str]) -> None:
    space, office = await founded(stage, **choices)
    space.alias, space.join = "#rosee:lieu.fr", "knock"
    await stage.write(ANNE, office.room_id, "!affiche")
    told = written(stage.matrix.files[f"{file}.pdf"])
    assert all(words in told for words in says), told
    assert "matrix.to/#/#rosee:lieu.fr" in told
    assert scanned(stage.matrix.files[f"{file}.png"]) == "https://matrix.to/#/%23rosee%3Alieu.fr"


async def test_asked_in_private_it_keeps_the_words_of_the_lieu(stage: Stage) -> None:
    await founded(stage)
    await stage.bot.people.choose_language(ANNE, "en")
    private = await stage.matrix.rooms.direct(ANNE)
    await stage.write(ANNE, private, "!poster")
    assert "Here is the poster" in stage.said(private)[0]
    assert "Pousse la porte !" in written(stage.matrix.files["poster.pdf"])


async def test_a_lieu_says_its_own_words_on_it(stage: Stage) -> None:
    _, office = await founded(stage)
    (lieu,) = await stage.bot.lieux.all()
    await stage.bot.lieux.reword(lieu.id, "poster.door", "#panic() Entrez donc, *prenez* un café")
    await stage.write(ANNE, office.room_id, "!affiche")
    assert "#panic() Entrez donc, *prenez* un café" in written(stage.matrix.files["affiche.pdf"])


async def test_where_strangers_cannot_enter_it_sends_them_to_the_desk(stage: Stage) -> None:
    space, office = await founded(stage)
    await stage.write(ANNE, office.room_id, "!affiche")
    told = written(stage.matrix.files["affiche.pdf"])
    assert "Dis-le à l’accueil" in told
    assert "recopie" not in told  # an address without an alias cannot be
    assert scanned(stage.matrix.files["affiche.png"]).endswith(f"{space.room_id[1:]}?via=lieu.fr")


async def test_with_a_page_it_leads_there(tmp_path: Path) -> None:
    stage = await Stage.open(tmp_path, Services({}), public_url="https://bienvenue.lieu.fr", page_key=b"k")
    _, office = await founded(stage)
    await stage.write(ANNE, office.room_id, "!affiche")
    told = written(stage.matrix.files["affiche.pdf"])
    assert "bienvenue.lieu.fr/la-rosee" in told
    assert "Lis comment venir" in told
    assert scanned(stage.matrix.files["affiche.png"]) == "https://bienvenue.lieu.fr/la-rosee"
    assert len(stage.said(office.room_id)) == 3  # the poster itself, twice: nothing is wrong with its address
    await stage.close()


async def test_a_lieu_that_gives_accounts_sends_nobody_to_make_one_elsewhere(tmp_path: Path) -> None:
    stage = await Stage.open(tmp_path, Services({DIRECTORY: MemoryDirectory()}))
    space, office = await founded(stage)
    space.alias, space.join = "#rosee:lieu.fr", "knock"
    await stage.write(ANNE, office.room_id, "!affiche")
    told = written(stage.matrix.files["affiche.pdf"])
    assert "Avec ton adresse e-mail, on t’envoie une invitation." in told
    assert "Installe" not in told
    assert "Crée ton compte" not in told
    await stage.close()


async def test_both_files_are_sent_once_also_after_an_outage(stage: Stage) -> None:
    _, office = await founded(stage)
    stage.matrix.down = True
    await stage.write(ANNE, office.room_id, "!affiche")
    stage.matrix.down = False
    await stage.wait(0.1)
    kinds = [event["content"]["msgtype"] for event in stage.world.rooms[office.room_id].events if event["sender"] == ME]
    assert kinds == ["m.text", "m.text", "m.text", "m.image", "m.file"]


# -- with a registration code


async def test_a_code_is_printed_and_lasts_to_the_end_of_its_last_day(
    stage: Stage, registration: MemoryRegistration
) -> None:
    space, office = await founded(stage)
    space.join, stage.matrix.takes_codes = "knock", True
    stage.clock.at = 1_795_600_000_000  # Wednesday 25 November 2026, in the morning
    await stage.write(ANNE, office.room_id, "!affiche")
    assert "lieu.fr" in stage.last(office.room_id)
    await stage.write(ANNE, office.room_id, "2")
    ((code, made),) = registration.made.items()
    assert made == {"uses": 10, "expires": 1_796_252_400_000}  # midnight in Paris, after Wednesday 2 December
    told = written(stage.matrix.files["affiche.pdf"])
    assert f"Crée ton compte avec le code {code}" in told
    assert "Il sert à 10 personnes, jusqu’au mercredi 2 décembre." in told
    assert "choisis le serveur lieu.fr" in told
    assert code not in "".join(stage.said(office.room_id))


async def test_a_code_whose_answer_was_lost_is_made_once(stage: Stage, registration: MemoryRegistration) -> None:
    _, office = await founded(stage)
    stage.matrix.takes_codes = registration.down = True
    await stage.write(ANNE, office.room_id, "!affiche")
    await stage.write(ANNE, office.room_id, "un code pour 50 personnes, un mois")
    registration.down = False
    await stage.wait(0.1)
    (code,) = registration.made
    assert code in written(stage.matrix.files["affiche.pdf"])


async def test_the_journal_tells_of_the_code_and_does_not_hold_it(
    stage: Stage, registration: MemoryRegistration
) -> None:
    _, office = await founded(stage)
    stage.matrix.takes_codes = True
    await stage.write(ANNE, office.room_id, "!affiche")
    await stage.click(ANNE, office.room_id, "3️⃣")

    def acts(tx: Tx) -> list[str]:
        return [f"{row['by']} {row['what']} {row['words']}" for row in tx.execute("SELECT * FROM acts")]

    (act,) = await stage.database.read(acts)
    assert act.startswith(f"{ANNE} registration-code")
    assert '"people": "50"' in act
    assert not any(code in act for code in registration.made)


async def test_no_code_is_made_where_none_is_wanted_or_taken(stage: Stage, registration: MemoryRegistration) -> None:
    _, office = await founded(stage)
    await stage.write(ANNE, office.room_id, "!affiche")  # the homeserver takes none: nothing is asked
    assert len(stage.matrix.files) == 2
    stage.matrix.files.clear()
    stage.matrix.takes_codes = True
    await stage.write(ANNE, office.room_id, "!affiche")
    assert stage.matrix.files == {}
    await stage.write(ANNE, office.room_id, "sans code")
    assert len(stage.matrix.files) == 2
    await stage.write(ANNE, office.room_id, "!affiche")
    await stage.wait(1)  # nobody answers
    await stage.write(ANNE, office.room_id, "2")
    assert registration.made == {}
