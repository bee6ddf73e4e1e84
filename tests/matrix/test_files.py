"""Files on a real homeserver: what the bot hands out is what somebody else's client opens, in encrypted rooms too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.errors import Refused
from bot.matrix.homeserver import Homeserver
from bot.matrix.message import attached
from bot.store.database import Database
from tests.matrix.conftest import Open
from tests.servers.person import Person

Arrive = Callable[..., Awaitable[Person]]
PDF = b"%PDF-1.7 \xe2\x80\x99 une affiche"
LIST = "Nom;E-mail\nZoé;zoe@exemple.fr\n".encode()


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


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "clear"])
async def test_a_file_that_somebody_sent_is_read(
    client: Open, person: Arrive, database: Database, encrypted: bool
) -> None:
    bot, alix = await client(), await person("alix")
    matrix = Homeserver(bot, database)
    room = await matrix.rooms.create("office", encrypted=encrypted, invite=[alix.user_id])
    await alix.join(room)
    content = await matrix.media.document(LIST, "liste.csv", "text/csv", room)
    await bot.send(room, "m.room.message", content, "list")
    heard = attached((await alix.next(room, "liste.csv")).content)  # as its client has it
    assert heard
    assert await matrix.media.read(heard, 1_000) == LIST
    with pytest.raises(Refused, match="file-big"):
        await matrix.media.read(heard, len(LIST) - 1)


async def test_a_file_that_is_not_there_or_not_what_its_key_says_is_refused(client: Open, database: Database) -> None:
    bot = await client()
    matrix = Homeserver(bot, database)
    stored = await matrix.media.upload(LIST, "text/csv", encrypt=True)
    server = bot.user_id.partition(":")[2]
    broken: list[dict[str, Any]] = [
        {"url": f"mxc://{server}/nobodys"},
        {"file": stored | {"hashes": {"sha256": "AAAA"}}},
        {"file": stored | {"key": {"k": "!"}}},
        {"file": stored | {"iv": 3, "key": None}},
        {"file": {"url": stored["url"]}},
    ]
    for attachment in broken:
        with pytest.raises(Refused, match="file-lost"):
            await matrix.media.read(attachment, 1_000)
