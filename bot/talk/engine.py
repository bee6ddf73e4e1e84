"""The engine of conversations: every answer, deadline or restart replays a script to its next open question.

A conversation lives in its replay log alone. One way in, `advance`, serves normal life and recovery alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import structlog

from bot.errors import Refused, ServerAway, Unavailable
from bot.lieux import Lieu
from bot.store import aside, conversations, deaths, inbox, rooms, successions, waits
from bot.store.aside import CONVERSATION
from bot.store.attempts import ALONE
from bot.store.conversations import Conversation, Step
from bot.store.data_trouble import trouble
from bot.store.database import Tx
from bot.store.open_questions import STOPPING
from bot.talk import corrections, inbox_worker, restatements
from bot.talk.context import Context
from bot.talk.ending import STOP
from bot.talk.inbox_worker import Turn, Turns
from bot.talk.run import Again, Pause, RightLost, Run, Work
from bot.talk.script import Script
from bot.talk.talk import Silence, Talk
from bot.talk.voice import Voice

log = structlog.get_logger(__name__)
Change = Callable[[Run, Talk], bool]
Losing = Callable[[Run], None]
SLOWEST_RETRY, MEND_AFTER = 900.0, 60.0  # seconds
RESUMED_AT_ONCE = 20  # conversations, besides those that wait for a service


class Deadly(Exception):
    """The process died three times in the middle of this conversation."""


class Engine:
    def __init__(self, scripts: Iterable[Script], context: Context) -> None:
        rights = context.people.rights
        self.scripts: Mapping[str, Script] = {one.name: replace(one, right=rights[one.action]) for one in scripts}
        self._context = context
        self.turns = Turns()
        self._resuming = asyncio.Semaphore(RESUMED_AT_ONCE)
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm = asyncio.Event()
        self._suspects: set[int] = set()
        self._deadly: set[int] = set()
        self._broke = False  # something beside the scripts failed (a full disk): what was begun must be taken up

    # -- ways in

    async def start(self, conversation: Conversation, *also: Work) -> None:
        """Begin a conversation, once for its cause; the event that caused it is settled in the same transaction, and
        what must be written with it is."""
        fresh = replace(conversation, created_at=self._context.now())

        def begin(run: Run, _: Talk) -> bool:
            run.pending += [lambda tx: conversations.begin(tx, fresh), _settled(fresh.cause), *also]
            return True

        await self.advance(fresh.id, begin, fresh)

    async def entered(self, conversation: int, key: str) -> None:
        """The person whom this step awaited is there; several conversations may have waited for the same one."""

        def note(run: Run, _: Talk) -> bool:
            if key in run.rows and run.rows[key].status == "asked":
                run.keep(key, "join", "heard")
            return True

        await self.advance(conversation, note)

    async def look_again(self, conversation: int, key: str) -> None:
        """What this step lacked may be there now. Whoever is asked whether to stop is not overtaken by it."""

        def note(run: Run, _: Talk) -> bool:
            stops = STOPPING in run.rows and run.rows[STOPPING].status == "asked"
            waits = not stops and key in run.rows and run.rows[key].status == "asked"
            if waits:
                run.keep(key, run.rows[key].kind, "heard")
            return waits

        await self.advance(conversation, note)

    async def follow(self, conversation: int, old: str, new: str, anew: dict[str, Any]) -> None:
        """Its room was upgraded: it goes on in the new one, where what it asks is asked again (`anew`: as what)."""
        async with self._locks.setdefault(conversation, asyncio.Lock()):
            await self._context.database.write(successions.follow, conversation, old, new, anew)
        found = await self._context.database.read(conversations.conversation, conversation)
        if found is not None and found.held_by is None:  # where a human speaks, it is asked when they have done so
            await self.advance(conversation)

    async def hear(
        self, conversation: int, key: str, raw: dict[str, Any], asked: Step | None = None, *also: Work
    ) -> bool:
        """An answer to an open question, as it was said, and what must be written with it. False where the question was
        no longer open, or asks something else than when it was `asked`."""
        heard = asyncio.get_running_loop().create_future()

        def answer(run: Run, _: Talk) -> bool:
            row = run.rows.get(key)
            is_open = row is not None and row.status == "asked"
            is_open = is_open and (asked is None or corrections.posting(row) == corrections.posting(asked))
            if row is not None and is_open:
                run.keep(key, row.kind, "heard", raw=raw, by=raw["by"])
                run.pending += [_settled(raw["event_id"]), *also]
            heard.set_result(is_open)
            return is_open

        def lost(run: Run) -> None:
            run.pending.append(_settled(raw["event_id"]))
            heard.set_result(True)

        await self.advance(conversation, answer, lost=lost)
        return bool(heard.done() and heard.result())

    async def back(self, conversation: int, event_id: str) -> None:
        """Ask this person's last answer again."""

        def take_back(run: Run, talk: Talk) -> bool:
            run.pending.append(_settled(event_id))
            keys = corrections.back(run.rows, talk.person)
            if not keys:
                talk.voice.tell(event_id, _stuck(run), talk.room)
            else:
                talk.corrections.retake(keys)
            return bool(keys)

        await self.advance(conversation, take_back, lost=_settling(event_id))

    async def edit(self, conversation: int, event_id: str, raw: dict[str, Any]) -> bool:
        """Ask the answer again that a message names, or take what is said instead. False where it names none: it may be
        an answer that begins like this."""
        found, text = True, str(raw["text"])

        def retake(run: Run, talk: Talk) -> bool:
            nonlocal found
            changed = talk.corrections.change(text, raw, *corrections.open_questions(run.rows, talk.person))
            found = changed or not restatements.more_than_a_verb(text, self._context.words)
            if found:
                run.pending.append(_settled(event_id))
            if found and not changed:
                labels = talk.corrections.labels()
                name = "talk.edit-which" if labels else _stuck(run)
                talk.voice.tell(event_id, name, talk.room, words={"labels": labels})
            return changed

        await self.advance(conversation, retake, lost=_settling(event_id))
        return found

    async def reword(self, conversation: int, event_id: str, key: str, raw: dict[str, Any]) -> None:
        """The message that answered a question was edited: it answers it anew."""

        def again(run: Run, talk: Talk) -> bool:
            run.pending.append(_settled(event_id))
            row = run.rows.get(key)
            if row is None:  # taken back meanwhile: nothing waits for it
                return False
            others = corrections.open_questions(run.rows, talk.person)
            if talk.corrections.is_restated(key, raw) and talk.corrections.change(str(raw["text"]), raw, *others):
                return True
            if row.status in ("asked", "heard"):
                run.keep(key, "ask", "heard", raw=raw, by=raw["by"])
                return True
            if key not in corrections.own_answers(run.rows, talk.person):
                talk.voice.tell(event_id, "talk.too-late", row.room_id or talk.room)
                return False
            talk.corrections.retake([key, *others])
            run.keep(key, "ask", "heard", raw=raw, by=row.by, of=row.of, room_id=row.room_id, value=row.value)
            return True

        await self.advance(conversation, again, lost=_settling(event_id))

    async def unsay(self, conversation: int, event_id: str, key: str) -> None:
        """The message or the click that answered a question was deleted: it is asked again, unless something was done
        upon the answer."""

        def again(run: Run, talk: Talk) -> bool:
            run.pending.append(_settled(event_id))
            row = run.rows.get(key)
            if row is None or row.status != "done" or corrections.is_spent(run.rows, row):
                return False
            talk.corrections.retake([key, *corrections.open_questions(run.rows, talk.person)])
            return True

        await self.advance(conversation, again, lost=_settling(event_id))

    async def cancel(
        self, conversation: int, event_id: str, name: str | None = None, *, left: Mapping[str, Any] | None = None
    ) -> bool:
        """End it here, with the script's farewell or the sentence called `name`, which may be none; others asked need
        not answer. Its person, in the middle of a long one, is asked first: then False. `left`: what else asks them
        something."""
        ended = False

        def end(run: Run, talk: Talk) -> bool:
            nonlocal ended
            run.pending.append(_settled(event_id))
            if not name and talk.ending.asks_whether_to_stop():
                return False
            if not self.scripts[run.conversation.dialogue].standing:  # nobody knew of it
                talk.ending.stop(event_id, name, left)
            self._end(run, "cancelled")
            ended = True
            return False

        await self.advance(conversation, end, ends=True)
        return ended

    async def withdraw(self, conversation: int, event_id: str) -> None:
        """End it with the script's farewell, as long as nothing was done."""

        def end(run: Run, talk: Talk) -> bool:
            if all(row.kind != "do" for row in run.rows.values()):
                talk.ending.stop(event_id)
                self._end(run, "cancelled")
            return False

        await self.advance(conversation, end, ends=True)

    async def begin_instead(self, conversation: int, event_id: str, other: Conversation, *also: Work) -> bool:
        """Begin `other` in the place of this one, of which its person edited the first line. False where something was
        done already."""
        fresh, untouched = replace(other, created_at=self._context.now()), False

        def leave(run: Run, talk: Talk) -> bool:
            nonlocal untouched
            untouched = all(row.kind != "do" for row in run.rows.values())
            if untouched:
                run.begin(fresh)
                run.pending += [_settled(event_id), *also]
                talk.ending.replace()
                self._end(run, "cancelled", follows=False)
            return False

        await self.advance(conversation, leave, ends=True)
        return untouched

    async def take_down(self, conversation: int, event_id: str) -> None:
        """End it, and delete what it asks: it is about nothing any more."""

        def end(run: Run, talk: Talk) -> bool:
            run.pending.append(_settled(event_id))
            talk.ending.take_down()
            self._end(run, "cancelled")
            return False

        await self.advance(conversation, end, ends=True)

    async def take_up(self, conversation: int, event_id: str) -> None:
        """Go on with what its person stopped, where they were: their answers are kept, those of others asked anew."""
        await self._context.database.write(conversations.reopen, conversation)

        def go_on(run: Run, talk: Talk) -> bool:
            run.pending.append(_settled(event_id))
            talk.ending.take_up(event_id)
            return True

        await self.advance(conversation, go_on, lost=_settling(event_id))

    async def repeat(self, conversation: int, event_id: str, name: str | None = None) -> None:
        """Say the open question again (« où en suis-je »), after the sentence called `name`: once for each event, which
        an act may tell of twice."""

        def ask(run: Run, talk: Talk) -> bool:
            if event_id in run.rows:
                return False
            run.pending.append(_settled(event_id))
            keys = corrections.open_questions(run.rows, run.conversation.person)
            if name:
                run.keep(event_id, "say", "done")
                talk.voice.tell(event_id, name, talk.room)
            if keys:
                talk.corrections.retake(keys)
            elif not name:
                talk.voice.tell(event_id, "talk.waiting", talk.room)
            return bool(keys)

        await self.advance(conversation, ask, lost=_settling(event_id))

    async def release(self, one: aside.Aside, conversation: int) -> None:
        """It was put aside, and whoever hosts the bot lets it go on, where it stood."""
        await self._context.database.write(aside.take_up, one)

        def go_on(run: Run, talk: Talk) -> bool:
            talk.voice.tell(f"released/{one.id}", "talk.released", talk.room)
            if keys := corrections.open_questions(run.rows, run.conversation.person):
                talk.corrections.retake(keys)
            return True

        with self._context.attempts.trying(f"{CONVERSATION}{conversation}"):
            await self.advance(conversation, go_on)

    async def say(self, conversation: int, event_id: str, name: str, **words: Any) -> None:
        """Answer something in the room of a conversation without moving it."""

        def tell(run: Run, talk: Talk) -> bool:
            run.pending.append(_settled(event_id))
            talk.voice.tell(event_id, name, talk.room, words=words)
            return False

        await self.advance(conversation, tell, lost=_settling(event_id))

    # -- time

    async def run(self) -> None:
        """Wake conversations when they are due, until cancelled. Where the clock was set back, whoever waits for a
        service is not kept waiting until it has caught up."""
        ahead = self._ahead()
        while True:
            await self.tick()
            self._alarm.clear()
            wake = await self._context.database.read(conversations.next_wake, self._moving())
            delay = 3600.0 if wake is None else max(0.0, (wake - self._context.now()) / 1000)
            try:
                async with asyncio.timeout(min(delay, MEND_AFTER if self._broke else 3600.0)):
                    await self._alarm.wait()
            except TimeoutError:
                if self._broke:
                    self._broke = False
                    await self.resume()
            before, ahead = ahead, self._ahead()
            if ahead < before - MEND_AFTER:
                await self.resume()

    def _ahead(self) -> float:
        """By how many seconds the clock is before the one that nobody sets."""
        return self._context.now() / 1000 - asyncio.get_running_loop().time()

    async def tick(self) -> None:
        """Advance every conversation that is due now."""
        due = await self._context.database.read(conversations.due, self._context.now(), self._moving())
        await asyncio.gather(*(self.advance(id) for id in due))

    def _moving(self) -> set[int]:
        """Those that are being advanced: one that waits for a service stays due until it has answered, and would be
        waited for here, then tried once more. The alarm says when each is at rest."""
        return {id for id, lock in self._locks.items() if lock.locked()}

    async def resume(self) -> None:
        """After a restart: go on where acts or answers were left in the middle, each in its turn, which is before that
        of anything heard later. A conversation in the middle of which the process died goes on alone, and so does what
        has its turns in the same line; one in which it died three times is stopped."""
        suspects = await self._context.database.read(deaths.suspects)
        self._suspects = {*suspects}
        self._deadly = {id for id, enough in suspects.items() if enough}
        unfinished = await self._context.database.read_aside(conversations.unfinished)
        alone = {line for id, line in unfinished.items() if id in suspects}
        for id in [*(suspects.keys() - unfinished.keys()), *(id for id, line in unfinished.items() if line in alone)]:
            await self.advance(id)
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=ALONE)
        for id, line in unfinished.items():
            if line not in alone:
                task = asyncio.create_task(self._take_up(id, self.turns.take(*line)))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _take_up(self, id: int, turn: Turn) -> None:
        await turn.comes()
        async with self._resuming:
            with turn, suppress(Exception):  # said by the task in which it happened
                await self.advance(id)

    async def close(self) -> None:
        """Leave everything as it is; what was begun is taken up by `resume`."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def idle(self) -> None:
        """Until nothing is being advanced."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # -- the one way in

    async def advance(
        self,
        id: int,
        change: Change | None = None,
        fresh: Conversation | None = None,
        *,
        lost: Losing = lambda run: None,
        ends: bool = False,
    ) -> None:
        """Change the log, then replay to the next open question. Returns at the latest when it waits for a service:
        the rest goes on beside.

        Whoever has no right to the conversation any more changes nothing: it ends, and `lost` settles what came.
        `ends`: so it does anyway.
        """
        slow = asyncio.Event()
        task = asyncio.create_task(self._advance(id, change, fresh, slow, lost, ends))
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        inbox_worker.begun(task)
        waiting = asyncio.create_task(slow.wait())
        try:
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if task.done():
            task.result()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(problem := task.exception(), Exception):
            self._broke = True
            self._alarm.set()
            log.error("conversation interrupted", exc_info=problem)

    async def _advance(
        self, id: int, change: Change | None, fresh: Conversation | None, slow: asyncio.Event, lost: Losing, ends: bool
    ) -> None:
        lock = self._locks.setdefault(id, asyncio.Lock())
        # What somebody's words change is a try of their event, not of the conversation.
        trying = nullcontext() if change else self._context.attempts.trying(f"{CONVERSATION}{id}")
        async with lock:
            with trying:
                begun = await self._replays(id, change, fresh, slow, lost, ends)
        if id in self._suspects:
            self._suspects.discard(id)
            await self._context.database.write(deaths.survived, id)
        for other in begun:
            await self.advance(other)

    async def _replays(
        self, id: int, change: Change | None, fresh: Conversation | None, slow: asyncio.Event, lost: Losing, ends: bool
    ) -> list[int]:
        """Replay until the log stands still. Returns what was begun meanwhile."""
        begun: list[int] = []
        while True:
            known = await self._context.database.read(conversations.conversation, id)
            conversation = known or fresh
            if conversation is None or conversation.status != "open" or not self._is_known(conversation):
                return begun
            rows = await self._context.database.read(conversations.steps, id) if known else {}
            run = Run(conversation, rows, self._context.database, self._context.now, self._context.posted)
            run.slow = slow
            talk, script, lieu = await self._talk(run)
            if id in self._deadly:
                self._deadly.discard(id)
                self._stop(run, talk, lieu, Deadly())
                await run.flush()
                return begun
            if known is None or ends or await self._goes_on(talk, by_itself=change is None):
                go_on = change is None or change(run, talk)
                again = go_on and await self._replay(run, talk, script, lieu)
            else:
                lost(run)
                await self._lose(run, talk)
                again = False
            change = None
            await run.flush()
            self._alarm.set()
            begun += run.begun
            if not again:
                return begun

    async def _goes_on(self, talk: Talk, *, by_itself: bool) -> bool:
        """Whether its person may still have this conversation. Nobody to ask is no reason to end it."""
        try:
            return await talk.acts.is_rightful()
        except Unavailable:
            if not by_itself:
                raise  # whatever came comes again
            return True  # and before each effect this is asked anew

    async def _lose(self, run: Run, talk: Talk) -> None:
        person = await self._context.database.read(rooms.person_of_direct, talk.room)
        talk.ending.lose("lost", private=person == talk.person)
        self._end(run, "stopped", follows=False)
        log.info("no right to it any more", conversation=talk.id, dialogue=run.conversation.dialogue)

    def _is_known(self, conversation: Conversation) -> bool:
        if conversation.dialogue in self.scripts:
            return True
        log.error("no such script any more", conversation=conversation.id, dialogue=conversation.dialogue)
        return False

    async def _talk(self, run: Run) -> tuple[Talk, Script, Lieu | None]:
        c = run.conversation
        lieu = await self._context.lieux.get(c.lieu) if c.lieu is not None else None
        own = await self._context.people.language(c.person, lieu, self._context.language)
        script = self.scripts[c.dialogue]
        voice = Voice(run, script.family, self._context.words, lieu, own)
        return Talk(run, script, voice, self._context), script, lieu

    async def _replay(self, run: Run, talk: Talk, script: Script, lieu: Lieu | None) -> bool:
        """Run the script once; True where it has to run again at once."""
        if STOPPING in run.rows:
            return await self._stops_or_goes_on(run, talk)
        try:
            await script.function(talk, **await self._arguments(run, script, lieu))
            run.check_finished()
            self._end(run, "done")
        except Pause:
            if orphans := run.left_behind():
                talk.corrections.drop(orphans)
            run.pending.append(_wake(run.conversation.id, run.next_wake()))
        except Again:
            return True
        except RightLost:
            await self._lose(run, talk)
        except Unavailable as down:
            await self._retry(run, talk, lieu, down)
        except Refused as no:
            name, words = talk.voice.reason(no)
            talk.voice.tell("refused", name, talk.room, words=words)
            self._end(run, "stopped")
        except Silence:
            if script.silence:
                talk.voice.tell("expired", script.silence, talk.room)
            self._end(run, "expired", follows=False)
        except Exception as bug:
            if trouble(bug):
                raise  # the disk is full: another time
            self._stop(run, talk, lieu, bug)
        return False

    async def _stops_or_goes_on(self, run: Run, talk: Talk) -> bool:
        """What becomes of « stop »: where something else was answered meanwhile, it goes on."""
        way = await talk.ending.way_out()
        if way is None:
            return False
        if way != STOP:
            return talk.ending.goes_on(way)
        talk.ending.stop(str((run.rows[STOPPING].raw or {})["event_id"]))
        self._end(run, "cancelled")
        return False

    async def _arguments(self, run: Run, script: Script, lieu: Lieu | None) -> dict[str, Any]:
        args = run.conversation.args or {}
        wanted = {name: await self._context.provide(kind, lieu) for name, kind in script.wants.items()}
        return wanted | {name: args[name] for name in script.numbered if name in args}

    def _end(self, run: Run, status: str, *, follows: bool = True) -> None:
        """The next of several begins with it, in one transaction; not where nobody answers, or may, or it died."""
        id, at = run.conversation.id, self._context.now()
        run.pending.append(lambda tx: conversations.end(tx, id, status, at))
        if follows and (following := run.conversation.following(at)):
            run.begin(following)

    async def _retry(self, run: Run, talk: Talk, lieu: Lieu | None, down: Unavailable) -> None:
        """Say once that the service is away, and come back."""
        row = run.rows.get(run.latest)
        tries = row.tries if row is not None and row.kind in ("do", "look") else 0
        delay = min(max(down.retry_after, 1.0) * 2 ** min(tries, 5), SLOWEST_RETRY)
        if isinstance(down, ServerAway) and self.scripts[run.conversation.dialogue].is_command:
            talk.voice.tell(run.latest, "talk.server-away", talk.room, part="retry", words={"server": down.server})
        elif down.service != "matrix":
            await self._tell_away(run, talk, lieu, down)
        now = self._context.now()
        self._note_wait(run, lieu, down, now)
        retry, due = now + int(delay * 1000), run.next_wake()
        run.pending.append(_wake(run.conversation.id, retry if due is None else min(retry, due)))
        told = {"service": down.service, "cause": down.cause or "silent"}
        log.warning("service unavailable", conversation=run.conversation.id, retry_in=delay, **told)

    def _note_wait(self, run: Run, lieu: Lieu | None, down: Unavailable, at: int) -> None:
        """For `!garanties`, which tells what was finished afterwards: what somebody wants, not what the bot looks at by
        itself, nor what waits for somebody's own server."""
        row = run.rows.get(run.latest)
        standing = self.scripts[run.conversation.dialogue].standing
        if lieu is None or row is None or row.kind not in ("do", "look") or standing or isinstance(down, ServerAway):
            return
        about, service = (run.conversation.id, row.key, lieu.id), down.service
        run.pending.append(lambda tx: waits.begin(tx, *about, service, at))

    async def _tell_away(self, run: Run, talk: Talk, lieu: Lieu | None, down: Unavailable) -> None:
        """Each cause once: it may be stopped first, then have lost its certificate. Whoever cannot see to it is told
        that it takes longer, and nothing else."""
        why = talk.voice.cause(down.service, down.cause, down.words)
        if why and await self._sees_to_it(run.person, lieu):
            name = "talk.retry-because" if down.passes else "talk.retry-mended"
            talk.voice.tell(run.latest, name, talk.room, part=f"retry {down.cause}", words={"why": why})
        else:
            plainly, service = "talk.retry-elsewhere" if why else "talk.retry", talk.voice.service(down.service)
            talk.voice.tell(run.latest, plainly, talk.room, part="retry", words={"service": service})

    async def _sees_to_it(self, person: str, lieu: Lieu | None) -> bool:
        try:
            return await self._context.people.may(person, "state", lieu)
        except Unavailable:
            return False

    def _stop(self, run: Run, talk: Talk, lieu: Lieu | None, bug: Exception) -> None:
        """A bug of ours: tell the person and the concierges, and keep what happened for whoever looks after the bot."""
        log.error(
            "conversation stopped", conversation=run.conversation.id, dialogue=run.conversation.dialogue, exc_info=bug
        )
        talk.voice.tell("stopped", "talk.stopped", talk.room)
        if lieu and lieu.office and lieu.office != talk.room:
            talk.voice.tell("stopped", "talk.stopped-office", lieu.office, part="office", words={"who": talk.person})
        self._end(run, "stopped", follows=False)
        id, of = run.conversation.id, lieu.id if lieu else None
        why: aside.Why = "died" if isinstance(bug, Deadly) else "failed"
        run.pending.append(lambda tx: aside.put_conversation(tx, id, why, of))


def _stuck(run: Run) -> str:
    """Why no answer can be taken back."""
    return "talk.back-effect" if corrections.blocked(run.rows, run.conversation.person) else "talk.back-nothing"


def _wake(id: int, at: int | None) -> Callable[[Tx], None]:
    return lambda tx: conversations.wake(tx, id, at)


def _settling(event_id: str) -> Losing:
    return lambda run: run.pending.append(_settled(event_id))


def _settled(event_id: str) -> Callable[[Tx], None]:
    return lambda tx: inbox.done(tx, event_id)
