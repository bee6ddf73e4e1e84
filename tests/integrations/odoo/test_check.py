"""What `doctor` is told of an Odoo: each thing that is not well, by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from bot.operator.doctor.sentences import say
from integrations.odoo import Odoo
from tests.servers import odoo
from tests.servers.ill_server import IllServer

from .conftest import KEY, LOGIN, TODAY


async def findings(client: Odoo) -> dict[str, bool]:
    return {finding.code: finding.ok for finding in await client.check()}


async def ill(client: Odoo) -> list[str]:
    return [code for code, ok in (await findings(client)).items() if not ok]


async def test_all_is_well(client: Odoo) -> None:
    assert await findings(client) == {
        "odoo-version": True,
        "odoo-credentials": True,
        "odoo-contacts": True,
        "odoo-tags": True,
        "odoo-key-lasts": True,
    }


@pytest.fixture
async def portal(server: odoo.Odoo) -> AsyncIterator[Odoo]:
    client = Odoo(server.url, server.database, KEY, wanted="portal", now=lambda: TODAY)
    yield client
    await client.close()


Spoil = Callable[[odoo.Odoo], object]
SPOILT: dict[str, Spoil] = {
    "odoo-address": lambda server: setattr(server, "database", "autre"),
    "odoo-credentials": lambda server: server.keys.clear(),
    "odoo-database": lambda server: setattr(server, "database_down", True),
    "odoo-contacts": lambda server: setattr(server.accounts[1], "contacts", False),
    "odoo-proxy": lambda server: setattr(server, "ill", True),
}


@pytest.mark.parametrize("code", SPOILT)
async def test_what_is_ill_is_said(server: odoo.Odoo, client: Odoo, code: str) -> None:
    SPOILT[code](server)
    assert code in await ill(client)


async def test_portal_accounts_need_a_right_and_an_address(server: odoo.Odoo, portal: Odoo) -> None:
    assert await ill(portal) == ["odoo-users"]
    server.accounts[1].manages = True
    assert await ill(portal) == []
    server.contacts[1]["email"] = False
    assert await ill(portal) == ["odoo-invitations"], "Odoo would mail no invitation, and say nothing"


@pytest.mark.parametrize(
    ("expires", "told"),
    [
        ("2026-12-02 10:00:00", ("odoo-key", False, "3")),
        ("2026-11-20 10:00:00", ("odoo-key", False, "-9")),
        ("2027-02-27 14:47:57", ("odoo-key", True, "90")),
        ("", ("odoo-key-lasts", True, "")),
        ("un jour", ("odoo-key-lasts", True, "")),
    ],
)
async def test_a_key_that_ends_soon(server: odoo.Odoo, client: Odoo, expires: str, told: tuple[str, bool, str]) -> None:
    (key,) = server.records["res.users.apikeys"].values()
    key["expiration_date"] = expires or False
    found = (await client.check())[-1]
    assert (found.code, found.ok, found.words.get("days", "")) == told


@pytest.mark.parametrize(
    ("version", "login", "told"),
    [
        ("19.0", LOGIN, {"odoo-login-needless": True}),
        ("18.0", LOGIN, {"odoo-leaving": True}),
        ("18.0", "", {"odoo-login-needed": False}),
        ("13.0", LOGIN, {"odoo-version": False, "odoo-leaving": True}),
    ],
)
async def test_which_protocol(version: str, login: str, told: dict[str, bool]) -> None:
    server = odoo.Odoo(version)
    server.add_account(LOGIN, KEY)
    async with server.running() as url:
        client = Odoo(url, server.database, KEY, login=login)
        found = await findings(client)
        await client.close()
    assert told.items() <= found.items()
    assert ("odoo-credentials" in found) is all(told.values()), "what is not known is not guessed"


async def test_something_else_at_its_address() -> None:
    async with IllServer(200, body=b"<h1>Un site</h1>").running() as url:
        client = Odoo(url, "lieu", KEY)
        assert await ill(client) == ["odoo-address"]
        await client.close()


async def test_every_finding_is_a_sentence(server: odoo.Odoo, portal: Odoo) -> None:
    for spoil in (lambda _: None, *SPOILT.values()):
        spoil(server)
        for finding in await portal.check():
            said = say(finding)
            assert said.words, finding
            assert "{" not in said.words, finding
