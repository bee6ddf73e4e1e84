"""A file is there whole or not at all, whenever its process dies."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from bot.arrivals.page_addresses import KEY, KEY_BYTES, key_in
from bot.store import whole_file
from bot.store.database import Database
from bot.store.whole_file import whole

BRINGS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from bot.backups import archive
from bot.store.whole_file import whole
"""
STOPS = "print('there', flush=True), sys.stdin.readline()"
WRITES = f"with whole(Path(sys.argv[1])) as to: to.write(b'half'), to.flush(), {STOPS}"
BACKS_UP = f"archive._member = lambda *_: ({STOPS}); archive.backup(*map(Path, sys.argv[2:0:-1]), datetime.now(UTC))"


@pytest.fixture(params=["without a name", "with a name", "never with one"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that knows files without a name, one that does not, and one that gives such a file none later."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    if request.param == "with a name":
        monkeypatch.setattr(whole_file, "OPENED", tmp_path / "no-proc")
    if request.param == "never with one":
        monkeypatch.setattr(os, "link", refused)
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


def test_it_takes_the_place_of_another_and_nobody_else_reads_it(disk: Path) -> None:
    file = disk / "keys"
    file.write_text("before, and longer")
    file.chmod(0o644)
    whole_file.write(file, "été")
    assert file.read_text() == "été"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [*disk.iterdir()] == [file]


def test_what_is_there_stays_where_it_is_not_to_be_written_over(disk: Path) -> None:
    file = disk / "keys"
    whole_file.write(file, "first", over=False)
    with pytest.raises(FileExistsError):
        whole_file.write(file, "second", over=False)
    assert file.read_text() == "first"
    assert [*disk.iterdir()] == [file]


def test_what_could_not_be_written_to_its_end_changes_nothing(disk: Path) -> None:
    file = disk / "keys"
    whole_file.write(file, "before")
    with pytest.raises(TypeError), whole(file) as to:
        to.writelines([b"half", None])  # type: ignore[list-item]
    assert file.read_text() == "before"
    assert [*disk.iterdir()] == [file]


async def killed(program: str, *words: Path) -> None:
    """A process of its own, once it is in the middle."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{BRINGS}\n{program}", *map(str, words)),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"there\n"
    finally:
        process.kill()
        await process.wait()


async def test_a_process_that_is_killed_leaves_nothing_of_it(tmp_path: Path) -> None:
    await killed(WRITES, tmp_path / "keys")
    assert [*tmp_path.iterdir()] == []


async def test_a_backup_that_is_killed_leaves_nothing_in_clear(tmp_path: Path) -> None:
    data, copies = tmp_path / "data", tmp_path / "copies"
    copies.mkdir()
    await (await Database.open(data / "bot.sqlite")).close()
    await killed(BACKS_UP, copies / "copy.tar", data)
    assert [*copies.iterdir()] == []


@pytest.mark.parametrize("left", [b"", b"half"])
def test_half_of_a_key_is_none(tmp_path: Path, left: bytes) -> None:
    """Of a process that died while it wrote: everybody could guess what is made from it."""
    (tmp_path / KEY).write_bytes(left)
    made = key_in(tmp_path)
    assert len(made) == KEY_BYTES
    assert key_in(tmp_path) == made
