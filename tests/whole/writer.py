"""Newcomers who want to write on the lieu's site: the question of its path that opens an account there, and what they
do with it."""

from __future__ import annotations

import re
import secrets

from tests.demo.actor import PATIENCE
from tests.demo.newcomers import ByMail
from tests.demo.place import Place
from tests.demo.welcome import Welcome
from tests.servers.person import Heard
from tests.servers.wordpress_visitor import WordPressVisitor

WRITES = "Veux-tu écrire sur notre site ?"
QUESTION = (
    ("path.text", WRITES),
    ("path.label", "site"),
    ("path.kind", "oui ou non"),
    ("path.optional", "oui"),
    ("path.opens-yes", "oui"),
    ("path.opens-rooms", "rien"),
    ("path.group", "passer"),
    ("path.right", "pas de dossier"),
    ("path.account", "publier"),
    ("path.task", "passer"),
    ("path.summary", "✅"),
)


async def asks_for_writers(place: Place) -> None:
    """The concierge adds the question to the path."""
    await place.anne.says(place.office, "!parcours ajouter")
    await place.anne.converses(place.office, QUESTION)
    await place.anne.hears(place.office, "path.kept")


class Writer(Welcome):
    """Somebody who is welcomed, and wants to write on the site, which they open with `browser`."""

    newcomer: ByMail

    def __init__(self, place: Place, newcomer: ByMail, browser: WordPressVisitor) -> None:
        super().__init__(place, newcomer)
        self.browser, self.password = browser, secrets.token_urlsafe(12)

    async def comes(self) -> None:
        """From the mail to the rooms."""
        await self.answers()
        await self.approve()
        await self.zoe.hears(self.direct, "talk.opening.wordpress")

    async def answers(self) -> None:
        """All questions, but that of whether they may come in."""
        await self.invite()
        await self.arrive()
        zoe, direct = self.zoe, self.direct
        await zoe.converses(direct, (("welcome.charter", "✅"), ("welcome.wish", "passer")))
        question = await zoe.person.next(direct, _asks, PATIENCE)
        await zoe.person.react(direct, question.event_id, "✅")
        await zoe.converses(direct, (("welcome.introduced", "❌"), ("welcome.summary", "✅")))

    async def opens_the_site(self) -> None:
        """Where the bot has told them to choose a password; a program of theirs has one too."""
        told = next(one.body for one in reversed(self.zoe.person.messages(self.direct)) if "lostpassword" in one.body)
        page = re.search(r"https?://\S+lostpassword", told)
        assert page
        await self.browser.choose_password(page[0], self.newcomer.email, self.password)
        assert await self.browser.signs_in(self.newcomer.login, self.password)
        await self.browser.makes_application_password()


def _asks(one: Heard) -> bool:
    return WRITES in one.body and not one.replaces
