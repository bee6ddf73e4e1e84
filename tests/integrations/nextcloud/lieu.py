"""One lieu to keep promises to: on the stand-in of each version, or (`-m live`) on the real server of the environment.

NEXTCLOUD_URL, NEXTCLOUD_USER, NEXTCLOUD_APP_PASSWORD, NEXTCLOUD_PASSWORD and NEXTCLOUD_ACCOUNTS are the bot's own
settings; NEXTCLOUD_TEST_GROUP (else the first group that the bot looks after) and NEXTCLOUD_TEST_PERSON (else
somebody in it) are whom folders are shared with. What is made is removed again.
NEXTCLOUD_TEST_PERSON_PASSWORD, an app password of that person, lets them look into what they are given.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import quote

import pytest

from integrations.http import Http
from integrations.nextcloud import Nextcloud
from integrations.outbound import Outside
from tests.servers.nextcloud import ANYWHERE, StandIn

NEEDED = ("NEXTCLOUD_URL", "NEXTCLOUD_USER", "NEXTCLOUD_APP_PASSWORD")
BOT, PASSWORD = "concierge", "un mot de passe bien long"


@dataclass
class Lieu:
    """`folder` and `login` are new, and removed at the end."""

    cloud: Nextcloud
    bot: str
    group: str
    person: str
    makes_accounts: bool
    theirs: Nextcloud | None = None  # the cloud as that person sees it
    folder: str = field(default_factory=lambda: f"Essai {secrets.token_hex(4)}")
    login: str = field(default_factory=lambda: f"essai-{secrets.token_hex(4)}")


@asynccontextmanager
async def stand_in(version: str) -> AsyncIterator[Lieu]:
    server = StandIn(version)
    server.add_account(BOT, PASSWORD, groups=["lieu"], subadmin=["lieu"])
    server.add_account("carol", groups=["lieu"])
    async with server.running() as url:
        cloud = Nextcloud(url, BOT, server.app_password(BOT), password=PASSWORD, accounts_from="bot", outside=ANYWHERE)
        theirs = Nextcloud(url, "carol", server.app_password("carol"))
        yield Lieu(cloud, BOT, "lieu", "carol", makes_accounts=True, theirs=theirs)
        await theirs.close()
        await cloud.close()


@asynccontextmanager
async def live(prefix: str = "") -> AsyncIterator[Lieu]:
    """What the environment names, each variable with this prefix."""
    missing = [prefix + name for name in NEEDED if not os.environ.get(prefix + name)]
    if missing:
        pytest.skip(f"a real Nextcloud needs {', '.join(missing)} in the environment")
    url, user, secret = (os.environ[prefix + name] for name in NEEDED)
    accounts = cast(Literal["sso", "bot"], os.environ.get(f"{prefix}NEXTCLOUD_ACCOUNTS", "sso"))
    password = os.environ.get(f"{prefix}NEXTCLOUD_PASSWORD")
    cloud = Nextcloud(url, user, secret, password=password, accounts_from=accounts, outside=_named())
    lieu = await _found(cloud, accounts, prefix)
    try:
        yield lieu
    finally:
        await _swept(cloud, lieu, Http("nextcloud", url, auth=(user, secret)))


def _named() -> Outside:
    """Both clouds are asked wherever they are: whoever wrote the environment wrote their addresses."""
    return Outside([url for prefix in ("", "OTHER_") if (url := os.environ.get(f"{prefix}NEXTCLOUD_URL"))])


async def _found(cloud: Nextcloud, accounts: str, prefix: str) -> Lieu:
    me = await cloud.client.whoami()
    groups = [os.environ.get(f"{prefix}NEXTCLOUD_TEST_GROUP"), *me["subadmin"], *me["groups"]]
    group = next((group for group in groups if group), None)
    if group is None:
        pytest.skip(f"the bot is in no group: name one in {prefix}NEXTCLOUD_TEST_GROUP")
    others = [login for login in await cloud.groups.members(group) if login != me["id"]]
    person = os.environ.get(f"{prefix}NEXTCLOUD_TEST_PERSON") or next(iter(others), None)
    if person is None:
        pytest.skip(f"nobody but the bot is in {group}: name somebody in {prefix}NEXTCLOUD_TEST_PERSON")
    secret = os.environ.get(f"{prefix}NEXTCLOUD_TEST_PERSON_PASSWORD")
    theirs = Nextcloud(cloud.client.url, person, secret) if secret else None
    return Lieu(cloud, me["id"], group, person, makes_accounts=accounts == "bot", theirs=theirs)


async def _swept(cloud: Nextcloud, lieu: Lieu, http: Http) -> None:
    """The bot itself removes no folder: what it shares belongs to the lieu."""
    await http("DELETE", f"/remote.php/dav/files/{quote(lieu.bot, safe='')}/{quote(lieu.folder)}")
    await http.close()
    if lieu.theirs:
        await lieu.theirs.close()
    if lieu.makes_accounts and await cloud.accounts._find(lieu.login):
        await cloud.accounts._delete(lieu.login)
    await cloud.close()
