"""One replay of a conversation: its log, what it is about to write, and when that is written."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from bot.errors import Diverged
from bot.store import conversations, outbox
from bot.store.conversations import Conversation, Step
from bot.store.database import Database, Tx
from bot.store.outbox import Letter

MOST_STEPS = 500
Work = Callable[[Tx], object]


class Pause(BaseException):
    """The script has reached an open question: unwind it. Not an Exception, so that no script can swallow it."""


class Again(BaseException):
    """The log changed under the script (an answer was taken back): replay from its first line."""


class RightLost(BaseException):
    """Whoever this conversation is with has no right to it any more: nothing of it is done. No script swallows it."""


class Endless(Exception):
    """A script made too many steps in one run."""


class Run:
    """`pending` is written in one transaction at the next `flush`: before a wait, and at the end."""

    def __init__(
        self,
        conversation: Conversation,
        rows: dict[str, Step],
        database: Database,
        now: Callable[[], int],
        posted: Callable[[], None],
    ) -> None:
        self.conversation = conversation
        self.rows = rows
        self.pending: list[Work] = []
        self._later: list[Work] = []  # in the same transaction, behind the rest: people wait for the next question
        self.slow = asyncio.Event()  # set once this run waits for a service: others need not wait for it
        self.now = now
        self._database = database
        self._posted = posted
        self._writing = asyncio.Lock()
        self.latest = ""  # the step that the script has reached
        self.is_rightful = False  # asked of the homeserver for the first of all effects: between them lies no question
        self.begun: list[int] = []  # other conversations, to go on once this is written
        self.trusted: set[str] = set()  # the answers of others that counted, as the homeserver said
        self._counts: Counter[str] = Counter()
        self._visited: dict[str, None] = {}

    @property
    def person(self) -> str:
        return self.conversation.person

    @property
    def room(self) -> str:
        return self.conversation.room_id

    def key(self, step: str, item: str = "") -> str:
        """`step`, `step#2` in a loop, `step[item]` where the loop names its items."""
        key = self.next_key(step, item)
        self._counts[_named(step, item)] += 1
        return key

    def next_key(self, step: str, item: str = "") -> str:
        """What `key` will say."""
        name = _named(step, item)
        return f"{name}#{self._counts[name] + 1}" if self._counts[name] else name

    def came_by(self, key: str) -> bool:
        """Whether the script has reached this step, so far."""
        return key in self._visited

    def order(self, key: str) -> int:
        """When this run came to the step: the order of the conversation, also after « modifier »."""
        return list(self._visited).index(key) if key in self._visited else len(self._visited)

    def is_overtaken(self, row: Step) -> bool:
        """Whether a question that the script comes to before this one has an answer that was given after it."""
        before = (self.rows[key] for key in self._visited if key in self.rows and key != row.key)
        return any(other.kind == "ask" and other.seq > row.seq for other in before)

    def at(self, key: str, kind: str) -> Step | None:
        """What the log holds for this step. Raises Diverged where it recorded something of another kind."""
        self.latest = key
        self._visited[key] = None
        if len(self._visited) > MOST_STEPS:
            raise Endless(f"{self.conversation.dialogue}: more than {MOST_STEPS} steps at {key!r}")
        row = self.rows.get(key)
        if row is not None and row.kind != kind:
            raise Diverged(key, kind, row.kind)
        return row

    def keep(self, key: str, kind: str, status: str, **changes: Any) -> Step:
        """Note a step as it now is, to be written at the next flush."""
        row = replace(self.rows.get(key) or self._fresh(key, kind), kind=kind, status=status, **changes)
        self.rows[key] = row
        self.pending.append(lambda tx: conversations.keep(tx, row))
        return row

    def _fresh(self, key: str, kind: str) -> Step:
        seq = max((row.seq for row in self.rows.values()), default=0) + 1
        return Step(self.conversation.id, key, seq, kind, "asked", self.now())

    def forget(self, keys: Iterable[str]) -> None:
        """Take steps back, with what was read after them: it may have depended on them.

        What is said anew has other transaction ids, or the homeserver would take it for what was said before.
        """
        first = min((self.rows[key].seq for key in keys if key in self.rows), default=0)
        gone = {*keys, *(key for key, row in self.rows.items() if row.kind == "look" and row.seq > first > 0)}
        self.rows = {key: row for key, row in self.rows.items() if key not in gone}
        self.conversation = replace(self.conversation, epoch=self.conversation.epoch + 1)
        self.pending.append(lambda tx: conversations.forget(tx, self.conversation.id, gone))

    def post(
        self, room_id: str, key: str, type: str, content: dict[str, Any], part: str = "", *, later: bool = False
    ) -> str:
        """Say something at this step. Returns its transaction id, which other letters may refer to.

        `later`: behind what else is said before the next wait.
        """
        txn = self.conversation.txn(key, part)
        letter = Letter(room_id, txn, type, content, self.conversation.id, key)
        at = self.now()
        (self._later if later else self.pending).append(lambda tx: outbox.post(tx, letter, at))
        return txn

    def begin(self, other: Conversation) -> None:
        """Another conversation begins, with what this one writes."""
        self.pending.append(lambda tx: conversations.begin(tx, other))
        self.begun.append(other.id)

    async def flush(self) -> None:
        """Write all that is pending, in one transaction."""
        work, self.pending, self._later = self.pending + self._later, [], []
        if work:
            await self._database.write(_all, work)
            self._posted()

    async def write(self, key: str, kind: str, work: Callable[[Tx], Any]) -> Step:
        """Do `work` at this step and note what came of it (JSON), in one transaction with all that is pending. Where it
        fails, nothing has changed."""
        fresh = replace(self.rows.get(key) or self._fresh(key, kind), kind=kind, status="done")
        pending, later = [*self.pending], [*self._later]

        def noted(tx: Tx) -> Step:
            _all(tx, pending + later)
            made = replace(fresh, value=json.loads(json.dumps(work(tx))))  # what a replay will see
            conversations.keep(tx, made)
            return made

        self.rows[key] = row = await self._database.write(noted)
        del self.pending[: len(pending)], self._later[: len(later)]
        self._posted()
        return row

    async def before_waiting(self) -> None:
        """About to wait for a service: what was said so far leaves, and others may go on.

        Written first, always: an event that is not settled when others go on would be understood a second time.
        """
        async with self._writing:  # whoever waits beside us waits for what we write
            await self.flush()
        self.slow.set()

    def check_finished(self) -> None:
        """At the script's end, every recorded act must have been visited. Raises Diverged."""
        for key, row in self.rows.items():
            if row.kind == "do" and key not in self._visited:
                raise Diverged(key, "nothing", row.kind)

    def left_behind(self) -> list[str]:
        """Open questions that the script no longer comes to before it pauses: it was changed meanwhile."""
        return [k for k, r in self.rows.items() if r.kind == "ask" and r.status == "asked" and k not in self._visited]

    def next_wake(self) -> int | None:
        """When something is due although nobody answers."""
        dues = [row.next_wake for row in self.rows.values() if row.status == "asked"]
        return min([at for at in dues if at is not None], default=None)


def _named(step: str, item: str) -> str:
    return f"{step}[{item}]" if item else step


def _all(tx: Tx, work: list[Work]) -> None:
    for each in work:
        each(tx)
