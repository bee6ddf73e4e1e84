"""How administrators set their LDAP servers, and what the bot says of it: each on a real slapd that is set so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from ldap3.core.exceptions import LDAPSocketOpenError

from integrations.directory.ldap import Ldap
from integrations.directory.ldap_connection import Connector, name_below
from integrations.errors import Conflict, NotPermitted, Refused, Unavailable
from tests.servers.certificates import Authority
from tests.servers.ports import free_port
from tests.servers.slapd import SUFFIX, Slapd

from .conftest import on_slapd
from .test_ldap_traps import crowd

pytestmark = pytest.mark.usefixtures("slapd")  # which skips, where there is none


async def ill(directory: Ldap) -> list[str]:
    return [finding.code for finding in await directory.check() if not finding.ok]


def at(server: Slapd, url: str) -> Ldap:
    return Ldap(
        url,
        bind_dn=server.bot_dn,
        password=server.bot_password,
        users_dn=server.users_dn,
        groups_dn=server.groups_dn,
    )


def put(server: Slapd, dn: str, classes: list[str], **attributes: str) -> None:
    """As its administrator does."""
    with Connector(server.url, server.admin_dn, server.admin_password).open() as tree:
        tree.add(dn, classes, attributes)  # type: ignore[arg-type]


# -- more than five hundred people


@pytest.fixture(scope="module")
async def crowded(slapd: Slapd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Slapd]:
    """What holds for whole answers holds for pages of them too."""
    async with Slapd(tmp_path_factory.mktemp("crowded") / "tree") as server:
        await asyncio.to_thread(crowd, server, 520)
        yield server


async def test_one_person_among_many_is_looked_after(crowded: Slapd, login: str, email: str) -> None:
    directory = on_slapd(crowded)
    await directory.ensure_account(login, "Zoé Martin", email)
    await directory.set_member(f"membres.{login}", login, True)
    await directory.set_email(login, f"juste.{email}")
    await directory.set_active(login, False)
    assert [one.active for one in await directory.find(email=f"juste.{email}")] == [False]
    assert await directory.groups_of(login) == (f"membres.{login}",)
    assert not await directory.is_free(login)
    await directory.delete(login)
    assert await directory.is_free(login)


async def test_the_people_of_one_group_are_told_among_many(crowded: Slapd, login: str, email: str) -> None:
    """Their names were looked up in the list of everybody, which is not shown."""
    directory, group = on_slapd(crowded), f"membres.{login}"
    await directory.ensure_account(login, "Zoé Martin", email)
    for each in (login, "p519", "p7"):
        await directory.set_member(group, each, True)
    await directory.set_member(group, "p7", False)
    assert await directory.members_of(group) == ("p519", login)


async def test_a_group_of_more_people_than_are_shown(crowded: Slapd) -> None:
    def fill() -> None:
        with Connector(crowded.url, crowded.admin_dn, crowded.admin_password).open() as tree:
            dn = name_below(crowded.groups_dn, "cn", "toutes")
            people = [name_below(crowded.users_dn, "uid", f"p{n}") for n in range(510)]
            tree.add(dn, "groupOfNames", {"cn": "toutes", "member": crowded.bot_dn})
            tree.change(dn, "member", "MODIFY_ADD", people)

    await asyncio.to_thread(fill)
    assert len(await on_slapd(crowded).members_of("toutes")) == 510


async def test_what_needs_everybody_says_what_is_to_be_set(crowded: Slapd) -> None:
    directory = on_slapd(crowded)
    for look in (directory.logins, directory.everybody):
        with pytest.raises(Refused) as refusal:
            await look()
        assert refusal.value.code == "directory-too-many"
    (finding,) = [finding for finding in await directory.check() if not finding.ok]
    assert (finding.code, finding.words) == ("directory-too-many", {"dn": crowded.bot_dn})


@pytest.mark.parametrize("limit", ["sizelimit 5", "limits users size.unchecked=6"])
async def test_every_limit_is_told_as_one(tmp_path: Path, limit: str) -> None:
    """slapd has another answer where it would have to look at too much."""
    async with Slapd(tmp_path / "tree", database=limit) as server:
        await asyncio.to_thread(crowd, server, 12)
        assert await ill(on_slapd(server)) == ["directory-too-many"]


async def test_a_limit_that_is_lifted_for_the_bot_is_none(tmp_path: Path) -> None:
    """As `doctor` says to."""
    lifted = f'sizelimit 5\nlimits dn.exact="{Slapd.bot_dn}" size=unlimited'
    async with Slapd(tmp_path / "tree", database=lifted) as server:
        await asyncio.to_thread(crowd, server, 12)
        assert len(await on_slapd(server).logins()) == 12
        assert await ill(on_slapd(server)) == []


# -- what was written wrong


@pytest.mark.parametrize("setting", ["users_dn", "groups_dn"])
async def test_the_branch_that_is_missing_is_named(slapd: Slapd, setting: str) -> None:
    wrong = {"users_dn": slapd.users_dn, "groups_dn": slapd.groups_dn} | {setting: f"ou=nulle-part,{SUFFIX}"}
    directory = Ldap(slapd.url, bind_dn=slapd.bot_dn, password=slapd.bot_password, **wrong)
    (finding,) = await directory.check()
    assert (finding.code, finding.words) == ("directory-branch-missing", {"dn": wrong[setting]})


@pytest.mark.parametrize("name", ["conciergerie", "cn=bot", "cn=personne,dc=lieu,dc=example"])
async def test_a_name_to_sign_in_with_that_is_none(slapd: Slapd, name: str) -> None:
    """« Refuses (directory-rejected) »: what is no name of an entry at all has an answer of its own."""
    directory = Ldap(slapd.url, bind_dn=name, password="x", users_dn=slapd.users_dn, groups_dn=slapd.groups_dn)
    assert await ill(directory) == ["directory-credentials"]


@pytest.mark.parametrize("setting", ["users_dn", "groups_dn"])
async def test_a_branch_whose_name_is_none(slapd: Slapd, setting: str) -> None:
    """« Refuses (directory-rejected): look at its own log »."""
    wrong = {"users_dn": slapd.users_dn, "groups_dn": slapd.groups_dn} | {setting: "users"}
    directory = Ldap(slapd.url, bind_dn=slapd.bot_dn, password=slapd.bot_password, **wrong)
    (finding,) = await directory.check()
    assert (finding.code, finding.words) == ("directory-branch-missing", {"dn": "users"})


async def test_a_branch_that_is_written_with_spaces(crowded: Slapd, login: str, email: str) -> None:
    """As people write it: the policy of passwords was not found, nor one of five hundred people in their group."""
    users, groups = (dn.replace(",", ", ") for dn in (crowded.users_dn, crowded.groups_dn))
    who = {"bind_dn": crowded.bot_dn, "password": crowded.bot_password}
    directory = Ldap(crowded.url, **who, users_dn=users, groups_dn=groups)
    await directory.ensure_account(login, "Zoé Martin", email)
    await directory.set_member(f"membres.{login}", login, True)
    assert await directory.members_of(f"membres.{login}") == (login,)
    assert await directory.hold() == "shut"


# -- where nobody is


@pytest.mark.parametrize("url", ["ldaps://ldap.invalid", "ldap://ldap.invalid:389"])
async def test_a_name_that_leads_nowhere(slapd: Slapd, url: str) -> None:
    """« No answer »: the library loses why."""
    (finding,) = await at(slapd, url).check()
    assert finding.code in {"directory-name", "directory-lookup"}
    assert finding.words["host"] == "ldap.invalid"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_machine_on_which_nobody_listens(slapd: Slapd, host: str) -> None:
    """A name may have several addresses, each with a refusal of its own."""
    assert await ill(at(slapd, f"ldap://{host}:{free_port()}")) == ["directory-nobody"]


def test_what_becomes_of_each_address_is_looked_at() -> None:
    """As the library tells it of two."""
    tried = [(TimeoutError(), ("::1", 389)), (ConnectionRefusedError(), ("127.0.0.1", 389))]
    connector = Connector("ldap://localhost", "cn=bot", "x")
    assert connector._broken(LDAPSocketOpenError("unable to open socket", tried), None).cause == "nobody"


# -- what the bot may not do

SIGN_IN = "access to attrs=userPassword by anonymous auth by * none\n"
READS = {
    "nothing": f"{SIGN_IN}access to * by users read by * none",
    "people alone": f'{SIGN_IN}access to dn.subtree="{Slapd.users_dn}" by dn.exact="{Slapd.bot_dn}" write'
    " by users read\naccess to * by users read by * none",
}


@pytest.mark.parametrize("may_write", READS)
async def test_a_bot_that_may_only_read_is_told_so_before_somebody_is_invited(tmp_path: Path, may_write: str) -> None:
    """All was well, and the first `!inviter` was refused."""
    async with Slapd(tmp_path / "tree", database=READS[may_write]) as server:
        anne = name_below(server.users_dn, "uid", "anne")
        await asyncio.to_thread(put, server, anne, ["inetOrgPerson"], uid="anne", cn="Anne", sn="Anne")
        await asyncio.to_thread(
            put, server, name_below(server.groups_dn, "cn", "cercle"), ["groupOfNames"], cn="cercle", member=anne
        )
        assert await ill(on_slapd(server)) == ["directory-not-permitted"]
        assert await on_slapd(server).members_of("cercle") == ("anne",)


# -- a name that something else has

GROUPS: Mapping[str, Mapping[str, str]] = {
    "posixGroup": {"gidNumber": "5000"},
    "groupOfUniqueNames": {"uniqueMember": Slapd.bot_dn},
    "organizationalRole": {},
}


@pytest.mark.parametrize("below", ["", "ou=unix,"])
@pytest.mark.parametrize("kind", GROUPS)
async def test_a_group_of_another_kind_is_not_a_login_that_is_taken(
    tmp_path: Path, kind: str, below: str, login: str, email: str
) -> None:
    async with Slapd(tmp_path / "tree") as server:
        branch = f"{below}{server.groups_dn}"
        if below:
            await asyncio.to_thread(put, server, branch, ["organizationalUnit"], ou="unix")
        await asyncio.to_thread(
            put, server, name_below(branch, "cn", "la-rosee"), [kind], cn="la-rosee", **GROUPS[kind]
        )
        directory = on_slapd(server)
        await directory.ensure_account(login, "Zoé Martin", email)
        for act in (directory.ensure_group("la-rosee"), directory.set_member("La-Rosee", login, True)):
            with pytest.raises(NotPermitted) as refusal:
                await act
            assert refusal.value.code == "directory-group-kind"
            assert refusal.value.words["kind"] == kind
        assert await directory.has_group("la-rosee")
        assert "la-rosee" in await directory.group_names()
        assert await directory.members_of("la-rosee") == ()
        await directory.set_member("la-rosee", login, False)


async def test_a_name_that_an_entry_of_another_kind_has_is_not_free(tmp_path: Path, email: str) -> None:
    async with Slapd(tmp_path / "tree") as server:
        await asyncio.to_thread(put, server, name_below(server.users_dn, "uid", "zoe"), ["account"], uid="zoe")
        directory = on_slapd(server)
        assert not await directory.is_free("zoe")
        with pytest.raises(Conflict) as refusal:
            await directory.ensure_account("zoe", "Zoé Martin", email)
        assert refusal.value.code == "login-taken"


# -- a copy, where nothing is written

COPIES = {
    "it names its original": 'syncrepl rid=1 provider=ldap://127.0.0.1:{port} bindmethod=simple retry="3600 +"'
    ' searchbase="{suffix}"\nupdateref ldap://127.0.0.1:{port}',
    "it does not": 'syncrepl rid=1 provider=ldap://127.0.0.1:{port} bindmethod=simple retry="3600 +"'
    ' searchbase="{suffix}"',
    "an administrator has shut it": "readonly on",
}


@pytest.mark.parametrize("copy", COPIES)
async def test_a_copy_says_that_it_is_one(tmp_path: Path, copy: str, login: str, email: str) -> None:
    """« These details are not accepted », « it sends me elsewhere »: nothing was wrong with either."""
    original = COPIES[copy].format(port=free_port(), suffix=SUFFIX)
    async with Slapd(tmp_path / "tree", database=original) as server:
        directory = on_slapd(server)
        assert await directory.is_free(login)
        assert await ill(directory) == ["directory-read-only"]
        for act in (directory.ensure_account(login, "Zoé Martin", email), directory.ensure_group("la-rosee")):
            with pytest.raises(NotPermitted) as refusal:
                await act
            assert refusal.value.code == "directory-read-only"


async def test_what_an_original_does_not_take_is_told_as_such(tmp_path: Path, login: str, email: str) -> None:
    async with Slapd(tmp_path / "tree") as server:
        with pytest.raises(Refused) as refusal:
            await on_slapd(server).ensure_account(login, "Zoé Martin", f"zoé@{email}")
        assert refusal.value.code == "directory-rejected"
        assert await ill(on_slapd(server)) == []


# -- encryption


@pytest.mark.parametrize("demand", ["security tls=1", "security simple_bind=64", "security update_tls=1"])
async def test_a_server_that_wants_encryption_from_this_machine_too(tmp_path: Path, demand: str) -> None:
    """« No answer », told of one that answered."""
    authority = Authority.create(tmp_path / "ca")
    async with Slapd(tmp_path / "tree", everywhere=demand, certificate=authority.issue(tmp_path)) as server:
        directory = on_slapd(server)
        with pytest.raises(Unavailable) as down:
            await directory.ensure_account("zoe", "Zoé Martin", "zoe@example.org")
        assert (down.value.cause, down.value.passes) == ("tls-demanded", False)
        assert await ill(directory) == ["directory-tls-demanded"]


WRONG: Mapping[str, tuple[tuple[str, ...], tuple[int, int]]] = {
    "certificate-authority": (("localhost", "127.0.0.1", "127.0.0.2"), (0, 1)),
    "certificate-expired": (("localhost", "127.0.0.1", "127.0.0.2"), (-90, -1)),
    "certificate-early": (("localhost", "127.0.0.1", "127.0.0.2"), (2, 90)),
    "certificate-name": (("autre.exemple.fr",), (0, 1)),
}


@pytest.mark.parametrize("line", ["private_url", "other_url"])
@pytest.mark.parametrize("cause", WRONG)
async def test_what_a_certificate_lacks(tmp_path: Path, cause: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a line that is encrypted from its first sign, and on one that is upgraded."""
    names, days = WRONG[cause]
    authority = Authority.create(tmp_path / "ca")
    if cause != "certificate-authority":
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    certificate = authority.issue(tmp_path, names, days=days)
    async with Slapd(tmp_path / "tree", certificate=certificate) as server:
        directory = at(server, getattr(server, line))
        with pytest.raises(Unavailable) as down:
            await directory.is_free("zoe")
        assert (down.value.cause, down.value.passes) == (cause, False)
        (finding,) = await directory.check()
    assert (finding.code, finding.ok) == (f"directory-{cause}", False)
    assert finding.words["host"] in ("localhost", "127.0.0.2")


@pytest.mark.parametrize("line", ["private_url", "other_url"])
async def test_a_good_certificate_of_an_authority_of_ones_own(
    tmp_path: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `doctor` says: SSL_CERT_FILE."""
    authority = Authority.create(tmp_path / "ca")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    certificate = authority.issue(tmp_path, ("localhost", "127.0.0.1", "127.0.0.2"))
    async with Slapd(tmp_path / "tree", certificate=certificate, everywhere="security tls=1") as server:
        assert await ill(at(server, getattr(server, line))) == []


async def test_a_server_that_does_not_encrypt(slapd: Slapd) -> None:
    directory = at(slapd, slapd.other_url)
    assert await ill(directory) == ["directory-not-private"]


async def test_encryption_that_is_none(slapd: Slapd) -> None:
    """ldaps:// at the port of ldap://."""
    directory = at(slapd, slapd.url.replace("ldap://", "ldaps://"))
    assert await ill(directory) == ["directory-no-tls"]
