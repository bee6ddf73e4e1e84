"""What a script sees: say, show, ask, confirm, look, do. Each call is a step, made once and kept in the journal."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar, cast

from bot.errors import Refused, Unavailable
from bot.store import journal
from bot.store.journal import Conversation, Step
from bot.talk.answers import Answer, Choice, Option, YesNo
from bot.talk.asking import Asking
from bot.talk.question import Patience, Question, Silence
from bot.talk.run import Run
from bot.talk.saying import KNOWN_AS
from bot.talk.script import Script
from bot.talk.voice import Voice

__all__ = ["Silence", "Talk", "days"]

T = TypeVar("T")
MEND = "talk.mend"


def days(n: float) -> timedelta:
    return timedelta(days=n)


class Talk(Asking):
    """A conversation, from the inside. Options of the calls: `to` a room, `of` a person or an action that answers,
    `item` the name of a step in a loop; every other keyword fills a hole of the sentence."""

    def __init__(
        self, run: Run, script: Script, voice: Voice, membership: Callable[[str, str], Awaitable[str]]
    ) -> None:
        super().__init__(run, script, voice)
        self._membership = membership
        self.begun: list[int] = []

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
        **words: Any,
    ) -> T:
        """Ask, and go on with the answer. `of`: a person, or an action (whoever may do it answers); `label`: its name
        where the catalogue has none. Raises Silence when nobody answered `within` the time.
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
        )
        return cast(T, await self._answered(question))

    async def confirm(self, step: str, /, **words: Any) -> None:
        """Show a recapitulation and wait for a yes; any answer given before can be changed from here."""
        question = Question(
            step, self._run.key(step), YesNo(), self.room, self.person, words, changes=True, patience=self._patience
        )
        await self._answered(question)

    async def seconded(self, act: str, /, **words: Any) -> bool:
        """Where the lieu wants two concierges for this act (`ACTS_FOR_TWO`), ask for the yes of another one.

        The sentence « talk.second.<act> », with `words`, says what is to be done.
        """
        lieu = self._voice.lieu
        if lieu is None or lieu.office is None or act not in lieu.choices.two:
            return True
        what = self.phrase(f"talk.second.{act}", **words)
        if self.room != lieu.office:
            await self.say("talk.second-asked")
        try:
            yes = await self.ask(
                "talk.second",
                YesNo(),
                to=lieu.office,
                of="second",
                remind=days(1),
                within=days(3),
                who=self.who,
                what=what,
            )
        except Silence:
            yes = False
        if not yes:
            await self.say("talk.second-refused")
        return yes

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
            here = await self._membership(room_id, person) == "join"
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

    async def look(
        self, step: str, reading: Callable[..., Awaitable[T]], /, *args: Any, item: str = "", **kwargs: Any
    ) -> T:
        """Read something once; the conversation goes on with what it read then. The result must be JSON."""
        return await self._act("look", step, item, reading, args, kwargs)

    async def do(
        self,
        step: str,
        act: Callable[..., Awaitable[T]],
        /,
        *args: Any,
        item: str = "",
        once: bool = False,
        **kwargs: Any,
    ) -> T:
        """Make something so; it may run twice after a crash. `once`: what cannot be repeated is asked of a concierge.

        The result must be JSON. Raises Refused (with the same code at each replay) when the service says no.
        """
        return await self._act("do", step, item, act, args, kwargs, once=once)

    async def _act(
        self,
        kind: str,
        step: str,
        item: str,
        act: Callable[..., Awaitable[T]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        once: bool = False,
    ) -> T:
        key = self._run.key(step, item)
        row = self._run.at(key, kind)
        if row is not None and row.status in ("done", "refused"):
            return cast(T, _outcome(row))
        if row is not None and once and row.status == "started":
            how = await self._mend(key, step)
            if how != "again":
                return cast(T, _outcome(self._mended(key, kind, how)))
            self._run.forget([f"{MEND}[{key}]"])  # should it be interrupted again, that is asked again
        tries = row.tries + 1 if row else 0
        if kind == "do":
            self._run.keep(key, kind, "started", tries=tries)
        await self._run.before_waiting()
        try:
            value = json.loads(json.dumps(await act(*args, **kwargs)))  # what a replay will see
        except Refused as no:
            refusal = {"code": no.code, "words": {k: str(v) for k, v in no.words.items()}}
            return cast(T, _outcome(self._run.keep(key, kind, "refused", value=refusal)))
        except Unavailable as down:
            if kind == "look" or not down.unknown:
                self._run.keep(key, kind, "heard", tries=tries)  # surely not done: no need to ask anybody
            raise
        self._run.keep(key, kind, "done", value=value)
        return cast(T, value)

    async def _mend(self, key: str, step: str) -> str:
        """An act that must not run twice may have run: a concierge looks and decides."""
        words = {
            name: self._voice.sentence(self.room, f"talk.mend.{name}", {})[0] for name in ("done", "again", "drop")
        }
        options = [Option(name, label) for name, label in words.items()]
        office = self._voice.lieu.office if self._voice.lieu else None
        doing = f"{self._name(step)}.doing"
        what = self._voice.sentence(self.room, doing, {})[0] if self._voice.words.has(doing) else step
        return await self.ask(MEND, Choice(options), to=office, of="mend" if office else None, item=key, what=what)

    def _mended(self, key: str, kind: str, how: str) -> Step:
        if how == "done":
            return self._run.keep(key, kind, "done", value=None)
        return self._run.keep(key, kind, "refused", value={"code": "dropped", "words": {}})

    async def begin(
        self, dialogue: str, person: str, room_id: str, /, *, item: str = "", lieu: int | None = None, **args: Any
    ) -> int:
        """Begin another conversation, with somebody or in some room, about this lieu or another. Returns its id."""
        key = self._run.key(f"begin:{dialogue}", item)
        about = self._run.conversation.lieu if lieu is None else lieu
        cause = f"{self.id}/{key}"
        other = Conversation(dialogue, person, room_id, cause, about, args, created_at=self._run.now())
        if self._run.at(key, "say") is None:
            self._run.keep(key, "say", "done")
            self._run.pending.append(lambda tx: journal.begin(tx, other))
            self.begun.append(other.id)
        return other.id


def _outcome(row: Step) -> Any:
    if row.status == "refused":
        raise Refused(row.value["code"], **row.value["words"])
    return row.value
