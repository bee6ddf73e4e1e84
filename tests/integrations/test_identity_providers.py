"""Accounts of elsewhere that open the lieu's SSO: what truly leads where, on a real Synapse and real Canailles.

Canaille has no providers behind it: that it is told which one is wanted is seen in the address, as Keycloak takes it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.matrix.backoff import Unreached
from bot.matrix.client import Client
from bot.matrix.facts import Facts
from integrations.directory.scim import connect
from integrations.identity_providers import IdentityProvider, IdentityProviders
from tests.servers import synapse_config
from tests.servers.canaille import Canaille, CanailleVisitor
from tests.servers.mailcatcher import MailCatcher
from tests.servers.plain_http import plain_http
from tests.servers.sign_in import APP, browsers_trust_loopback
from tests.servers.synapse import Synapse

PASSWORD, WRONG = "un-long-mot-de-passe", "un-tout-autre-mot-de-passe"
PAGE = "http://localhost/la-rosee/bienvenue"


@dataclass
class Doors:
    """A homeserver with three buttons: the lieu's `sso`, the same one asked for an account of elsewhere, and another
    SSO altogether."""

    synapse: Synapse
    sso: Canaille
    another: Canaille
    mails: MailCatcher
    page: str  # the client that may come back to PAGE

    @property
    def address(self) -> str:
        asked = f"client_id={self.page}&response_type=code&scope=openid&nonce=1"
        return f"{self.sso.url}/oauth/authorize?{asked}&redirect_uri={{back}}&kc_idp_hint={{provider}}"

    async def newcomer(self, login: str, at: Canaille) -> None:
        directory = connect(at.scim_url, token_url=at.token_url, client_id=at.bot.id, client_secret=at.bot.secret)
        email = f"{login}.{at.port}@example.org"
        await directory.ensure_account(login, "Zoé Martin", email)
        await directory.start_first_login(login)
        await directory.close()
        async with CanailleVisitor(at.url) as visitor:
            mail = await self.mails.next_mail(email, containing="/reset/")
            await visitor.set_password(mail.link("/reset/"), PASSWORD)

    def start(self, button: str = "") -> str:
        """What a Matrix client opens when somebody presses a button, or begins without one."""
        path = f"/_matrix/client/v3/login/sso/redirect{f'/{button}' if button else ''}"
        return f"{self.synapse.base_url}{path}?{urlencode({'redirectUrl': APP})}"

    async def enters_as(self, visitor: CanailleVisitor, button: str, login: str, password: str) -> str:
        """The Matrix account in which it ends."""
        browsers_trust_loopback(visitor)
        back = await visitor.sign_in(self.start(button), login, password)
        token = parse_qs(urlsplit(back).query)["loginToken"][0]
        made = await self.synapse.call("POST", "/_matrix/client/v3/login", {"type": "m.login.token", "token": token})
        return str(made["user_id"])


def provider(sso: Canaille, id: str, name: str, client: Any, **more: Any) -> dict[str, Any]:
    return synapse_config.oidc(sso.issuer, client.id, client.secret) | {"idp_id": id, "idp_name": name} | more


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with AsyncExitStack() as stack:
        folder = tmp_path_factory.mktemp("doors")
        mails = await stack.enter_async_context(MailCatcher())
        houses = [Canaille(folder / name, smtp_port=mails.port) for name in ("sso", "another")]
        sso, another = [await stack.enter_async_context(house) for house in houses]
        synapse = Synapse(folder / "synapse")
        callback = [f"{synapse.base_url}/_synapse/client/oidc/callback"]
        # A client for each: Canaille gives the same token twice in a second, and stumbles over it.
        own, again, other = [await house.register("Matrix", callback) for house in (sso, sso, another)]
        hint = {"additional_authorization_parameters": {"kc_idp_hint": "renater"}, "allow_existing_users": True}
        synapse.oidc_providers = [
            provider(sso, "sso", "Le comptoir", own, allow_existing_users=True),
            provider(sso, "renater", "Compte universitaire", again, **hint),
            provider(another, "another", "Une autre maison", other),
        ]
        page = await sso.register("Bienvenue", [PAGE])
        await stack.enter_async_context(synapse)
        yield Doors(synapse, sso, another, mails, page.id)


async def test_the_homeserver_names_its_buttons_and_each_leads_straight_on(doors: Doors, tmp_path: Path) -> None:
    await doors.synapse.register("bot")
    client = await Client.open(
        doors.synapse.base_url, doors.synapse.user_id("bot"), tmp_path, password="password-of-bot"
    )
    told = await Facts(client, Unreached()).sign_in()
    await client.close()
    assert told["providers"] == ["Le comptoir", "Compte universitaire", "Une autre maison"]
    async with plain_http() as browser:
        asked = await browser.get(doors.start(), follow_redirects=True)
        assert asked.url.path == "/_synapse/client/pick_idp"  # what opens without a button asks for one
        assert all(name in asked.text for name in told["providers"])
        to = httpx.URL((await browser.get(doors.start("oidc-renater"))).headers["location"])
    assert (to.host, to.port, to.params["kc_idp_hint"]) == ("127.0.0.1", doors.sso.port, "renater")


async def test_two_buttons_of_one_sso_open_the_same_account(doors: Doors) -> None:
    await doors.newcomer("zoe", doors.sso)
    for button in ("oidc-sso", "oidc-renater"):
        async with CanailleVisitor(doors.sso.url) as visitor:
            assert await doors.enters_as(visitor, button, "zoe", PASSWORD) == doors.synapse.user_id("zoe")


async def test_the_same_name_at_another_sso_is_somebody_else(doors: Doors) -> None:
    """Whom nobody has invited: such a button is not named on the page of an account of the lieu."""
    await doors.newcomer("lou", doors.sso)
    await doors.newcomer("lou", doors.another)
    async with CanailleVisitor(doors.sso.url) as visitor:
        assert await doors.enters_as(visitor, "oidc-sso", "lou", PASSWORD) == doors.synapse.user_id("lou")
    async with CanailleVisitor(doors.another.url) as visitor:
        assert await doors.enters_as(visitor, "oidc-another", "lou", PASSWORD) != doors.synapse.user_id("lou")


async def test_whoever_comes_from_the_page_is_asked_nothing_more(doors: Doors) -> None:
    """The page's button signs in at the SSO, whose session is enough for the homeserver: a wrong password is not even
    looked at."""
    await doors.newcomer("awa", doors.sso)
    ((_, way),) = IdentityProviders([IdentityProvider("renater", "")], doors.address, PAGE).ways(PAGE)
    async with CanailleVisitor(doors.sso.url) as visitor:
        back = await visitor.sign_in(way, "awa", PASSWORD)
        assert back.startswith(PAGE)
        assert await doors.enters_as(visitor, "oidc-sso", "", WRONG) == doors.synapse.user_id("awa")


# -- what doctor sees of it


async def found(providers: IdentityProviders) -> list[tuple[str, bool]]:
    return [(finding.code, finding.ok) for finding in await providers.check()]


async def test_an_sso_that_leads_on(doors: Doors) -> None:
    renater = [IdentityProvider.called("renater")]
    assert await found(IdentityProviders(renater, doors.address, PAGE)) == [("identity-providers", True)]
    assert await found(IdentityProviders(renater, doors.address)) == [("identity-providers-later", True)]
    assert await found(IdentityProviders(renater)) == [("identity-providers-buttons", True)]
    assert await found(IdentityProviders()) == []


@asynccontextmanager
async def keycloak(*known: str) -> AsyncIterator[str]:
    """As 26.7.3 does (`directory/test_real_keycloak.py`): it sends on to a provider that it knows, shows its own page
    for another, and refuses a client that may not come back there."""

    async def authorize(request: web.Request) -> web.Response:
        if request.query["redirect_uri"] != PAGE:
            raise web.HTTPBadRequest
        if (hint := request.query["kc_idp_hint"]) in known:
            raise web.HTTPSeeOther(f"/realms/lieu/broker/{hint}/login?session_code=1")
        return web.Response(text="<form></form>", content_type="text/html")

    application = web.Application()
    application.router.add_get("/realms/lieu/protocol/openid-connect/auth", authorize)
    async with TestServer(application) as server:
        yield str(server.make_url("/realms/lieu/protocol/openid-connect/auth"))


async def test_a_provider_that_keycloak_does_not_know_is_said_not_to_be_sure() -> None:
    providers = [IdentityProvider.called(alias) for alias in ("renater", "renatter")]
    async with keycloak("renater") as url:
        address = f"{url}?client_id=b&redirect_uri={{back}}&kc_idp_hint={{provider}}"
        assert await found(IdentityProviders(providers, address, PAGE)) == [
            ("identity-providers", True),
            ("identity-providers-page", True),
        ]
        refused = IdentityProviders(providers[:1], address, f"{PAGE}/elsewhere")
        assert await found(refused) == [("identity-providers-refused", False)]
    assert await found(IdentityProviders(providers[:1], address, PAGE)) == [("identity-providers-nobody", False)]


def test_what_is_asked_for_stays_in_its_place() -> None:
    """Neither the name of a provider nor the address of a page can say anything else to the SSO."""
    hostile = IdentityProvider("a&prompt=none{back}", "x")
    ((_, address),) = IdentityProviders([hostile], "https://s.example/?h={provider}&r={back}").ways(f"{PAGE}?a=1&b=2")
    assert parse_qs(urlsplit(address).query) == {"h": ["a&prompt=none{back}"], "r": [f"{PAGE}?a=1&b=2"]}
    assert quote(PAGE, safe="") in address
