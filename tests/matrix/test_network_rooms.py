"""A network of two lieux on two federated homeservers: founded on one, asked for, entered and left from the other."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from bot.errors import MatrixRefused, Refused, Unavailable
from bot.matrix.client_api import path
from bot.matrix.homeserver import Homeserver
from bot.matrix.network_rooms import CHILD, DECLARATION, NETWORK, named
from bot.matrix.sync_batch import INVITE
from bot.store.inbox import Event
from tests.matrix.listening import Ear, says
from tests.matrix.proxy import Proxy
from tests.servers.federation import Federation
from tests.servers.person import Person
from tests.servers.synapse import Synapse

Arrive = Callable[..., Awaitable[Person]]
PATIENCE = 60.0
DECLARED = {"name": "La Rosée", "town": "Tours", "offers": ["couture"], "version": 1, "later": {"x": [1]}}


class Bot(Homeserver):
    """A bot that hears, too."""

    def __init__(self, ear: Ear) -> None:
        super().__init__(ear.client, ear.database)
        self.ear = ear

    async def coordinates(self, space: str) -> str | None:
        """As the engine does: tried again while the server asks for patience."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return await self.network_rooms.coordination(space)
                except Unavailable as later:
                    await asyncio.sleep(later.retry_after)

    async def says(self, room_id: str, text: str) -> None:
        await self._client.send(room_id, "m.room.message", {"msgtype": "m.text", "body": text}, secrets.token_hex(8))


@dataclass
class Network:
    """`rosee` has founded it on one server; `moulin` is a bot of the other."""

    rosee: Bot
    moulin: Bot
    space: str
    room: str

    async def knocks(self, reason: str) -> Event:
        asked = await self.moulin.network_rooms.ask_in(await self.rosee.network_rooms.address(self.space), reason)
        assert asked == {"how": "asked", "space": self.space}
        return await self.rosee.ear.heard(lambda event: event.content.get("reason") == reason)

    async def enters(self) -> None:
        await self.rosee.network_rooms.admit(self.space, self.room, self.moulin.facts.me)
        await self.moulin.ear.heard(lambda event: event.room_id == self.space and event.content.get(INVITE))
        assert await self.moulin.network_rooms.ask_in(self.space, "") == {"how": "in", "space": self.space}
        assert await self.moulin.coordinates(self.space) == self.room


@pytest_asyncio.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Callable[[Synapse], Awaitable[Bot]]]:
    async with AsyncExitStack() as stack:

        async def open_(at: Synapse) -> Bot:
            name = f"bot-{secrets.token_hex(4)}"
            await at.register(name)
            proxy = await stack.enter_async_context(Proxy(at.base_url))
            return Bot(await stack.enter_async_context(Ear(proxy, name, tmp_path / name)))

        yield open_


@pytest_asyncio.fixture
async def network(federation: Federation, bot: Callable[[Synapse], Awaitable[Bot]]) -> Network:
    rosee, moulin = await bot(federation.here), await bot(federation.there)
    made = await rosee.network_rooms.open_network("network/1", "Tiers-lieux de Touraine", "Entre nous")
    return Network(rosee, moulin, made["space"], made["room"])


async def test_a_network_is_made_once_open_to_who_asks_and_readable(network: Network) -> None:
    rosee = network.rosee
    made = {"space": network.space, "room": network.room}
    assert await rosee.network_rooms.open_network("network/1", "Tiers-lieux de Touraine", "Entre nous") == made
    for room, rule in ((network.space, "knock"), (network.room, "restricted")):
        powers = await rosee.facts.powers(room)
        assert (powers.version, powers.creators) == ("12", {rosee.facts.me})
        assert (powers.needed("invite"), powers.needed(DECLARATION), powers.needed("m.room.message")) == (50, 50, 0)
        assert powers.needed("m.room.power_levels") >= 100
        assert (powers.levels or {})["events"][DECLARATION] == 50  # whatever the other state will need
        assert (await rosee.facts.state(room, "m.room.create") or {})[NETWORK] == 1
        assert (await rosee.facts.state(room, "m.room.join_rules") or {})["join_rule"] == rule
        assert (await rosee.facts.state(room, "m.room.history_visibility") or {})["history_visibility"] == "shared"
        assert not await rosee.facts.is_encrypted(room)
    assert await rosee.facts.is_space(network.space)
    assert await rosee.network_rooms.coordination(network.space) == network.room
    assert await rosee.facts.belongs(network.room, network.space)
    assert await rosee.network_rooms.moderates(network.room, rosee.facts.me)


