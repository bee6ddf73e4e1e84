"""Nextcloud: groups, accounts, folders and shares of a lieu, made so and read back.

Measured on versions 29.0.1 and 34.0.1. Everything may be called twice, answers JSON-able values, and fails as
`integrations.errors` says.
"""

from __future__ import annotations

from .access import Access
from .accounts import Accounts
from .check import Checks
from .federated import Federated, Offer
from .files import Entry
from .folders import folder_names, holds, overlap, place_of
from .links import Links, name_of
from .policies import Policies
from .shares import CREATE, EDIT, EDIT_FILE, READ, RESHARE, Share, rights_of
from .storages import Storage, Storages
from .team_folders import TeamFolder, TeamFolders

__all__ = [
    "CREATE",
    "EDIT",
    "EDIT_FILE",
    "READ",
    "RESHARE",
    "Entry",
    "Nextcloud",
    "Offer",
    "Policies",
    "Share",
    "Storage",
    "TeamFolder",
    "folder_names",
    "holds",
    "name_of",
    "overlap",
    "place_of",
    "rights_of",
]


class Nextcloud(Accounts, Access, Links, Federated, TeamFolders, Storages, Checks):
    """A lieu's Nextcloud; see `Door` for what it takes."""
