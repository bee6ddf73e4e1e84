"""What a concierge can mend has one card, once; it is struck out by itself when it is so again."""

from __future__ import annotations

import pytest

from tests.stage.furnished_lieux import ANNE, BERTHE
from tests.stage.guest_bot import Rooms, guest_in_its_room, powers, say
from tests.stage.stage import ME, Stage


@pytest.fixture
async def rosee(stage: Stage) -> Rooms:
    return await guest_in_its_room(stage)


async def looked(stage: Stage, rooms: Rooms) -> list[str]:
    """What the conciergerie hears of by the next look."""
    before = len(stage.said(rooms["office"].room_id))
    await stage.bot.start_standing("looks")
    await stage.wait(0.2)
    return stage.said(rooms["office"].room_id)[before:]


async def test_where_all_is_well_nobody_hears_of_it(stage: Stage, rosee: Rooms) -> None:
    assert await looked(stage, rosee) == []
    assert await looked(stage, rosee) == []


async def test_power_that_was_lost_has_one_card_that_ends_by_itself(stage: Stage, rosee: Rooms) -> None:
    rosee["space"].levels[ME] = 0
    (card,) = await looked(stage, rosee)
    assert "Il me manque des droits dans La Rosée" in card
    assert await looked(stage, rosee) == []
    await powers(stage, rosee["space"], bot=100)
    assert "✓" in stage.last(rosee["office"].room_id)
    assert await looked(stage, rosee) == []


async def test_lost_once_more_it_has_another_card(stage: Stage, rosee: Rooms) -> None:
    for _ in range(2):
        rosee["space"].levels[ME] = 0
        assert len(await looked(stage, rosee)) == 1
        await powers(stage, rosee["space"], bot=100)
        assert await looked(stage, rosee) == []


async def test_whoever_goes_on_without_is_not_asked_again(stage: Stage, rosee: Rooms) -> None:
    rosee["space"].levels[ME] = 0
    await looked(stage, rosee)
    await stage.click(ANNE, rosee["office"].room_id, "⏭")
    assert "✓" in stage.last(rosee["office"].room_id)
    for _ in range(3):
        assert await looked(stage, rosee) == []


async def test_a_member_does_not_answer_for_the_concierges(stage: Stage, rosee: Rooms) -> None:
    rosee["space"].levels[ME] = 0
    for room in ("space", "office"):
        rosee[room].members[BERTHE] = "join"
    await looked(stage, rosee)
    await stage.click(BERTHE, rosee["office"].room_id, "⏭")
    assert "✓" not in stage.last(rosee["office"].room_id)


async def test_what_another_conversation_asks_for_has_no_card(stage: Stage, rosee: Rooms) -> None:
    rosee["space"].levels[ME] = 0
    await say(stage, rosee, "!salon archiver room · La Rosée")
    await say(stage, rosee, "oui")
    assert "Il me manque des droits" in stage.last(rosee["office"].room_id)
    assert await looked(stage, rosee) == []


async def test_where_nobody_could_give_it_nobody_is_asked(stage: Stage, rosee: Rooms) -> None:
    rosee["space"].levels = {ME: 0}
    assert await looked(stage, rosee) == []


async def test_a_room_that_the_lieu_does_not_want_any_more_takes_its_card_along(stage: Stage, rosee: Rooms) -> None:
    del rosee["room"].members[ME]
    (card,) = await looked(stage, rosee)
    assert f"/invite {ME}" in card
    (lieu,) = await stage.bot.lieux.all()
    await stage.bot.lieux.choose(lieu.id, open_rooms=[])
    await stage.wait(0.05)
    assert "✓" in stage.last(rosee["office"].room_id)
    assert await looked(stage, rosee) == []


async def test_a_room_that_nobody_sees_is_called_by_what_it_is_for(stage: Stage, rosee: Rooms) -> None:
    del rosee["room"].members[ME]
    rosee["room"].parent = None
    (card,) = await looked(stage, rosee)
    assert "un salon ouvert" in card
