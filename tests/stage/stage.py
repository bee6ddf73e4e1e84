"""One bot on a small Matrix with a memory, on a real SQLite: people write and click, the bot answers."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar

from bot.app import Options, Services, assemble, scripts
from bot.matrix.outbox import Outbox
from bot.operator.doctor.step_names import StepNames
from bot.reports.weeks import monday
from bot.services.registration_codes import RegistrationCodes
from bot.store import clock_watch, inbox, open_questions, rooms
from bot.store.clock_watch import Seen
from bot.store.database import Database, Tx
from bot.store.inbox import Event
from bot.supervision.health import Health
from bot.talk.corrections import sums_up
from bot.talk.voice import why_of
from bot.words import Words
from tests.stage.emptied import emptied
from tests.stage.migrated import open_migrated
from tests.stage.people_act import Acting
from tests.stage.registration_codes import CodesInOrder
from tests.stage.small_homeserver import FakeMatrix
from tests.stage.world import ME, Clock, FakeRoom, server

__all__ = ["ME", "Clock", "FakeMatrix", "FakeRoom", "Stage"]

DAY = 86_400_000


@cache
def words() -> Words:
    """When the first bot begins: the catalogues may be tidied before."""
    return Words.load()


@cache
def step_names() -> StepNames:
    return StepNames(scripts())


class Stage(Acting):
    """The bot, its Matrix, and what people do. Every door returns once all bots of its world have answered.

    `noted_within`: as of the outbox. What was sent is noted at once, for the next thing that somebody does comes at
    once; whoever changes it sees what a process forgets that dies before.
    """

    noted_within: ClassVar[float] = 0.0

    def __init__(
        self, matrix: FakeMatrix, database: Database, services: Services, clock: Clock, **hosting: Any
    ) -> None:
        self.matrix, self.database, self.clock, self.services = matrix, database, clock, services
        self.me, self.world, self.world.clock = matrix.me, matrix.world, clock
        matrix.remember = partial(database.write, rooms.set_direct)
        self.outbox = Outbox(matrix, database, clock=lambda: clock.at / 1000, noted_within=self.noted_within)
        options = Options(self.me, {server(self.me)}, **hosting)
        health = Health()
        health.synced()
        self.bot = assemble(database, matrix, services, health, options, self.outbox, clock, words())
        self.bot._capabilities[RegistrationCodes] = CodesInOrder()
        self._delivery = asyncio.create_task(self.outbox.run())
        self.world.stages[self.me] = self

    @classmethod
    async def open(
        cls,
        path: Path,
        services: Services,
        matrix: FakeMatrix | None = None,
        clock: Clock | None = None,
        store: type[Database] = Database,
        **hosting: Any,
    ) -> Stage:
        """`hosting`: the `operators`, people who host the bot, and what else there is of `Options`."""
        database = await open_migrated(path / "bot.sqlite", store)
        return cls(matrix or FakeMatrix(), database, services, clock or Clock(), **hosting)

    @property
    def bots(self) -> Collection[str]:
        return (self.me,)

    async def settle(self) -> None:
        await self.world.settle()

    async def take(self) -> None:
        """What the bot's homeserver has for it, in one sync; what dies before it is written down comes again."""
        if batch := self.matrix.ear.batch():
            await self.database.write(self._keep, batch)
            del self.matrix.ear.unheard[: len(batch)]

    def _keep(self, tx: Tx, batch: Sequence[Event]) -> None:
        """As the real sync does: who invited the bot is known with the event."""
        for event in batch:
            ours = event.type == "m.room.member" and event.state_key == self.me
            if ours and event.content.get("membership") == "invite":
                rooms.invited(tx, event.room_id, event.sender)
        inbox.receive(tx, batch, None, self.clock.now())

    async def quiet(self) -> None:
        """Until all that this bot heard is answered, and all answers are delivered."""
        await self.bot.settled()
        await emptied(self.outbox)

    def happens(self, room_id: str, sender: str, type: str, content: dict[str, Any], **more: Any) -> Event:
        """This bot hears of it by `hear`, others as soon as it settles."""
        event = self.world.records(room_id, sender, type, content, **more)
        self.world.tell(event, but=self.me)
        return self.world.as_told(event, self.matrix.ear)

    async def hear(self, *events: Event) -> None:
        await self.database.write(self._keep, events)
        await self.settle()

    async def enter(self, person: str, room_id: str) -> str:
        if person == self.me:
            await self.database.write(rooms.joined, room_id, self.clock.at)
        return await super().enter(person, room_id)

    async def bring_bot(self, person: str, room_id: str) -> None:
        """Somebody invites the bot."""
        await self.becomes(self.me, room_id, "invite", by=person)

    async def wait(self, days: float) -> None:
        """Time passes, and the bot wakes up; it has looked at the clock each hour, or a long time would be a leap."""
        self.clock.at += round(days * DAY)
        if days > 3 and (seen := await self.database.read(clock_watch.seen)):
            await self.database.write(clock_watch.note, Seen(self.clock.at, seen.leap))
        await self.bot.engine.tick()
        await self.settle()

    async def watch(self, minutes: float) -> None:
        """Time passes, and the bot looks at its services, as often as it does."""
        ends = self.clock.at + round(minutes * 60_000)
        while True:
            await self.bot.incidents.look()
            await self.settle()
            if self.clock.at >= ends:
                return
            self.clock.at = min(self.clock.at + max(self.bot.incidents.until_next(), 1000), ends)
            await self.bot.engine.tick()
            await self.settle()

    async def start_standing(self, *names: str, starts: bool = False) -> None:
        """Begin these for each lieu, as the bot does when it `starts` or at night; they have had their first look."""
        await self.bot.start_standing(*names, starts=starts)
        await self.settle()

    async def monday(self) -> None:
        """The next Monday morning comes, and the bot remembers it."""
        self.clock.at = round((monday(self.clock.at, "Europe/Paris") + timedelta(days=7, seconds=1)).timestamp() * 1000)
        await self.remember_monday()
        await self.settle()

    async def remember_monday(self) -> None:
        """Nothing else of what is due by now."""
        await self.bot.start_standing("mondays")
        query = "SELECT id FROM conversations WHERE dialogue = 'mondays' AND status = 'open'"
        for row in await self.database.read(lambda tx: tx.execute(query).fetchall()):
            await self.bot.engine.advance(row["id"])

    # -- what people see

    def said(self, room_id: str) -> list[str]:
        """The bodies of the bot's messages, as they were sent."""
        return [
            e["content"]["body"]
            for e in self.matrix.world.rooms[room_id].events
            if e["sender"] == self.me and e["type"] == "m.room.message"
        ]

    def last(self, room_id: str) -> str:
        return self.said(room_id)[-1]

    async def check_journal(self) -> None:
        """Every act that was written down has its words, for `!journal`."""
        codes = await self.database.read(
            lambda tx: [row["what"] for row in tx.execute("SELECT DISTINCT what FROM acts")]
        )
        assert [code for code in codes if not self.bot.words.has(f"journal.act.{code}")] == []

    async def check_steps(self) -> None:
        """Every question and act is one that `doctor --before-upgrade` finds in the scripts."""
        query = "SELECT dialogue, key FROM conversations JOIN steps ON conversation = id AND kind IN ('ask', 'do')"
        rows = await self.database.read(lambda tx: tx.execute(query).fetchall())
        assert [tuple(row) for row in rows if not step_names().knows(row["dialogue"], row["key"])] == []

    async def check_whys(self) -> None:
        """Whoever asks « pourquoi » at a question is told something of it."""
        query = "SELECT conversations.id, key FROM conversations JOIN steps ON conversation = conversations.id"
        asked = f"{query} AND kind = 'ask' AND json_extract(value, '$.txn') IS NOT NULL"
        keys = await self.database.read(lambda tx: [tuple(row) for row in tx.execute(asked)])
        pairs = [pair for each in keys if (pair := await self.database.read(open_questions.pair, *each))]
        scripts, words = self.bot.engine.scripts, self.bot.words
        whys = {
            step.key: why_of(words, scripts[talk.dialogue].family, step.key, sums_up=sums_up(step, talk.person))
            for talk, step in pairs
        }
        assert [key for key, why in whys.items() if why == "talk.why"] == []

    async def close(self) -> None:
        self.world.stages.pop(self.me, None)
        self._delivery.cancel()
        await asyncio.gather(self._delivery, return_exceptions=True)
        self.bot._attempts.close()
        await self.database.close()
