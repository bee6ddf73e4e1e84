"""What is opened for a lieu in a service: once, for one person, and nothing of anybody else is ever touched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import NotPermitted, Protected, Refused, Unavailable
from bot.lieux import Lieux
from bot.services.opened_accounts import BEGUN, OpenedAccounts
from bot.services.ownership import Ownership
from bot.services.service import Guest
from bot.services.tenancy import Services, Tenant
from bot.services.wordpress import WORDPRESS
from bot.store.database import Database
from tests.stage.memory_wordpress import MemoryWordPress
from tests.stage.migrated import open_migrated

ZOE, OTHER = "@zoe:lieu.fr", "@other:lieu.fr"
GUEST = Guest("Zoé Martin", "zoe.martin", "zoe@exemple.fr")


class House:
    """Two lieux that share one site."""

    def __init__(self, site: MemoryWordPress, ours: OpenedAccounts, theirs: OpenedAccounts) -> None:
        self.site, self.ownership, self.ours, self.theirs = site, ours.ownership, ours, theirs

    async def opens(self, choice: str = "author", guest: Guest = GUEST, **how: Any) -> str:
        return (await self.ours.open("wordpress", [ZOE], guest, choice, **how))["ref"]

    def roles(self) -> dict[str, list[str]]:
        return self.site.roles()

    async def account(self) -> Any:
        return self.ours.handles(await self.ours.of(ZOE))["wordpress"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    database, site = await open_migrated(tmp_path / "bot.sqlite", Database), MemoryWordPress()
    lieux, way_in = Lieux(database), site.site()
    services, ownership = Services({WORDPRESS: way_in}), Ownership(database, lambda: 1)
    both = [
        OpenedAccounts(
            await lieux.create(f"!{name}:lieu.fr", name, language="fr", zone="Europe/Paris", now=1),
            services,
            ownership,
            Tenant(services, lieux, services),
        )
        for name in ("La Rosée", "Le Phare")
    ]
    yield House(site, *both)
    await way_in.close()
    await database.close()


async def test_it_is_opened_once_and_known_again(house: House) -> None:
    ref = await house.opens()
    assert await house.opens() == ref
    assert house.roles() == {"zoe.martin": ["author"]}
    assert await house.ours.of(ZOE) == {"wordpress": ref}
    assert await house.ours.of(OTHER) == {}


async def test_an_arrival_takes_nothing_away_and_a_concierge_may(house: House) -> None:
    await house.opens("author")
    await house.opens("subscriber")
    assert house.roles() == {"zoe.martin": ["author"]}
    await house.opens("subscriber", exactly=True)
    assert house.roles() == {"zoe.martin": ["subscriber"]}
    await house.opens("contributor")
    assert house.roles() == {"zoe.martin": ["contributor"]}


@pytest.mark.parametrize("choice", ["editor", "administrator", "", "Author"])
async def test_nothing_else_can_be_asked_for(house: House, choice: str) -> None:
    for service in ("wordpress", "nextcloud", "odyssey"):
        with pytest.raises(Refused) as no:
            await house.ours.open(service, [ZOE], GUEST, choice)
        assert no.value.code == "nothing-to-open"
    assert house.roles() == {}


@pytest.mark.parametrize("email", ["zoe@exemple.fr", "ZOE@Exemple.FR"])
async def test_an_account_of_before_stays_as_it_is(house: House, email: str) -> None:
    house.site.add("zoe.martin", email, "subscriber")
    for _ in range(2):
        with pytest.raises(Refused) as no:
            await house.opens()
        assert no.value.code == "wordpress-email-taken"
    assert house.roles() == {"zoe.martin": ["subscriber"]}
    assert await house.ours.of(ZOE) == {}


@pytest.mark.parametrize("away", ["down", "down_to_writes", "maintenance"])
async def test_whoever_comes_while_the_site_is_away_is_not_taken_for_ours(house: House, away: str) -> None:
    """They sign up there by themselves, under the very name that they would have had; nothing of ours had left."""
    setattr(house.site, away, True)
    with pytest.raises(Unavailable):
        await house.opens()
    setattr(house.site, away, False)
    house.site.add("zoe.martin", "zoe@exemple.fr", "subscriber")
    with pytest.raises(Refused):
        await house.opens()
    assert house.roles() == {"zoe.martin": ["subscriber"]}


async def test_what_was_made_and_never_answered_is_ours(house: House) -> None:
    """The site goes away as it answers: the account is read back the day after."""
    house.site.forgets, house.site.deaf = 1, True
    with pytest.raises(Unavailable):
        await house.opens()
    house.site.down = False
    assert house.roles() == {"zoe.martin": ["author"]}
    ref = await house.opens()
    assert await house.ours.of(ZOE) == {"wordpress": ref}
    assert house.site.told == ["zoe.martin : author"]


async def test_another_lieu_s_account_is_another_s(house: House) -> None:
    """The same person in two lieux of one bot, which share the site."""
    await house.opens("author")
    with pytest.raises(Refused) as no:
        await house.theirs.open("wordpress", [ZOE], GUEST, "subscriber")
    assert no.value.code == "wordpress-email-taken"
    assert await house.theirs.of(ZOE) == {}
    assert house.roles() == {"zoe.martin": ["author"]}
    assert house.theirs.handles(await house.theirs.of(ZOE)) == {}


async def test_two_lieux_in_the_same_second_do_not_have_one_account(house: House) -> None:
    """Both saw that the address was free; the site makes one account."""
    both = [one.open("wordpress", [ZOE], GUEST, "author") for one in (house.ours, house.theirs)]
    told = await asyncio.gather(*both, return_exceptions=True)
    assert [str(getattr(no, "code", "opened")) for no in told] in (
        ["opened", "wordpress-email-taken"],
        ["wordpress-email-taken", "opened"],
    )
    assert [len(await one.of(ZOE)) for one in (house.ours, house.theirs)] in ([1, 0], [0, 1])


async def test_what_another_lieu_has_made_while_we_were_dead_is_theirs(house: House) -> None:
    """We had begun, and died before anything left."""
    begun = f"{ZOE} {GUEST.email}"
    await house.ownership.own(house.theirs.lieu.id, "wordpress", BEGUN, begun)
    await house.opens()
    for _ in range(2):
        with pytest.raises(Refused) as no:
            await house.theirs.open("wordpress", [ZOE], GUEST, "subscriber")
        assert no.value.code == "wordpress-email-taken"
    assert await house.theirs.of(ZOE) == {}
    assert house.roles() == {"zoe.martin": ["author"]}


async def test_a_login_that_is_used_again_does_not_inherit_the_account(house: House) -> None:
    """Whoever had the Matrix address left, and nobody told the bot."""
    await house.opens("author")
    another = replace(GUEST, email="durand@exemple.fr")
    for exactly in (False, True):
        with pytest.raises(Protected) as no:
            await house.opens("contributor", another, exactly=exactly)
        assert no.value.code == "opened-other-email"
    assert house.roles() == {"zoe.martin": ["author"]}
    del house.site.accounts[int((await house.ours.of(ZOE))["wordpress"])]
    await house.opens("contributor", another)
    assert house.roles() == {"zoe.martin": ["contributor"]}


async def test_a_username_that_somebody_has_is_theirs(house: House) -> None:
    house.site.add("zoe.martin", "autre@exemple.fr", "author")
    await house.opens("subscriber")
    assert house.roles() == {"zoe.martin": ["author"], "zoe.martin2": ["subscriber"]}


async def test_shut_and_open_again_with_what_they_had(house: House) -> None:
    """What a human changed there meanwhile counts, as long as it is ours to give."""
    await house.opens("author")
    account = await house.account()
    house.site.named("zoe.martin").roles = ["contributor"]
    for _ in range(2):
        await account.set_open(False)
    assert (await account.state(), house.roles()) == ("shut", {"zoe.martin": []})
    for _ in range(2):
        await account.set_open(True)
    assert (await account.state(), house.roles()) == ("open", {"zoe.martin": ["contributor"]})


async def test_application_passwords_end_with_the_pause(house: House) -> None:
    await house.opens()
    house.site.named("zoe.martin").app_passwords = 2
    await (await house.account()).set_open(False)
    assert house.site.named("zoe.martin").app_passwords == 0


async def test_whoever_a_human_gave_more_is_a_human_s(house: House) -> None:
    await house.opens()
    house.site.named("zoe.martin").roles = ["author", "editor"]
    account = await house.account()
    assert (await account.described())["state"] == "more"
    with pytest.raises(Protected):
        await account.set_open(False)
    with pytest.raises(NotPermitted):
        await house.opens("subscriber", exactly=True)
    with pytest.raises(Protected):
        await account.close_for("")
    assert house.roles() == {"zoe.martin": ["author", "editor"]}


async def test_what_somebody_removed_there_is_made_anew(house: House) -> None:
    first = await house.opens()
    del house.site.accounts[int(first)]
    account = await house.account()
    assert (await account.state(), await account.set_open(False)) == ("none", "none")
    second = await house.opens("contributor")
    assert second != first
    assert await house.ours.of(ZOE) == {"wordpress": second}


async def test_a_lieu_without_a_site_has_nothing_to_open(house: House) -> None:
    none = replace(house.ours, services=Services())
    await house.opens()
    assert none.offered() == {}
    assert await none.of(ZOE) == {}
    with pytest.raises(Refused):
        await none.open("wordpress", [ZOE], GUEST, "author")
