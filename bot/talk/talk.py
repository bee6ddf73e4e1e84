"""What a script sees: say, show, ask, confirm, look, do. Each call is a step, made once and kept in the journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.lieux import Lieu
from bot.store.conversations import Conversation
from bot.talk.acting import Acting
from bot.talk.answers import Answer, YesNo
from bot.talk.question import Patience, Question, Silence
from bot.talk.saying import KNOWN_AS

__all__ = ["Silence", "Talk", "days"]

T = TypeVar("T")


def days(n: float) -> timedelta:
    return timedelta(days=n)


ALONE = days(7)  # how long the only concierge waits where the lieu decides with two


class Talk(Acting):
    """A conversation, from the inside. Options of the calls: `to` a room, `of` a person or an action that answers,
    `item` the name of a step in a loop; every other keyword fills a hole of the sentence."""

    def patience(
        self,
        *,
        remind: timedelta | None = None,
        worry: timedelta | None = None,
        within: timedelta | None = None,
    ) -> None:
        """How long the questions that follow wait."""
        self._patience = Patience(remind, worry, within)

    async def known_as(self, reading: Callable[..., Awaitable[str]], /, *args: Any) -> None:
        """Read once what the concierges call this person."""
        await self.look(KNOWN_AS, reading, *args)

    async def ask(
        self,
        step: str,
        answer: Answer[T],
        /,
        *,
        to: str | None = None,
        of: str | None = None,
        optional: bool = False,
        default: Any = None,
        remind: timedelta | None = None,
        worry: timedelta | None = None,
        within: timedelta | None = None,
        mentions: Sequence[str] = (),
        item: str = "",
        label: str = "",
        among: str = "",
        aside: bool = False,
        **words: Any,
    ) -> T:
        """Ask, and go on with the answer. `of`: a person, or an action (whoever may do it answers); `label`: its name
        where the catalogue has none. What a text says already (`among`), and what is only `aside`, is asked of nobody
        before they want to change it. Raises Silence when nobody answered `within` the time.
        """
        own = of is None or of == self.person
        patience = Patience(remind, worry, within) if remind or worry or within or not own else self._patience
        question = Question(
            step,
            self._run.key(step, item),
            answer,
            to or self.room,
            of or self.person,
            words,
            optional,
            default,
            patience=patience,
            mentions=mentions,
            label=label,
            among=among,
            aside=aside,
        )
        result: T = await self._answered(question)
        return result

    async def confirm(self, step: str, /, **words: Any) -> None:
        """Show a recapitulation and wait for a yes; any answer given before can be changed from here."""
        question = Question(
            step, self._run.key(step), YesNo(), self.room, self.person, words, changes=True, patience=self._patience
        )
        await self._answered(question)

    async def seconded(self, act: str, /, *, needed: bool | None = None, **words: Any) -> bool:
        """Where the lieu wants two concierges for this act (`ACTS_FOR_TWO`, or `needed`), ask for another one's yes.

        The sentence « talk.second.<act> », with `words`, says what is to be done.
        """
        lieu = self._voice.lieu
        if lieu is None:
            return True
        required = act in lieu.choices.two if needed is None else needed
        if not required and not any(self.is_asked(step=step) for step in ("talk.second", "talk.second-alone")):
            return True
        what, office = self.phrase(f"talk.second.{act}", **words), lieu.office or self.room
        others = await self.look("second-others", self._around.people.seconds, lieu, self.person)
        if not others["able"] and not others["later"]:
            return await self._alone(lieu, office, what)
        if not others["able"]:
            times = [(name, datetime.fromtimestamp(at / 1000, UTC)) for name, at in others["later"]]
            people = [self.phrase("talk.second-from", who=name, at=at) for name, at in times]
            await self.say("talk.second-later", people=people)
        elif self.room != office:
            await self.say("talk.second-asked")
        try:
            yes = await self.ask(
                "talk.second",
                YesNo(),
                to=office,
                of="second",
                remind=days(1),
                within=days(3),
                who=f"{self.who} ({self.person})",
                what=what,
            )
        except Silence:
            yes = False
        if yes:
            self.note("seconded", None, by=self._run.rows[self._run.latest].by, act=what)
        else:
            await self.say("talk.second-refused")
        return yes

    async def _alone(self, lieu: Lieu, office: str, what: str) -> bool:
        """Nobody else has the keys: a rule must not lock a lieu for ever. It is announced, and done a week later unless
        somebody says no, or has the keys again by then."""
        if self.room != office:
            await self.say("talk.second-announced", what=what)
        try:
            yes = await self.ask(
                "talk.second-alone",
                YesNo(),
                to=office,
                of="second",
                remind=days(3),
                within=ALONE,
                who=f"{self.who} ({self.person})",
                what=what,
            )
        except Silence:
            others = await self.look("second-still", self._around.people.seconds, lieu, self.person)
            yes = not others["able"] and not others["later"]
            if yes:
                self.note("alone", None, act=what)
        if not yes:
            await self.say("talk.second-refused")
        return yes

    def is_asked(self, *, step: str) -> bool:
        """Whether this question, which comes next, was put: a rule that has changed since is no answer to it."""
        return self._run.next_key(step) in self._run.rows

    async def joined(self, step: str, room_id: str, person: str, /, *, within: timedelta | None = None) -> None:
        """Wait until this person has entered this room. Raises Silence when they did not `within` the time."""
        patience = Patience(worry=self._patience.worry, within=within)
        q = Question(step, self._run.key(step), YesNo(), room_id, person, {}, patience=patience)
        row = self._run.at(q.key, "join")
        if row is None:
            deadline, remind = self._after(within), self._alarms(patience)
            row = self._run.keep(q.key, "join", "started", room_id=room_id, of=person, deadline=deadline, remind=remind)
            await self._run.before_waiting()  # written first: they may enter while we look
        if row.status in ("started", "asked"):
            here = await self._around.membership(room_id, person) == "join"
            row = self._run.keep(q.key, "join", "heard" if here else "asked")
        if row.status == "heard":
            row = self._run.keep(q.key, "join", "done", value={}, remind=(), deadline=None)
        if row.status == "asked":
            self._wait(q, row)
        if row.value.get("expired"):
            raise Silence(step)

    async def rest(self, step: str, delay: timedelta, /) -> None:
        """Wait, and go on."""
        key = self._run.key(step)
        q = Question(step, key, YesNo(), self.room, "", {}, patience=Patience(within=delay))
        row = self._run.at(key, "join") or self._run.keep(key, "join", "asked", deadline=self._after(delay))
        if row.status == "asked":
            with suppress(Silence):
                self._wait(q, row)

    async def begin(
        self,
        dialogue: str,
        person: str,
        room_id: str,
        /,
        *,
        item: str = "",
        lieu: int | None = None,
        threaded: bool = False,
        **args: Any,
    ) -> int:
        """Begin another conversation, with somebody or in some room (`threaded`: in our thread there), about this lieu
        or another. Returns its id."""
        key = self._run.key(f"begin:{dialogue}", item)
        about = self._run.conversation.lieu if lieu is None else lieu
        cause = f"{self.id}/{key}"
        thread = self._run.conversation.thread if threaded else None
        other = Conversation(dialogue, person, room_id, cause, about, args, thread, created_at=self._run.now())
        if self._run.at(key, "say") is None:
            await self._before_effect(key)
            self._run.keep(key, "say", "done")
            self._run.begin(other)
        return other.id
