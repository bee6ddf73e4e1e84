"""Rooms made, opened and entered on real homeservers; whatever is asked twice happens once."""

from __future__ import annotations

import asyncio
import math
import secrets
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.errors import MatrixRefused, Refused, Unavailable
from bot.matrix import message
from bot.matrix.client import Client
from bot.matrix.client_api import path
from bot.matrix.homeserver import Homeserver
from bot.store import rooms as store
from bot.store.database import Database
from tests.matrix.proxy import Proxy
from tests.servers.federation import Federation
from tests.servers.person import Person
from tests.servers.synapse import Synapse

Arrive = Callable[..., Awaitable[Person]]


async def joined(matrix: Homeserver) -> list[str]:
    return sorted((await matrix._client.call("GET", path("joined_rooms")))["joined_rooms"])


# Make


async def test_a_room_is_made_once(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    how = {"name": "Conciergerie", "topic": "Entre nous", "invite": [alix.user_id], "admins": [alix.user_id]}
    room = await matrix.rooms.create("office/1", **how)
    assert await matrix.rooms.create("office/1", **how) == room
    assert await joined(matrix) == [room]
    powers = await matrix.facts.powers(room)
    assert (powers.version, powers.of(matrix.facts.me), powers.of(alix.user_id)) == ("12", math.inf, math.inf)
    assert await matrix.facts.name(room) == "Conciergerie"
    assert await matrix.facts.membership(room, alix.user_id) == "invite"
    assert not await matrix.facts.is_encrypted(room)


async def test_two_calls_at_once_make_one_room(matrix: Homeserver) -> None:
    first, second = await asyncio.gather(matrix.rooms.create("k"), matrix.rooms.create("k"))
    assert first == second
    assert await joined(matrix) == [first]


async def test_a_room_whose_making_nobody_confirmed_is_found_again(
    matrix: Homeserver, proxy: Proxy, person: Arrive
) -> None:
    alix = await person("alix")
    await matrix.rooms.create("another")

    def lost(where: str, answer: object) -> object:
        return ["lost on the way"] if where.endswith("/createRoom") else answer

    proxy.change = lost
    with pytest.raises(Unavailable):
        await matrix.rooms.create("k", encrypted=True, invite=[alix.user_id])
    proxy.change = None
    room = await matrix.rooms.create("k", encrypted=True, invite=[alix.user_id])
    assert len(await joined(matrix)) == 2
    assert await matrix.facts.is_encrypted(room)
    assert await matrix.facts.membership(room, alix.user_id) == "invite"


async def test_a_refused_room_can_be_asked_for_again(matrix: Homeserver) -> None:
    with pytest.raises(MatrixRefused):
        await matrix.rooms.create("k", admins=["not a person"])
    assert await matrix.rooms.create("k") in await joined(matrix)


async def test_a_room_that_the_bot_lost_is_made_anew(matrix: Homeserver) -> None:
    first = await matrix.rooms.create("k")
    await matrix.membership.leave(first)
    await matrix.membership.leave(first)
    second = await matrix.rooms.create("k")
    assert second != first
    assert await matrix.rooms.create("k") == second


# Private conversations


async def test_a_private_conversation_is_always_the_same_room(
    matrix: Homeserver, person: Arrive, database: Database
) -> None:
    alix, bao = await person("alix"), await person("bao")
    first, second = await asyncio.gather(matrix.rooms.direct(alix.user_id), matrix.rooms.direct(alix.user_id))
    other = await matrix.rooms.direct(bao.user_id)
    assert first == second != other
    invitation = await alix.invited()
    assert (invitation.room_id, invitation.sender, invitation.is_direct) == (first, matrix.facts.me, True)
    assert await matrix.facts.is_encrypted(first)
    assert await matrix.rooms.direct(alix.user_id) == first
    noted = await matrix._client.call("GET", path("user", matrix.facts.me, "account_data", "m.direct"))
    assert noted == {alix.user_id: [first], bao.user_id: [other]}
    assert await database.read(store.person_of_direct, first) == alix.user_id


async def test_whoever_left_the_conversation_is_invited_again(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    room = await matrix.rooms.direct(alix.user_id)
    await alix.join(room)
    await alix.leave(room)
    assert await matrix.rooms.direct(alix.user_id) == room
    assert (await alix.invited()).is_direct


async def test_an_invitation_to_a_conversation_has_a_name_until_it_is_accepted(
    matrix: Homeserver, person: Arrive
) -> None:
    alix = await person("alix")
    room = await matrix.rooms.direct(alix.user_id, "La Rosée · Anne t’invite")
    assert (await alix.invited()).name == "La Rosée · Anne t’invite"
    await alix.join(room)
    await matrix.rooms.entered(room)
    await matrix.rooms.entered(room)
    assert not await matrix.facts.state(room, "m.room.name")
    assert await matrix.facts.name(room) == alix.user_id[1:].partition(":")[0]
    await alix.leave(room)
    await matrix.rooms.direct(alix.user_id, "La Rosée · Tu peux revenir")
    assert (await alix.invited()).name == "La Rosée · Tu peux revenir"
    event = await matrix.facts.state(room, "m.room.member", alix.user_id)
    assert event
    assert (event["is_direct"], event["reason"]) == (True, "La Rosée · Tu peux revenir")


async def test_who_was_never_on_matrix_is_invited_by_their_name(
    matrix: Homeserver, person: Arrive, synapse: Synapse
) -> None:
    """Else the second line of their first conversation is « Conciergerie (bot) a invité @zoe.martin:… »."""
    login = f"zoe-{secrets.token_hex(4)}"
    room = await matrix.rooms.direct(synapse.user_id(login), "La Rosée · Anne t’invite", "Zoé Martin")
    zoe = await person(account=await synapse.register(login))
    await zoe.join(room)
    told = [one.content for one in zoe.timeline(room) if one.state_key == zoe.user_id]
    assert [(one["membership"], one["displayname"]) for one in told] == [("invite", "Zoé Martin"), ("join", login)]


async def test_that_a_conversation_loses_its_name_is_no_line_of_it(matrix: Homeserver, person: Arrive) -> None:
    """Element writes « … a supprimé le nom du salon » for a name that is empty, above the first word that is said."""
    alix = await person("alix")
    room = await matrix.rooms.direct(alix.user_id, "La Rosée · Anne t’invite")
    await alix.join(room)
    await matrix.rooms.entered(room)
    taken_back = await alix.next(room, lambda heard: heard.type == "m.room.redaction")
    named = [heard for heard in alix.timeline(room) if heard.type == "m.room.name"]
    assert [heard.event_id for heard in named] == [taken_back.content["redacts"]]
    events = [heard.event_id for heard in alix.timeline(room)]
    invited = next(one for one in alix.timeline(room) if one.state_key == alix.user_id)
    assert events.index(named[0].event_id) < events.index(invited.event_id)  # among what made the room, folded away


async def test_the_name_of_somebody_elses_room_is_theirs(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    theirs = await alix.create_room(
        name="Alix", invite=[matrix.facts.me], preset="trusted_private_chat", is_direct=True
    )
    await matrix.membership.join(theirs)
    await matrix.rooms._database.write(store.set_direct, alix.user_id, theirs)
    await matrix.rooms.direct(alix.user_id, "La Rosée")
    await matrix.rooms.entered(theirs)
    assert await matrix.facts.name(theirs) == "Alix"


@pytest.mark.parametrize(
    ("join", "shown", "opens"), [("restricted", True, True), ("restricted", False, False), ("invite", True, False)]
)
async def test_which_rooms_the_space_opens(matrix: Homeserver, join: str, shown: bool, opens: bool) -> None:
    space = await matrix.rooms.create("space", space=True)
    room = await matrix.rooms.create("room", join=join, allow=space, parent=space if shown else None)
    assert await matrix.facts.opens_to(room, space) is opens
    other = await matrix.rooms.create("other", space=True)
    assert not await matrix.facts.opens_to(room, other)


async def test_put_out_of_the_conversation_the_bot_makes_another(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    theirs = await alix.create_room(invite=[matrix.facts.me], preset="private_chat", is_direct=True)
    await matrix.membership.join(theirs)
    await matrix.rooms._database.write(store.set_direct, alix.user_id, theirs)
    assert await matrix.rooms.direct(alix.user_id) == theirs
    await alix.call("POST", path("rooms", theirs, "kick"), {"user_id": matrix.facts.me})
    ours = await matrix.rooms.direct(alix.user_id)
    assert ours != theirs
    assert await matrix.rooms.direct(alix.user_id) == ours


async def test_somebody_who_has_no_account_yet_can_be_invited(matrix: Homeserver, synapse: Synapse) -> None:
    name = f"later-{secrets.token_hex(4)}"
    room = await matrix.rooms.direct(matrix.facts.local(name))
    await synapse.register(name)
    async with Person(synapse, await synapse.login(name)) as later:
        assert (await later.invited()).room_id == room


# Invite, and put out


async def test_invitations(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    room = await matrix.rooms.create("k")
    assert await matrix.facts.membership(room, alix.user_id) == "none"
    assert await matrix.membership.invite(room, alix.user_id) == "invited"
    assert await matrix.membership.invite(room, alix.user_id) == "already"
    await alix.join(room)
    assert await matrix.membership.invite(room, alix.user_id) == "already"
    assert set(await matrix.facts.members(room)) == {matrix.facts.me, alix.user_id}
    for _ in range(2):
        await matrix.membership.kick(room, alix.user_id, "doucement")
    assert await matrix.facts.membership(room, alix.user_id) == "leave"
    for _ in range(2):
        await matrix.membership.ban(room, alix.user_id)
    with pytest.raises(Refused, match="banned"):
        await matrix.membership.invite(room, alix.user_id)
    for _ in range(2):
        await matrix.membership.unban(room, alix.user_id)
    assert await matrix.membership.invite(room, alix.user_id) == "invited"


async def test_what_the_bot_may_not_do_is_refused(matrix: Homeserver, person: Arrive) -> None:
    alix, bao = await person("alix"), await person("bao")
    room = await alix.create_room(invite=[matrix.facts.me, bao.user_id], preset="private_chat")
    await matrix.membership.join(room)
    with pytest.raises(MatrixRefused):
        await matrix.membership.kick(room, bao.user_id)
    with pytest.raises(MatrixRefused):
        await matrix.rooms.put_state(room, "m.room.name", {"name": "à moi"})


# Spaces


async def test_the_rooms_of_a_space(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    space = await matrix.rooms.create("space", name="Le Lieu", space=True, invite=[alix.user_id])
    inner = await matrix.rooms.create("inner", name="Ateliers", space=True, parent=space)
    wood = await matrix.rooms.create("wood", name="Bois", topic="copeaux", parent=inner, join="restricted", allow=space)
    secret = await matrix.rooms.create("secret", encrypted=True, parent=space)
    await matrix.rooms.add_child(space, inner, suggested=True)
    await matrix.rooms.add_child(space, inner)
    found = {child.room_id: child for child in await matrix.facts.children(space)}
    assert set(found) == {inner, wood, secret}
    assert (found[inner].is_space, found[inner].suggested, found[wood].suggested) == (True, True, False)
    assert (found[wood].name, found[wood].topic, found[wood].join_rule) == ("Bois", "copeaux", "restricted")
    assert (found[wood].encrypted, found[secret].encrypted, found[wood].members) == (False, True, 1)
    assert await matrix.facts.is_space(space)
    assert not await matrix.facts.is_space(wood)
    assert await matrix.facts.state(wood, "m.space.parent", inner) == {"via": [matrix.facts.server], "canonical": True}
    await alix.join(space)
    await alix.join(wood, via=[matrix.facts.server])


async def test_a_room_is_opened_to_the_members_of_the_space(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    space, other = await matrix.rooms.create("space", space=True), await matrix.rooms.create("other", space=True)
    room = await matrix.rooms.create("room", join="restricted", allow=other)
    with pytest.raises(RuntimeError, match="403"):
        await alix.join(room)
    for _ in range(2):
        await matrix.room_settings.restrict(room, space)
    rules = await matrix.facts.state(room, "m.room.join_rules")
    assert rules
    assert [allowed["room_id"] for allowed in rules["allow"]] == [other, space]
    await matrix.membership.invite(space, alix.user_id)
    await alix.join(space)
    await alix.join(room)


async def test_a_public_room_stays_public_and_one_that_can_be_asked_for_stays_so(matrix: Homeserver) -> None:
    space = await matrix.rooms.create("space", space=True)
    for rule, after in (("public", "public"), ("knock", "knock_restricted"), ("invite", "restricted")):
        room = await matrix.rooms.create(rule, join=rule)
        await matrix.room_settings.restrict(room, space)
        assert (await matrix.facts.state(room, "m.room.join_rules") or {})["join_rule"] == after


async def test_an_old_room_cannot_be_opened_to_a_space(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(
        room_version="7",
        invite=[matrix.facts.me],
        power_level_content_override={"users": {matrix.facts.me: 100, alix.user_id: 100}},
    )
    await matrix.membership.join(room)
    with pytest.raises(Refused, match="room-too-old"):
        await matrix.room_settings.restrict(room, "!space")


async def test_a_room_is_made_even_where_the_space_does_not_take_it(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    space = await alix.create_room(creation_content={"type": "m.space"}, preset="public_chat")
    await matrix.membership.join(space)
    assert await matrix.rooms.create("k", parent=space) in await joined(matrix)
    assert await matrix.facts.children(space) == []


# Names and files


async def test_names(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    await alix.call("PUT", path("profile", alix.user_id, "displayname"), {"displayname": "Alix \u202e<b>"})
    assert await matrix.facts.display_name(alix.user_id) == "Alix <b>"
    assert await matrix.facts.display_name("@nobody:localhost:1") == "nobody"
    room = await matrix.rooms.create("k", invite=[alix.user_id])
    await alix.join(room)
    assert await matrix.facts.name(room) == "Alix <b>"
    await matrix.introduce("Conciergerie (bot)", PNG)
    await matrix.introduce("Conciergerie (bot)", PNG)
    assert await matrix.facts.display_name(matrix.facts.me) == "Conciergerie (bot)"


async def test_where_somebody_is_as_far_as_the_bot_may_know(matrix: Homeserver, person: Arrive) -> None:
    zoe = await person("zoe")
    inside, invited, empty = [await matrix.rooms.create(key, join="public") for key in ("a", "b", "c")]
    await zoe.join(inside)
    await matrix.membership.invite(invited, zoe.user_id)
    unseen = await zoe.create_room(preset="private_chat")
    told = await matrix.facts.memberships(zoe.user_id, [inside, invited, empty, unseen])
    assert told == {inside: "join", invited: "invite", empty: "none"}


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 21, 42) + b"\x08\x02\0\0\0"


async def test_whose_address_it_is(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    assert await matrix.facts.exists(anne.user_id)
    assert not await matrix.facts.exists(matrix.facts.local("nobody.yet"))
    assert matrix.facts.local(matrix.facts.own_login(anne.user_id)) == anne.user_id
    assert matrix.facts.own_login("@anne:elsewhere.org") == ""


@pytest.mark.parametrize(("rule", "open_to_strangers"), [("invite", False), ("knock", True), ("public", True)])
async def test_the_address_of_a_room(matrix: Homeserver, rule: str, open_to_strangers: bool) -> None:
    room = await matrix.rooms.create(f"room/{rule}", name="Atelier", join=rule)
    assert await matrix.facts.can_be_entered(room) is open_to_strangers
    assert (await matrix.facts.link(room)).startswith("https://matrix.to/#/%21")
    await matrix.rooms.put_state(room, "m.room.canonical_alias", {"alias": None})
    alias = f"#atelier-{rule}:{matrix.facts.server}"
    await matrix._client.call("PUT", path("directory", "room", alias), {"room_id": room})
    await matrix.rooms.put_state(room, "m.room.canonical_alias", {"alias": alias})
    assert alias.partition(":")[0].removeprefix("#") in await matrix.facts.link(room)


async def test_how_people_sign_in(matrix: Homeserver) -> None:
    """With an SSO, in `tests/whole/test_pages.py`."""
    assert await matrix.facts.sign_in() == {"sso": False, "password": True, "providers": []}


async def test_whether_a_code_makes_an_account(matrix: Homeserver, tmp_path: Path, database: Database) -> None:
    assert not await matrix.facts.registers_with_code()
    by_code = {"enable_registration": True, "registration_requires_token": True}
    async with Synapse(tmp_path / "synapse", more=by_code) as synapse:
        await synapse.register("bot")
        client = await Client.open(synapse.base_url, "bot", tmp_path / "there", password="password-of-bot")
        assert await Homeserver(client, database).facts.registers_with_code()
        await client.close()


async def test_the_bot_enters_where_it_can(matrix: Homeserver, person: Arrive) -> None:
    anne = await person("anne")
    shut = await anne.create_room(name="Bureau", preset="private_chat")
    inviting = await anne.create_room(name="Atelier", preset="private_chat", invite=[matrix.facts.me])
    assert not await matrix.membership.enter(shut)
    assert [await matrix.membership.enter(inviting), await matrix.membership.enter(inviting)] == [True, True]
    assert matrix.facts.me in await matrix.facts.members(inviting)


async def test_a_picture_is_encrypted_where_the_room_is(matrix: Homeserver) -> None:
    clear, sealed = await matrix.rooms.create("clear"), await matrix.rooms.create("sealed", encrypted=True)
    shown = await matrix.media.picture(PNG, "qr.png", clear)
    assert shown["url"].startswith("mxc://")
    assert shown["info"] == {"size": len(PNG), "mimetype": "image/png", "w": 21, "h": 42}
    hidden = await matrix.media.picture(PNG, "qr.png", sealed)
    assert "url" not in hidden
    assert set(hidden["file"]) >= {"url", "key", "iv", "hashes", "v"}


async def test_a_whisper_is_sealed_and_heard_once(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    private = await matrix.rooms.direct(alix.user_id)
    await alix.join(private)
    for txn, said in (("t1", "un secret"), ("t1", "un secret"), ("t2", "fin")):
        await matrix.whisper(private, message.text(said, {}), txn)
    await alix.next(private, "fin")
    assert [heard.body for heard in alix.messages(private)] == ["un secret", "fin"]
    kept = await alix.call("GET", path("rooms", private, "messages") + "?dir=b")
    assert "un secret" not in str(kept)


# Where the bot stays


async def test_the_bot_stays_where_somebody_with_the_right_invited_it(matrix: Homeserver, person: Arrive) -> None:
    alix, bao = await person("alix"), await person("bao")
    room = await alix.create_room(invite=[matrix.facts.me, bao.user_id], preset="private_chat")
    assert await matrix.membership.keep_invitation(room, alix.user_id, [matrix.facts.server], str) == "kept"
    assert await matrix.membership.keep_invitation(room, alix.user_id, [matrix.facts.server], str) == "kept"
    assert await matrix.facts.membership(room, matrix.facts.me) == "join"
    another = await alix.create_room(invite=[bao.user_id], preset="private_chat")
    await bao.join(another)
    await bao.call("POST", path("rooms", another, "invite"), {"user_id": matrix.facts.me})
    assert await matrix.membership.keep_invitation(another, bao.user_id, [matrix.facts.server], str) == "no-right"
    left = await bao.call("GET", path("rooms", another, "state", "m.room.member", matrix.facts.me))
    assert (left["membership"], left["reason"]) == ("leave", "no-right")
    absent = await bao.create_room(power_level_content_override={"users": {alix.user_id: 100}})
    await bao.call("POST", path("rooms", absent, "invite"), {"user_id": matrix.facts.me})
    assert await matrix.membership.keep_invitation(absent, alix.user_id, [matrix.facts.server], str) == "no-right", (
        "alix never came"
    )
    third = await alix.create_room(invite=[matrix.facts.me], preset="private_chat")
    assert await matrix.membership.keep_invitation(third, alix.user_id, ["elsewhere.example"], str) == "wrong-server"
    assert await joined(matrix) == [room]
    assert await matrix.membership.keep_invitation("!gone", alix.user_id, [matrix.facts.server], str) == "gone"


async def test_an_invitation_that_is_here_before_its_own_server_knows_of_it_is_followed(
    federation: Federation, person: Arrive, database: Database, tmp_path: Path
) -> None:
    there, name = await person("voisine", at=federation.there), f"bot-{secrets.token_hex(4)}"
    await federation.here.register(name)
    refused = [(403, {"errcode": "M_FORBIDDEN", "error": "You are not invited to this room."})]
    async with Proxy(federation.here.base_url) as proxy:
        client = await Client.open(proxy.url, name, tmp_path / "here", password=f"password-of-{name}")
        proxy.rule = lambda method, path: refused.pop() if refused and "/join/" in path else None
        try:
            matrix = Homeserver(client, database)
            room = await there.create_room(invite=[matrix.facts.me], preset="private_chat")
            allowed = [federation.there.server_name]
            assert await matrix.membership.keep_invitation(room, there.user_id, allowed, str) == "kept"
        finally:
            await client.close()


async def test_a_room_of_another_server_is_entered_by_way_of_it(
    federation: Federation, person: Arrive, database: Database, tmp_path: Path
) -> None:
    there = await person("voisine", at=federation.there)
    name = f"bot-{secrets.token_hex(4)}"
    await federation.here.register(name)
    client = await Client.open(federation.here.base_url, name, tmp_path / "here", password=f"password-of-{name}")
    try:
        matrix = Homeserver(client, database)
        room = await there.create_room(invite=[matrix.facts.me], preset="private_chat", room_version="12")
        assert ":" not in room
        allowed = [federation.there.server_name]
        assert await matrix.membership.keep_invitation(room, there.user_id, allowed, str) == "kept"
        assert (await matrix.facts.powers(room)).of(there.user_id) == math.inf
        public = await there.create_room(preset="public_chat", room_version="12")
        await matrix.membership.join(public, via=allowed)
        assert await matrix.facts.membership(public, matrix.facts.me) == "join"
        declined = await there.create_room(invite=[matrix.facts.me], preset="private_chat")
        for _ in range(2):
            await matrix.membership.leave(declined, "no")
        left = await there.next(declined, lambda heard: heard.content.get("membership") == "leave")
        assert (left.state_key, left.content["reason"]) == (matrix.facts.me, "no")
        ours = await matrix.rooms.direct(there.user_id)
        assert (await there.invited()).room_id == ours
        await there.join(ours, via=[federation.here.server_name])
    finally:
        await client.close()


# Read


async def test_what_somebody_read_is_known_from_their_receipt_or_their_answer(
    matrix: Homeserver, person: Arrive
) -> None:
    """No client tells it but through /sync, whose answers a server may give again for two minutes."""
    alix, bora = await person("alix"), await person("bora")
    rooms = {}
    for each in (alix, bora):
        room = await matrix.rooms.create(f"read/{each.user_id}", invite=[each.user_id])
        await each.join(room)
        await each.say(room, "bonjour")
        rooms[each.user_id] = (room, await matrix._client.send(room, "m.room.message", message.text("Un mot"), "word"))

    async def has_read(who: Person, turn: int) -> bool:
        return await matrix.facts.has_read(*rooms[who.user_id], who.user_id, turn)

    assert [await has_read(alix, 0), await has_read(bora, 0)] == [False, False]
    room, event_id = rooms[alix.user_id]
    await alix.call("POST", path("rooms", room, "receipt", "m.read", event_id), {})
    await bora.say(rooms[bora.user_id][0], "d’accord")
    assert [await has_read(alix, 1), await has_read(bora, 1)] == [True, True]
    for each in (alix, bora):  # minutes later, another word: what was answered of the first one says nothing of it
        room = rooms[each.user_id][0]
        again = await matrix._client.send(room, "m.room.message", message.text("Un autre"), "again")
        assert not await matrix.facts.has_read(room, again, each.user_id, 0)
        assert not await matrix.facts.has_read(room, again, each.user_id, 1)
