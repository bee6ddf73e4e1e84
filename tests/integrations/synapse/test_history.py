"""What somebody wrote is taken away, in the rooms that were named and no others."""

from __future__ import annotations

import asyncio

import pytest

from integrations.errors import NotFound
from integrations.synapse import Synapse as Admin
from tests.servers.synapse import Account, Synapse


async def speak(synapse: Synapse, who: Account, text: str) -> tuple[str, str]:
    """A new room, and the message in it."""
    token = who.access_token
    room = (await synapse.call("POST", "/_matrix/client/v3/createRoom", {}, token=token))["room_id"]
    body = {"msgtype": "m.text", "body": text}
    sent = await synapse.call("PUT", f"/_matrix/client/v3/rooms/{room}/send/m.room.message/1", body, token=token)
    return room, sent["event_id"]


async def body(synapse: Synapse, who: Account, room: str, event: str) -> str | None:
    told = await synapse.call("GET", f"/_matrix/client/v3/rooms/{room}/event/{event}", token=who.access_token)
    return told["content"].get("body")


async def test_messages_go_where_they_were_to_go(admin: Admin, synapse: Synapse, zoe: Account) -> None:
    here, there = await speak(synapse, zoe, "ici"), await speak(synapse, zoe, "là")
    begun = await admin.redact(zoe.user_id, [here[0]], "demandé par la personne")
    async with asyncio.timeout(60):
        while (await admin.redaction(begun))["state"] != "complete":
            await asyncio.sleep(0.1)
    assert await admin.redaction(begun) == {"state": "complete", "failed": 0}
    assert await body(synapse, zoe, *here) is None
    assert await body(synapse, zoe, *there) == "là"


async def test_every_room_is_never_meant(admin: Admin, zoe: Account) -> None:
    with pytest.raises(ValueError, match="every room"):
        await admin.redact(zoe.user_id, [])


async def test_a_forgotten_redaction_is_not_found(admin: Admin) -> None:
    with pytest.raises(NotFound):
        await admin.redaction("nothing")