async def test_who_asks_is_admitted_and_reads_what_was_said_before(network: Network) -> None:
    rosee, moulin = network.rosee, network.moulin
    await rosee.says(network.room, "Bienvenue à qui viendra")
    knock = await network.knocks("Le Moulin, à Loches")
    assert (knock.room_id, knock.state_key, knock.content["membership"]) == (network.space, moulin.facts.me, "knock")
    await network.knocks("Toujours là")
    for _ in range(2):
        await rosee.network_rooms.admit(network.space, network.room, moulin.facts.me)
    for room, type in ((network.space, "m.space"), (network.room, "")):
        invitation = await moulin.ear.heard(lambda event, room=room: event.room_id == room)
        assert invitation.sender == rosee.facts.me
        assert (invitation.content[INVITE]["network"], invitation.content[INVITE]["type"]) == (True, type)
    for _ in range(2):
        assert await moulin.network_rooms.ask_in(await rosee.network_rooms.address(network.space), "") == {
            "how": "in",
            "space": network.space,
        }
        assert await moulin.coordinates(network.space) == network.room
    before = await moulin._client.call("GET", path("rooms", network.room, "messages"), dir="b")
    assert "Bienvenue à qui viendra" in [event["content"].get("body") for event in before["chunk"]]
    await rosee.says(network.room, "Te voilà")
    await moulin.ear.heard(says("Te voilà"))
    assert not await moulin.network_rooms.moderates(network.room, moulin.facts.me)


async def test_who_has_only_heard_of_an_invitation_asks_nobody(network: Network) -> None:
    rosee, moulin = network.rosee, network.moulin
    address = await rosee.network_rooms.address(network.space)
    assert not await moulin.network_rooms.accept(address)
    assert await rosee.facts.membership(network.space, moulin.facts.me) == "none"
    await rosee.network_rooms.admit(network.space, network.room, moulin.facts.me)
    await moulin.ear.heard(lambda event: event.room_id == network.space and event.content.get(INVITE))
    for _ in range(2):
        assert await moulin.network_rooms.accept(address)


async def test_only_a_moderator_declares_a_lieu_and_everybody_sees_it(network: Network) -> None:
    rosee, moulin = network.rosee, network.moulin
    await network.knocks("Bonjour")
    await network.enters()
    for _ in range(2):
        await rosee.network_rooms.declare(network.room, "moulin", DECLARED)
    heard = await moulin.ear.heard(lambda event: event.type == DECLARATION)
    assert (heard.sender, heard.state_key, heard.content) == (rosee.facts.me, "moulin", DECLARED)
    assert await moulin.network_rooms.declared(network.room) == {
        "moulin": {"content": DECLARED, "sender": rosee.facts.me}
    }
    for forged in (
        moulin.network_rooms.declare(network.room, "rosee", DECLARED),
        moulin.network_rooms.undeclare(network.room, "moulin"),
    ):
        with pytest.raises(MatrixRefused):
            await forged
    with pytest.raises(MatrixRefused):
        await moulin.network_rooms.admit(network.space, network.room, f"@friend:{moulin.facts.server}")
    await rosee.moderation.set_level(network.room, moulin.facts.me, 50)
    await moulin.ear.heard(
        lambda event: event.type == "m.room.power_levels" and moulin.facts.me in event.content["users"]
    )
    assert await moulin.network_rooms.moderates(network.room, moulin.facts.me)
    for _ in range(2):
        await moulin.network_rooms.undeclare(network.room, "moulin")
    await rosee.ear.heard(lambda event: event.type == DECLARATION and event.sender == moulin.facts.me)
    assert await rosee.network_rooms.declared(network.room) == {}


