"""Who: a server of the lieu that was taken over, or somebody who may write one entry in it. What: it names another
machine, and waits for the bot's password there. Why it must fail: what the bot knows is for one address alone."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.directory.ldap import Ldap
from integrations.directory.ldap_wire import Door, name_below
from integrations.errors import Refused, Unavailable
from tests.attacks.elsewhere import Elsewhere
from tests.servers.slapd import SUFFIX, Slapd, ensure_installed

# -- LDAP: a referral


@pytest.fixture
async def tree(tmp_path: Path) -> AsyncIterator[Slapd]:
    if reason := await asyncio.to_thread(ensure_installed):
        pytest.skip(f"LDAP NOT TESTED: {reason}")
    async with Slapd(tmp_path / "tree") as server:
        yield server


def refers(server: Slapd, dn: str, port: int) -> None:
    """An entry that says: look over there."""
    with Door(server.url, server.admin_dn, server.admin_password).open() as tree:
        attributes = {"ref": f"ldap://127.0.0.1:{port}/{dn}", dn.partition("=")[0]: dn.partition("=")[2].split(",")[0]}
        tree.add(dn, ["referral", "extensibleObject"], attributes)  # type: ignore[arg-type]


def bot_on(server: Slapd, users_dn: str, url: str = "") -> Ldap:
    who = {"bind_dn": server.bot_dn, "password": server.bot_password}
    return Ldap(url or server.url, **who, users_dn=users_dn, groups_dn=server.groups_dn)


async def test_a_branch_that_is_a_referral_is_told_no_password(tree: Slapd) -> None:
    """The branch of people was moved to the attacker's server: bind, password, everything would be said there."""
    async with Elsewhere() as there:
        branch = f"ou=ailleurs,{SUFFIX}"
        await asyncio.to_thread(refers, tree, branch, there.port)
        with pytest.raises(Refused) as refusal:
            await bot_on(tree, branch).find(username="zoe")
        (finding,) = await bot_on(tree, branch).check()
        assert there.heard == []
    assert refusal.value.code == finding.code == "directory-referral"
    assert tree.bot_password not in repr(refusal.value)


async def test_a_person_that_is_a_referral_is_not_written_to_elsewhere(tree: Slapd) -> None:
    """One entry is enough: whoever may write one below people waits for a new account, or a group, to be put there."""
    async with Elsewhere() as there:
        branch = f"ou=ailleurs,{SUFFIX}"
        await asyncio.to_thread(refers, tree, branch, there.port)
        await asyncio.to_thread(refers, tree, name_below(tree.users_dn, "uid", "zoe"), there.port)
        bot = bot_on(tree, tree.users_dn)
        assert await bot.find(username="zoe") == ()
        with pytest.raises(Refused):
            await bot.ensure_account("zoe", "Zoé Martin", "zoe@example.org")
        for write in ("add", "delete", "change"):
            with pytest.raises(Refused) as refusal:
                await asyncio.to_thread(wrote, tree, write, name_below(branch, "uid", "zoe"))
            assert refusal.value.code == "directory-referral"
        assert there.heard == []


def wrote(server: Slapd, verb: str, dn: str) -> None:
    with Door(server.url, server.bot_dn, server.bot_password).open() as tree:
        if verb == "add":
            tree.add(dn, "inetOrgPerson", {"cn": "Zoé", "sn": "Zoé"})
        elif verb == "change":
            tree.change(dn, "mail", "MODIFY_REPLACE", ["zoe@example.org"])
        else:
            tree.delete(dn)


async def test_a_server_that_answers_the_password_itself_with_a_referral() -> None:
    """It need not know the password: it says « not here » to whoever brings it, and names a friend."""
    async with Elsewhere() as there:
        to = f"ldap://127.0.0.1:{there.port}/".encode()
        referral = b"\xa3" + bytes([len(to) + 2]) + b"\x04" + bytes([len(to)]) + to
        result = b"\x0a\x01\x0a\x04\x00\x04\x00" + referral
        async with Elsewhere(says=lambda asked: ldap_answer(asked, 0x61, result)) as server:
            door = Door(f"ldap://127.0.0.1:{server.port}", "cn=bot", "s3cret")
            with pytest.raises((Refused, Unavailable)):
                await asyncio.to_thread(lambda: door.open().__enter__())
            assert "s3cret" in server.heard[0]
        assert there.heard == []


@given(st.binary(min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
async def test_whatever_a_server_answers_is_at_worst_no_answer(said: bytes) -> None:
    """A server that was taken over answers what no server says: the conversation goes on, and is told so."""
    async with Elsewhere(says=lambda asked: ldap_answer(asked, 0x61, said)) as server:
        bot = Ldap(f"ldap://127.0.0.1:{server.port}", bind_dn="cn=b", password="x", users_dn="ou=u", groups_dn="ou=g")
        with pytest.raises((Refused, Unavailable)):
            await bot.find(username="zoe")


def ldap_answer(asked: bytes, tag: int, result: bytes) -> bytes:
    """To the message that was asked: its number is the second thing in it (RFC 4511 §4.1.1)."""
    answer = asked[2 : 4 + asked[3]] + bytes([tag, len(result)]) + result
    return bytes([0x30, len(answer)]) + answer


# -- LDAP: in clear


@pytest.mark.parametrize("scheme", ["ldap", "LDAP", "Ldap"])
async def test_no_password_in_clear_to_another_machine(scheme: str) -> None:
    """A server that is not this machine, and does not encrypt: whoever listens on the way must hear no password.

    Another address of loopback stands for the other machine: the bot takes 127.0.0.1, ::1 and localhost for its own.
    """
    refuses = b"\x0a\x01\x02\x04\x00\x04\x00"  # STARTTLS: protocolError
    async with Elsewhere(says=lambda asked: ldap_answer(asked, 0x78, refuses), host="127.0.0.2") as server:
        address = f"{scheme}://127.0.0.2:{server.port}"
        bot = Ldap(address, bind_dn="cn=bot", password="s3cret", users_dn="ou=u", groups_dn="ou=g")
        with pytest.raises(Unavailable):
            await bot.find(username="zoe")
        (finding,) = await bot.check()
        assert server.heard
        assert "s3cret" not in "".join(server.heard)
    assert finding.code == "directory-not-private"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library lets go of the socket so
@pytest.mark.parametrize("impostor", ["unknown", "of another name"])
async def test_a_certificate_that_is_not_the_servers(
    impostor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody on the way answers in its place, with a certificate that they made, or that is good for theirs."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost" if impostor == "unknown" else "moulin.example")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(tls)
    if impostor == "of another name":
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with Elsewhere(tls=tls) as there:
        url = f"ldaps://localhost:{there.port}"
        bot = Ldap(url, bind_dn="cn=bot", password="s3cret", users_dn="ou=u", groups_dn="ou=g")
        (finding,) = await bot.check()
        assert not any(there.heard)
    assert finding.code == "directory-not-private"
