"""What every directory promises, on every real server."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from integrations.directory import Account, Directory, FirstLogin
from integrations.directory.homeserver_accounts import HomeserverDirectory
from integrations.errors import Conflict, NotFound, Unsupported
from integrations.findings import Finding

DOORS = {
    "accounts": lambda directory: directory.ensure_account("zoe", "Zoé", "zoe@example.org"),
    "change": lambda directory: directory.set_name("zoe", "Zoé"),
    "delete": lambda directory: directory.delete("zoe"),
    "lock": lambda directory: directory.set_active("zoe", False),
    "logout": lambda directory: directory.logout("zoe"),
    "unbar": lambda directory: directory.unbar("zoe"),
    "identities": lambda directory: directory.link_identity("zoe", "renater", "zoe@univ.example"),
    "groups": lambda directory: directory.set_member("membres", "zoe", True),
}


async def account(directory: Directory, login: str) -> Account:
    (found,) = await directory.find(username=login)
    return found


async def test_an_account_is_made_once(directory: Directory, login: str, email: str) -> None:
    first, created = await directory.ensure_account(login, "Zoé Martin", email)
    again, created_again = await directory.ensure_account(login, "Zoé Martin", email)
    assert (created, created_again) == (True, False)
    assert first == again
    assert Account(**first) == await account(directory, login)
    assert (first["login"], first["name"], first["email"], first["active"]) == (login, "Zoé Martin", email, True)


async def test_what_is_journaled_survives_json(directory: Directory, login: str, email: str) -> None:
    row, _ = await directory.ensure_account(login, "Zoé", email)
    assert Account(**json.loads(json.dumps(row))) == await account(directory, login)


async def test_everybody_is_seen_in_one_look(directory: Directory, login: str, email: str) -> None:
    """As each is found alone: whoever is looked for among all is the same person."""
    await directory.ensure_account(login, "Zoé Martin", email)
    await directory.ensure_account(f"{login}.b", "Luc", f"b.{email}")
    every = {one.login: one for one in await directory.everybody()}
    assert every[login] == await account(directory, login)
    assert every[f"{login}.b"].name == "Luc"
    assert every.keys() == await directory.logins()


async def test_a_username_of_somebody_else_is_refused(directory: Directory, login: str, email: str) -> None:
    await directory.ensure_account(login, "Zoé Martin", email)
    with pytest.raises(Conflict) as refusal:
        await directory.ensure_account(login, "Zoé Maurin", f"other.{email}")
    assert refusal.value.code == "login-taken"
    assert (await account(directory, login)).email == email


async def test_an_address_of_somebody_else_is_refused(directory: Directory, login: str, email: str) -> None:
    await directory.ensure_account(login, "Zoé Martin", email)
    with pytest.raises(Conflict) as refusal:
        await directory.ensure_account(f"{login}.bis", "Zoé Martin", email.upper())
    assert refusal.value.code == "email-taken"
    assert await directory.is_free(f"{login}.bis")


async def test_an_address_that_was_mistyped_is_put_right(changing: Directory, login: str, email: str) -> None:
    other, right = f"{login}.autre", f"juste.{email}"
    await changing.ensure_account(login, "Zoé Martin", f"faux.{email}")
    await changing.ensure_account(other, "Autre Personne", f"autre.{email}")
    for _ in range(2):
        await changing.set_email(login, right)
        assert (await account(changing, login)).email == right
    assert await changing.find(email=f"faux.{email}") == ()
    with pytest.raises(Conflict) as refusal:
        await changing.set_email(login, f"autre.{email}".upper())
    assert refusal.value.code == "email-taken"
    assert (await account(changing, login)).email == right
    with pytest.raises(NotFound):
        await changing.set_email(f"{login}.personne", right)


async def test_a_name_that_was_mistyped_is_put_right(naming: Directory, login: str, email: str) -> None:
    """As it is read back from the server; username and address stay."""
    await naming.ensure_account(login, "Zoé Matrin", email)
    before = await account(naming, login)
    for name in ("Zoé Martin", "Zoé Martin", "Anne Marie Le Goff", "Zoé"):
        await naming.set_name(login, name)
        assert await account(naming, login) == replace(before, name=name)
    with pytest.raises(NotFound):
        await naming.set_name(f"{login}.personne", "Zoé Martin")


async def test_one_name_for_both_is_put_right_too(naming: Directory, login: str, email: str) -> None:
    """What looks like one name written twice, as some servers want who has one alone."""
    await naming.ensure_account(login, "Ali Matrin", email)
    await naming.set_name(login, "Ali Ali")
    assert (await account(naming, login)).name in ("Ali Ali", "Ali")


async def test_a_name_that_cannot_be_put_right_is_refused(nameless: Directory, login: str, email: str) -> None:
    await nameless.ensure_account(login, "Zoé Matrin", email)
    before = await account(nameless, login)
    with pytest.raises(Unsupported):
        await nameless.set_name(login, "Zoé Martin")
    assert await account(nameless, login) == before


async def test_an_address_is_found_by_both_writings_of_its_domain_and_by_no_other(
    directory: Directory, login: str
) -> None:
    """« straße.de » is not `strasse.de`, which is another owner's."""
    await directory.ensure_account(login, "Zoé Martin", f"{login}@xn--strae-oqa.de")
    for written in ("straße.de", "xn--strae-oqa.de"):
        assert [one.login for one in await directory.find(email=f"{login}@{written}")] == [login]
    assert await directory.find(email=f"{login}@strasse.de") == ()


