"""People were there before the bot, with accounts made by hand: on real servers they become people of the lieu."""

from __future__ import annotations

from contextlib import AsyncExitStack

from integrations.directory.ldap import Ldap
from integrations.directory.scim import connect
from tests.demo.place import Place
from tests.servers.accounts import Accounts, LdapAccounts, SsoAccounts
from tests.servers.house import House
from tests.servers.lieu import Lieu
from tests.servers.nextcloud import StandIn
from tests.servers.person import Person
from tests.servers.slapd import Slapd
from tests.servers.synapse import Synapse

from .conftest import Open, unique, untold

PASSWORD = "une-phrase-bien-longue"


async def enters(place: Place, person: Person) -> None:
    """Anne invites them by hand, before there was a bot."""
    await place.element.invite(place.space, person.user_id)
    await person.invited(lambda one: one.room_id == place.space)
    await person.join(place.space)


async def anne_reads(place: Place, words: str) -> str:
    me = place.lieu.account.user_id
    heard = await place.anne.person.next(
        place.office, lambda one: one.sender == me and not one.replaces and words in one.body, timeout=60
    )
    return heard.body


async def is_active(accounts: Accounts, email: str) -> bool:
    (found,) = await accounts.with_email(email)
    return found.active


async def is_locked(lieu: Lieu, user: str) -> bool:
    found = await lieu.synapse.call("GET", f"/_synapse/admin/v2/users/{user}", token=lieu.administrator)
    return bool(found["locked"])


async def adopted(place: Place, accounts: Accounts, login: str, user: str, *lines: str) -> None:
    """What the bot says at the end of the installation, and from the list to a pause that holds; and back."""
    lieu, anne = place.lieu, place.anne
    assert "!membres adopter" in await anne_reads(place, "avant moi")
    await anne.says(place.office, f"!compte suspendre {login}")
    await anne_reads(place, "n’a pas été ouvert par ce lieu")
    await anne.says(place.office, "!membres adopter")
    shown = await anne_reads(place, "Qui adopter")
    for line in lines:
        assert line in shown.replace("\u202f", " "), shown
    assert "admin-of" not in shown
    await lieu.bot.restart()
    await anne.says(place.office, "tout")
    if len(lines) > 1:
        await anne_reads(place, "j’adopte 2 personnes")
    await anne.says(place.office, "oui")
    await anne_reads(place, "a adopté")
    await anne.says(place.office, f"!compte suspendre {login}")
    await anne.hears(place.office, "accounts.suspend")
    await anne.clicks(place.office, "✅")
    await anne_reads(place, "est suspendu")
    assert not await is_active(accounts, f"{login}@example.org")
    assert await is_locked(lieu, user)
    await anne.says(place.office, f"!compte rétablir {login}")
    await anne_reads(place, "est rétabli")
    await anne.says(place.office, "!membres rendre tout")
    await anne_reads(place, "ne sont plus à" if len(lines) > 1 else "n’est plus à")
    assert await is_active(accounts, f"{login}@example.org")


async def test_with_an_sso(house: House, open_lieu: Open) -> None:
    """Zoé signs in to Matrix with her account; Luc's only has the same name as his Matrix account of before."""
    accounts = SsoAccounts(house.sso)
    lieu = await open_lieu(house.synapse, cloud=StandIn("34.0.1"), accounts=accounts, administers=True)
    zoe, luc = unique("zoe"), unique("luc")
    bot, sso = house.sso.bot, house.sso
    by_hand = connect(sso.scim_url, token_url=sso.token_url, client_id=bot.id, client_secret=bot.secret)
    for login in (zoe, luc):
        await by_hand.ensure_account(login, login.title(), f"{login}@example.org")
    await by_hand.start_first_login(zoe)
    await by_hand.close()
    await house.choose_password(f"{zoe}@example.org", PASSWORD)
    place = Place(lieu, untold, unique("anne"), rooms=())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(place.end)
        await place.prepare()
        people = [await house.sign_in(zoe, PASSWORD), Person(house.synapse, await house.synapse.register(luc))]
        for person in people:
            await enters(place, await stack.enter_async_context(person))
        await place.install()
        lines = "(sûr : c’est avec lui qu’elle ouvre la messagerie)", "(probable : même identifiant)"
        await adopted(place, accounts, zoe, people[0].user_id, *lines)


async def test_with_openldap(synapse: Synapse, slapd: Slapd, open_lieu: Open) -> None:
    accounts = LdapAccounts(slapd)
    lieu = await open_lieu(synapse, cloud=StandIn("29.0.1"), accounts=accounts, administers=True)
    login = unique("zoe")
    told = accounts.settings
    by_hand = Ldap(
        told["LDAP_URL"],
        bind_dn=told["LDAP_BIND_DN"],
        password=told["LDAP_PASSWORD"],
        users_dn=told["LDAP_USERS_DN"],
        groups_dn=told["LDAP_GROUPS_DN"],
    )
    await by_hand.ensure_account(login, login.title(), f"{login}@example.org")
    await by_hand.close()
    place = Place(lieu, untold, unique("anne"), rooms=())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(place.end)
        await place.prepare()
        person = await stack.enter_async_context(Person(synapse, await synapse.register(login)))
        await enters(place, person)
        await place.install()
        await adopted(place, accounts, login, person.user_id, "(probable : même identifiant)")
