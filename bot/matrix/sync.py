"""Listening: each answer of /sync goes into the inbox in one transaction with the token that follows it.

Whoever kills the process between the two finds neither, and the same answer is asked for again. So is one that brought
nothing to keep, mostly the bot's own words: its token waits for the next that does.
"""

from __future__ import annotations

import asyncio
import json
import random as chance
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import structlog

from bot.errors import Fatal, MatrixRefused, Unavailable
from bot.matrix.backoff import pause
from bot.matrix.client_api import path
from bot.matrix.sync_batch import MEMBER, Batch, Decrypt, Reader, joined_at, parsed, source, state, timeline
from bot.matrix.untrusted_json import Json, block, dicts
from bot.store import inbox, rooms
from bot.store.data_trouble import trouble
from bot.store.database import Database, Tx
from bot.store.inbox import Event

log = structlog.get_logger(__name__)

WAIT = 30.0  # seconds that the server may keep us waiting for news
KEY_WAIT = 10.0  # seconds that a message waits for its key
TOKEN_AGE = 600.0  # seconds that a token may be behind: what a process that dies asks for again is short
TRIES = 3  # of a batch that makes our own code fail
ECHOES, REST = 12, 0.2  # answers in a row that only brought our own words, and seconds before asking again
PAGE, PAGES = 100, 200  # of what a cut timeline leaves out
LAZY = '{"lazy_load_members":true}'
FILTER = json.dumps(
    {
        "presence": {"types": []},
        "account_data": {"types": []},
        "room": {
            "timeline": {"limit": 100},
            "state": {"lazy_load_members": True},
            "ephemeral": {"types": []},
            "account_data": {"types": []},
        },
    },
    separators=(",", ":"),
)

Call = Callable[..., Awaitable[Json]]
Along = Callable[[], AbstractContextManager[Callable[[Tx], object]]]


def nothing() -> AbstractContextManager[Callable[[Tx], object]]:
    """Nothing is written along."""
    return nullcontext(lambda tx: None)


class Listener(Protocol):
    """What listening asks of the Matrix client."""

    @property
    def user_id(self) -> str: ...
    async def sync(self, since: str | None, *, timeout: float = ..., filter: str | None = ...) -> Json: ...
    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Json: ...
    def decrypt(self, room_id: str, event: Json) -> Json | None: ...


