"""Nextcloud: groups, accounts, folders and shares of a lieu, made so and read back.

Measured on versions 29.0.1 and 34.0.1. Everything may be called twice, answers JSON-able values, and fails as
`integrations.errors` says.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from integrations.errors import Unavailable
from integrations.findings import Finding
from integrations.outbound import Outside

from .accounts import Accounts
from .client import Client
from .federated import Federated, Offer
from .files import Files
from .folders import Folders, folder_names, holds, kept_place, overlap, place_of
from .groups import Groups, Source
from .links import Links, name_of
from .policies import Policies, Policy
from .shares import CREATE, EDIT, EDIT_FILE, READ, RESHARE, Share, Shares, rights_of
from .storages import Storage, Storages
from .team_folders import TeamFolder, TeamFolders
from .webdav import Entry, WebDav
from .whereabouts import Whereabouts

__all__ = [
    "CREATE",
    "EDIT",
    "EDIT_FILE",
    "READ",
    "RESHARE",
    "Entry",
    "Nextcloud",
    "Offer",
    "Policy",
    "Share",
    "Source",
    "Storage",
    "TeamFolder",
    "folder_names",
    "holds",
    "kept_place",
    "name_of",
    "overlap",
    "place_of",
    "rights_of",
]


class Nextcloud:
    """A lieu's Nextcloud as one account with an app password sees it: each part is in the file of its name.

    `password`, the account's own, is only ever sent to confirm it, when the server asks (Nextcloud 34 does).
    `accounts_from`: where people's accounts come from. `clock` counts seconds. `outside` tells which other clouds it
    may be sent to.
    """

    def __init__(
        self,
        url: str,
        user: str,
        app_password: str,
        *,
        password: str | None = None,
        accounts_from: Source = "sso",
        clock: Callable[[], float] = time.monotonic,
        transport: Any = None,
        read_timeout: float = 60.0,
        outside: Outside | None = None,
    ) -> None:
        self.client = Client(
            url, user, app_password, password=password, clock=clock, transport=transport, read_timeout=read_timeout
        )
        self.webdav = WebDav(self.client)
        self.policies = Policies(self.client, app_password)
        self.groups = Groups(self.client, accounts_from)
        self.accounts = Accounts(self.client, self.groups, accounts_from)
        self.folders = Folders(self.webdav)
        self.files = Files(self.client, self.webdav, self.folders)
        self.whereabouts = Whereabouts(self.client, self.webdav)
        self.shares = Shares(self.client, self.policies, self.groups)
        self.links = Links(self.shares, self.policies)
        self.federated = Federated(self.client, self.files, self.shares, self.policies, outside or Outside())
        self.team_folders = TeamFolders(self.client, self.groups)
        self.storages = Storages(self.client)

    async def check(self) -> list[Finding]:
        """What `doctor` shows: from the outside in, up to the first thing without which the rest cannot be known."""
        from . import check

        return await check.check(self.client, self.accounts.source)

    async def answers(self) -> None:
        """One light reading, without a password. Raises Unavailable where it lets nobody in."""
        status = await self.client.status()
        if status["upgrade"] or status["maintenance"]:
            raise Unavailable("nextcloud", cause="upgrade" if status["upgrade"] else "maintenance")

    async def try_mails(self) -> list[Finding]:
        """Whether its own mails leave, by sending one."""
        from .mail_test import try_mails

        return await try_mails(self.client)

    async def close(self) -> None:
        await self.client.close()
