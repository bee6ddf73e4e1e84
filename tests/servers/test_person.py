"""The human of the tests must read and write as a human's client does, or the tests prove nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import nio
import pytest

from tests.servers.federation import Federation
from tests.servers.person import Person

Arrive = Callable[..., Awaitable[Person]]


async def test_two_people_talk_in_an_encrypted_room(person: Arrive) -> None:
    alix, bao = await person("alix"), await person("bao")
    room = await alix.create_room(encrypted=True, preset="private_chat", invite=[bao.user_id], is_direct=True)
    invitation = await bao.invited()
    assert (invitation.room_id, invitation.sender, invitation.is_direct) == (room, alix.user_id, True)
    await bao.join(room)
    await alix.next(room, lambda heard: heard.type == "m.room.member" and heard.state_key == bao.user_id)
    said = await alix.say(room, "Bonjour")
    heard = await bao.next(room, "Bonjour")
    assert (heard.event_id, heard.sender) == (said, alix.user_id)
    await bao.edit(room, await bao.reply(room, said, "Bonsoir"), "Bonjour aussi")
    assert (await alix.next(room)).relation == {"m.in_reply_to": {"event_id": said}}
    await alix.next(room, lambda heard: heard.replaces is not None and heard.body == "Bonjour aussi")


async def test_clicks_on_the_newest_offer(person: Arrive) -> None:
    alix, bao = await person("alix"), await person("bao")
    room = await alix.create_room(preset="public_chat")
    await bao.join(room)
    for text in ("première", "seconde"):
        asked = await alix.say(room, text)
        await alix.react(room, asked, "✅")
    await bao.next(room, "seconde")
    await bao.next(room, lambda heard: heard.type == "m.reaction" and heard.relation["event_id"] == asked)
    assert await bao.click(room, "✅") == asked
    await alix.next(room, lambda heard: heard.type == "m.reaction" and heard.sender == bao.user_id)


async def test_what_a_server_answered_badly_is_sent_again_as_clients_do(
    person: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server took it, and said 500 all the same: the same message once more is the same message."""
    monkeypatch.setattr("tests.servers.person.AGAIN", (0.01,))
    alix, bao = await person("alix"), await person("bao")
    room = await bao.join(await alix.create_room(preset="public_chat"))
    sends, answers = alix._nio.room_send, [500]

    async def send(*one: Any, **more: Any) -> object:
        sent = await sends(*one, **more)
        if not answers:
            return sent
        bad = nio.RoomSendError("Internal server error", "M_UNKNOWN", room_id=room)
        bad.transport_response = SimpleNamespace(status=answers.pop())  # type: ignore[assignment]
        return bad

    monkeypatch.setattr(alix._nio, "room_send", send)
    once, last = await alix.say(room, "une fois"), await alix.say(room, "la suite")
    await bao.next(room, "la suite")
    assert [heard.event_id for heard in bao.messages(room)] == [once, last]
    answers.extend((500, 500))
    with pytest.raises(RuntimeError, match="M_UNKNOWN"):
        await alix.say(room, "jamais")
    answers.append(403)
    with pytest.raises(RuntimeError, match="M_UNKNOWN"):
        await alix.say(room, "refusé")


async def test_says_what_it_waited_for(person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room()
    with pytest.raises(TimeoutError, match="jamais dit"):
        await alix.next(room, "jamais dit", timeout=0.05)


async def test_talks_across_servers(person: Arrive, federation: Federation) -> None:
    alix, bao = await person("alix", at=federation.here), await person("bao", at=federation.there)
    room = await alix.create_room(encrypted=True, preset="private_chat", invite=[bao.user_id])
    await bao.join((await bao.invited()).room_id, via=[federation.here.server_name])
    await alix.next(room, lambda heard: heard.type == "m.room.member" and heard.content["membership"] == "join")
    await alix.next(room, lambda heard: heard.state_key == bao.user_id and heard.content["membership"] == "join")
    await alix.say(room, "Bonjour le voisin")
    await bao.next(room, "Bonjour le voisin")
