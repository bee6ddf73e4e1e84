"""Files on the small Matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.errors import Refused
from bot.matrix import message

if TYPE_CHECKING:
    from tests.stage.small_homeserver import FakeMatrix


class FakeMedia:
    """Files are kept by their names."""

    def __init__(self, matrix: FakeMatrix) -> None:
        self._matrix, self._world = matrix, matrix.world

    async def picture(self, png: bytes, name: str, room_id: str) -> dict[str, Any]:
        return message.image(self._matrix.stored(png, name), name, len(png), "image/png")

    async def document(self, data: bytes, name: str, mimetype: str, room_id: str) -> dict[str, Any]:
        return message.document(self._matrix.stored(data, name), name, len(data), mimetype)

    async def read(self, attachment: Mapping[str, Any], most: int) -> bytes:
        data = self._world.dropped.get(attachment.get("url") or attachment["file"]["url"])
        if data is None:
            raise Refused("file-lost")
        if len(data) > most:
            raise Refused("file-big")
        return data
