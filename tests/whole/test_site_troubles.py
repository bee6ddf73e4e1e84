"""Arrivals and departures on a real site that is away, that breaks half-way, or where a stranger has the address: what
was promised is done once it can be, a concierge reads what is not, and nobody else's account is touched."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from tests.demo.actor import PATIENCE
from tests.demo.newcomers import ByMail
from tests.demo.place import HALL, Place
from tests.demo.sentences import plain
from tests.servers.accounts import KeycloakAccounts
from tests.servers.gate import Gate
from tests.servers.keycloak_house import KeycloakHouse
from tests.servers.lieu import Lieu
from tests.servers.nextcloud import StandIn
from tests.servers.person import Heard
from tests.servers.wordpress import WordPress
from tests.servers.wordpress_visitor import WordPressVisitor

from .conftest import unique, untold
from .test_departure import anne_sees, time_passes
from .writer import Writer, asks_for_writers

SOON = 1 / 24  # of a day: what is tried again is tried by then
Come = Callable[[], Awaitable[Writer]]


@dataclass
class Stage:
    """A lieu whose site is behind a `gate`."""

    site: WordPress
    gate: Gate
    lieu: Lieu
    place: Place

    async def roles(self, who: Writer) -> list[list[str]]:
        """Of each account that has their address."""
        return [account["roles"] for account in await self.site.accounts(who.newcomer.email)]

    async def asks(self, words: str, *answers: tuple[str, str]) -> None:
        await self.place.anne.says(self.place.office, words)
        await self.place.anne.converses(self.place.office, answers)

    async def comes_back(self) -> None:
        self.gate.is_open = True
        await time_passes(self.lieu, SOON)


@pytest.fixture(scope="module")
async def stage(
    keycloak_house: KeycloakHouse, wordpress: WordPress, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    house = keycloak_house
    async with AsyncExitStack() as stack:
        gate = await stack.enter_async_context(Gate(wordpress.port))
        services = {"cloud": StandIn(), "accounts": KeycloakAccounts(house.sso), "mails": house.mails}
        site = {"site": wordpress, "site_url": f"http://127.0.0.1:{gate.port}"}
        own = {"bot_name": unique("conciergerie"), "administers": True}
        lieu = Lieu(tmp_path_factory.mktemp("prairie"), house.synapse, **services, **site, **own)
        await stack.enter_async_context(lieu)
        await lieu.bot.start()
        place = Place(lieu, untold, unique("anne"), "La Prairie", rooms=(HALL,))
        stack.push_async_callback(place.end)
        await place.prepare()
        await place.install()
        await asks_for_writers(place)
        yield Stage(wordpress, gate, lieu, place)


@pytest.fixture
async def come(stage: Stage, keycloak_house: KeycloakHouse) -> AsyncIterator[Come]:
    """`zoe = await come()`: somebody new has answered all questions."""
    async with AsyncExitStack() as stack:

        async def come() -> Writer:
            login = unique("zoe")
            newcomer = ByMail(keycloak_house, login.title(), login, f"{login}@example.org")
            writer = Writer(stage.place, newcomer, await stack.enter_async_context(WordPressVisitor(stage.site)))
            await writer.answers()
            return writer

        yield come
        stage.gate.is_open = True
        stage.site.is_mended()


async def test_the_site_is_away_while_somebody_comes(stage: Stage, come: Come) -> None:
    """The other doors open; she is told that it takes longer, a concierge which service is away."""
    zoe = await come()
    await stage.gate.shut()
    await zoe.approve()
    await zoe.zoe.hears(zoe.direct, "talk.retry", "talk.retry-elsewhere")
    assert await stage.roles(zoe) == []
    await stage.place.anne.says(stage.place.office, "!état")
    await anne_sees(stage.place, "Le site du lieu : pas de réponse")
    await stage.comes_back()
    await zoe.zoe.hears(zoe.direct, "talk.opening.wordpress")
    assert await stage.roles(zoe) == [["author"]]
    await zoe.opens_the_site()


@pytest.mark.parametrize("hook", ["user_register", "rest_insert_user", "rest_after_insert_user"])
async def test_the_site_breaks_while_it_makes_an_account(stage: Stage, come: Come, hook: str) -> None:
    """Before it has the role that was asked for, or after; there is one account in the end, and it is the lieu's."""
    zoe = await come()
    stage.site.breaks_at(hook)
    await zoe.approve()
    await zoe.zoe.hears(zoe.direct, "talk.opening.wordpress")
    assert stage.site.has_broken
    assert await stage.roles(zoe) == [["author"]]
    await stage.place.anne.says(stage.place.office, f"!membres {zoe.newcomer.login}")
    await anne_sees(stage.place, "un compte, pour publier des articles")


async def test_a_stranger_has_the_address_on_the_site(stage: Stage, come: Come) -> None:
    """A concierge is told, as a task; the stranger's account stays what it was, at her departure too."""
    zoe = await come()
    await stage.site.adds(unique("stranger"), zoe.newcomer.email, "editor")
    await zoe.approve()
    await anne_sees(stage.place, "Le site a déjà un compte avec l’adresse")
    said = [plain(one.body) for one in zoe.zoe.person.messages(zoe.direct)]
    assert [words for words in said if "le site" in words] == []
    await stage.asks(f"!départ {zoe.newcomer.login} tout de suite", ("departure.sure-account", "✅"))
    await stage.place.anne.hears(stage.place.office, "departure.locked-account")
    assert await stage.roles(zoe) == [["editor"]]


async def test_the_site_is_away_while_somebody_goes(stage: Stage, come: Come) -> None:
    """All else is taken at once; the site when it is back, and that is told."""
    zoe = await come()
    await zoe.approve()
    await zoe.zoe.hears(zoe.direct, "talk.opening.wordpress")
    await zoe.opens_the_site()
    assert await zoe.browser.program() == "entre"
    article = await zoe.browser.publishes("Le jardin en novembre")
    await stage.gate.shut()
    await stage.asks(f"!départ {zoe.newcomer.login} tout de suite", ("departure.sure-account", "✅"))
    away = await stage.place.anne.person.next(stage.place.office, _is_partly_done, timeout=PATIENCE)
    assert "✗ Le site du lieu :" in plain(away.body)
    assert await stage.roles(zoe) == [["author"]]
    assert not (await KeycloakAccounts(zoe.newcomer.house.sso).with_email(zoe.newcomer.email))[0].active
    await stage.comes_back()
    await stage.place.anne.hears(stage.place.office, "departure.caught-up")
    assert await stage.roles(zoe) == [[]]
    assert await zoe.browser.program() == "rest_not_logged_in"
    assert (await stage.site.written(article)).status == "publish"


async def test_the_site_breaks_while_somebody_goes(stage: Stage, come: Come) -> None:
    """Their role is gone, and a program of theirs still has its password: that goes too, once it can."""
    zoe = await come()
    await zoe.approve()
    await zoe.zoe.hears(zoe.direct, "talk.opening.wordpress")
    await zoe.opens_the_site()
    stage.site.breaks_at("rest_after_insert_user")
    await stage.asks(f"!départ {zoe.newcomer.login} tout de suite", ("departure.sure-account", "✅"))
    await stage.place.anne.hears(stage.place.office, "departure.caught-up", "departure.locked-account")
    assert stage.site.has_broken
    assert await stage.roles(zoe) == [[]]
    assert await zoe.browser.program() == "rest_not_logged_in"


def _is_partly_done(heard: Heard) -> bool:
    return "n’est fait qu’en partie" in heard.body
