"""The services of a lieu in a transcript, as its header says: directory, Nextcloud, codes, mails, administration."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from bot.app import Services
from bot.services.directory import DIRECTORY
from bot.services.mail import MAIL
from bot.services.nextcloud import NEXTCLOUD
from bot.services.synapse import SYNAPSE
from integrations.directory import Hold, login_from
from integrations.mail import Mail, Patience, smtp_server
from integrations.nextcloud import EDIT, Nextcloud, Source
from tests.servers.mail_server import MailServer
from tests.servers.nextcloud import ANYWHERE, StandIn
from tests.servers.nextcloud.memory import REMOTE
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.memory_synapse import MemorySynapse
from tests.stage.world import Clock

GROUP, BOT, PASSWORD = "la.rosee", "concierge", "un mot de passe bien long"
SECRET = "q7Xw2-application"
SENDER, QUICK = Address("Conciergerie", "bot", "lieu.fr"), Patience(connect=3, read=3, end=3)


@dataclass
class Equipment:
    """`services` are what the bot is handed; the others those behind them, where there are."""

    services: Services
    directory: MemoryDirectory | None = None
    nextcloud: StandIn | None = None
    synapse: MemorySynapse | None = None
    takes_codes: bool = False
    mail_server: MailServer | None = None


LOCKS: Mapping[str, Hold] = {"oui": "shut", "oui, qu’un mot de passe rouvre": "until-password"}


def says(header: Mapping[str, str], name: str) -> bool:
    return header.get(name, "non") != "non"


async def equip(stack: AsyncExitStack, header: Mapping[str, str], clock: Clock) -> Equipment:
    directory = MemoryDirectory(holds=LOCKS[header["comptes"]]) if says(header, "comptes") else None
    server = cloud = None
    if says(header, "nextcloud"):
        server = stand_in(header, clock)
        url = await stack.enter_async_context(server.running())
        source: Source = "sso" if header["nextcloud"] == "sso" else "bot"
        server.memory.accounts[BOT].app_passwords.add(SECRET)  # the same in each play: passwords are made of it
        how: dict[str, Any] = {"accounts_from": source, "read_timeout": 3, "outside": ANYWHERE}
        cloud = Nextcloud(url, BOT, SECRET, password=PASSWORD, clock=lambda: clock.at / 1000, **how)
        cloud.client.url = server.public  # what people are told
        stack.push_async_callback(cloud.close)
    elsewhere, codes = header.get("administration") == "comptes gardés ailleurs", says(header, "codes d’inscription")
    synapse = MemorySynapse(elsewhere=elsewhere) if says(header, "administration") or codes else None
    mail_server = await stack.enter_async_context(MailServer().running()) if says(header, "e-mails") else None
    mail = Mail(smtp_server(mail_server.address()), SENDER, patience=QUICK) if mail_server else None
    parts = {DIRECTORY: directory, NEXTCLOUD: cloud, SYNAPSE: synapse, MAIL: mail}
    services = Services({service: part for service, part in parts.items() if part is not None})
    return Equipment(services, directory, server, synapse, takes_codes=codes, mail_server=mail_server)


def stand_in(header: Mapping[str, str], clock: Clock) -> StandIn:
    server = StandIn(header.get("version de Nextcloud", "34.0.1"), today=lambda: _day(clock))
    group = login_from(header["lieu"])
    server.add_account(BOT, PASSWORD, name="Concierge", groups=[group], subadmin=[group])
    _furnish(server, header, group)
    return server


def _day(clock: Clock) -> date:
    return datetime.fromtimestamp(clock.at / 1000, ZoneInfo("Europe/Paris")).date()


def _furnish(server: StandIn, header: Mapping[str, str], group: str) -> None:
    """Accounts, and what the administration demands of shares."""
    for login in filter(None, (name.strip() for name in header.get("comptes nextcloud", "").split(","))):
        server.add_account(login, backend="user_oidc", groups=[group])
    rules = header.get("règles des partages", "")
    server.public = f"https://nuage.{header.get('serveur', 'lieu.fr')}"
    neighbour = StandIn()
    neighbour.add_account("phare")
    for folder in filter(None, (name.strip() for name in header.get("proposés par un autre nuage", "").split(","))):
        neighbour.add_folder("phare", folder)
        share = neighbour.memory.share(REMOTE, "phare", f"/{folder}", f"{BOT}@{server.public}", EDIT)
        told = {"remote": "https://nuage.phare.fr/", "remote_id": share.id, "token": str(share.token), "owner": "phare"}
        server.memory.offer(**told, name=f"/{folder}", user=BOT)
    server.mounts = {"all://nuage.phare.fr": httpx.ASGITransport(neighbour)}
    server.memory.token = (f"lien-{n}" for n in itertools.count(1)).__next__
    policy = server.memory.policy
    policy.link_password = "mot de passe" in rules
    policy.group_sharing = "sans groupe" not in rules
    policy.link_days = 30 if "30 jours" in rules else None
