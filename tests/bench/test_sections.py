"""Which parts a run has, in which order, and how long it says that it takes."""

from __future__ import annotations

import pytest

from bot.talk.command_line import COMMANDS
from tests.bench.__main__ import choose
from tests.bench.figures import OURS, Row
from tests.bench.sections import FEW, PLACE, SECTIONS, USUAL, Sizes, _growth, forecast

TWENTY_MINUTES = 1200
EVERYBODY = 5  # bots


def names(only: str | None = None, everything: bool = False) -> list[str]:
    return [each.name for each in choose(only, everything)]


def test_the_table_unless_somebody_chooses() -> None:
    assert names() == USUAL
    assert names(everything=True) == list(SECTIONS)


def test_sections_keep_their_order() -> None:
    assert names("many,start") == ["start", "many"]


def test_a_name_that_is_none_is_told_with_those_that_are() -> None:
    with pytest.raises(SystemExit, match="no such section: drian; there are commands"):
        choose("start,drian", False)


def test_the_usual_run_is_said_to_take_less_than_twenty_minutes() -> None:
    assert forecast(choose(None, False), Sizes(), EVERYBODY) <= TWENTY_MINUTES


def test_the_place_is_counted_once_and_only_where_it_is_needed() -> None:
    on_place, elsewhere = choose("start,modules", False), choose("keys", False)
    assert forecast(on_place, Sizes(), 1) - sum(each.seconds(Sizes(), 1) for each in on_place) == PLACE
    assert forecast(elsewhere, Sizes(), 1) == elsewhere[0].seconds(Sizes(), 1)


def test_a_start_that_grows_with_the_rooms_is_seen() -> None:
    few, many = (Row(name, "{:.1f} s", {OURS: [seconds]}) for name, seconds in (("few", 2.0), ("many", 3.1)))
    assert (_growth(many, few).met, _growth(many, few).ratio) == (False, "1.55 ×")
    assert _growth(few, many).met is True


def test_nobody_asks_more_at_once_than_the_bot_answers() -> None:
    for sizes in (Sizes(), FEW):
        assert max(sizes.samples, sizes.commands // sizes.rooms) <= COMMANDS.most


def test_more_rounds_take_longer_and_few_are_few() -> None:
    section = SECTIONS["drain"]
    assert section.seconds(Sizes().with_rounds(10), EVERYBODY) > section.seconds(Sizes(), EVERYBODY)
    assert Sizes().with_rounds(None) == Sizes()
    assert FEW.with_rounds(3).rounds == 3
