"""How newcomers come: with an e-mail that becomes an account, or with the Matrix address that they have already."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from tests.demo.actor import PATIENCE, Line
from tests.demo.page_text import page_text
from tests.servers.house import House
from tests.servers.keycloak_house import KeycloakHouse
from tests.servers.person import Person
from tests.servers.plain_http import plain_http
from tests.servers.synapse import Synapse

Script = tuple[tuple[str, str], ...]
AGAIN = 0.3  # seconds


class Newcomer(Protocol):
    """`invited_as` follows `!inviter`; `named` and `extra` are the questions about the name and about an account,
    where the bot has to ask them;
    `page` is the address of their own page, once a mail has told it."""

    name: str
    login: str
    email: str
    page: str

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
    """They have an e-mail: the lieu's mail leads to their page, that to a password, and this to Matrix."""

    house: House | KeycloakHouse
    name: str = "Zoé Martin"
    login: str = "zoe.martin"
    email: str = "zoe@example.org"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    named: Script = ()  # whoever invited them said it
    extra: Script = ()
    page: str = ""

    @property
    def user_id(self) -> str:
        return self.house.synapse.user_id(self.login)

    @property
    def invited_as(self) -> str:
        return f"{self.name} {self.email}"

    async def arrive(self, line: Line) -> Person:
        mail = await self.house.mails.next_mail(self.email, containing="/bienvenue/")
        line("e-mail, Zoé", "La Rosée", f"{mail.subject}\n\n{mail.text.strip()}")
        self.page = mail.link("/bienvenue/")
        line("e-mail, Zoé", "Zoé", "(ouvre sa page)")
        await self.ask_for_password(line)
        await self.house.choose_password(self.email, self.password)
        line("e-mail, Zoé", "La Rosée", self.house.mails.messages[-1].subject)
        line("e-mail, Zoé", "Zoé", "(suit le lien, choisit un mot de passe, se connecte à Matrix avec)")
        return await self.house.sign_in(self.login, self.password)

    async def ask_for_password(self, line: Line) -> None:
        """On the page."""
        async with plain_http(headers={"Accept-Language": "fr"}) as browser:
            shown = await self._answer(browser, "GET")
            line("page web, Zoé", "La Rosée", page_text(shown.text))
            line("page web, Zoé", "Zoé", "(demande le lien)")
            (await self._answer(browser, "POST")).raise_for_status()

    async def _answer(self, browser: httpx.AsyncClient, method: str) -> httpx.Response:
        """As people do where nobody answers: once more."""
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(httpx.TransportError):
                    answer = await browser.request(method, self.page)
                    if answer.status_code != 503:
                        return answer
                await asyncio.sleep(AGAIN)


@dataclass
class ByAddress:
    """They are on Matrix already, at `synapse`; `has_account` where the lieu gives accounts, and asks for what it
    needs."""

    synapse: Synapse
    login: str
    has_account: bool = False
    name: str = "Zoé Martin"
    page: str = ""
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
