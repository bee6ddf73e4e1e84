"""Which ends of a process are deaths, and whose: three of nobody's in particular, and the next start is in safe mode.

A process that is gone has its file closed and nothing more: what it wrote is all that the next one knows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bot.operator.aside_list import SAFE, listed
from bot.store.attempts import Attempts
from bot.store.data_folder import ATTEMPTS, STARTS
from bot.store.starts import ALL, LENGTH, NOBODYS, Starts, is_in_safe_mode

DAY = 86_400.0
ROW = b'{"alive": true, "safe": false, "nobodys": %s, "all": 0, "boot": "today", "version": "1", "left": ""}'


@contextmanager
def life(
    folder: Path, version: str = "1", boot: str = "today", *, anew: bool = False, known: bool = False
) -> Iterator[Starts]:
    """It dies in the end, unless something else is said inside."""
    starts = Starts(folder, version, boot)
    starts.begin(anew=anew)
    starts.judge(known=known)
    yield starts
    starts.close()


def dies(folder: Path, times: int = 1, **more: str) -> bool:
    """Whether any of these lives was in safe mode."""
    found = []
    for _ in range(times):
        with life(folder, **more) as starts:
            found.append(starts.is_safe)
    return any(found)


def leaves(folder: Path, what: str) -> None:
    """As a process that dies in the middle of it."""
    attempts = Attempts(folder / ATTEMPTS)
    attempts.leave(what)
    attempts.close()


async def test_the_fourth_start_is_in_safe_mode_and_so_is_each_one_after_it(tmp_path: Path) -> None:
    assert not dies(tmp_path, NOBODYS)
    assert not is_in_safe_mode(tmp_path)
    for _ in range(2):
        with life(tmp_path) as starts:
            assert starts.is_safe
            assert is_in_safe_mode(tmp_path)
            assert await listed(tmp_path) == [SAFE]


@pytest.mark.parametrize("how", ["ends", "lasts", "machine", "version", "anew"])
def test_what_is_no_death_does_not_count(tmp_path: Path, how: str) -> None:
    """Each after two deaths. What ends in order, serves for long or is another program clears what was counted."""
    dies(tmp_path, NOBODYS - 1)
    more = {"machine": {"boot": "tomorrow"}, "version": {"version": "2"}}.get(how, {})
    with life(tmp_path, anew=how == "anew", **more) as starts:
        assert not starts.is_safe
        if how in ("ends", "lasts"):
            getattr(starts, how)()
    if how == "machine":  # three times in a row the plug is pulled
        assert not dies(tmp_path, boot="the day after")
        assert not dies(tmp_path, boot="the third day")
        return
    ended_in_order = how == "ends"
    assert not dies(tmp_path, NOBODYS - (not ended_in_order), **more)
    assert dies(tmp_path, **more)


def test_a_power_cut_does_not_end_safe_mode_and_an_end_in_order_does(tmp_path: Path) -> None:
    assert dies(tmp_path, NOBODYS + 1)
    with life(tmp_path, boot="tomorrow") as starts:
        assert starts.is_safe
        starts.lasts()
        assert starts.is_safe, "it did nothing of what killed"
        starts.ends()
    assert not dies(tmp_path, NOBODYS, boot="tomorrow")


def test_a_death_that_is_somebodys_is_not_nobodys(tmp_path: Path) -> None:
    """Two of nobody's, then two of a message that is on its way to be put aside, and the next one of nobody's."""
    dies(tmp_path, NOBODYS - 1)
    with life(tmp_path):
        pass
    for _ in range(2):
        leaves(tmp_path, "event $poison")
        with life(tmp_path, known=True) as starts:
            assert not starts.is_safe
        Attempts(tmp_path / ATTEMPTS).clear()
    assert dies(tmp_path)


def test_names_that_are_left_at_random_explain_nothing(tmp_path: Path) -> None:
    """At a start much is under way; what was got through since did not kill."""
    for n in range(NOBODYS):
        with life(tmp_path) as starts:
            assert not starts.is_safe
        Attempts(tmp_path / ATTEMPTS).clear()
        leaves(tmp_path, f"part {n}")
    with life(tmp_path) as starts:
        assert starts.is_safe


def test_what_an_earlier_death_left_does_not_explain_one_of_opening_the_database(tmp_path: Path) -> None:
    with life(tmp_path):
        pass
    leaves(tmp_path, "event $poison")
    found = []
    for _ in range(NOBODYS):
        starts = Starts(tmp_path, "1", "today")
        starts.begin()
        found.append(starts.is_safe)
        starts.close()
    assert found == [False, False, True]


def test_ten_deaths_are_too_many_whosever_they_are(tmp_path: Path) -> None:
    for n in range(ALL):
        with life(tmp_path, known=True) as starts:
            assert not starts.is_safe, n
        Attempts(tmp_path / ATTEMPTS).clear()
        leaves(tmp_path, "event $poison")
    with life(tmp_path, known=True) as starts:
        assert starts.is_safe


def test_a_second_process_neither_counts_nor_clears(tmp_path: Path) -> None:
    dies(tmp_path, NOBODYS)
    with life(tmp_path) as first, life(tmp_path) as second:
        assert first.is_safe
        assert not second.is_safe
        second.ends()
        assert is_in_safe_mode(tmp_path)


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"alive": true, "nobodys": "many"}',
        b"\x00" * LENGTH,
        *(ROW % count for count in (b"1e999", b"Infinity", b"NaN", b"-1000", b"9" * 300)),
    ],
)
def test_a_file_that_is_damaged_counts_nothing(tmp_path: Path, told: bytes) -> None:
    (tmp_path / STARTS).write_bytes(told)
    assert not is_in_safe_mode(tmp_path)
    assert not dies(tmp_path, NOBODYS)
    assert dies(tmp_path)


def test_what_was_under_way_and_cannot_be_read_stops_no_start(tmp_path: Path) -> None:
    (tmp_path / ATTEMPTS).write_bytes(b"00200000" + b"[" * 200_000)
    assert not dies(tmp_path, NOBODYS)
    assert dies(tmp_path)


@pytest.mark.parametrize("name", [STARTS, ATTEMPTS])
@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_what_is_no_file_of_ours_is_neither_waited_for_nor_written(tmp_path: Path, name: str, kind: str) -> None:
    folder, another = tmp_path / "data", tmp_path / "another"
    folder.mkdir()
    another.write_text("precious")
    there = folder / name
    {"pipe": lambda: os.mkfifo(there), "link": lambda: there.symlink_to(another), "folder": there.mkdir}[kind]()
    leaves(folder, "event $poison")
    assert dies(folder, NOBODYS + 1) == (name != STARTS)
    assert is_in_safe_mode(folder) == (name != STARTS)
    assert another.read_text() == "precious"


def test_a_folder_that_is_not_ours_to_write_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    assert not dies(tmp_path / "data", NOBODYS + 1)
    assert not is_in_safe_mode(tmp_path / "data")


def test_a_disk_that_is_full_keeps_what_is_written_over(tmp_path: Path) -> None:
    """On a small disk of its own, with not a byte left."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("NO DISK COULD BE FILLED: mounting one is not allowed here")
    try:
        dies(tmp_path)
        with suppress(OSError), (tmp_path / "full").open("wb", buffering=0) as file:
            while file.write(b"x"):
                pass
        with pytest.raises(OSError, match="space"):
            (tmp_path / "more").write_bytes(b"x")
        dies(tmp_path, NOBODYS - 1)
        assert dies(tmp_path)
    finally:
        subprocess.run(["umount", tmp_path], check=True)


@pytest.mark.parametrize("jump", [DAY, -DAY, 400 * DAY])
def test_a_clock_that_is_set_neither_counts_nor_clears(
    tmp_path: Path, jump: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, real_ns = time.time, time.time_ns
    monkeypatch.setattr(time, "time", lambda: real() + jump * here)
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() + round(jump * here * 1e9))
    jumps = iter(range(100))
    for _ in range(NOBODYS):
        here = next(jumps)
        assert not dies(tmp_path)
    here = next(jumps)
    assert dies(tmp_path)


def test_what_the_kernel_says_of_its_run_is_read(tmp_path: Path) -> None:
    """Of another process of this machine it is the same."""
    begin = "Starts(Path(sys.argv[1]), '1').begin()"
    program = f"import sys; from pathlib import Path; from bot.store.starts import Starts; {begin}"
    for _ in range(NOBODYS):
        subprocess.run([sys.executable, "-c", program, tmp_path], check=True)
    starts = Starts(tmp_path, "1")
    starts.begin()
    assert starts.is_safe
