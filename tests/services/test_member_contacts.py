"""Members among the contacts of an Odoo: what was done to each is undone, and nothing else; nothing of another lieu."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.lieux import Lieu, Lieux
from bot.services.member_contacts import MemberContacts
from bot.services.odoo import ODOO, TAG
from bot.services.ownership import Ownership
from bot.services.tenancy import Services, Tenant
from bot.store.database import Database
from integrations.errors import Conflict, NotFound
from integrations.odoo import Odoo
from tests.servers import odoo

ZOE, LEA, EMAIL, KEY = "@zoe:lieu.fr", "@lea:lieu.fr", "zoe@exemple.fr", "q7Xw2-cle"
ROSEE, PHARE = "La Rosée : membres", "Le Phare : membres"


@dataclass
class House:
    """Two lieux that have the same Odoo."""

    database: Database
    server: odoo.Odoo
    services: Services
    at: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def lieu(self, name: str) -> Lieu:
        every = await Lieux(self.database).all()
        found = [one for one in every if one.name == name]
        return (
            found[0]
            if found
            else await Lieux(self.database).create(f"!{name}:lieu.fr", name, language="fr", zone="Europe/Paris", now=1)
        )

    async def of(self, name: str) -> MemberContacts:
        lieu, lieux = await self.lieu(name), Lieux(self.database)
        chosen = self.services.of(lieu, await lieux.all())
        ownership = Ownership(self.database, self.at.__next__)
        return MemberContacts(lieu, chosen[ODOO], ownership, Tenant(self.services, lieux, chosen))

    @property
    def contacts(self) -> list[dict[str, Any]]:
        """As people see them, but the bot's own."""
        tags = self.server.records["res.partner.category"]
        return [
            {
                "name": row["name"],
                "open": row["active"],
                "tags": [tags[tag]["name"] for tag in row["category_id"]],
                "users": [user["active"] for user in self.server.users.values() if user["partner_id"] == id],
            }
            for id, row in self.server.contacts.items()
            if id != 1
        ]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    server = odoo.Odoo()
    server.add_account("bot", KEY, email="bot@exemple.fr", manages=True)
    database = await Database.open(tmp_path / "bot.sqlite")
    async with server.running() as url:
        client = Odoo(url, server.database, KEY, tag=TAG, wanted="portal")
        house = House(database, server, Services({ODOO: client}))
        await house.of("La Rosée"), await house.of("Le Phare")
        yield house
        await client.close()
    await database.close()


async def leaves(contacts: MemberContacts, person: str) -> None:
    """As a departure does it."""
    held = await contacts.held(person)
    assert held
    if held["user"]:
        await contacts.set_account(held, False)
    await contacts.set_tags(held, False)
    if (held["made"] or held["woken"]) and not held["shared"]:
        await contacts.set_active(held, False)


async def test_one_that_was_made_is_archived_and_comes_back(house: House) -> None:
    rosee = await house.of("La Rosée")
    made = await rosee.enter(ZOE, "Zoé Martin", EMAIL)
    assert (made["made"], made["woken"]) == (True, False)
    assert await rosee.open_account(ZOE, made["id"], EMAIL) == "mailed"
    here = [{"name": "Zoé Martin", "open": True, "tags": [ROSEE], "users": [True]}]
    assert house.contacts == here
    await leaves(rosee, ZOE)
    assert house.contacts == [{"name": "Zoé Martin", "open": False, "tags": [], "users": [False]}]
    await rosee.forget(ZOE)
    assert await rosee.held(ZOE) is None
    again = await rosee.enter(ZOE, "Zoé Martin", EMAIL)
    assert (again["id"], again["made"], again["woken"]) == (made["id"], True, True)
    await rosee.open_account(ZOE, again["id"], EMAIL)
    assert house.contacts == here
    assert len(house.server.mails) == 1


