"""The bot, whole and as its operator runs it, but that it dies where nothing is tried that could be put aside:
`python -m tests.whole.deadly WHERE run …`."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import bot.__main__
import bot.app
from bot.talk.engine import Engine


async def killed(*_: Any, **__: Any) -> None:
    """As by the kernel, where memory is out."""
    os.kill(os.getpid(), signal.SIGKILL)


async def crashes(*_: Any, **__: Any) -> None:
    """As a library in C does."""
    os.abort()


def main() -> None:
    match sys.argv.pop(1):
        case "signing in":
            bot.app.enter = killed
        case "waking":
            Engine.tick = crashes
    bot.__main__.main()


if __name__ == "__main__":
    main()
