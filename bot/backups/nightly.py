"""Every night a copy leaves, every week one is proved: once, however often the process begins anew, and beside it. What
goes wrong is told once, by day, and its end too."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict
from zlib import crc32
from zoneinfo import ZoneInfo

import structlog

from bot.errors import Refused, Unavailable
from bot.hosting.operators import Operators
from bot.lieux import Lieux
from bot.settings import Backups
from bot.store import backups
from bot.store.attempts import Tried, untried
from bot.store.conversations import Conversation
from bot.store.data_folder import WORKSHOP
from bot.store.database import Database, Tx
from bot.talk.engine import Engine

if TYPE_CHECKING:  # loaded where copies are made
    from bot.backups.jobs import Job, Result, Work

log = structlog.get_logger(__name__)
HOUR, DAY = 3_600_000, 86_400_000  # milliseconds
LOOK = 600.0  # seconds
NIGHT, SPREAD = 1, 240  # the hour when it begins, and the minutes within which the bots of a place send their copies
AGAIN, PROVE_AGAIN = HOUR, 6 * HOUR
WEEK = 6 * DAY + DAY // 2  # between the copies that are proved: the seventh night, whatever the clocks do
RED = 8 * DAY  # the age of the last proved copy from which on something is wrong
UNSENT = 2 * DAY + 2 * HOUR  # likewise of the last copy that was sent
AWAKE = range(8, 20)  # hours


class Told(TypedDict):
    """How the copies are: `day` (ISO) of the last one that was proved, or empty; `wrong`: failed, late, or nothing."""

    day: str
    wrong: str


class NightlyBackups:
    """`place` is what whoever hosts the bot chose, None where they chose nothing. `zone` tells when it is night, `now`
    in milliseconds since the epoch; `work` does a job somewhere else than here (in a process
    of its own, where none is given)."""

    def __init__(
        self,
        me: str,
        place: Backups | None,
        zone: str,
        database: Database,
        engine: Engine,
        lieux: Lieux,
        operators: Operators,
        now: Callable[[], int],
        work: Work | None = None,
    ) -> None:
        self._me, self._place, self._zone = me, place, ZoneInfo(zone)
        self._towards = place.towards if place else ""
        self._database, self._engine, self._lieux, self._operators = database, engine, lieux, operators
        self._now, self._work = now, work
        self._jitter = timedelta(minutes=crc32(me.encode()) % SPREAD)

    @property
    def is_set_up(self) -> bool:
        return self._place is not None

    # -- what is asked of it

    async def told(self) -> Told | None:
        """None where no copy leaves the machine."""
        if self._place is None:
            return None
        at = await self._database.read(backups.last_proved, self._towards)
        day = datetime.fromtimestamp(at / 1000, self._zone).date().isoformat() if at else ""
        return {"day": day, "wrong": await self._database.read(unproved, self._now(), self._towards)}

    # -- when

    async def run(self, tried: Tried = untried) -> None:
        """Until cancelled. What a process that died left in clear is gone at once, whatever is chosen now."""
        await tried(self._tidy)
        while self.is_set_up or await self._database.read(backups.is_anybody_alarmed):
            await tried(self.look)
            await asyncio.sleep(LOOK)

    async def _tidy(self) -> None:
        from bot.backups import in_clear

        if (work := self._database.path.parent / WORKSHOP).exists():
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        for left in await asyncio.to_thread(in_clear.remove_left, self._database.path.parent):
            log.warning("removed what a restore that was killed had left in clear", folder=str(left))

    async def look(self) -> None:
        """Do what is due, and tell what is wrong."""
        is_day = datetime.fromtimestamp(self._now() / 1000, self._zone).hour in AWAKE
        if self._place is None:
            if is_day:
                await self._tell_that_none_leave()
            return
        if await self._database.read(self._is_to_send):
            await self._send(self._place)
        if name := await self._database.read(self._to_prove):
            await self._prove(self._place, name)
        if is_day:
            await self._tell(self._towards)

    def _is_to_send(self, tx: Tx) -> bool:
        """Also at once where it goes elsewhere than the last one, or to others."""
        now, done, tried = self._now(), backups.last_sent(tx, self._towards), backups.last(tx, "send")
        if tried and tried["outcome"] != "done" and 0 <= now - tried["at"] < AGAIN:
            return False
        return done is None or not self._night(now) <= done["at"] <= now  # later than now: the clock was set

    def _night(self, now: int) -> int:
        """When the copy of this night is due, or of the last one."""
        here = datetime.fromtimestamp(now / 1000, self._zone)
        due = here.replace(hour=NIGHT, minute=0, second=0, microsecond=0) + self._jitter
        return round((due if due <= here else due - timedelta(days=1)).timestamp() * 1000)

    def _to_prove(self, tx: Tx) -> str:
        """The newest copy, where it is its turn: one of each week, and each one after one that was not proved, and as
        long as somebody is told that something is wrong."""
        newest, tried = backups.last_sent(tx, self._towards), backups.last(tx, "prove")
        ended, proved = backups.last(tx, "prove", "done", "failed"), backups.last_proved(tx, self._towards)
        if newest is None or (ended and ended["name"] == newest["name"]):
            return ""
        if tried and tried["name"] == newest["name"] and 0 <= self._now() - tried["at"] < PROVE_AGAIN:
            return ""
        well = tried is not None and tried["outcome"] == "done" and not backups.is_anybody_alarmed(tx)
        return "" if well and proved is not None and abs(newest["at"] - proved) < WEEK else newest["name"]

    # -- what is done

    async def _send(self, place: Backups) -> None:
        from bot.backups import rotation

        at, mark = self._now(), secrets.token_hex(16)
        name = rotation.name_of(self._me, datetime.fromtimestamp(at / 1000, UTC))
        id = await self._database.write(backups.begin, "send", at, name, mark, place.towards)
        needed = await self._database.read(backups.proved_name, place.towards)
        job = self._job("send", place, name, at, mark)
        job["needed"] = [needed] if needed else []
        job["former"] = await self._database.read(backups.sent_otherwise, rotation.beginning(self._me))
        result = await self._worked(job)
        await self._ended(id, "send", result)
        if result["stayed"]:
            log.warning("old copies stay: the storage does not let us delete them", copies=result["stayed"])

    async def _prove(self, place: Backups, name: str) -> None:
        at, mark = self._now(), await self._database.read(backups.mark_of, name)
        id = await self._database.write(backups.begin, "prove", at, name)
        await self._ended(id, "prove", await self._worked(self._job("prove", place, name, at, mark)))

    async def _worked(self, job: Job) -> Result:
        if self._work is None:
            from bot.backups.jobs import apart

            self._work = apart
        return await self._work(job)

    def _job(self, act: str, place: Backups, name: str, at: int, mark: str) -> Job:
        return {
            "act": act,
            "folder": str(self._database.path.parent.resolve()),
            "user": self._me,
            "url": place.url,
            "keys": asdict(place.keys),
            "recipients": list(place.recipients),
            "name": name,
            "at": datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds"),
            "mark": mark,
            "needed": [],
            "former": [],
        }

    async def _ended(self, id: int, act: str, result: Result) -> None:
        await self._database.write(backups.end, id, result["outcome"], result["cause"], result["bytes"])
        say = log.info if result["outcome"] == "done" else log.warning
        say("backup", act=act, outcome=result["outcome"], cause=result["cause"], bytes=result["bytes"])

    # -- what is told

    async def _tell(self, towards: str) -> None:
        is_well = await self._database.read(_is_newest_proved, towards)
        for whom, wrong in (("host", wrong_for_host), ("lieux", unproved)):
            what = await self._database.read(wrong, self._now(), towards)
            if what:
                await self._database.write(backups.raise_alarm, whom, self._now(), what)
            await self._tell_them(whom, "well" if is_well and not what else "")

    async def _tell_that_none_leave(self) -> None:
        """Once, to who was told that something is wrong with them: nobody can tell when that ends."""
        for whom in ("host", "lieux"):
            alarm = await self._database.read(backups.alarm, whom)
            if alarm and not alarm["told"]:
                await self._database.write(backups.end_alarm, whom)
            else:
                await self._tell_them(whom, "ended")

    async def _tell_them(self, whom: str, over: str) -> None:
        """That something is wrong, and what is said where that is `over`. First written down, then begun, each once for
        its cause: a death in between tells nobody twice."""
        alarm = await self._database.read(backups.alarm, whom)
        if alarm is None:
            return
        cause = f"backup-alarm/{whom}/{alarm['since']}"
        try:
            if not alarm["told"]:
                log.error("backups need somebody", what=alarm["what"])
                await self._begin(whom, alarm["what"], cause)
                await self._database.write(backups.alarm_told, whom)
            if over:
                await self._begin(whom, over, f"{cause}/over")
                await self._database.write(backups.end_alarm, whom)
        except (Refused, Unavailable) as problem:  # the hosts' room cannot be had now: at the next look
            log.warning("backups: the hosts could not be told", problem=type(problem).__name__)

    async def _begin(self, whom: str, what: str, cause: str) -> None:
        if whom == "host":
            if room := await self._operators.room():
                await self._engine.start(Conversation("backup-host", self._me, room, cause, None, {"what": what}))
            return
        for lieu in await self._lieux.all():
            if lieu.choices.installed and lieu.office:
                each = f"{cause}/{lieu.id}"
                await self._engine.start(
                    Conversation("backup-lieu", self._me, lieu.office, each, lieu.id, {"what": what})
                )


def unproved(tx: Tx, now: int, towards: str) -> str:
    """What is wrong with the proofs of what goes there: `failed`, `late`, or nothing."""
    ended = backups.last(tx, "prove", "done", "failed")
    if ended and ended["outcome"] == "failed":
        return "failed"
    since = backups.last_proved(tx, towards) or backups.first_at(tx, towards)
    return "late" if since is not None and abs(now - since) > RED else ""


def wrong_for_host(tx: Tx, now: int, towards: str) -> str:
    """Sooner than the lieux, they know that nothing leaves."""
    if wrong := unproved(tx, now, towards):
        return wrong
    sent = backups.last_sent(tx, towards)
    since = sent["at"] if sent else backups.first_at(tx, towards)
    return "unsent" if since is not None and abs(now - since) > UNSENT else ""


def _is_newest_proved(tx: Tx, towards: str) -> bool:
    sent = backups.last_sent(tx, towards)
    return sent is not None and sent["name"] == backups.proved_name(tx, towards)
