"""Somebody leaves, comes back, and leaves for good: after each step every server tells what it holds of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from tests.demo.actor import PATIENCE
from tests.demo.newcomers import ByMail
from tests.demo.place import GARDEN, HALL, NAME, Place
from tests.demo.play import Play
from tests.demo.sentences import plain
from tests.servers.accounts import LdapAccounts, SsoAccounts
from tests.servers.house import House
from tests.servers.lieu import Lieu
from tests.servers.nextcloud import StandIn
from tests.servers.person import Heard
from tests.servers.slapd import Slapd
from tests.servers.synapse import Synapse

from .conftest import Begin, Open, unique
from .test_accounts import ByTree, still_in

DAY = 86_400_000
GROUP = "the lieu’s"  # whatever it is called: another lieu of the same directory may have its name
MEMBER = {
    "account, directory": "open",
    "groups, directory": GROUP,
    "account, Synapse": "open",
    "session, Synapse": "goes on",
    f"{NAME}, Synapse": "join",
    f"{HALL}, Synapse": "join",
    f"{GARDEN}, Synapse": "join",
    "account, Nextcloud": "open",
    "groups, Nextcloud": GROUP,
    "files, Nextcloud": "soupe.md",
}
ROOMS = (f"{NAME}, Synapse", f"{HALL}, Synapse", f"{GARDEN}, Synapse")
LOCKED = {
    "account, directory": "shut",
    "groups, directory": "",
    "account, Synapse": "locked",
    "session, Synapse": "stopped",
    **dict.fromkeys(ROOMS, "leave"),
    "account, Nextcloud": "shut",
    "groups, Nextcloud": "",
    "files, Nextcloud": "soupe.md",
}
BACK = MEMBER | dict.fromkeys(ROOMS, "invite")
CLOSED = LOCKED | {"account, directory": "gone", "account, Synapse": "closed, 0 devices", "session, Synapse": "ended"}


async def read_back(play: Play) -> dict[str, str]:
    """A table of what exists of the newcomer, asked of each server with its own API."""
    lieu, newcomer = play.lieu, play.welcome.newcomer
    assert lieu.accounts
    assert lieu.cloud
    found = await lieu.accounts.with_email(newcomer.email)
    rooms = {NAME: play.place.space, **play.place.rooms}
    return {
        "account, directory": "gone" if not found else "open" if found[0].active else "shut",
        "groups, directory": called(play, [group for one in found for group in one.groups]),
        "account, Synapse": await matrix_account(play),
        "session, Synapse": await session(play),
        **{f"{name}, Synapse": await membership(play, room) for name, room in rooms.items()},
        "account, Nextcloud": "open" if lieu.cloud.users()[newcomer.login].enabled else "shut",
        "groups, Nextcloud": called(play, lieu.cloud.users()[newcomer.login].groups),
        "files, Nextcloud": " ".join(path for path in lieu.cloud.memory.homes[newcomer.login] if path),
    }


def called(play: Play, groups: Iterable[str]) -> str:
    return " ".join(GROUP if group == play.place.group else group for group in groups)


async def matrix_account(play: Play) -> str:
    path = f"/_synapse/admin/v2/users/{play.welcome.newcomer.user_id}"
    told = await play.lieu.synapse.call("GET", path, token=play.lieu.administrator)
    if told["deactivated"]:
        devices = await play.lieu.synapse.call("GET", f"{path}/devices", token=play.lieu.administrator)
        return f"closed, {len(devices['devices'])} devices"
    return "locked" if told["locked"] else "open"


async def session(play: Play) -> str:
    try:
        return "goes on" if await still_in(play.welcome.zoe.person) else "stopped"
    except RuntimeError as refusal:
        return "ended" if "M_UNKNOWN_TOKEN" in str(refusal) else str(refusal)


async def membership(play: Play, room: str) -> str:
    """As Anne's homeserver tells it, to her."""
    path = f"/_matrix/client/v3/rooms/{room}/state/m.room.member/{play.welcome.newcomer.user_id}"
    return str((await play.place.anne.person.call("GET", path))["membership"])


