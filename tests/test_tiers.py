"""What a run is made of, and what is seen of a failed comparison."""

from __future__ import annotations

from random import Random

import pytest

from tests.conftest import one_of_each, pytest_assertrepr_compare
from tests.tiers import Sweep, either


def test_a_sweep_dies_everywhere_in_the_long_run_and_here_and_there_in_the_quick_one() -> None:
    soak, quick = (Sweep(tier, Random(7)) for tier in ("soak", "quick"))
    assert soak("abaacab") == soak("abaacab", after=True) == [*range(1, 8)]
    found = quick("a" * 100)
    assert (found[0], found[-1]) == (1, 94)  # two plays may differ by a few writes
    assert 2 < len(found) <= 4
    assert found == Sweep("quick", Random(7))("b" * 100)
    assert quick("a") == [1]
    assert soak("a" * 100, to_the_end=True)[-1] == quick("a" * 100, to_the_end=True)[-1] == 100


def test_a_sweep_leaves_no_kind_of_write_out() -> None:
    full = Sweep("full", Random(7))
    assert (full("abaacab"), full("abaacab", after=True)) == ([1, 2, 5], [5, 6, 7])


def test_of_what_differs_in_a_version_alone_one_is_played(request: pytest.FixtureRequest) -> None:
    names = ["a[34.0.1-hangs]", "a[29.0.1-hangs]", "a[34.0.1-fails]", "a[29.0.1-fails]", "b[29.0.1]", "c"]
    items: list[pytest.Item] = [
        pytest.Function.from_parent(request.node.parent, name=name, callobj=either) for name in names
    ]
    for item in items[:-1]:
        item.add_marker(pytest.mark.either("34.0.1", "29.0.1"))
    runs = [[item.name for item in one_of_each(items, Random(seed))] for seed in range(30)]
    assert all(len({*run} & {*names[:2]}) == len({*run} & {*names[2:4]}) == 1 for run in runs)
    assert all(run[2:] == names[4:] for run in runs)
    assert {*names} == {name for run in runs for name in run}, "each is played by some seed"


def test_spaces_that_look_alike_are_seen_where_texts_differ() -> None:
    found = pytest_assertrepr_compare("==", "Oui ?\nNon\n", "Oui\u202f?\nNon\n")
    assert found is not None
    assert [line for line in found if line.startswith(("-", "+"))] == ["-Oui⍽?", "+Oui ?"]
    assert pytest_assertrepr_compare("==", "Oui ?", "Non ?") is None
    assert pytest_assertrepr_compare("!=", "Oui\u202f?", "Oui\u00a0?") is None


@pytest.mark.soak
def test_what_is_long_is_no_part_of_a_usual_run(request: pytest.FixtureRequest) -> None:
    assert request.config.getoption("tier") == "soak"


@pytest.mark.full
def test_what_costs_much_is_no_part_of_a_quick_run(request: pytest.FixtureRequest) -> None:
    assert request.config.getoption("tier") == "full"
