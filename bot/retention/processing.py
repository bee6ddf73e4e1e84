"""What a lieu's register of processing says of it: which services it really has, how long it keeps what, what is on."""

from __future__ import annotations

from typing import TypedDict

from bot.arrivals.page_addresses import PageAddresses
from bot.lieux import Lieu
from bot.services.directory import DIRECTORY, is_told_elsewhere
from bot.services.helloasso import HELLOASSO
from bot.services.mail import MAIL
from bot.services.registry import SERVICES
from bot.services.service import host_of
from bot.services.tenancy import Services
from bot.settings import Backups
from bot.store import rooms
from bot.store.database import Database, Tx
from bot.store.retention import networks, servers
from integrations.domains import is_loopback

FOLDER, HERE = "folder", "here"


class Processing(TypedDict):
    """`services`: their names, of those that the lieu has; `hosts` the machines of those that name one, `HERE` for that
    of the bot; `accounts`: whether it gives any; `page`: the address of its public page, empty where there is none, and
    whether people may ask there to come (`asks`); `members`: whether it reads an association's memberships; the names
    of its `networks`; whether its conciergerie is `encrypted`; the `server` on which the bot speaks; other homeservers
    (`servers`) that have copies of messages; where `copies` of the bot's data go (see `Register`)."""

    services: list[str]
    accounts: bool
    page: str
    asks: bool
    members: bool
    networks: list[str]
    encrypted: bool
    server: str
    hosts: dict[str, str]
    servers: list[str]
    copies: str


class Register:
    """`me`: the bot's Matrix id; `copies` where copies of its data go every night, encrypted: a machine, `FOLDER` where
    its host chose one, empty where there are none."""

    def __init__(self, me: str, database: Database, pages: PageAddresses, copies: str) -> None:
        self._me, self._database, self._pages, self._copies = me, database, pages, copies

    async def facts(self, lieu: Lieu, services: Services) -> Processing:
        has = [service for service in SERVICES if services.has(service)]
        told = [one for one in has if one is not DIRECTORY or not is_told_elsewhere(services[DIRECTORY])]
        page = await self._pages.of_lieu(lieu)
        accounts, own = services.has(DIRECTORY), self._me.partition(":")[2]
        return {
            "services": [service.name for service in told],
            "accounts": accounts,
            "page": page,
            "asks": bool(page) and accounts and services.has(MAIL) and not lieu.choices.form_closed,
            "members": services.has(HELLOASSO),
            "networks": await self._database.read(networks, lieu.id),
            "encrypted": await self._database.read(_is_encrypted, lieu.office or ""),
            "server": own,
            "hosts": {one.name: _shown(host) for one in told if (host := one.host(services[one]))},
            "servers": [each for each in await self._database.read(servers, lieu.id) if each != own],
            "copies": self._copies,
        }


def copies_of(backups: Backups | None) -> str:
    """Where they go, as `Register` is told it."""
    if backups is None:
        return ""
    from integrations.storage import place  # for those who have any

    there = place(backups.url)
    if there.is_here:
        return FOLDER
    return host_of(there.endpoint) if there.is_bucket else there.host


def _shown(host: str) -> str:
    return HERE if is_loopback(host) else host


def _is_encrypted(tx: Tx, room_id: str) -> bool:
    found = rooms.known(tx, room_id)
    return found is not None and found.encrypted
