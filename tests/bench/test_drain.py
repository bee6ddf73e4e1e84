"""The bench must notice what it says that it looks for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.drain import compare

WANTED = {"!a": ["un", "deux", "un"], "!b": ["trois"]}


def told(**rooms: str) -> dict[str, list[dict[str, Any]]]:
    """Each body half a second after the one before it."""
    return {
        f"!{room}": [
            {"content": {"body": body}, "origin_server_ts": at * 500} for at, body in enumerate(bodies.split())
        ]
        for room, bodies in rooms.items()
    }


@pytest.mark.parametrize(
    ("a", "b", "answered", "doubled", "in_order", "wrong"),
    [
        ("un deux un", "trois", 4, 0, True, 0),
        ("un un deux", "trois", 4, 0, False, 1),
        ("un deux un un", "trois", 4, 1, False, 1),
        ("un un", "trois", 3, 0, False, 1),
        ("un deux un", "", 3, 0, False, 1),
        ("un un un", "", 2, 1, False, 3),
        ("", "", 0, 0, False, 4),
    ],
)
def test_sees_what_is_missing_doubled_or_out_of_order(
    a: str, b: str, answered: int, doubled: int, in_order: bool, wrong: int
) -> None:
    found = compare(told(a=a, b=b), WANTED)
    assert (found.queued, found.answered, found.doubled, found.in_order) == (4, answered, doubled, in_order)
    assert found.wrong == wrong


def test_counts_from_the_first_answer_to_the_last() -> None:
    assert compare(told(a="un deux un", b="trois"), WANTED).rate == 3.0
