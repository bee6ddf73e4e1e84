"""What the bot makes of the LDAP of YunoHost, LLDAP and Guichet: each on a real slapd furnished like it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from integrations.directory.ldap import Ldap
from integrations.directory.ldap_connection import Connector
from integrations.directory.ldap_kinds import KINDS
from integrations.errors import NotPermitted, Unavailable, Unsupported
from tests.servers.slapd import Slapd

from .conftest import furnished


async def said(directory: Ldap) -> dict[str, bool]:
    return {finding.code: finding.ok for finding in await directory.check()}


def classes(server: Slapd, dn: str) -> set[str]:
    with Connector(server.url, server.admin_dn, server.admin_password).open() as tree:
        found = tree.entry(dn, "*", ["objectClass"])
    assert found
    return set(found.all("objectClass"))


# -- YunoHost


async def test_who_has_an_account_of_yunohost_is_found(yunohost: Ldap) -> None:
    (zoe,) = await yunohost.find(username="zoe")
    assert (zoe.login, zoe.name, zoe.email, zoe.active) == ("zoe", "Zoé Martin", "zoe@lieu.example", True)
    for address in ("zoe@lieu.example", "ATELIER@lieu.example"):
        assert await yunohost.find(email=address) == (zoe,)
    assert await yunohost.find(email="zoe@ailleurs.example") == ()  # where mails are passed on to is not whose they are
    assert await yunohost.logins() == {"zoe", "conciergerie"}
    assert not await yunohost.is_free("zoe")
    assert await yunohost.members_of("atelier") == ("zoe",)
    assert "atelier" in await yunohost.groups_of("zoe")


async def test_what_yunohost_alone_makes_is_not_made_beside_it(yunohost: Ldap, yunohost_tree: Slapd) -> None:
    """Not even with the right to it: an account without a home and hooks, who is in a group of which no app hears."""
    assert await yunohost.capabilities() == {"lookup"}
    as_root = Ldap(
        yunohost_tree.url,
        bind_dn=yunohost_tree.admin_dn,
        password=yunohost_tree.admin_password,
        users_dn=yunohost_tree.users_dn,
        groups_dn=yunohost_tree.groups_dn,
        kind=KINDS["yunohost"],
    )
    for act in (
        as_root.ensure_account("lou", "Lou", "lou@lieu.example"),
        as_root.start_first_login("zoe"),
        as_root.set_email("zoe", "z@lieu.example"),
        as_root.set_member("atelier", "conciergerie", True),
        as_root.set_member("atelier", "zoe", False),
        as_root.ensure_group("jardin"),
        as_root.set_active("zoe", False),
        as_root.delete("zoe"),
    ):
        with pytest.raises(Unsupported):
            await act
    assert await as_root.logins() == {"zoe", "conciergerie"}
    assert (await as_root.members_of("atelier"), await as_root.has_group("jardin")) == (("zoe",), False)
    told = {"directory-reachable": True, "directory-looked-up": True, "directory-no-lastbind": True}
    assert await said(yunohost) == told


# -- LLDAP


async def test_lldap_makes_and_deletes_and_changes_nothing(lldap: Ldap, login: str, email: str) -> None:
    assert await lldap.capabilities() == {"accounts", "delete"}
    await lldap.ensure_account(login, "Zoé Martin", email)
    for act in (
        lldap.set_email(login, f"autre.{email}"),
        lldap.set_member("membres", login, True),
        lldap.set_active(login, False),
        lldap.hold(login),
    ):
        with pytest.raises(Unsupported):
            await act
    assert await lldap.members_of("lldap_admin") == ("conciergerie",)
    await lldap.delete(login)
    assert await lldap.is_free(login)
    assert await said(lldap) == {
        "directory-reachable": True,
        "directory-made-only": True,
        "directory-lock-elsewhere": True,
        "directory-mails-no-links": True,
    }


async def test_lldap_hangs_up_on_whoever_asks_what_its_policy_says(lldap: Ldap, lldap_tree: Slapd) -> None:
    """As any OpenLDAP is asked: with it, nobody came in at all."""
    asking = replace(KINDS["lldap"], answers_controls=True)
    lldap._connector = Connector(
        lldap.url, lldap_tree.bot_dn, lldap_tree.bot_password, controls=asking.answers_controls
    )
    with pytest.raises(Unavailable):
        await lldap.logins()


async def test_whoever_does_not_administer_lldap_makes_no_account(lldap_tree: Slapd, login: str, email: str) -> None:
    """Nor is it taken for a copy of another server: what LLDAP refuses, it refuses to administrators too."""

    def put_right_aside() -> None:
        with Connector(lldap_tree.url, lldap_tree.admin_dn, lldap_tree.admin_password).open() as tree:
            row = {"uid": login, "cn": "Un compte", "sn": "compte", "mail": email, "userPassword": "un mot de passe"}
            tree.add(f"uid={login},{lldap_tree.users_dn}", "inetOrgPerson", row)

    await asyncio.to_thread(put_right_aside)
    weak = Ldap(
        lldap_tree.url,
        bind_dn=f"uid={login},{lldap_tree.users_dn}",
        password="un mot de passe",
        users_dn=lldap_tree.users_dn,
        groups_dn=lldap_tree.groups_dn,
        kind=KINDS["lldap"],
    )
    with pytest.raises(NotPermitted) as refusal:
        await weak.ensure_account(f"{login}.b", "Zoé", f"b.{email}")
    assert refusal.value.code == "directory-not-permitted"


# -- Guichet


async def test_an_account_is_made_as_guichet_makes_it(
    guichet: Ldap, guichet_tree: Slapd, login: str, email: str
) -> None:
    """Bottin knows no class above another: who looks for a `person` must find one."""
    row, _ = await guichet.ensure_account(login, "Zoé Martin", email)
    assert row["id"] == f"cn={login},{guichet_tree.users_dn}"
    made = await asyncio.to_thread(classes, guichet_tree, row["id"])
    assert made == {"inetOrgPerson", "organizationalPerson", "person", "top"}
    assert await guichet.capabilities() == {"accounts", "change", "delete", "groups"}
    assert await said(guichet) == {
        "directory-reachable": True,
        "directory-lock-elsewhere": True,
        "directory-mails-no-links": True,
    }


async def test_the_services_of_guichet_are_nobody(guichet: Ldap) -> None:
    """They are below the people; their names are not free all the same."""
    assert await guichet.find(username="conciergerie") == ()
    assert not await guichet.is_free("conciergerie")


async def test_a_software_that_is_taken_for_another_says_so(guichet_tree: Slapd) -> None:
    wrong = furnished(guichet_tree, "lldap")
    assert await said(wrong) == {"directory-branch-missing": False}
