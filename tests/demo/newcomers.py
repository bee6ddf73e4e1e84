"""How newcomers come: with an e-mail that becomes an account, or with the Matrix address that they have already."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Protocol

from tests.demo.actor import Line
from tests.servers.house import House
from tests.servers.person import Person
from tests.servers.synapse import Synapse

Script = tuple[tuple[str, str], ...]


class Newcomer(Protocol):
    """`invited_as` follows `!inviter`; `named` and `extra` are the questions about the name and about an account,
    where the bot has to ask them."""

    name: str
    login: str
    email: str

    @property
    def user_id(self) -> str: ...
    @property
    def invited_as(self) -> str: ...
    @property
    def named(self) -> Script: ...
    @property
    def extra(self) -> Script: ...
    async def arrive(self, line: Line) -> Person: ...


@dataclass
class ByMail:
    """They have an e-mail: the mail of the SSO leads to a password, and that to Matrix."""

    house: House
    name: str = "Zoé Martin"
    login: str = "zoe.martin"
    email: str = "zoe@example.org"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    named: Script = ()  # whoever invited them said it
    extra: Script = ()

    @property
    def user_id(self) -> str:
        return self.house.synapse.user_id(self.login)

    @property
    def invited_as(self) -> str:
        return f"{self.name} {self.email}"

    async def arrive(self, line: Line) -> Person:
        await self.house.choose_password(self.email, self.password)
        line("e-mail, Zoé", "La Rosée", self.house.mails.messages[-1].subject)
        line("e-mail, Zoé", "Zoé", "(suit le lien, choisit un mot de passe, se connecte à Matrix avec)")
        return await self.house.sign_in(self.login, self.password)


@dataclass
class ByAddress:
    """They are on Matrix already, at `synapse`; `has_account` where the lieu gives accounts, and asks for what it
    needs."""

    synapse: Synapse
    login: str
    has_account: bool = False
    name: str = "Zoé Martin"
    named: Script = (("welcome.name", "Zoe"),)

    @property
    def email(self) -> str:
        return f"{self.login}@example.org"

    @property
    def user_id(self) -> str:
        return self.synapse.user_id(self.login)

    @property
    def invited_as(self) -> str:
        return self.user_id

    @property
    def extra(self) -> Script:
        asked = (("welcome.login", self.login), ("welcome.email", self.email))
        return asked if self.has_account else ()

    async def arrive(self, line: Line) -> Person:
        return Person(self.synapse, await self.synapse.login(self.login))
