"""Rooms that a real homeserver upgraded, and those that only claim it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.errors import MissingRight
from bot.matrix.client_api import path
from bot.matrix.homeserver import Homeserver
from bot.matrix.successors import Upgrade
from tests.servers.person import Person

Arrive = Callable[..., Awaitable[Person]]
VERSIONS = [("9", "12"), ("12", "12"), ("6", "9")]


async def entered(matrix: Homeserver, anne: Person, **more: object) -> str:
    """A room of Anne's, in which the bot is."""
    room = await anne.create_room(preset="private_chat", invite=[matrix.facts.me], **more)
    await matrix.membership.join(room)
    return room


async def points(anne: Person, old: str, new: str) -> None:
    await anne.call("PUT", path("rooms", old, "state", "m.room.tombstone", ""), {"body": "", "replacement_room": new})


@pytest.mark.parametrize(("before", "after"), VERSIONS)
@pytest.mark.parametrize("space", [True, False])
async def test_an_upgraded_room_is_known_in_every_version(
    matrix: Homeserver, person: Arrive, before: str, after: str, space: bool
) -> None:
    anne = await person("anne")
    kind = {"type": "m.space"} if space else {}
    room = await entered(matrix, anne, name="Atelier", room_version=before, creation_content=kind)
    assert await matrix.successors.of(room) is None
    made = await anne.call("POST", path("rooms", room, "upgrade"), {"new_version": after})
    upgrade = Upgrade(room, made["replacement_room"], anne.user_id)
    assert await matrix.successors.of(room) == upgrade
    assert not await matrix.membership.enter(upgrade.new)
    assert await matrix.successors.doubt(upgrade) == "stranger", "it cannot be seen into"
    await anne.call("POST", path("rooms", upgrade.new, "invite"), {"user_id": matrix.facts.me})
    assert await matrix.membership.enter(upgrade.new)
    assert await matrix.successors.doubt(upgrade) == ""


async def test_a_room_that_names_no_predecessor_or_another_is_none(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    old, other = await entered(matrix, anne), await entered(matrix, anne)
    for claim in ({}, {"predecessor": {"room_id": other}}, {"predecessor": old}, {"predecessor": {"room_id": [old]}}):
        new = await entered(matrix, anne, creation_content=claim)
        await points(anne, old, new)
        found = await matrix.successors.of(old)
        assert found is not None
        assert await matrix.successors.doubt(found) == "another"


async def test_a_room_that_becomes_a_space_is_another_one(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    old = await entered(matrix, anne)
    await points(
        anne, old, await entered(matrix, anne, creation_content={"type": "m.space", "predecessor": {"room_id": old}})
    )
    found = await matrix.successors.of(old)
    assert found is not None
    assert await matrix.successors.doubt(found) == "another"


async def test_a_room_that_a_stranger_made_is_none(matrix: Homeserver, person: Arrive) -> None:
    """Eve claims to come from Anne's room, and somehow Anne's room points there."""
    anne, eve = await person("anne"), await person("eve")
    old = await entered(matrix, anne)
    new = await entered(matrix, eve, creation_content={"predecessor": {"room_id": old}})
    await points(anne, old, new)
    found = await matrix.successors.of(old)
    assert found is not None
    assert await matrix.successors.doubt(found) == "stranger"


async def test_a_room_that_is_no_longer_encrypted_is_none(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    old = await entered(matrix, anne, encrypted=True)
    new = await entered(matrix, anne, creation_content={"predecessor": {"room_id": old}})
    await points(anne, old, new)
    found = await matrix.successors.of(old)
    assert found is not None
    assert await matrix.successors.doubt(found) == "unsealed"
    sealed = {"algorithm": "m.megolm.v1.aes-sha2"}
    await anne.call("PUT", path("rooms", new, "state", "m.room.encryption", ""), sealed)
    assert await matrix.successors.doubt(found) == ""


@pytest.mark.parametrize("target", ["", "nowhere", 3, None, "!" + "x" * 10])
async def test_a_tombstone_that_points_nowhere(matrix: Homeserver, person: Arrive, target: object) -> None:
    anne = await person("anne")
    old = await entered(matrix, anne)
    content = {"body": "", "replacement_room": target}
    await anne.call("PUT", path("rooms", old, "state", "m.room.tombstone", ""), content)
    found = await matrix.successors.of(old)
    assert found is None or not await matrix.membership.enter(found.new)


async def state(matrix: Homeserver, room: str, kind: str, key: str = "") -> dict[str, object]:
    return await matrix.facts.state(room, kind, key) or {}


async def test_what_is_around_an_upgraded_space_and_an_upgraded_room_is_linked_anew(
    matrix: Homeserver, person: Arrive
) -> None:
    anne, me = await person("anne"), matrix.facts.me
    power = {"users": {anne.user_id: 100, me: 100}}
    kind = {"type": "m.space"}
    space = await entered(matrix, anne, room_version="10", creation_content=kind, power_level_content_override=power)
    room = await matrix.rooms.create(
        "k", name="Fanfare", parent=space, join="restricted", allow=space, admins=[anne.user_id]
    )
    await matrix.membership.invite(room, anne.user_id)
    await anne.join(room)
    await matrix.rooms.put_state(space, "org.conciergerie.archive", {"rooms": {"!gone": {}}})
    made = await anne.call("POST", path("rooms", space, "upgrade"), {"new_version": "12"})
    above = Upgrade(space, made["replacement_room"], anne.user_id)
    await anne.call("POST", path("rooms", above.new, "invite"), {"user_id": me})
    await matrix.membership.join(above.new)
    for _ in range(2):
        await matrix.successors.carry(above)
        assert await matrix.successors.is_carried(above)
        assert await matrix.successors.children(above) == [room]
        await matrix.successors.adopt(room, above)
    assert await state(matrix, above.new, "org.conciergerie.archive") == {"rooms": {"!gone": {}}}
    rules = await state(matrix, room, "m.room.join_rules")
    assert rules["allow"] == [{"type": "m.room_membership", "room_id": above.new}]
    assert await matrix.facts.belongs(room, above.new)
    assert not await matrix.facts.has_parent(room, space)

    await anne.call("PUT", path("rooms", above.new, "state", "m.space.child", room), {"via": ["x.fr"], "order": "0001"})
    made = await anne.call("POST", path("rooms", room, "upgrade"), {"new_version": "12", "additional_creators": [me]})
    beside = Upgrade(room, made["replacement_room"], anne.user_id)
    await matrix.membership.join(beside.new)
    for _ in range(2):
        await matrix.successors.relink(above.new, beside)
    assert await matrix.facts.belongs(beside.new, above.new)
    assert not await matrix.facts.shows(above.new, room)
    link = await state(matrix, above.new, "m.space.child", beside.new)
    assert link == {"via": [matrix.facts.server], "order": "0001"}


async def test_what_lacks_a_right_is_refused_with_who_could_give_it(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    space = await entered(matrix, anne, creation_content={"type": "m.space"})
    room = await entered(matrix, anne, name="Fanfare")
    await anne.call("PUT", path("rooms", space, "state", "m.space.child", room), {"via": [matrix.facts.server]})
    made = await anne.call("POST", path("rooms", room, "upgrade"), {"new_version": "12"})
    with pytest.raises(MissingRight) as refused:
        await matrix.successors.relink(space, Upgrade(room, made["replacement_room"], anne.user_id))
    assert refused.value.able.keys() == {anne.user_id}
