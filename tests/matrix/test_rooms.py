"""Rooms made, opened and entered on real homeservers; whatever is asked twice happens once."""

from __future__ import annotations

import asyncio
import math
import secrets
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bot.errors import MatrixRefused, Refused, Unavailable
from bot.matrix import message
from bot.matrix.client import Client
from bot.matrix.client_api import path
from bot.matrix.rooms import Rooms
from bot.store import rooms as store
from bot.store.database import Database
from tests.matrix.proxy import Proxy
from tests.servers.federation import Federation
from tests.servers.person import Person
from tests.servers.synapse import Synapse

Arrive = Callable[..., Awaitable[Person]]


@pytest_asyncio.fixture
async def rooms(proxy: Proxy, synapse: Synapse, database: Database, tmp_path: Path) -> AsyncIterator[Rooms]:
    name = f"bot-{secrets.token_hex(4)}"
    await synapse.register(name)
    client = await Client.open(proxy.url, name, tmp_path / "client", password=f"password-of-{name}")
    yield Rooms(client, database)
    await client.close()


async def joined(rooms: Rooms) -> list[str]:
    return sorted((await rooms._client.call("GET", path("joined_rooms")))["joined_rooms"])


# Make


async def test_a_room_is_made_once(rooms: Rooms, person: Arrive) -> None:
    alix = await person("alix")
    how = {"name": "Conciergerie", "topic": "Entre nous", "invite": [alix.user_id], "admins": [alix.user_id]}
    room = await rooms.create("office/1", **how)
    assert await rooms.create("office/1", **how) == room
    assert await joined(rooms) == [room]
    powers = await rooms.powers(room)
    assert (powers.version, powers.of(rooms.me), powers.of(alix.user_id)) == ("12", math.inf, math.inf)
    assert await rooms.name(room) == "Conciergerie"
    assert await rooms.membership(room, alix.user_id) == "invite"
    assert not await rooms.is_encrypted(room)


async def test_two_calls_at_once_make_one_room(rooms: Rooms) -> None:
    first, second = await asyncio.gather(rooms.create("k"), rooms.create("k"))
    assert first == second
    assert await joined(rooms) == [first]


async def test_a_room_whose_making_nobody_confirmed_is_found_again(rooms: Rooms, proxy: Proxy, person: Arrive) -> None:
    alix = await person("alix")
    await rooms.create("another")

    def lost(where: str, answer: object) -> object:
        return ["lost on the way"] if where.endswith("/createRoom") else answer

    proxy.change = lost
    with pytest.raises(Unavailable):
        await rooms.create("k", encrypted=True, invite=[alix.user_id])
    proxy.change = None
    room = await rooms.create("k", encrypted=True, invite=[alix.user_id])
    assert len(await joined(rooms)) == 2
    assert await rooms.is_encrypted(room)
    assert await rooms.membership(room, alix.user_id) == "invite"


async def test_a_refused_room_can_be_asked_for_again(rooms: Rooms) -> None:
    with pytest.raises(MatrixRefused):
        await rooms.create("k", admins=["not a person"])
    assert await rooms.create("k") in await joined(rooms)


async def test_a_room_that_the_bot_lost_is_made_anew(rooms: Rooms) -> None:
    first = await rooms.create("k")
    await rooms.leave(first)
    await rooms.leave(first)
    second = await rooms.create("k")
    assert second != first
    assert await rooms.create("k") == second


# Private conversations


async def test_a_private_conversation_is_always_the_same_room(rooms: Rooms, person: Arrive, database: Database) -> None:
    alix, bao = await person("alix"), await person("bao")
    first, second = await asyncio.gather(rooms.direct(alix.user_id), rooms.direct(alix.user_id))
    other = await rooms.direct(bao.user_id)
    assert first == second != other
    invitation = await alix.invited()
    assert (invitation.room_id, invitation.sender, invitation.is_direct) == (first, rooms.me, True)
    assert await rooms.is_encrypted(first)
    assert await rooms.direct(alix.user_id) == first
    noted = await rooms._client.call("GET", path("user", rooms.me, "account_data", "m.direct"))
    assert noted == {alix.user_id: [first], bao.user_id: [other]}
    assert await database.read(store.person_of_direct, first) == alix.user_id


async def test_whoever_left_the_conversation_is_invited_again(rooms: Rooms, person: Arrive) -> None:
    alix = await person("alix")
    room = await rooms.direct(alix.user_id)
    await alix.join(room)
    await alix.leave(room)
    assert await rooms.direct(alix.user_id) == room
    assert (await alix.invited()).is_direct


