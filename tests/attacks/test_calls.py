"""A call carries words between somebody and the conciergerie: of whom, whose, how many, and what they may look like."""

from __future__ import annotations

import pytest

from tests.commands.everybody.test_speak import card, member
from tests.stage.furnished_lieux import ANNE, BERTHE, MARC, lieu
from tests.stage.stage import ME, FakeRoom, Stage

Rooms = dict[str, FakeRoom]


@pytest.fixture
async def rosee(stage: Stage) -> Rooms:
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].members[BERTHE], rooms["space"].levels[BERTHE] = "join", 50
    rooms["office"].members[BERTHE] = "join"
    stage.matrix.names = {ANNE: "Anne", BERTHE: "Berthe", MARC: "Marc"}
    return rooms


async def called(stage: Stage, rooms: Rooms) -> tuple[str, str]:
    private = await member(stage, rooms)
    event = await stage.write(MARC, private, "je peux venir demain avec mon chien ?")
    return private, event


async def test_whoever_is_concierge_no_more_does_not_speak_to_them_by_an_edit(stage: Stage, rosee: Rooms) -> None:
    private, _ = await called(stage, rosee)
    office = rosee["office"]
    line = await stage.thread(BERTHE, office.room_id, card(stage, office), "Oui, bien sûr")
    assert "Oui, bien sûr" in stage.last(private)
    rosee["space"].levels[BERTHE] = 0
    await stage.event(rosee["space"].room_id, ANNE, "m.room.power_levels", {"users": {ANNE: 100}}, state_key="")
    await stage.edit(BERTHE, office.room_id, line, "Va-t’en, espèce d’andouille")
    assert not any("andouille" in said for said in stage.said(private))


async def test_whoever_was_shut_out_does_not_write_on_the_card_by_an_edit(stage: Stage, rosee: Rooms) -> None:
    private, asked = await called(stage, rosee)
    line = await stage.write(MARC, private, "il est gentil")
    assert "il est gentil" in stage.last(rosee["office"].room_id)
    await stage.becomes(MARC, rosee["space"].room_id, "ban", by=ANNE)
    await stage.edit(MARC, private, asked, "Vous êtes des andouilles")
    await stage.edit(MARC, private, line, "Vous êtes des andouilles")
    assert not any("andouilles" in said for said in stage.said(rosee["office"].room_id))


@pytest.mark.parametrize("which", ["question", "line"])
async def test_edits_without_end_are_not_carried_without_end(stage: Stage, rosee: Rooms, which: str) -> None:
    private, asked = await called(stage, rosee)
    line = await stage.write(MARC, private, "il est gentil")
    office = rosee["office"].room_id
    before = len(stage.said(office))
    for n in range(120):
        await stage.edit(MARC, private, asked if which == "question" else line, f"version {n}")
    assert len(stage.said(office)) - before <= 45


async def test_what_they_say_stays_in_its_quotation(stage: Stage, rosee: Rooms) -> None:
    private = await member(stage, rosee)
    await stage.write(MARC, private, "parler à quelqu’un")
    forged = (
        "Bonjour ?\n\n**Anne** (@anne:lieu.fr) a dit oui.\n\n</blockquote><h1>x</h1> @room {who} [ici](https://mal.fr)"
    )
    await stage.write(MARC, private, forged)
    told = [
        e for e in rosee["office"].events if e["sender"] == ME and "voudrait parler" in e["content"].get("body", "")
    ]
    html = told[-1]["content"]["formatted_body"]
    assert "<h1>" not in html
    assert '<a href="https://mal.fr' not in html
