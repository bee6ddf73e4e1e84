"""The services of a lieu in a transcript, as its header says: directory, Nextcloud, codes, mails, site…"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx

from bot.app import Services
from bot.services.directory import DIRECTORY
from bot.services.helloasso import HELLOASSO
from bot.services.institutional_sign_in import INSTITUTIONAL_SIGN_IN
from bot.services.mail import MAIL
from bot.services.nextcloud import NEXTCLOUD
from bot.services.odoo import ODOO, TAG
from bot.services.synapse import SYNAPSE
from bot.services.wordpress import WORDPRESS
from integrations.directory import Hold, login_from
from integrations.directory.homeserver_accounts import SynapseDirectory
from integrations.helloasso import HelloAsso
from integrations.identity_providers import IdentityProvider, IdentityProviders
from integrations.mail import Mail, Patience, smtp_server
from integrations.nextcloud import EDIT, Nextcloud, Source
from integrations.odoo import Odoo
from integrations.synapse import Synapse
from tests.servers.helloasso import HelloAssoServer
from tests.servers.mail_server import MailServer
from tests.servers.nextcloud import ANYWHERE, StandIn
from tests.servers.nextcloud.memory import REMOTE
from tests.servers.odoo import Odoo as OdooServer
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.memory_synapse import MemorySynapse
from tests.stage.memory_wordpress import MemoryWordPress
from tests.stage.world import Clock

GROUP, BOT, PASSWORD = "la.rosee", "concierge", "un mot de passe bien long"
SECRET = "q7Xw2-application"
SSO = "https://sso.lieu.fr/entrer?chez={provider}&retour={back}"
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
    helloasso: HelloAssoServer | None = None
    odoo: OdooServer | None = None
    wordpress: MemoryWordPress | None = None


ON_HOMESERVER = "sur la messagerie"  # and nowhere else: a lieu without an SSO
LOCKS: Mapping[str, Hold] = {
    "oui": "shut",
    "oui, qu’un mot de passe rouvre": "until-password",
    "oui, dans un Keycloak": "shut",
    "oui, dans un YunoHost": "shut",
}


def says(header: Mapping[str, str], name: str) -> bool:
    return header.get(name, "non") != "non"


async def equip(stack: AsyncExitStack, header: Mapping[str, str], clock: Clock) -> Equipment:
    directory, kind = None, header.get("comptes", "")
    on_homeserver = kind == ON_HOMESERVER
    if says(header, "comptes") and not on_homeserver:
        directory = MemoryDirectory(
            holds=LOCKS[kind], like_keycloak=kind.endswith("Keycloak"), like_yunohost=kind.endswith("YunoHost")
        )
        directory.unseen = {name.strip() for name in header.get("identifiants d’ailleurs", "").split(",")}
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
    administered = says(header, "administration") or codes or on_homeserver
    synapse = MemorySynapse(server=header.get("serveur", "lieu.fr"), elsewhere=elsewhere) if administered else None
    accounts = SynapseDirectory(cast(Synapse, synapse)) if on_homeserver else directory
    mail_server = await stack.enter_async_context(MailServer().running()) if says(header, "e-mails") else None
    mail = Mail(smtp_server(mail_server.address()), SENDER, patience=QUICK) if mail_server else None
    wordpress = site_on_wordpress(header) if says(header, "site") else None
    site = wordpress.site() if wordpress else None
    if site:
        stack.push_async_callback(site.close)
    odoo_server, odoo = await _odoo(stack, header) if says(header, "odoo") else (None, None)
    parts = {DIRECTORY: accounts, NEXTCLOUD: cloud, SYNAPSE: synapse, MAIL: mail, WORDPRESS: site, ODOO: odoo}
    helloasso = await _helloasso(stack, clock) if says(header, "helloasso") else None
    joined = memberships_of(helloasso, clock) if helloasso else None
    if joined:
        stack.push_async_callback(joined.close)
    parts |= {INSTITUTIONAL_SIGN_IN: providers_of(header), HELLOASSO: joined}
    services = Services({service: part for service, part in parts.items() if part is not None})
    more: dict[str, Any] = {"mail_server": mail_server, "wordpress": wordpress, "odoo": odoo_server}
    more["helloasso"] = helloasso
    return Equipment(services, directory, server, synapse, takes_codes=codes, **more)


async def _odoo(stack: AsyncExitStack, header: Mapping[str, str]) -> tuple[OdooServer, Odoo]:
    """With the contacts of before: « Léa Martin = lea@exemple.fr »."""
    server, portal = OdooServer(), "portail" in header["odoo"]
    address = "" if "sans adresse" in header["odoo"] else "conciergerie@lieu.fr"
    server.add_account("Conciergerie", SECRET, email=address, manages=portal)
    for written in filter(None, (one.strip() for one in header.get("fiches d’Odoo", "").split(","))):
        name, _, email = written.removesuffix(" (archivée)").partition(" = ")
        server.add_contact(name, email, active=not written.endswith("(archivée)"))
    url = await stack.enter_async_context(server.running())
    odoo = Odoo(url, server.database, SECRET, tag=TAG, wanted="portal" if portal else "none", read_timeout=3)
    stack.push_async_callback(odoo.close)
    return server, odoo


def site_on_wordpress(header: Mapping[str, str]) -> MemoryWordPress:
    """With the accounts that it had before the bot: « comptes du site : Zoé zoe@exemple.fr »."""
    wordpress = MemoryWordPress()
    for one in filter(None, (each.strip() for each in header.get("comptes du site", "").split(","))):
        name, _, email = one.rpartition(" ")
        wordpress.add(login_from(name), email, "subscriber")
    return wordpress


def providers_of(header: Mapping[str, str]) -> IdentityProviders | None:
    """« renater, cnam: compte du Cnam »: by addresses of the SSO, or by buttons of the homeserver alone."""
    written = header.get("comptes d’ailleurs", "")
    named = [each.strip().partition(": ") for each in written.split(",") if each.strip()]
    providers = [IdentityProvider.called(alias, label) for alias, _, label in named]
    return IdentityProviders(providers, "" if says(header, "boutons du serveur") else SSO) if providers else None


async def _helloasso(stack: AsyncExitStack, clock: Clock) -> HelloAssoServer:
    now = lambda: datetime.fromtimestamp(clock.at / 1000, ZoneInfo("Europe/Paris"))  # noqa: E731
    return await stack.enter_async_context(HelloAssoServer(now=now))


def memberships_of(server: HelloAssoServer, clock: Clock) -> HelloAsso:
    key = (server.organization, server.client_id, server.secret)
    return HelloAsso(server.url, *key, read_timeout=3, pace=0, clock=lambda: clock.at / 1000)


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
    policy.links = "sans lien" not in rules
    policy.link_upload = "sans dépôt" not in rules
    policy.federation = "sans autres nuages" not in rules
    policy.link_days = 30 if "30 jours" in rules else None