async def test_put_out_of_the_conversation_the_bot_makes_another(rooms: Rooms, person: Arrive) -> None:
    alix = await person("alix")
    theirs = await alix.create_room(invite=[rooms.me], preset="private_chat", is_direct=True)
    await rooms.join(theirs)
    await rooms._database.write(store.set_direct, alix.user_id, theirs)
    assert await rooms.direct(alix.user_id) == theirs
    await alix.call("POST", path("rooms", theirs, "kick"), {"user_id": rooms.me})
    ours = await rooms.direct(alix.user_id)
    assert ours != theirs
    assert await rooms.direct(alix.user_id) == ours


async def test_somebody_who_has_no_account_yet_can_be_invited(rooms: Rooms, synapse: Synapse) -> None:
    name = f"later-{secrets.token_hex(4)}"
    room = await rooms.direct(rooms.local(name))
    await synapse.register(name)
    async with Person(synapse, await synapse.login(name)) as later:
        assert (await later.invited()).room_id == room


# Invite, and put out


async def test_invitations(rooms: Rooms, person: Arrive) -> None:
    alix = await person("alix")
    room = await rooms.create("k")
    assert await rooms.membership(room, alix.user_id) == "none"
    assert await rooms.invite(room, alix.user_id) == "invited"
    assert await rooms.invite(room, alix.user_id) == "already"
    await alix.join(room)
    assert await rooms.invite(room, alix.user_id) == "already"
    assert set(await rooms.members(room)) == {rooms.me, alix.user_id}
    for _ in range(2):
        await rooms.kick(room, alix.user_id, "doucement")
    assert await rooms.membership(room, alix.user_id) == "leave"
    for _ in range(2):
        await rooms.ban(room, alix.user_id)
    with pytest.raises(Refused, match="banned"):
        await rooms.invite(room, alix.user_id)
    for _ in range(2):
        await rooms.unban(room, alix.user_id)
    assert await rooms.invite(room, alix.user_id) == "invited"


async def test_what_the_bot_may_not_do_is_refused(rooms: Rooms, person: Arrive) -> None:
    alix, bao = await person("alix"), await person("bao")
    room = await alix.create_room(invite=[rooms.me, bao.user_id], preset="private_chat")
    await rooms.join(room)
    with pytest.raises(MatrixRefused):
        await rooms.kick(room, bao.user_id)
    with pytest.raises(MatrixRefused):
        await rooms.put_state(room, "m.room.name", {"name": "à moi"})


# Spaces


async def test_the_rooms_of_a_space(rooms: Rooms, person: Arrive) -> None:
    alix = await person("alix")
    space = await rooms.create("space", name="Le Lieu", space=True, invite=[alix.user_id])
    inner = await rooms.create("inner", name="Ateliers", space=True, parent=space)
    wood = await rooms.create("wood", name="Bois", topic="copeaux", parent=inner, join="restricted", allow=space)
    secret = await rooms.create("secret", encrypted=True, parent=space)
    await rooms.add_child(space, inner, suggested=True)
    await rooms.add_child(space, inner)
    found = {child.room_id: child for child in await rooms.children(space)}
    assert set(found) == {inner, wood, secret}
    assert (found[inner].is_space, found[inner].suggested, found[wood].suggested) == (True, True, False)
    assert (found[wood].name, found[wood].topic, found[wood].join_rule) == ("Bois", "copeaux", "restricted")
    assert (found[wood].encrypted, found[secret].encrypted, found[wood].members) == (False, True, 1)
    assert await rooms.is_space(space)
    assert not await rooms.is_space(wood)
    assert await rooms.state(wood, "m.space.parent", inner) == {"via": [rooms.server], "canonical": True}
    await alix.join(space)
    await alix.join(wood, via=[rooms.server])


async def test_a_room_is_opened_to_the_members_of_the_space(rooms: Rooms, person: Arrive) -> None:
    alix = await person("alix")
    space, other = await rooms.create("space", space=True), await rooms.create("other", space=True)
    room = await rooms.create("room", join="restricted", allow=other)
    with pytest.raises(RuntimeError, match="403"):
        await alix.join(room)
    for _ in range(2):
        await rooms.restrict(room, space)
    rules = await rooms.state(room, "m.room.join_rules")
    assert rules
    assert [allowed["room_id"] for allowed in rules["allow"]] == [other, space]
    await rooms.invite(space, alix.user_id)
    await alix.join(space)
    await alix.join(room)


