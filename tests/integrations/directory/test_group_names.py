"""What real directories take for one and the same group, and whom they administer."""

from __future__ import annotations

import pytest

from integrations.directory import Directory
from integrations.directory.ldap import Ldap
from integrations.errors import NotPermitted
from integrations.lookalikes import alike


async def test_all_groups_are_named(grouping: Directory, login: str) -> None:
    await grouping.ensure_group(f"cercle.{login}")
    assert f"cercle.{login}" in await grouping.group_names()


@pytest.mark.parametrize("group", ["admin", "Admins", "root", "аdmin"])
async def test_what_administers_is_in_nobodys_gift(grouping: Directory, login: str, email: str, group: str) -> None:
    await grouping.ensure_account(login, "Eve", email)
    before = await grouping.group_names()
    for act in (grouping.ensure_group(group), grouping.set_member(group, login, True)):
        with pytest.raises(NotPermitted) as refused:
            await act
        assert refused.value.code == "group-administers"
    assert await grouping.group_names() == before
    assert login not in await grouping.members_of(group)


async def test_slapd_counts_neither_capitals_nor_spaces(ldap_uid: Ldap, login: str, email: str) -> None:
    """`cn` is compared by `caseIgnoreMatch`: to make it again under another spelling would be refused as existing."""
    await ldap_uid.ensure_account(login, "Zoé", email)
    written = (f"Les Amis {login}", f"les  amis {login}", f"LES AMIS  {login}")
    for name in written:
        await ldap_uid.ensure_group(name)
    assert len([name for name in await ldap_uid.group_names() if alike(name, written[0])]) == 1
    await ldap_uid.set_member(written[1], login, True)
    assert login in await ldap_uid.members_of(written[2])
