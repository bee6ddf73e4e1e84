"""What conversations need of the world, handed around as one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.errors import MissingRight, Refused
from bot.lieux import Lieu, Lieux
from bot.people import People
from bot.store.attempts import Attempts
from bot.store.database import Database
from bot.words import Words


@dataclass(frozen=True, slots=True)
class Context:
    """What conversations need of the world. `provide` gives the capability of a type for a lieu; `now` is in ms, `me`
    the bot.

    `whisper` sends a message into a room at once, under a transaction id, and keeps nothing of it. `missing` tells the
    right for want of which something was refused, where somebody could give it; the second is the lieu's space.
    """

    database: Database
    words: Words
    people: People
    lieux: Lieux
    provide: Callable[[type, Lieu | None], Awaitable[object]]
    membership: Callable[[str, str], Awaitable[str]]
    whisper: Callable[[str, dict[str, Any], str], Awaitable[None]]
    missing: Callable[[Refused, str | None], Awaitable[MissingRight | None]]
    posted: Callable[[], None]
    now: Callable[[], int]
    attempts: Attempts
    language: str = "fr"
    me: str = ""