@pytest.mark.parametrize("tagged", [False, True])
@pytest.mark.parametrize("active", [False, True])
@pytest.mark.parametrize("has_account", [False, True])
async def test_one_that_was_there_is_afterwards_as_it_was(
    house: House, active: bool, tagged: bool, has_account: bool
) -> None:
    rosee, server = await house.of("La Rosée"), house.server
    tags = [server.add_tag("Presse"), *([server.add_tag(ROSEE)] if tagged else [])]
    id = server.add_contact("MARTIN Zoé", f"Zoé <{EMAIL.upper()}>", active=active, category_id=tags)
    if has_account:
        server._insert("res.users", {"login": "zoe", "partner_id": id, "active": active, "group_ids": [odoo.PORTAL]})
    before = house.contacts
    found = await rosee.enter(ZOE, "Zoé Martin", EMAIL)
    assert (found["id"], found["made"], found["woken"]) == (id, False, not active)
    assert house.contacts[0]["open"]
    assert {*house.contacts[0]["tags"]} == {"Presse", ROSEE}
    opened = await rosee.open_account(ZOE, id, EMAIL)
    assert opened == ("there" if has_account and active else "mailed")
    await leaves(rosee, ZOE)
    made = [] if has_account else [False]  # an account is shut, not deleted
    assert house.contacts == [{**before[0], "users": before[0]["users"] or made}]


# -- whose it is


@pytest.mark.parametrize(
    ("others", "how"),
    [
        ([("Zoé Martin", {})], "sure"),
        ([("zoé", {})], "sure"),
        ([("Paul Martin", {})], "unsure"),
        ([("Zoé Martin", {"is_company": True})], "unsure"),
        ([("Zoé Martin", {}), ("Zoé Martin", {"active": False})], "unsure"),
        ([], "none"),
    ],
)
async def test_whose_it_is(house: House, others: list[tuple[str, dict[str, Any]]], how: str) -> None:
    for name, more in others:
        house.server.add_contact(name, EMAIL, **more)
    rosee, before = await house.of("La Rosée"), house.contacts
    assert (await rosee.sight(ZOE, "Zoé Martin", EMAIL))["how"] == how
    if how == "unsure":
        with pytest.raises(Conflict):
            await rosee.enter(ZOE, "Zoé Martin", EMAIL)
        assert house.contacts == before, "nothing is touched"


async def test_one_contact_is_one_person_s_of_a_lieu(house: House) -> None:
    rosee = await house.of("La Rosée")
    await rosee.enter(ZOE, "Zoé Martin", EMAIL)
    assert (await rosee.sight(LEA, "Zoé Martin", EMAIL))["how"] == "unsure"


async def test_an_address_that_somebody_else_has_by_now_is_not_who_had_it(house: House) -> None:
    """The mark of who was called so leads to them, and is no proof of who it is now."""
    rosee = await house.of("La Rosée")
    await rosee.enter(ZOE, "Zoé Martin", EMAIL)
    await rosee.forget(ZOE)
    assert (await rosee.sight(ZOE, "Zoé Durand", "durand@exemple.fr"))["how"] == "unsure"
    await rosee.enter(ZOE, "Zoé Martin", EMAIL)
    assert (await rosee.sight(ZOE, "Zoé Martin", EMAIL))["how"] == "sure"
    assert (await rosee.sight(ZOE, "Léa Martin", EMAIL))["how"] == "unsure"
    await rosee.forget(ZOE)
    copied = next(row for row in house.server.contacts.values() if row["email"] == EMAIL)
    house.server.add_contact("Zoé Martin (copie)", EMAIL, ref=copied["ref"])
    assert (await rosee.sight(ZOE, "Zoé Martin", EMAIL))["how"] == "unsure"


async def test_a_login_that_is_used_again_does_not_inherit_the_contact(house: House) -> None:
    """Whoever had it left, and nobody told the bot; both are called Zoé."""
    rosee = await house.of("La Rosée")
    former = await rosee.enter(ZOE, "Zoé", EMAIL)
    before = house.contacts
    sight = await rosee.sight(ZOE, "Zoé", "zoe.durand@exemple.fr")
    assert (sight["how"], sight.get("earlier")) == ("unsure", True)
    with pytest.raises(Conflict):
        await rosee.enter(ZOE, "Zoé", "zoe.durand@exemple.fr")
    assert house.contacts == before
    own = house.server.add_contact("Zoé Durand", "zoe.durand@exemple.fr")
    among = (await rosee.sight(ZOE, "Zoé", "zoe.durand@exemple.fr"))["among"]
    assert [one["id"] for one in among] == [former["id"], own]
    await rosee.enter(ZOE, "Zoé", "zoe.durand@exemple.fr", own)
    await leaves(rosee, ZOE)
    assert [(row["name"], row["open"], row["tags"]) for row in house.contacts] == [
        ("Zoé", True, [ROSEE]),
        ("Zoé Durand", True, []),
    ], "what was the former person's is a human's"


