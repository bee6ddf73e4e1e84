"""Delivery of what the bot has said: in order within a room, rooms side by side, each letter once, patiently.

What cannot leave for one lieu takes no place of what leaves for another. That a letter was sent is noted with what is
written next, mostly the batch of events in which somebody may already point at it. A process that dies before sends it
again under the same transaction id: to the homeserver that is the same event.
"""

from __future__ import annotations

import asyncio
import random as chance
import sqlite3
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, Protocol

import structlog

from bot.errors import Fatal, NobodyReads, Refused, Unavailable
from bot.matrix.backoff import pause
from bot.store import outbox, waits
from bot.store.data_trouble import trouble
from bot.store.database import Database, Tx
from bot.store.outbox import REDACTION, Letter, Queue

log = structlog.get_logger(__name__)

AT_ONCE = 20  # letters of one lieu on their way
SOON, HOUR = 1.0, 3600.0  # seconds: after those, doubled up to these, readers of a letter are looked for again
TRIES = 3  # of a letter that makes our own code fail
UNNOTED, NOTED_WITHIN = 20, 1.0  # letters sent and not noted as such, and seconds until they are at the latest


class Client(Protocol):
    """What delivery asks of the Matrix client. The same transaction id twice is one event."""

    async def send(self, room_id: str, type: str, content: dict[str, Any], txn_id: str) -> str: ...
    async def redact(self, room_id: str, event_id: str, txn_id: str, reason: str | None = None) -> str: ...


class Lost(Refused):
    """The letter speaks of another one that never became an event."""

    code = "lost"


class Sent(NamedTuple):
    """A letter that became an event, `at` an instant (ms)."""

    txn_id: str
    event_id: str
    at: int


