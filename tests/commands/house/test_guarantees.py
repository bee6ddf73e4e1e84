"""How services answered: what is kept of it, what is told, and that nothing is told twice nor to anybody else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import MatrixRefused
from bot.lieux import Lieu
from bot.matrix.message import edit
from bot.reports.months import Month, Months, Proof
from bot.services.directory import DIRECTORY
from bot.services.looks import Look, Watched
from bot.services.tenancy import Services
from bot.store import availability, outbox, waits
from bot.store.availability import Incident, Maintenance, Seen
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx
from bot.store.outbox import Letter
from tests.commands.house.test_week import ANNE, MARC, at, founded
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.stage import ME, FakeMatrix, FakeRoom, Stage
from tests.stage.sudden_death import Mortal
from tests.stage.world import Clock

MINUTE, DAY = 60_000, 86_400_000
AWAY, BACK = "L’annuaire des comptes ne répond plus", "L’annuaire des comptes\u202f: c’est revenu"

Open = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """A bot of lieux that have a directory, on the same data each time."""
    stages: list[Stage] = []

    async def opened(services: Services, *, store: type[Database] = Database, **more: Any) -> Stage:
        stages.append(await Stage.open(tmp_path, services, store=store, **more))
        return stages[-1]

    yield opened
    for one in stages:
        if one.world.stages.get(one.me) is one:
            await one.close()


async def stops(stage: Stage) -> None:
    """As `kill -9` does."""
    await stage.bot.inbox_worker.close()
    await stage.bot.engine.close()
    await stage.close()


async def again(opened: Open, stage: Stage, **more: Any) -> Stage:
    """The same bot, from what is on disk."""
    await stops(stage)
    new = await opened(stage.services, matrix=stage.matrix, clock=stage.clock, **more)
    await new.bot.engine.resume()
    await new.settle()
    return new


def told(stage: Stage, room: FakeRoom) -> list[str]:
    """Of outages: each message as it was first said."""
    return [one for one in stage.said(room.room_id) if one.startswith((AWAY, BACK))]


async def month(stage: Stage, lieu: Lieu, first: str = "") -> Month:
    months = stage.bot._capabilities[Months]
    assert isinstance(months, Months)
    return await months.month(lieu, first)


async def of_directory(stage: Stage, lieu: Lieu) -> Any:
    return next(one for one in (await month(stage, lieu))["services"] if one["service"] == "directory")


# -- what is told


async def test_an_outage_of_more_than_ten_minutes_is_told_once_and_its_end_once(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    _, office = await founded(stage)
    await stage.watch(20)
    directory.down = True
    await stage.watch(9)
    assert told(stage, office) == []
    await stage.watch(120)
    assert [one.startswith(AWAY) for one in told(stage, office)] == [True]
    directory.down = False
    await stage.watch(120)
    assert [one[: len(BACK)] for one in told(stage, office)[1:]] == [BACK]
    assert "a duré 2\xa0heures." in told(stage, office)[1]
    assert await stage.database.read(availability.untold) == [], "also once those conversations are forgotten"


async def test_a_short_outage_is_listed_and_told_to_nobody(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, office = await founded(stage)
    await stage.watch(20)
    directory.down = True
    await stage.watch(8)
    directory.down = False
    await stage.watch(60)
    assert told(stage, office) == []
    (incident,) = (await month(stage, lieu))["incidents"]
    assert incident["service"] == "directory"
    assert incident["ended_at"] is not None
    assert 5 * 60 <= incident["seconds"] < 10 * 60


async def test_one_answer_that_is_missed_is_no_outage(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, _ = await founded(stage)
    await stage.watch(20)
    directory.down = True
    stage.clock.at += 5 * MINUTE
    await stage.bot.incidents.look()
    directory.down = False
    await stage.watch(30)
    seen = await month(stage, lieu)
    assert seen["incidents"] == []
    assert (await of_directory(stage, lieu))["share"] == 10_000


async def test_a_process_that_dies_in_an_outage_tells_its_end_once(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    _, office = await founded(stage)
    await stage.watch(20)
    directory.down = True
    await stage.watch(30)
    stage = await again(opened, stage)
    await stage.watch(10)
    stage = await again(opened, stage)
    directory.down = False
    stage.clock.at += 180 * MINUTE  # in which nobody looked
    await stage.watch(30)
    stage = await again(opened, stage)
    await stage.watch(30)
    assert [one.startswith(AWAY) for one in told(stage, office)] == [True, False]
    assert "a duré au moins" in told(stage, office)[1]
    assert "heure" not in told(stage, office)[1].partition("a duré")[2].replace("pas pu regarder", "")


@pytest.mark.parametrize("up", [1, 3])
async def test_a_service_that_comes_and_goes_is_one_outage(opened: Open, up: int) -> None:
    """Told once, though it answers a look or three between: it is over once it stays."""
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, office = await founded(stage)
    await stage.watch(20)
    for _ in range(12):
        directory.down = True
        await stage.watch(4)
        directory.down = False
        await stage.watch(up)
    directory.down = True
    await stage.watch(10)
    assert [one.startswith(AWAY) for one in told(stage, office)] == [True]
    directory.down = False
    await stage.watch(30)
    assert [one.startswith(AWAY) for one in told(stage, office)] == [True, False]
    (incident,) = (await month(stage, lieu))["incidents"]
    assert incident["seconds"] >= 45 * 60
    assert (await of_directory(stage, lieu))["share"] < 6_000


async def test_an_outage_is_over_when_it_answered_first_not_when_it_stayed(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, _ = await founded(stage)
    await stage.watch(20)
    directory.down = True
    await stage.watch(30)
    directory.down = False
    back = stage.clock.at
    await stage.watch(30)
    (incident,) = (await month(stage, lieu))["incidents"]
    assert incident["ended_at"] is not None
    assert 0 < incident["ended_at"] - back <= 2 * MINUTE


async def test_a_process_that_dies_while_a_service_is_coming_back_tells_its_end_once(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    _, office = await founded(stage)
    await stage.watch(20)
    directory.down = True
    await stage.watch(30)
    directory.down = False
    await stage.watch(2)
    stage = await again(opened, stage)
    await stage.watch(30)
    assert [one.startswith(AWAY) for one in told(stage, office)] == [True, False]


@pytest.mark.parametrize("down", [True, False], ids=["going on", "coming back"])
async def test_a_clock_that_is_set_back_in_an_outage_silences_nothing(opened: Open, down: bool) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    _, office = await founded(stage)
    await stage.watch(20)
    directory.down = True
    await stage.watch(6 if down else 30)
    directory.down = down
    await stage.watch(1)
    stage.clock.at -= 60 * 60 * MINUTE
    await stage.watch(30)
    directory.down = False
    await stage.watch(30)
    said = told(stage, office)
    assert [one.startswith(AWAY) for one in said] == [True, False], said


async def test_a_clock_that_is_set_back_between_the_first_two_looks_hides_no_outage(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    _, office = await founded(stage)
    await stage.watch(20)
    directory.down, seen = True, directory.calls
    stage.clock.at += 5 * MINUTE
    await stage.bot.incidents.look()
    assert directory.calls == seen + 1
    stage.clock.at -= 60 * 60 * MINUTE
    await stage.watch(30)
    assert [one.startswith(AWAY) for one in told(stage, office)] == [True]


@pytest.mark.parametrize("jump", [3 * 60 * MINUTE, 40 * DAY])
async def test_a_clock_that_is_set_forward_makes_no_outage_of_a_moment(opened: Open, jump: int) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, office = await founded(stage)
    await stage.watch(20)
    directory.down = True
    await stage.watch(4)
    stage.clock.at += jump
    await stage.watch(1)
    directory.down = False
    await stage.watch(30)
    assert told(stage, office) == []
    assert (await month(stage, lieu))["services"][1]["away"] < 10 * 60


async def of_two(opened: Open) -> tuple[Stage, FakeRoom, dict[str, str]]:
    """A lieu with a directory and a site, and what the next look at each (by its name) says, if it is not well."""
    stage = await opened(Services({DIRECTORY: MemoryDirectory()}))
    _, office = await founded(stage)
    causes: dict[str, str] = {}
    looks = stage.bot.incidents._looks
    of, look = looks.of, looks.look

    def both(lieu: Lieu, served: Any) -> list[Watched]:
        return [*of(lieu, served), Watched(7, "wordpress"), Watched(8, "nextcloud")]

    async def told_causes(keys: Any) -> dict[int, Look]:
        found = await look([key for key in keys if key not in (7, 8)])
        found |= {key: Look("answered") for key in keys if key in (7, 8)}
        (lieu,) = served = await stage.bot.lieux.all()
        names = {one.key: one.name for one in both(lieu, served)}
        return {key: Look("away", causes[names[key]]) if names[key] in causes else one for key, one in found.items()}

    looks.of, looks.look = both, told_causes  # type: ignore[method-assign]
    return stage, office, causes


async def test_several_services_that_go_and_come_together_are_one_sentence_each_time(opened: Open) -> None:
    stage, office, causes = await of_two(opened)
    await stage.watch(20)
    causes |= {"directory": "", "wordpress": "", "nextcloud": "nobody"}
    await stage.watch(60)
    (said,) = stage.said(office.room_id)
    assert said.startswith("Plusieurs services ne répondent plus depuis vendredi 15 janvier à")
    assert all(name in said for name in ("L’annuaire des comptes", "Nextcloud", "Le site du lieu"))
    causes.clear()
    await stage.watch(30)
    _, back = stage.said(office.room_id)
    assert back.startswith("C’est revenu\u202f: L’annuaire des comptes, ")
    assert await stage.database.read(availability.untold) == []


async def test_what_went_away_long_after_another_is_told_by_itself(opened: Open) -> None:
    stage, office, causes = await of_two(opened)
    await stage.watch(20)
    causes["directory"] = ""
    await stage.watch(30)
    causes["nextcloud"] = "nobody"
    await stage.watch(60)
    assert [one.partition("\u202f")[0][:20] for one in stage.said(office.room_id)] == [
        "L’annuaire des compt",
        "Depuis vendredi 15 j",
    ]
    causes.clear()
    await stage.watch(30)
    assert len(stage.said(office.room_id)) == 3, "they came back together"


async def test_what_is_about_to_come_back_is_not_told_among_what_went_away(opened: Open) -> None:
    stage, office, causes = await of_two(opened)
    await stage.watch(20)
    causes |= {"directory": "", "wordpress": ""}
    await stage.watch(10)
    del causes["wordpress"]
    await stage.watch(4)
    (said,) = stage.said(office.room_id)
    assert said.startswith(AWAY)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, after: bool) -> None:
    write = 0
    while True:
        write += 1
        store = type("Dying", (Mortal,), {})
        if await lived(tmp_path / f"{write}", store, write, after=after):
            break
    assert write > 5


async def lived(path: Path, store: Any, write: int, *, after: bool) -> bool:
    """An outage with a death at a write in it, or none where there are fewer; what was told of it is as ever."""
    store.died, directory, clock, matrix = asyncio.Event(), MemoryDirectory(), Clock(), FakeMatrix()
    path.mkdir()

    async def open_(kind: Any) -> Stage:
        return await Stage.open(path, Services({DIRECTORY: directory}), matrix, clock, kind)

    stage = await open_(store)
    lieu, office = await founded(stage)
    died = False
    store.dies_at(write, after=after)
    for down, minutes in ((False, 12), (True, 40), (False, 40)):
        directory.down = down
        ends = clock.at + minutes * MINUTE
        while clock.at < ends:
            alive = await store.survives(stage.watch((ends - clock.at) / MINUTE)) if not died else True
            if died:
                await stage.watch((ends - clock.at) / MINUTE)
            elif not alive:
                died = True
                store.died.clear()
                await stops(stage)
                stage = await open_(Database)
                await stage.bot.engine.resume()
    store.dies_at(0, after=False)
    said = told(stage, office)
    assert [one.startswith(AWAY) for one in said] == [True, False], (write, said)
    (incident,) = (await month(stage, lieu))["incidents"]
    assert incident["ended_at"] is not None
    await stops(stage)
    return not died


# -- what is kept


async def test_what_was_not_looked_at_is_neither_well_nor_away(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, _ = await founded(stage)
    await stage.watch(60)
    directory.down = True
    stage = await again(opened, stage)
    stage.clock.at += 6 * 60 * MINUTE
    directory.down = False
    await stage.watch(60)
    stage.clock.at += 6 * 60 * MINUTE  # the machine slept
    await stage.watch(60)
    seen = await of_directory(stage, lieu)
    assert seen["share"] == 10_000
    assert 120 * 60 < seen["known"] <= 180 * 60


async def test_where_nothing_changes_one_row_a_day_is_written_every_half_an_hour(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    for name in ("La Rosée", "Le Phare", "L’Escale"):
        await founded(stage, name)
    await stage.watch(1)
    before = stage.database.writes
    await stage.watch(25)
    assert stage.database.writes == before
    await stage.watch(10)
    assert stage.database.writes == before + 1  # of all lieux
    await stage.watch(24 * 60)
    assert stage.database.writes <= before + 49
    rows = await stage.database.read(lambda tx: tx.execute("SELECT count(*) FROM availability").fetchone()[0])
    assert rows == 3 * 2 * 2  # lieux, services, days


async def test_the_watch_goes_on_until_it_is_stopped_and_writes_what_it_held_back(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, _ = await founded(stage)
    stage.clock.now = lambda: stage.clock.at  # type: ignore[method-assign]
    looked, look = asyncio.Event(), stage.bot.incidents.look

    async def seen() -> None:
        await look()
        looked.set()

    stage.bot.incidents.look = seen  # type: ignore[method-assign]
    running = asyncio.create_task(stage.bot.incidents.run())
    await looked.wait()
    assert await stage.database.read(availability.days, lieu.id, "2000-01-01", "2100-01-01") == []
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    rows = await stage.database.read(availability.days, lieu.id, "2000-01-01", "2100-01-01")
    assert [(row["service"], row["looked"], row["answered"]) for row in rows] == [("directory", 1, 1), ("matrix", 1, 1)]


async def test_a_full_disk_does_not_keep_the_bot_from_stopping(opened: Open) -> None:
    stage = await opened(Services({DIRECTORY: MemoryDirectory()}))
    await founded(stage)
    looked, look = asyncio.Event(), stage.bot.incidents.look

    async def seen() -> None:
        await look()
        looked.set()

    def full() -> None:
        raise sqlite3.OperationalError("database or disk is full")

    stage.bot.incidents.look = seen  # type: ignore[method-assign]
    running = asyncio.create_task(stage.bot.incidents.run())
    await looked.wait()
    stage.database.before_commit = full
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()


async def test_several_lieux_of_one_service_ask_it_once(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieux = [await founded(stage, name) for name in ("La Rosée", "Le Phare", "L’Escale")]
    await stage.bot.incidents.look()
    assert directory.calls == 1
    directory.down = True
    await stage.watch(30)
    assert [len(told(stage, office)) for _, office in lieux] == [1, 1, 1]


async def test_a_lieu_hears_nothing_of_another_ones_services(opened: Open) -> None:
    mine, theirs = MemoryDirectory(), MemoryDirectory()
    matrix = FakeMatrix()
    own = dict[str, Services]()
    stage = await opened(Services({DIRECTORY: mine}, own=own), matrix=matrix)
    lieu, office = await founded(stage)
    other, there = await founded(stage, "Le Phare")
    own[other.space] = Services({DIRECTORY: theirs})
    theirs.down = True
    await stage.watch(60)
    assert told(stage, office) == []
    assert len(told(stage, there)) == 1
    assert (await month(stage, lieu))["incidents"] == []
    (incident,) = (await month(stage, other))["incidents"]
    id = await stage.database.read(lambda tx: tx.execute("SELECT id FROM incidents").fetchone()[0])
    assert await stage.database.read(availability.incident, lieu.id, id) is None
    assert (await of_directory(stage, lieu))["share"] == 10_000
    assert incident["seconds"] > 0


async def test_a_lieu_never_hears_of_a_service_that_it_has_not(opened: Open) -> None:
    stage = await opened(Services())
    lieu, office = await founded(stage)
    await stage.database.write(
        availability.add, {(lieu.id, "nextcloud", "2027-01-15"): Seen(1, 0, 300_000, 300_000)}
    )  # it had one
    await stage.database.write(availability.keep, [Incident(lieu.id, "nextcloud", stage.clock.at, stage.clock.at, "")])
    await stage.watch(10)
    await stage.write(ANNE, office.room_id, "!garanties")
    assert "La messagerie" in stage.last(office.room_id)
    assert "Nextcloud" not in "".join(stage.said(office.room_id))


async def test_our_own_line_is_nobodys_outage(opened: Open) -> None:
    """Where not even the homeserver answers."""
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, office = await founded(stage)

    async def nobody(keys: Any) -> dict[int, Look]:
        return {key: Look("away") for key in keys}

    await stage.watch(20)
    looks, looked = stage.bot.incidents._looks, stage.bot.incidents._looks.look
    looks.look = nobody  # type: ignore[method-assign]
    await stage.watch(60)
    looks.look = looked  # type: ignore[method-assign]
    await stage.watch(20)
    assert told(stage, office) == []
    seen = await month(stage, lieu)
    assert [one["share"] for one in seen["services"]] == [10_000, 10_000]
    assert all(one["known"] < 45 * 60 for one in seen["services"])


async def test_an_outage_of_the_homeserver_is_told_when_somebody_can_read_it(opened: Open) -> None:
    stage = await opened(Services({DIRECTORY: MemoryDirectory()}))
    _, office = await founded(stage)
    await stage.watch(20)
    looks, looked = stage.bot.incidents._looks, stage.bot.incidents._looks.look

    async def deaf(keys: Any) -> dict[int, Look]:
        return {**await looked(keys), **{key: Look("away") for key in keys if key == 0}}

    looks.look = deaf  # type: ignore[method-assign]
    await stage.watch(30)
    assert stage.said(office.room_id) == []
    looks.look = looked  # type: ignore[method-assign]
    await stage.watch(10)
    (said,) = stage.said(office.room_id)
    assert said.startswith("La messagerie\u202f: c’est revenu")


async def test_what_is_older_than_a_year_is_forgotten(opened: Open) -> None:
    stage = await opened(Services({DIRECTORY: MemoryDirectory()}))
    lieu, _ = await founded(stage)
    await stage.watch(60)
    ended = Incident(lieu.id, "directory", stage.clock.at, stage.clock.at, "", stage.clock.at, told=availability.ALL)
    await stage.database.write(availability.keep, [ended])
    await stage.database.write(availability.plan, lieu.id, stage.clock.at, stage.clock.at + MINUTE, ["directory"])
    await stage.database.write(waits.begin, 7, "act", lieu.id, "directory", stage.clock.at)
    stage.clock.at += 368 * DAY
    await stage.watch(120)

    def left(tx: Tx) -> list[int]:
        tables = ("incidents", "maintenances", "waits", "availability")
        return [tx.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]

    assert await stage.database.read(left) == [0, 0, 0, 2]  # of today


async def test_a_share_is_never_rounded_up(opened: Open) -> None:
    stage = await opened(Services({DIRECTORY: MemoryDirectory()}))
    lieu, _ = await founded(stage)
    await stage.database.write(
        availability.add, {(lieu.id, "directory", "2027-01-15"): Seen(9, 9, 2_592_000_000, 1_000)}
    )
    assert (await of_directory(stage, lieu))["share"] == 9_999


async def test_a_clock_that_is_set_back_is_no_outage_and_stops_no_look(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, _ = await founded(stage)
    await stage.watch(20)
    stage.clock.at -= 60 * 60 * MINUTE
    await stage.watch(20)
    assert (await of_directory(stage, lieu))["share"] == 10_000
    assert directory.calls >= 8


# -- a maintenance


async def test_what_was_announced_is_counted_apart_and_told_to_nobody(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, office = await founded(stage)
    begins = stage.clock.at + 15 * MINUTE
    await stage.database.write(availability.plan, lieu.id, begins, begins + 60 * MINUTE, ["directory"])
    await stage.watch(20)
    directory.down = True
    await stage.watch(50)
    directory.down = False
    await stage.watch(20)
    assert told(stage, office) == []
    seen = await of_directory(stage, lieu)
    assert seen["share"] == 10_000
    assert 45 * 60 < seen["planned"] < 55 * 60
    assert (await month(stage, lieu))["incidents"] == []


async def test_what_lasts_longer_than_announced_is_an_outage_from_then_on(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, office = await founded(stage)
    begins = stage.clock.at
    await stage.database.write(availability.plan, lieu.id, begins, begins + 60 * MINUTE, ["directory"])
    directory.down = True
    await stage.watch(120)
    assert len(told(stage, office)) == 1
    (incident,) = (await month(stage, lieu))["incidents"]
    assert begins + 60 * MINUTE <= incident["begun_at"] <= begins + 70 * MINUTE


async def test_another_service_is_not_excused_by_it(opened: Open) -> None:
    directory = MemoryDirectory(down=True)
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, office = await founded(stage)
    begins = stage.clock.at
    await stage.database.write(availability.plan, lieu.id, begins, begins + 60 * MINUTE, ["matrix"])
    await stage.watch(30)
    assert len(told(stage, office)) == 1


async def planned(stage: Stage, lieu: Lieu, begins: int, ends: int, *rooms: str) -> Maintenance:
    await stage.database.write(availability.plan, lieu.id, begins, ends, ["directory"], rooms)
    return (await stage.database.read(availability.planned, lieu.id, begins))[-1]


async def test_a_maintenance_is_called_off_once_and_as_it_was_seen(opened: Open) -> None:
    stage = await opened(Services({DIRECTORY: MemoryDirectory()}))
    lieu, _ = await founded(stage)
    other, _ = await founded(stage, "Le Phare")
    at, off, write = stage.clock.at, availability.call_off, stage.database.write
    one = await planned(stage, lieu, at + DAY, at + DAY + MINUTE, "!a", "!b")
    assert await write(off, other.id, one, at) is None
    assert await write(availability.move, lieu.id, one, at + 2 * DAY, at + 3 * DAY, at) == ["!a", "!b"]
    assert await write(off, lieu.id, one, at) is None, "somebody moved it meanwhile: that is not what was agreed to"
    (moved,) = await stage.database.read(availability.planned, lieu.id, at)
    assert await write(off, lieu.id, moved, at) == ["!a", "!b"]
    assert await write(off, lieu.id, moved, at) is None
    assert await stage.database.read(availability.planned, lieu.id, at) == []
    left = await stage.database.read(lambda tx: tx.execute("SELECT count(*) FROM maintenance_rooms").fetchone()[0])
    assert left == 0


async def test_a_maintenance_that_is_ended_early_excuses_nothing_from_then_on(opened: Open) -> None:
    directory = MemoryDirectory(down=True)
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, office = await founded(stage)
    one = await planned(stage, lieu, stage.clock.at, stage.clock.at + DAY)
    await stage.watch(60)
    assert told(stage, office) == []
    assert (await of_directory(stage, lieu))["share"] is None, "of that time nothing is said"
    await stage.database.write(availability.call_off, lieu.id, one, stage.clock.at)
    await stage.watch(60)
    assert len(told(stage, office)) == 1
    seen = await of_directory(stage, lieu)
    assert 55 * 60 <= seen["planned"] <= 65 * 60, "what was announced stays excused"
    assert seen["away"] > 45 * 60


async def test_maintenances_that_overlap_are_counted_once(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, office = await founded(stage)
    at = stage.clock.at
    await planned(stage, lieu, at, at + 60 * MINUTE)
    await planned(stage, lieu, at + 30 * MINUTE, at + 90 * MINUTE)
    await stage.watch(5)
    directory.down = True
    await stage.watch(80)
    directory.down = False
    await stage.watch(20)
    seen = await of_directory(stage, lieu)
    assert told(stage, office) == []
    assert 70 * 60 <= seen["planned"] <= 85 * 60
    assert seen["share"] == 10_000


# -- a month


async def test_a_month_of_before_shows_what_happened_in_it_alone(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, _ = await founded(stage)
    december = [at("2026-12-01T00:30"), at("2026-12-31T23:50")]
    for begun in (at("2026-11-30T22:00"), *december, at("2027-01-01T00:10")):
        one = Incident(lieu.id, "directory", begun, begun, "nobody", begun + 15 * MINUTE, told=availability.ALL)
        await stage.database.write(availability.keep, [one])
    await stage.database.write(
        availability.add, {(lieu.id, "directory", "2026-12-31"): Seen(9, 9, 86_400_000, 900_000)}
    )
    await stage.watch(30)
    seen = await month(stage, lieu, "2026-12-01")
    assert (seen["first"], seen["last"]) == ("2026-12-01", "2026-12-31")
    assert [one["begun_at"] for one in seen["incidents"]] == december
    assert [one["cause"] for one in seen["incidents"]] == ["nobody", "nobody"]
    (mine,) = [one for one in seen["services"] if one["service"] == "directory"]
    assert len(mine["days"]) == 31
    assert (mine["known"], mine["days"][-1]) == (86_400, "short")
    assert len((await month(stage, lieu, "2027-01-01"))["services"][0]["days"]) == 15, "it goes on"


async def test_a_day_of_which_little_was_seen_is_shown_as_such(opened: Open) -> None:
    stage = await opened(Services({DIRECTORY: MemoryDirectory()}))
    lieu, _ = await founded(stage)
    hour = 3_600_000
    for day, known in (("2027-01-10", 2), ("2027-01-11", 24), ("2027-01-12", 11), ("2027-01-13", 13)):
        await stage.database.write(availability.add, {(lieu.id, "directory", day): Seen(1, 1, known * hour)})
    seen = await month(stage, lieu)
    mine = next(one for one in seen["services"] if one["service"] == "directory")
    assert mine["days"][-6:] == ["part", "well", "part", "well", "unknown", "unknown"]
    today = (stage.clock.at - at("2027-01-15T00:00")) // 1000
    assert seen["since"] == "2027-01-10"
    assert seen["unseen"] == (13 + 11 + 24) * 3600 + today, "the first day began when nobody knows"


async def test_what_the_bot_itself_missed_is_said_beside_the_figures(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    _, office = await founded(stage)
    await stage.watch(30 * 60)
    directory.down = True
    stage.clock.at += 40 * 60 * MINUTE  # the bot was stopped, and the service too: nobody knows
    directory.down = False
    await stage.watch(60)
    await stage.write(ANNE, office.room_id, "!garanties")
    first = stage.last(office.room_id).splitlines()[0]
    assert "L’annuaire des comptes 100\u202f%" in first
    assert "Je regarde depuis le vendredi 15 janvier. Pendant 40\xa0heures, je n’ai pas pu regarder" in first


# -- what waited


async def test_messages_that_left_late_are_counted_among_what_was_finished(opened: Open) -> None:
    """Each once: neither what left at once, nor the corrections of another message."""
    stage = await opened(Services({DIRECTORY: MemoryDirectory()}))
    lieu, office = await founded(stage)
    correction = edit("$first", {"msgtype": "m.text", "body": "oui"})

    def late(tx: Tx) -> list[int]:
        letters = [("late", "m.room.message", {"body": "bonjour"}), ("edit", "m.room.message", correction)]
        letters += [("click", "m.reaction", {}), ("soon", "m.room.message", {"body": "bonjour"})]
        for name, type, content in letters:
            outbox.post(tx, Letter(office.room_id, name, type, content, lieu=lieu.id), stage.clock.at)
        found = tx.execute("SELECT seq, txn_id FROM outbox WHERE status = 'waiting' ORDER BY seq").fetchall()
        for row in found:
            at = stage.clock.at + (1_000 if row["txn_id"] == "soon" else 10 * MINUTE)
            for _ in range(2):  # noted twice
                waits.left_late(tx, row["seq"], at)
            outbox.sent(tx, row["seq"], f"${row['txn_id']}", at)
        return [row["seq"] for row in found]

    assert len(await stage.database.write(late)) == 4
    assert (await month(stage, lieu))["finished"]["letters"] == 1
    await stage.write(ANNE, office.room_id, "!garanties")
    assert "Un message attendait la messagerie\u202f: il est parti ensuite." in stage.last(office.room_id)


async def test_what_waited_is_taken_up_as_soon_as_the_service_is_back(opened: Open) -> None:
    """It would have tried again a quarter of an hour later."""
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}))
    lieu, office = await founded(stage)
    await stage.watch(5)
    await stage.write(ANNE, office.room_id, "!compte créer Zoé Martin zoe@exemple.fr")
    directory.down = True
    await stage.click(ANNE, office.room_id, "✅")
    await stage.watch(120)
    assert (await month(stage, lieu))["finished"] == {"done": 0, "resumed": 0, "left": 0, "waiting": 1, "letters": 0}
    directory.down = False
    await stage.watch(2)
    assert "zoe.martin" in directory.accounts
    assert (await month(stage, lieu))["finished"] == {"done": 1, "resumed": 0, "left": 0, "waiting": 0, "letters": 0}
    await stage.watch(60)
    last = [e["content"] for e in office.events if BACK in str(e["content"].get("body"))][-1]
    assert "Une chose attendait\u202f: elle est faite." in last["body"]


async def test_what_was_given_up_meanwhile_is_not_called_done(stage: Stage) -> None:
    lieu, office = await founded(stage)
    for number, outcome in enumerate(("done", "resumed", "refused", None)):
        cause = f"cause {number}"
        talk = Conversation("state", ANNE, office.room_id, cause, lieu.id)

        def write(tx: Tx, talk: Conversation = talk, outcome: Any = outcome) -> None:
            waits.begin(tx, talk.id, "step", lieu.id, "directory", 10)
            if outcome:
                waits.settle(tx, talk.id, "step", outcome, 20)

        await stage.database.write(write)
    counted = await stage.database.read(waits.count, lieu.id, 0, 100)
    assert counted == {"done": 1, "resumed": 1, "left": 2, "waiting": 0, "letters": 0}
    assert await stage.database.read(waits.count, lieu.id, 0, 10) == {
        "done": 0,
        "resumed": 0,
        "left": 0,
        "waiting": 0,
        "letters": 0,
    }
    assert (await stage.database.read(waits.count, lieu.id, 0, 100, "nextcloud"))["done"] == 0
    assert (await stage.database.read(waits.count, lieu.id + 1, 0, 100))["done"] == 0


# -- the picture


async def test_the_picture_says_what_its_words_say(opened: Open) -> None:
    directory = MemoryDirectory()
    stage = await opened(Services({DIRECTORY: directory}), promise=9_950)
    _, office = await founded(stage)
    await stage.watch(60)
    await stage.write(ANNE, office.room_id, "!garanties")
    sent = office.events[-1]["content"]
    assert (sent["msgtype"], sent["filename"]) == ("m.image", "garanties.png")
    assert stage.matrix.files["garanties.png"].startswith(b"\x89PNG")
    first, happened, after = sent["body"].splitlines()
    assert "La messagerie 100\u202f% · L’annuaire des comptes 100\u202f%. Promis\u202f: 99,5\u202f%." in first
    assert happened == "Je n’ai vu aucune coupure."
    assert after == "Rien de ce qui m’a été demandé n’a dû attendre un service."


async def test_a_homeserver_that_keeps_no_files_leaves_the_words(opened: Open) -> None:
    def refuse(data: bytes, name: str) -> str:
        raise MatrixRefused("M_TOO_LARGE", 413)

    stage = await opened(Services())
    _, office = await founded(stage)
    stage.matrix.stored = refuse
    await stage.write(ANNE, office.room_id, "!garanties")
    assert office.events[-1]["content"]["msgtype"] == "m.text"
    assert "Je n’ai encore rien mesuré" in stage.last(office.room_id)


async def test_backups_are_told_of_where_they_are_set_up(opened: Open) -> None:
    stage = await opened(Services())
    _, office = await founded(stage)
    await stage.write(ANNE, office.room_id, "!garanties")
    assert "auvegarde" not in stage.last(office.room_id)
    proofs: list[Proof] = [
        {"proved_at": at("2027-01-14T03:00"), "restored_at": at("2027-01-10T04:00"), "restored": "done"},
        {"proved_at": None, "restored_at": at("2027-01-10T04:00"), "restored": "failed"},
        {"proved_at": None, "restored_at": None, "restored": "unknown"},
    ]
    said = []
    for proof in proofs:
        months = Months(stage.database, stage.bot.incidents, stage.clock.now, proof=lambda _, proof=proof: proof)
        stage.bot._capabilities[Months] = months
        await stage.write(ANNE, office.room_id, "!garanties")
        said.append(stage.last(office.room_id).splitlines()[1].partition("service. ")[2])
    assert said[0] == (
        "Dernière sauvegarde vérifiée\u202f: jeudi 14 janvier à 3\xa0h."
        " Remise en place d’essai réussie\u202f: dimanche 10 janvier à 4\xa0h."
    )
    assert said[1].startswith("Aucune sauvegarde n’est encore vérifiée. Remise en place d’essai ratée")
    assert said[2] == "Aucune sauvegarde n’est encore vérifiée."


async def test_only_concierges_ask_for_it(opened: Open) -> None:
    stage = await opened(Services())
    lieu, _ = await founded(stage)
    assert await stage.bot.people.may(ANNE, "guarantees", lieu)
    assert not await stage.bot.people.may(MARC, "guarantees", lieu)
    assert ME
