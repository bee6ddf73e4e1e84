"""Somebody asked for a human: what they say in private is read in a thread of the conciergerie, and what a concierge
writes there is told to them, until it is settled.

A call is an open conversation « called »: its card is its first step, each line that was passed on another one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.budgets import Budget
from bot.lieux import Lieu
from bot.matrix.message import attached, edit, forwarded, plain_text, reaction, text
from bot.people import Place, Role
from bot.store import arrivals, budgets, inbox, journal, outbox, questions, rooms
from bot.store.database import Tx
from bot.store.inbox import Event
from bot.store.journal import Conversation, Step
from bot.store.outbox import Letter
from bot.talk import changes
from bot.talk.engine import Engine
from bot.talk.humans import is_settled
from bot.talk.replies import Purse, Replies
from bot.talk.run import Run
from bot.talk.spoken import Spoken
from bot.talk.surroundings import Surroundings
from bot.talk.table import Table
from bot.talk.talk import Talk
from bot.words import fold

CALLED = "called"
ASIDE = ("speak", "pass-on", "call")  # conversations about wanting a human: they interrupt others
PASSED = "📨"
LONGEST = 4000
MESSAGE, REACTION, REDACTION = "m.room.message", "m.reaction", outbox.REDACTION
# In an hour: lines of one person, and of one concierge.
LINES, OF_CONCIERGE = Budget("call-lines", 40), Budget("call-lines", 300)
Json = dict[str, Any]
Change = Callable[[Run, Talk], None]


class Calls:
    """`me` is the bot. Every method that hears says whether the event was for it, and is settled."""

    def __init__(self, me: str, engine: Engine, table: Table, around: Surroundings) -> None:
        self._me, self._engine, self._table = me, engine, table
        self._database, self._people, self._lieux = around.database, around.people, around.lieux
        self._words, self._membership = around.words, around.membership
        self._now, self._posted = around.now, around.posted
        self._replies = Replies(around)

    # -- what is heard

    async def hear(self, said: Spoken, *, asked: bool) -> bool:
        """A line of a call that goes on. `asked`: the bot waits for an answer of theirs here, which this may be."""
        if said.event.relation.get("rel_type") == "m.replace" or said.explicit:
            return False
        if said.place is Place.DIRECT:
            return await self._from_person(said, asked=asked)
        return await self._from_house(said)

    async def _from_person(self, said: Spoken, *, asked: bool) -> bool:
        pointed = await self._pointed(said)
        call = pointed or (None if asked or self._is_command(said) else await self._open_with(said.event.sender))
        lieu = await self._lieux.get(call.lieu) if call and call.lieu is not None else None
        if call is None or lieu is None or call.person != said.event.sender or call.status != "open":
            return False
        if await self.reached(lieu) != call.room_id or not await self._belongs(call.person, lieu):
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
            return await self._replies.reply(said.event, "speak.gone", notice=True, who=_who(call))
        purse = (OF_CONCIERGE, budgets.of_person(said.event.sender))
        return (
            await self._replies.rests(said.event, purse)
            or await self._passed(said.event, call, room_id, purse)
            or await self._late(said.event, call, room_id, lieu)
        )

    async def _late(self, event: Event, call: Conversation, to: str, lieu: Lieu) -> bool:
        """A call that is over: what a concierge adds is told all the same, and begins nothing."""
        line, name = _line(event), await self._people.name(event.sender)
        if line is None or is_settled(line.get("text", ""), self._words):
            return False
        language = await self._people.language(call.person, lieu)
        words = {"who": name, "said": _words(line)}
        content = text(*self._words.sentence(language, "speak.answer", words, overlay=lieu.words))
        passed = reaction(event.event_id, PASSED)
        told = Letter(to, call.txn(event.event_id), MESSAGE, _with_file(content, line), call.id, lieu=lieu.id)
        seen = Letter(event.room_id, call.txn(event.event_id, "passed"), REACTION, passed, call.id, lieu=lieu.id)
        await self._database.write(_post, (told, seen), event.event_id, self._now())
        self._posted()
        return True

    async def _passed(self, event: Event, call: Conversation, to: str, purse: Purse) -> bool:
        """The line is said on the other side; or it says that all is settled."""
        line = _line(event)
        if line is None:
            return False
        own = event.sender == call.person
        settles = is_settled(line.get("text", ""), self._words) or (own and self._cancels(line))
        name = _who(call) if own else await self._people.name(event.sender)

        def change(run: Run, talk: Talk) -> None:
            key = _key(event.event_id)
            if key in run.rows:
                return
            run.pending.append(self._replies.spends(event, [purse]))
            if settles:
                _settle(run, talk, event, name)
                return
            first = not own and not any(_is_answer(row, call.person) for row in run.rows.values())
            kind = "line" if own else "answer-first" if first else "answer"
            run.keep(key, "say", "done", by=event.sender, room_id=to, value={"kind": kind, "name": name, "edits": []})
            run.post(to, key, MESSAGE, _content(talk, to, kind, name, line))
            run.post(event.room_id, key, REACTION, reaction(event.event_id, PASSED), "passed")
            if first:
                talk.tell(
                    key,
                    "speak.told",
                    event.room_id,
                    part="told",
                    notice=True,
                    words={"who": _who(run.conversation)},
                    below=CARD,
                )

        return await self._change(event, call, change)

    def _cancels(self, line: Json) -> bool:
        return fold(line.get("text", "")) in self._words.means("talk.words.cancel")

    async def corrected(self, event: Event) -> bool:
        """A line that was edited, by whoever said it, or deleted."""
        deleted = event.type == REDACTION
        of = event.content.get("redacts") if deleted else event.relation.get("event_id")
        call = await self._with_line(event.room_id, of) if isinstance(of, str) else None
        line = {"deleted": True} if deleted else _line(event)
        if call is None or not isinstance(of, str) or line is None:
            return False
        done = False

        def change(run: Run, talk: Talk) -> None:
            nonlocal done
            row = run.rows.get(_key(of))
            if row is None:
                _reword(run, talk, event, line)
            elif deleted:
                for n, txn in enumerate((run.conversation.txn(row.key), *row.value["edits"])):
                    content = {"redacts": {"$event": txn}}
                    run.post(row.room_id or "", row.key, REDACTION, content, f"gone{n}")
            else:
                content = _content(talk, row.room_id or "", row.value["kind"], row.value["name"], line)
                first = {"$event": run.conversation.txn(row.key)}
                txn = run.post(row.room_id or "", row.key, MESSAGE, edit(first, content), event.event_id)
                run.keep(row.key, "say", "done", value=row.value | {"edits": [*row.value["edits"], txn]})
            done = True

        author = await self._author(call, of)
        if not deleted and author != event.sender:
            return False
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
            call = await self._database.read(journal.conversation, found[0]) if found else None
            if call is not None and call.dialogue == CALLED:
                return call
        return None

    async def _open_with(self, person: str) -> Conversation | None:
        """The call of this person in which something was said last."""
        return next(iter(await self._database.read(journal.open_by, CALLED, person)), None)

    async def _with_line(self, room_id: str, event_id: str) -> Conversation | None:
        """The open call that began with this message, or has a line that was said in it."""
        lieu = await self._lieux.of_room(room_id)
        person = await self._database.read(rooms.person_of_direct, room_id)
        found = await self._database.read(journal.open_by, CALLED, person) if person else []
        found += [one for one in await self._open_for(lieu) if one.room_id == room_id] if lieu else []
        for call in found:
            if (call.args or {}).get("source") == event_id or await self._author(call, event_id):
                return call
        return None

    async def _open_for(self, lieu: Lieu) -> list[Conversation]:
        return await self._database.read(journal.open_for_lieu, CALLED, lieu.id)

    async def _author(self, call: Conversation, event_id: str) -> str | None:
        if (call.args or {}).get("source") == event_id:
            return call.person
        found = await self._database.read(questions.pair, call.id, _key(event_id))
        return found[1].by if found else None

    def _is_command(self, said: Spoken) -> bool:
        """« aide » and « langue » are commands in the middle of a call too; « langue des signes » is not."""
        line = self._table.read(said.text or "")
        helping = fold(said.text or "") in self._words.means("talk.words.help")
        return helping or (line is not None and not line.given and len(fold(said.text or "").split()) == 1)

    # -- what scripts ask

    async def about(self, person: str, room_id: str) -> Json:
        """`lieux`: [id, name] of each whose concierges this person may want, `keeps`: the names of those that they look
        after themselves. What goes on with them in this room says which one is meant."""
        open_here = await self._database.read(questions.open_of, person, room_id)
        going_on = [one.lieu for one in open_here if one.dialogue not in ASIDE]
        found, keeps = [], []
        for lieu in await self._lieux.all():
            if await self._people.role(person, lieu) >= Role.CONCIERGE:
                keeps.append(lieu.name)
            elif await self._belongs(person, lieu) or lieu.id in going_on:
                found.append([str(lieu.id), lieu.name])
        meant = [one for one in found if int(one[0]) in going_on]
        return {"lieux": meant[:1] or found, "keeps": keeps}

    async def _belongs(self, person: str, lieu: Lieu) -> bool:
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

    async def add(self, lieu: Lieu, person: str, source: str, what: str) -> bool:
        """One more line of the call that goes on in this lieu. False where none does."""
        for call in await self._database.read(journal.open_by, CALLED, person):
            if call.lieu == lieu.id and call.room_id == lieu.office:
                event = Event(source, "", person, 0, MESSAGE, {"msgtype": "m.text", "body": what})
                return await self._told_again(event, call)
        return False

    async def _told_again(self, event: Event, call: Conversation) -> bool:
        known = False

        def change(run: Run, talk: Talk) -> bool:
            nonlocal known
            known, key = True, _key(event.event_id)
            if key not in run.rows and (run.conversation.args or {}).get("source") != event.event_id:
                value = {"kind": "line", "name": _who(call), "edits": []}
                run.keep(key, "say", "done", by=event.sender, room_id=call.room_id, value=value)
                content = _content(talk, call.room_id, "line", _who(call), _line(event) or {})
                run.post(call.room_id, key, MESSAGE, content)
            return False

        await self._engine.advance(call.id, change)
        return known

    async def seen(self, call: int, patience: float) -> Json:
        """Whether a concierge `answered`, and how many seconds are `left` until nothing was said for so long."""
        found = await self._database.read(journal.conversation, call)
        rows = (await self._database.read(journal.steps, call)).values()
        lines = [row for row in rows if row.key.startswith(LINE)]
        begun, person = (found.created_at, found.person) if found else (0, "")
        last = max([begun, *(row.at for row in lines)])
        left = patience - (self._now() - last) / 1000
        return {"answered": any(_is_answer(row, person) for row in lines), "left": left}

    async def ask_again(self, person: str, room_id: str, cause: str) -> None:
        """Put the question again that was open when they asked for somebody."""
        for one in await self._database.read(questions.open_of, person, room_id):
            steps = await self._database.read(journal.steps, one.id)
            if one.dialogue not in ASIDE and changes.open_questions(steps, person):
                await self._engine.repeat(one.id, f"again/{cause}")
                return


# -- the lines of a call

LINE = "line["
CARD = "card"


def _key(event_id: str) -> str:
    return f"{LINE}{event_id}]"


def _who(call: Conversation) -> str:
    return str((call.args or {}).get("who"))


def _is_answer(row: Step, person: str) -> bool:
    return row.key.startswith(LINE) and row.by != person


def _line(event: Event) -> Json | None:
    """`text` or `attachment`; None for what cannot be passed on."""
    new = event.content.get("m.new_content")
    content = new if isinstance(new, dict) else event.content
    typed = plain_text(content)
    if typed:
        return {"text": typed[:LONGEST]}
    found = attached(content)
    return {"attachment": found} if found else None


def _content(talk: Talk, room_id: str, kind: str, name: str, line: Json) -> Json:
    """A line as the other side reads it: below the card, or in private."""
    words = {"who": name, "said": _words(line), "lieu": talk.lieu_name}
    content = talk.content(room_id, f"speak.{kind}", words, below=CARD if kind == "line" else "")
    return _with_file(content, line)


def _words(line: Json) -> str:
    return str(line["attachment"]["name"] if "attachment" in line else line.get("text", ""))


def _with_file(content: Json, line: Json) -> Json:
    return content | forwarded(line["attachment"], content["body"]) if "attachment" in line else content


def _post(tx: Tx, letters: Sequence[Letter], event_id: str, now: int) -> None:
    for letter in letters:
        outbox.post(tx, letter, now)
    inbox.done(tx, event_id)


def _settle(run: Run, talk: Talk, event: Event, name: str) -> None:
    """Both sides are told, and the call ends."""
    key, room_id = _key(event.event_id), str((run.conversation.args or {}).get("room"))
    run.keep(key, "say", "done", by=event.sender, room_id=event.room_id)
    side = "person" if event.sender == talk.person else "house"
    words = {"who": _who(run.conversation), "by": name}
    talk.tell(key, f"speak.settled-by-{side}", room_id, part="private", notice=True, words=words)
    talk.tell(key, f"speak.settled-office-{side}", talk.room, part="office", notice=True, words=words, below=CARD)
    talk.note("call-settled", talk.person, by=event.sender)
    id, at = run.conversation.id, run.now()
    run.pending.append(lambda tx: journal.end(tx, id, "done", at))


def _reword(run: Run, talk: Talk, event: Event, line: Json) -> None:
    """What the card says was edited or taken back."""
    args = run.conversation.args or {}
    what = talk.phrase("speak.taken-back") if line.get("deleted") else line.get("text", "")
    args = args | {"what": what}
    run.conversation = replace(run.conversation, args=args)
    run.pending.append(lambda tx: journal.set_args(tx, run.conversation.id, args))
    words = {"who": _who(run.conversation), "person": args["address"], "what": what}
    card = talk.content(talk.room, "speak.card", words)
    first = {"$event": run.conversation.txn(CARD)}
    run.post(talk.room, CARD, MESSAGE, edit(first, card), event.event_id)
