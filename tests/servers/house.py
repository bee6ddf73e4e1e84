"""A lieu's servers together: a homeserver whose people sign in through an SSO, and the mail that the SSO sends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.servers.canaille import Canaille, CanailleVisitor, LinkExpired
from tests.servers.mailcatcher import MailCatcher
from tests.servers.person import Person
from tests.servers.sign_in import sso_sign_in, trust
from tests.servers.synapse import Synapse


class House:
    """`async with House(folder) as house:` starts everything; `options` are those of `Synapse`.

    `name` is what the mails call the lieu; `told` hears the name of each server when its turn comes.
    """

    def __init__(self, folder: Path, *, name: str = "Le lieu", **options: Any) -> None:
        self.mails = MailCatcher()
        self.synapse = Synapse(folder / "synapse", **options)
        self.sso: Canaille
        self.told: Callable[[str], None] = lambda part: None
        self._folder, self._name = folder, name
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> House:
        try:
            await self._stack.enter_async_context(self.mails)
            self.told("Canaille")
            self.sso = Canaille(self._folder / "sso", smtp_port=self.mails.port, name=self._name)
            await self._stack.enter_async_context(self.sso)
            await trust(self.synapse, self.sso)
            self.told("Synapse")
            await self._stack.enter_async_context(self.synapse)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def choose_password(self, email: str, password: str) -> None:
        """Follow the link of the first-password mail, as the newcomer does: the newest, where an older one is dead.

        A bot that died after the mail and before its own note of it sends another.
        """
        async with CanailleVisitor(self.sso.url) as visitor:
            while True:
                mail = await self.mails.next_mail(email, containing="/reset/")
                try:
                    return await visitor.set_password(mail.link("/reset/"), password)
                except LinkExpired:
                    continue

    async def sign_in(self, login: str, password: str) -> Person:
        """Somebody who signs in to Matrix through the SSO; use as `async with`."""
        async with CanailleVisitor(self.sso.url) as visitor:
            return Person(self.synapse, await sso_sign_in(self.synapse, visitor, login, password))
