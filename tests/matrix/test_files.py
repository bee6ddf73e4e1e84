"""Files on a real homeserver: what the bot hands out is what somebody else's client opens, in encrypted rooms too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.matrix.homeserver import Homeserver
from bot.store.database import Database
from tests.matrix.conftest import Open
from tests.servers.person import Person

Arrive = Callable[..., Awaitable[Person]]
PDF = b"%PDF-1.7 \xe2\x80\x99 une affiche"


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "clear"])
async def test_a_document_arrives_whole(client: Open, person: Arrive, database: Database, encrypted: bool) -> None:
    bot, alix = await client(), await person("alix")
    matrix = Homeserver(bot, database)
    room = await matrix.rooms.create("office", encrypted=encrypted, invite=[alix.user_id])
    await alix.join(room)
    content = await matrix.media.document(PDF, "affiche.pdf", "application/pdf", room)
    await bot.send(room, "m.room.message", content, "poster")
    heard = await alix.next(room, "affiche.pdf")
    assert heard.content["msgtype"] == "m.file"
    assert heard.content["info"] == {"size": len(PDF), "mimetype": "application/pdf"}
    assert ("file" in heard.content) is encrypted
    assert await alix.opened(heard.content) == PDF
    kind, kept = await alix.stored(heard.content["file"]["url"] if encrypted else heard.content["url"])
    assert kind == ("application/octet-stream" if encrypted else "application/pdf")
    assert (kept == PDF) is not encrypted
