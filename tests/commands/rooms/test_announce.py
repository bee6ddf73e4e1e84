"""`!annonce`: what is sent, where, how often, and what is not."""

from __future__ import annotations

import json

import pytest

from bot.store.database import Tx
from tests.stage.furnished_lieux import ANNE, BERTHE, lieu
from tests.stage.stage import ME, FakeRoom, Stage

Rooms = dict[str, FakeRoom]
NEWS = "Samedi, on jardine."


@pytest.fixture
async def rosee(stage: Stage) -> Rooms:
    rooms = await lieu(stage, "La Rosée", ANNE)
    stage.matrix.names = {ANNE: "Anne"}
    rooms["garden"] = stage.matrix.room("Jardin", parent=rooms["space"].room_id)
    rooms["garden"].members, rooms["garden"].levels = dict(rooms["space"].members), {ME: 100}
    return rooms


async def say(stage: Stage, rooms: Rooms, *lines: str, by: str = ANNE) -> str:
    for line in lines:
        await stage.write(by, rooms["office"].room_id, line)
    return stage.last(rooms["office"].room_id)


async def test_it_is_seen_as_it_will_be_and_sent_once_in_each_room(stage: Stage, rosee: Rooms) -> None:
    office, places = rosee["office"].room_id, (rosee["room"].room_id, rosee["garden"].room_id)
    await say(stage, rosee, f"!annonce {NEWS}", "tout")
    assert [stage.said(place) for place in places] == [[], []]
    (preview,) = [said for said in stage.said(office) if NEWS in said]
    question = stage.last_question(office)
    await stage.click(ANNE, office, "✅", question)
    await stage.click(ANNE, office, "✅", question)
    await say(stage, rosee, "oui")
    assert [stage.said(place) for place in places] == [[preview], [preview]]
    assert "Anne" in preview


async def test_what_was_rewritten_is_seen_again(stage: Stage, rosee: Rooms) -> None:
    await say(stage, rosee, f"!annonce {NEWS}", "Jardin", "modifier message", "Dimanche, plutôt.")
    said = stage.said(rosee["office"].room_id)
    assert len([each for each in said if each.startswith("Dimanche, plutôt.")]) == 1
    await say(stage, rosee, "oui")
    (sent,) = stage.said(rosee["garden"].room_id)
    assert sent.startswith("Dimanche, plutôt.")


async def test_the_journal_has_one_line_and_not_the_words(stage: Stage, rosee: Rooms) -> None:
    await say(stage, rosee, f"!annonce {NEWS}", "Jardin", "oui")

    def look(tx: Tx) -> list[tuple[str, str, dict[str, str]]]:
        return [(row["by"], row["what"], json.loads(row["words"])) for row in tx.execute("SELECT * FROM acts")]

    assert await stage.database.read(look) == [(ANNE, "announced", {"rooms": "Jardin"})]


async def test_only_rooms_of_the_lieu_where_the_bot_may_speak_are_offered(stage: Stage, rosee: Rooms) -> None:
    phare = await lieu(stage, "Le Phare", BERTHE)
    rosee["garden"].also.add(phare["space"].room_id)
    rosee["room"].silent = 101
    offered = await say(stage, rosee, f"!annonce {NEWS}")
    assert "Jardin" in offered
    assert not [name for name in ("room", "office", "Phare") if name in offered]
    assert "Jardin" not in await say(stage, phare, f"!annonce {NEWS}", by=BERTHE)


async def test_nothing_leaves_without_a_yes(stage: Stage, rosee: Rooms) -> None:
    await say(stage, rosee, f"!annonce {NEWS}", "Jardin", "annuler")
    await say(stage, rosee, f"!annonce {NEWS}", "Jardin")
    await stage.wait(1 / 24)
    await say(stage, rosee, "oui")
    assert stage.said(rosee["garden"].room_id) == []
