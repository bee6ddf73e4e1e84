"""Files on the homeserver, and the messages that show them or hand them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nio.crypto.attachments import decrypt_attachment, encrypt_attachment
from nio.exceptions import EncryptionError

from bot.errors import MatrixRefused, Refused, Unavailable
from bot.matrix import message
from bot.matrix.client import Client
from bot.matrix.facts import Facts
from bot.matrix.untrusted_json import Json, block


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

    async def read(self, attachment: Mapping[str, Any], most: int) -> bytes:
        """What is in a file that somebody sent (`message.attached`), in an encrypted room too.

        Raises Refused("file-big") where it is of more than `most` bytes, Refused("file-lost") where nobody has it, or
        it is not what its key says: the person can send it again, which is sooner than waiting for a server.
        """
        sealed = block(attachment, "file")
        try:
            data = await self._client.download(str(sealed.get("url") or attachment.get("url")), most)
            return _opened(data, sealed) if sealed else data
        except MatrixRefused as no:
            raise Refused("file-big" if no.errcode == "M_TOO_LARGE" else "file-lost") from no
        except (Unavailable, EncryptionError) as lost:
            raise Refused("file-lost") from lost


def _opened(data: bytes, sealed: Json) -> bytes:
    """Raises EncryptionError, for keys that are none as well."""
    try:
        key, hashed = block(sealed, "key").get("k"), block(sealed, "hashes").get("sha256")
        return bytes(decrypt_attachment(data, str(key), str(hashed), str(sealed.get("iv"))))
    except (ValueError, TypeError, OverflowError) as wrong:
        raise EncryptionError(str(wrong)) from wrong
