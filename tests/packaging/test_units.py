"""The systemd units, as systemd judges them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.packaging.test_yunohost import filled
from tests.packaging.tools import run
from tests.servers import apt

ROOT = Path(__file__).parents[2]
ANALYZE = Path("/usr/bin/systemd-analyze")
MOST = 3.0  # of ten, where ten is a service that may do anything


@pytest.fixture(scope="module")
def analyze() -> Path:
    if reason := apt.ensure_installed(ANALYZE, "systemd", lacking="the units judged by systemd"):
        pytest.skip(reason)
    return ANALYZE


@pytest.fixture(params=["conciergerie.service", "conciergerie@.service", "yunohost"])
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param != "yunohost":
        return ROOT / "packaging/systemd" / str(request.param)
    file = tmp_path / "conciergerie.service"
    file.write_text(filled("systemd.service"))
    return file


def test_a_bot_that_was_taken_over_could_do_little(analyze: Path, unit: Path) -> None:
    done = run(analyze, "security", "--offline=true", "--no-pager", unit)
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(exposure) < MOST, done.stdout


def test_nothing_in_a_unit_is_unknown_to_systemd(analyze: Path, unit: Path) -> None:
    """What it says of programs and users is of this machine, where the bot is not installed."""
    done = run(analyze, "verify", "--man=no", unit)
    said = [line for line in done.stderr.splitlines() if unit.name in line or "conciergerie" in line]
    assert [line for line in said if "is not executable" not in line] == []


def test_the_log_is_the_journal_s(unit: Path) -> None:
    """Nothing is written that somebody would have to rotate."""
    assert not re.search(r"(?m)^(StandardOutput|StandardError|LogsDirectory)=", unit.read_text())
