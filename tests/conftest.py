"""What every folder of tests may ask for, which tests a run is made of, and how a failed comparison is shown."""

from __future__ import annotations

import difflib
import gc
import os
import unicodedata
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from random import Random, SystemRandom
from shutil import disk_usage

import pytest
from hypothesis import is_hypothesis_test, settings

from tests.tiers import TIERS, Sweep

pytest_plugins = [
    "tests.servers.fixtures",
    "tests.servers.certificate_fixtures",
    "tests.stage.fixtures",
    "tests.backups.fixtures",
    "tests.web.door",
]

# Where the fixtures are made that hand out real servers.
REAL = {"tests.servers.fixtures", "tests.integrations.directory.conftest", "tests.whole.conftest"}
IN_MEMORY, ENOUGH = "/dev/shm", 4 * 2**30
SEED = "CONCIERGERIE_TEST_SEED"
SPACES = {"\u202f": "⍽", "\u00a0": "␣"}
LEGEND = "(⍽ is a narrow no-break space, U+202F; ␣ a no-break space, U+00A0)"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conciergerie")
    group.addoption("--tier", choices=TIERS, default="full", help="how much is tested; see tests/tiers.py")
    group.addoption("--seed", type=int, help="where `quick` dies and what `soak` tries; by default each run its own")
    group.addoption("--minutes", type=float, default=60.0, help="how much of a day `soak` lives, at 24 minutes in each")
    group.addoption("--lieux", type=int, default=50, help="in how many lieux that is")
    group.addoption("--pictures", type=Path, help="where tests leave what the browser showed, for somebody to look at")


@pytest.hookimpl(tryfirst=True)  # before hypothesis looks at its own option
def pytest_configure(config: pytest.Config) -> None:
    tier, option = config.getoption("tier"), config.option
    if option.seed is None:
        option.seed = int(os.environ.setdefault(SEED, str(SystemRandom().randrange(2**32))))  # the workers' too
    if tier == "soak" and option.hypothesis_seed is None:
        option.hypothesis_seed = str(option.seed)
    settings.load_profile(tier)
    if Path(IN_MEMORY).is_dir() and disk_usage(IN_MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", IN_MEMORY)  # every test waits for its databases to be written


def pytest_report_header(config: pytest.Config) -> str:
    return f"tier: {config.getoption('tier')}, seed: {config.getoption('seed')}"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays until the end: looking for garbage among it took a third of the time that it takes."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    tier = config.getoption("tier")
    kept = [item for item in items if _is_of(item, tier)]
    if tier == "quick":
        chance = Random(config.getoption("seed"))
        kept = _sampled(one_of_each(kept, chance), chance)
    if left_out := set(items).difference(kept):
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = kept


def one_of_each(items: list[pytest.Item], chance: Random) -> list[pytest.Item]:
    """Of those that differ in the values of `either` alone, one."""
    alike: dict[str, list[pytest.Item]] = {}
    for item in items:
        if mark := item.get_closest_marker("either"):
            same = reduce(lambda name, value: name.replace(value, "*"), mark.args, item.nodeid)
            alike.setdefault(same, []).append(item)
    taken = {chance.choice(sorted(alike[same], key=lambda item: item.nodeid)) for same in sorted(alike)}
    return [item for item in items if item in taken or not item.get_closest_marker("either")]


def _sampled(items: list[pytest.Item], chance: Random) -> list[pytest.Item]:
    """Of what is marked `sampled(n)`, so many of each file."""
    tables: dict[Path, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("sampled"):
            tables.setdefault(item.path, []).append(item)
    left_out: set[pytest.Item] = set()
    for table in tables.values():
        (most,) = table[0].get_closest_marker("sampled").args
        table.sort(key=lambda item: item.nodeid)  # as in every worker, whatever the order of a set
        left_out.update(chance.sample(table, max(0, len(table) - most)))
    return [item for item in items if item not in left_out]


def _is_of(item: pytest.Item, tier: str) -> bool:
    if tier == "soak":
        return bool(item.get_closest_marker("soak")) or "sweep" in item.fixturenames or _is_fuzzed(item)
    if item.get_closest_marker("soak"):
        return False
    return tier == "full" or bool(item.get_closest_marker("quick")) or not _takes_long(item)


def _takes_long(item: pytest.Item) -> bool:
    """Marked so, or handed a real server."""
    if item.get_closest_marker("full"):
        return True
    fixtures = item._fixtureinfo.name2fixturedefs.values() if isinstance(item, pytest.Function) else ()
    return any(each[-1].func.__module__ in REAL for each in fixtures)


def _is_fuzzed(item: pytest.Item) -> bool:
    return is_hypothesis_test(getattr(item, "function", None))


@pytest.fixture
def sweep(request: pytest.FixtureRequest) -> Sweep:
    """At which of so many writes the process dies."""
    option = request.config.option
    return Sweep(option.tier, Random(f"{option.seed} {request.node.nodeid}"))


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Spaces that look like others are shown as signs, where texts differ."""
    if op != "==" or not (isinstance(left, str) and isinstance(right, str)) or not {*SPACES} & {*left, *right}:
        return None
    lines = [_visible(text).splitlines() for text in (right, left)]
    return ["texts differ (- right, + left):", *list(difflib.unified_diff(*lines, lineterm="", n=2))[2:], LEGEND]


def _visible(text: str) -> str:
    return "".join(SPACES.get(c) or (f"⟨{ord(c):X}⟩" if unicodedata.category(c) == "Cf" else c) for c in text)
