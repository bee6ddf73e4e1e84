"""Two lieux of one bot, with services of their own or the same: nothing of the way into one reaches the other.

Anne keeps La Rosée, in French; Berthe keeps Le Phare, in English.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from email.headerregistry import Address
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.lieux import Lieu
from bot.services.directory import DIRECTORY
from bot.services.mail import MAIL
from bot.services.tenancy import Services
from bot.web import site
from integrations.mail import Mail, smtp_server
from tests.servers.mail_server import MailServer
from tests.servers.mailcatcher import Mail as Seen
from tests.stage.furnished_lieux import ANNE, BERTHE, lieu
from tests.stage.lieu_services import QUICK
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.stage import FakeRoom, Stage
from tests.stage.visitor import Visitor, serving
from tests.tiers import either

PAGES = "https://bienvenue.lieu.fr/chez"
ROSEE, PHARE = "La Rosée", "Le Phare"
HER, OTHER = "Zoé Martin zoe@exemple.fr", "Noah Reed noah@exemple.fr"
BOTH = pytest.mark.parametrize(("name", "other"), [(ROSEE, PHARE), (PHARE, ROSEE)])


@dataclass
class House:
    """One lieu, and what serves it."""

    name: str
    concierge: str
    directory: MemoryDirectory
    mail_server: MailServer
    rooms: dict[str, FakeRoom] = field(default_factory=dict)


@dataclass
class Two:
    stage: Stage
    houses: dict[str, House]
    visitor: Visitor

    @property
    def is_shared(self) -> bool:
        return self.houses[ROSEE].mail_server is self.houses[PHARE].mail_server

    async def lieu(self, name: str) -> Lieu:
        space = self.houses[name].rooms["space"].room_id
        return next(one for one in await self.stage.bot.lieux.all() if one.space == space)

    async def page(self, name: str) -> str:
        return await self.stage.bot.page_addresses.of_lieu(await self.lieu(name))

    def office(self, name: str) -> str:
        return self.houses[name].rooms["office"].room_id

    async def says(self, name: str, *lines: str) -> None:
        for line in lines:
            await self.stage.write(self.houses[name].concierge, self.office(name), line)

    async def invites(self, name: str, guest: str) -> Seen:
        """The mail that somebody gets who is invited."""
        self.stage.world.nobodys |= {"@zoe.martin:lieu.fr", "@noah.reed:lieu.fr"}
        await self.says(name, f"!inviter {guest}", "oui" if name == ROSEE else "yes")
        return self.mails(name, guest.rsplit(maxsplit=1)[-1])[-1]

    async def asked(self, name: str, email: str) -> None:
        await self.visitor.open(await self.page(name))
        await self.visitor.press(self.button(name), name="Lou", email=email, word="")

    def button(self, name: str) -> str:
        return "Demander à venir" if name == ROSEE else "Ask to come"

    def mails(self, name: str, to: str = "") -> list[Seen]:
        return [mail for mail in self.houses[name].mail_server.mails if not to or to in mail.to]

    async def status(self, page: str, *further: str) -> int:
        await self.visitor.open("/".join((page, *further)))
        return self.visitor.status


@pytest.fixture(params=either("own", "shared"))
async def two(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Two]:
    async with AsyncExitStack() as stack:
        houses, own = dict[str, House](), dict[str, Services]()
        common: tuple[MemoryDirectory, MailServer] | None = None
        for name, concierge in ((ROSEE, ANNE), (PHARE, BERTHE)):
            if common is None or request.param == "own":
                common = MemoryDirectory(), await stack.enter_async_context(MailServer().running())
                sender = Address("", f"bot{len(own)}", "lieu.fr")
                parts = {DIRECTORY: common[0], MAIL: Mail(smtp_server(common[1].address()), sender, patience=QUICK)}
                services = Services(parts)
            houses[name] = House(name, concierge, *common)
            own[name] = services
        stage = await Stage.open(tmp_path, Services(own=own), public_url=PAGES, page_key=b"k" * 32)
        stack.push_async_callback(stage.close)
        for name, house in houses.items():
            house.rooms = await lieu(stage, name, house.concierge)
            house.rooms["space"].join, house.rooms["space"].topic = "knock", f"Ce qu’est {name}"
            own[house.rooms["space"].room_id] = own.pop(name)
        found = Two(stage, houses, Visitor(stage, await stack.enter_async_context(serving(stage, PAGES))))
        phare = await found.lieu(PHARE)
        await stage.bot.lieux.choose(phare.id, language="en", hours="Mo–Fr: 9–12", hours_note="Ring twice")
        await stage.bot.lieux.choose((await found.lieu(ROSEE)).id, approval=False)
        yield found


# -- pages


@BOTH
async def test_a_page_says_nothing_of_the_other(two: Two, name: str, other: str) -> None:
    assert await two.status(await two.page(name)) == 200
    page = two.visitor.html
    assert name in page
    assert other not in page
    assert urlsplit(await two.page(other)).path not in page
    assert ('lang="fr"' in page) is (name == ROSEE)
    assert ("Ring twice" in page) is (name == PHARE)


@BOTH
async def test_a_newcomers_page_is_of_one_lieu(two: Two, name: str, other: str) -> None:
    link = (await two.invites(name, HER)).link("/bienvenue/")
    assert link.startswith(f"{await two.page(name)}/")
    assert await two.status(link) == 200
    assert other not in two.visitor.html
    token = link.rpartition("/")[2]
    assert await two.status(await two.page(other), "bienvenue", token) == 404
    assert "Zoé" not in two.visitor.html
    for kind in ("demande", "proof"):
        assert await two.status(await two.page(name), kind, token) == 404


@BOTH
async def test_a_password_is_chosen_in_the_directory_of_its_lieu(two: Two, name: str, other: str) -> None:
    links = {
        each: (await two.invites(each, guest)).link("/bienvenue/") for each, guest in ((name, HER), (other, OTHER))
    }
    assert two.houses[name].directory.mails == []
    await two.visitor.open(links[name])
    await two.visitor.press()
    assert two.houses[name].directory.mails == ["zoe@exemple.fr"]
    assert "noah@exemple.fr" not in two.houses[other].directory.mails


# -- mails


@BOTH
async def test_a_mail_is_of_one_lieu(two: Two, name: str, other: str) -> None:
    """Its server, its name, its language, its links."""
    mail = await two.invites(name, HER)
    everything = mail.message.as_string() + mail.text + str(mail.message["From"])
    assert other not in everything
    assert (await two.page(other)) not in everything
    assert name in str(mail.message["From"])
    assert ("Rejoindre" in mail.text) is (name == ROSEE)
    if not two.is_shared:
        assert two.mails(other) == []
        assert str(mail.message["From"].addresses[0].addr_spec) == f"bot{int(name == PHARE)}@lieu.fr"


async def test_a_mail_server_that_is_away_holds_up_its_lieu_alone(two: Two) -> None:
    waits = [] if two.is_shared else [("noah@exemple.fr",)]
    two.houses[ROSEE].mail_server.answers = {"MAIL": "451 4.3.2 Try again later"}
    await two.says(ROSEE, f"!inviter {HER}", "oui")
    await two.says(PHARE, f"!inviter {OTHER}", "yes")
    assert [mail.to for mail in two.mails(PHARE)] == waits
    assert not two.mails(ROSEE, "zoe@exemple.fr")
    two.houses[ROSEE].mail_server.answers = {}
    await two.stage.wait(1 / 24)
    assert len(two.mails(ROSEE, "zoe@exemple.fr")) == len(two.mails(PHARE, "noah@exemple.fr")) == 1


# -- who asks to come


@BOTH
async def test_who_asks_one_lieu_is_a_card_in_one_conciergerie(two: Two, name: str, other: str) -> None:
    before = len(two.stage.said(two.office(other)))
    await two.asked(name, "lou@exemple.fr")
    (mail,) = two.mails(name, "lou@exemple.fr")
    link = mail.link("/demande/")
    assert other not in mail.text + str(mail.message["From"])
    assert await two.status(await two.page(other), "demande", link.rpartition("/")[2]) == 404
    await two.visitor.open(link)
    await two.visitor.press()
    assert "lou@exemple.fr" in two.stage.said(two.office(name))[-1].replace("\u200c", "")
    assert len(two.stage.said(two.office(other))) == before
    await two.stage.click(two.houses[other].concierge, two.office(name), "✅")
    assert len(two.mails(name, "lou@exemple.fr")) == 1, "a concierge of the other lieu decides nothing here"
    await two.stage.click(two.houses[name].concierge, two.office(name), "✅")
    link = two.mails(name, "lou@exemple.fr")[-1].link("/bienvenue/")
    assert link.startswith(f"{await two.page(name)}/")
    assert len(two.stage.said(two.office(other))) == before


@BOTH
async def test_a_form_that_was_given_out_by_one_is_taken_by_no_other(two: Two, name: str, other: str) -> None:
    await two.asked(name, "lou@exemple.fr")
    two.visitor.path = urlsplit(await two.page(other)).path
    two.visitor.sent["email"] = "max@exemple.fr"
    await two.visitor.send_again()
    assert two.visitor.status == 422
    assert two.mails(other, "max@exemple.fr") == []


@BOTH
async def test_whoever_asks_one_lieu_asks_the_other_too(two: Two, name: str, other: str) -> None:
    """Declined here, they are nobody there."""
    await two.asked(name, "lou@exemple.fr")
    await two.visitor.open(two.mails(name, "lou@exemple.fr")[-1].link("/demande/"))
    await two.visitor.press()
    await two.stage.click(two.houses[name].concierge, two.office(name), "❌")
    before = len(two.mails(other, "lou@exemple.fr"))
    await two.asked(other, "lou@exemple.fr")
    assert two.mails(other, "lou@exemple.fr")[before:][0].link("/demande/").startswith(f"{await two.page(other)}/")


async def test_a_crowd_at_one_door_stands_in_the_way_of_no_other(two: Two) -> None:
    """From one network, on the open day of La Rosée; and once its form takes no more, that of Le Phare still does."""
    for n in range(site.ASKS + 1):
        await two.asked(ROSEE, f"lou{n}@exemple.fr")
    assert two.visitor.status == 429
    await two.asked(PHARE, "max@exemple.fr")
    assert two.visitor.status == 200
    for n in range(40):
        two.visitor.headers["X-Forwarded-For"] = f"192.0.2.{n}"
        await two.asked(ROSEE, f"ana{n}@exemple.fr")
    assert two.visitor.status == 429
    await two.asked(PHARE, "nora@exemple.fr")
    assert two.visitor.status == 200
    assert len(two.mails(PHARE, "nora@exemple.fr")) == 1


async def test_a_form_that_one_closed_is_open_at_the_other(two: Two) -> None:
    await two.stage.bot.lieux.choose((await two.lieu(ROSEE)).id, form_closed=True)
    await two.visitor.open(await two.page(ROSEE))
    assert two.button(ROSEE) not in two.visitor.html
    await two.visitor.open(await two.page(PHARE))
    assert two.button(PHARE) in two.visitor.html


# -- a lieu that leaves, or is called otherwise


@BOTH
async def test_of_a_lieu_that_left_no_page_is_left_and_the_other_stays(two: Two, name: str, other: str) -> None:
    links = [(await two.invites(each, guest)).link("/bienvenue/") for each, guest in ((name, HER), (other, OTHER))]
    await two.asked(name, "lou@exemple.fr")
    asked, page = two.mails(name, "lou@exemple.fr")[-1].link("/demande/"), await two.page(name)
    sent = len(two.mails(name)), len(two.houses[name].directory.mails)
    await two.stage.bot.lieux.left((await two.lieu(name)).space, two.stage.clock.now())
    for gone in (page, links[0], asked):
        assert await two.status(gone) == 404
        assert name not in two.visitor.html
        two.visitor.sent = {}
        await two.visitor.send_again()
        assert two.visitor.status == 404
    assert (len(two.mails(name)), len(two.houses[name].directory.mails)) == sent
    assert await two.status(links[1]) == 200
    assert await two.status(await two.page(other)) == 200


async def test_a_lieu_that_takes_the_others_name_takes_no_page_of_it(two: Two) -> None:
    """Its poster still leads to Le Phare; La Rosée, which is called so from now on, keeps its own page too."""
    pages = await two.page(ROSEE), await two.page(PHARE)
    rosee, phare = await two.lieu(ROSEE), await two.lieu(PHARE)
    for space, called in ((rosee.space, PHARE), (phare.space, "The Lighthouse")):
        await two.stage.bot.lieux.create(space, called, language="fr", zone="Europe/Paris", now=1, rename=True)
    assert (await two.page(ROSEE), await two.page(PHARE)) == pages
    assert await two.status(pages[1]) == 200
    assert "The Lighthouse" in two.visitor.html
    assert "Ring twice" in two.visitor.html
