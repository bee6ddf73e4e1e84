"""The people who host the bot: who they are, and the room in which they are asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import Services
from bot.people import Place
from integrations.directory.none import NoDirectory
from tests.talk.stage import ME, Stage

INES, JULES, EVE = "@ines:lieu.fr", "@jules:ailleurs.fr", "@eve:lieu.fr"


@pytest.fixture
async def hosted(tmp_path: Path) -> AsyncIterator[Stage]:
    """A bot that Inès and Jules host."""
    stage = await Stage.open(tmp_path, Services(NoDirectory(), None), operators=[INES, JULES])
    yield stage
    await stage.close()


async def test_they_have_one_room_to_themselves(hosted: Stage) -> None:
    room_id = await hosted.bot.operators.room()
    assert room_id is not None
    assert await hosted.bot.operators.room() == room_id
    room = hosted.matrix.rooms[room_id]
    assert room.members == {ME: "join", INES: "invite", JULES: "invite"}
    assert not room.encrypted
    assert room.join == "invite"


async def test_whoever_else_is_in_it_is_put_out(hosted: Stage) -> None:
    room_id = await hosted.bot.operators.room()
    assert room_id is not None
    await hosted.enter(EVE, room_id)
    await hosted.bot.operators.keep_to_themselves()
    assert hosted.matrix.rooms[room_id].members[EVE] == "leave"


async def test_a_bot_that_nobody_hosts_has_none(stage: Stage) -> None:
    assert await stage.bot.operators.room() is None
    await stage.bot.operators.keep_to_themselves()
    assert not stage.matrix.made_rooms


@pytest.mark.parametrize("place", [*Place])
async def test_what_they_decide_nobody_else_does(hosted: Stage, place: Place) -> None:
    assert await hosted.bot.people.may(INES, "operate", None, place)
    assert not await hosted.bot.people.may(EVE, "operate", None, place)
