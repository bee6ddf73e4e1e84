"""Watches the event loop from outside: a loop that stands still for a minute ends the process, and so does SIGTERM when
the loop does not hear it or closing does not come to its end.

A thread could not: while a pattern or another function written in C does not come back, no other thread runs either. So
an alarm of the operating system is set anew at each beat of the loop. Its handler runs where the loop stands still,
between two instructions and also within a pattern. What does not even let it run, `faulthandler` ends: it needs no
interpreter. No line of theirs shows a value, only places.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import structlog

from bot.supervision.log import standing
from bot.supervision.systemd import ALIVE, STOPPING, notify

BEAT, STILL, GRACE, LAST = 5.0, 60.0, 10.0, 10.0  # seconds
STUCK = 79
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # the last one: its terminal is closed
log = structlog.get_logger("bot")


class Watchdog:
    """`still`: how long the loop may stand still; `grace`: how long closing may take; `last`: how much later than these
    the process is ended in spite of everything."""

    def __init__(self, *, beat: float = BEAT, still: float = STILL, grace: float = GRACE, last: float = LAST) -> None:
        self._beat, self._still, self._grace, self._last = beat, still, grace, last
        self._ending = False

    def hold(self) -> None:
        """A signal to end waits until this is `watching`: a start that is counted ends in order."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    @contextmanager
    def watching(self, end: Callable[[], None], told: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Inside the loop, in the main thread. At a signal to end, `told` is called at once, though the loop may stand
        still, and `end` by the loop."""
        loop = asyncio.get_running_loop()

        def hear(_number: int, _frame: FrameType | None) -> None:
            told()
            self._end()
            with suppress(RuntimeError):  # it is closed already
                loop.call_soon_threadsafe(end)

        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                signal.signal(number, hear)
        signal.signal(signal.SIGALRM, self._give_up)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        beating = loop.create_task(self._beats())
        try:
            yield
        finally:
            beating.cancel()
            self._end()  # whatever comes after the bot must come to its end too

    def over(self) -> None:
        """Everything is closed."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()

    def _end(self) -> None:
        """From now on there are so many seconds left; another signal gives no more of them."""
        if not self._ending:
            self._ending = True
            notify(STOPPING)
            self._alarm(self._grace)

    async def _beats(self) -> None:
        while not self._ending:
            self._alarm(self._still)
            if self._ending:  # a signal came in the middle of that
                self._alarm(self._grace)
                return
            notify(ALIVE)
            await asyncio.sleep(self._beat)

    def _alarm(self, seconds: float) -> None:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        with suppress(ValueError, OSError, AttributeError):  # a stderr that is no file
            faulthandler.dump_traceback_later(seconds + self._last, exit=True)

    def _give_up(self, _number: int, frame: FrameType | None) -> None:
        """Say where, and end: nothing can be closed any more. What was begun and not ended is told by `Attempts`."""
        try:
            why = "it did not come to its end" if self._ending else "the event loop stood still"
            log.error("stopped by force", why=why, through=standing(frame), code=STUCK)
        finally:
            os._exit(STUCK)
