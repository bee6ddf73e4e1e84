"""Whoever asks for a human: how that is recognised, and the calls in which they and the concierges speak.

A call is an open conversation « called »: its card is its first step, each line that was passed on another one. What is
said in private is read in its thread of the conciergerie, and what a concierge writes there is told in private, until
it is settled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.lieux import Lieu
from bot.matrix import passages
from bot.matrix.markup import Rendered
from bot.matrix.message import Content, edit, forwarded, reaction, text
from bot.matrix.passages import Said
from bot.people import Place, Role
from bot.store import arrivals, budgets, conversations, inbox, open_questions, outbox, rooms
from bot.store.conversations import Conversation, Step
from bot.store.database import Tx
from bot.store.inbox import Event
from bot.store.open_questions import Pair
from bot.store.outbox import REDACTION, Letter
from bot.talk import corrections
from bot.talk.answers.agreement import yes_or_no
from bot.talk.answers.no_answer import asking
from bot.talk.budgets import Budget
from bot.talk.command_line import CommandTable, Launcher, Line, Spoken, written_by
from bot.talk.context import Context
from bot.talk.engine import Engine
from bot.talk.ports import Heeded, Reachable
from bot.talk.replies import Purse, Replies
from bot.talk.run import Run
from bot.talk.talk import Talk
from bot.talk.voice import MESSAGE, REACTION
from bot.words import Words, cut, fold

ASIDE = ("speak", "pass-on", "call")  # conversations about wanting a human: they interrupt others


CALLED, CARD, LINE = "called", "card", "line["
LONGEST = 4000  # characters of what a call begins with
PASSED, ANSWER = "📨", "answer"
# In an hour: lines of one person, and of one concierge.
LINES, OF_CONCIERGE = Budget("call-lines", 40), Budget("call-lines", 300)
UNPASSED = Budget("unpassed", 1)
Change = Callable[[Run, Talk], None]
SPEAK, PASS_ON = "speak", "pass-on"
SHORTEST_SLIP = 4  # letters


class Calls:
    """`me` is the bot."""

    def __init__(self, me: str, engine: Engine, context: Context) -> None:
        self._me, self._engine = me, engine
        self._database, self._people, self._lieux = context.database, context.people, context.lieux
        self._membership, self._now = context.membership, context.now

    async def about(self, person: str, room_id: str) -> Reachable:
        """Whose concierges this person may want. What goes on with them in this room says which one is meant."""
        open_here = await self._database.read(open_questions.open_of, person, room_id)
        going_on = [one.lieu for one in open_here if one.dialogue not in ASIDE]
        found, keeps = [], []
        for lieu in await self._people.around(person):
            if await self._people.role(person, lieu) >= Role.CONCIERGE:
                keeps.append(lieu.name)
            elif await self.belongs(person, lieu) or lieu.id in going_on:
                found.append([str(lieu.id), lieu.name])
        meant = [one for one in found if int(one[0]) in going_on]
        return {"lieux": meant[:1] or found, "keeps": keeps}

    async def belongs(self, person: str, lieu: Lieu) -> bool:
        """Whoever is in the lieu, on their way in, before its door, or was; nobody who was shut out."""
        if await self._people.role(person, lieu) >= Role.NEWCOMER:
            return True
        membership = await self._membership(lieu.space, person)
        arrival = await self._database.read(arrivals.of_person, lieu.id, person)
        was_here = arrival is not None and arrival["status"] != "cancelled"
        return membership == "knock" or (was_here and membership != "ban")

    async def reached(self, lieu: Lieu) -> str:
        """The conciergerie, where the bot is in it; else nothing."""
        there = lieu.office is not None and await self._membership(lieu.office, self._me) == "join"
        return lieu.office or "" if there else ""

    async def concierges(self, lieu: Lieu) -> list[list[str]]:
        """[Matrix id, name] of each."""
        found = sorted(await self._people.concierges(lieu) - {self._me})
        return [[person, await self._people.name(person)] for person in found]

    async def add(self, lieu: Lieu, person: str, source: str, what: Said | str) -> bool:
        """One more line of the call that goes on in this lieu. False where none does."""
        for call in await self._database.read(conversations.open_by, CALLED, person):
            if call.lieu == lieu.id and call.room_id == lieu.office:
                return await self._told_again(source, person, said_in(what), call)
        return False

    async def _told_again(self, source: str, person: str, line: Said, call: Conversation) -> bool:
        known = False

        def change(run: Run, talk: Talk) -> bool:
            nonlocal known
            known, key = True, key_of(source)
            if key not in run.rows and (run.conversation.args or {}).get("source") != source:
                value = {"kind": "line", "name": who_calls(call), "edits": []}
                run.keep(key, "say", "done", by=person, room_id=call.room_id, value=value)
                told = content(talk, call.room_id, "line", who_calls(call), line)
                run.post(call.room_id, key, MESSAGE, told)
            return False

        await self._engine.advance(call.id, change)
        return known

    async def seen(self, call: int, patience: float) -> Heeded:
        found = await self._database.read(conversations.conversation, call)
        rows = (await self._database.read(conversations.steps, call)).values()
        lines = [row for row in rows if row.key.startswith(LINE)]
        begun, person = (found.created_at, found.person) if found else (0, "")
        last = max([begun, *(row.at for row in lines)])
        left = patience - (self._now() - last) / 1000
        return {"answered": any(is_answer(row, person) for row in lines), "left": left}

    async def ask_again(self, person: str, room_id: str, cause: str) -> None:
        """Put the question again that was open when they asked for somebody."""
        for one in await self._database.read(open_questions.open_of, person, room_id):
            steps = await self._database.read(conversations.steps, one.id)
            if one.dialogue not in ASIDE and corrections.open_questions(steps, person):
                await self._engine.repeat(one.id, f"again/{cause}")
                return


class Relay:
    """Every method that hears says whether the event was for it, and is settled."""

    def __init__(self, engine: Engine, table: CommandTable, calls: Calls, context: Context) -> None:
        self._engine, self._table, self._calls = engine, table, calls
        self._database, self._people, self._lieux = context.database, context.people, context.lieux
        self._words, self._membership = context.words, context.membership
        self._now, self._posted = context.now, context.posted
        self._replies = Replies(context)

    async def hear(self, said: Spoken, *, asked: bool) -> bool:
        """A line of a call that goes on. `asked`: the bot waits for an answer of theirs here, which this may be."""
        if said.event.relation.get("rel_type") == "m.replace" or (said.explicit and self._is_for_us(said)):
            return False
        if said.place is Place.DIRECT:
            return await self._from_person(said, asked=asked)
        return await self._from_house(said)

    def _is_for_us(self, said: Spoken) -> bool:
        """« !roll 2d6 » is told as any other line; « !aidde » is a slip, where somebody speaks with the bot too."""
        if said.surely or said.line is None or self._table.is_ours(said.line):
            return True
        return said.place is Place.DIRECT and bool(self._table.near(said.line.text, self._words.languages[0]))

    async def _from_person(self, said: Spoken, *, asked: bool) -> bool:
        pointed = await self._pointed(said)
        call = pointed or (None if asked or self._is_command(said) else await self._open_with(said.event.sender))
        lieu = await self._lieux.get(call.lieu) if call and call.lieu is not None else None
        if call is None or lieu is None or call.person != said.event.sender or call.status != "open":
            return False
        if await self._calls.reached(lieu) != call.room_id or not await self._calls.belongs(call.person, lieu):
            await self._engine.cancel(call.id, f"unreached/{said.event.event_id}", "speak.over-elsewhere")
            return False
        purse = (LINES, budgets.of_person(call.person))
        return await self._replies.rests(said.event, purse) or await self._passed(said.event, call, call.room_id, purse)

    async def _from_house(self, said: Spoken) -> bool:
        call = await self._pointed(said)
        lieu = await self._lieux.get(call.lieu) if call and call.lieu is not None else None
        if call is None or lieu is None or call.room_id != said.event.room_id:
            return False
        if not await self._people.may(said.event.sender, "answer-call", lieu, said.place, fresh=True):
            return False
        room_id = str((call.args or {}).get("room"))
        if await self._membership(room_id, call.person) != "join":
            return await self._replies.reply(said.event, "speak.gone", notice=True, who=who_calls(call))
        purse = (OF_CONCIERGE, budgets.of_person(said.event.sender))
        return (
            await self._replies.rests(said.event, purse)
            or await self._passed(said.event, call, room_id, purse)
            or await self._late(said.event, call, room_id, lieu)
        )

    async def _late(self, event: Event, call: Conversation, to: str, lieu: Lieu) -> bool:
        """A call that is over: what a concierge adds is told all the same, and begins nothing."""
        line, name = await written_by(event, self._people), await self._people.name(event.sender)
        if line is None or is_settled(line.get("text", ""), self._words):
            return False
        language = await self._people.language(call.person, lieu)
        words = {"who": name, "said": words_of(line)}
        answer = text(*self._words.sentence(language, f"speak.{ANSWER}", words, overlay=lieu.words))
        passed = reaction(event.event_id, PASSED)
        told = Letter(to, call.txn(event.event_id), MESSAGE, with_file(answer, line), call.id, lieu=lieu.id)
        seen = Letter(event.room_id, call.txn(event.event_id, "passed"), REACTION, passed, call.id, lieu=lieu.id)
        await self._database.write(_post, (told, seen), event.event_id, self._now())
        self._posted()
        return True

    async def _passed(self, event: Event, call: Conversation, to: str, purse: Purse) -> bool:
        """The line is said on the other side; or it says that all is settled."""
        line = await written_by(event, self._people)
        if line is None and passages.is_somebodys(event.content, event.type):
            return await self._replies.rarely(event, "speak.unpassed", (UNPASSED, budgets.of_person(event.sender)))
        if line is None:
            return False
        own = event.sender == call.person
        settles = is_settled(line.get("text", ""), self._words) or (own and self._cancels(line))
        name = who_calls(call) if own else await self._people.name(event.sender)
        open_there = [] if own else await self._database.read(open_questions.open_questions, to)
        asked = "-asked" if any(step.of == call.person for _, step in open_there) else ""

        def change(run: Run, talk: Talk) -> None:
            key = key_of(event.event_id)
            if key in run.rows:
                return
            run.pending.append(self._replies.spends(event, [purse]))
            if settles:
                settle(run, talk, event, name)
                return
            first = not own and not any(is_answer(row, call.person) for row in run.rows.values())
            kind = "line" if own else f"answer-first{asked}" if first else ANSWER
            run.keep(key, "say", "done", by=event.sender, room_id=to, value={"kind": kind, "name": name, "edits": []})
            run.post(to, key, MESSAGE, content(talk, to, kind, name, line))
            run.post(event.room_id, key, REACTION, reaction(event.event_id, PASSED), "passed")
            if first:
                talk.voice.tell(
                    key,
                    "speak.told",
                    event.room_id,
                    part="told",
                    notice=True,
                    words={"who": who_calls(run.conversation)},
                    below=CARD,
                )

        return await self._change(event, call, change)

    def _cancels(self, line: Said) -> bool:
        return fold(line.get("text", "")) in self._words.means("talk.words.cancel")

    async def corrected(self, event: Event) -> bool:
        """A line that was edited, by whoever said it and may still say one, or deleted."""
        deleted = event.type == REDACTION
        of = event.content.get("redacts") if deleted else event.relation.get("event_id")
        call = await self._with_line(event.room_id, of) if isinstance(of, str) else None
        line: Said | None = {"deleted": True} if deleted else await written_by(event, self._people)
        if call is None or not isinstance(of, str) or line is None:
            return False
        if deleted:
            return await self._reworded(event, call, of, line)
        if await self._author(call, of) != event.sender or not await self._still_speaks(event.sender, call):
            return False
        purse = (LINES if event.sender == call.person else OF_CONCIERGE, budgets.of_person(event.sender))
        return await self._replies.rests(event, purse) or await self._reworded(event, call, of, line, purse)

    async def _still_speaks(self, who: str, call: Conversation) -> bool:
        lieu = await self._lieux.get(call.lieu) if call.lieu is not None else None
        if lieu is None or await self._calls.reached(lieu) != call.room_id:
            return False
        if who == call.person:
            return await self._calls.belongs(who, lieu)
        return await self._people.may(who, "answer-call", lieu, Place.OFFICE, fresh=True)

    async def _reworded(self, event: Event, call: Conversation, of: str, line: Said, *purses: Purse) -> bool:
        """What was told on the other side follows."""
        done = False

        def change(run: Run, talk: Talk) -> None:
            nonlocal done
            row = run.rows.get(key_of(of))
            run.pending.append(self._replies.spends(event, purses))
            if row is None:
                reword(run, talk, event, line)
            elif line.get("deleted"):
                for n, txn in enumerate((run.conversation.txn(row.key), *row.value["edits"])):
                    run.post(row.room_id or "", row.key, REDACTION, {"redacts": {"$event": txn}}, f"gone{n}")
            else:
                told = content(talk, row.room_id or "", row.value["kind"], row.value["name"], line)
                first = {"$event": run.conversation.txn(row.key)}
                txn = run.post(row.room_id or "", row.key, MESSAGE, edit(first, told), event.event_id)
                run.keep(row.key, "say", "done", value=row.value | {"edits": [*row.value["edits"], txn]})
            done = True

        return await self._change(event, call, change) and done

    async def _change(self, event: Event, call: Conversation, change: Change) -> bool:
        """Change a call, in the transaction that settles the event. False where it has ended meanwhile."""
        done = False

        def settling(run: Run, talk: Talk) -> bool:
            nonlocal done
            done = True
            run.pending.append(lambda tx: inbox.done(tx, event.event_id))
            change(run, talk)
            return False

        await self._engine.advance(call.id, settling)
        return done

    # -- which call is meant

    async def _pointed(self, said: Spoken) -> Conversation | None:
        """The call to which this replies, or in whose thread it is."""
        targets = (said.replies_to if said.on_purpose else None, said.thread)
        for target in targets:
            found = await self._database.read(outbox.step_of, target) if target else None
            call = await self._database.read(conversations.conversation, found[0]) if found else None
            if call is not None and call.dialogue == CALLED:
                return call
        return None

    async def _open_with(self, person: str) -> Conversation | None:
        """The call of this person in which something was said last."""
        return next(iter(await self._database.read(conversations.open_by, CALLED, person)), None)

    async def _with_line(self, room_id: str, event_id: str) -> Conversation | None:
        """The open call that began with this message, or has a line that was said in it."""
        lieu = await self._lieux.of_room(room_id)
        person = await self._database.read(rooms.person_of_direct, room_id)
        found = await self._database.read(conversations.open_by, CALLED, person) if person else []
        found += [one for one in await self._open_for(lieu) if one.room_id == room_id] if lieu else []
        for call in found:
            if (call.args or {}).get("source") == event_id or await self._author(call, event_id):
                return call
        return None

    async def _open_for(self, lieu: Lieu) -> list[Conversation]:
        return await self._database.read(conversations.open_for_lieu, CALLED, lieu.id)

    async def _author(self, call: Conversation, event_id: str) -> str | None:
        if (call.args or {}).get("source") == event_id:
            return call.person
        found = await self._database.read(open_questions.pair, call.id, key_of(event_id))
        return found[1].by if found else None

    def _is_command(self, said: Spoken) -> bool:
        """« aide » and « langue » are commands in the middle of a call too; « langue des signes » is not."""
        line = self._table.read(said.text or "")
        helping = fold(said.text or "") in self._words.means("talk.words.help")
        return helping or (line is not None and not line.given and len(fold(said.text or "").split()) == 1)


def _post(tx: Tx, letters: Sequence[Letter], event_id: str, now: int) -> None:
    for letter in letters:
        outbox.post(tx, letter, now)
    inbox.done(tx, event_id)


class Handoff:
    def __init__(self, engine: Engine, table: CommandTable, calls: Calls, launcher: Launcher, context: Context) -> None:
        self._engine, self._table, self._calls, self._launcher = engine, table, calls, launcher
        self._database, self._words, self._language = context.database, context.words, context.language
        self._people, self._lieux = context.people, context.lieux

    def line(self, said: Spoken, pair: Pair | None) -> Line | None:
        """« je voudrais parler à quelqu’un »: where a question is open, nothing else may be said with it, for it may be
        an answer."""
        typed = (said.command if said.explicit else said.text) or ""
        line, what = self._table.read(typed) if typed else None, wanted(typed, self._words)
        by_name = line is not None and line.script.name == SPEAK
        if said.explicit:
            return Line(line.script, {}) if by_name and line is not None and what == "" else None
        if said.place is not Place.DIRECT or (pair is not None and (what or pair[0].dialogue in ASIDE)):
            return None
        if what is None and by_name and line is not None and line.given and pair is None:
            what = typed
        return None if what is None else Line(self._engine.scripts[SPEAK], {"what": cut(what, LONGEST)} if what else {})

    async def asks(self, said: Spoken, conversation: Conversation, step: Step) -> str:
        """Whether this may ask the concierges something in place of an answer: in a welcome, from whoever is none."""
        welcoming = self._engine.scripts[conversation.dialogue].action == "be-welcomed"
        welcoming = welcoming or conversation.dialogue == PASS_ON
        if said.place is not Place.DIRECT or not welcoming or step.of != said.event.sender or not said.text:
            return ""
        lieu = await self._lieux.get(conversation.lieu) if conversation.lieu is not None else None
        if lieu is None or await self._people.role(said.event.sender, lieu) >= Role.CONCIERGE:
            return ""
        return asking(said.text, self._words)

    async def is_beyond(self, said: Spoken, line: Line) -> bool:
        """A question that begins like a command, which this person has no right to: « départ à quelle heure ? »."""
        asks = not said.explicit and asking(said.text or "", self._words)
        return bool(asks) and not await self._may_begin(said, line)

    async def _may_begin(self, said: Spoken, line: Line) -> bool:
        """Whether this command is theirs, in some lieu or in none."""
        person, action = said.event.sender, line.script.action
        return any(
            [await self._people.may(person, action, lieu) for lieu in (None, *await self._people.around(person))]
        )

    async def passed_on(self, said: Spoken) -> bool:
        """What the bot does not understand, said in private by whoever has concierges to ask: a question is passed on,
        anything else if they want that. A slip in a command of theirs, or an answer that comes too late, is neither."""
        event, text = said.event, said.text or ""
        if said.place is not Place.DIRECT or said.explicit or not tells(text, self._words):
            return False
        asks, known = asking(text, self._words), await self._calls.about(event.sender, event.room_id)
        if known["keeps"] or not (known["lieux"] or asks) or await self._answers_us(said):
            return False
        if not asks and await self._is_a_slip(said):
            return False
        script = self._engine.scripts[SPEAK if asks else PASS_ON]
        return await self._launcher.begin(said, Line(script, {"what": cut(text, LONGEST)}), understood=bool(asks))

    async def _answers_us(self, said: Spoken) -> bool:
        target = said.replies_to if said.on_purpose else None
        return target is not None and await self._database.read(open_questions.pointed, target) is not None

    async def _is_a_slip(self, said: Spoken) -> bool:
        first = fold(said.text or "").split()[0]
        if len(first) < SHORTEST_SLIP:
            return False  # « la porte… » is no slip of « langue »
        near = [self._table.read(word) for word in self._table.near(first, self._language)]
        return any([line is not None and await self._may_begin(said, line) for line in near])


# -- how people say it


def wanted(text: str, words: Words) -> str | None:
    """What is to be said to them: « je voudrais parler à quelqu’un » says nothing yet (""), « … pour la clé de
    l’atelier » does. None where nobody asks for a human."""
    said = f" {fold(text)} "
    phrases = [phrase for phrase in words.means("talk.words.somebody") if f" {phrase} " in said]
    if not phrases:
        return None
    rest = said.replace(f" {max(phrases, key=len)} ", " ").split()
    return text.strip() if set(rest) - _padding(words) else ""


def tells(text: str, words: Words) -> bool:
    """Whether there is more in it than courtesy: « merci beaucoup » needs no answer."""
    tokens = fold(text).split()
    return len(tokens) > 1 and yes_or_no(text, words) is None and bool({*tokens} - _padding(words))


def is_settled(text: str, words: Words) -> bool:
    """« c’est réglé, merci »."""
    said = fold(text)
    meant = words.means("speak.words.settled")
    return said in meant or " ".join(each for each in said.split() if each not in _polite(words)) in meant


def _padding(words: Words) -> set[str]:
    return _polite(words) | {token for phrase in words.means("talk.words.wishing") for token in phrase.split()}


def _polite(words: Words) -> set[str]:
    return {token for phrase in words.means("talk.words.polite") for token in phrase.split()}


# -- the lines of a call: how each is kept, how it reads on the other side, what ends or corrects it


def key_of(event_id: str) -> str:
    return f"{LINE}{event_id}]"


def who_calls(call: Conversation) -> str:
    return str((call.args or {}).get("who"))


def is_answer(row: Step, person: str) -> bool:
    return row.key.startswith(LINE) and row.by != person


def content(talk: Talk, room_id: str, kind: str, name: str, line: Said) -> Content:
    """A line as the other side reads it: below the card, or in private."""
    words = {"who": name, "said": words_of(line), "lieu": talk.voice.lieu.name if talk.voice.lieu else ""}
    told = talk.voice.content(room_id, f"speak.{kind}", words, below=CARD if kind == "line" else "")
    return with_file(told, line)


def said_in(what: Said | str) -> Said:
    """What a call begins with; earlier versions kept its words alone."""
    return {"text": what} if isinstance(what, str) else what


def words_of(line: Said) -> Rendered | str:
    """What is read of it: its words, with what is missing of them, else the name of the file."""
    shown = passages.shown(line)
    return shown if shown.plain else str(line["attachment"]["name"]) if "attachment" in line else ""


def with_file(told: Content, line: Said) -> Content:
    return told | forwarded(line["attachment"], told["body"]) if "attachment" in line else told


def settle(run: Run, talk: Talk, event: Event, name: str) -> None:
    """Both sides are told, and the call ends."""
    key, room_id = key_of(event.event_id), str((run.conversation.args or {}).get("room"))
    run.keep(key, "say", "done", by=event.sender, room_id=event.room_id)
    side = "person" if event.sender == talk.person else "house"
    words = {"who": who_calls(run.conversation), "by": name}
    talk.voice.tell(key, f"speak.settled-by-{side}", room_id, part="private", notice=True, words=words)
    talk.voice.tell(key, f"speak.settled-office-{side}", talk.room, part="office", notice=True, words=words, below=CARD)
    talk.note("call-settled", talk.person, by=event.sender)
    id, at = run.conversation.id, run.now()
    run.pending.append(lambda tx: conversations.end(tx, id, "done", at))


def reword(run: Run, talk: Talk, event: Event, line: Said) -> None:
    """What the card says was edited or taken back."""
    args = run.conversation.args or {}
    line = {"text": talk.phrase("speak.taken-back")} if line.get("deleted") else line
    args = args | {"what": line}
    run.conversation = replace(run.conversation, args=args)
    run.pending.append(lambda tx: conversations.set_args(tx, run.conversation.id, args))
    words = {"who": who_calls(run.conversation), "person": args["address"], "what": words_of(line)}
    card = with_file(talk.voice.content(talk.room, f"speak.{CARD}", words), line)
    first = {"$event": run.conversation.txn(CARD)}
    run.post(talk.room, CARD, MESSAGE, edit(first, card), event.event_id)
