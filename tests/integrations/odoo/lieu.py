"""One lieu to keep promises to: on the stand-in by either protocol, or (`-m live`) on the Odoo of the environment.

ODOO_URL, ODOO_DATABASE, ODOO_API_KEY and (until version 18) ODOO_LOGIN are the bot's own settings; with
ODOO_USERS=portal, portal accounts are tried too. What is made is archived at the end, under names that begin with
« Essai »: a database for trials is what this is for.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from integrations.odoo import Odoo
from tests.servers import odoo

NEEDED = ("ODOO_URL", "ODOO_DATABASE", "ODOO_API_KEY")
KEY, LOGIN = "q7Xw2-cle", "conciergerie"


@dataclass
class Lieu:
    """`email` and `mark` are nobody's yet; `server` is the stand-in, where it is one."""

    odoo: Odoo
    portal: bool
    server: odoo.Odoo | None = None
    email: str = field(default_factory=lambda: f"essai-{secrets.token_hex(4)}@exemple.fr")
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    tag: str = field(default_factory=lambda: f"Essai {secrets.token_hex(4)} : membres")

    @property
    def name(self) -> str:
        return f"Essai {self.mark}"


@asynccontextmanager
async def stand_in(version: str) -> AsyncIterator[Lieu]:
    server = odoo.Odoo(version)
    server.add_account(LOGIN, KEY, email="conciergerie@exemple.fr", manages=True)
    login = LOGIN if version == "18.0" else ""
    async with server.running() as url:
        client = Odoo(url, server.database, KEY, login=login, wanted="portal")
        yield Lieu(client, portal=True, server=server)
        await client.close()


@asynccontextmanager
async def live() -> AsyncIterator[Lieu]:
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        pytest.skip(f"a real Odoo needs {', '.join(missing)} in the environment")
    url, database, key = (os.environ[name] for name in NEEDED)
    portal = os.environ.get("ODOO_USERS") == "portal"
    client = Odoo(url, database, key, login=os.environ.get("ODOO_LOGIN", ""), wanted="portal" if portal else "none")
    lieu = Lieu(client, portal)
    try:
        yield lieu
    finally:
        await _swept(lieu)
        await client.close()


async def _swept(lieu: Lieu) -> None:
    """The bot itself deletes nothing."""
    for contact in await lieu.odoo.contacts.with_email(lieu.email):
        for user in await lieu.odoo.users.of_contact(contact["id"]) if lieu.portal else []:
            await lieu.odoo.users.set_active(user["id"], False)
        await lieu.odoo.contacts.set_active(contact["id"], False)