async def test_people_are_found_by_username_by_address_or_both(directory: Directory, login: str, email: str) -> None:
    await directory.ensure_account(login, "Zoé Martin", email)
    mine = await account(directory, login)
    assert await directory.find(email=email) == (mine,)
    assert await directory.find(username=login, email=email) == (mine,)
    assert await directory.find(username=login, email=f"other.{email}") == ()
    assert await directory.find(username=f"{login}x") == ()


@pytest.mark.parametrize(
    "pattern", ["*", "z*", "", "*)(uid=*", '" or userName pr or userName eq "', "..", "%2e%2e", "a/b", "\\"]
)
async def test_a_pattern_finds_nobody(directory: Directory, login: str, email: str, pattern: str) -> None:
    await directory.ensure_account(login, "Zoé Martin", email)
    assert await directory.find(username=pattern) == ()
    assert await directory.find(email=pattern) == ()


async def test_a_username_is_free_until_it_is_taken(directory: Directory, login: str, email: str) -> None:
    assert await directory.is_free(login)
    await directory.ensure_account(login, "Zoé Martin", email)
    assert not await directory.is_free(login)


async def test_an_account_is_locked_and_opened_again(locking: Directory, login: str, email: str) -> None:
    await locking.ensure_account(login, "Zoé Martin", email)
    for active in (False, False, True, True):
        await locking.set_active(login, active)
        assert (await account(locking, login)).active is active


async def test_nobody_unknown_is_locked(locking: Directory, login: str) -> None:
    with pytest.raises(NotFound):
        await locking.set_active(login, False)
    with pytest.raises(NotFound):
        await locking.start_first_login(login)


async def test_nobody_unknown_enters_a_group(grouping: Directory, login: str) -> None:
    with pytest.raises(NotFound):
        await grouping.set_member("membres", login, True)


async def test_a_group_takes_people_in_and_lets_the_last_one_go(grouping: Directory, login: str, email: str) -> None:
    group, friend = f"membres.{login}", f"{login}.ami"
    await grouping.ensure_account(login, "Zoé Martin", email)
    await grouping.ensure_account(friend, "Ami", f"ami.{email}")
    for member in (login, friend, login):
        await grouping.set_member(group, member, True)
    assert await grouping.members_of(group) == (login, friend)
    for member in (login, login, friend):
        await grouping.set_member(group, member, False)
    assert await grouping.members_of(group) == ()
    await grouping.set_member(group, friend, True)
    assert await grouping.members_of(group) == (friend,)


async def test_a_group_is_made_once(grouping: Directory, login: str, email: str) -> None:
    await grouping.ensure_account(login, "Zoé Martin", email)
    for _ in range(2):
        await grouping.ensure_group(f"cercle.{login}")
    await grouping.set_member(f"cercle.{login}", login, True)
    assert login in await grouping.members_of(f"cercle.{login}")


