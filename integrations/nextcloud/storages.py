"""External storages (the app `files_external`): which are mounted. The bot mounts none: that takes a human."""

from __future__ import annotations

from typing import Any, TypedDict

from integrations.errors import Unsupported

from .client import Client
from .ocs import items, mapping, text, texts

MOUNTS = "/apps/files_external/api/v1/mounts"


class Storage(TypedDict):
    """`kind` is what Nextcloud calls it ("Amazon S3"); `groups` whose it is, everybody's where there are none."""

    name: str
    kind: str
    groups: list[str]


class Storages:
    """Look, change nothing; addresses and accounts of storages are left aside."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def all(self) -> list[Storage]:
        """Those that the bot's account sees. Raises `Unsupported("nextcloud-storages")` where the app is missing."""
        reply = await self._client.ocs("GET", MOUNTS)
        if not reply.ok:
            raise Unsupported("nextcloud-storages")
        return [_storage(one) for one in items(reply.data)]


def _storage(data: Any) -> Storage:
    fields = mapping(data)
    groups = texts(mapping(fields.get("config")).get("applicableGroups"))
    return Storage(name=text(fields.get("name")), kind=text(fields.get("backend")), groups=groups)
