"""Rounds, ratios and verdicts: what the table says of what was measured."""

from __future__ import annotations

import pytest

from tests.bench.figures import OURS, Row, Spread, Wanted, again, gathered, turned

ROUNDS = [
    {OURS: 3.0, "old": 6.0, "trivial": 2.0, again("trivial"): 2.0},
    {OURS: 8.0, "old": 8.0, "trivial": 4.0, again("trivial"): 5.0},
    {OURS: 1.0, "old": 3.0, "trivial": 1.0, again("trivial"): 0.9},
]


NOTHING = Wanted()


def row(wanted: Wanted = NOTHING, base: str = "trivial") -> Row:
    return Row("processor", "{:.1f} s", gathered(ROUNDS), wanted, base)


def test_each_comes_first_before_any_does_twice() -> None:
    assert [turned("abc", number) for number in range(4)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        [*"abc"],
    ]


def test_a_ratio_is_one_of_a_round_and_not_of_two_medians() -> None:
    assert row().ratio(OURS) == Spread(1.5, 1.0, 2.0)  # the medians are 3 and 2
    assert row().ratio("old") == Spread(3.0, 2.0, 3.0)
    assert (row().value(OURS), row().value("old")) == (3.0, 6.0)


def test_noise_is_the_base_to_itself() -> None:
    assert row().noise == Spread(1.0, 0.9, 1.25)
    assert row(base="").noise is None


def test_what_has_no_base_was_not_there_or_is_the_base_has_no_ratio() -> None:
    assert row(base="").ratio(OURS) is None
    assert row().ratio("peer") is None
    assert row().ratio("trivial") is None


@pytest.mark.parametrize(
    ("wanted", "met"),
    [
        (Wanted(), None),
        (Wanted(1.5), True),
        (Wanted(1.49), False),
        (Wanted(1.5, more_is_better=True), True),
        (Wanted(1.51, more_is_better=True), False),
        (Wanted(most=3.0), True),
        (Wanted(most=2.9), False),
        (Wanted(1.5, most=2.9), False),
        (Wanted(1.4, most=3.0), False),
        (Wanted(1.5, most=3.0), True),
    ],
)
def test_the_verdict_is_of_the_median_and_of_all_that_is_wanted(wanted: Wanted, met: bool | None) -> None:
    assert row(wanted).met is met


def test_what_is_wanted_is_said_in_its_unit() -> None:
    assert row(Wanted(1.5, most=65)).wish == "≤ 1.5 ×, ≤ 65.0 s"
    assert row(Wanted(0.9, more_is_better=True)).wish == "≥ 0.9 ×"
    assert row().wish == ""


def test_a_cell_has_the_ratio_with_its_spread_and_the_value() -> None:
    assert row().cell(OURS) == "1.50 × (1.00–2.00)\n3.0 s"
    assert row().cell("trivial") == "2.0 s"
    assert row().cell("peer") == ""
    assert row(base="").cell(OURS) == "3.0 s"
    assert str(Spread.of([1.5])) == "1.50 ×"  # one round spreads nowhere


def test_a_round_that_is_missing_is_an_error() -> None:
    taken = gathered([*ROUNDS, {OURS: 1.0}])
    with pytest.raises(ValueError, match="shorter"):
        Row("processor", "{:.1f} s", taken, base="trivial").ratio(OURS)
