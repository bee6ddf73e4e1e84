"""What a lieu chose, and how it speaks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.lieux import leave
from bot.people import KEPT, Role
from bot.store.database import Tx
from tests.bench.crowd import Asked
from tests.stage.furnished_lieux import ANNE, BERTHE, ZOE, lieu
from tests.stage.stage import Stage
from tests.stage.transcript_header import scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne", "autres": "Zoé @zoe:ailleurs.fr", "salons": "Place"}
OWN = "Coucou {who}, c’est **{lieu}** !"


async def test_a_lieu_has_its_own_sentences_over_the_catalogue(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        stage, office = scene.stage, scene.rooms["Conciergerie"].room_id
        (lieu,) = await stage.bot.lieux.all()
        for sentence, said in (
            ("Aucune, pour l’instant.", "Aucune, pour l’instant."),
            (None, "Aucune arrivée en cours"),
        ):
            await stage.bot.lieux.reword(lieu.id, "follow.nobody", sentence)
            await stage.write(scene.people["Anne"], office, "!suivi")
            assert said in stage.last(office)


async def test_a_sentence_that_wants_what_is_not_there_is_left_aside(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        stage, office = scene.stage, scene.rooms["Conciergerie"].room_id
        (lieu,) = await stage.bot.lieux.all()
        await stage.bot.lieux.reword(lieu.id, "follow.nobody", OWN)
        await stage.write(scene.people["Anne"], office, "!suivi")
        assert "Aucune arrivée en cours" in stage.last(office)


async def test_what_another_process_changes_is_seen_at_once(stage: Stage) -> None:
    """« conciergerie lieux » writes beside the bot, which remembers the lieux."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    (served,) = await stage.bot.lieux.all()
    with closing(sqlite3.connect(stage.database.path)) as other, other:
        leave(other, rooms["space"].room_id, 2)
    assert await stage.bot.lieux.all() == []
    assert await stage.bot.lieux.of_room(rooms["office"].room_id) is None
    assert await stage.bot.lieux.asleep() == [served]
    assert await stage.bot.lieux.get(served.id) == served


async def test_what_a_transaction_took_back_is_not_remembered(stage: Stage) -> None:
    rooms = await lieu(stage, "La Rosée", ANNE)

    def leaves_and_fails(tx: Tx) -> None:
        leave(tx, rooms["space"].room_id, 2)
        raise LookupError

    with pytest.raises(LookupError):
        await stage.database.write(leaves_and_fails)
    (served,) = await stage.bot.lieux.all()
    await stage.bot.lieux.choose(served.id, hours="Le mardi")
    (changed,) = await stage.bot.lieux.all()
    assert changed.choices.hours == "Le mardi"


async def test_whoever_is_known_somewhere_is_asked_about_there_alone(stage: Stage) -> None:
    """Of somebody whom the bot has seen nowhere, every lieu is asked."""
    names = ("La Rosée", "Le Phare", "Le Moulin")
    spaces = [(await lieu(stage, name, ANNE))["space"] for name in names]
    lieux, people = await stage.bot.lieux.all(), stage.bot.people
    for person in (BERTHE, ZOE):
        spaces[1].members[person] = "join"
    await stage.bot.arrivals.know(lieux[1].id, [BERTHE])
    asked = Asked()
    asked.watch(stage.matrix)
    assert await people.lieux_of(BERTHE) == [lieux[1]]
    assert asked.count == 2, "who is there, and with which power"
    assert await people.lieux_of(ZOE) == [lieux[1]]
    assert asked.count == 2 + 2 + len(names) - 1


async def test_a_role_that_was_asked_long_ago_is_not_kept(stage: Stage) -> None:
    rooms = await lieu(stage, "La Rosée", ANNE)
    (served,) = await stage.bot.lieux.all()
    for n in range(100):
        assert await stage.bot.people.role(f"@n{n}:ailleurs.fr", served) is Role.STRANGER
    assert len(stage.bot.people._roles[rooms["space"].room_id]) == 100
    stage.clock.at += int(KEPT * 1000) + 1
    assert await stage.bot.people.role(ANNE, served) is Role.CONCIERGE
    assert list(stage.bot.people._roles[rooms["space"].room_id]) == [ANNE]
