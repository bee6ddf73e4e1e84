"""A lieu without any SSO, whose accounts are those of its homeserver: from the mail by a page in a browser to the first
message, a pause, and a departure. What somebody chose as their password is nowhere but on the homeserver."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.demo.actor import Line
from tests.demo.newcomers import Script
from tests.demo.play import Play
from tests.servers.accounts import HomeserverAccounts
from tests.servers.chromium import PHONE
from tests.servers.lieu import Lieu
from tests.servers.mailcatcher import MailCatcher
from tests.servers.person import Person
from tests.servers.synapse import Synapse

from .conftest import LETTERS, Begin, Open, unique
from .test_departure import anne_sees


@dataclass
class ByOwnPage:
    """The lieu's mail leads to their page, where they choose their password in `browser`."""

    synapse: Synapse
    mails: MailCatcher
    browser: Page
    family: str = field(default_factory=lambda: secrets.token_hex(4).translate(LETTERS))
    password: str = field(default_factory=lambda: f"un chat {secrets.token_urlsafe(9)}")
    named: Script = ()
    extra: Script = ()
    page: str = ""

    @property
    def name(self) -> str:
        return f"Zoé {self.family.title()}"

    @property
    def login(self) -> str:
        return f"zoe.{self.family}"

    @property
    def email(self) -> str:
        return f"{self.login}@example.org"

    @property
    def user_id(self) -> str:
        return self.synapse.user_id(self.login)

    @property
    def invited_as(self) -> str:
        return f"{self.name} {self.email}"

    async def arrive(self, line: Line) -> Person:
        mail = await self.mails.next_mail(self.email, containing="/bienvenue/")
        self.page = mail.link("/bienvenue/")
        await self.browser.goto(self.page)
        assert await self.signs_in("") == "M_FORBIDDEN"
        await self.fills_in("trop court", "trop court.")
        assert "ne sont pas les mêmes" in await self.browser.get_by_role("alert").inner_text()
        assert await self.signs_in("trop court") == "M_FORBIDDEN"
        await self.fills_in(self.password, self.password)
        assert await self.done() == ["Choisis ton mot de passe"]
        assert self.login in await self.browser.get_by_role("main").inner_text()
        person = Person(self.synapse, await self.synapse.login(self.login, self.password))
        await self.browser.get_by_role("link", name="Où en suis-je").click()
        assert await self.done() == ["Choisis ton mot de passe", "Ouvre la discussion"]
        return person

    async def fills_in(self, password: str, again: str) -> None:
        await self.browser.get_by_label("Ton mot de passe").fill(password)
        await self.browser.get_by_label("Encore une fois").fill(again)
        await self.browser.get_by_role("button", name="Enregistrer mon mot de passe").click()

    async def done(self) -> list[str]:
        """The steps that the page shows as done."""
        titles = await self.browser.locator("li.done h2 > span:last-child").all_inner_texts()
        return [title.replace("fait", "").strip() for title in titles]

    async def signs_in(self, password: str) -> str:
        """« yes », or what the homeserver says to somebody who tries."""
        try:
            await self.synapse.login(self.login, password or " ")
        except RuntimeError as refusal:
            return next(word for word in str(refusal).split('"') if word.startswith("M_"))
        return "yes"


@pytest.fixture
async def mails() -> AsyncIterator[MailCatcher]:
    async with MailCatcher() as catcher:
        yield catcher


async def says(play: Play, words: str, *hears: str, clicks: str = "✅") -> None:
    anne, office = play.place.anne, play.place.office
    await anne.says(office, words)
    for heard in hears:
        await anne.hears(office, heard)
        await anne.clicks(office, clicks)


def kept(lieu: Lieu) -> Iterator[tuple[Path, bytes]]:
    """Every file that the bot wrote."""
    for file in (lieu.bot.log, *lieu.bot.data.rglob("*")):
        if file.is_file():
            yield file, file.read_bytes()


async def test_from_the_mail_to_the_departure(
    synapse: Synapse, mails: MailCatcher, open_lieu: Open, begin: Begin, open_page: Callable[..., Awaitable[Page]]
) -> None:
    accounts = HomeserverAccounts(synapse, await synapse.register(unique("inspectrice"), admin=True))
    lieu = await open_lieu(synapse, accounts=accounts, mails=mails, administers=True)
    zoe = ByOwnPage(synapse, mails, await open_page(PHONE, script=False))
    play = begin(lieu, zoe)
    for name, scene in play.acts()[:-1]:
        await play.play((name, scene))
    (account,) = await accounts.with_email(zoe.email)
    assert account.login == zoe.login

    await says(play, f"!compte suspendre {zoe.login}", "accounts.suspend")
    await anne_sees(play.place, "est suspendu")
    assert await zoe.signs_in(zoe.password) == "M_USER_LOCKED"
    await says(play, f"!compte rétablir {zoe.login}")
    await anne_sees(play.place, "est rétabli")
    assert await zoe.signs_in(zoe.password) == "yes"

    await play.place.entrust_rooms()
    anne, office = play.place.anne, play.place.office
    await anne.says(office, f"!départ {zoe.login}")
    await anne.hears(office, "departure.when")
    await anne.says(office, "tout de suite")
    await anne.hears(office, "departure.sure-account")
    await anne.clicks(office, "✅")
    await anne.hears(office, "departure.locked-account")
    assert await zoe.signs_in(zoe.password) == "M_USER_LOCKED"

    await lieu.bot.stop()
    assert any(file.name == "bot.sqlite" for file, _ in kept(lieu))
    for file, content in kept(lieu):
        assert zoe.password.encode() not in content, file
        assert b"trop court" not in content, file
    assert zoe.page.rpartition("/")[2] not in lieu.bot.log.read_text()
