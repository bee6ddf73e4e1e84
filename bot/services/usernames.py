"""Usernames for newcomers: what nobody has in any service of the lieu, and what says nothing about who has it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from bot.errors import Refused
from bot.lieux import Lieux
from bot.talk.ports import Facts
from integrations.directory import Directory, login_from
from integrations.lookalikes import alike
from integrations.nextcloud import Nextcloud
from integrations.reserved_names import is_reserved


def of_address(facts: Facts, person: str) -> str:
    """The account that somebody of the lieu's own homeserver has in its other services, where both come from the same
    SSO; empty where there is none. Who administers a service, or speaks for the house there, is somebody else."""
    login = facts.own_login(person)
    return "" if is_reserved(login) else login


@dataclass(frozen=True, slots=True)
class Usernames:
    lieux: Lieux
    facts: Facts
    directory: Directory
    cloud: Nextcloud | None

    async def is_free(self, login: str, own: str = "") -> bool:
        """Whether a newcomer may have it; `own` is theirs on the homeserver, which an SSO account of that name takes
        over: of anybody else it is taken, there and in the cloud, whose accounts the SSO opens."""
        if is_reserved(login) or await self._is_ours(login):
            return False
        if not await self.directory.is_free(login):
            return False
        if login != own and await self.facts.exists(self.facts.local(login)):
            return False
        return await self._is_free_in_cloud(login)

    def suggested(self, *names: str) -> str:
        """A username to propose, from the first of these names that makes a good one."""
        made = (login_from(name) for name in names)
        return next((login for login in made if login and not is_reserved(login)), "")

    async def _is_ours(self, login: str) -> bool:
        """The bot's, or what a lieu and its members are called by."""
        lieux = [name for lieu in await self.lieux.all() for name in (lieu.name, lieu.choices.group) if name]
        return any(alike(login, name) for name in (self.facts.own_login(self.facts.me), *lieux))

    async def _is_free_in_cloud(self, login: str) -> bool:
        if self.cloud is not None:
            with suppress(Refused):  # one that turns the bot away has nothing to say about it
                return await self.cloud.accounts.is_free(login)
        return True
