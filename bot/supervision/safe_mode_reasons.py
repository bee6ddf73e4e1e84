"""Why the bot is in safe mode, and what ends that, as whoever hosts it reads it in the log and in `/health`."""

from __future__ import annotations

import structlog

from bot.store.starts import Safe

REASONS = {
    "asked": "safe mode, as it was asked for: `!état` alone is answered, until a start without --safe",
    "died": "safe mode, for the last starts died: `!état` alone is answered, until the bot is restarted",
}


def tell(safe: Safe) -> None:
    """In the log; nothing where it is not in safe mode."""
    log, answers = structlog.get_logger("bot"), "!état"
    if safe == "asked":
        log.warning("safe mode", why="asked to", answers=answers, waits="everything else, until a start without it")
    if safe == "died":
        why = "the last starts died soon, and not in what could be put aside"
        waits = "everything else, until the bot is restarted"
        way_out = "see how they died, mend it, then restart the bot; `run --no-safe` never enters safe mode"
        log.error("safe mode", why=why, answers=answers, waits=waits, way_out=way_out)
