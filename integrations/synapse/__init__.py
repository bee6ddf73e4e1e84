"""The Admin API of a lieu's own Synapse: what only the homeserver can do with the accounts that live on it.

https://element-hq.github.io/synapse/latest/usage/administration/admin_api/ — measured on Synapse 1.163. The token
belongs to an administrator, never to the bot that chats. Everything may be called twice, answers JSON-able values, and
fails as `integrations.errors` says; a homeserver whose accounts live elsewhere (Matrix Authentication Service) answers
`Unsupported` where it lacks a door.
"""

from __future__ import annotations

from typing import Any

from integrations.findings import Finding

from .accounts import Account, Accounts
from .client import Client
from .identities import Identities
from .passwords import Passwords
from .registration import Registration

__all__ = ["Account", "Synapse"]


class Synapse:
    """A lieu's homeserver: each part is in the file of its name. `url` is where clients connect; `token` an
    administrator's access token."""

    def __init__(self, url: str, token: str, *, transport: Any = None, read_timeout: float = 60.0) -> None:
        self.client = Client(url, token, transport=transport, read_timeout=read_timeout)
        self.accounts = Accounts(self.client)
        self.identities = Identities(self.client, self.accounts)
        self.passwords = Passwords(self.client, self.accounts)
        self.registration = Registration(self.client)

    async def check(self) -> list[Finding]:
        """What `doctor` shows; never raises `Refused` or `Unavailable`."""
        from . import check

        return await check.check(self.client, self.accounts)

    async def close(self) -> None:
        await self.client.close()
