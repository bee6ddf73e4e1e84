"""Until the bot has said all that it had to say."""

from __future__ import annotations

from bot.matrix.outbox import Outbox
from bot.store import outbox as store


async def emptied(outbox: Outbox) -> None:
    """Wait until every letter is sent or refused."""

    async def is_empty() -> bool:
        return not await outbox._database.read(store.waiting)

    await outbox.until(is_empty)
