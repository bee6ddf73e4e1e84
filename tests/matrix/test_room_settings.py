"""The rooms of a lieu on a real homeserver, in version 12: kept by the bot, and only those that are the lieu's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.errors import Refused
from bot.matrix.client_api import path
from bot.matrix.homeserver import Homeserver
from bot.matrix.room_settings import GIVEN
from tests.matrix.listening import Ear
from tests.servers.person import Person

Arrive = Callable[..., Awaitable[Person]]
KNOCK = "/_matrix/client/v3/knock/{}"


async def lieu(matrix: Homeserver, concierge: Person, *, level: int = 50, join: str = "invite") -> str:
    """A space as its concierge makes it, with the bot in it."""
    space = await concierge.create_room(
        name="La Rosée",
        room_version="12",
        creation_content={"type": "m.space"},
        preset="private_chat",
        invite=[matrix.facts.me],
        power_level_content_override={"users": {matrix.facts.me: level}},
        initial_state=[{"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": join}}],
    )
    await matrix.membership.join(space)
    return space


async def rule(matrix: Homeserver, room: str) -> str:
    return str((await matrix.facts.state(room, "m.room.join_rules") or {})["join_rule"])


async def seen(matrix: Homeserver, space: str, concierge: Person) -> list[tuple[Any, ...]]:
    rows = await matrix.room_settings.kept(space, concierge.user_id)
    return [(row["name"], row["entry"], row["suggested"], row["archived"]) for row in rows]


async def test_a_room_is_named_described_and_opened(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    space = await lieu(matrix, anne, level=100)
    room = await matrix.rooms.create("couture", name="Coutur", parent=space)
    await matrix.room_settings.rename(room, "Couture")
    await matrix.room_settings.describe(room, "Aiguilles et machines")
    for entry, after in (
        ("members", "restricted"),
        ("request", "knock"),
        ("members", "knock_restricted"),
        ("private", "invite"),
    ):
        await matrix.room_settings.open_to(room, entry, space)
        await matrix.room_settings.open_to(room, entry, space)
        assert await rule(matrix, room) == after
    await matrix.rooms.put_state(room, "m.room.join_rules", {"join_rule": "public"})
    await matrix.room_settings.open_to(room, "members", space)
    rules = await matrix.facts.state(room, "m.room.join_rules")
    assert rules == {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": space}]}
    await anne.join(room)
    row = (await matrix.room_settings.kept(space, anne.user_id))[0]
    assert (row["name"], row["topic"], row["entry"], row["members"]) == (
        "Couture",
        "Aiguilles et machines",
        "members",
        2,
    )


async def test_rooms_are_suggested_and_ordered(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    space = await lieu(matrix, anne)
    a, b, c = [await matrix.rooms.create(name, name=name, parent=space) for name in "ABC"]
    await matrix.room_settings.place(space, b, suggested=True)
    await matrix.room_settings.arrange(space, [c, a, b])
    assert [(name, suggested) for name, _, suggested, _ in await seen(matrix, space, anne)] == [
        ("C", False),
        ("A", False),
        ("B", True),
    ]
    assert (await matrix.facts.state(space, "m.space.child", b) or {})["via"] == [matrix.facts.server]


async def test_an_archived_room_is_read_only_and_hidden_and_comes_back(matrix: Homeserver, person: Arrive) -> None:
    anne, marc = await person("anne"), await person("marc")
    space = await lieu(matrix, anne)
    room = await matrix.rooms.create("k", name="Fanfare", parent=space, invite=[marc.user_id])
    await matrix.room_settings.place(space, room, suggested=True, order="0003")
    await marc.join(room)
    before = await matrix.facts.state(room, "m.room.power_levels")
    for _ in range(2):
        await matrix.room_settings.archive(space, room)
    assert await matrix.facts.children(space) == []
    assert await seen(matrix, space, anne) == [("Fanfare", "private", False, True)]
    with pytest.raises(RuntimeError, match="M_FORBIDDEN"):
        await marc.call("PUT", path("rooms", room, "send", "m.room.message", "x"), {"msgtype": "m.text", "body": "!"})
    for _ in range(2):
        await matrix.room_settings.bring_back(space, room)
    assert await seen(matrix, space, anne) == [("Fanfare", "private", True, False)]
    assert (await matrix.facts.state(space, "m.space.child", room) or {})["order"] == "0003"
    assert await matrix.facts.state(room, "m.room.power_levels") == before
    assert await marc.say(room, "Nous revoilà")


async def test_concierges_of_the_space_look_after_its_rooms(matrix: Homeserver, person: Arrive) -> None:
    anne, berthe = await person("anne"), await person("berthe")
    space = await lieu(matrix, anne)
    await matrix.membership.invite(space, berthe.user_id)
    await berthe.join(space)
    room = await matrix.rooms.create("k", name="Fanfare", parent=space)
    await matrix.room_settings.entrust(space, room)
    assert [(await matrix.facts.powers(room)).of(each.user_id) for each in (anne, berthe)] == [100, 0]
    levels = await anne.call("GET", path("rooms", space, "state", "m.room.power_levels", ""))
    address = path("rooms", space, "state", "m.room.power_levels", "")
    await anne.call("PUT", address, levels | {"users": levels["users"] | {berthe.user_id: 50}})
    for _ in range(2):
        await matrix.room_settings.entrust(space, room)
    assert (await matrix.facts.powers(room)).of(berthe.user_id) == 50
    await anne.call("PUT", address, levels)
    await matrix.room_settings.entrust(space, room)
    assert [(await matrix.facts.powers(room)).of(each.user_id) for each in (anne, berthe)] == [100, 0]


async def test_who_can_give_the_right_that_lacks_is_named(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    space = await lieu(matrix, anne, level=0)
    name = await matrix.facts.display_name(anne.user_id)
    for act in (
        matrix.room_settings.place(space, "!room"),
        matrix.room_settings.let_knock(space, True),
        matrix.room_settings.rename(space, "Autre"),
        matrix.room_settings.turn_away(space, anne.user_id),
    ):
        with pytest.raises(Refused) as refused:
            await act
        assert (refused.value.code, refused.value.words) == ("room-right", {"room": "La Rosée", "who": name})


async def test_a_room_that_somebody_else_lists_is_not_theirs(matrix: Homeserver, person: Arrive) -> None:
    anne, berthe = await person("anne"), await person("berthe")
    here, there = await lieu(matrix, anne), await lieu(matrix, berthe)
    room = await matrix.rooms.create("k", name="Fanfare", parent=there)
    assert await matrix.facts.belongs(room, there)
    await anne.call("PUT", path("rooms", here, "state", "m.space.child", room), {"via": [matrix.facts.server]})
    assert [child.room_id for child in await matrix.facts.children(here)] == [room]
    assert await matrix.room_settings.kept(here, anne.user_id) == []
    assert not await matrix.facts.belongs(room, here)
    assert [row["room_id"] for row in await matrix.room_settings.kept(there, berthe.user_id)] == [room]


async def test_a_room_whose_moderator_asks_is_theirs(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    space = await lieu(matrix, anne)
    room = await anne.create_room(name="Ancien", preset="private_chat", invite=[matrix.facts.me])
    await matrix.membership.join(room)
    await matrix.room_settings.place(space, room)
    assert [row["name"] for row in await matrix.room_settings.kept(space, anne.user_id)] == ["Ancien"]
    assert await matrix.room_settings.kept(space, "@other:localhost") == []


# Knocking


@pytest.mark.parametrize(("before", "after"), [("invite", "knock"), ("public", "public")])
async def test_a_space_takes_knocks_and_no_longer(matrix: Homeserver, person: Arrive, before: str, after: str) -> None:
    anne = await person("anne")
    space = await lieu(matrix, anne, join=before)
    for wanted, expected in ((True, after), (True, after), (False, before)):
        await matrix.room_settings.let_knock(space, wanted)
        assert await rule(matrix, space) == expected


async def test_a_room_open_to_members_takes_knocks_beside(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    space = await lieu(matrix, anne)
    room = await matrix.rooms.create("k", join="restricted", allow=space, parent=space)
    before = await matrix.facts.state(room, "m.room.join_rules") or {}
    await matrix.room_settings.let_knock(room, True)
    assert await matrix.facts.state(room, "m.room.join_rules") == before | {"join_rule": "knock_restricted"}
    await matrix.room_settings.let_knock(room, False)
    assert await matrix.facts.state(room, "m.room.join_rules") == before


async def test_a_knock_is_heard_refused_tried_again_and_granted(ear: Ear, person: Arrive) -> None:
    """By sync, in a space of version 12 that the bot did not make."""
    anne, zoe = await person("anne"), await person("zoe")
    matrix = Homeserver(ear.client, ear.database)
    space = await lieu(matrix, anne)
    await matrix.room_settings.let_knock(space, True)
    await zoe.call("POST", KNOCK.format(space), {"reason": "Bonjour"})
    heard = await ear.heard(lambda event: event.content.get("membership") == "knock")
    assert (heard.room_id, heard.sender, heard.state_key) == (space, zoe.user_id, zoe.user_id)
    assert heard.content["reason"] == "Bonjour"
    for _ in range(2):
        await matrix.room_settings.turn_away(space, zoe.user_id, "Pas cette fois")
    assert await matrix.facts.membership(space, zoe.user_id) == "leave"
    await zoe.call("POST", KNOCK.format(space), {})
    assert await matrix.membership.invite(space, zoe.user_id) == "invited"
    await matrix.room_settings.turn_away(space, zoe.user_id)
    await zoe.join(space)
    assert await matrix.facts.membership(space, zoe.user_id) == "join"


async def test_who_knocks_may_knock_again_with_other_words(ear: Ear, person: Arrive) -> None:
    anne, zoe = await person("anne"), await person("zoe")
    matrix = Homeserver(ear.client, ear.database)
    space = await lieu(matrix, anne)
    await matrix.room_settings.let_knock(space, True)
    for words in ("Bonjour", "Toujours là"):
        await zoe.call("POST", KNOCK.format(space), {"reason": words})
        heard = await ear.heard(lambda event, words=words: event.content.get("reason") == words)
        assert heard.content["membership"] == "knock"


async def test_a_knock_taken_back_is_heard(ear: Ear, person: Arrive) -> None:
    anne, zoe = await person("anne"), await person("zoe")
    matrix = Homeserver(ear.client, ear.database)
    space = await lieu(matrix, anne)
    room = await matrix.rooms.create("k", name="Atelier", parent=space, join="restricted", allow=space)
    await matrix.room_settings.let_knock(room, True)
    await zoe.call("POST", KNOCK.format(room), {})
    await ear.heard(lambda event: event.content.get("membership") == "knock")
    await zoe.call("POST", path("rooms", room, "leave"), {})
    heard = await ear.heard(lambda event: event.state_key == zoe.user_id and event.content["membership"] == "leave")
    assert heard.sender == zoe.user_id


async def test_who_is_excluded_cannot_knock(matrix: Homeserver, person: Arrive) -> None:
    anne, zoe = await person("anne"), await person("zoe")
    space = await lieu(matrix, anne, level=100)
    await matrix.room_settings.let_knock(space, True)
    await matrix.membership.ban(space, zoe.user_id)
    with pytest.raises(RuntimeError, match="banned"):
        await zoe.call("POST", KNOCK.format(space), {})
    await matrix.room_settings.turn_away(space, zoe.user_id)
    assert await matrix.facts.membership(space, zoe.user_id) == "ban"


async def upgraded(anne: Person, room: str) -> str:
    return str((await anne.call("POST", path("rooms", room, "upgrade"), {"new_version": "12"}))["replacement_room"])


async def test_a_room_that_concierges_look_after_can_be_upgraded(matrix: Homeserver, person: Arrive) -> None:
    """Synapse answers 500 where the levels hold anything but levels."""
    anne = await person("anne")
    space = await lieu(matrix, anne)
    room = await matrix.rooms.create("k", name="Fanfare", parent=space, admins=[anne.user_id], invite=[anne.user_id])
    await anne.join(room)
    await matrix.room_settings.entrust(space, room)
    assert await upgraded(anne, room) != room


async def test_what_an_earlier_program_wrote_among_the_levels_is_taken_out(matrix: Homeserver, person: Arrive) -> None:
    anne, berthe = await person("anne"), await person("berthe")
    space = await lieu(matrix, anne)
    room = await matrix.rooms.create("k", name="Fanfare", parent=space, admins=[anne.user_id], invite=[anne.user_id])
    await anne.join(room)
    levels = (await matrix.facts.powers(room)).levels or {}
    before = levels | {"users": {berthe.user_id: 50}, GIVEN: [berthe.user_id]}
    await matrix.rooms.put_state(room, "m.room.power_levels", before)
    with pytest.raises(RuntimeError, match="500"):
        await upgraded(anne, room)
    for _ in range(2):
        await matrix.room_settings.unburden(room)
    assert (await matrix.facts.powers(room)).levels == levels | {"users": {berthe.user_id: 50}}
    await upgraded(anne, room)
    await matrix.room_settings.entrust(space, room)
    assert (await matrix.facts.powers(room)).of(berthe.user_id) == 0, "she was given it, and is no concierge"
