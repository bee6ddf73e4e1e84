"""A command's line that is edited while it waits: what is agreed to is what it says now."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store import conversations
from bot.store.database import Tx
from tests.commands.welcome.test_crash_welcome import ANNE as CONCIERGE
from tests.commands.welcome.test_crash_welcome import BOB, World, deaths
from tests.stage.furnished_lieux import ANNE, BERTHE, lieu
from tests.stage.guest_bot import guest_in_its_room, powers
from tests.stage.stage import FakeRoom, Stage
from tests.tiers import Sweep

FIRST, NOW = "!horaires mardi 14h-18h", "!horaires mardi 14h-19h"


@pytest.fixture
async def office(stage: Stage) -> FakeRoom:
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].members[BERTHE], rooms["space"].levels[BERTHE] = "join", 100
    rooms["office"].members[BERTHE] = "join"
    return rooms["office"]


async def hours(stage: Stage) -> str:
    (found,) = await stage.bot.lieux.all()
    return found.choices.hours


async def open_now(stage: Stage) -> int:
    def count(tx: Tx) -> int:
        query = f"SELECT count(*) AS n FROM conversations WHERE {conversations.SPEAKING} AND dialogue = 'set-hours'"
        return int(tx.execute(query).fetchone()["n"])

    return await stage.database.read(count)


async def test_what_is_agreed_to_is_the_line_as_it_is_now(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, FIRST)
    await stage.edit(ANNE, office.room_id, line, "!horaires mardi 14h-20h")
    await stage.edit(ANNE, office.room_id, line, NOW)  # edited twice
    assert await open_now(stage) == 1
    await stage.write(ANNE, office.room_id, "oui")
    assert await hours(stage) == "mardi 14h-19h"


async def test_the_recapitulation_of_before_is_not_agreed_to(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, FIRST)
    before = stage.last_question(office.room_id)
    await stage.edit(ANNE, office.room_id, line, NOW)
    await stage.click(ANNE, office.room_id, "✅", on=before)
    assert await hours(stage) == ""
    await stage.click(ANNE, office.room_id, "✅")
    assert await hours(stage) == "mardi 14h-19h"


async def test_nobody_edits_what_another_began(stage: Stage, office: FakeRoom) -> None:
    """Homeservers let it pass; clients show it as an edit."""
    line = await stage.write(ANNE, office.room_id, FIRST)
    await stage.edit(BERTHE, office.room_id, line, "!horaires jamais")
    await stage.write(ANNE, office.room_id, "oui")
    assert await hours(stage) == "mardi 14h-18h"


async def test_whoever_has_lost_the_right_edits_nothing(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(BERTHE, office.room_id, FIRST)
    space = next(room for room in stage.world.rooms.values() if room.parent is None and room.name == "La Rosée")
    del space.levels[BERTHE]
    stage.clock.at += 3_600_000
    await stage.edit(BERTHE, office.room_id, line, NOW)
    await stage.write(BERTHE, office.room_id, "oui")
    assert await hours(stage) == ""


async def test_a_line_that_says_the_same_is_asked_no_second_time(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, "!annonce Samedi, on jardine.")
    said = stage.said(office.room_id)
    await stage.edit(ANNE, office.room_id, line, "!annonce  Samedi, on jardine.")
    assert stage.said(office.room_id) == said


async def test_what_is_done_is_not_begun_again_and_this_is_told(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, FIRST)
    await stage.write(ANNE, office.room_id, "oui")
    said = stage.said(office.room_id)
    await stage.edit(ANNE, office.room_id, line, NOW)
    assert await hours(stage) == "mardi 14h-18h"
    assert stage.said(office.room_id)[:-1] == said
    assert "déjà fait" in stage.last(office.room_id)


async def test_what_was_begun_is_told(stage: Stage) -> None:
    """The act waits for a right that the bot lacks."""
    rooms = await guest_in_its_room(stage)
    line = await stage.write(ANNE, rooms["office"].room_id, "!salon renommer room · La Rosée")
    for text in ("Atelier", "oui"):
        await stage.write(ANNE, rooms["office"].room_id, text)
    await stage.edit(ANNE, rooms["office"].room_id, line, "!salon renommer Conciergerie")
    assert "déjà en route" in stage.last(rooms["office"].room_id)
    await powers(stage, rooms["room"], bot=100)
    assert rooms["room"].name == "Atelier"


async def test_a_line_that_is_no_command_any_more_is_told(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, FIRST)
    await stage.edit(ANNE, office.room_id, line, "oups, mardi 14h-19h")
    assert "n’est plus une commande" in stage.last(office.room_id)
    await stage.write(ANNE, office.room_id, "annuler")
    assert await hours(stage) == ""


async def edited(world: World) -> None:
    event = world.writes(CONCIERGE, world.office, FIRST)
    await world.happens(event)
    relation = {"rel_type": "m.replace", "event_id": event.event_id}
    new = {"msgtype": "m.text", "body": f"* {NOW}", "m.new_content": {"msgtype": "m.text", "body": NOW}}
    await world.happens(
        world.stage.happens(world.office, CONCIERGE, "m.room.message", new | {"m.relates_to": relation})
    )
    await world.happens(world.writes(BOB, world.office, "oui"))  # among people, and of no worth
    await world.happens(world.writes(CONCIERGE, world.office, "oui"))
    (found,) = await world.stage.bot.lieux.all()
    assert found.choices.hours == "mardi 14h-19h"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    assert await deaths(tmp_path, sweep, after, edited) > 15
