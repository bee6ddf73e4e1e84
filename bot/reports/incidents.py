"""The bot looks at each service every few minutes: what it saw is kept by days, and an incident is told once it lasts.

Where nothing changes, nothing is written: what was seen is held back, and written every half an hour for all lieux. A
process that dies before forgets it, and that time is not known. An incident is written as it begins and ends, and what
is told of it goes by what was written, so that it is told once. What was not looked at was neither well nor away.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from bot.lieux import Lieu, Lieux
from bot.services.looks import MATRIX, Look, Looks, State
from bot.store import availability as store
from bot.store import waits
from bot.store.attempts import Tried, untried
from bot.store.availability import ALL, BEGINNING, NOTHING, Incident, Key, Seen
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx
from bot.talk.engine import Engine

log = structlog.get_logger(__name__)
MINUTE = 60_000  # milliseconds, as all that follows
LOOK, AGAIN = 5 * MINUTE, MINUTE  # between two looks; where it was away at the last
LONG = 60 * MINUTE  # after which we look as rarely as at any other
MOST = 12 * MINUTE  # between two looks, for what lies between them to be known
WRITTEN, WRITTEN_AWAY = 30 * MINUTE, 5 * MINUTE  # how long what was seen is held back; during an incident
TOLD = 10 * MINUTE  # of an incident that is told
STEADY = 4 * MINUTE  # that a service answers, for its incident to be over: one that comes and goes is one incident
TOGETHER = LOOK + AGAIN  # between the beginnings of incidents that are told in one sentence
DAY = 24 * 60 * MINUTE
TAKEN_UP = 20  # conversations that go on at once when a service is back; the others follow by themselves
LEAST = 1.0  # seconds


@dataclass(slots=True)
class _Part:
    """What was seen of a service at the last look: `since` when it has been away, in looks that follow one another."""

    due: int = 0
    at: int | None = None
    state: State = "unknown"
    since: int | None = None


@dataclass(slots=True)
class _Round:
    """What a look at a service was, and how much time before it is known."""

    look: Look
    now: int
    before: _Part
    known: int = 0
    lieux: list[tuple[Lieu, str]] = field(default_factory=list)


class IncidentWatch:
    """`now` in milliseconds since the epoch; `me` is the bot."""

    def __init__(
        self, me: str, database: Database, lieux: Lieux, engine: Engine, looks: Looks, now: Callable[[], int]
    ) -> None:
        self._me, self._database, self._lieux, self._engine = me, database, lieux, engine
        self._looks, self._now = looks, now
        self._parts: dict[int, _Part] = defaultdict(_Part)
        self._seen: dict[Key, Seen] = defaultdict(Seen)
        self._open: dict[tuple[int, str], Incident] = {}
        self._ended: list[Incident] = []  # and not written yet
        self._well: dict[tuple[int, str], int] = {}  # since when one answers again whose incident is not over yet
        self._words: dict[tuple[int, str], Look] = {}
        self._written_at = self._forgot_at = 0
        self._is_ready = False
        self._turn = asyncio.Lock()

    async def run(self, tried: Tried = untried) -> None:
        """Until cancelled: then what was held back is written, if it can be."""
        try:
            while True:
                await tried(self.look)
                await asyncio.sleep(max(LEAST, self.until_next() / 1000))
        except asyncio.CancelledError:
            with suppress(Exception):
                await self.write()
            raise

    def until_next(self) -> int:
        """In milliseconds. A look at most: who comes meanwhile, and a clock that was set, are seen then."""
        due = min((part.due for part in self._parts.values()), default=0) - self._now()
        return min(max(due, 0), LOOK)

    async def watched(self, lieu: Lieu) -> list[str]:
        """What this lieu has, by its name; the homeserver first."""
        return [one.name for one in self._looks.of(lieu, await self._lieux.all())]

    # -- looking

    async def look(self) -> None:
        """At all that is due now; then tell what is to be told."""
        rounds = await self._rounds()
        async with self._turn:
            before = {*self._well}
            begun = [await self._note(one) for one in rounds]
            await self._write(force=any(begun) or bool(self._ended))
            back = self._well.keys() - before
        if back:  # what was away with it may be back as well
            self._hasten()
        await self._tell()
        for lieu, service in sorted(back):
            await self._take_up(lieu, service)

    async def _rounds(self) -> list[_Round]:
        served = [lieu for lieu in await self._lieux.all() if lieu.choices.installed and lieu.office]
        every = await self._lieux.all()
        having: dict[int, list[tuple[Lieu, str]]] = defaultdict(list)
        for lieu in served:
            for watched in self._looks.of(lieu, every):
                having[watched.key].append((lieu, watched.name))
        await self._begin({(lieu.id, name) for those in having.values() for lieu, name in those})
        for gone in self._parts.keys() - having.keys():
            del self._parts[gone]
        now = self._now()
        due = [key for key in having if self._is_due(self._parts[key], now)]
        found = await self._looks.look(due)
        self._doubt(found)
        now = self._now()
        return [self._round(key, found[key], now, having[key]) for key in due]

    def _hasten(self) -> None:
        soon = self._now() + AGAIN
        for part in self._parts.values():
            part.due = min(part.due, soon) if part.state == "away" else part.due

    def _is_due(self, part: _Part, now: int) -> bool:
        return not now < part.due <= now + LOOK  # the clock may have been set back

    def _doubt(self, found: dict[int, Look]) -> None:
        """Where not even the homeserver answers us, nor anybody else: that is our own line, rather than all of them."""
        states = {key: part.state for key, part in self._parts.items()} | {key: one.state for key, one in found.items()}
        if len(states) > 1 and set(states.values()) == {"away"}:
            found.update({key: Look("unknown") for key in found})

    def _round(self, key: int, look: Look, now: int, lieux: list[tuple[Lieu, str]]) -> _Round:
        before = self._parts[key]
        since = None if look.state != "away" else before.since if before.since is not None else now
        settles = look.state == "answered" and any((lieu.id, name) in self._open for lieu, name in lieux)
        soon = settles or (since is not None and now - since < LONG)
        self._parts[key] = _Part(now + (AGAIN if soon else LOOK), now, look.state, since)
        known = 0
        if before.at is not None and "unknown" not in (before.state, look.state) and 0 < now - before.at <= MOST:
            known = now - before.at
        return _Round(look, now, before, known, lieux)

    async def _note(self, one: _Round) -> bool:
        """What a look says of each lieu. Whether an incident began."""
        return any([await self._of_lieu(one, lieu, name) for lieu, name in one.lieux])

    async def _of_lieu(self, one: _Round, lieu: Lieu, name: str) -> bool:
        seen = self._seen[lieu.id, name, _day(one.now, lieu)]
        seen.looked += one.look.state != "unknown"
        seen.answered += one.look.state == "answered"
        seen.known += one.known
        going_on = self._open.get((lieu.id, name))
        if one.look.state == "unknown" or (one.look.state == "answered" and going_on is None):
            return False
        planned = await self._is_planned(lieu, name, one.now)
        if going_on is None and one.before.since is None:
            return False  # once is not enough: it is looked at again in a minute
        if one.look.state == "away" or (lieu.id, name) not in self._well:
            seen.planned += one.known if planned else 0
            seen.away += 0 if planned else one.known
        if going_on is not None and planned and going_on.told == NOTHING:
            self._ends(going_on, going_on.seen_at)  # what follows was announced
        elif going_on is not None:
            self._goes_on(one, going_on)
        elif not planned:
            await self._begins(one, lieu, name)
        return going_on is None and not planned

    async def _begins(self, one: _Round, lieu: Lieu, name: str) -> None:
        since = min(one.before.since or one.now, one.now)
        begun = one.now if await self._is_planned(lieu, name, since) else since
        self._open[lieu.id, name] = Incident(lieu.id, name, begun, one.now, one.look.cause)
        self._words[lieu.id, name] = one.look
        log.info("service away", service=name, lieu=lieu.id, cause=one.look.cause or "silent")

    def _goes_on(self, one: _Round, incident: Incident) -> None:
        """Or is over, once it has answered for a while. Between two looks of which one did not tell, or was another
        process's, nobody saw it; nor is anything known of what lies between them where the clock was set back."""
        key = incident.lieu, incident.service
        well = self._well.get(key)
        if one.look.state == "answered" and well is not None:
            if not 0 <= one.now - well < STEADY:
                self._ends(incident, min(well, one.now))
            return
        beyond = (one.now - incident.seen_at) // 1000
        incident.unseen += min(0, beyond) if one.known else beyond
        if one.look.state == "answered":
            self._well[key] = one.now
            return
        self._well.pop(key, None)
        incident.seen_at = one.now
        self._words[key] = one.look

    def _ends(self, incident: Incident, at: int) -> None:
        key = incident.lieu, incident.service
        incident.ended_at = at
        if incident.seconds * 1000 < TOLD and incident.told == NOTHING:
            incident.told = ALL
        self._ended.append(self._open.pop(key))
        self._well.pop(key, None)
        log.info("service back", service=incident.service, lieu=incident.lieu, seconds=incident.seconds)

    async def _is_planned(self, lieu: Lieu, name: str, at: int) -> bool:
        planned = await self._database.read(store.planned, lieu.id, at - LOOK, at)
        return any(name in one["services"] for one in planned)

    # -- what is written

    async def _begin(self, watched: set[tuple[int, str]]) -> None:
        """What went on when the last process ended; what nobody looks at any more ended when it was last seen."""
        if not self._is_ready:
            for one in await self._database.read(store.untold):
                if one.ended_at is None:
                    self._open[one.lieu, one.service] = one
            self._is_ready = True
        gone = [one for key, one in self._open.items() if key not in watched]
        for one in gone:
            one.ended_at, one.told = one.seen_at, ALL
            del self._open[one.lieu, one.service]
            self._well.pop((one.lieu, one.service), None)
        if gone:
            await self._database.write(store.keep, gone)

    async def write(self) -> None:
        """What was held back."""
        async with self._turn:
            await self._write(force=True)

    async def _write(self, *, force: bool) -> None:
        now, held_back = self._now(), WRITTEN_AWAY if self._open else WRITTEN
        self._written_at = self._written_at or now
        is_due = force or not 0 <= now - self._written_at < held_back
        if not is_due or not (self._seen or self._ended):
            return
        seen, self._seen = self._seen, defaultdict(Seen)
        incidents = [*self._open.values(), *self._ended]
        forgets = not 0 <= now - self._forgot_at < DAY

        def work(tx: Tx) -> None:
            store.add(tx, seen)
            store.keep(tx, incidents)
            if forgets:
                store.forget(tx, now)
                waits.forget(tx, now)

        try:
            await self._database.write(work)
        except Exception:
            self._seen = seen  # nobody looks meanwhile; whoever is cancelled does not hear whether it was written
            raise
        self._ended.clear()
        self._written_at = now
        self._forgot_at = now if forgets else self._forgot_at

    # -- what is told

    async def _tell(self) -> None:
        """Once each: what is said is written down with that it is. What began or ended together is told in one
        sentence, for it may have one cause, and that may be our own line."""
        over, begun = defaultdict[int, list[Incident]](list), defaultdict[int, list[Incident]](list)
        for written in await self._database.read(store.untold):
            going_on = self._open.get((written.lieu, written.service))
            if written.ended_at is not None:
                over[written.lieu].append(written)
            elif going_on is not None and self._is_to_be_told(going_on):
                begun[written.lieu].append(going_on)
        for id in over.keys() | begun.keys():
            lieu = await self._lieux.get(id)
            if lieu is None or not lieu.office:
                continue
            if over[id] and not self._another_comes_back(id):
                await self._say("outage-over", lieu, over[id], ALL)
            if any(one.seconds * 1000 >= TOLD for one in begun[id]):
                await self._say("outage", lieu, begun[id], BEGINNING)

    def _is_to_be_told(self, one: Incident) -> bool:
        """Soon or now: it does not answer, and has not for a while. Of the homeserver nobody would read it."""
        lasts = one.seconds * 1000 >= TOLD - TOGETHER and (one.lieu, one.service) not in self._well
        return lasts and one.told == NOTHING and one.service != MATRIX

    def _another_comes_back(self, lieu: int) -> bool:
        now = self._now()
        return any(of == lieu and 0 <= now - since < 2 * STEADY for (of, _), since in self._well.items())

    async def _say(self, dialogue: str, lieu: Lieu, those: list[Incident], told: int) -> None:
        one = those[0]
        cause = f"{dialogue}/{one.id}/{one.begun_at}"
        look = self._words.get((one.lieu, one.service), Look("away", one.cause))
        why = {"service": one.service, "cause": look.cause, "words": {**look.words}}
        args: dict[str, Any] = {"incidents": [each.id for each in those]} if len(those) > 1 else {"incident": one.id}
        args |= {"why": why} if dialogue == "outage" and len(those) == 1 else {}
        called = dialogue if len(those) == 1 else f"{dialogue}-of-several"
        talk = Conversation(called, self._me, lieu.office or "", cause, lieu.id, args)
        await self._engine.start(talk, lambda tx: store.tell(tx, [each.id for each in those], told))
        for each in those:
            each.told = max(each.told, told)

    async def _take_up(self, lieu: int, service: str) -> None:
        """What waited for it need not wait until it is its turn to try again."""
        for id in await self._database.read(waits.open_for, lieu, service, TAKEN_UP):
            await self._engine.advance(id)


def _day(now: int, lieu: Lieu) -> str:
    return datetime.fromtimestamp(now / 1000, ZoneInfo(lieu.choices.zone)).date().isoformat()
