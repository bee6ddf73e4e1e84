"""What is changed at a recapitulation, in the words in which people say it; what resembles it only changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.talk.corrections import restated
from bot.talk.spelling import corrected
from tests.stage.answers import WORDS
from tests.stage.stage import Stage
from tests.stage.transcript_header import scenery

LABELS = {
    "fuseau horaire": "zone",
    "groupe": "group",
    "salons ouverts": "open",
    "salon des présentations": "hall",
    "accord des concierges": "approval",
    "ce qui t’amène": "wish",
}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("fuseau horaire : La Réunion", ("zone", "La Réunion")),
        ("Fuseau : La Réunion", ("zone", "La Réunion")),
        ("fuseau horaire La Réunion", ("zone", "La Réunion")),
        ("le fuseau horaire, La Réunion", ("zone", "La Réunion")),
        ("modifier fuseau : La Réunion", ("zone", "La Réunion")),
        ("change le fuseau pour La Réunion", ("zone", "La Réunion")),
        ("groupe : non", ("group", "non")),
        ("groupe non", ("group", "non")),
        ("le groupe : les amis : du jardin", ("group", "les amis : du jardin")),
        ("pas de groupe", ("group", "❌")),
        ("sans groupe", ("group", "❌")),
        ("enlève le groupe", ("group", "❌")),
        ("salons ouverts : 1 et 2", ("open", "1 et 2")),
        ("accord : oui", ("approval", "oui")),
        ("ce qui t'amène : réparer mon vélo", ("wish", "réparer mon vélo")),
        ("salon des présentations : nulle part", ("hall", "nulle part")),
    ],
)
def test_a_line_says_an_answer_anew(said: str, meant: tuple[str, str]) -> None:
    assert restated(said, LABELS, WORDS) == meant


@pytest.mark.parametrize(
    "said",
    [
        *("modifier", "modifier groupe", "salon des présentations", "groupe :", "oui", "non", "c’est bon", "annuler"),
        *("pas de souci", "sans problème", "truc : machin", "https://exemple.fr/groupe", "le", ""),
    ],
)
def test_what_says_no_new_answer_is_none(said: str) -> None:
    assert restated(said, LABELS, WORDS) is None


LINES = {1: "Zoé Martin, zoe@exemple.fr", 2: "Léo Durand, leo@", 3: "Ici, on range ses outils."}


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ("Léo Durand, leo@exemple.fr", 2),
        ("Zoé Martin, zoe.martin@exemple.fr", 1),
        ("Ici, on range ses outils, et on dit bonjour.", 3),
        ("Ici, on rangent ses outil.", 3),
        ("Marc Petit, marc@exemple.fr", None),
        ("je peux venir demain", None),
        ("oui", None),
        ("Zoé", None),
        ("Zoé Martin, zoe@exemple.fr\nLéo", None),
        ("x" * 5000, None),
    ],
)
def test_a_line_written_again_replaces_the_one_that_it_resembles(said: str, where: int | None) -> None:
    assert corrected(said, LINES) == where


def test_of_two_that_are_alike_neither_is_replaced() -> None:
    assert corrected("Ici on range les outils", {1: "Ici on range ses outils", 2: "Ici on range tes outils"}) is None


# -- at a recapitulation


async def at(stage: Stage, room: str, who: str, *lines: str) -> str:
    for line in lines:
        await stage.write(who, room, line)
    return stage.last(room)


async def test_a_no_to_one_answer_asks_it_again_and_says_how_to_stop(tmp_path: Path) -> None:
    async with scenery({"lieu": "La Rosée", "concierges": "Anne"}, tmp_path) as scene:
        room, anne = scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
        await at(scene.stage, room, anne, "!horaires mardi 14h-18h")
        await scene.stage.click(anne, room, "❌")
        asked = scene.stage.last(room)
        assert "annuler" in asked
        assert "Quand le lieu est-il ouvert" in asked
        await at(scene.stage, room, anne, "mardi 14h-19h", "oui")
        (lieu,) = await scene.stage.bot.lieux.all()
        assert lieu.choices.hours == "mardi 14h-19h"


async def test_a_corrected_line_of_a_list_replaces_the_wrong_one(tmp_path: Path) -> None:
    header = {"lieu": "La Rosée", "concierges": "Anne", "comptes": "oui"}
    async with scenery(header, tmp_path) as scene:
        room, anne = scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
        await at(scene.stage, room, anne, "!inviter Zoé Martin, zoe@exemple.fr\nLéo Durand, leo.durand@")
        recap = await at(scene.stage, room, anne, "Léo Durand, leo.durand@exemple.fr")
        assert "leo.durand@exemple.fr" in recap
        assert "zoe@exemple.fr" in recap


async def test_what_is_cut_says_so(tmp_path: Path) -> None:
    header = {"lieu": "La Rosée", "concierges": "Anne", "hébergeurs": "Anne", "installé": "non"}
    async with scenery(header, tmp_path) as scene:
        await scene.stage.bring_bot(scene.people["Anne"], scene.space.room_id)
        room = scene.stage.matrix.directs[scene.people["Anne"]]
        charter = "On range ses outils et on dit bonjour. " * 20
        await at(scene.stage, room, scene.people["Anne"], "sans cela", charter, "oui", "1")
        (line,) = [line for line in scene.stage.last(room).splitlines() if line.startswith("• charte")]
        assert line.endswith("…")
        assert len(line) < 150
