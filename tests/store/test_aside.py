"""A bot that was in safe mode for days has thousands of events to take up: what each costs does not grow with them."""

from __future__ import annotations

from bot.store import aside, inbox
from bot.store.aside import CONVERSATION
from bot.store.database import Database, Tx

FEW, MANY = 200, 1600
EVENT = (
    "INSERT INTO inbox (event_id, room_id, sender, ts, type, content, encrypted, status, arrived_at)"
    " VALUES (?, '!room', '@anne:lieu.fr', 1, 'm.room.message', '{}', 0, 'waiting', 7)"
)


def waiting(tx: Tx, first: int, last: int) -> None:
    for number in range(first, last):
        tx.execute(EVENT, (f"$event-{number}",))
        aside.wait(tx, f"$event-{number}")


async def steps(database: Database) -> int:
    """How much SQLite does for a look at all that is aside, in its own steps."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1

    def look(tx: Tx) -> None:
        tx.set_progress_handler(step, 10)
        try:
            aside.all_of_them(tx)
        finally:
            tx.set_progress_handler(None, 0)

    await database.read(look)
    return taken


async def test_eight_times_as_much_that_waits_costs_eight_times_as_much(database: Database) -> None:
    await database.write(waiting, 0, FEW)
    few = await steps(database)
    await database.write(waiting, FEW, MANY)
    assert await steps(database) < few * MANY / FEW * 1.5


async def test_what_is_aside_is_found_as_what_it_is(database: Database) -> None:
    """Of an event its room and its length, of a conversation its number; what is gone is still shown."""
    await database.write(waiting, 0, 2)
    for other in ("part event $event-1", f"{CONVERSATION}7", "event $gone"):
        await database.write(aside.put, other, "died")
    found = {one.what: (one.room_id, one.at, one.size) for one in await database.read(aside.all_of_them)}
    assert found == {
        "event $event-0": ("!room", 7, 2),
        "event $event-1": ("!room", 7, 2),
        "part event $event-1": ("", 0, 0),
        "conversation 7": ("", 0, 0),
        "event $gone": ("", 0, 0),
    }
    await database.write(aside.end_safe_mode)
    await database.write(aside.tidy, 0)
    assert [one.what for one in await database.read(aside.all_of_them)] == ["part event $event-1", "event $gone"]
    assert await database.read(inbox.last_heard) == 7
