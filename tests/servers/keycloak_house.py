"""A homeserver whose people sign in through Keycloak's stand-in, which keeps the mails that it would send; and the
lieu's own mail."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from tests.servers.canaille_visitor import CanailleVisitor
from tests.servers.keycloak_pages import KeycloakPages
from tests.servers.mailcatcher import MailCatcher
from tests.servers.person import Person
from tests.servers.sign_in import sso_sign_in
from tests.servers.synapse import Synapse


class KeycloakHouse:
    """`async with KeycloakHouse(folder) as house:` starts everything."""

    def __init__(self, folder: Path) -> None:
        self.mails, self.sso = MailCatcher(), KeycloakPages()
        self.synapse = Synapse(folder / "synapse", oidc=self.sso.matrix)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> KeycloakHouse:
        try:
            for server in (self.mails, self.sso, self.synapse):
                await self._stack.enter_async_context(server)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def choose_password(self, email: str, password: str) -> None:
        """Follow the link of the first-password mail, as the newcomer does."""
        mail = next(mail for mail in reversed(self.sso.mails) if mail.person.email == email)
        assert self.sso.follow(mail, password)

    async def sign_in(self, login: str, password: str) -> Person:
        """Somebody who signs in to Matrix through the SSO; use as `async with`."""
        async with CanailleVisitor(self.sso.at) as visitor:
            return Person(self.synapse, await sso_sign_in(self.synapse, visitor, login, password))
