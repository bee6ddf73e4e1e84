"""The bot, whole and as its operator runs it, but that some words kill it: `python -m tests.whole.poisoned run …`."""

from __future__ import annotations

import os
import signal

import bot.__main__
import bot.bot
from bot.store.inbox import Event
from bot.talk.dispatcher import Dispatcher

POISON = "gouttes de poison"


class Poisoned(Dispatcher):
    async def hear(self, event: Event) -> bool:
        if POISON in str(event.content.get("body")):
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().hear(event)


def main() -> None:
    bot.bot.Dispatcher = Poisoned
    bot.__main__.main()


if __name__ == "__main__":
    main()
