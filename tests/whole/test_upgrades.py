"""Rooms that are upgraded as Element does it, on a real homeserver, with the bot as its own process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.demo.actor import PATIENCE, Actor
from tests.demo.place import HALL, Place
from tests.servers.element import Element
from tests.servers.person import Person
from tests.servers.synapse import Synapse

from .conftest import Open, unique, untold

People = Callable[..., Awaitable[Person]]


async def upgraded(place: Place, anne: Actor, room_id: str, version: str = "12") -> str:
    new = await place.element.upgrade(room_id, version, () if room_id == place.space else [place.space])
    anne.follow(new, "la suite")
    return new


async def test_the_conciergerie_is_upgraded_in_the_middle_of_a_question(rosee: Place) -> None:
    anne = rosee.anne
    await anne.says(rosee.office, "!inviter")
    await anne.hears(rosee.office, "invite.who")
    new = await upgraded(rosee, anne, rosee.office)
    await anne.hears(new, "invite.who")
    await anne.says(new, "annuler")
    await anne.says(new, "!aide")
    await anne.hears(new, "help.topics")


async def state(rosee: Place) -> str:
    """What `!état` answers."""
    await rosee.anne.says(rosee.office, "!état")
    await rosee.anne.hears(rosee.office, "state.report")
    return rosee.anne.person.messages(rosee.office)[-1].body


async def test_a_room_and_then_the_space_are_upgraded(rosee: Place, person: People) -> None:
    """A member who comes to the new space is no newcomer, and enters the rooms by it."""
    anne, v3 = rosee.anne, "/_matrix/client/v3/rooms"
    marc = await person("marc")
    await rosee.element.invite(rosee.space, marc.user_id)
    await marc.join(rosee.space)
    await rosee.entrust_rooms()
    hall = await upgraded(rosee, anne, rosee.rooms[HALL])
    await anne.hears(rosee.office, "upgrades.followed-room")
    space = await rosee.element.upgrade(rosee.space, "12")
    await anne.hears(rosee.office, "upgrades.followed-space")
    async with asyncio.timeout(PATIENCE):
        while "mis à niveau" in await state(rosee):  # « je finis de suivre »
            pass
    rules = await anne.person.call("GET", f"{v3}/{hall}/state/m.room.join_rules")
    assert [one["room_id"] for one in rules["allow"]] == [space]
    await marc.join(space)
    await marc.join(hall)


async def test_the_space_is_upgraded_twice_before_its_members_answer(rosee: Place, person: People) -> None:
    """They are what they were, but for who declines; and whom the bot excluded is out of what is new there."""
    anne, marc, zoe, spam = rosee.anne, await person("marc"), await person("zoe"), await person("spam")
    for one in (marc, zoe, spam):
        await rosee.element.invite(rosee.space, one.user_id)
        await one.join(rosee.space)
    await rosee.entrust_rooms()
    v3 = "/_matrix/client/v3"
    await anne.says(rosee.office, f"!modérer {spam.user_id} poneys, @other:spam.example poneys")
    await anne.hears(rosee.office, "exclusions.sure")
    await anne.says(rosee.office, "oui")
    await anne.person.next(rosee.office, lambda one: "2 exclusions en place" in one.body)
    for _ in range(2):
        rosee.space = await rosee.element.upgrade(rosee.space, "12")
        await anne.hears(rosee.office, "upgrades.followed-space")
    await zoe.call("POST", f"{v3}/rooms/{rosee.space}/leave")
    await anne.says(rosee.office, "!membres")
    await anne.hears(rosee.office, "members.which")
    told = anne.person.messages(rosee.office)[-1].body
    assert marc.user_id[1:].partition(":")[0] in told
    assert zoe.user_id[1:].partition(":")[0] not in told
    bot = rosee.lieu.account.user_id
    new = await anne.person.create_room(name="Atelier", invite=[bot])
    levels = f"{v3}/rooms/{new}/state/m.room.power_levels"
    before = await anne.person.call("GET", levels)
    await anne.person.call("PUT", levels, before | {"users": before["users"] | {bot: 50}})
    link = {"via": [anne.person.synapse.server_name]}
    await anne.person.call("PUT", f"{v3}/rooms/{rosee.space}/state/m.space.child/{new}", link)
    await anne.hears(rosee.office, "inherit.done")
    out = await anne.person.call("GET", f"{v3}/rooms/{new}/members?membership=ban")
    assert {one["state_key"] for one in out["chunk"]} == {spam.user_id, "@other:spam.example"}


async def test_a_private_conversation_is_upgraded(synapse: Synapse, open_lieu: Open, person: People) -> None:
    """Marc made it, for he was there before the bot: in those that the bot makes, nobody else may upgrade."""
    place = Place(await open_lieu(synapse), untold, unique("anne"))
    marc = Actor("Marc", await person("marc"), untold)
    try:
        await place.prepare()
        await place.element.invite(place.space, marc.person.user_id)
        await marc.person.join(place.space)
        await place.install()
        private = await marc.person.create_room(
            encrypted=True,
            preset="trusted_private_chat",
            is_direct=True,
            invite=[place.lieu.account.user_id],
            room_version="10",
        )
        marc.follow(private, "en privé")
        bot = place.lieu.account.user_id
        await marc.person.next(private, lambda one: (one.state_key, one.content.get("membership")) == (bot, "join"))
        await marc.says(private, "!aide")
        await marc.hears(private, "help.list")
        new = await Element(marc.person).upgrade(private, "12")
        marc.follow(new, "en privé")
        await marc.person.next(new, lambda one: (one.state_key, one.content.get("membership")) == (bot, "join"))
        await marc.says(new, "!aide")
        await marc.hears(new, "help.list")
    finally:
        await place.end()
