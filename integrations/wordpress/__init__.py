"""WordPress: the accounts of a lieu's site, made so and read back.

https://developer.wordpress.org/rest-api/reference/users/ — measured on versions 6.1.9, 6.8.12 and 7.1.4. WordPress has
no small right: whoever may make accounts may change every one of them. So this gives three roles and no other, and
touches nobody who has more. Everything answers JSON-able values, and fails as `integrations.errors` says.
"""

from __future__ import annotations

from typing import Any

from integrations.findings import Finding

from .accounts import KINDS, ROLES, Account, Accounts
from .client import Client

__all__ = ["KINDS", "ROLES", "Account", "WordPress"]


class WordPress:
    """A lieu's site as one account with an application password sees it: each part is in the file of its name."""

    def __init__(
        self, url: str, user: str, app_password: str, *, transport: Any = None, read_timeout: float = 60.0
    ) -> None:
        self.client = Client(url, user, app_password, transport=transport, read_timeout=read_timeout)
        self.accounts = Accounts(self.client)

    @property
    def password_page(self) -> str:
        """Where somebody has the link to their password mailed: nobody else may have it sent."""
        return f"{self.client.url}/wp-login.php?action=lostpassword"

    async def check(self) -> list[Finding]:
        """What `doctor` shows; never raises `Refused` or `Unavailable`."""
        from . import check

        return await check.check(self.client)

    async def answers(self) -> None:
        """One light reading, without the password. Raises Unavailable where there is no site."""
        await self.client.index()

    async def close(self) -> None:
        await self.client.close()
