"""What a lieu's register of processing says of it: which services it really has, how long it keeps what, what is on."""

from __future__ import annotations

from typing import TypedDict

from bot.arrivals.page_addresses import PageAddresses
from bot.lieux import Lieu
from bot.services.directory import DIRECTORY, is_told_elsewhere
from bot.services.helloasso import HELLOASSO
from bot.services.mail import MAIL
from bot.services.registry import SERVICES
from bot.services.tenancy import Services
from bot.store import rooms
from bot.store.database import Database, Tx
from bot.store.retention import networks


class Processing(TypedDict):
    """`services`: their names, of those that the lieu has; `accounts`: whether it gives any; `page`: the address of its
    public page, empty where there is none, and whether people may ask there to come (`asks`); `members`: whether it
    reads an association's memberships; the names of its `networks`; whether its conciergerie is `encrypted`; the
    `server` on which the bot speaks."""

    services: list[str]
    accounts: bool
    page: str
    asks: bool
    members: bool
    networks: list[str]
    encrypted: bool
    server: str


class Register:
    """`me`: the bot's Matrix id."""

    def __init__(self, me: str, database: Database, pages: PageAddresses) -> None:
        self._me, self._database, self._pages = me, database, pages

    async def facts(self, lieu: Lieu, services: Services) -> Processing:
        has = [service for service in SERVICES if services.has(service)]
        told = [one for one in has if one is not DIRECTORY or not is_told_elsewhere(services[DIRECTORY])]
        page = await self._pages.of_lieu(lieu)
        accounts = services.has(DIRECTORY)
        return {
            "services": [service.name for service in told],
            "accounts": accounts,
            "page": page,
            "asks": bool(page) and accounts and services.has(MAIL) and not lieu.choices.form_closed,
            "members": services.has(HELLOASSO),
            "networks": await self._database.read(networks, lieu.id),
            "encrypted": await self._database.read(_is_encrypted, lieu.office or ""),
            "server": self._me.partition(":")[2],
        }


def _is_encrypted(tx: Tx, room_id: str) -> bool:
    found = rooms.known(tx, room_id)
    return found is not None and found.encrypted