class Outbox:
    """Call `poke` after a transaction that posted letters; everything else is found in the database. `tally` counts
    what is "sent" and "retried". What was sent is noted `noted_within` so many seconds, or at once."""

    def __init__(
        self,
        client: Client,
        database: Database,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = chance.random,
        at_once: int = AT_ONCE,
        tally: Callable[[str], None] = lambda what: None,
        noted_within: float = NOTED_WITHIN,
    ) -> None:
        self._client, self._database = client, database
        self._clock, self._sleep, self._random = clock, sleep, random
        self._slots = defaultdict[int | None, asyncio.Semaphore](lambda: asyncio.Semaphore(at_once))
        self._tally = tally
        self._news = asyncio.Event()
        self._changed = asyncio.Condition()
        self._busy: set[Queue] = set()
        self._sent: dict[int, Sent] = {}  # by their place in the box: those that are not noted
        self._to_note = asyncio.Event()
        self._noted_within = noted_within
        self._awaited = 0  # by how many

    def poke(self) -> None:
        self._news.set()

    async def until(self, true: Callable[[], Awaitable[bool]]) -> None:
        """Wait until this is so: it is looked at again whenever a letter was sent or refused, or waits for somebody who
        can read it. Meanwhile each is noted at once."""
        self._awaited += 1
        try:
            await self._note()
            async with self._changed:
                while not await true():
                    await self._changed.wait()
        finally:
            self._awaited -= 1

    @contextmanager
    def noting(self) -> Iterator[Callable[[Tx], object]]:
        """What notes the letters sent so far, to be written within; where that fails they are noted another time."""
        sent = {**self._sent}
        yield partial(_noted, sent)
        for seq in sent:
            self._sent.pop(seq, None)

    async def _note(self) -> None:
        if self._sent:
            with self.noting() as note:
                await self._database.write(note)
            await self._tell()

    async def _note_in_time(self) -> None:
        while True:
            await self._to_note.wait()
            self._to_note.clear()
            await self._sleep(self._noted_within)
            try:
                await self._note()
            except sqlite3.Error as problem:
                log.error("outbox-failed", problem=str(problem))
                await self._sleep(pause(TRIES, self._random))
                self._to_note.set()

    async def run(self) -> None:
        """Deliver until cancelled. Raises CredentialsRefused. What was sent without an answer is sent again."""
        try:
            await self._run()
        except* Fatal as group:
            raise _first(group) from None
        finally:
            self._busy.clear()

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as workers:
                workers.create_task(self._note_in_time())
                while True:
                    self._news.clear()
                    waiting = await self._database.read(outbox.waiting, [*self._sent])
                    for queue in [one for one in waiting if one not in self._busy]:
                        self._busy.add(queue)
                        workers.create_task(self._serve(queue))
                    await self._news.wait()
        except asyncio.CancelledError:  # a stop in order
            await self._note()
            raise

    async def _serve(self, queue: Queue) -> None:
        wait = SOON
        try:
            while letters := await self._database.read(outbox.next_letters, queue, but=[*self._sent]):
                try:
                    for letter in letters:
                        await self._deliver(letter)
                        await self._tell()
                except NobodyReads as early:
                    await self._database.write(outbox.unread, queue)
                    await self._tell()
                    somebody_came = await self._comes(early.news, wait)
                    wait = SOON if somebody_came else min(2 * wait, HOUR)
        except Exception as problem:
            if not (trouble(problem) or isinstance(problem, sqlite3.Error)):
                raise
            # The letters stay, and their transaction ids too.
            log.error("outbox-failed", problem=str(problem))
            self._to_note.set()
            await self._sleep(pause(TRIES, self._random))
        self._busy.discard(queue)
        self.poke()  # one may have been posted since the last look

    async def _comes(self, news: asyncio.Event, seconds: float) -> bool:
        """Wait for news of who could read, that long; whether there were any."""
        waits = [asyncio.ensure_future(news.wait()), asyncio.ensure_future(self._sleep(seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        return news.is_set()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _deliver(self, letter: Letter) -> None:
        """Send one letter, however long that takes: those behind it in its room wait. Raises `NobodyReads`."""
        failures = bugs = 0
        while True:
            try:
                event_id = await self._send(letter)
            except Refused as refusal:
                return await self._give_up(letter, str(refusal.words.get("errcode", refusal.code)))
            except NobodyReads:
                raise
            except Unavailable as problem:
                failures += 1
                self._tally("retried")
                await self._sleep(max(problem.retry_after, pause(failures, self._random)))
            except (Fatal, sqlite3.Error):
                raise
            except Exception as bug:  # the letters behind it must not wait for ever
                if trouble(bug):  # of the crypto store
                    raise
                bugs += 1
                log.error("letter-failed", room=letter.room_id, type=letter.type, bug=type(bug).__name__)
                if bugs == TRIES:
                    return await self._give_up(letter, type(bug).__name__)
                await self._sleep(pause(bugs, self._random))
            else:
                self._tally("sent")
                self._sent[letter.seq] = Sent(letter.txn_id, event_id, int(self._clock() * 1000))
                if self._awaited or not self._noted_within or len(self._sent) >= UNNOTED:
                    return await self._note()
                return self._to_note.set()

    async def _send(self, letter: Letter) -> str:
        content: Any = letter.content
        if _refers(content):
            known = {one.txn_id: one.event_id for one in self._sent.values()}
            content = await self._database.read(_resolved, content, known)
        async with self._slots[letter.lieu]:
            if letter.type == REDACTION:
                redacts, reason = content.get("redacts"), content.get("reason")
                return await self._client.redact(letter.room_id, redacts, letter.txn_id, reason)
            return await self._client.send(letter.room_id, letter.type, content, letter.txn_id)

    async def _give_up(self, letter: Letter, error: str) -> None:
        log.warning("letter-refused", room=letter.room_id, type=letter.type, txn=letter.txn_id, error=error)
        await self._database.write(outbox.refused, letter, error)


def _noted(sent: Mapping[int, Sent], tx: Tx) -> None:
    for seq, one in sent.items():
        waits.left_late(tx, seq, one.at)
        outbox.sent(tx, seq, one.event_id, one.at)


def _refers(value: Any) -> bool:
    """Whether earlier letters are spoken of."""
    if isinstance(value, dict):
        return value.keys() == {"$event"} or any(map(_refers, value.values()))
    return isinstance(value, list) and any(map(_refers, value))


def _resolved(tx: Tx, value: Any, known: Mapping[str, str]) -> Any:
    """The content with the ids of earlier letters in place of `{"$event": txn_id}`; `known` are some of them."""
    if isinstance(value, list):
        return [_resolved(tx, item, known) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$event"}:
        return known.get(value["$event"]) or _event_of(tx, value["$event"])
    return {key: _resolved(tx, item, known) for key, item in value.items()}


def _event_of(tx: Tx, txn_id: str) -> str:
    fate, event_id = outbox.fate(tx, txn_id)
    if fate == "waiting":
        raise Unavailable("matrix", 0.0)  # in another room: its turn comes
    if event_id is None:
        raise Lost
    return event_id


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