class Sync:
    """`news` is set when the inbox has something new; `synced` is told how much, at each answer of the server, `away`
    the cause where it does not; `along` is written with whatever is kept; `decrypt` is used for the client's.

    `last_sync`: the clock's seconds when a batch was last taken.
    """

    def __init__(
        self,
        client: Listener,
        database: Database,
        *,
        news: asyncio.Event,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = chance.random,
        synced: Callable[[int], None] = lambda new: None,
        away: Callable[[str], None] = lambda cause: None,
        along: Along = nothing,
        decrypt: Decrypt | None = None,
    ) -> None:
        self._client, self._database, self._news, self._synced = client, database, news, synced
        self._away, self._along = away, along
        self._clock, self._sleep, self._random = clock, sleep, random
        self._decrypt = decrypt or client.decrypt
        self._reader = Reader(client.user_id, self._decrypt)
        self._bugs = self._echoes = 0
        self._since: str | None = None  # as far as we have listened
        self._kept_at = float("-inf")  # when the token in the database was written
        self._joined: set[str] = set()  # as the database knows
        self._waits_for_keys = True  # as far as is known
        self.last_sync: float | None = None

    async def run(self) -> None:
        """Listen until cancelled. Raises CredentialsRefused; anything else is tried again, less and less often."""
        failures = 0
        while True:
            try:
                await self._turn()
                failures = 0
            except Fatal:
                raise
            except Exception as problem:
                failures += 1
                cause = problem.cause if isinstance(problem, Unavailable) else ""
                self._away(cause)
                told = {"cause": cause} if cause else {}
                log.warning("sync-failed", problem=type(problem).__name__, failures=failures, **told)
                await self._sleep(pause(failures, self._random))

    async def _turn(self) -> None:
        since = self._since or await self._database.read(inbox.token)
        raw = await self._client.sync(since, timeout=await self._patience(), filter=FILTER)
        if not isinstance(raw.get("next_batch"), str):
            raise Unavailable("matrix")
        new = 0
        try:
            new = await self._take(raw, since)
        except (Unavailable, Fatal, sqlite3.OperationalError, OSError):
            raise  # not this batch's fault
        except Exception as problem:
            if trouble(problem):
                raise  # nor is it
            self._bugs += 1
            if self._bugs < TRIES:
                raise
            await self._salvage(raw, since)
        self._bugs = 0
        self._since = raw["next_batch"]
        self.last_sync = self._clock()
        await self._read_again()
        await self._rest(raw, new)

    async def _take(self, raw: Json, since: str | None) -> int:
        missing = await _gaps(self._client.call, self._client.user_id, raw, since)
        batch = self._reader.read(raw, missing, first=since is None)
        if since is not None and not batch.is_news(self._joined) and 0 <= self._clock() - self._kept_at <= TOKEN_AGE:
            self._synced(0)
            return 0
        new = await self._keep(batch)
        if new:
            self._news.set()
        self._synced(new)
        return new

    async def _keep(self, batch: Batch) -> int:
        with self._along() as along:
            new = await self._database.write(_keep, batch, self._now(), along)
        self._kept_at = self._clock()
        self._joined = self._joined.union(batch.joined).difference(batch.left)
        self._waits_for_keys |= any(not event.readable for event in batch.events)
        return new

    async def _rest(self, raw: Json, new: int) -> None:
        """While the bot says much, each of its own words would end a wait: work for the homeserver, which slows it."""
        self._echoes = self._echoes + 1 if block(raw, "rooms", "join") and not new else 0
        if self._echoes > ECHOES:
            await self._sleep(REST)

    async def _salvage(self, raw: Json, since: str | None) -> None:
        """A batch that our code cannot take is taken room by room; what still fails is left out, and said."""
        for room_id, part in _by_room(raw):
            try:
                await self._take(part, since)
            except (Unavailable, Fatal, sqlite3.OperationalError, OSError):
                raise
            except Exception as problem:
                if trouble(problem):
                    raise
                log.exception("room-set-aside", room=room_id, since=since)
        await self._take({"next_batch": raw["next_batch"]}, since)

    # Messages that came before their keys

    async def _unread(self) -> list[Event]:
        unread = await self._database.read(inbox.unread) if self._waits_for_keys else []
        self._waits_for_keys = bool(unread)  # nobody else writes such an event
        return unread

    async def _read_again(self) -> None:
        for event in await self._unread():
            opened = self._decrypt(event.room_id, source(event))
            clear = parsed(event.room_id, opened) if opened is not None else None
            if clear is not None:
                await self._database.write(inbox.decrypted, event.event_id, clear.type, clear.content)
            elif opened is not None or self._left(event) <= 0:
                await self._database.write(inbox.give_up, event.event_id)
            else:
                continue
            self._news.set()

    async def _patience(self) -> float:
        """How long to wait for news: shorter while a message waits for its key, not at all at first, so that whoever
        started the bot knows at once that it hears."""
        if self.last_sync is None:
            return 0.0
        return min([WAIT, *(max(self._left(event), 0.0) for event in await self._unread())])

    def _left(self, event: Event) -> float:
        """Seconds that an unread message may still wait; none where the clock was set back meanwhile."""
        return KEY_WAIT - abs(self._now() - event.arrived_at) / 1000

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _keep(tx: Tx, batch: Batch, now: int, along: Callable[[Tx], object]) -> int:
    """Everything of a batch, or nothing. Returns how many events were new."""
    along(tx)
    for room_id in batch.joined:
        rooms.joined(tx, room_id, now)
    for room_id in batch.encrypted:
        rooms.encrypted(tx, room_id)
    for room_id in batch.left:
        rooms.left(tx, room_id)
    for room_id, by in batch.invited.items():
        rooms.invited(tx, room_id, by)
    return inbox.receive(tx, batch.events, batch.next_batch, now)


def _by_room(raw: Json) -> Iterator[tuple[str, Json]]:
    for kind, found in block(raw, "rooms").items():
        for room_id, data in block(found).items():
            yield room_id, {"rooms": {kind: {room_id: data}}}


# What the server leaves out of a long sync is asked for: nothing that was said to the bot is skipped.


async def _gaps(call: Call, me: str, raw: Json, since: str | None) -> dict[str, list[Json]]:
    """For each joined room whose timeline is cut: the events between our token `since` and the timeline, in order."""
    cut = {room: data for room, data in block(raw, "rooms", "join").items() if since and _is_cut(data, me)}
    return {room: await _missing(call, me, room, data, str(since)) for room, data in cut.items()}


def _is_cut(data: Json, me: str) -> bool:
    return block(data, "timeline").get("limited") is True and joined_at(timeline(data), me) < 0


async def _missing(call: Call, me: str, room_id: str, data: Json, since: str) -> list[Json]:
    """Raises Unavailable: then nothing of the batch is kept, and it is asked for again."""
    found: list[Json] = []
    at = block(data, "timeline").get("prev_batch")
    for _ in range(PAGES):
        page = await _page(call, room_id, at, since)
        found = [*reversed(list(dicts(page.get("chunk")))), *found]
        at = page.get("end")
        arrived = joined_at(found, me)
        if arrived >= 0 or not isinstance(at, str) or not page.get("chunk"):
            return found[max(arrived, 0) :]
    log.error("gap-too-long", room=room_id, events=len(found))
    return [event for event in state(data) if event.get("type") == MEMBER] + found


async def _page(call: Call, room_id: str, at: object, since: str) -> Json:
    query = {"dir": "b", "from": at, "to": since, "limit": PAGE, "filter": LAZY}
    try:
        return await call("GET", path("rooms", room_id, "messages"), **query)
    except MatrixRefused as refusal:
        log.warning("gap-refused", room=room_id, errcode=refusal.errcode)
        return {}
