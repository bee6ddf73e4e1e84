"""A Nextcloud in memory, with its knobs: see `StandIn`."""

from __future__ import annotations

from integrations.outbound import Outside

from .memory import Account, Mail, Share
from .standin import StandIn

__all__ = ["ANYWHERE", "Account", "Mail", "Share", "StandIn"]


class Anywhere(Outside):
    """Where the other clouds are on this machine, and may have names that nobody has."""

    async def machine(self, address: str) -> None:
        return None


ANYWHERE = Anywhere()
