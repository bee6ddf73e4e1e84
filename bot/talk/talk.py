"""What a script sees: say, show, ask, confirm, look, do. Each call is a step, made once and kept in the replay log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from bot.errors import Refused
from bot.lieux import Lieu
from bot.matrix.message import edit
from bot.store import audit
from bot.store.conversations import Conversation
from bot.store.database import Tx
from bot.talk.acts import Acts
from bot.talk.answers import Answer, YesNo
from bot.talk.answers.answer import Doubted, NotUnderstood
from bot.talk.context import Context
from bot.talk.corrections import Corrections
from bot.talk.ending import Ending
from bot.talk.questions import Question, Questions, Silence, digest
from bot.talk.run import Run
from bot.talk.script import Patience, Script, days
from bot.talk.voice import KNOWN_AS, MESSAGE, Voice
from bot.words import fold

__all__ = ["Silence", "Talk", "days"]

P = ParamSpec("P")
T = TypeVar("T")
ALONE = days(7)  # how long the only concierge waits where the lieu decides with two


class Talk:
    """A conversation, from the inside. Options of the calls: `to` a room, `of` a person or an action that answers,
    `item` the name of a step in a loop; every other keyword fills a hole of the sentence.

    It holds the replay of its log (`run`), the `voice` that makes sentences into events, the `questions`, the
    `corrections` of what was answered, the `acts`, and its `ending`; scripts use the verbs alone.
    """

    def __init__(self, run: Run, script: Script, voice: Voice, context: Context) -> None:
        self.run, self.voice, self._context = run, voice, context
        self.corrections = Corrections(run, voice)
        self.questions = Questions(run, voice, self.corrections, script.patience, context.membership)
        self.acts = Acts(run, script, voice, self.questions, self.corrections, context)
        self.ending = Ending(run, script, voice, self.questions, self.corrections)

    @property
    def id(self) -> int:
        return self.run.conversation.id

    @property
    def person(self) -> str:
        return self.run.person

    @property
    def room(self) -> str:
        return self.run.room

    @property
    def who(self) -> str:
        """What concierges call this person."""
        return self.voice.who

    @property
    def language(self) -> str:
        return self.voice.language(self.room)

    # -- saying

    async def say(
        self,
        step: str,
        /,
        *,
        to: str | None = None,
        notice: bool = False,
        mentions: Sequence[str] = (),
        item: str = "",
        below: str = "",
        attachment: Mapping[str, Any] | None = None,
        **words: Any,
    ) -> None:
        """Say a sentence, once; `below` what was said at that step, in its thread; as the caption of an `attachment`
        that somebody sent (`message.attached`). What is said to others than those
        who speak here is an effect."""
        key = self.run.key(step, item)
        how: dict[str, Any] = {"notice": notice, "mentions": mentions, "below": below, "attachment": attachment}
        await self._say(key, self.voice.name(step), to or self.room, words, **how)

    async def _say(self, key: str, name: str, room_id: str, words: dict[str, Any], **how: Any) -> None:
        if room_id != self.room and key not in self.run.rows:
            await self.acts.check(key)
        if self.run.at(key, "say") is None:
            self.run.keep(key, "say", "done")
            self.voice.tell(key, name, room_id, words=words, **how)

    async def show(self, step: str, /, *, over: str = "", **words: Any) -> None:
        """Say a sentence at the first call, and edit that message at the following ones; or edit, with another
        sentence, what was shown at the step `over`, if anything was."""
        key = self.run.key(step)
        if self.run.at(key, "say") is not None:
            return
        content = self.voice.content(self.room, self.voice.name(step), words)
        first = self.run.rows.get(over or step)
        if first is not None:
            content = edit({"$event": first.value["txn"]}, content)
        txn = self.run.post(self.room, key, MESSAGE, content)
        self.run.keep(key, "say", "done", value={"txn": txn})

    async def picture(self, step: str, content: dict[str, Any], /, *, to: str | None = None) -> None:
        """Send an image or another file, once; another one where it was changed."""
        key = self.run.key(step)
        row, mark = self.run.at(key, "say"), digest(content)
        if row is None or (row.value and row.value.get("mark") != mark):
            self.run.keep(key, "say", "done", value={"mark": mark})
            self.run.post(to or self.room, key, MESSAGE, content, mark if row else "")

    async def refused(self, no: Refused, /, *, item: str = "", to: str | None = None) -> None:
        """Tell what a service refused, and what can be done about it."""
        name, words = self.voice.reason(no)
        await self._say(self.run.key(name, item), name, to or self.room, words)

    async def whisper(
        self, step: str, room_id: str, secret: Callable[..., Awaitable[str]], /, *args: Any, **words: Any
    ) -> None:
        """Say a sentence whose `{secret}` is made at that moment and kept nowhere, neither in the replay log nor among
        the letters. After a crash it is made again: the same arguments must give the same secret.
        """

        async def tell() -> str:
            content = self.voice.content(room_id, self.voice.name(step), words | {"secret": await secret(*args)})
            await self._context.whisper(room_id, content, self.run.conversation.txn(self.run.latest, "whisper"))
            return "told"

        await self.do(step, tell)

    def phrase(self, step: str, /, *, to: str | None = None, **words: Any) -> str:
        """A sentence without its markup, to be part of another one."""
        return self.voice.phrase(step, to=to, **words)

    def because(self, no: Refused) -> str:
        """What a service refused and what can be done about it, to be part of a sentence."""
        return self.voice.because(no)

    def away(self, told: Mapping[str, Any]) -> str:
        """Why the `service` of a reading lets nobody in (`cause`, with its `words`), what mends it and who can; empty
        where that is not known."""
        return self.voice.cause(told.get("service", ""), told.get("cause", ""), told.get("words", {}))

    def word(self, key: str) -> str:
        """The word to show, where the catalogue has several that are understood."""
        return self.voice.word(key)

    def service(self, code: str) -> str:
        """What people call a service."""
        return self.voice.service(code)

    def knows(self, key: str) -> bool:
        """Whether there is a sentence of this name."""
        return self.voice.words.has(key)

    def holes(self, key: str) -> frozenset[str]:
        """What the sentence of this name is told with."""
        return self.voice.words.holes(key)

    def has_own(self, step: str) -> bool:
        """Whether the lieu says this in its own words."""
        lieu = self.voice.lieu
        return lieu is not None and self.voice.name(step) in lieu.words

    def would_answer(self, answer: Answer[Any], said: str) -> bool:
        """Whether a text says an answer to such a question and nothing else, be it one that is in doubt."""
        try:
            return answer.guess(said, self.voice.words) is not None
        except NotUnderstood as why:
            return isinstance(why, Doubted)

    def means(self, key: str, said: str) -> bool:
        """Whether somebody said one of the words of this key, in any language."""
        return fold(said) in self.voice.words.means(key)

    def speak(self, sentences: Mapping[str, str]) -> None:
        """Say the lieu's own sentences as they were when this conversation began."""
        self.voice.speak(sentences)

    # -- asking

    def patience(
        self,
        *,
        remind: timedelta | None = None,
        worry: timedelta | None = None,
        within: timedelta | None = None,
    ) -> None:
        """How long the questions that follow wait."""
        self.questions.patience = Patience(remind, worry, within)

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
        patience = Patience(remind, worry, within) if remind or worry or within or not own else self.questions.patience
        question = Question(
            step,
            self.run.key(step, item),
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
        result: T = await self.questions.answer(question)
        return result

    async def confirm(
        self, step: str, answer: Answer[Any] | None = None, /, *, but: Collection[str] = (), **words: Any
    ) -> Any:
        """Show a recapitulation and wait for a yes; any answer given before can be changed from here. A no asks the
        only one again, `but` to some steps, which it is not about. `answer`: what else may be said to it."""
        question = Question(
            step,
            self.run.key(step),
            answer or YesNo(agreeing=True),
            self.room,
            self.person,
            words,
            changes=True,
            but=but,
            patience=self.questions.patience,
        )
        return await self.questions.answer(question)

    def is_asked(self, *, step: str, item: str = "") -> bool:
        """Whether this question, which comes next, was put: a rule that has changed since is no answer to it. Or
        whether this act was begun."""
        return self.run.next_key(step, item) in self.run.rows

    def was_given(self, step: str) -> bool:
        """Whether the command's own line answers this question."""
        args = self.run.conversation.args or {}
        return any((args.get(by) or {}).get(step) for by in ("given", "replied"))

    def said_in(self, step: str) -> str:
        """The message that answered this question; empty where another one held the answer."""
        return self.corrections.said_in(step)

    def letter(self, step: str) -> str:
        """What was said at this step, as the outbox calls it."""
        return self.run.conversation.txn(step)

    def labels(self) -> list[str]:
        """What can still be changed, in the order of the conversation."""
        return self.corrections.labels()

    def answers(self, but: Collection[str] = ()) -> list[str]:
        """« label : answer » for each answer that counts, for the script came by its question, `but` to some steps."""
        return self.corrections.answers(but)

    def given(self, step: str) -> list[str]:
        """« label : answer » for each answer to the questions of this step that bring their own label."""
        return self.corrections.given(step)

    # -- doing

    async def look(
        self,
        step: str,
        reading: Callable[..., Awaitable[T]],
        /,
        *args: Any,
        item: str = "",
        apart: bool = False,
        **kwargs: Any,
    ) -> T:
        """Read something once; the conversation goes on with what it read then. The result must be JSON.

        What was said before is written, and leaves, before anything is read. But where it is read `apart` from that:
        it depends on nothing that this conversation writes, and asks nobody but ourselves and, where that is not
        enough, the homeserver. Then it is written with what follows, or when the homeserver has to be asked.
        """
        return await self.acts.make("look", step, item, reading, args, kwargs, apart=apart)

    async def do(
        self,
        step: str,
        act: Callable[..., Awaitable[T]],
        /,
        *args: Any,
        item: str = "",
        once: bool = False,
        one_of_many: bool = False,
        **kwargs: Any,
    ) -> T:
        """Make something so; it may run twice after a crash. `once`: what cannot be repeated is asked of a concierge.

        A right that the bot lacks in a room is asked for, and waited for; `one_of_many`: the others do not wait for it.
        The result must be JSON. Raises Refused (with the same code at each replay) when the service says no, or a
        concierge goes on without it.
        """
        return await self.acts.make("do", step, item, act, args, kwargs, once=once, waits=not one_of_many)

    async def write(self, step: str, work: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Make something so that is rows of ours alone, exactly once: `work` runs in the transaction in which the step
        is noted, with all that was heard and said before it. What leaves for others waits for no second one. The
        result must be JSON."""
        return cast(T, await self.acts.write(step, lambda tx: work(tx, *args, **kwargs)))

    def note(self, what: str, about: str | None = None, /, *, by: str | None = None, **words: str) -> None:
        """Leave a line in the lieu's record of who did what, with what the current step writes.

        `by`: who did it, where others did."""
        lieu, at = self.run.conversation.lieu, self.run.now()
        key = self.run.key(f"note:{what}", about or "")
        if self.run.at(key, "say") is None:
            self.run.keep(key, "say", "done")
            self.run.pending.append(lambda tx: audit.note(tx, lieu, at, by or self.person, what, about, words))

    async def known_as(self, reading: Callable[..., Awaitable[str]], /, *args: Any) -> None:
        """Read once what the concierges call this person."""
        await self.look(KNOWN_AS, reading, *args)

    async def begin(
        self,
        dialogue: str,
        person: str,
        room_id: str,
        /,
        *,
        item: str = "",
        lieu: int | None = None,
        threaded: bool = True,
        **args: Any,
    ) -> int:
        """Begin another conversation, with somebody or in some room, about this lieu or another. With the same person
        in the same room it goes on in our thread, unless it is about a later day and not `threaded`. Returns its id."""
        key = self.run.key(f"begin:{dialogue}", item)
        about = self.run.conversation.lieu if lieu is None else lieu
        cause = f"{self.id}/{key}"
        here = threaded and (person, room_id) == (self.person, self.room)
        thread = self.run.conversation.thread if here else None
        other = Conversation(dialogue, person, room_id, cause, about, args, thread, created_at=self.run.now())
        if self.run.at(key, "say") is None:
            await self.acts.check(key)
            self.run.keep(key, "say", "done")
            self.run.begin(other)
        return other.id

    # -- a second opinion

    async def seconded(self, act: str, /, *, needed: bool | None = None, **words: Any) -> bool:
        """Where the lieu wants two concierges for this act (`ACTS_FOR_TWO`, or `needed`), ask for another one's yes.

        The sentence « talk.second.<act> », with `words`, says what is to be done.
        """
        lieu = self.voice.lieu
        if lieu is None:
            return True
        required = act in lieu.choices.two if needed is None else needed
        if not required and not any(self.is_asked(step=step) for step in ("talk.second", "talk.second-alone")):
            return True
        what, office = self.phrase(f"talk.second.{act}", **words), lieu.office or self.room
        others = await self.look("second-others", self._context.people.seconds, lieu, self.person)
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
                YesNo(how="" if others["able"] else "second-later"),
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
            self.note("seconded", None, by=self.run.rows[self.run.latest].by, act=what)
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
                YesNo(how="second-alone"),
                to=office,
                of="second",
                remind=days(3),
                within=ALONE,
                who=f"{self.who} ({self.person})",
                what=what,
            )
        except Silence:
            others = await self.look("second-still", self._context.people.seconds, lieu, self.person)
            yes = not others["able"] and not others["later"]
            if yes:
                self.note("alone", None, act=what)
        if not yes:
            await self.say("talk.second-refused")
        return yes

    # -- waiting

    async def joined(self, step: str, room_id: str, person: str, /, *, within: timedelta | None = None) -> None:
        """Wait until this person has entered this room. Raises Silence when they did not `within` the time."""
        patience = Patience(worry=self.questions.patience.worry, within=within)
        q = Question(step, self.run.key(step), YesNo(), room_id, person, {}, patience=patience)
        row = self.run.at(q.key, "join")
        if row is None:
            deadline, remind = self.questions.after(within), self.questions.alarms(patience)
            row = self.run.keep(q.key, "join", "started", room_id=room_id, of=person, deadline=deadline, remind=remind)
            await self.run.before_waiting()  # written first: they may enter while we look
        if row.status in ("started", "asked"):
            here = await self._context.membership(room_id, person) == "join"
            row = self.run.keep(q.key, "join", "heard" if here else "asked")
        if row.status == "heard":
            row = self.run.keep(q.key, "join", "done", value={}, remind=(), deadline=None)
        if row.status == "asked":
            await self.questions.wait(q, row)
        if row.value.get("expired"):
            raise Silence(step)

    async def rest(self, step: str, delay: timedelta, /) -> None:
        """Wait, and go on."""
        key = self.run.key(step)
        q = Question(step, key, YesNo(), self.room, "", {}, patience=Patience(within=delay))
        row = self.run.at(key, "join") or self.run.keep(key, "join", "asked", deadline=self.questions.after(delay))
        if row.status == "asked":
            with suppress(Silence):
                await self.questions.wait(q, row)
