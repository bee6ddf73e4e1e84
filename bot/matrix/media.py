"""Files on the homeserver, and the messages that show them or hand them out."""

from __future__ import annotations

from typing import Any

from nio.crypto.attachments import encrypt_attachment

from bot.matrix import message
from bot.matrix.client import Client
from bot.matrix.facts import Facts
from bot.matrix.untrusted_json import Json


class Media:
    """Raises MatrixRefused where a file is not taken, Unavailable where nobody answers."""

    def __init__(self, client: Client, facts: Facts) -> None:
        self._client, self._facts = client, facts

    async def upload(self, data: bytes, mimetype: str, encrypt: bool = False) -> Any:
        """Store a file: its `mxc://` address, or for an encrypted room the file with the key to it."""
        if not encrypt:
            return await self._client.upload(data, mimetype)
        sealed, key = encrypt_attachment(data)
        return key | {"url": await self._client.upload(sealed, "application/octet-stream")}

    async def picture(self, png: bytes, name: str, room_id: str) -> Json:
        """The content of a message that shows a PNG in this room."""
        source = await self.upload(png, "image/png", encrypt=await self._facts.is_encrypted(room_id))
        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        return message.image(source, name, len(png), "image/png", width=width, height=height)

    async def document(self, data: bytes, name: str, mimetype: str, room_id: str) -> Json:
        """The content of a message that hands out a file in this room."""
        source = await self.upload(data, mimetype, encrypt=await self._facts.is_encrypted(room_id))
        return message.document(source, name, len(data), mimetype)
