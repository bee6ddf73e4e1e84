"""What went wrong once on a real LDAP tree, each with the countermeasure that is tested here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.directory.ldap import Ldap
from integrations.directory.ldap_connection import Connector, Tree, name_below
from integrations.directory.ldap_entries import Entry, is_active
from integrations.directory.ldap_kinds import KINDS
from integrations.directory.ldap_tree import Branches, People
from integrations.errors import Conflict, NotPermitted, Refused, Unavailable, Unsupported
from tests.servers.slapd import Slapd
from tests.tiers import examples

from .conftest import on_slapd

PASSWORD = "un long mot de passe"


def crowd(server: Slapd, people: int) -> None:
    with Connector(server.url, server.admin_dn, server.admin_password).open() as tree:
        for n in range(people):
            row = {"uid": f"p{n}", "cn": f"P{n}", "sn": f"P{n}", "mail": f"p{n}@example.org"}
            tree.add(name_below(server.users_dn, "uid", f"p{n}"), "inetOrgPerson", row)


async def test_a_tree_that_does_not_show_everybody_says_so(slapd: Slapd, tmp_path: Path) -> None:
    """slapd stops at five hundred entries for everybody but its administrator."""
    async with Slapd(tmp_path / "crowded") as server:
        await asyncio.to_thread(crowd, server, 500)
        assert len(await on_slapd(server).logins()) == 500
        await on_slapd(server).ensure_account("zoe", "Zoé", "zoe@example.org")
        with pytest.raises(Refused) as refusal:
            await on_slapd(server).logins()
    assert refusal.value.code == "directory-too-many"


class CutLine:
    """A line to slapd that breaks once, when the answer to an addition comes back (or before it leaves)."""

    ADD = 0x68  # the tag of an AddRequest (RFC 4511 §4.7), after the length and the number of the message

    def __init__(self, port: int, *, after: bool) -> None:
        self._to, self._after = port, after
        self._broken = self._lose_next = False
        self._lines: list[asyncio.Task[None] | None] = []

    async def __aenter__(self) -> int:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()
        await asyncio.gather(*self._lines)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.append(asyncio.current_task())
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._to)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._bring_back(from_server, writer))
            while asked := await reader.read(65536):
                adding = not self._broken and self.ADD in asked[:12] and b"inetOrgPerson" in asked
                self._broken |= adding
                self._lose_next = adding
                if adding and not self._after:
                    break
                to_server.write(asked)
            to_server.close()
            await to_server.wait_closed()

    async def _bring_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (answer := await reader.read(65536)) and not self._lose_next:
            writer.write(answer)
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("after", [True, False])
async def test_an_addition_whose_answer_is_lost(slapd: Slapd, login: str, email: str, after: bool) -> None:
    async with CutLine(slapd.port, after=after) as port:
        shaky = Ldap(
            f"ldap://127.0.0.1:{port}",
            bind_dn=slapd.bot_dn,
            password=slapd.bot_password,
            users_dn=slapd.users_dn,
            groups_dn=slapd.groups_dn,
        )
        if after:
            assert (await shaky.ensure_account(login, "Zoé Martin", email))[1]
        else:
            with pytest.raises(Unavailable):
                await shaky.ensure_account(login, "Zoé Martin", email)
            assert await shaky.is_free(login)
        assert (await shaky.ensure_account(login, "Zoé Martin", email))[1] is not after


async def test_a_locked_person_cannot_sign_in(slapd: Slapd, ldap_uid: Ldap, login: str, email: str) -> None:
    row, _ = await ldap_uid.ensure_account(login, "Zoé Martin", email)
    await give_password(slapd, row["id"])
    assert await signs_in(slapd, row["id"])
    await ldap_uid.set_active(login, False)
    assert not await signs_in(slapd, row["id"])
    await ldap_uid.set_active(login, True)
    assert await signs_in(slapd, row["id"])


async def test_a_pause_after_wrong_passwords_is_not_a_lock() -> None:
    assert is_active(Entry("uid=zoe", {"pwdaccountlockedtime": ("20261123003152Z",)}))
    assert not is_active(Entry("uid=zoe", {"pwdaccountlockedtime": ("000001010000Z",)}))


async def test_without_the_overlay_nobody_can_be_locked(tmp_path: Path, slapd: Slapd) -> None:
    async with Slapd(tmp_path / "plain", ppolicy=False) as plain:
        directory = on_slapd(plain)
        assert "lock" not in await directory.capabilities()
        await directory.ensure_account("zoe", "Zoé Martin", "zoe@example.org")
        with pytest.raises(Unsupported) as refusal:
            await directory.set_active("zoe", False)
        assert refusal.value.words["capability"] == "lock"
        assert ("directory-no-lock", False) in [(found.code, found.ok) for found in await directory.check()]


async def test_two_arrivals_with_one_address_make_one_account(ldap_uid: Ldap, login: str, email: str) -> None:
    outcomes = await asyncio.gather(
        *(ldap_uid.ensure_account(f"{login}.{n}", "Zoé", email) for n in range(4)), return_exceptions=True
    )
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [(type(refusal), str(refusal.args[0])) for refusal in refusals] == [(Conflict, "email-taken")] * 3
    assert len(await ldap_uid.find(email=email)) == 1


async def test_somebody_else_takes_the_address_between_our_look_and_our_write(
    slapd: Slapd, login: str, email: str
) -> None:
    """Here the overlay `unique` decides."""

    class Overtaken(Tree):
        def add(self, dn: str, object_class: str, attributes: Mapping[str, str]) -> None:
            rival = {**attributes, "uid": f"{login}.rival"}
            super().add(name_below(slapd.users_dn, "uid", f"{login}.rival"), object_class, rival)
            super().add(dn, object_class, attributes)

    def arrive() -> None:
        with Connector(slapd.url, slapd.bot_dn, slapd.bot_password).open() as tree:
            at = Branches(slapd.users_dn, slapd.groups_dn, "uid", slapd.bot_dn, KINDS["openldap"])
            People(Overtaken(tree._connection, tree.own), at).ensure(login, "Zoé Martin", email)

    with pytest.raises(Conflict) as refusal:
        await asyncio.to_thread(arrive)
    assert refusal.value.code == "email-taken"


async def test_the_last_member_leaves_and_comes_back(ldap_uid: Ldap, slapd: Slapd, login: str, email: str) -> None:
    await ldap_uid.ensure_account(login, "Zoé Martin", email)
    await ldap_uid.set_member(f"seul.{login}", login, True)
    await ldap_uid.delete(login)
    await ldap_uid.ensure_account(login, "Zoé Martin", email)
    assert login not in await ldap_uid.members_of(f"seul.{login}")
    await ldap_uid.set_member(f"seul.{login}", login, True)
    assert login in await ldap_uid.members_of(f"seul.{login}")


@pytest.mark.parametrize(
    "name", ["membres, amis", 'les "amis"', "a+b=c", "#un", " espace ", "*", "(a)", "é\\2a", "a;b<c>"]
)
async def test_a_group_may_have_any_name(ldap_uid: Ldap, login: str, email: str, name: str) -> None:
    await ldap_uid.ensure_account(login, "Zoé Martin", email)
    await ldap_uid.set_member(name, login, True)
    assert login in await ldap_uid.members_of(name)
    assert login not in await ldap_uid.members_of(f"{name}x")


async def test_refused_credentials_are_told_without_their_secret(slapd: Slapd) -> None:
    wrong = Ldap(slapd.url, bind_dn=slapd.bot_dn, password="s3cret", users_dn=slapd.users_dn, groups_dn=slapd.groups_dn)
    with pytest.raises(NotPermitted) as refusal:
        await wrong.is_free("zoe")
    assert "s3cret" not in repr(refusal.value)
    assert [(found.code, found.ok) for found in await wrong.check()] == [("directory-credentials", False)]


async def test_a_branch_that_does_not_exist_is_named(slapd: Slapd) -> None:
    wrong = Ldap(
        slapd.url,
        bind_dn=slapd.bot_dn,
        password=slapd.bot_password,
        users_dn=f"ou=nobody,{slapd.users_dn}",
        groups_dn=slapd.groups_dn,
    )
    (finding,) = await wrong.check()
    assert (finding.code, finding.ok) == ("directory-branch-missing", False)


async def test_somebody_without_the_right_is_told(slapd: Slapd, ldap_uid: Ldap, login: str, email: str) -> None:
    row, _ = await ldap_uid.ensure_account(login, "Zoé Martin", email)
    await give_password(slapd, row["id"])
    powerless = Ldap(
        slapd.url, bind_dn=row["id"], password=PASSWORD, users_dn=slapd.users_dn, groups_dn=slapd.groups_dn
    )
    with pytest.raises(NotPermitted):
        await powerless.ensure_account(f"{login}.bis", "Zoé", f"bis.{email}")


async def test_an_outage_is_told_and_passes(tmp_path: Path, slapd: Slapd) -> None:
    async with Slapd(tmp_path / "down") as server:
        directory = on_slapd(server)
        await directory.ensure_account("zoe", "Zoé Martin", "zoe@example.org")
        await server.stop()
        with pytest.raises(Unavailable):
            await directory.is_free("zoe")
        assert [(found.code, found.ok) for found in await directory.check()] == [("directory-nobody", False)]
        await server.start()
        assert not await directory.is_free("zoe")


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=20))
@examples(60)
def test_no_value_escapes_from_its_filter(opened: Ldap, value: str) -> None:
    """A private tree holds one person: whatever is asked, they are found by their own name only."""
    assert asyncio.run(opened.find(username=value)) == () or value.casefold() == "zoe"
    assert asyncio.run(opened.find(email=value)) == ()


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_no_value_escapes_from_its_name(value: str) -> None:
    name = name_below("ou=groups,dc=lieu", "cn", value)
    assert name.endswith(",ou=groups,dc=lieu")
    inside = name.removesuffix(",ou=groups,dc=lieu").removeprefix("cn=")
    assert all(inside[i - 1] == "\\" for i, letter in enumerate(inside) if letter in ',+"<>;=')


@pytest.fixture(scope="module")
async def opened(slapd: Slapd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ldap]:
    async with Slapd(tmp_path_factory.mktemp("opened") / "tree") as server:
        directory = on_slapd(server)
        await directory.ensure_account("zoe", "Zoé Martin", "zoe@example.org")
        yield directory


async def give_password(server: Slapd, dn: str) -> None:
    """What the lieu's own page does, with the rights of its administrator."""

    def change() -> None:
        with Connector(server.url, server.admin_dn, server.admin_password).open() as tree:
            tree.change(dn, "userPassword", "MODIFY_REPLACE", [PASSWORD])

    await asyncio.to_thread(change)


async def signs_in(server: Slapd, dn: str) -> bool:
    def knock() -> bool:
        try:
            with Connector(server.url, dn, PASSWORD).open():
                return True
        except NotPermitted:
            return False

    return await asyncio.to_thread(knock)
