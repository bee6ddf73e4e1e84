"""The person who clicks in Element, in the tests, must leave behind what a real one left."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest

from tests.servers.element import CAPTURED, ROOM, SPACE, WHO, Element
from tests.servers.person import Person

Arrive = Callable[..., Awaitable[Person]]


def recorded(name: str) -> str:
    return json.dumps(json.loads((CAPTURED / f"{name}.json").read_text())["request"]["body"], sort_keys=True)


async def levels(person: Person, room: str) -> dict[str, object]:
    return dict(await person.call("GET", f"/_matrix/client/v3/rooms/{room}/state/m.room.power_levels/"))


async def test_a_first_room_is_open_to_the_space_and_the_person_alone_has_power(person: Arrive) -> None:
    anne, bao = await person("anne"), await person("bao")
    element = Element(anne)
    space = await element.create_space("La Rosée")
    room = await element.create_first_room(space, "Atelier")
    assert (await levels(anne, room))["users"] == {anne.user_id: 100}
    with pytest.raises(RuntimeError, match="M_FORBIDDEN"):
        await bao.call("POST", f"/_matrix/client/v3/join/{room}", {})
    await element.invite(space, bao.user_id)
    await bao.join(space)
    await bao.join(room)
    with pytest.raises(RuntimeError, match="M_FORBIDDEN"):
        await Element(bao).invite(space, "@marc:lieu.example")


async def test_nobody_enters_a_private_room_without_an_invitation(person: Arrive) -> None:
    anne, bao = await person("anne"), await person("bao")
    element = Element(anne)
    space = await element.create_space("La Rosée")
    room = await element.create_private_room(space, "Bureau")
    await element.invite(space, bao.user_id)
    await bao.join(space)
    with pytest.raises(RuntimeError, match="M_FORBIDDEN"):
        await bao.call("POST", f"/_matrix/client/v3/join/{room}", {})
    await element.invite(room, bao.user_id)
    await bao.join(room)


async def test_power_is_given_by_the_request_that_was_recorded(person: Arrive) -> None:
    anne, bot = await person("anne"), await person("conciergerie")
    element = Element(anne)
    space = await element.create_space("La Rosée")
    room = await element.create_first_room(space, "Atelier")
    await element.invite(room, bot.user_id)
    await element.make_administrator(room, bot.user_id)
    text = json.dumps(await levels(anne, room), sort_keys=True)
    for real, scrubbed in ((anne.user_id, "@anne:lieu.example"), (bot.user_id, WHO), (room, ROOM), (space, SPACE)):
        text = text.replace(real, scrubbed)
    assert text == recorded("power_in_room")
