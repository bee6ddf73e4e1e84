"""What Linux says of a process, read from /proc and its clock."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.bench import gauges
from tests.bench.machine import Machine, file_system

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
IN_MEMORY = Path("/dev/shm")


def test_processor_time_is_that_of_the_process() -> None:
    before = time.process_time()
    told = gauges.cpu(os.getpid())
    assert before <= told <= time.process_time()


def test_fields_are_found_by_their_whole_name(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("Name:\tVmRSS\nVmRSSX:\t1 kB\nVmRSS:\t    2048 kB\n")
    assert gauges._field(tmp_path / "status", "VmRSS") == "2048 kB"
    with pytest.raises(StopIteration):
        gauges._field(tmp_path / "status", "VmSwap")


def test_memory_is_there() -> None:
    held = bytearray(os.urandom(1)) * (64 * 2**20)
    assert gauges.resident(os.getpid()) > len(held) / 2**20


def test_what_is_written_is_counted(tmp_path: Path) -> None:
    before = gauges.written(os.getpid(), "wchar")
    (tmp_path / "file").write_bytes(bytes(5000))
    assert gauges.written(os.getpid(), "wchar") - before >= 5000


@pytest.mark.skipif(not IN_MEMORY.is_dir(), reason="no /dev/shm here")
def test_where_pages_go_to_no_disk_all_that_is_written_is_counted() -> None:
    assert file_system(IN_MEMORY) == "tmpfs"
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        assert gauges.disk_counter(Path(folder)) == "wchar"


def test_the_file_system_is_that_of_the_nearest_mount() -> None:
    assert file_system(Path("/proc/self")) == "proc"


def test_a_machine_is_calm_as_long_as_half_its_cores_are_free() -> None:
    calm, busy = Machine(4, 8.0, "6.1", 2.0), Machine(4, 8.0, "6.1", 2.01)
    assert (calm.is_calm, busy.is_calm) == (True, False)
    assert "NOT CALM" in str(busy)
    assert "NOT CALM" not in str(calm)
