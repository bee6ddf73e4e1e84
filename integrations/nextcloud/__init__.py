"""Nextcloud: groups, accounts, folders and shares of a lieu, made so and read back.

Measured on versions 29.0.1 and 34.0.1. Everything may be called twice, answers JSON-able values, and fails as
`integrations.errors` says.
"""

from __future__ import annotations

from .accounts import Accounts
from .check import Checks
from .folders import Folders
from .shares import EDIT, READ, Share, Shares

__all__ = ["EDIT", "READ", "Nextcloud", "Share"]


class Nextcloud(Accounts, Folders, Shares, Checks):
    """A lieu's Nextcloud; see `Door` for what it takes."""
