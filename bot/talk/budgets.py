"""How much one source (a person, a room, a server, a lieu) may make the bot say or ask in an hour.

Generous for people: a concierge who receives forty people on an open day does not meet them. Beyond, what would come is
summed up once, or waits for its turn.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.store import budgets as store
from bot.store.budgets import HOUR, Budget, Spending, of_lieu, of_person
from bot.store.database import Database

__all__ = ["HOUR", "Budget", "Budgets", "Spending", "of_lieu", "of_person"]


class Budgets:
    """For whoever has no transaction of their own (who has: `bot.store.budgets.spend`). `now` in milliseconds."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database, self._now = database, now

    async def spend(self, budget: Budget, source: str, cause: str) -> Spending:
        return await self._database.write(store.spend, budget, source, cause, self._now())

    async def spent(self, budget: Budget, source: str, cause: str = "") -> Spending:
        """What it would be to spend once more."""
        return await self._database.read(store.spent, budget, source, self._now(), cause)

    async def wait(self, budget: Budget, source: str, cause: str) -> float:
        """Seconds until it is the turn of this; 0 where it is now, and spent. For scripts, which rest and ask again: to
        look is enough, for the same cause spends once, and what was answered before can still be changed."""
        spending = await self.spend(budget, source, cause)
        return 0.0 if spending.within else max(1.0, (spending.until - self._now()) / 1000)
