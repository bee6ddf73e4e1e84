"""Messages cross between two homeservers, wait while the network fails, and arrive once it is mended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.servers.federation import Federation
from tests.servers.person import Person

Arrive = Callable[..., Awaitable[Person]]
LONG = 0.5  # seconds: several times what a message needs to cross


async def neighbours(federation: Federation, person: Arrive) -> tuple[Person, Person, str]:
    """Two people in one room, each on a server of their own."""
    alix, bao = await person("alix", at=federation.here), await person("bao", at=federation.there)
    room = await alix.create_room(preset="private_chat", invite=[bao.user_id])
    await bao.join((await bao.invited()).room_id, via=[federation.here.server_name])
    await alix.next(room, lambda heard: heard.state_key == bao.user_id and heard.content["membership"] == "join")
    return alix, bao, room


async def test_a_cut_holds_messages_back_and_its_end_lets_them_through(federation: Federation, person: Arrive) -> None:
    alix, bao, room = await neighbours(federation, person)
    shop = await bao.create_room(preset="public_chat")
    async with federation.cut():
        with pytest.raises(RuntimeError, match="502"):  # after which its server avoids the other
            await alix.call("POST", f"/_matrix/client/v3/join/{shop}?via={federation.there.server_name}", {})
        first, second = await alix.say(room, "Tu m’entends ?"), await bao.say(room, "Il y a quelqu’un ?")
        for each, text in ((alix, "Il y a"), (bao, "Tu m’entends")):
            with pytest.raises(TimeoutError):
                await each.next(room, text, timeout=LONG)
    assert (await bao.next(room, "Tu m’entends ?")).event_id == first
    assert (await alix.next(room, "Il y a quelqu’un ?")).event_id == second


async def test_one_direction_alone_can_fail(federation: Federation, person: Arrive) -> None:
    alix, bao, room = await neighbours(federation, person)
    async with federation.cut(to=federation.there):
        await alix.say(room, "Tu m’entends ?")
        await bao.say(room, "Je parle, moi")
        await alix.next(room, "Je parle, moi")
        with pytest.raises(TimeoutError):
            await bao.next(room, "Tu m’entends ?", timeout=LONG)
    await bao.next(room, "Tu m’entends ?")
