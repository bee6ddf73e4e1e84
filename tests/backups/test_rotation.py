"""Which copies are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backups.rotation import are_erasures, beginning, erasures_name, made_at, name_of, of_user, too_many, written_at

BOT, OTHER = "@conciergerie:rosee.example", "@conciergerie:rosee.example.org"
LAST = datetime(2027, 6, 30, 2, 17, tzinfo=UTC)  # a Wednesday
END = datetime(2040, 1, 1, tzinfo=UTC)


def nights(many: int, user: str = BOT) -> list[str]:
    return [name_of(user, LAST - timedelta(days=n)) for n in range(many)]


def left(names: list[str], *needed: str) -> list[str]:
    gone = too_many(names, BOT, needed, END)
    return [f"{made_at(name, BOT):%m-%d}" for name in names if name not in gone]


def test_days_weeks_and_months() -> None:
    days = ["06-30", "06-29", "06-28", "06-27", "06-26", "06-25", "06-24"]
    weeks = ["06-20", "06-13"]  # those of this week and of the last are among the days: their newest one
    months = ["05-31", "04-30", "03-31", "02-28", "01-31"]
    assert left(nights(300)) == [*days, *weeks, *months]


def test_day_by_day_it_comes_to_the_same() -> None:
    """What was deleted one night is not missed by another."""
    kept: list[str] = []
    for name in reversed(nights(300)):
        kept = [name, *kept]
        gone = too_many(kept, BOT, [], END)
        kept = [one for one in kept if one not in gone]
    assert left(kept) == left(nights(300))


def test_the_last_good_one_stays_however_old_it_is() -> None:
    good = name_of(BOT, LAST - timedelta(days=283))
    assert good not in too_many([*nights(280), good], BOT, [good], END)
    assert good in too_many([*nights(280), good], BOT, [], END)


def test_what_does_something_to_a_terminal_is_no_copy() -> None:
    assert written_at(name_of(BOT, LAST)) == LAST
    for sign in ("\x1b[2J", "\n", "\u202e", "\x9b"):
        assert written_at(sign + name_of(BOT, LAST)) is None


def test_what_a_wrong_clock_left_takes_nobodys_turn() -> None:
    ahead = [name_of(BOT, LAST + timedelta(days=365 + n)) for n in range(9)]
    here = nights(300)
    assert set(too_many([*ahead, *here], BOT, [], LAST)) == set(too_many(here, BOT, [], LAST))
    behind = name_of(BOT, LAST - timedelta(days=4000))
    assert too_many([*here, behind], BOT, [], LAST - timedelta(days=4000)) == [], "now it is the clock of now"


def test_what_is_not_this_bots_is_not_touched() -> None:
    others = [
        *nights(300, OTHER),
        "notes.txt",
        "conciergerie_rosee.example-probe",
        "conciergerie_rosee.example-x.tar.age",
    ]
    assert too_many(others, BOT, [], END) == []
    assert of_user([*others, *nights(1)], BOT) == nights(1)


@pytest.mark.parametrize("user", [BOT, OTHER, "@a=b/c:x.example:8448"])
def test_a_name_says_whose_and_when(user: str) -> None:
    name = name_of(user, LAST)
    assert made_at(name, user) == written_at(name) == LAST
    assert "/" not in name
    assert made_at(name, "@somebody:else.example") is None


@given(st.text(max_size=60))
def test_no_name_is_too_odd_to_be_read(name: str) -> None:
    assert made_at(name, BOT) is None or written_at(name)


@given(st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), max_size=60))
def test_no_more_than_seventeen_are_kept_and_the_newest_always(moments: list[datetime]) -> None:
    names = [name_of(BOT, at.replace(tzinfo=UTC)) for at in moments]
    gone = too_many(names, BOT, [], END)
    assert len(set(names) - set(gone)) <= 17
    assert not names or max(names) not in gone


ALIKE = ["@a_b:c.example", "@a=b:c.example", "@a/b:c.example", "@a__b:c.example", "@_a_b:c.example", "@a_B:c.example"]


def test_no_two_bots_call_their_copies_alike() -> None:
    every = [name_of(user, LAST) for user in [*ALIKE, BOT, OTHER, "@a:b_c.example", "@a-b:c.example", "@ab:c.example"]]
    assert len(set(every)) == len(every)
    for user in ALIKE:
        theirs = [name for other in ALIKE if other != user for name in nights(300, other)]
        assert too_many(theirs, user, [], END) == []


@given(user=st.from_regex(r"@[a-z0-9._=/+-]{1,8}:[a-z0-9.-]{1,8}(:[0-9]{1,4})?", fullmatch=True))
def test_a_digest_never_makes_somebody_elses_name(user: str) -> None:
    whose = beginning(user)
    assert ("__" in whose) == any(sign in user for sign in "_=/+")
    assert made_at(name_of(user, LAST), user) == LAST


def of_before(many: int) -> list[str]:
    """As all of ALIKE were called, by those who sent them."""
    return [f"a_b_c.example-{(LAST - timedelta(days=n)):%Y%m%dT%H%M%SZ}.tar.age" for n in range(many)]


def test_what_was_sent_under_the_former_name_goes_on_as_ones_own_and_nobody_elses_does() -> None:
    mine, theirs = of_before(300)[::2], of_before(300)[1::2]
    now = name_of("@a_b:c.example", LAST + timedelta(days=1))
    gone = too_many([*mine, *theirs, now], "@a_b:c.example", [], END, mine)
    assert gone
    assert not set(gone) & {*theirs, now}
    alone = [
        *(name_of(BOT, LAST - timedelta(days=n)) for n in range(0, 300, 2)),
        name_of(BOT, LAST + timedelta(days=1)),
    ]
    assert len(mine) - len(gone) == len(alone) - len(too_many(alone, BOT, [], END)) - 1, "as many as of any other bot"


def test_the_newest_is_told_by_when_and_not_by_what_it_is_called() -> None:
    before = of_before(1)[0]
    older = name_of("@a_b:c.example", LAST - timedelta(days=1))
    assert of_user([older, before], "@a_b:c.example", [before]) == [before, older]


def test_lists_of_whoever_was_erased_are_found_whatever_the_copy_is_called() -> None:
    before, now, another = of_before(1)[0], *(name_of(user, LAST) for user in ALIKE[:2])
    lists = {copy: erasures_name(copy, "e1") for copy in (before, now, another)}
    found = {copy: [whose for whose, name in lists.items() if are_erasures(name, copy)] for copy in lists}
    assert found == {before: [before, now, another], now: [before, now], another: [before, another]}
    assert not are_erasures(erasures_name(name_of(OTHER, LAST), "e1"), now)
    assert not are_erasures(erasures_name(name_of(BOT, LAST), "e1"), name_of(OTHER, LAST))
