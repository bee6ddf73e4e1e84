"""Two lieux to keep promises to each other: on a stand-in of each version, or (`-m live`) on two real servers.

The other one is named as the first is, under OTHER_NEXTCLOUD_URL, OTHER_NEXTCLOUD_USER and so on; see `lieu`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from .lieu import Lieu, live, stand_in

OTHER = "OTHER_"


@dataclass
class Two:
    """`here` offers, `there` accepts."""

    here: Lieu
    there: Lieu

    @property
    def address(self) -> str:
        """The other lieu's bot, as a cloud calls somebody of another."""
        return f"{self.there.bot}@{self.there.cloud.client.url}"


@asynccontextmanager
async def two_stand_ins(versions: str) -> AsyncIterator[Two]:
    first, second = versions.split(" to ")
    async with stand_in(first) as here, stand_in(second) as there:
        yield Two(here, there)


@asynccontextmanager
async def two_live(*, back: bool) -> AsyncIterator[Two]:
    async with live() as one, live(OTHER) as other:
        yield Two(other, one) if back else Two(one, other)
