"""A bot that was away for longer than anything is kept: what it missed is heard before the rest is forgotten."""

from __future__ import annotations

from bot.store.database import Tx
from tests.network.lieux import Lieux
from tests.network.two import LASER, Two
from tests.stage.stage import Stage

WEEK, MONTHS = 7, 60  # days


async def ended_before_it_left(lieux: Lieux) -> tuple[Two, Stage]:
    """One bot has both lieux. The request ends in the one, and before the bot hears of that in the other, it stops; it
    starts two months later."""
    two = await Two.meet(lieux, bot="@conciergerie:lieux.fr")
    await two.ask(LASER)
    me = two.rosee.stage.me
    lieux.deafen(me)
    await lieux.wait(WEEK)
    await lieux.stop(me)
    await lieux.wait(MONTHS)
    return two, await lieux._open(me)


async def test_a_card_is_corrected_by_a_bot_that_was_away_for_months(lieux: Lieux) -> None:
    two, stage = await ended_before_it_left(lieux)
    await stage.bot.forget(starts=True)
    await lieux.mend()
    refused = "SELECT txn_id FROM outbox WHERE status = 'refused'"
    assert await stage.database.read(lambda tx: [*tx.execute(refused)]) == []
    assert corrected(two) == [two.card]


async def test_what_it_said_is_forgotten_once_it_has_heard_again(lieux: Lieux) -> None:
    _, stage = await ended_before_it_left(lieux)
    await lieux.mend()
    assert await stage.database.read(cards)
    for _ in range(MONTHS // 3):
        await stage.bot.clock_watch.believed()
        await lieux.wait(3)
    await stage.bot.forget()
    assert not await stage.database.read(cards)


def corrected(two: Two) -> list[str]:
    """The messages of Le Moulin that say by now what was asked for once."""
    edits = (event["content"] for event in two.moulin.office.events if "m.new_content" in event["content"])
    return [str(edit["m.relates_to"]["event_id"]) for edit in edits if "cherchait" in edit["body"]]


def cards(tx: Tx) -> int:
    return int(tx.execute("SELECT count(*) FROM outbox WHERE txn_id GLOB 'card/*'").fetchone()[0])
