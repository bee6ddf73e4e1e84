"""« stop » in the middle of a long conversation: what is asked, what is kept, and what nobody can take up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.store import conversations, open_questions
from bot.store.database import Database
from bot.talk import VERBATIM, Text, YesNo
from bot.talk.talk import Talk
from tests.stage.rehearsal import ANNE, OFFICE, ROOM, ZOE, Rehearsal, script
from tests.stage.stage import Clock
from tests.stage.transcript_header import Scenery, scenery
from tests.talk.test_old_questions import keys_on

LIEU = {"lieu": "La Rosée", "concierges": "Anne", "autres": "Zoé @zoe:ailleurs.fr", "charte": "Ici, on range."}
NOTHING = "rien à reprendre"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    """Zoé, who entered by herself, has said her name, and is asked about the charter."""
    async with scenery(LIEU, tmp_path) as scene:
        await scene.stage.enter(scene.people["Zoé"], scene.rooms["La Rosée"].room_id)
        await scene.stage.enter(scene.people["Zoé"], private(scene))
        await zoe(scene, "Zouzou")
        yield scene


def private(scene: Scenery) -> str:
    return scene.stage.matrix.directs[scene.people["Zoé"]]


async def zoe(scene: Scenery, *lines: str) -> str:
    """What she writes, and what the bot says to the last of it."""
    for line in lines:
        await scene.stage.write(scene.people["Zoé"], private(scene), line)
    return last(scene)


async def anne(scene: Scenery, *lines: str) -> None:
    for line in lines:
        await scene.stage.write(scene.people["Anne"], scene.rooms["Conciergerie"].room_id, line)


def last(scene: Scenery) -> str:
    """Without the edits of what was asked before."""
    events = scene.stage.world.rooms[private(scene)].events
    said = [e["content"] for e in events if e["sender"] == scene.stage.me and e["type"] == "m.room.message"]
    return str([each["body"] for each in said if "m.new_content" not in each][-1])


async def test_stop_is_asked_first_and_keeps_the_question(scene: Scenery) -> None:
    assert "Tout arrêter, ou plus tard" in await zoe(scene, "stop")
    assert "à plus tard" in await zoe(scene, "plus tard")
    assert "récapitule" in await zoe(scene, "oui", "par curiosité")
    assert "Zouzou" in last(scene)


@pytest.mark.parametrize("ways", [["tout arrêter"], ["1"], ["stop"], ["oui stop"], ["!stop"]])
@pytest.mark.parametrize(
    "words",
    [
        "reprendre",
        "continuer",
        "!reprendre",
        "pardon je me suis trompée, je veux continuer",
        "euh je ne voulais pas arrêter, je veux reprendre",
    ],
)
async def test_what_was_stopped_is_taken_up_with_its_answers(scene: Scenery, ways: list[str], words: str) -> None:
    assert "C’est arrêté" in await zoe(scene, "arrête", *ways)
    assert "cette charte" in await zoe(scene, words)
    assert "Zouzou" in await zoe(scene, "oui", "par curiosité")


async def test_it_stops_by_a_click(scene: Scenery) -> None:
    await zoe(scene, "annuler")
    await scene.stage.click(scene.people["Zoé"], private(scene), "1️⃣")
    assert "C’est arrêté" in last(scene)


async def test_whoever_speaks_on_goes_on(scene: Scenery) -> None:
    await zoe(scene, "oui")
    assert "récapitule" in await zoe(scene, "stop", "Réparer mon vélo")


@pytest.mark.parametrize("said", ["oui", "ok merci", "je ne sais pas", "hein ?", "👍", "4"])
async def test_neither_a_yes_nor_a_doubt_answers_what_was_asked_before(scene: Scenery, said: str) -> None:
    await zoe(scene, "stop", said)
    assert "Qu’est-ce qui t’amène" not in last(scene)
    assert "C’est arrêté" not in last(scene)


async def test_a_click_on_the_question_of_before_goes_on(scene: Scenery) -> None:
    before = scene.stage.last_question(private(scene))
    await zoe(scene, "stop")
    asked = scene.stage.last_question(private(scene))
    await scene.stage.click(scene.people["Zoé"], private(scene), "✅", on=before)
    assert "Qu’est-ce qui t’amène" in last(scene)
    assert keys_on(scene.stage, private(scene), asked) == []


async def test_nothing_stopped_is_nothing_to_take_up(scene: Scenery) -> None:
    assert "cette charte" in await zoe(scene, "reprendre")
    assert NOTHING in await zoe(scene, "oui", "passer", "oui", "reprendre")


async def test_an_arrival_that_a_concierge_cancelled_is_not_taken_up(scene: Scenery) -> None:
    await zoe(scene, "stop", "tout arrêter")
    await anne(scene, "!suivi 1 annuler", "oui")
    assert NOTHING in await zoe(scene, "reprendre")


async def test_what_a_concierge_stops_is_not_taken_up(scene: Scenery) -> None:
    await zoe(scene, "stop")
    await anne(scene, "!suivi 1 annuler", "oui")
    assert "La conciergerie a arrêté" in last(scene)
    assert NOTHING in await zoe(scene, "reprendre")


async def test_what_was_begun_anew_is_not_taken_up_beside(scene: Scenery) -> None:
    await zoe(scene, "stop", "tout arrêter")
    await anne(scene, "!suivi 1 recommencer")
    assert "Comment veux-tu" in await zoe(scene, "reprendre")
    assert NOTHING in await zoe(scene, "Zoé", "oui", "passer", "oui", "reprendre")


async def test_somebody_excluded_takes_nothing_up(scene: Scenery) -> None:
    await zoe(scene, "stop", "tout arrêter")
    await anne(scene, f"!modérer {scene.people['Zoé']}", "exclure", "Insultes", "oui")
    assert NOTHING in await zoe(scene, "reprendre")


async def test_a_death_between_the_two_writes_of_taking_up_is_not_noticed(scene: Scenery) -> None:
    await zoe(scene, "stop", "tout arrêter")
    stopped = await scene.stage.database.read(open_questions.stopped_by, scene.people["Zoé"], private(scene))
    assert stopped is not None
    await scene.stage.database.write(conversations.reopen, stopped.id)
    assert "cette charte" in await zoe(scene, "reprendre")
    assert "Zouzou" in await zoe(scene, "oui", "par curiosité")


# -- the engine


@pytest.fixture
async def play(tmp_path: Path) -> AsyncIterator[Rehearsal]:
    async def play(talk: Talk) -> None:
        sure = await talk.ask("sure", YesNo(), to=OFFICE, of="approve")
        name = await talk.ask("name", Text(VERBATIM))
        await talk.say("done", what=f"{sure} {name}")

    await (await Rehearsal.open(tmp_path)).close()  # the lieu is there
    scripts = [replace(script(play), asks_from=0)]
    play_ = Rehearsal(await Database.open(tmp_path / "bot.sqlite"), scripts, Clock())
    await play_.start()
    yield play_
    await play_.close()


async def test_the_yes_of_somebody_else_is_asked_anew(play: Rehearsal) -> None:
    await play.hear("sure", "oui", by=ANNE)
    for _ in range(2):
        await play.engine.cancel(play.id, play.event())
    assert await play.status() == "cancelled"
    await play.engine.take_up(play.id, play.event())
    assert (await play.steps())["sure"].status == "asked"
    assert "name" not in await play.steps()
    await play.hear("sure", "oui", by=ANNE)
    await play.hear("name", "Zoé")
    assert (await play.said(ROOM))[-1] == "done True Zoé"


async def test_only_whoever_stopped_it_finds_it(play: Rehearsal) -> None:
    for _ in range(2):
        await play.engine.cancel(play.id, play.event())
    assert await play.database.read(open_questions.stopped_by, ZOE, ROOM) is not None
    assert await play.database.read(open_questions.stopped_by, ANNE, ROOM) is None
    assert await play.database.read(open_questions.stopped_by, ZOE, OFFICE) is None