async def test_the_coordination_room_opens_to_who_is_in_the_space(network: Network) -> None:
    rosee, moulin = network.rosee, network.moulin
    await network.knocks("Bonjour")
    with pytest.raises(MatrixRefused):
        await moulin.network_rooms.coordination(network.space)
    await rosee.membership.invite(network.space, moulin.facts.me)
    await moulin.ear.heard(lambda event: event.room_id == network.space)
    assert (await moulin.network_rooms.ask_in(network.space, ""))["how"] == "in"
    assert await moulin.coordinates(network.space) == network.room
    assert await moulin.facts.membership(network.room, moulin.facts.me) == "join"


async def test_the_coordination_room_is_found_among_others(network: Network) -> None:
    rosee, moulin = network.rosee, network.moulin
    link = await rosee.facts.state(network.space, CHILD, network.room)
    await rosee.rooms.put_state(network.space, CHILD, {}, network.room)
    for key, how in (("inside", {"network": True, "space": True}), ("chat", {})):
        await rosee.rooms.create(key, join="restricted", allow=network.space, parent=network.space, **how)
    shut = await rosee.rooms.create("shut", parent=network.space)
    await rosee.rooms.put_state(network.space, CHILD, link, network.room)
    await rosee.membership.invite(network.space, moulin.facts.me)
    await moulin.ear.heard(lambda event: event.room_id == network.space)
    await moulin.network_rooms.ask_in(network.space, "")
    assert await moulin.coordinates(network.space) == network.room
    assert sorted(await moulin.facts.joined()) == sorted([network.space, network.room])
    await rosee.rooms.put_state(network.space, CHILD, {}, network.room)
    await moulin.ear.heard(lambda event: (event.type, event.state_key, event.content) == (CHILD, network.room, {}))
    with pytest.raises(Unavailable):  # one of the others may be it, and open later
        await moulin.network_rooms.coordination(network.space)
    await rosee.rooms.put_state(network.space, CHILD, {}, shut)
    await moulin.ear.heard(lambda event: (event.type, event.state_key, event.content) == (CHILD, shut, {}))
    assert await moulin.network_rooms.coordination(network.space) is None


async def test_a_space_that_lists_the_room_of_another_network_does_not_get_it(network: Network) -> None:
    """Any space may list any room; this one does not say that it belongs there, and is not left for that."""
    await network.enters()
    moulin = network.moulin
    other = await moulin.rooms.create("other", space=True, network=True, join="knock")
    await moulin.rooms.put_state(other, CHILD, {"via": [moulin.facts.server]}, network.room)
    assert await moulin.network_rooms.coordination(other) is None
    assert await moulin.facts.membership(network.room, moulin.facts.me) == "join"


async def test_who_made_a_room_and_what_for_is_read_from_its_first_event(network: Network) -> None:
    """Also on the other server; what a partner calls it counts for nothing."""
    made = await network.rosee.rooms.create("project/rosee.1", name="Une échelle")
    await network.rosee.membership.invite(made, network.moulin.facts.me)
    await network.moulin.ear.heard(lambda event: event.room_id == made and event.content.get(INVITE))
    assert await network.moulin.membership.enter(made, [network.rosee.facts.server])
    assert await network.moulin.facts.origin(made) == {"by": network.rosee.facts.me, "key": "project/rosee.1"}


async def test_who_is_turned_away_or_gave_up_may_ask_again_and_who_leaves_is_gone(network: Network) -> None:
    """No server tells another that a knock was refused or taken back: https://github.com/element-hq/synapse/issues/18030"""
    rosee, moulin = network.rosee, network.moulin
    await network.knocks("Bonjour")
    await rosee.room_settings.turn_away(network.space, moulin.facts.me, "Pas cette fois")
    assert await rosee.facts.membership(network.space, moulin.facts.me) == "leave"
    await network.knocks("Et maintenant ?")
    for _ in range(2):
        await moulin.network_rooms.leave_network(network.space, network.room)
    await network.knocks("Tout compte fait")
    await network.enters()
    for _ in range(2):
        await moulin.network_rooms.leave_network(network.space, network.room)
    gone = (moulin.facts.me, "leave")
    for room in (network.space, network.room):
        await rosee.ear.heard(
            lambda event, room=room: (
                event.room_id == room and (event.state_key, event.content.get("membership")) == gone
            )
        )
        assert await rosee.facts.membership(room, moulin.facts.me) == "leave"


