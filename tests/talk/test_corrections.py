"""What is changed at a recapitulation; what resembles it only changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.talk.spelling import corrected
from tests.stage.stage import Stage
from tests.stage.transcript_header import Scenery, scenery

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


@asynccontextmanager
async def recapitulated(tmp_path: Path) -> AsyncIterator[tuple[Scenery, str]]:
    """Anne has answered what is asked of a lieu, and is shown all of it."""
    header = {"lieu": "La Rosée", "concierges": "Anne", "hébergeurs": "Anne", "installé": "non"}
    header |= {"nextcloud": "oui", "comptes": "oui", "Nextcloud administré": "oui"}
    async with scenery(header, tmp_path) as scene:
        await scene.stage.bring_bot(scene.people["Anne"], scene.space.room_id)
        room = scene.stage.matrix.directs[scene.people["Anne"]]
        await at(scene.stage, room, scene.people["Anne"], "sans cela", "non", "oui", "1")
        yield scene, room


def told(recap: str) -> tuple[str, str]:
    """The zone and the group that a recapitulation shows."""
    lines = dict(line.removeprefix("• ").split("\u202f: ") for line in recap.splitlines() if line.startswith("• "))
    return lines["fuseau horaire"], lines["groupe des membres"]


@pytest.mark.parametrize(
    "said",
    [
        "fuseau : Tahiti\ngroupe : phare",
        "le fuseau c’est Tahiti et le groupe phare, sinon c’est bon",
        "oui\nfuseau : Tahiti ; groupe : phare",
    ],
)
async def test_several_answers_in_one_message_are_all_taken_and_shown_before_they_are_agreed_to(
    tmp_path: Path, said: str
) -> None:
    async with recapitulated(tmp_path) as (scene, room):
        assert told(await at(scene.stage, room, scene.people["Anne"], said)) == ("Tahiti", "phare")
        assert not (await scene.stage.bot.lieux.all())[0].choices.installed


async def test_of_several_what_is_not_an_answer_is_asked_by_its_name_and_the_others_are_kept(tmp_path: Path) -> None:
    async with recapitulated(tmp_path) as (scene, room):
        anne = scene.people["Anne"]
        assert "à l’heure de quel endroit" in await at(scene.stage, room, anne, "fuseau : Pékin\ngroupe : phare")
        assert told(await at(scene.stage, room, anne, "Tahiti")) == ("Tahiti", "phare")


async def test_of_two_answers_to_one_question_neither_is_taken(tmp_path: Path) -> None:
    async with recapitulated(tmp_path) as (scene, room):
        anne = scene.people["Anne"]
        asked = await at(scene.stage, room, anne, "fuseau : Tahiti\nfuseau : Mayotte\ngroupe : phare")
        assert "deux réponses" in asked
        assert "à l’heure de quel endroit" in asked
        assert told(await at(scene.stage, room, anne, "Mayotte")) == ("Mayotte", "phare")


async def test_what_belongs_to_no_answer_is_said_beside_those_that_are_taken(tmp_path: Path) -> None:
    async with recapitulated(tmp_path) as (scene, room):
        recap = await at(scene.stage, room, scene.people["Anne"], "groupe : phare\nvile : Tours")
        assert told(recap)[1] == "phare"
        assert "vile : Tours" in scene.stage.said(room)[-2]


async def test_an_edit_of_several_answers_says_all_of_them_anew(tmp_path: Path) -> None:
    async with recapitulated(tmp_path) as (scene, room):
        anne = scene.people["Anne"]
        first = await scene.stage.write(anne, room, "fuseau : Pékin\ngroupe : amis")
        await scene.stage.edit(anne, room, first, "fuseau : Tahiti\ngroupe : phare")
        assert told(scene.stage.last(room)) == ("Tahiti", "phare")
        await scene.stage.edit(anne, room, first, "fuseau : Mayotte et groupe : lilas")
        assert told(scene.stage.last(room)) == ("Mayotte", "lilas")
        await scene.stage.edit(anne, room, first, "fuseau : Tahiti")
        assert "comment s’appelle le groupe" in scene.stage.last(room)


async def test_below_a_recapitulation_of_before_a_named_answer_counts_and_a_yes_does_not(tmp_path: Path) -> None:
    async with recapitulated(tmp_path) as (scene, room):
        anne, before = scene.people["Anne"], scene.stage.last_question(room)
        await at(scene.stage, room, anne, "groupe : amis")
        await scene.stage.reply(anne, room, before, "fuseau : Tahiti")
        assert told(scene.stage.last(room)) == ("Tahiti", "amis")
        await scene.stage.reply(anne, room, before, "oui")
        assert "a changé depuis" in scene.stage.last(room)
        assert not (await scene.stage.bot.lieux.all())[0].choices.installed
