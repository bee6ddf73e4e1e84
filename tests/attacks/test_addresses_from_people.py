"""Who: anybody who may write an address that the bot, or a service of the lieu, then asks: a concierge, a partner lieu,
another cloud. What: they name a machine that only the bot can reach. Why it must fail: what is behind the lieu's door
is not for whoever can name it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from bot.services.nextcloud import NEXTCLOUD
from bot.services.tenancy import build
from bot.settings import Settings
from integrations.errors import NotFound, Refused
from integrations.http import Http
from integrations.nextcloud import Nextcloud
from integrations.outbound import Outside, is_public
from tests.attacks.elsewhere import Elsewhere, moved
from tests.servers.nextcloud import ANYWHERE, StandIn
from tests.stage.transcript_header import scenery
from tests.tiers import either

BOT, PASSWORD = "concierge", "un mot de passe bien long"
NOT_PUBLIC = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.127.255.254", "192.0.0.8", "198.18.0.1", "224.0.1.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "fd12:3456:789a::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::1",
    "2001:db8::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "80.67.169.12", "2001:910:800::12", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_only_some_can_reach_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_everybody_can_reach_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "http://{there}", "http://localhost:{port}", "http://nuage.example", "https://127.0.0.1", "https://localhost",
        "https://127.1", "https://0x7f.1", "https://2130706433", "https://0177.0.0.1", "https://１２７.0.0.1",
        "https://[::1]", "https://[::ffff:127.0.0.1]", "https://localhost.", "https://ip6-localhost",
        "https://nuage.example:{port}", "https://nuage.example:80", "https://nuage", "https://8.8.8.8",
        "https://nuage.example/../../status.php", "https://nuage.example/a?b=c", "https://nuage.example/#a",
        "https://nuage.example?", "https://nuage.example#", "https://nuage.example\\@127.0.0.1", "https://a@127.0.0.1",
        "https://nuage.example/%2e%2e", "https://nuage.exam\tple", "https://nuage.example:99999", "https://[", "ftp://a.b",
        "https://nuage.example/a\r\nHost: b", "gopher://127.0.0.1", "file:///etc/passwd", "//127.0.0.1", "", "https://",
    ],
)  # fmt: skip
async def test_no_spelling_of_an_address_leads_inside(address: str) -> None:
    async with Elsewhere() as there:
        told = address.format(there=f"127.0.0.1:{there.port}", port=there.port)
        with pytest.raises(Refused):
            await Outside().machine(told)
        assert there.heard == []


@pytest.mark.parametrize(
    "host", ["straße.fr", "ⓔve.fr", "nu\u200dage.fr", "nuage。fr", "νέος.gr", "ﬁn.fr", "ＥＶＥ.fr"]
)
async def test_a_name_that_another_program_writes_otherwise(names: dict[str, list[list[str]]], host: str) -> None:
    """`strasse.fr` is looked at and is public; our Nextcloud asks `xn--strae-oqa.fr`, which is inside."""
    names[host.encode("idna").decode().lower()] = [["8.8.8.8"]]
    with pytest.raises(Refused):
        await Outside().machine(f"https://{host}")


async def test_a_name_that_everybody_writes_alike(names: dict[str, list[list[str]]]) -> None:
    names["xn--nuage-t-gyab.fr"] = [["8.8.8.8"]]
    assert await Outside().machine("https://Nuage-été.fr") == "8.8.8.8"


async def test_name_servers_that_never_answer(
    names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty clouds whose names nobody tells: the lieu's own services are still found meanwhile."""
    told, silent = threading.Event(), socket.getaddrinfo

    def slow(host: Any, *more: Any, **named: Any) -> Any:
        if str(host).endswith(".eve.example"):
            assert told.wait(60)
            return silent("127.0.0.1", *more, **named)
        return silent(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    asked = [asyncio.create_task(Outside().machine(f"https://n{n}.eve.example")) for n in range(40)]
    async with Elsewhere(b"{}") as ours:
        http = Http("matrix", f"http://localhost:{ours.port}")
        answer = await http("GET", "/")
        await http.close()
        waited = [task.done() for task in asked]
        told.set()
        await asyncio.gather(*asked, return_exceptions=True)
    assert (answer.status, set(waited)) == (200, {False})


@given(st.text("htps:/.@[]\\#?%0127afxlocst１。 \t", max_size=30))
async def test_no_address_whatsoever_leads_inside(tail: str) -> None:
    """Only what is written in one way is read at all."""
    try:
        machine = await Outside().machine(f"https://{tail}")
    except Refused:
        return
    assert machine is not None
    assert is_public(ip_address(machine))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What each name leads to, the first time, the second…: the attacker keeps its own name server."""
    book: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def told(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host not in book:
            return real(host, port, *more, **named)
        found = book[host].pop(0) if len(book[host]) > 1 else book[host][0]
        return [row for address in found for row in real(address, port, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", told)
    return book


@pytest.mark.parametrize("leads_to", [*([one] for one in NOT_PUBLIC), ["8.8.8.8", "10.0.0.1"]])
async def test_a_name_that_leads_inside_is_refused(names: dict[str, list[list[str]]], leads_to: list[str]) -> None:
    """One public address among them does not help: which one is taken is chance."""
    names["nuage.eve.example"] = [leads_to]
    with pytest.raises(Refused) as refusal:
        await Outside().machine("https://nuage.eve.example")
    assert refusal.value.code == "cloud-not-public"


async def test_a_name_that_leads_elsewhere_the_second_time(
    names: dict[str, list[list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine that was looked at is the one that is asked, by its name and with that name's certificate."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("nuage.eve.example").configure_cert(tls)
    names["nuage.eve.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    assert await Outside().machine("https://nuage.eve.example") == "8.8.8.8"
    async with Elsewhere(b'{"enabled": true}', tls=tls, host="127.0.0.2") as seen, Elsewhere() as inside:
        trusted = ssl.create_default_context()
        authority.configure_trust(trusted)
        monkeypatch.setattr("integrations.http._trusted", lambda: trusted)
        named = f"https://nuage.eve.example:{seen.port}"
        http = Http("peer", named, at="127.0.0.2")
        assert (await http("GET", "/ocm-provider/")).json() == {"enabled": True}
        await http.close()
        assert f"Host: nuage.eve.example:{seen.port}" in seen.heard[0]
        assert inside.heard == []


async def test_a_public_cloud_that_sends_us_inside() -> None:
    async with Elsewhere() as inside, Elsewhere(says=lambda _: moved(f"{inside.url}/ocm-provider/", 302)) as cloud:
        server = Http("peer", cloud.url)
        with pytest.raises(Exception, match="peer"):
            await server("GET", "/ocm-provider/")
        await server.close()
        assert inside.heard == []


async def test_a_cloud_that_never_stops_answering() -> None:
    async with Elsewhere(b"[" + b"1," * 2**18 + b"1]") as cloud:
        http = Http("peer", cloud.url, longest=2**16)
        with pytest.raises(Exception, match="peer"):
            await http("GET", "/ocm-provider/")
        await http.close()


# -- with a Nextcloud, which asks the other cloud itself


@pytest.fixture(params=either("29.0.1", "34.0.1"))
async def server(request: pytest.FixtureRequest) -> AsyncIterator[StandIn]:
    server = StandIn(request.param)
    server.add_account(BOT, PASSWORD, groups=["lieu"], subadmin=["lieu"])
    server.add_folder(BOT, "Atelier commun")
    async with server.running():
        yield server


def strict(server: StandIn, outside: Outside | None = None) -> Nextcloud:
    return Nextcloud(server.url, BOT, server.app_password(BOT), password=PASSWORD, outside=outside)


@pytest.mark.parametrize("spelled", ["http://127.0.0.1:{}", "http://localhost:{}", "https://127.0.0.1:{}/nextcloud"])
async def test_a_concierge_shares_with_somebody_of_an_inner_machine(server: StandIn, spelled: str) -> None:
    """`!partage eve@http://…`: neither the bot nor the lieu's own Nextcloud goes and looks."""
    cloud = strict(server)
    async with Elsewhere(b'{"enabled": true}') as inside:
        with pytest.raises(Refused) as refusal:
            await cloud.federated.offer("Atelier commun", f"eve@{spelled.format(inside.port)}")
        assert inside.heard == []
    await cloud.close()
    assert refusal.value.code in ("cloud-in-clear", "cloud-not-public")
    assert server.shares() == []


async def test_another_cloud_offers_a_folder_that_would_be_fetched_inside(server: StandIn) -> None:
    """Whoever offers says where they are; accepted, our own Nextcloud goes there."""
    cloud = strict(server)
    async with Elsewhere() as inside:
        told = {"remote": f"{inside.url}/", "remote_id": "7", "token": "abc", "owner": "eve"}
        server.memory.offer(**told, name="/Plans", user=BOT)
        (offer,) = await cloud.federated.offers()
        with pytest.raises(Refused) as refusal:
            await cloud.federated.accept(offer["id"])
        assert inside.heard == []
        assert [one["accepted"] for one in await cloud.federated.offers()] == [False]
        assert await cloud.federated.decline(offer["id"]) == {"declined": True}
    await cloud.close()
    assert refusal.value.code == "cloud-in-clear"


async def test_an_offer_that_is_not_there_is_told_as_before(server: StandIn) -> None:
    cloud = strict(server)
    with pytest.raises(NotFound):
        await cloud.federated.accept("77")
    await cloud.close()


async def test_clouds_of_the_house_can_be_allowed(server: StandIn) -> None:
    """The operator names the machines; the bot's own clouds are theirs anyway, but no other port of their machines."""
    other = StandIn("34.0.1")
    other.add_account("voisine", PASSWORD)
    async with other.running():
        for outside in (Outside(trusted=["127.0.0.1"]), Outside(own=[other.url])):
            cloud = strict(server, outside)
            made = await cloud.federated.offer("Atelier commun", f"voisine@{other.url}")
            await cloud.shares.remove(made["id"])
            await cloud.close()
        async with Elsewhere() as inside:
            cloud = strict(server, Outside(own=[other.url]))
            with pytest.raises(Refused):
                await cloud.federated.offer("Atelier commun", f"eve@{inside.url}")
            await cloud.close()
            assert inside.heard == []


async def test_the_settings_are_as_strict() -> None:
    """What runs for a lieu, and not only what a test builds."""
    env = {
        "MATRIX_HOMESERVER": "https://matrix.lieu.example", "MATRIX_USER": "@bot:lieu.example", "MATRIX_PASSWORD": "x",
        "NEXTCLOUD_URL": "https://nuage.lieu.example", "NEXTCLOUD_USER": "bot", "NEXTCLOUD_APP_PASSWORD": "x",
    }  # fmt: skip
    chosen = Settings.load(env, None)
    cloud = build(chosen.services, chosen.lieux, chosen.trusted_clouds)[NEXTCLOUD]
    assert cloud is not None
    assert type(cloud.federated.outside) is Outside
    with pytest.raises(Refused):
        await cloud.federated.outside.machine("http://127.0.0.1:8080")
    assert await cloud.federated.outside.machine("https://nuage.lieu.example") is None
    assert type(ANYWHERE) is not Outside


async def test_a_concierge_says_it_in_the_room(tmp_path: Path) -> None:
    """`!partage Photos eve@http://…`: a sentence, no share, and nobody inside heard a word."""
    about = {"lieu": "La Rosée", "concierges": "Anne", "salons": "Place", "nextcloud": "sso"}
    about |= {"dossiers": "La Rosée, La Rosée/Photos", "version de Nextcloud": "34.0.1"}
    async with scenery(about, tmp_path) as scene, Elsewhere(b'{"enabled": true}') as inside:
        cloud = scene.stage.services[NEXTCLOUD]
        assert cloud is not None
        cloud.federated.outside = Outside()
        room = scene.rooms["Conciergerie"].room_id
        for line in (f"!partage eve@{inside.url} Photos", "lire", "passer", "oui"):
            await scene.stage.write(scene.people["Anne"], room, line)
        assert "ne commence pas par https://" in scene.stage.last(room)
        assert scene.nextcloud is not None
        assert scene.nextcloud.shares() == []
        assert inside.heard == []


async def test_an_address_that_is_called_like_whoever_administers(tmp_path: Path) -> None:
    """@admin of the homeserver is somebody; in Nextcloud, `admin` is somebody else."""
    about = {"lieu": "La Rosée", "concierges": "Anne", "membres": "Admin, Zoé", "salons": "Place"}
    about |= {"nextcloud": "sso", "dossiers": "La Rosée, La Rosée/Photos", "version de Nextcloud": "34.0.1"}
    async with scenery(about, tmp_path) as scene:
        assert scene.people["Admin"].startswith("@admin:")
        assert scene.nextcloud is not None
        scene.nextcloud.add_account("admin")
        scene.nextcloud.add_account("zoe")
        room = scene.rooms["Conciergerie"].room_id
        for name in ("Admin", "Zoé"):
            for line in (f"!partage {scene.people[name]} Photos", "lire", "passer", "oui"):
                await scene.stage.write(scene.people["Anne"], room, line)
        assert {share.to for share in scene.nextcloud.shares()} == {"zoe"}
