"""An account is suspended and given back from the chat, and each server is asked what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.demo.actor import PATIENCE, Line
from tests.demo.newcomers import ByMail, Script
from tests.demo.play import Play
from tests.servers.accounts import LdapAccounts, SsoAccounts
from tests.servers.house import House
from tests.servers.nextcloud import StandIn
from tests.servers.person import Heard, Person
from tests.servers.slapd import Slapd
from tests.servers.synapse import Synapse

from .conftest import Begin, Open, unique

DOORS = ("directory", "Matrix", "session", "Nextcloud")
OPEN, SHUT = dict.fromkeys(DOORS, True), dict.fromkeys(DOORS, False)


@dataclass
class ByTree:
    """Invited by e-mail where the homeserver asks the tree itself for passwords: it knows them at their first visit."""

    synapse: Synapse
    login: str
    name: str
    named: Script = ()
    extra: Script = ()
    page: str = ""

    @property
    def email(self) -> str:
        return f"{self.login}@example.org"

    @property
    def user_id(self) -> str:
        return self.synapse.user_id(self.login)

    @property
    def invited_as(self) -> str:
        return f"{self.name} {self.email}"

    async def arrive(self, line: Line) -> Person:
        return Person(self.synapse, await self.synapse.register(self.login))


async def doors(play: Play) -> dict[str, bool]:
    """Which are open to the newcomer."""
    lieu, newcomer = play.lieu, play.welcome.newcomer
    assert lieu.accounts
    assert lieu.cloud
    (account,) = await lieu.accounts.with_email(newcomer.email)
    path = f"/_synapse/admin/v2/users/{newcomer.user_id}"
    matrix = await lieu.synapse.call("GET", path, token=lieu.administrator)
    return {
        "directory": account.active,
        "Matrix": not matrix["locked"],
        "session": await still_in(play.welcome.zoe.person),
        "Nextcloud": lieu.cloud.users()[newcomer.login].enabled,
    }


async def still_in(person: Person) -> bool:
    """Whether the session that they had goes on."""
    try:
        await person.call("GET", "/_matrix/client/v3/account/whoami")
    except RuntimeError as refusal:
        if "M_USER_LOCKED" not in str(refusal):
            raise
        return False
    return True


async def anne_reads(play: Play, wanted: Callable[[str], bool]) -> str:
    def heard(one: Heard) -> bool:
        return one.sender == play.lieu.account.user_id and not one.replaces and wanted(one.body)

    return (await play.place.anne.person.next(play.place.office, heard, timeout=PATIENCE)).body


async def suspended_and_given_back(play: Play) -> None:
    """With a bot that dies between the question and its answer."""
    for act in play.acts()[:-1]:
        await play.play(act)
    anne, office, login = play.place.anne, play.place.office, play.welcome.newcomer.login
    await anne.says(office, f"!membres {login}")
    sheet = await anne_reads(play, lambda body: play.welcome.newcomer.user_id in body)
    assert [word in sheet for word in (play.welcome.newcomer.email, "la.rosee", "Jardin", "Anne")] == [True] * 4, sheet
    assert await doors(play) == OPEN
    await anne.says(office, f"!compte suspendre {login}")
    await anne.hears(office, "accounts.suspend")
    await play.lieu.bot.restart()
    await anne.clicks(office, "✅")
    said = await anne_reads(play, lambda body: "est suspendu" in body)
    assert [name in said for name in ("Annuaire", "Messagerie", "Nextcloud")] == [True] * 3, said
    assert await doors(play) == SHUT
    await anne.says(office, f"!compte rétablir {login}")
    await anne_reads(play, lambda body: "est rétabli" in body)
    assert await doors(play) == OPEN


async def test_with_an_sso(house: House, open_lieu: Open, begin: Begin) -> None:
    sso = SsoAccounts(house.sso)
    lieu = await open_lieu(house.synapse, cloud=StandIn("34.0.1"), accounts=sso, mails=house.mails, administers=True)
    login = unique("zoe")
    newcomer = ByMail(house, login.title(), login, f"{login}@example.org")
    await suspended_and_given_back(begin(lieu, newcomer))


async def test_with_openldap(synapse: Synapse, slapd: Slapd, open_lieu: Open, begin: Begin) -> None:
    lieu = await open_lieu(synapse, cloud=StandIn("29.0.1"), accounts=LdapAccounts(slapd), administers=True)
    login = unique("zoe")
    await suspended_and_given_back(begin(lieu, ByTree(synapse, login, login.title())))
