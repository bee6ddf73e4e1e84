"""The copy of what hosts tell of themselves: it is as good as the last time that each could be read, and never half."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.network.chaton_register import ChatonRegister, is_called
from bot.store import chatons as store
from bot.store.chatons import OfferTold
from bot.store.database import Database
from integrations.chatons import client, federation
from tests.servers.chatons import FEDERATION, ChatonsFiles, Said, at, service
from tests.stage.migrated import open_migrated
from tests.stage.transcript_header import scenery

TOURS, ZONE = "geo:47.3900,0.6900", "Europe/Paris"
NIGHT = datetime(2027, 1, 15, 2, 30, tzinfo=UTC)  # half past three in Paris
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Clock:
    at: datetime = NIGHT

    def now(self) -> int:
        return round(self.at.timestamp() * 1000)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_migrated(tmp_path / "bot.sqlite", Database)
    yield database
    await database.close()


@pytest.fixture
async def files(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ChatonsFiles]:
    monkeypatch.setattr(client, "PATIENCE", 1.0)
    found = ChatonsFiles()
    async with found.running():
        found.furnish()
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def register(database: Database, clock: Clock, files: ChatonsFiles) -> ChatonRegister:
    return ChatonRegister(database, clock.now, ZONE, f"{files.url}{FEDERATION}")


async def who(register: ChatonRegister, *wanted: str, place: str = TOURS) -> list[str]:
    return [host["chaton"]["name"] for host in (await register.offering(wanted, place))["hosts"]]


# -- what is asked of it


async def test_the_nearest_first_and_none_that_takes_nobody(register: ChatonRegister) -> None:
    assert await register.refresh()
    found = await register.offering(["odoo"], TOURS)
    told = [(host["chaton"]["name"], host["far"]) for host in found["hosts"]]
    assert told == [("Le Petit Chaton", 0), ("Minou Libre", 170), ("À la Griffe", None)]
    assert (found["n"], found["shut"]) == (3, 1)  # who is full; neither who is gone, nor who is away
    assert await who(register, "odoo", place="") == ["À la Griffe", "Le Petit Chaton", "Minou Libre"]


async def test_what_ends_today_is_there_today(register: ChatonRegister, files: ChatonsFiles, clock: Clock) -> None:
    odoo = service("Odoo", "Odoo", "https://x.example/", "Member")
    files.chaton("x", "X", {"odoo": odoo}, enddate="2027-01-15")
    files.chaton("y", "Y", {"odoo": {**odoo, "service.enddate": "2027-01-14"}})
    files.federation("x", "y")
    await register.refresh()
    assert await who(register, "odoo") == ["X"]
    clock.at += DAY
    assert await who(register, "odoo") == []


@pytest.mark.parametrize(
    ("software", "name", "wanted", "is_it"),
    [
        ("Odoo", "", "odoo", True),
        ("Odoo Community", "", "odoo", True),
        ("Big Blue Button", "", "bigbluebutton", True),
        ("BigBlueButton", "", "big blue button", True),
        ("Étherpad-Lite", "", "etherpad", True),
        ("", "Notre Nextcloud à nous", "NEXTCLOUD", True),
        ("GitLab", "Forge", "git", True),
        ("Jitsi Meet", "Visio", "visio", True),
        ("Mailman", "Listes", "mail", True),
        ("Nextcloud", "", "cloud", False),
        ("Periodoo", "", "odoo", False),
        ("", "", "odoo", False),
        ("Odoo", "", "", False),
    ],
)
def test_what_a_service_is_called(software: str, name: str, wanted: str, is_it: bool) -> None:
    offer: OfferTold = {
        "software": software,
        "name": name,
        "website": "",
        "email": "",
        "registration": [],
        "is_shut": False,
        "ends": "",
    }
    assert is_called(offer, [wanted]) is is_it


async def test_what_can_be_looked_for(register: ChatonRegister) -> None:
    assert await register.known(ZONE) is None
    await register.refresh()
    assert await register.known(ZONE) == {
        "name": "CHATONS",
        "read": "2027-01-15",
        "software": ["Odoo", "Jitsi Meet", "Big Blue Button", "Mastodon", "Nextcloud"],
    }


async def test_another_federation_is_another_copy(
    register: ChatonRegister, database: Database, clock: Clock, files: ChatonsFiles
) -> None:
    await register.refresh()
    files.pages["/other.properties"] = files.pages[FEDERATION]
    other = ChatonRegister(database, clock.now, ZONE, f"{files.url}/other.properties")
    assert (await other.known(ZONE), await who(other, "odoo")) == (None, [])
    files.down = True
    assert not await other.refresh()
    assert len(await who(register, "odoo")) == 3
    files.down = False
    files.federation("griffe")
    files.pages["/other.properties"] = files.pages[FEDERATION]
    await other.refresh()
    assert await who(other, "odoo") == ["À la Griffe"]
    assert await register.known(ZONE) is None


# -- nights that go wrong


async def test_a_night_when_nothing_is_read_changes_nothing(
    register: ChatonRegister, files: ChatonsFiles, clock: Clock
) -> None:
    await register.refresh()
    clock.at += DAY
    for ill in (True, False):
        files.down = ill
        files.pages[FEDERATION] = "<html>We are sorry</html>"
        assert not await register.refresh()
    known = await register.known(ZONE)
    assert known
    assert known["read"] == "2027-01-15"
    assert len(await who(register, "odoo")) == 3


async def test_a_part_that_cannot_be_read_is_as_it_was(
    register: ChatonRegister, files: ChatonsFiles, clock: Clock
) -> None:
    await register.refresh()
    clock.at += DAY
    files.pages["/petit/organization.properties"] = Said("500 Broken")
    files.pages["/minou/odoo.properties"] = b"\0"
    files.chaton("griffe", "À la Patte", {"odoo": service("Odoo", "Odoo", "https://griffe.example/", "Free")})
    assert await register.refresh()
    assert await who(register, "odoo") == ["Le Petit Chaton", "Minou Libre", "À la Patte"]
    known = await register.known(ZONE)
    assert known
    assert known["read"] == "2027-01-16"


async def test_what_is_named_no_more_is_gone(register: ChatonRegister, files: ChatonsFiles) -> None:
    await register.refresh()
    files.chaton("minou", "Minou Libre", {}, **at("47.2", "-1.5", "Nantes"))
    files.federation("minou", "griffe")
    await register.refresh()
    assert await who(register, "odoo") == ["À la Griffe"]
    assert await who(register, "nextcloud", "jitsi") == []


async def test_what_cannot_be_read_for_two_months_is_gone(
    register: ChatonRegister, files: ChatonsFiles, clock: Clock
) -> None:
    await register.refresh()
    files.pages["/petit/organization.properties"] = Said("500 Broken")
    files.pages["/griffe/odoo.properties"] = Said("500 Broken")
    for days, there in ((59, 3), (2, 1)):
        clock.at += days * DAY
        await register.refresh()
        assert len(await who(register, "odoo")) == there


async def test_a_crash_while_it_is_written_leaves_the_last_good_copy(
    register: ChatonRegister, database: Database, files: ChatonsFiles
) -> None:
    await register.refresh()
    files.federation("griffe")

    def dies() -> None:
        raise KeyboardInterrupt

    database.before_commit = dies
    with pytest.raises(KeyboardInterrupt):
        await register.refresh()
    database.before_commit = lambda: None
    assert await who(register, "odoo") == ["Le Petit Chaton", "Minou Libre", "À la Griffe"]
    assert await register.refresh()
    assert await who(register, "odoo") == ["À la Griffe"]


async def test_one_who_stops_while_it_reads_has_the_last_good_copy(
    register: ChatonRegister, files: ChatonsFiles
) -> None:
    await register.refresh()
    reached = asyncio.Event()
    files.reached["/minou/nuage.properties"] = reached
    files.chaton("petit", "Le Gros Chaton", {})
    night = asyncio.create_task(register.refresh())
    await reached.wait()
    night.cancel()
    await asyncio.gather(night, return_exceptions=True)
    assert await who(register, "odoo") == ["Le Petit Chaton", "Minou Libre", "À la Griffe"]


async def test_what_is_beyond_us_does_not_stop_the_bot(
    register: ChatonRegister, monkeypatch: pytest.MonkeyPatch, files: ChatonsFiles
) -> None:
    read = federation.read

    async def breaks(url: str, outside: object) -> dict[str, str]:
        if "/petit/" in url:
            raise RecursionError
        return await read(url, outside)  # type: ignore[arg-type]

    monkeypatch.setattr(federation, "read", breaks)
    assert await register.refresh()
    assert await who(register, "odoo") == ["Minou Libre", "À la Griffe"]


# -- when


@pytest.mark.parametrize(
    ("hour", "age", "is_due"),
    [
        (3, 24 * HOUR, True),
        (5, 13 * HOUR, True),
        (3, 2 * HOUR, False),
        (14, 24 * HOUR, False),
        (14, 37 * HOUR, True),
        (14, -2 * HOUR, True),
    ],
    ids=["at night", "late", "twice a night", "by day", "a machine that sleeps at night", "a clock that was set"],
)
async def test_it_is_read_at_night(
    register: ChatonRegister, clock: Clock, hour: int, age: timedelta, is_due: bool
) -> None:
    assert await register.is_due()
    now = NIGHT.replace(hour=hour - 1)  # UTC
    clock.at = now - age
    await register.refresh()
    clock.at = now
    assert await register.is_due() is is_due


async def test_by_itself_when_the_bot_starts_and_never_when_asked(
    register: ChatonRegister, database: Database, files: ChatonsFiles
) -> None:
    written, loop = asyncio.Event(), asyncio.get_running_loop()
    database.before_commit = lambda: loop.call_soon_threadsafe(written.set) and None
    running = asyncio.create_task(register.run())
    await asyncio.wait_for(written.wait(), 30)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    database.before_commit = lambda: None
    await database.write(store.last, "")  # behind it
    asked = len(files.asked)
    assert len(await who(register, "odoo")) == 3
    assert asked == len(files.asked) > 5


async def test_a_bot_that_runs_reads_it(tmp_path: Path) -> None:
    async with scenery({"lieu": "La Rosée", "concierges": "Anne", "chatons": "oui"}, tmp_path) as scene:
        assert scene.chatons
        read = scene.chatons.reached[FEDERATION] = asyncio.Event()
        running = asyncio.create_task(scene.stage.bot.run())
        await asyncio.wait_for(read.wait(), 30)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert scene.chatons.asked[0] == FEDERATION


async def test_nothing_is_read_where_nobody_said_what(database: Database, clock: Clock) -> None:
    register = ChatonRegister(database, clock.now, ZONE, "")
    await asyncio.wait_for(register.run(), 5)
    assert not register.is_set_up
