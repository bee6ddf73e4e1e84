"""The opening hours: what concierges write is shown as it is, to this lieu's people, as long as it is true."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pypdf
import pytest

from bot.lieux import LONGEST_HOURS, Choices
from bot.operator.transfer_checks import Unsound, sound
from bot.store import lieu_rows
from tests.stage.stage import ME
from tests.stage.transcript_header import Scenery, scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne, Bob", "membres": "Marc", "salons": "Place", "autre lieu": "Le Phare"}
OPEN = "mardi 14h-18h\nsamedi 10h-12h"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


async def says(scene: Scenery, who: str, text: str, room: str = "Conciergerie") -> str:
    where = scene.rooms[room].room_id
    await scene.stage.write(scene.people[who], where, text)
    return scene.stage.last(where)


async def opened(scene: Scenery, hours: str = OPEN, note: str = "") -> None:
    (lieu, *_) = await scene.stage.bot.lieux.all()
    await scene.stage.bot.lieux.choose(lieu.id, hours=hours, hours_note=note)


async def choices(scene: Scenery) -> Choices:
    return (await scene.stage.bot.lieux.all())[0].choices


HOSTILE = "<b>mardi</b> **14h** [ici](https://example.org) @room `x`"


async def test_what_is_written_is_no_markup_and_calls_nobody(scene: Scenery) -> None:
    await opened(scene, HOSTILE, "<script>alert(1)</script>")
    await says(scene, "Marc", "!horaires", "Place")
    (content,) = [
        event["content"]
        for event in scene.rooms["Place"].events
        if event["sender"] == ME and event["type"] == "m.room.message"
    ]
    assert HOSTILE in content["body"]
    assert "&lt;b&gt;mardi&lt;/b&gt; **14h**" in content["formatted_body"]
    assert "<script" not in content["formatted_body"]
    assert content["m.mentions"] == {}


async def test_a_lieu_reads_its_own(scene: Scenery) -> None:
    await opened(scene)
    assert "ne sont pas encore écrits" in await says(scene, "Anne", "!horaires", "Conciergerie · Le Phare")


async def test_whoever_lost_the_keys_meanwhile_changes_nothing(scene: Scenery) -> None:
    await says(scene, "Anne", f"!horaires {OPEN}")
    scene.space.levels[scene.people["Anne"]] = 0
    await scene.stage.event(scene.space.room_id, ME, "m.room.power_levels", {}, state_key="")
    await says(scene, "Anne", "oui")
    assert (await choices(scene)).hours == ""


async def test_a_member_sets_none(scene: Scenery) -> None:
    await opened(scene)
    told = await says(scene, "Marc", "!horaires effacer", "Place")
    assert "les concierges du lieu qui les écrivent" in told
    assert "samedi 10h-12h" in scene.stage.said(scene.rooms["Place"].room_id)[-2]
    assert "concierges du lieu" not in await says(scene, "Marc", "!horaires ?", "Place")
    await says(scene, "Marc", "oui", "Place")
    assert (await choices(scene)).hours == OPEN


async def test_nobody_waits_for_an_answer_for_ever(scene: Scenery) -> None:
    await says(scene, "Anne", f"!horaires {OPEN}")
    await scene.stage.wait(0.05)
    await says(scene, "Anne", "oui, à demain")
    assert (await choices(scene)).hours == ""


# -- on the poster


async def poster(scene: Scenery) -> str:
    await says(scene, "Anne", "!affiche")
    (sheet,) = pypdf.PdfReader(io.BytesIO(scene.stage.matrix.files["affiche.pdf"])).pages
    return " ".join(sheet.extract_text().split())


async def test_of_two_who_agree_at_once_one_is_told_that_it_changed(scene: Scenery) -> None:
    lieux = scene.stage.bot.lieux
    (lieu, *_) = await lieux.all()
    held = {"hours": "", "hours_note": ""}
    both = [lieux.choose_over(lieu.id, held, {"hours": hours, "hours_note": ""}) for hours in ("mardi", "jeudi")]
    assert sorted(await asyncio.gather(*both)) == [False, True]


async def test_empty_lines_between_days_are_not_kept(scene: Scenery) -> None:
    await says(scene, "Anne", "!horaires mardi 14h-18h\n\n \n\nsamedi 10h-12h")
    await says(scene, "Anne", "oui")
    assert (await choices(scene)).hours == OPEN


async def test_what_is_too_long_does_not_take_what_is_said_days_later(scene: Scenery) -> None:
    await says(scene, "Anne", "!horaires " + "mardi " * 800)
    await scene.stage.wait(3)
    before = len(scene.stage.said(scene.rooms["Conciergerie"].room_id))
    await says(scene, "Anne", "lundi on se voit")
    assert len(scene.stage.said(scene.rooms["Conciergerie"].room_id)) == before


async def test_a_question_mark_sets_nothing(scene: Scenery) -> None:
    await opened(scene)
    await says(scene, "Anne", "!horaires ?")
    said = scene.stage.said(scene.rooms["Conciergerie"].room_id)
    assert any("mardi 14h-18h" in body for body in said)
    assert not any("Voici ce que" in body for body in said)


async def test_a_no_keeps_them(scene: Scenery) -> None:
    await opened(scene)
    await says(scene, "Anne", "!horaires supprime")
    await says(scene, "Anne", "non")
    assert "Je les garde." in scene.stage.said(scene.rooms["Conciergerie"].room_id)
    assert (await choices(scene)).hours == OPEN


async def test_the_poster_shows_them_where_they_are_written(scene: Scenery) -> None:
    assert "14h" not in await poster(scene)
    await opened(scene, OPEN, "Sonnez #panic() *fort*")
    told = await poster(scene)
    assert "mardi 14h-18h · samedi 10h-12h" in told
    assert "Sonnez #panic() *fort*" in told


async def test_the_longest_stay_on_one_sheet(scene: Scenery) -> None:
    await opened(scene, "W" * LONGEST_HOURS, "M" * LONGEST_HOURS)
    assert "W" in await poster(scene)


# -- another bot's file


async def test_they_move_with_the_lieu(scene: Scenery) -> None:
    note = "Sonnez\u202f! 🔔 👩🏽‍🌾"
    await opened(scene, OPEN, note)
    rows = sound(await scene.stage.database.read(lieu_rows.take_out, 1))
    told = Choices.load(json.loads(rows["lieux"][0]["choices"]))
    assert (told.hours, told.hours_note) == (OPEN, note)


@pytest.mark.parametrize("name", ["hours", "hours_note"])
@pytest.mark.parametrize("value", [5, None, ["x"], "x" * (LONGEST_HOURS + 1), "mardi\u202e41", "a\x1b[2J"])
def test_a_hostile_file_brings_none(name: str, value: Any) -> None:
    lieu = {"id": 5, "space": "!a:eve.fr", "name": "Eve", "words": "{}"}
    lieu["choices"] = json.dumps(asdict(Choices()) | {name: value})
    empty: dict[str, list[Any]] = {table: [] for table in ("arrivals", "owned", "acts", "cards", "networks")}
    with pytest.raises(Unsound):
        sound({"lieux": [lieu], "network_lieux": [], "requests": [], **empty})
