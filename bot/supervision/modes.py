"""What whoever hosts the bot reads of safe mode: in the log, and in `/health`."""

from __future__ import annotations

import structlog

from bot.store.starts import Safe

REASONS = {
    "asked": "safe mode, as it was asked for: `!état` alone is answered, until a start without --safe",
    "died": "safe mode, for the last starts died: `!état` alone is answered, until the bot is restarted",
}


def tell(safe: Safe) -> None:
    log = structlog.get_logger("bot")
    answers, waits = "!état", "everything else, until a start without it"
    if safe == "asked":
        log.warning("safe mode", why="asked to", answers=answers, waits=waits)
    if safe == "died":
        why = "the last starts died soon, and not in what could be put aside"
        way_out = "see how they died, mend it, then restart the bot; `run --no-safe` never enters safe mode"
        log.error("safe mode", why=why, answers=answers, waits=waits, way_out=way_out)
