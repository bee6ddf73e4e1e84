"""Clicks on what was asked before: a recapitulation of yesterday is not agreed to today."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stage.stage import Stage
from tests.stage.transcript_header import Scenery, scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne", "autres": "Zoé @zoe:ailleurs.fr"}


@pytest.fixture
async def summed_up(tmp_path: Path) -> AsyncIterator[Scenery]:
    """Zoé, who entered by herself, is shown her recapitulation."""
    async with scenery(LIEU, tmp_path) as scene:
        stage, zoe = scene.stage, scene.people["Zoé"]
        await stage.enter(zoe, scene.rooms["La Rosée"].room_id)
        await stage.enter(zoe, room(scene))
        for line in ("Zoé", "par curiosité"):
            await stage.write(zoe, room(scene), line)
        yield scene


def room(scene: Scenery) -> str:
    return scene.stage.matrix.directs[scene.people["Zoé"]]


def keys_on(stage: Stage, room_id: str, event_id: str) -> list[str]:
    """What the bot still offers to click on under this message."""
    events = [e for e in stage.world.rooms[room_id].events if e["type"] == "m.reaction" and not e["redacted"]]
    return [e["content"]["m.relates_to"]["key"] for e in events if e["content"]["m.relates_to"]["event_id"] == event_id]


async def test_the_recapitulation_of_before_a_change_is_not_agreed_to(summed_up: Scenery) -> None:
    stage, zoe, private = summed_up.stage, summed_up.people["Zoé"], room(summed_up)
    before = stage.last_question(private)
    await stage.write(zoe, private, "modifier prénom")
    assert keys_on(stage, private, before) == []
    await stage.write(zoe, private, "Zouzou")
    await stage.click(zoe, private, "✅", on=before)
    assert "déjà sa réponse" in stage.last(private)
    await stage.click(zoe, private, "✅")
    assert any("bienvenue" in line for line in stage.said(private)[-4:])


async def test_a_reminder_can_be_clicked_on(summed_up: Scenery) -> None:
    stage, zoe, private = summed_up.stage, summed_up.people["Zoé"], room(summed_up)
    await stage.wait(2)
    assert "sans te presser" in stage.last(private)
    await stage.click(zoe, private, "✅")
    assert any("bienvenue" in line for line in stage.said(private)[-4:])
    assert keys_on(stage, private, stage.world.rooms[private].events[-1]["event_id"]) == []


async def test_a_click_counts_once(summed_up: Scenery) -> None:
    stage, zoe, private = summed_up.stage, summed_up.people["Zoé"], room(summed_up)
    question = stage.last_question(private)
    await stage.click(zoe, private, "✅", on=question)
    said = len(stage.said(private))
    await stage.click(zoe, private, "✅", on=question)
    assert len(stage.said(private)) <= said + 1
    assert sum("bienvenue" in line for line in stage.said(private)) == 1


async def test_somebody_else_does_not_answer_for_her(summed_up: Scenery) -> None:
    stage, private = summed_up.stage, room(summed_up)
    said = len(stage.said(private))
    await stage.click(summed_up.people["Anne"], private, "✅")
    await stage.write(summed_up.people["Anne"], private, "oui")
    assert len(stage.said(private)) == said