async def leaves(play: Play) -> None:
    """With a bot that dies between the question and its answer."""
    anne, office = play.place.anne, play.place.office
    await anne.says(office, f"!départ {play.welcome.newcomer.login}")
    await anne.hears(office, "departure.when")
    await anne.says(office, "tout de suite")
    await anne.hears(office, "departure.heir")
    await anne.says(office, "passer")
    await anne.hears(office, "departure.sure-account")
    await play.lieu.bot.restart()
    await anne.clicks(office, "✅")
    if play.lieu.mails is None:  # nobody is shut out before they read why
        await anne.hears(office, "departure.waits")
        assert await read_back(play) == MEMBER
        await reads_the_word(play)
    await anne.hears(office, "departure.locked-account")


async def reads_the_word(play: Play) -> None:
    """Her client tells that it was read, as clients do by themselves."""
    zoe, room = play.welcome.zoe.person, f"/_matrix/client/v3/rooms/{play.welcome.direct}"
    last = (await zoe.call("GET", f"{room}/messages?dir=b&limit=1"))["chunk"][0]
    await zoe.call("POST", f"{room}/receipt/m.read/{last['event_id']}", {})


async def comes_back(play: Play) -> None:
    anne, office = play.place.anne, play.place.office
    await anne.says(office, f"!départ annuler {play.welcome.newcomer.login}")
    await anne.hears(office, "departure.sure-take-back")
    await anne.clicks(office, "✅")
    await anne_sees(play.place, "tout est rendu")


async def is_closed(play: Play) -> None:
    anne, office = play.place.anne, play.place.office
    await time_passes(play.lieu, 29)
    await anne.hears(office, "departure.ready")
    await anne.clicks(office, "✅")
    await is_agreed(play.place, play.welcome.newcomer.login)
    await time_passes(play.lieu, 31)  # the day itself was read, and written down, before the file was changed
    await anne_sees(play.place, "est fermé pour de bon, et c’est relu")


async def is_agreed(place: Place, login: str) -> None:
    """And at rest: what the same person asks there later is understood after that."""
    await anne_sees(place, "oui, par Anne")
    await place.anne.says(place.office, f"!membres {login}")
    await anne_sees(place, f"Compte : {login}")


async def anne_sees(place: Place, words: str) -> None:
    def heard(one: Heard) -> bool:
        return one.sender == place.lieu.account.user_id and words in plain(one.body)

    await place.anne.person.next(place.office, heard, timeout=PATIENCE)


async def time_passes(lieu: Lieu, days: float) -> None:
    """For the bot alone: what it waits for in its file comes that much sooner."""
    await lieu.bot.stop()
    file = sqlite3.connect(lieu.bot.data / "bot.sqlite")
    for table, column in (("conversations", "wake_at"), ("steps", "deadline"), ("departures", "closes_at")):
        file.execute(f"UPDATE {table} SET {column} = {column} - ?", (round(days * DAY),))
    file.commit()
    file.close()
    await lieu.bot.start()


def write_a_file(lieu: Lieu, login: str) -> None:
    assert lieu.cloud
    memory = lieu.cloud.memory
    memory.accounts[login].last_login = 1  # nobody writes before they have signed in
    memory.homes[login]["soupe.md"] = memory.node(b"une soupe", "text/markdown")


async def a_whole_departure(play: Play) -> None:
    for act in play.acts()[:-1]:
        await play.play(act)
    await play.place.entrust_rooms()
    write_a_file(play.lieu, play.welcome.newcomer.login)
    assert await read_back(play) == MEMBER
    await leaves(play)
    assert await read_back(play) == LOCKED
    await comes_back(play)
    assert await read_back(play) == BACK
    for room in (play.place.space, *play.place.rooms.values()):
        await play.welcome.zoe.person.call("POST", f"/_matrix/client/v3/join/{room}", {})
    assert await read_back(play) == MEMBER
    await leaves(play)
    await is_closed(play)
    assert await read_back(play) == CLOSED


async def test_with_an_sso(house: House, open_lieu: Open, begin: Begin) -> None:
    sso = SsoAccounts(house.sso)
    lieu = await open_lieu(house.synapse, cloud=StandIn("34.0.1"), accounts=sso, mails=house.mails, administers=True)
    login = unique("zoe")
    await a_whole_departure(begin(lieu, ByMail(house, login.title(), login, f"{login}@example.org")))


async def test_with_openldap(synapse: Synapse, slapd: Slapd, open_lieu: Open, begin: Begin) -> None:
    lieu = await open_lieu(synapse, cloud=StandIn("29.0.1"), accounts=LdapAccounts(slapd), administers=True)
    login = unique("zoe")
    await a_whole_departure(begin(lieu, ByTree(synapse, login, login.title())))
