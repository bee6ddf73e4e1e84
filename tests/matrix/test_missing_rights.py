"""What the bot lacks, as a real homeserver's refusals tell it: which room, which power, and who could give it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.errors import MatrixRefused, MissingRight, Refused
from bot.matrix.homeserver import Homeserver
from tests.servers.person import Person

Arrive = Callable[..., Awaitable[Person]]
Act = Callable[[Homeserver, str, Person], Awaitable[object]]


async def own_room(matrix: Homeserver, anne: Person, version: str, **more: object) -> str:
    """Anne's alone, with the bot in it; only moderators invite."""
    room = await anne.create_room(
        name="Atelier", room_version=version, preset="private_chat", invite=[matrix.facts.me],
        power_level_content_override={"invite": 50}, **more,
    )  # fmt: skip
    await matrix.membership.join(room)
    return room


async def refusal(act: Awaitable[object]) -> Refused:
    with pytest.raises(Refused) as refused:
        await act
    return refused.value


ACTS: dict[str, Act] = {
    "invite": lambda matrix, room, who: matrix.membership.invite(room, "@zoe:" + matrix.facts.server),
    "kick": lambda matrix, room, who: matrix.membership.kick(room, who.user_id),
    "ban": lambda matrix, room, who: matrix.membership.ban(room, who.user_id),
    "m.room.join_rules": lambda matrix, room, who: matrix.room_settings.restrict(room, room),
    "m.room.power_levels": lambda matrix, room, who: matrix.moderation.set_level(room, who.user_id, 50),
    "m.space.child": lambda matrix, room, who: matrix.rooms.add_child(room, "!other:room"),
    "m.room.name": lambda matrix, room, who: matrix.room_settings.rename(room, "Autre"),
}


@pytest.mark.parametrize("version", ["9", "12"])
@pytest.mark.parametrize("act", ACTS)
async def test_a_refusal_for_want_of_power_says_in_which_room_and_who_can_give_it(
    matrix: Homeserver, person: Arrive, act: str, version: str
) -> None:
    anne, marc = await person("anne"), await person("marc")
    room = await own_room(matrix, anne, version)
    await anne.call("POST", f"/_matrix/client/v3/rooms/{room}/invite", {"user_id": marc.user_id})
    await marc.join(room)
    missing = await matrix.missing_rights.explain(await refusal(ACTS[act](matrix, room, marc)), None)
    assert missing is not None
    assert (missing.rooms, missing.outside, missing.space) == ({room: "Atelier"}, False, False)
    assert list(missing.able) == [anne.user_id]
    assert missing.creators == ({anne.user_id} if version == "12" else set())


async def test_in_a_space_it_is_given_otherwise_than_in_a_room(matrix: Homeserver, person: Arrive) -> None:
    space = await own_room(matrix, await person("anne"), "9", creation_content={"type": "m.space"})
    missing = await matrix.missing_rights.explain(await refusal(matrix.room_settings.prepared(space)), None)
    assert missing is not None
    assert missing.space


async def test_a_refusal_in_a_room_where_the_bot_is_not_asks_for_an_invitation(
    matrix: Homeserver, person: Arrive
) -> None:
    anne = await person("anne")
    space = await own_room(matrix, anne, "9", creation_content={"type": "m.space"})
    room = await anne.create_room(name="Bureau", preset="private_chat", room_version="9")
    child = f"/_matrix/client/v3/rooms/{space}/state/m.space.child/{room}"
    await anne.call("PUT", child, {"via": [matrix.facts.server]})
    told = await refusal(matrix.membership.invite(room, anne.user_id))
    assert await matrix.missing_rights.explain(told, space) is None, "its homeserver does not tell it the name"
    knock = f"/_matrix/client/v3/rooms/{room}/state/m.room.join_rules/"
    await anne.call("PUT", knock, {"join_rule": "knock"})
    shown = await matrix.missing_rights.explain(told, space)
    assert shown is not None
    assert (shown.rooms, shown.outside) == ({room: "Bureau"}, True)
    assert await matrix.missing_rights.explain(told, None) is None, "a room without a name is not asked for"
    await anne.call("POST", f"/_matrix/client/v3/rooms/{room}/invite", {"user_id": matrix.facts.me})
    await matrix.membership.enter_all({room: "Bureau"})
    assert await matrix.facts.membership(room, matrix.facts.me) == "join"


async def test_a_refusal_for_another_reason_asks_for_nothing(matrix: Homeserver, person: Arrive) -> None:
    """A moderator does not outrank another one: no right would change it that anybody would give."""
    anne, marc = await person("anne"), await person("marc")
    room = await own_room(matrix, anne, "9")
    await anne.call("POST", f"/_matrix/client/v3/rooms/{room}/invite", {"user_id": marc.user_id})
    await marc.join(room)
    levels = await anne.call("GET", f"/_matrix/client/v3/rooms/{room}/state/m.room.power_levels/")
    users = levels["users"] | {matrix.facts.me: 50, marc.user_id: 50}
    await anne.call("PUT", f"/_matrix/client/v3/rooms/{room}/state/m.room.power_levels/", levels | {"users": users})
    told = await refusal(matrix.membership.ban(room, marc.user_id))
    assert isinstance(told, MatrixRefused)
    assert (told.room_id, told.act) == (room, "ban")
    assert await matrix.missing_rights.explain(told, None) is None


async def test_rooms_that_element_makes_in_the_space_are_open_to_it_already(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    space = await own_room(matrix, anne, "9", creation_content={"type": "m.space"})
    rule = {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": space}]}
    room = await anne.create_room(
        name="Jardin", preset="private_chat", room_version="9",
        initial_state=[{"type": "m.room.join_rules", "state_key": "", "content": rule}],
    )  # fmt: skip
    await matrix.membership.enter_all({room: "Jardin"})
    await matrix.room_settings.openable([room], space)
    closed = await own_room(matrix, anne, "9")
    missing = await refusal(matrix.room_settings.openable([room, closed], space))
    assert isinstance(missing, MissingRight)
    assert missing.rooms == {closed: "Atelier"}
    assert await matrix.room_settings.lacks(space, [room, closed]) == {
        "space": True,
        "outside": [],
        "elsewhere": [],
        "hidden": 0,
        "powerless": ["Jardin", "Atelier"],
    }
