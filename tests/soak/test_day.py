"""A day of life in an hour, or an hour of it in minutes: nothing is lost, nothing comes twice, and what grows is meant
to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.day import Spent, spend
from tests.soak.tables import show
from tests.store.test_what_goes import GROWING, LASTING

REST, BUSY = 90.0, 6.0  # seconds between two things that somebody does, in the long one and in the short one
HOURLY = 8  # deaths
GROWTH = 1.15  # times the memory that the process had at first
WARM = 300.0  # seconds until a process has met most of what it will meet
MINDED = {"service unavailable", "sync-failed", "homeserver away"}  # the log's: a busy homeserver, asked again
LOG = 8 * 2**20  # bytes of the write-ahead log: twice what SQLite writes back at once


# Rows that go in a year, or when the lieu chose: later than the day is looked back at.
YEARS = {"acts", "arrivals", "availability", "departed", "departures", "incidents", "maintenances", "waits"}


def check(spent: Spent) -> None:
    _all_was_said_once(spent)
    _all_that_ended_is_forgotten(spent)
    assert spent.complaints.keys() <= MINDED, spent.complaints
    assert max(at.sizes.log for at in spent.day.gauges) <= LOG


def _all_was_said_once(spent: Spent) -> None:
    day, accounts = spent.day, spent.accounts
    assert (accounts.lost, accounts.doubled, day.trouble) == ([], [], [])
    assert accounts.came == day.awaited()
    assert spent.shares == {name: until for name, until in day.shared.items() if until}


def _all_that_ended_is_forgotten(spent: Spent) -> None:
    """Two months later there is what was there that morning, and what is kept on purpose: as many as there were."""
    day, now = spent.day, spent.forgotten
    grown = {name for name, rows in now.items() if rows > spent.morning[name]}
    grown -= {"spent"}  # which lie there until something is spent again
    grown -= {"conversations", "steps"}  # those of the last month, and:
    grown -= YEARS
    before, left = spent.conversations
    assert left <= before
    assert grown <= LASTING.keys() | GROWING.keys(), grown
    assert now["requests"] == day.requests
    assert now["cards"] == sum(len(place.neighbours) + 1 for place in day.asked)
    assert now["owned"] - spent.morning["owned"] <= sum(bool(until) for until in day.shared.values())
    assert now["arrivals"] - spent.morning["arrivals"] == day.welcomes


def _memory_is_level(spent: Spent) -> None:
    """In the second half of the day, through which the process lives."""
    half = len(spent.day.gauges) // 2
    warm = [at.memory for at in spent.day.gauges[half:] if at.age > WARM]
    if len(warm) < 2:
        pytest.skip("MEMORY NOT JUDGED: in so short a day, nobody looks twice at a process that is warm")
    assert warm[-1] <= GROWTH * warm[0]


@pytest.mark.full
async def test_an_hour_in_minutes(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    check(await spend(tmp_path, minutes=1.5, lieux=3, deaths=2, rest=BUSY, seed=request.config.option.seed))


@pytest.mark.soak
async def test_a_day_in_an_hour(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    option = request.config.option
    deaths = round(HOURLY * option.minutes / 60)
    spent = await spend(
        tmp_path, minutes=option.minutes, lieux=option.lieux, deaths=deaths, rest=REST, seed=option.seed
    )
    with capsys.disabled():
        show(spent)
    check(spent)
    _memory_is_level(spent)
