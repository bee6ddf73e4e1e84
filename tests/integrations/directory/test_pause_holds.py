"""Whether a pause keeps somebody out, seen at the door of real servers by somebody who knows the password."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.directory import Hold
from integrations.directory.ldap_entries import LOCK, Entry, hold
from integrations.directory.scim import Scim
from integrations.errors import NotFound
from tests.servers.canaille import Canaille, CanailleVisitor
from tests.servers.mailcatcher import MailCatcher
from tests.servers.slapd import Slapd

from .conftest import on_slapd
from .test_canaille import PASSWORD, signs_in

FIRST, SECOND = "un long mot de passe", "un autre mot de passe"
FINDINGS = {"shut": "directory-lock"}


def sign_in(server: Slapd, dn: str, password: str) -> Any:
    with warnings.catch_warnings():  # ldap3 still asks pyasn1 for names that have changed
        warnings.simplefilter("ignore", DeprecationWarning)
        import ldap3

    return ldap3.Connection(server.url, dn, password)


def enters(server: Slapd, password: str) -> bool:
    line = sign_in(server, f"uid=zoe,{server.users_dn}", password)
    try:
        return bool(line.bind())
    finally:
        line.unbind()


def mails_a_new_password(server: Slapd, password: str) -> None:
    """As LemonLDAP::NG does to whoever asks: in its own name."""
    line = sign_in(server, server.admin_dn, server.admin_password)
    assert line.bind()
    assert line.extend.standard.modify_password(f"uid=zoe,{server.users_dn}", new_password=password)
    line.unbind()


HELD: Mapping[str, tuple[dict[str, Any], Hold]] = {
    "as installed": ({}, "shut"),
    "pwdLockout FALSE": ({"lockout": "FALSE"}, "shut"),
    "old": ({"old": True}, "until-password"),
    "old, pwdLockout FALSE": ({"old": True, "lockout": "FALSE"}, "open"),
    "no policy": ({"lockout": None}, "untold"),
    "no overlay": ({"overlay": False}, "open"),
}
SEEN: Mapping[Hold, tuple[bool, bool]] = {
    "shut": (False, False),
    "until-password": (False, True),
    "open": (True, True),
    "untold": (True, True),
}


@pytest.mark.parametrize("kind", HELD)
async def test_a_new_password_lifts_no_pause_unless_it_is_said(slapd: Slapd, tmp_path: Path, kind: str) -> None:
    how, told = HELD[kind]
    async with Slapd(tmp_path / "tree", **how) as server:
        directory = on_slapd(server)
        await directory.ensure_account("zoe", "Zoé", "zoe@example.org")
        await asyncio.to_thread(mails_a_new_password, server, FIRST)
        assert await asyncio.to_thread(enters, server, FIRST)
        await directory.set_active("zoe", False)
        assert await directory.hold("zoe") == told
        before = await asyncio.to_thread(enters, server, FIRST)
        await asyncio.to_thread(mails_a_new_password, server, SECOND)
        assert (before, await asyncio.to_thread(enters, server, SECOND)) == SEEN[told]
        if told == "shut":
            assert not (await directory.find(username="zoe"))[0].active
            assert LOCK not in await what_is_written(server)
        await directory.set_active("zoe", False)  # the bot looks again, and puts back what is missing
        assert LOCK in await what_is_written(server)
        await directory.set_active("zoe", True)
        assert await asyncio.to_thread(enters, server, SECOND)
        assert (await directory.find(username="zoe"))[0].active


async def what_is_written(server: Slapd) -> dict[str, Any]:
    def read() -> dict[str, Any]:
        line = sign_in(server, server.admin_dn, server.admin_password)
        assert line.bind()
        line.search(f"uid=zoe,{server.users_dn}", "(objectClass=*)", "BASE", attributes=["+"])
        found = dict(line.response[0]["raw_attributes"])
        line.unbind()
        return found

    return await asyncio.to_thread(read)


@pytest.mark.parametrize("kind", ["as installed", "no policy", "no overlay"])
async def test_doctor_says_whether_a_pause_will_hold(slapd: Slapd, tmp_path: Path, kind: str) -> None:
    how, told = HELD[kind]
    async with Slapd(tmp_path / "tree", **how) as server:
        found = {finding.code: finding.ok for finding in await on_slapd(server).check()}
    assert found[FINDINGS.get(told, f"directory-lock-{told}")] == (told == "shut")


def policy(lockout: str) -> Entry:
    return Entry("cn=default", {"pwdlockout": (lockout,)} if lockout else {})


@pytest.mark.parametrize(
    ("lasts", "lockouts", "asked", "refused", "told"),
    [
        (True, ["FALSE"], True, False, "shut"),
        (True, [], True, True, "shut"),
        (True, [], True, False, "untold"),
        (True, ["TRUE"], False, False, "open"),
        (False, ["TRUE"], True, False, "until-password"),
        (False, [], True, True, "until-password"),
        (False, ["TRUE", "FALSE"], True, False, "untold"),
        (False, ["FALSE", ""], True, False, "open"),
    ],
)
def test_what_a_lock_does_is_never_guessed(
    lasts: bool, lockouts: list[str], asked: bool, refused: bool, told: Hold
) -> None:
    assert hold(lasts, [policy(one) for one in lockouts], asked=asked, refused=refused) == told


async def test_a_pause_on_canaille_outlives_a_new_password(
    sso: Scim, canaille: Canaille, mails: MailCatcher, login: str, email: str
) -> None:
    """The link was asked for before the pause, and is followed during it."""
    await sso.ensure_account(login, "Zoé Martin", email)
    await sso.start_first_login(login)
    mail = await mails.next_mail(email)
    await sso.set_active(login, False)
    assert await sso.hold(login) == "shut"
    async with CanailleVisitor(canaille.url) as visitor:
        with pytest.raises(httpx.HTTPStatusError, match="403"):  # it is taken, and opens nothing
            await visitor.set_password(mail.link("/reset/"), PASSWORD)
    assert not await signs_in(canaille, login)
    await sso.set_active(login, True)
    assert await signs_in(canaille, login)


async def test_another_scim_server_does_not_show_what_a_pause_does(strict: Scim, login: str, email: str) -> None:
    await strict.ensure_account(login, "Zoé Martin", email)
    assert await strict.hold(login) == "open"
    await strict.set_active(login, False)
    assert await strict.hold(login) == "untold"
    with pytest.raises(NotFound):
        await strict.hold("personne")
