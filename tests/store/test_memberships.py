"""Memberships: what is new, what is known, what has ended; and how long anybody is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.lieux import Lieux
from bot.store import arrivals, departures, lieu_rows, memberships
from bot.store.database import Database
from bot.store.departures import Announced
from bot.store.memberships import Seen

NOW = 1_800_000_000_000
TODAY, YESTERDAY, LATER = "2026-01-15", "2026-01-14", "2027-01-15"
SCOPE = "la-rosee"
LEA = "@lea:lieu.fr"


def seen(item: int, email: str = "lea@exemple.fr", **more: Any) -> Seen:
    told: dict[str, Any] = {"item": item, "name": "Léa Martin", "email": email, "since_day": TODAY, "last_day": LATER}
    return {**told, "stands": True, **more}  # type: ignore[typeddict-item]


class Book:
    """A lieu, and what its association tells of it."""

    def __init__(self, database: Database, lieu: int) -> None:
        self.database, self.lieu = database, lieu

    async def reads(self, *found: Seen, today: str = TODAY, scope: str = SCOPE) -> bool:
        """Whether there is something to tell of what was before."""
        await self.database.write(
            lambda tx: memberships.note(tx, self.lieu, scope, found, whole=True, today=today, now=NOW)
        )
        reading = await self.database.read(memberships.reading, self.lieu)
        await self.database.write(memberships.told, self.lieu)
        return reading is not None and not reading["told"]

    async def new(self) -> list[int]:
        return await self.database.read(memberships.fresh, self.lieu)

    async def rows(self) -> dict[int, dict[str, Any]]:
        query = "SELECT * FROM memberships WHERE lieu = ?"
        return await self.database.read(lambda tx: {row["item"]: dict(row) for row in tx.execute(query, (self.lieu,))})

    async def ended(self, today: str) -> list[str]:
        return await self.database.read(memberships.ended, self.lieu, today)

    async def are_theirs(self, *items: int, person: str = LEA) -> None:
        for item in items:
            await self.database.write(memberships.belongs, self.lieu, item, person)


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[Book]:
    database = await Database.open(tmp_path / "bot.sqlite")
    lieu = await Lieux(database).create("!rosee", "La Rosée", language="fr", zone="Europe/Paris", now=NOW)
    yield Book(database, lieu.id)
    await database.close()


# -- what is new


async def test_what_was_before_is_no_news(book: Book) -> None:
    assert await book.reads(seen(1), seen(2, "jo@exemple.fr"))
    assert await book.new() == []
    assert not await book.reads(seen(1), seen(2, "jo@exemple.fr"), seen(3, "zoe@exemple.fr"))
    assert await book.new() == [3]


async def test_each_is_new_once(book: Book) -> None:
    await book.reads()
    await book.reads(seen(1), seen(1))
    assert await book.new() == [1]
    await book.database.write(memberships.asked, book.lieu, [1])
    await book.reads(seen(1))
    assert await book.new() == []


async def test_one_that_was_ordered_long_ago_and_is_seen_late_is_new(book: Book) -> None:
    """A transfer, a cheque that somebody writes down: the day of the order is not the day on which it counts."""
    await book.reads(seen(5))
    await book.reads(seen(5), seen(2, "jo@exemple.fr", since_day="2025-11-01", last_day="2026-11-01"))
    assert await book.new() == [2]


async def test_another_association_or_other_forms_begin_anew(book: Book) -> None:
    """A hundred memberships of a form that counts from today on are no hundred questions."""
    await book.reads(seen(1))
    await book.database.write(memberships.settle, book.lieu, [1], "aside")
    assert await book.reads(seen(1), seen(2, "jo@exemple.fr"), scope="la-rosee soutien")
    assert {item: row["status"] for item, row in (await book.rows()).items()} == {1: "aside", 2: "known"}
    assert await book.reads(seen(9, "other@exemple.fr"), scope="le-phare")
    assert list(await book.rows()) == [9], "nothing is left of people of another association"


async def test_what_is_over_or_was_cancelled_before_is_nobodys_question(book: Book) -> None:
    await book.reads()
    await book.reads(seen(1, last_day=YESTERDAY), seen(2, "jo@exemple.fr", stands=False))
    assert await book.new() == []
    assert list(await book.rows()) == [1]


@pytest.mark.parametrize(
    ("before", "then"),
    [("asked", "known"), ("invited", "known"), ("aside", "aside"), ("known", "new")],
)
async def test_somebody_who_is_asked_about_is_not_asked_about_twice(book: Book, before: str, then: str) -> None:
    """Whoever was not set aside, and is not there, may be asked about when they renew."""
    await book.reads(seen(1))
    await book.database.write(memberships.settle, book.lieu, [1], before)
    await book.reads(seen(1), seen(2, name="LEA MARTIN"))
    assert (await book.rows())[2]["status"] == then


async def test_a_mailbox_may_be_a_familys(book: Book) -> None:
    await book.reads()
    await book.reads(seen(1), seen(2, name="Lou Martin"))
    assert await book.new() == [1, 2]


async def test_two_without_an_address_may_be_two(book: Book) -> None:
    await book.reads()
    await book.reads(seen(1, ""), seen(2, ""))
    assert await book.new() == [1, 2]


async def test_whoever_was_invited_by_that_address_is_known(book: Book) -> None:
    invited = {"name": "Léa", "invited_by": "@anne:lieu.fr", "email": "Lea@Exemple.fr", "login": None}
    await book.database.write(arrivals.create, NOW, lieu=book.lieu, person=LEA, **invited)
    await book.reads(seen(1), seen(2, "jo@exemple.fr"))
    assert {item: row["person"] for item, row in (await book.rows()).items()} == {1: LEA, 2: None}


async def test_an_address_of_two_people_says_nobody(book: Book) -> None:
    for person in (LEA, "@lou:lieu.fr"):
        invited = {"name": "Léa", "invited_by": "@anne:lieu.fr", "email": "lea@exemple.fr", "login": None}
        await book.database.write(arrivals.create, NOW, lieu=book.lieu, person=person, **invited)
    await book.reads(seen(1))
    assert (await book.rows())[1]["person"] is None


async def test_what_did_not_change_is_not_written_again(book: Book) -> None:
    """Ten thousand are read once a day."""
    everybody = [seen(n, f"p{n}@exemple.fr") for n in range(1, 10_001)]

    async def changes() -> int:
        before = await book.database.write(lambda tx: tx.total_changes)
        await book.reads(*everybody)
        return await book.database.write(lambda tx: tx.total_changes) - before

    await book.reads()
    assert await changes() > 10_000
    assert await changes() < 6
    assert len(await book.new()) == 10_000


# -- the end


async def test_an_end_is_told_once(book: Book) -> None:
    await book.reads(seen(1, last_day=TODAY))
    await book.are_theirs(1)
    assert await book.ended(TODAY) == []
    assert await book.ended("2026-01-16") == [LEA]
    await book.database.write(memberships.end_told, book.lieu, [LEA])
    assert await book.ended("2026-03-01") == []
    await book.reads(seen(1, last_day=TODAY), today="2026-03-01")
    assert await book.ended("2026-03-01") == []


async def test_whoever_has_renewed_is_not_asked_about(book: Book) -> None:
    await book.reads(seen(1, last_day=TODAY), seen(2))
    await book.are_theirs(1, 2)
    assert await book.ended("2026-01-16") == []


async def test_what_had_ended_before_the_bot_knew_of_it_is_not_asked_about(book: Book) -> None:
    await book.reads(seen(1, last_day=YESTERDAY))
    await book.are_theirs(1)
    assert await book.ended(TODAY) == []


async def test_one_without_an_end_does_not_end(book: Book) -> None:
    await book.reads(seen(1, last_day=None))
    await book.are_theirs(1)
    assert await book.ended("2090-01-01") == []


async def test_one_that_is_cancelled_has_ended_and_may_hold_again(book: Book) -> None:
    await book.reads(seen(1))
    await book.are_theirs(1)
    for _ in range(2):  # and does not end later each day
        await book.reads(seen(1, stands=False))
        assert (await book.rows())[1]["last_day"] == YESTERDAY
    assert await book.ended(TODAY) == [LEA]
    await book.database.write(memberships.end_told, book.lieu, [LEA])
    await book.reads(seen(1))
    assert (await book.rows())[1]["last_day"] == LATER
    assert await book.ended("2027-01-16") == [LEA], "its end is news once more"


async def test_last_years_form_with_new_dates_makes_nobody_a_member_again(book: Book) -> None:
    """Nor do those of this year hold for the next one before they have joined for it."""
    await book.reads(seen(1, last_day=YESTERDAY), seen(2, "jo@exemple.fr", last_day="2026-12-31"))
    await book.reads(seen(1, last_day=LATER), seen(2, "jo@exemple.fr", last_day="2027-12-31"))
    assert {item: row["last_day"] for item, row in (await book.rows()).items()} == {1: YESTERDAY, 2: "2026-12-31"}
    await book.reads(seen(2, "jo@exemple.fr", last_day="2026-08-31"))
    assert (await book.rows())[2]["last_day"] == "2026-08-31", "what was mistyped may be shortened"
    await book.reads(seen(2, "jo@exemple.fr", last_day=None))
    assert (await book.rows())[2]["last_day"] == "2026-08-31"


# -- who is kept


async def test_whoever_has_left_is_a_number(book: Book) -> None:
    """That it is kept, so that the next reading makes no new member of them."""
    await book.reads(seen(1), seen(2, "jo@exemple.fr"))
    await book.are_theirs(1)
    leaving: Announced = {
        "lieu": book.lieu, "person": LEA, "by": "@anne:lieu.fr", "name": "Léa", "login": "", "heir": None,
        "locks_at": NOW,
    }  # fmt: skip
    id = await book.database.write(departures.begin, NOW, leaving)
    await book.database.write(departures.move, id, NOW, ("announced",), "locked", NOW)
    assert (await book.rows())[1]["name"], "it may still be called off"
    await book.database.write(departures.move, id, NOW, ("locked",), "closed", None)
    left = (await book.rows())[1]
    assert (left["name"], left["email"], left["person"], left["status"]) == ("", "", None, "forgotten")
    await book.reads(seen(1), seen(2, "jo@exemple.fr"))
    assert (await book.rows())[1] == left
    assert await book.new() == []
    assert await book.database.read(memberships.get, book.lieu, 1) is None


@pytest.mark.parametrize(("last_day", "kept"), [("2026-01-15", True), ("2024-12-11", True), ("2024-12-10", False)])
async def test_nobody_is_kept_for_longer_than_it_takes(book: Book, last_day: str, kept: bool) -> None:
    now = datetime(2026, 1, 15, 12, tzinfo=UTC).timestamp() * 1000
    await book.reads(seen(1, last_day=last_day), seen(2, "jo@exemple.fr", last_day=None))
    await book.database.write(memberships.forget_old, round(now))
    assert bool((await book.rows())[1]["name"]) == kept
    assert (await book.rows())[2]["name"]


async def test_with_another_bot_nobody_is_asked_about_twice(book: Book, tmp_path: Path) -> None:
    """The questions stay behind; what was decided goes along."""
    await book.reads()
    await book.reads(seen(1), seen(2, "jo@exemple.fr"), seen(3, "zoe@exemple.fr"), seen(4, "awa@exemple.fr"))
    await book.database.write(memberships.asked, book.lieu, [2])
    await book.database.write(memberships.settle, book.lieu, [3], "aside")
    await book.are_theirs(4)
    there = await Database.open(tmp_path / "there.sqlite")
    moved = await there.write(lieu_rows.put_in, await book.database.read(lieu_rows.take_out, book.lieu), NOW)
    other = Book(there, moved)
    assert {item: row["status"] for item, row in (await other.rows()).items()} == {
        1: "known", 2: "known", 3: "aside", 4: "known",
    }  # fmt: skip
    assert (await other.rows())[4]["person"] == LEA
    assert not await other.reads(*[seen(n, row["email"]) for n, row in (await book.rows()).items()])
    assert await other.new() == []
    await there.close()
