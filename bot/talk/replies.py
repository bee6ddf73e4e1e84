"""What is answered outside of any conversation: said once, in the transaction that settles what it answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.matrix.message import text
from bot.store import budgets, inbox, outbox
from bot.store.budgets import Budget, Spending
from bot.store.database import Tx
from bot.store.inbox import Event, First
from bot.store.open_questions import Pair
from bot.store.outbox import Letter
from bot.talk.context import Context

Work = Callable[[Tx], object]
Purse = tuple[Budget, str]  # and its source

LOST = Budget("lost", 3)  # in a row: what was understood gives them back
ASIDE = Budget("aside", 30)  # of one person in one room
IN_ROOM = Budget("answers", 60)  # whoever asks
STEERING = Budget("steering", 60)  # « où », « retour », an answer that is edited: each asks something again


def lost_by(person: str, room_id: str) -> Purse:
    """How often somebody may be told in one room that they were not understood."""
    return LOST, budgets.of_person(person, room_id)


@dataclass(frozen=True, slots=True)
class Replies:
    context: Context

    async def reply(self, event: Event, key: str, *, notice: bool = False, **holes: Any) -> bool:
        """Answer this event with a sentence, or with nothing where enough was answered, and settle it. Always True, as
        everything that settles an event."""
        return await self._answer(event, (ASIDE, budgets.of_person(event.sender, event.room_id)), key, notice, holes)

    async def lost(self, event: Event, key: str, **holes: Any) -> bool:
        """This was not understood: three times, silently, and the last time says that it is the last one. A program
        that answers whatever is said has nothing more to answer then."""
        purse = lost_by(event.sender, event.room_id)
        last = (await self.spent(event, *purse)).n == LOST.most
        return await self._answer(event, purse, key, True, holes, "talk.quiet" if last else "", once_more="")

    async def rarely(self, event: Event, key: str, purse: Purse, about: Pair | None = None, **holes: Any) -> bool:
        """This is answered silently as long as there is something in the purse, then with nothing. A reply to what is
        said `about` a question answers it."""
        return await self._answer(event, purse, key, True, holes, once_more="", about=about)

    async def _answer(
        self,
        event: Event,
        purse: Purse,
        key: str,
        notice: bool,
        holes: dict[str, Any],
        farewell: str = "",
        *,
        once_more: str = "talk.resting",
        about: Pair | None = None,
    ) -> bool:
        """Where there are too many, `once_more` says so once; `farewell` is said below."""
        purses = (purse, (IN_ROOM, budgets.of_room(event.room_id)))
        if (over := await self._beyond(event, purses)) is not None:
            if not once_more or not over.first_beyond:
                return await self.leave(event)
            key, notice, holes = once_more, True, {"pause": over.pause(self.context.now())}
        post = await self.letter(event, key, notice=notice, farewell=farewell, about=about, **holes)
        await self._write(event, post, purses)
        return True

    async def _write(self, event: Event, post: Work, purses: Sequence[Purse]) -> None:
        await self.context.database.write(_post_and_settle, post, event.event_id, self.spends(event, purses))
        self.context.posted()

    async def spent(self, event: Event, budget: Budget, source: str) -> Spending:
        """What this event would be to this source."""
        return await self.context.database.read(budgets.spent, budget, source, self.context.now(), event.event_id)

    async def _beyond(self, event: Event, purses: Sequence[Purse]) -> Spending | None:
        """The purse of which this event is too much, the last to begin again first."""
        found = await self.context.database.read(_all_spent, purses, self.context.now(), event.event_id)
        return max((one for one in found if not one.within), key=lambda one: one.until, default=None)

    def spends(self, event: Event, purses: Sequence[Purse]) -> Work:
        """To be written with what it allows."""
        now = self.context.now()
        return lambda tx: [budgets.spend(tx, *purse, event.event_id, now) for purse in purses]

    async def rests(self, event: Event, *purses: Purse) -> bool:
        """Whether one of these has nothing left for this event: that is said once, and the event is settled."""
        over = await self._beyond(event, purses)
        if over is None:
            return False
        if not over.first_beyond:
            return await self.leave(event)
        post = await self.letter(event, "talk.resting", notice=True, pause=over.pause(self.context.now()))
        await self._write(event, post, purses)
        return True

    async def steers(self, event: Event, *purses: Purse) -> bool:
        """Whether this person may steer once more, which is counted, in these `purses` too: it was understood. Else the
        event is settled."""
        purse, mine = (STEERING, budgets.of_person(event.sender)), lost_by(event.sender, event.room_id)
        if await self.rests(event, purse):
            return False
        await self.context.database.write(_steer, self.spends(event, [purse, *purses]), mine)
        return True

    async def leave(self, event: Event) -> bool:
        """It is settled without a word."""
        await self.context.database.write(inbox.done, event.event_id)
        return True

    async def was_lost(self, event_id: str) -> bool:
        """Whether it was told that this event was not understood."""
        told = (f"talk.{key}" for key in ("unknown-command", "unknown-command-far", "nothing-open", "waiting"))
        return await self.context.database.read(outbox.is_written, [_txn(event_id, key) for key in told])

    async def letter(
        self,
        event: Event,
        key: str,
        *,
        notice: bool = False,
        farewell: str = "",
        about: Pair | None = None,
        **holes: Any,
    ) -> Work:
        """The answer, to be written with something else; a `farewell` has no holes."""
        lieu = await self.context.lieux.of_room(event.room_id)
        language = await self.context.people.language(event.sender, lieu, self.context.language)
        zone = lieu.choices.zone if lieu else "Europe/Paris"
        sentence = self.context.words.sentence(language, key, holes, overlay=lieu.words if lieu else {}, zone=zone)
        if farewell:
            more, _ = self.context.words.sentence(language, farewell, {})
            sentence = (f"{sentence[0]}\n\n{more}", sentence[1])
        first = await self._first(event)
        content = text(*sentence, notice=notice, reply_to=first.event_id, thread=first.thread)
        of = (about[0].id, about[1].key) if about else ()
        letter = Letter(event.room_id, _txn(event.event_id, key), "m.room.message", content, *of)
        at = self.context.now()
        return lambda tx: outbox.post(tx, letter, at)

    async def _first(self, event: Event) -> First:
        """What people see of it: of an edit the message that it edits, of a click the one that it is on. Clients show a
        reply to anything else below « this could not be shown »."""
        kind, target = event.relation.get("rel_type"), event.relation.get("event_id")
        if kind == "m.annotation" and isinstance(target, str):
            return First(target, event.room_id, event.sender, event.thread)
        if kind == "m.replace" and isinstance(target, str):
            first = await self.context.database.read(inbox.first_of, target)
            if (first.room_id, first.sender) == (event.room_id, event.sender):
                return first
        return First(event.event_id, event.room_id, event.sender, event.thread)


def _txn(event_id: str, key: str) -> str:
    return hashlib.sha256(f"{event_id}/{key}".encode()).hexdigest()[:32]


def _all_spent(tx: Tx, purses: Sequence[Purse], now: int, cause: str) -> list[Spending]:
    return [budgets.spent(tx, *purse, now, cause) for purse in purses]


def _steer(tx: Tx, spend: Work, mine: Purse) -> None:
    spend(tx)
    budgets.refill(tx, *mine)


def _post_and_settle(tx: Tx, post: Work, event_id: str, spend: Work) -> None:
    spend(tx)
    post(tx)
    inbox.done(tx, event_id)