async def test_what_a_concierge_said_is_theirs(house: House) -> None:
    rosee = await house.of("La Rosée")
    paul, _ = house.server.add_contact("Paul Martin", EMAIL), house.server.add_contact("Zoé Durand", EMAIL)
    for _ in range(2):
        assert (await rosee.enter(ZOE, "Zoé Martin", EMAIL, paul))["id"] == paul
    assert [row["tags"] for row in house.contacts] == [[ROSEE], []]
    with pytest.raises(NotFound):
        await rosee.enter(LEA, "Léa", EMAIL, 999)


async def test_somebody_who_works_in_odoo_gets_no_account(house: House) -> None:
    rosee = await house.of("La Rosée")
    house.server.add_account("Zoé Martin", "sa-cle", email=EMAIL)
    found = await rosee.enter(ZOE, "Zoé Martin", EMAIL)
    assert await rosee.open_account(ZOE, found["id"], EMAIL) == "there"
    held = await rosee.held(ZOE)
    assert held
    assert not held["user"]


async def test_a_lieu_that_is_renamed_takes_off_the_tag_that_it_put_on(house: House) -> None:
    rosee = await house.of("La Rosée")
    await rosee.enter(ZOE, "Zoé Martin", EMAIL)
    await leaves(replace(rosee, lieu=replace(rosee.lieu, name="La Rosée du Matin")), ZOE)
    assert house.contacts == [{"name": "Zoé Martin", "open": False, "tags": [], "users": []}]


# -- two lieux


async def test_two_lieux_of_one_odoo_have_a_contact_together_and_a_tag_each(house: House) -> None:
    rosee, phare = await house.of("La Rosée"), await house.of("Le Phare")
    made = await rosee.enter(ZOE, "Zoé Martin", EMAIL)
    found = await phare.enter(ZOE, "Zoé Martin", EMAIL)
    assert (found["id"], found["made"]) == (made["id"], False)
    assert [row["tags"] for row in house.contacts] == [[ROSEE, PHARE]]
    held = await rosee.held(ZOE)
    assert held
    assert (held["shared"], held["made"]) == (True, True)
    await leaves(rosee, ZOE)
    await rosee.forget(ZOE)
    assert house.contacts == [{"name": "Zoé Martin", "open": True, "tags": [PHARE], "users": []}], "she is there still"
    await leaves(phare, ZOE)
    assert house.contacts == [{"name": "Zoé Martin", "open": True, "tags": [], "users": []}], "the other lieu made it"


async def test_what_another_lieu_uses_too_is_not_taken_from_its_member(house: House) -> None:
    """The account of the portal, and the tag where both call it alike, were taken from whoever left one of them."""
    house.services[ODOO].tag = "Membres"
    rosee, phare = await house.of("La Rosée"), await house.of("Le Phare")
    made = await rosee.enter(ZOE, "Zoé Martin", EMAIL)
    await rosee.open_account(ZOE, made["id"], EMAIL)
    await phare.enter(ZOE, "Zoé Martin", EMAIL)
    await leaves(rosee, ZOE)
    assert house.contacts == [{"name": "Zoé Martin", "open": True, "tags": ["Membres"], "users": [True]}]


async def test_what_is_written_down_is_one_lieu_s(house: House) -> None:
    rosee, phare = await house.of("La Rosée"), await house.of("Le Phare")
    await rosee.enter(ZOE, "Zoé Martin", EMAIL)
    assert await phare.held(ZOE) is None
    await phare.forget(ZOE)
    assert await rosee.held(ZOE) is not None


async def test_the_same_number_in_another_odoo_is_another_contact(house: House) -> None:
    other = odoo.Odoo()
    other.add_account("bot", KEY)
    async with other.running() as url:
        client = Odoo(url, other.database, KEY, tag=TAG)
        lieu = await house.lieu("Le Phare")
        house.services = replace(house.services, own={lieu.space: Services({ODOO: client})})
        rosee, phare = await house.of("La Rosée"), await house.of("Le Phare")
        made, theirs = await rosee.enter(ZOE, "Zoé", EMAIL), await phare.enter(ZOE, "Zoé", EMAIL)
        assert made["id"] == theirs["id"]
        held = await rosee.held(ZOE)
        assert held
        assert not held["shared"]
        await client.close()