async def test_a_public_room_stays_public_and_one_that_can_be_asked_for_stays_so(rooms: Rooms) -> None:
    space = await rooms.create("space", space=True)
    for rule, after in (("public", "public"), ("knock", "knock_restricted"), ("invite", "restricted")):
        room = await rooms.create(rule, join=rule)
        await rooms.restrict(room, space)
        assert (await rooms.state(room, "m.room.join_rules") or {})["join_rule"] == after


async def test_an_old_room_cannot_be_opened_to_a_space(rooms: Rooms, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(
        room_version="7", invite=[rooms.me], power_level_content_override={"users": {rooms.me: 100, alix.user_id: 100}}
    )
    await rooms.join(room)
    with pytest.raises(Refused, match="room-too-old"):
        await rooms.restrict(room, "!space")


async def test_a_room_is_made_even_where_the_space_does_not_take_it(rooms: Rooms, person: Arrive) -> None:
    alix = await person("alix")
    space = await alix.create_room(creation_content={"type": "m.space"}, preset="public_chat")
    await rooms.join(space)
    assert await rooms.create("k", parent=space) in await joined(rooms)
    assert await rooms.children(space) == []


# Names and files


async def test_names(rooms: Rooms, person: Arrive) -> None:
    alix = await person("alix")
    await alix.call("PUT", path("profile", alix.user_id, "displayname"), {"displayname": "Alix \u202e<b>"})
    assert await rooms.display_name(alix.user_id) == "Alix <b>"
    assert await rooms.display_name("@nobody:localhost:1") == "nobody"
    room = await rooms.create("k", invite=[alix.user_id])
    await alix.join(room)
    assert await rooms.name(room) == "Alix <b>"
    await rooms.introduce("Conciergerie (bot)", PNG)
    await rooms.introduce("Conciergerie (bot)", PNG)
    assert await rooms.display_name(rooms.me) == "Conciergerie (bot)"


async def test_where_somebody_is_as_far_as_the_bot_may_know(rooms: Rooms, person: Arrive) -> None:
    zoe = await person("zoe")
    inside, invited, empty = [await rooms.create(key, join="public") for key in ("a", "b", "c")]
    await zoe.join(inside)
    await rooms.invite(invited, zoe.user_id)
    unseen = await zoe.create_room(preset="private_chat")
    told = await rooms.memberships(zoe.user_id, [inside, invited, empty, unseen])
    assert told == {inside: "join", invited: "invite", empty: "none"}


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 21, 42) + b"\x08\x02\0\0\0"


async def test_whose_address_it_is(rooms: Rooms, person: Arrive) -> None:
    anne = await person("anne")
    assert await rooms.exists(anne.user_id)
    assert not await rooms.exists(rooms.local("nobody.yet"))
    assert rooms.local(rooms.own_login(anne.user_id)) == anne.user_id
    assert rooms.own_login("@anne:elsewhere.org") == ""


@pytest.mark.parametrize(("rule", "open_to_strangers"), [("invite", False), ("knock", True), ("public", True)])
async def test_the_address_of_a_room(rooms: Rooms, rule: str, open_to_strangers: bool) -> None:
    room = await rooms.create(f"room/{rule}", name="Atelier", join=rule)
    assert await rooms.can_be_entered(room) is open_to_strangers
    assert (await rooms.link(room)).startswith("https://matrix.to/#/%21")
    await rooms.put_state(room, "m.room.canonical_alias", {"alias": None})
    alias = f"#atelier-{rule}:{rooms.server}"
    await rooms._client.call("PUT", path("directory", "room", alias), {"room_id": room})
    await rooms.put_state(room, "m.room.canonical_alias", {"alias": alias})
    assert alias.partition(":")[0].removeprefix("#") in await rooms.link(room)


async def test_whether_a_code_makes_an_account(rooms: Rooms, tmp_path: Path, database: Database) -> None:
    assert not await rooms.registers_with_code()
    by_code = {"enable_registration": True, "registration_requires_token": True}
    async with Synapse(tmp_path / "synapse", more=by_code) as synapse:
        await synapse.register("bot")
        client = await Client.open(synapse.base_url, "bot", tmp_path / "there", password="password-of-bot")
        assert await Rooms(client, database).registers_with_code()
        await client.close()


async def test_the_bot_enters_where_it_can(rooms: Rooms, person: Arrive) -> None:
    anne = await person("anne")
    shut = await anne.create_room(name="Bureau", preset="private_chat")
    inviting = await anne.create_room(name="Atelier", preset="private_chat", invite=[rooms.me])
    assert not await rooms.enter(shut)
    assert [await rooms.enter(inviting), await rooms.enter(inviting)] == [True, True]
    assert rooms.me in await rooms.members(inviting)