async def test_whether_there_is_a_group_is_told(grouping: Directory, login: str) -> None:
    assert not await grouping.has_group(f"cercle.{login}")
    await grouping.ensure_group(f"cercle.{login}")
    assert await grouping.has_group(f"cercle.{login}")


async def test_a_group_is_found_by_the_name_that_people_give_it(grouping: Directory, login: str, email: str) -> None:
    """« é » was written as « \\u00e9 » where groups were searched: Keycloak had just made it, and found none."""
    group = f"Bénévoles de l’Été {login}"
    await grouping.ensure_account(login, "Zoé Martin", email)
    for name in (group, group.replace("B", "b")):
        await grouping.set_member(name, login, True)
        assert await grouping.members_of(name) == (login,)
    assert await grouping.groups_of(login) == (group,)
    await grouping.set_member(group.replace("B", "b"), login, False)
    assert await grouping.members_of(group) == ()


async def test_groups_tell_their_people_and_people_their_groups(grouping: Directory, login: str, email: str) -> None:
    groups, friend = (f"amis.{login}", f"jardin.{login}"), f"{login}.ami"
    await grouping.ensure_account(login, "Zoé Martin", email)
    await grouping.ensure_account(friend, "Ami", f"ami.{email}")
    assert await grouping.groups_of(login) == ()
    await grouping.ensure_group(groups[0])
    assert await grouping.members_of(groups[0]) == ()
    for group, one in ((groups[0], login), (groups[0], friend), (groups[1], login)):
        await grouping.set_member(group, one, True)
    assert await grouping.groups_of(login) == groups
    assert await grouping.groups_of(friend) == groups[:1]
    assert await grouping.members_of(groups[0]) == (login, friend)
    assert {login, friend} <= await grouping.logins()


async def test_nobody_is_in_no_group(any_directory: Directory, login: str) -> None:
    assert await any_directory.groups_of(login) == ()
    assert await any_directory.members_of(f"nulle.part.{login}") == ()
    assert not await any_directory.has_group(f"nulle.part.{login}")
    assert login not in await any_directory.logins()


async def test_leaving_what_is_not_there_is_nothing(grouping: Directory, login: str, email: str) -> None:
    await grouping.set_member(f"nulle.part.{login}", login, False)
    await grouping.delete(login)
    await grouping.ensure_account(login, "Zoé Martin", email)
    await grouping.set_member(f"nulle.part.{login}", login, False)
    assert login not in await grouping.members_of(f"nulle.part.{login}")


async def test_an_account_is_deleted(changing: Directory, login: str, email: str) -> None:
    await changing.delete(login)
    await changing.ensure_account(login, "Zoé Martin", email)
    for _ in range(2):
        await changing.delete(login)
        assert await changing.find(username=login) == ()
        assert await changing.find(email=email) == ()
        assert login not in await changing.logins()


async def test_the_name_of_whoever_is_gone_brings_no_group_along(grouping: Directory, login: str, email: str) -> None:
    await grouping.ensure_account(login, "Zoé Martin", email)
    await grouping.set_member(f"membres.{login}", login, True)
    await grouping.delete(login)
    assert login not in await grouping.members_of(f"membres.{login}")
    await grouping.ensure_account(login, "Zoé Maurin", f"autre.{email}")
    assert login not in await grouping.members_of(f"membres.{login}")


async def test_what_a_directory_cannot_do_it_says(any_directory: Directory) -> None:
    able = await any_directory.capabilities()
    for capability in set(DOORS) - able:
        with pytest.raises(Unsupported) as refusal:
            await DOORS[capability](any_directory)
        assert refusal.value.words["capability"] == capability


async def test_a_healthy_directory_says_so(any_directory: Directory) -> None:
    findings = await any_directory.check()
    assert findings
    assert all(isinstance(finding, Finding) and finding.ok for finding in findings)


async def test_a_first_login_survives_json(directory: Directory, login: str, email: str) -> None:
    await directory.ensure_account(login, "Zoé Martin", email)
    first = await directory.start_first_login(login)
    elsewhere = "page" if isinstance(directory, HomeserverDirectory) else "external"
    assert first.kind == ("mail" if "first-login" in await directory.capabilities() else elsewhere)
    assert FirstLogin(**json.loads(json.dumps(first.to_dict()))) == first
