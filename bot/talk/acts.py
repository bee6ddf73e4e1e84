"""What a script does: readings and acts, made once and kept in the replay log, with the right to it that whoever asked
still has, and the rights that the bot itself lacks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from datetime import timedelta
from typing import Any, NotRequired, TypedDict, TypeVar, cast

from bot.errors import MissingRight, NotPermitted, Protected, Refused, Unavailable
from bot.matrix.asking import before_asking
from bot.people import BY_ANOTHER, Role
from bot.store import waits
from bot.store.conversations import Step
from bot.store.database import Tx
from bot.talk import corrections
from bot.talk.answers import Choice, Given, Option
from bot.talk.context import Context
from bot.talk.corrections import Corrections
from bot.talk.questions import Question, Questions
from bot.talk.run import Again, Pause, RightLost, Run
from bot.talk.script import Patience, Script
from bot.talk.voice import Voice

T = TypeVar("T")
MEND = "talk.mend"
LACKING = {  # the question, and the one after somebody said that it is done
    "space": ("talk.right-space", "talk.right-space-still"),
    "room": ("talk.right-room", "talk.right-room-still"),
    "space-yours": ("talk.right-space-yours", "talk.right-space-still"),
    "space-newest": ("talk.right-space-newest", "talk.right-space-still"),
    "space-newest-yours": ("talk.right-space-newest-yours", "talk.right-space-still"),
    "room-yours": ("talk.right-room-yours", "talk.right-room-still"),
    "outside": ("talk.outside", "talk.outside-still"),
    "outside-again": ("talk.outside-again", "talk.outside-still"),
    "service": ("talk.permission", "talk.permission-still"),
}
A_DAY, LOOK = timedelta(days=1), timedelta(minutes=15)
SHOWN_AGAIN = 20  # times one question is edited: whoever gives and takes keys all day is not told on and on


class Refusal(TypedDict):
    """As the replay log keeps it."""

    code: str
    words: dict[str, str]


class Lack(TypedDict):
    """What the bot lacks: `where` (a key of `LACKING`), in which `rooms` (id → name), the `words` of the question; what
    was refused for it, and how often it was asked for."""

    where: str
    rooms: dict[str, str]
    words: dict[str, Any]
    refusal: NotRequired[Refusal]
    asked: NotRequired[int]


class Acts:
    """Readings are made again when an answer before them is taken back; acts are never taken back."""

    def __init__(
        self, run: Run, script: Script, voice: Voice, questions: Questions, corrections: Corrections, context: Context
    ) -> None:
        self._run, self._script, self._voice, self._context = run, script, voice, context
        self._questions, self._corrections = questions, corrections

    async def make(
        self,
        kind: str,
        step: str,
        item: str,
        act: Callable[..., Awaitable[T]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        once: bool = False,
        waits: bool = True,
        apart: bool = False,
    ) -> T:
        """A reading (`look`) or an act (`do`), as `Talk` tells; `waits`: for a right that the bot lacks."""
        key = self._run.key(step, item)
        row = self._run.at(key, kind)
        if row is not None and row.status == "asked" and not self._is_due(row):
            row = await self._right(row)
        elif row is not None and self._is_told(row):
            with suppress(Pause):  # not understood: it is being tried all the same
                row = await self._right(row)
        if row is not None and row.status in ("done", "refused"):
            return cast(T, _outcome(row))
        lacked = row.value if row is not None else None
        if row is not None and once and row.status == "started":
            how = await self._mend(key, step)
            if how != "again":
                return cast(T, _outcome(self._mended(key, kind, how)))
            self._run.forget([f"{MEND}[{key}]"])  # should it be interrupted again, that is asked again
        tries = row.tries + 1 if row else 0
        if kind == "do":
            await self.check(key)
            self._run.keep(key, kind, "started", tries=tries)
        if not apart:
            await self._run.before_waiting()
        try:
            with before_asking(self._run.before_waiting) if apart else nullcontext():
                value = json.loads(json.dumps(await act(*args, **kwargs)))  # what a replay will see
        except Refused as no:
            missing = await self._missing(no) if waits else None
            if missing is not None:
                await self._right(self._lacks(key, kind, missing, lacked))
            self._settled(key, tries, "refused")
            return cast(T, _outcome(self._run.keep(key, kind, "refused", value=_refusal(no))))
        except Unavailable as down:
            if kind == "look" or not down.unknown:
                self._run.keep(key, kind, "heard", tries=tries)  # surely not done: no need to ask anybody
            raise
        if lacked:
            self._right_came(key, lacked)
        self._settled(key, tries, "done" if kind == "do" else "resumed")
        self._run.keep(key, kind, "done", value=value)
        return cast(T, value)

    def _settled(self, key: str, tries: int, outcome: waits.Outcome) -> None:
        """What was tried more than once may have waited for a service."""
        if tries:
            about, at = (self._run.conversation.id, key), self._run.now()
            self._run.pending.append(lambda tx: waits.settle(tx, *about, outcome, at))

    async def write(self, step: str, work: Callable[[Tx], Any]) -> Any:
        """An act that is rows of ours and nothing else, as `Talk` tells."""
        key = self._run.key(step)
        row = self._run.at(key, "do")
        if row is None or row.status not in ("done", "refused"):
            await self.check(key)
            row = await self._run.write(key, "do", work)
        return _outcome(row)

    # -- an act that was interrupted

    async def _mend(self, key: str, step: str) -> str:
        """An act that must not run twice may have run: a concierge looks and decides."""
        words = {
            name: self._voice.sentence(self._run.room, f"talk.mend.{name}", {})[0] for name in ("done", "again", "drop")
        }
        options = [Option(name, label) for name, label in words.items()]
        office = self._voice.office
        doing = f"{self._voice.name(step)}.doing"
        what = self._voice.sentence(self._run.room, doing, {})[0] if self._voice.words.has(doing) else step
        who, patience = ("mend", Patience()) if office else (self._run.person, self._questions.patience)
        to = office or self._run.room
        asked = self._run.key(f"{MEND}[{key}]")
        question = Question(MEND, asked, Choice(options), to, who, {"what": what}, patience=patience)
        return str(await self._questions.answer(question))

    def _mended(self, key: str, kind: str, how: str) -> Step:
        if how == "done":
            return self._run.keep(key, kind, "done", value=None)
        return self._run.keep(key, kind, "refused", value={"code": "dropped", "words": {}})

    # -- whether anything may still be done

    async def is_rightful(self, *, fresh: bool = False) -> bool:
        """Whether its person may have this conversation, as things are now. What the bot begins, and what the lieu
        wants whoever asked for it, goes on. Raises Unavailable."""
        if self._script.lasting or self._script.standing or self._run.person == self._context.me:
            return True
        return await self._may(self._run.person, self._script.action, fresh=fresh)

    async def _still_counts(self, answer: Step, *, fresh: bool) -> bool:
        """Whether what somebody else answered is still theirs to say. Raises Unavailable."""
        of, by = answer.of or "", answer.by or ""
        if by == self._context.me:
            return True
        if of in BY_ANOTHER and by == self._run.person:
            return False
        return await self._may(by, self._script.action if of.startswith("@") else of, fresh=fresh)

    async def _may(self, person: str, action: str, *, fresh: bool) -> bool:
        try:
            return await self._context.people.may(person, action, self._voice.lieu, fresh=fresh)
        except Refused as no:  # the homeserver does not tell us: no service has refused what the script is about
            raise Unavailable("matrix") from no

    async def check(self, key: str) -> None:
        """Nothing is done for somebody who has no right to it any more, nor upon the yes of somebody who has not."""
        run = self._run
        # The first time of the homeserver; then as it is remembered: what changes meanwhile ends a long row of effects.
        if not await self.is_rightful(fresh=not run.is_rightful):
            raise RightLost
        run.is_rightful = True
        row = run.rows.get(key)
        if row is not None and row.status == "started":
            return  # it was begun when they had
        for answer in corrections.agreed(run.rows, self._run.person, key):
            fresh = answer.key not in run.trusted
            if not await self._still_counts(answer, fresh=fresh):
                who = (answer.raw or {}).get("name") or str(answer.by)
                later = corrections.agreed_after(run.rows, self._run.person, [answer.key])
                gone = [answer.key, *later, key]  # what is not done yet too
                self._corrections.drop(gone, "talk.agreed-no-more", who=who)
                raise Again
            run.trusted.add(answer.key)

    # -- a right that the bot lacks

    async def _missing(self, no: Refused) -> Lack | None:
        """What to ask for, as the replay log keeps it. What nobody began, or the lieu wants whoever began it, disturbs
        nobody; what was done without already is not asked for again."""
        unasked = self._script.standing or self._script.lasting or self._run.person == self._context.me
        if unasked and not self._script.mends:
            return None
        lieu = self._voice.lieu
        if not self._asks_them and (lieu is None or lieu.office is None):
            return None
        missing = await self._context.missing(no, lieu.space if lieu else None)
        lack = self._in_rooms(missing) if missing else self._in_service(no)
        return None if lack is None or self._goes_without(lack) else lack | {"refusal": _refusal(no)}

    def _in_rooms(self, missing: MissingRight) -> Lack:
        called = Counter(missing.rooms.values())  # rooms that are hidden from the bot are called alike
        names = [name if n == 1 else f"{name} (×{n})" for name, n in called.items()]
        words = {"n": len(missing.rooms), "rooms": names, "who": missing.words["who"], "me": self._context.me}
        where = "outside" if missing.outside else "space" if missing.space else "room"
        givers = {self._run.person} if self._run.person in missing.able else missing.able.keys()
        where += "-newest" if where == "space" and givers <= missing.creators else ""
        where += "-again" if missing.outside and self._script.mends else ""
        if self._asks_them and self._run.person in missing.able:
            where += "-yours"
        return {"where": where, "rooms": missing.rooms, "words": words}

    def _in_service(self, no: Refused) -> Lack | None:
        if not isinstance(no, NotPermitted) or isinstance(no, Protected) or not self._asks_them:
            return None
        return {"where": "service", "rooms": {no.code: ""}, "words": {"why": self._voice.because(no)}}

    def _goes_without(self, lack: Lack) -> bool:
        """Whether somebody said already that this conversation goes on without."""
        before = [row.value for row in self._run.rows.values() if row.status == "refused" and "where" in row.value]
        return any(one["where"] == lack["where"] and lack["rooms"].keys() <= one["rooms"].keys() for one in before)

    def _lacks(self, key: str, kind: str, lack: Lack, before: Lack | None) -> Step:
        """Keep what there is to ask for. Where it was asked for already, and is less now, the question says so."""
        lack |= {"asked": before["asked"] if before else 1}
        asked = self._run.rows.get(self._about_right(key, lack).key)
        if before and before["words"] != lack["words"] and asked is not None and asked.status == "asked":
            times = int((asked.value or {}).get("shown_again", 0)) + 1
            if times > SHOWN_AGAIN and lack["rooms"].keys() == before["rooms"].keys():
                lack |= {"where": before["where"], "words": before["words"]}
            else:
                self._run.keep(asked.key, "ask", "asked", value=asked.value | {"stale": times, "shown_again": times})
        return self._run.keep(key, kind, "asked", value=lack, deadline=self._next_look(lack))

    def _next_look(self, lack: Lack) -> int | None:
        """When it is tried again though nobody answers: a room tells what the bot may do there, a service does not; nor
        does anybody say that a room is not wanted any more."""
        looks = lack["where"] == "service" or self._script.mends
        return self._run.now() + int(LOOK.total_seconds() * 1000) if looks else None

    def _is_due(self, row: Step) -> bool:
        return row.deadline is not None and row.deadline <= self._run.now()

    async def _right(self, row: Step) -> Step:
        """Ask for what the bot lacks, and wait until it is there, or whoever was asked goes on without."""
        if await self._questions.answer(self._about_right(row.key, row.value)):
            again = row.value | {"asked": row.value["asked"] + 1}
            return self._run.keep(row.key, row.kind, "heard", value=again, deadline=None)
        return self._run.keep(row.key, row.kind, "refused", value=row.value | row.value["refusal"], deadline=None)

    def _is_told(self, row: Step) -> bool:
        """Whether somebody answered while it was being tried again: « sans cela » counts then too."""
        if row.status != "heard" or not row.value:
            return False
        asked = self._run.rows.get(self._about_right(row.key, row.value).key)
        return asked is not None and asked.status == "heard"

    def _right_came(self, key: str, lacked: Lack) -> None:
        """It was there before anybody said so, or before that was understood."""
        q = self._about_right(key, lacked)
        row = self._run.rows.get(q.key)
        if row is not None and row.status in ("asked", "heard"):
            shown = q.answer.show(True, self._voice.words, self._voice.language(q.room_id))
            self._questions.close(q, row, {"is": True}, shown)

    def _about_right(self, key: str, lacked: Lack) -> Question:
        """The first time, and again where somebody said that it is done and it is not."""
        n, words = lacked["asked"], lacked["words"]
        here, office = self._run.room, self._voice.office
        room, of = (here, self._run.person) if self._asks_them else (office or here, "mend")
        step = LACKING[lacked["where"]][n > 1]
        return Question(
            step,
            f"talk.right[{key}]#{n}",
            Given(lacked["where"] != "service"),
            room,
            of,
            words,
            patience=Patience(remind=A_DAY),
        )

    @property
    def _asks_them(self) -> bool:
        """Whether who speaks here can see to the bot's rights, or has to wait for somebody who can."""
        return self._script.right.role >= Role.CONCIERGE and not self._script.mends


def _refusal(no: Refused) -> Refusal:
    return {"code": no.code, "words": {k: str(v) for k, v in no.words.items()}}


def _outcome(row: Step) -> Any:
    if row.status == "refused":
        raise Refused(row.value["code"], **row.value["words"])
    return row.value
