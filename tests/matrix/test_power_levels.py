"""Levels as room versions have them, and as forgers would like them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.power_levels import PowerLevels

ANA, BOB, CAM = "@ana:a.example", "@bob:b.example", "@cam:c.example"


def powers(version: str | None = "12", levels: dict[str, Any] | None = None, **content: Any) -> PowerLevels:
    told = content | ({"room_version": version} if version else {})
    return PowerLevels({"sender": ANA, "content": told}, levels)


def test_from_version_12_on_creators_stand_above_all_levels() -> None:
    room = powers("12", {"users": {BOB: 100}, "users_default": 1}, additional_creators=[CAM])
    assert (room.of(ANA), room.of(CAM), room.of(BOB), room.of("@dan:d.example")) == (math.inf, math.inf, 100, 1)
    assert powers("12").of(BOB) == 0


def test_before_version_12_the_creator_is_as_everybody() -> None:
    assert powers("11", {"users": {BOB: 50}}, additional_creators=[CAM]).of(ANA) == 0
    assert powers("11").of(ANA) == 100
    assert powers(None).of(ANA) == 100
    assert powers("11", None, additional_creators=[CAM]).of(CAM) == 0


@pytest.mark.parametrize(
    ("what", "level"),
    [("ban", 50), ("kick", 40), ("invite", 0), ("m.room.name", 60), ("m.room.topic", 50), ("m.room.message", 0)],
)
def test_what_is_needed(what: str, level: int) -> None:
    assert powers("11", {"kick": 40, "events": {"m.room.name": 60}}).needed(what) == level


def test_a_room_without_levels_is_open() -> None:
    assert powers("11").needed("m.room.name") == 0
    assert powers("11").needed("kick") == 50


def test_numbers_in_quotation_marks_count_in_old_rooms_only() -> None:
    assert powers("9", {"users": {BOB: " 50"}}).of(BOB) == 50
    assert powers("10", {"users": {BOB: "50"}}).of(BOB) == 0


def test_allows() -> None:
    room = powers("12", {"users": {BOB: 50}})
    assert room.allows(BOB, "kick")
    assert not room.allows(BOB, "m.room.name") or room.needed("m.room.name") <= 50
    assert not room.allows(CAM, "kick")


shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([BOB, "users", "kick"]), inner),
    max_leaves=6,
)


@given(
    st.sampled_from(["1", "9", "11", "12", "org.example.new"]),
    st.dictionaries(st.sampled_from(["users", "users_default", "kick"]), shapes),
)
def test_forged_levels_never_raise(version: str, levels: dict[str, Any]) -> None:
    room = powers(version, levels)
    assert isinstance(room.of(BOB), int | float)
    assert isinstance(room.allows(BOB, "kick"), bool)
