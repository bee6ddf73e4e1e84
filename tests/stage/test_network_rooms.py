"""The small Matrix of the conversations does with networks what real servers do (`tests.matrix.test_network_rooms`)."""

from __future__ import annotations

import pytest

from bot.errors import MatrixRefused, Refused
from tests.stage.stage import FakeMatrix


async def test_a_network_is_founded_entered_declared_in_and_left() -> None:
    here = FakeMatrix()
    there = FakeMatrix("@conciergerie:moulin.fr", here.world)
    rosee, moulin = here.network_rooms, there.network_rooms
    made = await rosee.open_network("network/1", "Touraine", "")
    assert await rosee.open_network("network/1", "Touraine", "") == made
    space, room = made["space"], made["room"]
    for _ in range(2):
        assert await moulin.ask_in(await rosee.address(space), "Bonjour") == {"how": "asked", "space": space}
    with pytest.raises(MatrixRefused):
        await moulin.coordination(space)
    await rosee.admit(space, room, there.me)
    assert await moulin.ask_in(space, "") == {"how": "in", "space": space}
    assert await moulin.coordination(space) == await rosee.coordination(space) == room
    await rosee.declare(room, "moulin", {"name": "Le Moulin"})
    assert await moulin.declared(room) == {"moulin": {"content": {"name": "Le Moulin"}, "sender": here.me}}
    assert (await moulin.moderates(room, here.me), await moulin.moderates(room, there.me)) == (True, False)
    with pytest.raises(MatrixRefused):
        await moulin.declare(room, "moulin", {})
    await rosee.undeclare(room, "moulin")
    assert await rosee.declared(room) == {}
    await moulin.leave_network(space, room)
    assert await here.facts.membership(space, there.me) == "leave"
    assert await here.facts.membership(room, there.me) == "leave"


async def test_what_is_no_network_is_refused() -> None:
    matrix = FakeMatrix()
    atelier = matrix.room("Atelier")
    for address, code in ((atelier.room_id, "not-a-network"), ("#rien:lieu.fr", "no-such-network")):
        with pytest.raises(Refused) as refused:
            await matrix.network_rooms.ask_in(address, "")
        assert refused.value.code == code
