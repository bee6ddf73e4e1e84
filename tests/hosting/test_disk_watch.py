"""Whoever hosts the bot hears of a disk that fills up before it is full, once; and once when there is room again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import CapturingLogger

from bot.app import Services
from bot.errors import Unavailable
from bot.hosting import disk_watch
from bot.store import inbox
from bot.store.conversations import Conversation
from bot.store.data_trouble import Condition
from bot.store.free_space import LEAST, FreeSpace, free_space
from bot.talk.replies import Work
from tests.stage.furnished_lieux import ANNE, BERTHE, lieu
from tests.stage.stage import Stage

INES = "@ines:lieu.fr"
WANTED = 400_000_000


class Disk:
    """The one under the data: how many megabytes are free."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free = 1000
        monkeypatch.setattr(disk_watch, "free_space", lambda folder: FreeSpace(self.free * 1_000_000, WANTED))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
async def hosted(tmp_path: Path) -> AsyncIterator[Stage]:
    stage = await Stage.open(tmp_path, Services(), operators=[INES])
    await lieu(stage, "La Rosée", ANNE)
    yield stage
    await stage.close()


async def heard(stage: Stage) -> list[tuple[str, str]]:
    """All that was said of disks: in which room, and what."""
    await stage.bot.disk_watch.look()
    await stage.settle()
    rooms = stage.matrix.world.rooms.values()
    return [(room.name, text) for room in rooms for text in stage.said(room.room_id) if "disque" in text]


async def test_it_is_told_once_and_once_when_it_is_well(hosted: Stage, disk: Disk) -> None:
    assert await heard(hosted) == []
    disk.free = 399
    for _ in range(3):
        ((room, told),) = await heard(hosted)
    assert room == "Hébergement de la Conciergerie"
    assert "399 Mo" in told
    assert "400" in told
    disk.free = 499
    assert len(await heard(hosted)) == 1, "a file that comes and goes is not told of each time"
    disk.free = 500
    for _ in range(3):
        _, (_, told) = await heard(hosted)
    assert "de nouveau assez de place" in told
    disk.free = 399
    assert len(await heard(hosted)) == 3


async def test_a_restart_does_not_tell_it_again(hosted: Stage, disk: Disk, tmp_path: Path) -> None:
    disk.free = 10
    await heard(hosted)
    await hosted.close()
    again = await Stage.open(tmp_path, Services(), hosted.matrix, hosted.clock, operators=[INES])
    assert len(await heard(again)) == 1
    await again.close()


async def test_where_the_homeserver_is_away_the_hosts_are_told_later(
    hosted: Stage, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not the lieu in their place."""

    async def away() -> str:
        raise Unavailable("matrix")

    disk.free = 10
    with monkeypatch.context() as outage:
        outage.setattr(hosted.bot.operators, "room", away)
        assert await heard(hosted) == []
    ((room, _),) = await heard(hosted)
    assert room == "Hébergement de la Conciergerie"


async def test_where_nobody_is_named_the_only_lieu_hears_of_it(stage: Stage, disk: Disk) -> None:
    await lieu(stage, "La Rosée", ANNE)
    disk.free = 10
    ((room, _),) = await heard(stage)
    assert room == "office · La Rosée"


async def test_where_nobody_is_named_each_of_several_lieux_hears_of_it_once(stage: Stage, disk: Disk) -> None:
    """Somebody there knows whose machine it is; the log alone nobody reads."""
    await lieu(stage, "La Rosée", ANNE)
    await lieu(stage, "Le Phare", BERTHE)
    for disk.free in (10, 10, 1000, 1000):
        told = await heard(stage)
    assert Counter(room for room, _ in told) == {"office · La Rosée": 2, "office · Le Phare": 2}


async def test_where_there_is_nobody_at_all_it_is_in_the_log_once(
    stage: Stage, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = CapturingLogger()  # where a log goes to is chosen once for a process: by whichever test came first
    monkeypatch.setattr(disk_watch, "log", logged)
    disk.free = 10
    for _ in range(2):
        assert await heard(stage) == []
    assert [call.args for call in logged.calls] == [("little room on the disk",)]


async def test_nobody_notices_that_it_stops_while_several_lieux_are_told(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = await Stage.open(tmp_path, Services())
    await lieu(stage, "La Rosée", ANNE)
    await lieu(stage, "Le Phare", BERTHE)
    begin, begun = stage.bot.engine.start, list[str]()

    async def stops_after_one(conversation: Conversation, *also: Work) -> None:
        begun.append(conversation.room_id)
        if len(begun) > 1:
            raise Unavailable("matrix")
        await begin(conversation, *also)

    monkeypatch.setattr(stage.bot.engine, "start", stops_after_one)
    disk.free = 10
    assert len(await heard(stage)) == 1
    await stage.close()
    again = await Stage.open(tmp_path, Services(), stage.matrix, stage.clock)
    await again.bot.engine.resume()
    told = await heard(again)
    assert Counter(room for room, _ in told) == {"office · La Rosée": 1, "office · Le Phare": 1}
    await again.close()


async def test_what_could_not_be_written_for_a_while_is_told_when_it_can(hosted: Stage, disk: Disk) -> None:
    await limit(hosted, 0)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await hosted.database.write(inbox.receive, [], "x" * 1_000_000, 1)
    assert await heard(hosted) == []
    await limit(hosted, 10_000)
    await hosted.database.write(inbox.receive, [], "x", 1)
    for _ in range(2):
        ((room, told),) = await heard(hosted)
    assert room == "Hébergement de la Conciergerie"
    assert "rien pu noter" in told
    assert hosted.database.condition.failures == {"full": 1}


async def limit(stage: Stage, more: int) -> None:
    """So many pages more are taken by the disk."""
    pages = await stage.database.read_aside(lambda tx: tx.execute("PRAGMA page_count").fetchone()[0])
    await stage.database.read_aside(lambda tx: tx.execute(f"PRAGMA max_page_count = {pages + more}"))


def test_it_is_a_copy_and_a_backup_that_want_room(tmp_path: Path) -> None:
    assert free_space(tmp_path).wanted == LEAST
    with (tmp_path / "bot.sqlite").open("wb") as file:
        file.truncate(LEAST)
    assert free_space(tmp_path).wanted == 2 * LEAST
    with (tmp_path / "bot.before-12").open("wb") as file:
        file.truncate(LEAST)
    assert free_space(tmp_path).wanted == 2 * LEAST, "of copies no copy is made"
    (tmp_path / "bot.sqlite-wal").symlink_to("nowhere")  # as a file that just went
    assert not free_space(tmp_path).is_shut


async def test_each_trouble_is_counted_as_what_it_is(tmp_path: Path) -> None:
    condition = Condition()
    for code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR):
        error = sqlite3.OperationalError()
        error.sqlite_errorcode = code
        condition.failed(tmp_path / "bot.sqlite", error)
    await asyncio.sleep(0)
    assert condition.failures == {"full": 2, "shut": 1, "ill": 1}
