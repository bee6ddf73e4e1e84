"""A lieu on loopback: a homeserver, the services that it has, and the bot as its own process.

The demo plays on one with everything, and the tests of the whole on others too.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.accounts import Accounts, SsoAccounts
from tests.servers.bot_process import BotProcess
from tests.servers.house import House
from tests.servers.mailcatcher import MailCatcher
from tests.servers.nextcloud import StandIn
from tests.servers.odoo import Odoo
from tests.servers.synapse import Account, Synapse
from tests.servers.wordpress import BOT, WordPress

__all__ = ["BotProcess", "EmbeddedLieu", "Lieu", "Part"]

CLOUD_PASSWORD, ODOO_KEY = "real-password", "key-of-the-bot"


@dataclass(frozen=True, slots=True)
class Part:
    """A process of the lieu: whether it still runs, and where it writes what happens to it."""

    name: str
    is_alive: Callable[[], bool]
    log: Path


class Lieu:
    """A bot on servers that run already; `bot_name` is its account there, `host` is who wrote their own at `setup`.
    `start` makes the bot, and does not run it.

    Without `accounts` there is no directory, without `cloud` no Nextcloud, without `mails` no mail server, and no
    page to which mails would lead; the bot `administers` the homeserver or not. A `site` runs already; where
    people find it at another address, that is `site_url`.
    """

    synapse: Synapse
    account: Account
    host: Account
    bot: BotProcess

    def __init__(
        self,
        folder: Path,
        synapse: Synapse | None = None,
        *,
        cloud: StandIn | None = None,
        accounts: Accounts | None = None,
        mails: MailCatcher | None = None,
        site: WordPress | None = None,
        site_url: str = "",
        odoo: Odoo | None = None,
        bot_name: str = "conciergerie",
        administers: bool = False,
    ) -> None:
        self.folder, self.cloud, self.accounts, self.bot_name = folder, cloud, accounts, bot_name
        self.administers, self.administrator, self.mails = administers, "", mails
        self.site, self.site_url, self.odoo = site, site_url or (site.url if site else ""), odoo
        if synapse:
            self.synapse = synapse
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Lieu:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, told: Callable[[str], None] = lambda part: None) -> None:
        """`told` hears the name of each part when its turn comes."""
        if self.cloud:
            told("Nextcloud")
            self.cloud_url = await self._stack.enter_async_context(self.cloud.running())
            self.cloud.add_account(self.bot_name, CLOUD_PASSWORD, groups=["admin"])
        if self.odoo:
            told("Odoo")
            await self._stack.enter_async_context(self.odoo.running())
            self.odoo.add_account(self.bot_name, ODOO_KEY, contacts=True)
        self.account = await self.synapse.register(self.bot_name)
        self.host = await self.synapse.register(f"ines-of-{self.bot_name}")
        profile = f"/_matrix/client/v3/profile/{self.host.user_id}/displayname"
        await self.synapse.call("PUT", profile, {"displayname": "Inès"}, token=self.host.access_token)
        if self.administers:
            admin = await self.synapse.register(f"admin-of-{self.bot_name}", admin=True)
            self.administrator = admin.access_token
        self.bot = self.process(self.folder / "bot")
        self._stack.push_async_callback(self._stop_bot)

    def process(self, folder: Path, port: int = 0) -> BotProcess:
        """The bot of this lieu, in `folder`; at the `port` where people know its pages already."""
        return BotProcess(folder, self.settings(), pages=self.mails is not None, port=port)

    def settings(self) -> dict[str, str]:
        """The bot's environment file."""
        return {
            "MATRIX_HOMESERVER": self.synapse.base_url,
            "MATRIX_USER": self.account.user_id,
            "MATRIX_PASSWORD": f"password-of-{self.bot_name}",
            "OPERATORS": self.host.user_id,
            **(self.accounts.settings if self.accounts else {"DIRECTORY": "none"}),
            **self._cloud_settings(),
            **self._mail_settings(),
            **self._site_settings(),
            **self._odoo_settings(),
            **({"MATRIX_ADMIN_TOKEN": self.administrator} if self.administrator else {}),
        }

    def _cloud_settings(self) -> dict[str, str]:
        if not self.cloud:
            return {}
        return {
            "NEXTCLOUD_URL": self.cloud_url,
            "NEXTCLOUD_USER": self.bot_name,
            "NEXTCLOUD_APP_PASSWORD": self.cloud.app_password(self.bot_name),
            "NEXTCLOUD_PASSWORD": CLOUD_PASSWORD,
            "NEXTCLOUD_ACCOUNTS": "bot",
            "TRUSTED_CLOUDS": "127.0.0.1",
        }

    def _mail_settings(self) -> dict[str, str]:
        if not self.mails:
            return {}
        return {"SMTP_URL": f"smtp://127.0.0.1:{self.mails.port}", "MAIL_FROM": f"{self.bot_name}@example.org"}

    def _site_settings(self) -> dict[str, str]:
        if not self.site:
            return {}
        return {"WORDPRESS_URL": self.site_url, "WORDPRESS_USER": BOT, "WORDPRESS_APP_PASSWORD": self.site.password}

    def _odoo_settings(self) -> dict[str, str]:
        if not self.odoo:
            return {}
        return {"ODOO_URL": self.odoo.url, "ODOO_DATABASE": self.odoo.database, "ODOO_API_KEY": ODOO_KEY}

    async def _stop_bot(self) -> None:
        """Whichever serves the lieu by now."""
        await self.bot.stop()

    async def stop(self) -> None:
        await self._stack.aclose()


class EmbeddedLieu(Lieu):
    """Everything, servers included, lives in `folder`; `stop` leaves no process behind."""

    accounts: SsoAccounts

    def __init__(self, folder: Path, *, version: str = "34.0.1", name: str = "Le lieu", **synapse: Any) -> None:
        super().__init__(folder, cloud=StandIn(version))
        self.house = House(folder, name=name, **synapse)
        self.synapse, self.mails = self.house.synapse, self.house.mails

    async def start(self, told: Callable[[str], None] = lambda part: None) -> None:
        self.house.told = told
        await self._stack.enter_async_context(self.house)
        self.accounts = SsoAccounts(self.house.sso)
        await super().start(told)

    def parts(self) -> list[Part]:
        """The processes that must live as long as the lieu does, once they are started."""
        sso, synapse = self.house.sso, self.synapse
        return [
            Part("Synapse", synapse.is_alive, synapse.log),
            Part("Canaille", sso.is_alive, sso.log),
            Part("the bot", self.bot.is_alive, self.bot.log),
        ]
