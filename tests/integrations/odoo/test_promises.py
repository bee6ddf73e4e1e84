"""What the bot relies on, of the stand-in by either protocol and (`pytest -m live`) of a real Odoo alike."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from integrations.errors import Conflict, NotFound, Protected, Refused, Rejected

from .lieu import Lieu, live, stand_in

NOWHERE = 2**30


@pytest.fixture(params=["19.0", "18.0", pytest.param("live", marks=pytest.mark.live)])
async def lieu(request: pytest.FixtureRequest) -> AsyncIterator[Lieu]:
    async with live() if request.param == "live" else stand_in(request.param) as lieu:
        yield lieu


async def test_nothing_stands_in_the_way(lieu: Lieu) -> None:
    assert [finding for finding in await lieu.odoo.check() if not finding.ok] == []


async def test_a_contact_is_made_once(lieu: Lieu) -> None:
    made = await lieu.odoo.contacts.make(lieu.name, lieu.email, lieu.mark)
    assert (made["name"], made["email"], made["mark"]) == (lieu.name, lieu.email, lieu.mark)
    assert (made["active"], made["tags"]) == (True, [])
    assert await lieu.odoo.contacts.make("Autrement", "autre@exemple.fr", lieu.mark) == made
    assert await lieu.odoo.contacts.with_mark(lieu.mark) == [made]


async def test_no_second_contact_is_made_for_an_address(lieu: Lieu) -> None:
    """Odoo itself makes as many as it is asked for."""
    made = await lieu.odoo.contacts.make(lieu.name, lieu.email, lieu.mark)
    await lieu.odoo.contacts.set_active(made["id"], False)
    with pytest.raises(Conflict) as refusal:
        await lieu.odoo.contacts.make(lieu.name, f" {lieu.email.upper()} ", f"{lieu.mark}2")
    assert refusal.value.code == "contact-taken"
    (found,) = await lieu.odoo.contacts.with_email(lieu.email.upper())
    assert (found["id"], found["active"]) == (made["id"], False)


@pytest.mark.parametrize("written", ["straße.de", "xn--strae-oqa.de"])
async def test_an_address_is_found_however_its_domain_is_written(lieu: Lieu, written: str) -> None:
    made = await lieu.odoo.contacts.make(lieu.name, lieu.email.replace("exemple.fr", written), lieu.mark)
    assert await lieu.odoo.contacts.with_email(lieu.email.replace("exemple.fr", "Straße.de")) == [made]
    await lieu.odoo.contacts.set_active(made["id"], False)


async def test_the_tag_of_members_is_found_or_made_put_on_and_taken_off(lieu: Lieu) -> None:
    assert await lieu.odoo.tags.find(lieu.tag) is None
    tag = await lieu.odoo.tags.ensure(lieu.tag)
    assert await lieu.odoo.tags.ensure(f" {lieu.tag} ") == tag
    other = await lieu.odoo.tags.ensure(f"{lieu.tag} (anciens)")
    made = await lieu.odoo.contacts.make(lieu.name, lieu.email, lieu.mark)
    await lieu.odoo.contacts.set_tag(made["id"], other, True)
    for _ in range(2):
        assert set((await lieu.odoo.contacts.set_tag(made["id"], tag, True))["tags"]) == {tag, other}
    for _ in range(2):
        assert (await lieu.odoo.contacts.set_tag(made["id"], tag, False))["tags"] == [other]


async def test_a_contact_is_archived_and_comes_back(lieu: Lieu) -> None:
    made = await lieu.odoo.contacts.make(lieu.name, lieu.email, lieu.mark)
    for active in (False, False, True, True):
        assert (await lieu.odoo.contacts.set_active(made["id"], active))["active"] is active
        found = await lieu.odoo.contacts.get(made["id"])
        assert found is not None
        assert found["active"] is active


async def test_what_is_gone_is_said_to_be(lieu: Lieu) -> None:
    assert await lieu.odoo.contacts.get(NOWHERE) is None
    for act in (lieu.odoo.contacts.set_active(NOWHERE, False), lieu.odoo.contacts.set_tag(NOWHERE, 1, True)):
        with pytest.raises(NotFound) as refusal:
            await act
        assert refusal.value.code == "odoo-gone"


@pytest.mark.parametrize("id", [0, -1, None, True, "1"])
async def test_an_id_that_we_have_not_is_never_sent(lieu: Lieu, id: object) -> None:
    """Odoo would answer « done », and have done nothing."""
    before = len(lieu.server.asked) if lieu.server else 0
    for act in (lieu.odoo.contacts.get, lieu.odoo.users.get):
        with pytest.raises(ValueError, match="id of a record"):
            await act(id)
    assert lieu.server is None or len(lieu.server.asked) == before


@pytest.mark.parametrize(
    ("name", "email", "code"),
    [
        ("", "zoe@exemple.fr", "rejected"),
        ("Zoé\nMartin", "zoe@exemple.fr", "rejected"),
        ("Zoé", "pas-une-adresse", "rejected"),
        ("Zoé", "zoe@exemple", "rejected"),
        ("Zoé", "zoe\x00@exemple.fr", "rejected"),
        ("Z" * 200, "zoe@exemple.fr", "rejected"),
    ],
)
async def test_what_odoo_would_take_and_should_not(lieu: Lieu, name: str, email: str, code: str) -> None:
    with pytest.raises(Rejected):
        await lieu.odoo.contacts.make(name, email, lieu.mark)
    assert await lieu.odoo.contacts.with_mark(lieu.mark) == []


# -- portal accounts


@pytest.fixture
def portal(lieu: Lieu) -> Lieu:
    if not lieu.portal:
        pytest.skip("portal accounts are tried with ODOO_USERS=portal")
    return lieu


async def test_a_portal_account_is_made_once_with_small_letters(portal: Lieu) -> None:
    made = await portal.odoo.contacts.make(portal.name, portal.email, portal.mark)
    user = await portal.odoo.users.ensure(made["id"], portal.email.upper())
    assert (user["login"], user["active"], user["contact"], user["inside"]) == (portal.email, True, made["id"], False)
    assert await portal.odoo.users.ensure(made["id"], portal.email) == user
    assert await portal.odoo.users.of_contact(made["id"]) == [user]
    if portal.server:
        assert portal.server.mails == [(portal.email, "Your account at My Company")]


async def test_the_account_goes_before_the_contact(portal: Lieu) -> None:
    made = await portal.odoo.contacts.make(portal.name, portal.email, portal.mark)
    user = await portal.odoo.users.ensure(made["id"], portal.email)
    with pytest.raises(Refused) as rule:
        await portal.odoo.contacts.set_active(made["id"], False)
    assert rule.value.code == "odoo-house-rule"
    assert "\n" not in rule.value.words["reason"]
    for _ in range(2):
        assert not (await portal.odoo.users.set_active(user["id"], False))["active"]
    assert not (await portal.odoo.contacts.set_active(made["id"], False))["active"]
    await portal.odoo.contacts.set_active(made["id"], True)
    assert (await portal.odoo.users.ensure(made["id"], portal.email))["active"], "who comes back has theirs again"


async def test_a_login_of_somebody_else_is_theirs_shut_or_not(portal: Lieu) -> None:
    made = await portal.odoo.contacts.make(portal.name, portal.email, portal.mark)
    user = await portal.odoo.users.ensure(made["id"], portal.email)
    await portal.odoo.users.set_active(user["id"], False)
    other = await portal.odoo.contacts.make(portal.name, f"2{portal.email}", f"{portal.mark}2")
    with pytest.raises(Conflict) as taken:
        await portal.odoo.users.ensure(other["id"], portal.email.upper())
    assert taken.value.code == "login-taken"
    await portal.odoo.contacts.set_active(other["id"], False)


async def test_the_account_of_the_bot_is_not_touched(portal: Lieu) -> None:
    me = await portal.odoo.client.me()
    with pytest.raises(Protected) as refusal:
        await portal.odoo.users.set_active(me, False)
    assert refusal.value.code == "odoo-own-account"
