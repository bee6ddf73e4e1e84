"""A Nextcloud in memory, with its knobs: see `StandIn`."""

from __future__ import annotations

from .memory import Account, Mail, Share
from .standin import StandIn

__all__ = ["Account", "Mail", "Share", "StandIn"]