async def test_while_the_network_is_cut_nothing_is_refused_for_good(federation: Federation, network: Network) -> None:
    address = await network.rosee.network_rooms.address(network.space)
    async with federation.cut():
        with pytest.raises(Unavailable):
            await network.moulin.network_rooms.ask_in(address, "Bonjour")
    await network.knocks("Bonjour")
    await network.enters()
    assert await network.moulin.network_rooms.declared(network.room) == {}
    async with federation.cut():
        await network.rosee.network_rooms.declare(network.room, "moulin", DECLARED)
        assert await network.moulin.network_rooms.declared(network.room) == {}
    await network.moulin.ear.heard(lambda event: event.type == DECLARATION)


# Addresses


async def test_what_is_no_network_is_neither_joined_nor_asked(
    federation: Federation, network: Network, person: Arrive
) -> None:
    moulin, alix = network.moulin, await person("alix", at=federation.here)
    name = f"porte-{secrets.token_hex(4)}"
    space = {"creation_content": {"type": "m.space"}, "preset": "public_chat", "room_version": "12"}
    other = await alix.create_room(room_alias_name=name, **space)
    knocked_at = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}
    await alix.create_room(room_version="12", initial_state=[knocked_at], room_alias_name=f"salon-{name}")
    here = federation.here.server_name
    for address in (f"#{name}:{here}", f"https://matrix.to/#/{other}?via={here}", f"#salon-{name}:{here}"):
        with pytest.raises(Refused) as refused:
            await moulin.network_rooms.ask_in(address, "Bonjour")
        assert refused.value.code == "not-a-network"
    assert await moulin.facts.joined() == []
    with pytest.raises(Refused) as refused:
        await network.rosee.network_rooms.ask_in(await network.rosee.rooms.direct(alix.user_id), "")
    assert refused.value.code == "not-a-network"


async def test_an_address_that_leads_nowhere_is_said_to(federation: Federation, network: Network) -> None:
    here, unknown = federation.here.server_name, "!" + "a" * 43
    for address in (f"#rien:{here}", "!rien", unknown, "n’importe quoi", "#a b", ""):
        with pytest.raises(Refused) as refused:
            await network.moulin.network_rooms.ask_in(address, "Bonjour")
        assert refused.value.code == "no-such-network", address
    with pytest.raises(Unavailable):  # the server says the same where it reaches nobody
        await network.moulin.network_rooms.ask_in(f"{unknown}?via={here}", "Bonjour")


ID, VIA = "!aZ-_9", ["lieu.fr", "localhost:18048"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://matrix.to/#/%21aZ-_9?via=lieu.fr&via=localhost%3A18048", (ID, VIA)),
        ("voici : <https://matrix.to/#/!aZ-_9?via=lieu.fr&via=localhost:18048>.", (ID, VIA)),
        ("https://app.element.io/#/room/!aZ-_9?via=lieu.fr", (ID, VIA[:1])),
        ("https://matrix.to/#/!aZ-_9/$event?via=lieu.fr", (ID, VIA[:1])),
        ("matrix:roomid/aZ-_9?via=lieu.fr&action=join", (ID, VIA[:1])),
        ("matrix:r/reseau:lieu.fr", ("#reseau:lieu.fr", [])),
        ("https://matrix.to/#/%23r%C3%A9seau%3Alieu.fr", ("#réseau:lieu.fr", [])),
        ("  #reseau:lieu.fr ", ("#reseau:lieu.fr", [])),
        ("!aZ-_9?via=lieu.fr", (ID, VIA[:1])),
    ],
)
def test_an_address_is_understood_however_it_is_written(address: str, expected: tuple[str, list[str]]) -> None:
    assert named(address) == expected


@pytest.mark.parametrize("address", ["https://matrix.to/#/@ana:lieu.fr", "https://lieu.fr/#/", "matrix:u/ana:x", "a#b"])
def test_an_address_of_something_else_is_none(address: str) -> None:
    with pytest.raises(Refused):
        named(address)
