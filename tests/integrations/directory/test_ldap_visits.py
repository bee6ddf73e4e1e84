"""When somebody gave their password last, as a real OpenLDAP tells it, where it was set up to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from integrations.directory.ldap import Ldap
from integrations.directory.ldap_connection import Connector, name_below
from integrations.directory.ldap_entries import Entry, last_visit
from tests.servers.slapd import Slapd

from .conftest import on_slapd

PASSWORD = "un long mot de passe"
KEEPS = {
    "lastbind, of 2.5": {"database": "lastbind on"},
    "the overlay": {"everywhere": "moduleload lastbind", "database": "overlay lastbind"},
}


@pytest.fixture(params=[*KEEPS])
async def keeping(slapd: Slapd, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Slapd]:
    """`slapd` is asked for, so that there is one at all."""
    async with Slapd(tmp_path / "slapd", **KEEPS[request.param]) as server:
        yield server


def sign_in(server: Slapd, login: str, password: str = PASSWORD) -> bool:
    connector = Connector(server.url, name_below(server.users_dn, "uid", login), password)
    with connector._line(connector.bind_dn, password) as line:
        return bool(connector._bind(line)["result"] == 0)


async def with_password(server: Slapd, login: str) -> None:
    def choose() -> None:
        with Connector(server.url, server.admin_dn, server.admin_password).open() as tree:
            tree.change(name_below(server.users_dn, "uid", login), "userPassword", "MODIFY_REPLACE", [PASSWORD])

    await asyncio.to_thread(choose)


async def codes(directory: Ldap) -> list[str]:
    return [finding.code for finding in await directory.check()]


async def test_it_is_told_of_whoever_signed_in_and_of_nobody_else(keeping: Slapd) -> None:
    directory = on_slapd(keeping)
    for login in ("zoe", "marc"):
        await directory.ensure_account(login, login.title(), f"{login}@example.org")
    await with_password(keeping, "zoe")
    assert await directory.last_visit("zoe") == 0
    before = int(time.time()) * 1000
    assert await asyncio.to_thread(sign_in, keeping, "zoe")
    seen = await directory.last_visit("zoe")
    assert before <= seen <= time.time() * 1000
    assert not await asyncio.to_thread(sign_in, keeping, "zoe", "faux")
    await directory.set_active("zoe", False)
    await directory.hold("zoe")  # a sign-in of ours, with a password that nobody has
    assert await directory.last_visit("zoe") == seen
    assert [await directory.last_visit(other) for other in ("marc", "personne", "*")] == [0, 0, 0]
    assert await directory.tells_visits()
    assert "directory-visits" in await codes(directory)


async def test_where_nothing_is_kept_that_is_said(slapd: Slapd) -> None:
    """The attribute is in the schema of every OpenLDAP of today, written or not."""
    directory = on_slapd(slapd)
    assert not await directory.tells_visits()
    assert "directory-no-lastbind" in await codes(directory)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"pwdlastsuccess": ("20261201040506Z",)}, 1_796_097_906_000),
        ({"pwdlastsuccess": ("20261201040506.123456Z",)}, 1_796_097_906_000),
        ({"authtimestamp": ("20261201040506Z",), "pwdlastsuccess": ("20200101000000Z",)}, 1_796_097_906_000),
        ({"pwdlastsuccess": ("20261201040506+0200",)}, 0),
        ({"pwdlastsuccess": ("00000101000000Z",)}, 0),
        ({"pwdlastsuccess": ("hier", "", "²0261201040506Z")}, 0),
        ({}, 0),
    ],
)
def test_what_is_no_instant_is_not_known(values: dict[str, tuple[str, ...]], told: int) -> None:
    assert last_visit(Entry("uid=zoe", values)) == told
