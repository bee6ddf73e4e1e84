"""The people who host the bot: who they are, and the room in which they are asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.people import Place
from tests.stage.several_bots import Federation
from tests.stage.stage import ME, Stage
from tests.stage.sudden_death import Mortal
from tests.tiers import Sweep

INES, JULES, EVE = "@ines:lieu.fr", "@jules:ailleurs.fr", "@eve:lieu.fr"


PAUL = "@paul:lieu.fr"


@pytest.fixture
async def hosted(tmp_path: Path) -> AsyncIterator[Stage]:
    """A bot that Inès and Jules host."""
    stage = await Stage.open(tmp_path, Services(), operators=[INES, JULES])
    yield stage
    await stage.close()


async def test_they_have_one_room_to_themselves(hosted: Stage) -> None:
    room_id = await hosted.bot.operators.room()
    assert room_id is not None
    assert await hosted.bot.operators.room() == room_id
    room = hosted.matrix.world.rooms[room_id]
    assert room.members == {ME: "join", INES: "invite", JULES: "invite"}
    assert not room.encrypted
    assert room.join == "invite"


async def test_whoever_else_is_in_it_is_put_out(hosted: Stage) -> None:
    room_id = await hosted.bot.operators.room()
    assert room_id is not None
    await hosted.enter(EVE, room_id)
    await hosted.bot.operators.keep_to_themselves()
    assert hosted.matrix.world.rooms[room_id].members[EVE] == "leave"


async def test_a_bot_that_nobody_hosts_has_none(stage: Stage) -> None:
    assert await stage.bot.operators.room() is None
    await stage.bot.operators.keep_to_themselves()
    assert not stage.matrix.made_rooms


@pytest.mark.parametrize("place", [*Place])
async def test_what_they_decide_nobody_else_does(hosted: Stage, place: Place) -> None:
    assert await hosted.bot.people.may(INES, "operate", None, place)
    assert not await hosted.bot.people.may(EVE, "operate", None, place)


async def played(path: Path, deadly: int, *, after: bool, answer: str) -> tuple[Any, list[str]]:
    """Paul wants a lieu and Inès answers: what is there in the end, and how often the bot wrote."""
    federation, life = Federation(path), Mortal.another()
    await federation.open(ME, Services(), life, operators=[INES])
    space = federation.room("Le Phare", space=True)
    space.members, space.levels = {PAUL: "join"}, {PAUL: 100, ME: 50}
    life.dies_at(deadly, after=after)
    await federation.bring_bot(PAUL, space.room_id, ME)
    board = next(room for room in federation.rooms.values() if room.name.startswith("Hébergement"))
    await federation.enter(INES, board.room_id)
    await federation.click(INES, board.room_id, answer)
    assert not life.deadly, f"nobody died at write {deadly}"
    writes = [*life.kinds]
    stage = federation.stages[ME]
    said = {room.name: Counter(stage.said(id)) for id, room in federation.rooms.items()}
    lieux = [lieu.name for lieu in await stage.bot.lieux.all()]
    members = {room.name: sorted(room.members.items()) for room in federation.rooms.values()}
    await federation.close()
    return (said, lieux, members), writes


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("answer", ["✅", "❌"])
async def test_nobody_notices_a_death_while_the_host_decides(
    tmp_path: Path, sweep: Sweep, answer: str, after: bool
) -> None:
    alive, writes = await played(tmp_path / "alive", 0, after=after, answer=answer)
    assert alive[1] == (["Le Phare"] if answer == "✅" else [])
    assert len(writes) > 20
    for write in sweep(writes, after=after):
        seen, _ = await played(tmp_path / str(write), write, after=after, answer=answer)
        assert seen == alive, f"dead at write {write}"