async def test_a_picture_is_encrypted_where_the_room_is(rooms: Rooms) -> None:
    clear, sealed = await rooms.create("clear"), await rooms.create("sealed", encrypted=True)
    shown = await rooms.picture(PNG, "qr.png", clear)
    assert shown["url"].startswith("mxc://")
    assert shown["info"] == {"size": len(PNG), "mimetype": "image/png", "w": 21, "h": 42}
    hidden = await rooms.picture(PNG, "qr.png", sealed)
    assert "url" not in hidden
    assert set(hidden["file"]) >= {"url", "key", "iv", "hashes", "v"}


async def test_a_whisper_is_sealed_and_heard_once(rooms: Rooms, person: Arrive) -> None:
    alix = await person("alix")
    private = await rooms.direct(alix.user_id)
    await alix.join(private)
    for txn, said in (("t1", "un secret"), ("t1", "un secret"), ("t2", "fin")):
        await rooms.whisper(private, message.text(said, {}), txn)
    await alix.next(private, "fin")
    assert [heard.body for heard in alix.messages(private)] == ["un secret", "fin"]
    kept = await alix.call("GET", path("rooms", private, "messages") + "?dir=b")
    assert "un secret" not in str(kept)


# Where the bot stays


async def test_the_bot_stays_where_somebody_with_the_right_invited_it(rooms: Rooms, person: Arrive) -> None:
    alix, bao = await person("alix"), await person("bao")
    room = await alix.create_room(invite=[rooms.me, bao.user_id], preset="private_chat")
    assert await rooms.keep_invitation(room, alix.user_id, [rooms.server], str) == "kept"
    assert await rooms.keep_invitation(room, alix.user_id, [rooms.server], str) == "kept"
    assert await rooms.membership(room, rooms.me) == "join"
    another = await alix.create_room(invite=[bao.user_id], preset="private_chat")
    await bao.join(another)
    await bao.call("POST", path("rooms", another, "invite"), {"user_id": rooms.me})
    assert await rooms.keep_invitation(another, bao.user_id, [rooms.server], str) == "no-right"
    left = await bao.call("GET", path("rooms", another, "state", "m.room.member", rooms.me))
    assert (left["membership"], left["reason"]) == ("leave", "no-right")
    absent = await bao.create_room(power_level_content_override={"users": {alix.user_id: 100}})
    await bao.call("POST", path("rooms", absent, "invite"), {"user_id": rooms.me})
    assert await rooms.keep_invitation(absent, alix.user_id, [rooms.server], str) == "no-right", "alix never came"
    third = await alix.create_room(invite=[rooms.me], preset="private_chat")
    assert await rooms.keep_invitation(third, alix.user_id, ["elsewhere.example"], str) == "wrong-server"
    assert await joined(rooms) == [room]
    assert await rooms.keep_invitation("!gone", alix.user_id, [rooms.server], str) == "gone"


async def test_a_room_of_another_server_is_entered_by_way_of_it(
    federation: Federation, person: Arrive, database: Database, tmp_path: Path
) -> None:
    there = await person("voisine", at=federation.there)
    name = f"bot-{secrets.token_hex(4)}"
    await federation.here.register(name)
    client = await Client.open(federation.here.base_url, name, tmp_path / "here", password=f"password-of-{name}")
    try:
        rooms = Rooms(client, database)
        room = await there.create_room(invite=[rooms.me], preset="private_chat", room_version="12")
        assert ":" not in room
        allowed = [federation.there.server_name]
        assert await rooms.keep_invitation(room, there.user_id, allowed, str) == "kept"
        assert (await rooms.powers(room)).of(there.user_id) == math.inf
        public = await there.create_room(preset="public_chat", room_version="12")
        await rooms.join(public, via=allowed)
        assert await rooms.membership(public, rooms.me) == "join"
        declined = await there.create_room(invite=[rooms.me], preset="private_chat")
        for _ in range(2):
            await rooms.leave(declined, "no")
        left = await there.next(declined, lambda heard: heard.content.get("membership") == "leave")
        assert (left.state_key, left.content["reason"]) == (rooms.me, "no")
        ours = await rooms.direct(there.user_id)
        assert (await there.invited()).room_id == ours
        await there.join(ours, via=[federation.here.server_name])
    finally:
        await client.close()
