"""The installation: what it proposes, and what one lieu chose is not another's, whatever they are called."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.lieux import Choices
from bot.store.database import Tx
from tests.stage.stage import ME
from tests.stage.transcript_header import GROUP, Scenery, scenery

BERTHE, FOLDER = "@berthe:lieu.fr", "La Rosée"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    """La Rosée, and another lieu of the same name, which Berthe looks after."""
    header = {
        **{"lieu": FOLDER, "concierges": "Anne", "nextcloud": "oui", "comptes": "oui", "dossiers": FOLDER},
        "Nextcloud administré": "oui",
    }
    async with scenery(header, tmp_path) as scene:
        matrix, lieux = scene.stage.matrix, scene.stage.bot.lieux
        space = matrix.room(FOLDER, space=True)
        office = scene.rooms["là-bas"] = matrix.room("Conciergerie", parent=space.room_id)
        for room in (space, office):
            room.members, room.levels = {BERTHE: "join", ME: "join"}, {BERTHE: 100, ME: 100}
        other = await lieux.create(space.room_id, FOLDER, language="fr", zone="Europe/Paris", now=1)
        await lieux.choose(other.id, installed=True, office=office.room_id)
        yield scene


async def answers(scene: Scenery, *lines: str) -> str:
    for line in lines:
        await scene.stage.write(BERTHE, scene.rooms["là-bas"].room_id, line)
    return scene.stage.last(scene.rooms["là-bas"].room_id)


async def chosen(scene: Scenery) -> list[Choices]:
    return [lieu.choices for lieu in await scene.stage.bot.lieux.all()]


async def test_two_lieux_of_one_name_are_given_two_groups_and_two_folders(scene: Scenery) -> None:
    assert "la.rosee-2" in await answers(scene, "!installer dossier partagé")
    assert "La Rosée-2" in await answers(scene, "passer")
    await answers(scene, "passer", "oui")
    assert [(one.group, one.folder) for one in await chosen(scene)] == [
        (GROUP, FOLDER),
        ("la.rosee-2", "La Rosée-2"),
    ]


@pytest.mark.parametrize("folder", ["La Rosée", "la rosée/", "La Rosée/Photos", "LA ROSE\u0301E"])
async def test_what_another_lieu_has_cannot_be_taken(scene: Scenery, folder: str) -> None:
    await answers(scene, "!installer dossier partagé", "La.Rosee")
    assert any("déjà pris" in said for said in scene.stage.said(scene.rooms["là-bas"].room_id))
    await answers(scene, "phare", folder)
    assert (await chosen(scene))[1].folder == ""
    await answers(scene, "Le Phare", "oui")
    assert [(one.group, one.folder) for one in await chosen(scene)] == [(GROUP, FOLDER), ("phare", "Le Phare")]


async def test_a_lieu_keeps_its_own(scene: Scenery) -> None:
    for line in ("!installer dossier partagé", GROUP, FOLDER, "oui"):
        await scene.stage.write(scene.people["Anne"], scene.rooms["Conciergerie"].room_id, line)
    assert (await chosen(scene))[0].folder == FOLDER
    assert "C’est" in scene.stage.last(scene.rooms["Conciergerie"].room_id)


# -- the first time


@asynccontextmanager
async def begun(tmp_path: Path, **more: str) -> AsyncIterator[Scenery]:
    """Anne has invited the bot, and goes on without giving it power."""
    header = {"lieu": "Le Phare", "concierges": "Anne", "hébergeurs": "Anne", "installé": "non", **more}
    async with scenery(header, tmp_path) as scene:
        await scene.stage.bring_bot(scene.people["Anne"], scene.space.room_id)
        while "⏭" in scene.stage.last(private(scene)):
            await scene.stage.write(scene.people["Anne"], private(scene), "sans cela")
        yield scene


def private(scene: Scenery) -> str:
    return scene.stage.matrix.directs[scene.people["Anne"]]


async def anne(scene: Scenery, *lines: str) -> str:
    for line in lines:
        await scene.stage.write(scene.people["Anne"], private(scene), line)
    return scene.stage.last(private(scene))


async def test_four_answers_are_enough(tmp_path: Path) -> None:
    async with begun(tmp_path, salons="Place, Atelier") as scene:
        await anne(scene, "bof", "je ne sais pas", "comme tu veux", "oui")
        (choices,) = await chosen(scene)
        assert choices.installed
        assert (choices.charter, choices.approval, choices.zone) == ("", True, "Europe/Paris")
        assert (choices.open_rooms, choices.offered_rooms) == (
            (scene.rooms["Place"].room_id,),
            (scene.rooms["Atelier"].room_id,),
        )
        assert choices.hall == scene.rooms["Place"].room_id


@pytest.mark.parametrize(
    ("rooms", "closed", "opened", "offered", "hall"),
    [
        ("Général, Atelier, Bureau", "", "Général", "Atelier", "Général"),  # an office open to all is no proposal
        ("Atelier, Jardin", "", "Atelier et Jardin", "", "nulle part"),  # none looks like everybody's
        ("Atelier", "", "Atelier", "", "Atelier"),
        ("Place, Caisse", "Caisse", "Place", "", "Place"),
    ],
)
async def test_no_private_room_is_opened_by_a_proposal(
    tmp_path: Path, rooms: str, closed: str, opened: str, offered: str, hall: str
) -> None:
    async with begun(tmp_path, **{"salons": rooms, "salons privés": closed}) as scene:
        summary = (await anne(scene, "non", "oui", "1")).splitlines()
        assert f"• salons ouverts à tous les membres\u202f: {opened}" in summary
        assert f"• salon des présentations\u202f: {hall}" in summary
        assert [line for line in summary if "salons proposés au choix" in line and offered in line] or not offered


async def test_the_room_of_the_concierges_is_proposed_where_there_is_one(tmp_path: Path) -> None:
    header = {"salons": "Place, Salon des concierges", "salons sans la Conciergerie": "Salon des concierges"}
    async with begun(tmp_path, **header) as scene:
        await anne(scene, "non", "oui")
        assert any(said.endswith("»\u202f: Salon des concierges") for said in scene.stage.said(private(scene))[-2:])


async def test_a_name_that_cannot_be_had_is_asked_again_and_not_replaced_in_silence(scene: Scenery) -> None:
    (_, other) = await scene.stage.bot.lieux.all()
    await scene.stage.bot.lieux.choose(other.id, installed=False)
    await scene.stage.enter(BERTHE, await scene.stage.matrix.rooms.direct(BERTHE))
    room = scene.stage.matrix.directs[BERTHE]
    for line in ("!installer", "2", "non", "oui", "1", f"groupe : {GROUP}"):
        await scene.stage.write(BERTHE, room, line)
    assert "déjà pris" in scene.stage.said(room)[-2]
    assert "comment s’appelle le groupe" in scene.stage.last(room)


# -- as people say it


@pytest.mark.parametrize(
    "said",
    [
        *("euh non on n’a pas encore de charte pour le moment", "On a pas de charte", "ben non, pas de charte ici"),
        *("Bonjour, nous n’avons pas encore de charte, désolée", "AUCUNE CHARTE", "il y a pas de charte chez nous"),
        "charte : non",
    ],
)
async def test_whoever_says_that_there_is_none_writes_no_charter(tmp_path: Path, said: str) -> None:
    async with begun(tmp_path) as scene:
        assert "• charte\u202f: sans" in await anne(scene, said, "oui", "1")


async def test_a_none_that_goes_on_is_no_charter_and_is_asked_about(tmp_path: Path) -> None:
    async with begun(tmp_path) as scene:
        asked = await anne(scene, "alors on a pas de charte, oui pour l’accord, et on est à La Réunion")
        assert "est-ce vraiment ta réponse" in asked


@pytest.mark.parametrize(
    ("said", "charter"),
    [
        ("Voici notre charte : « On range. »", "On range."),
        ("Oui en voilà une :\nOn range.\nOn dit bonjour.", "On range.\nOn dit bonjour."),
        ("Charte : On range.", "On range."),
        ("On range : voici la règle.", "On range : voici la règle."),
        ("La règle : on range.", "La règle : on range."),
    ],
)
async def test_what_presents_a_charter_is_no_part_of_it(tmp_path: Path, said: str, charter: str) -> None:
    async with begun(tmp_path) as scene:
        await anne(scene, said, "oui", "1", "oui")
        assert (await chosen(scene))[0].charter == charter


async def test_an_answer_of_before_is_said_anew_where_something_else_is_asked_by_now(tmp_path: Path) -> None:
    async with begun(tmp_path, salons="Place, Atelier") as scene:
        assert "d’un·e concierge" in await anne(scene, "non", "charte : On range.")
        await anne(scene, "accord : je sais pas trop")
        assert "Dans quel salon" in scene.stage.said(private(scene))[-2]
        assert "Où est-ce que je présente" in await anne(scene, "1", "modifier salon des présentations")
        summary = await anne(
            scene, "le salon des concierges c’est l’Atelier", "et le salon des présentations c’est non"
        )
        assert "• salon des présentations\u202f: nulle part" in summary
        assert "• charte\u202f: On range." in summary
        assert "• salon des concierges\u202f: Atelier" in summary


OLD = [  # the order of thirteen questions, and what they were answered
    ("office", {"is": "make"}),
    ("language", {"is": "fr@vous"}),
    ("zone", {"is": "Indian/Reunion"}),
    ("charter", {"is": "On range."}),
    ("approval", {"is": False}),
    ("knocking", {"is": False}),
    ("open", {"is": []}),
    ("offered", {"is": []}),
    ("hall", {"is": "none"}),
    ("sign-in", {"skipped": True}),
    ("group", {"skipped": True}),
    ("folder", {"skipped": True}),
]


@pytest.mark.parametrize("answered", range(len(OLD)))
async def test_an_installation_that_the_program_of_before_began_goes_on(tmp_path: Path, answered: int) -> None:
    """In the middle of its thirteen questions: what was answered counts, what is asked now is asked, then the rest."""
    header = {"salons": "Place, Atelier", "nextcloud": "oui", "comptes": "oui", "Nextcloud administré": "oui"}
    async with begun(tmp_path, **header) as scene:
        await scene.stage.database.write(_as_before, OLD[:answered], OLD[answered][0])
        line = "1" if answered < 3 or OLD[answered][0] == "hall" else "non"
        while not (await chosen(scene))[0].installed and len(scene.stage.said(private(scene))) < 60:
            last = await anne(scene, line)
            line = "oui" if "Je mets tout en place" in last else "1" if "1. " in last else "non"
        (choices,) = await chosen(scene)
        assert choices.installed, scene.stage.said(private(scene))[-3:]
        if answered > 2:
            assert (choices.zone, choices.formal) == ("Indian/Reunion", True)
        if answered > 3:
            assert choices.charter == "On range."
        if answered > 8:
            assert (choices.open_rooms, choices.hall) == ((), None)
        if answered > 10:
            assert choices.group.startswith("le.phare")


def _as_before(tx: Tx, done: list[tuple[str, dict[str, Any]]], open_now: str) -> None:
    """The steps of a conversation as that program left them: this question is open, those before it are answered."""
    asked = tx.execute("SELECT * FROM steps WHERE key = 'charter'").fetchone()
    tx.execute("UPDATE steps SET key = ?, seq = seq + 20 WHERE key = 'charter'", (open_now,))
    tx.execute("DELETE FROM steps WHERE key IN ('kept-rooms', 'choices')")
    for n, (key, value) in enumerate(done):
        shown = {"shown": str(value.get("is", "—")), "label": "", "txn": None, "clickable": False}
        tx.execute(
            "INSERT INTO steps (conversation, key, seq, kind, status, at, value, room_id, of, by, tries, remind, raw)"
            " VALUES (?, ?, ?, 'ask', 'done', ?, ?, ?, ?, ?, 0, '[]', '{}')",
            (
                *(asked["conversation"], key, asked["seq"] + n, asked["at"], json.dumps(value | shown)),
                *(asked["room_id"], asked["of"], asked["of"]),
            ),
        )
