"""Whether a directory answers, as it is asked every few minutes: of servers that are stopped, started again, and had
something else in their place meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from ldap3.protocol.rfc4511 import LDAPMessage
from pyasn1.codec.ber import decoder, encoder

from bot.lieux import Lieu
from bot.services.directory import DIRECTORY
from bot.services.looks import ServiceLooks
from bot.services.service import host_of
from bot.services.tenancy import Services
from integrations.directory import Directory
from integrations.directory.keycloak import connect as connect_to_realm
from integrations.directory.ldap import Ldap
from integrations.directory.ldap_kinds import KINDS, below_base
from integrations.directory.mas import connect as connect_to_mas
from integrations.directory.scim import connect
from tests.servers.canaille import Canaille
from tests.servers.ill_server import IllServer
from tests.servers.keycloak import Keycloak
from tests.servers.keycloak_admin import KeycloakAdmin
from tests.servers.mas import AuthenticationService
from tests.servers.scim_server import ScimServer
from tests.servers.slapd import Slapd, ensure_installed

HTML, JSON = {"Content-Type": "text/html; charset=utf-8"}, {"Content-Type": "application/json"}
NONSENSE: Mapping[str, IllServer] = {
    "a proxy, nothing behind": IllServer(502),
    "a proxy that knows of nothing behind": IllServer(404, {"Content-Type": "text/plain"}, b"404 page not found"),
    "a page of a proxy": IllServer(404),
    "a captive portal": IllServer(200, HTML),
    "another service": IllServer(200, JSON, b'{"message": "welcome"}'),
    "a list": IllServer(200, JSON, b"[]"),
    "half an answer": IllServer(200, JSON, b'{"issuer": "ht'),
    "nothing": IllServer(200, JSON, b""),
    "broken within": IllServer(500, JSON, b'{"error": "x"}'),
    "no HTTP": IllServer(0, {}, b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01"),
}


@dataclass
class Place:
    """A server, which can be stopped and started again at the same address, and who asks it: `ask` with a password of
    ours, or with another one."""

    start: Callable[[], Awaitable[object]]
    stop: Callable[[], Awaitable[object]]
    port: Callable[[], int]
    ask: Callable[[bool], Directory]


@asynccontextmanager
async def slapd(folder: Path, kind: str = "openldap") -> AsyncIterator[Place]:
    if reason := await asyncio.to_thread(ensure_installed):
        pytest.skip(f"LDAP NOT TESTED: {reason}")

    def ask(known: bool) -> Directory:
        of_kind = KINDS[kind]
        return Ldap(
            server.url,
            bind_dn=server.bot_dn,
            password=server.bot_password if known else "another",
            users_dn=below_base(of_kind.users, server.bot_dn) or server.users_dn,
            groups_dn=below_base(of_kind.groups, server.bot_dn) or server.groups_dn,
            kind=of_kind,
        )

    async with Slapd(folder / "tree") as server:
        yield Place(server.start, server.stop, lambda: server.port, ask)


@asynccontextmanager
async def lemonldap(folder: Path) -> AsyncIterator[Place]:
    async with slapd(folder, "lemonldap") as place:
        yield place


@asynccontextmanager
async def scim2_server(_: Path) -> AsyncIterator[Place]:
    async with ScimServer() as server:
        yield Place(
            server.start,
            server.stop,
            lambda: server.port,
            lambda known: connect(server.url, token=server.token if known else "another"),
        )


@asynccontextmanager
async def canaille(folder: Path) -> AsyncIterator[Place]:
    def ask(known: bool) -> Directory:
        secret = server.bot.secret if known else "another"
        return connect(server.scim_url, token_url=server.token_url, client_id=server.bot.id, client_secret=secret)

    async with Canaille(folder, smtp_port=9) as server:
        yield Place(server.start, server.stop, lambda: server.port, ask)


@asynccontextmanager
async def scim_of_keycloak(_: Path) -> AsyncIterator[Place]:
    def ask(known: bool) -> Directory:
        secret = server.clients["bot"].secret if known else "another"
        return connect(server.scim_url, token_url=server.token_url, client_id="bot", client_secret=secret)

    async with Keycloak() as server:
        yield Place(server.__aenter__, server.__aexit__, lambda: server.port, ask)


@asynccontextmanager
async def keycloak(_: Path) -> AsyncIterator[Place]:
    def ask(known: bool) -> Directory:
        secret = server.clients["bot"].secret if known else "another"
        return connect_to_realm(server.at, "lieu", client_id="bot", client_secret=secret, mail_hours=72)

    async with KeycloakAdmin() as server:
        yield Place(server.__aenter__, server.__aexit__, lambda: server.port, ask)


@asynccontextmanager
async def mas(_: Path) -> AsyncIterator[Place]:
    def ask(known: bool) -> Directory:
        id, secret = server.client
        return connect_to_mas(server.url, id, secret if known else "another", homeserver="http://127.0.0.1:9")

    async with AuthenticationService() as server:
        server.administration.server_name = lambda: "lieu.fr"  # of a homeserver that nobody asks here
        yield Place(server.__aenter__, server.__aexit__, lambda: server.port, ask)


PLACES = {
    "openldap": slapd,
    "lemonldap": lemonldap,
    "scim2-server": scim2_server,
    "canaille": canaille,
    "keycloak, by SCIM": scim_of_keycloak,
    "keycloak": keycloak,
    "mas": mas,
}


class Hears:
    hears, last_sync = True, 0.0


async def state(directory: Directory) -> tuple[str, str]:
    looks, lieu = ServiceLooks(Services({DIRECTORY: directory}), Hears()), Lieu(1, "!1:lieu.fr", "La Rosée")
    (key,) = (one.key for one in looks.of(lieu, [lieu]) if one.name == "directory")
    look = (await looks.look([key]))[key]
    return look.state, look.cause


@pytest.fixture(params=PLACES)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with PLACES[request.param](tmp_path) as place:
        yield place


async def test_it_is_away_while_it_is_stopped_or_talks_nonsense_and_answers_again(place: Place) -> None:
    directory = place.ask(True)
    assert await state(directory) == ("answered", "")
    assert host_of(directory.url) in ("127.0.0.1", "localhost"), "where what it keeps is"
    await place.stop()
    assert await state(directory) == ("away", "nobody")
    for name, server in NONSENSE.items():
        async with server.running(port=place.port()):
            assert (await state(directory))[0] == "away", name
            fresh = place.ask(True)  # which has never seen it well
            assert (await state(fresh))[0] == "away", name
            await fresh.close()
    await place.start()
    assert await state(directory) == ("answered", "")
    await directory.close()


@pytest.mark.parametrize("kind", ["keycloak", "mas"])
async def test_where_everybody_is_told_enough_nobody_signs_in(kind: str, tmp_path: Path) -> None:
    """Nor is anything else asked, of which the bot would need a right."""
    server = IllServer(200, JSON, b'{"realm": "lieu", "issuer": "https://sso.example.org"}')
    asked = {"keycloak": "GET /realms/lieu HTTP/1.1", "mas": "GET /.well-known/openid-configuration HTTP/1.1"}
    async with server.running() as url:
        directory = (
            connect_to_realm(url, "lieu", client_id="bot", client_secret="s3cret", mail_hours=72)
            if kind == "keycloak"
            else connect_to_mas(url, "bot", "s3cret", homeserver=url)
        )
        assert await state(directory) == ("answered", "")
        await directory.close()
    assert server.asked == [asked[kind]]


async def test_a_page_to_sign_in_before_it_may_let_others_in(tmp_path: Path) -> None:
    """Only we are sent to it: what is behind is not known."""
    server = IllServer(302, {"Location": "https://sso.example.org/portail?rd=x"}, b"")
    async with server.running() as url:
        directory = connect_to_realm(url, "lieu", client_id="bot", client_secret="s3cret", mail_hours=72)
        assert await state(directory) == ("unknown", "")
        await directory.close()


@pytest.mark.parametrize("answer", [(404, b'{"error": "Realm does not exist"}'), (404, b'{"detail": "no SCIM here"}')])
async def test_what_is_written_wrongly_in_the_settings_is_no_outage(answer: tuple[int, bytes]) -> None:
    server = IllServer(answer[0], JSON, answer[1])
    async with server.running() as url:
        realm = connect_to_realm(url, "leiu", client_id="bot", client_secret="s3cret", mail_hours=72)
        scim = connect(f"{url}/scim/v3", token="t")
        found = [await state(one) for one in (realm, scim)]
        assert ("answered", "") in found
        assert found[1] == ("answered", "")
        for one in (realm, scim):
            await one.close()


async def test_a_password_that_is_not_known_any_more_is_no_outage(place: Place) -> None:
    """Whoever signs in there notices nothing: `doctor` and `!état` say that the bot is not let in."""
    directory = place.ask(False)
    for _ in range(2):
        assert await state(directory) == ("answered", "")
    (finding, *_) = await directory.check()
    assert (finding.code, finding.ok) == ("directory-credentials", False)
    await place.stop()
    assert await state(directory) == ("away", "nobody")
    await place.start()
    assert await state(directory) == ("answered", "")
    await directory.close()


async def test_a_password_that_ldap_refused_is_not_sent_every_few_minutes() -> None:
    """Where a policy counts failures, the bot's entry would be shut by its own looks, and stay so once it is mended."""
    heard: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            heard.append(data)
            message, _ = decoder.decode(data, asn1Spec=LDAPMessage())
            if message["protocolOp"].getName() != "bindRequest":
                break
            answer = LDAPMessage()
            answer["messageID"] = message["messageID"]
            refused = {"resultCode": "invalidCredentials", "matchedDN": "", "diagnosticMessage": ""}
            for field, value in refused.items():
                answer["protocolOp"]["bindResponse"][field] = value
            writer.write(encoder.encode(answer))
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        url = f"ldap://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        tree = {"users_dn": "ou=users,dc=lieu,dc=fr", "groups_dn": "ou=groups,dc=lieu,dc=fr"}
        directory = Ldap(url, bind_dn="cn=bot,dc=lieu,dc=fr", password="s3cret-word", **tree)
        for _ in range(3):
            assert await state(directory) == ("answered", "")
        await directory.close()
    assert sum(b"s3cret-word" in data for data in heard) == 1
    assert sum(b"\x60" in data for data in heard) >= 3, "each look asks"
