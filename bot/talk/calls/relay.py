"""The ears of a call: what is said in private is read in its thread of the conciergerie, and what a concierge writes
there is told in private, until it is settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.lieux import Lieu
from bot.matrix.message import edit, reaction, text
from bot.people import Place
from bot.store import budgets, conversations, inbox, open_questions, outbox, rooms
from bot.store.conversations import Conversation
from bot.store.database import Tx
from bot.store.inbox import Event
from bot.store.outbox import REDACTION, Letter
from bot.talk.budgets import Budget
from bot.talk.calls.calls import Calls
from bot.talk.calls.detection import is_settled
from bot.talk.calls.lines import (
    CALLED,
    CARD,
    Json,
    content,
    is_answer,
    key_of,
    line_in,
    reword,
    settle,
    who_calls,
    with_file,
    words_of,
)
from bot.talk.command_table import Table
from bot.talk.context import Context
from bot.talk.engine import Engine
from bot.talk.incoming import Spoken
from bot.talk.replies import Purse, Replies
from bot.talk.run import Run
from bot.talk.talk import Talk
from bot.talk.voice import MESSAGE, REACTION
from bot.words import fold

PASSED, ANSWER = "📨", "answer"
# In an hour: lines of one person, and of one concierge.
LINES, OF_CONCIERGE = Budget("call-lines", 40), Budget("call-lines", 300)
Change = Callable[[Run, Talk], None]


class Relaying:
    """Every method that hears says whether the event was for it, and is settled."""

    def __init__(self, engine: Engine, table: Table, calls: Calls, around: Context) -> None:
        self._engine, self._table, self._calls = engine, table, calls
        self._database, self._people, self._lieux = around.database, around.people, around.lieux
        self._words, self._membership = around.words, around.membership
        self._now, self._posted = around.now, around.posted
        self._replies = Replies(around)

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
        line, name = line_in(event), await self._people.name(event.sender)
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
        line = line_in(event)
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

    def _cancels(self, line: Json) -> bool:
        return fold(line.get("text", "")) in self._words.means("talk.words.cancel")

    async def corrected(self, event: Event) -> bool:
        """A line that was edited, by whoever said it and may still say one, or deleted."""
        deleted = event.type == REDACTION
        of = event.content.get("redacts") if deleted else event.relation.get("event_id")
        call = await self._with_line(event.room_id, of) if isinstance(of, str) else None
        line = {"deleted": True} if deleted else line_in(event)
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

    async def _reworded(self, event: Event, call: Conversation, of: str, line: Json, *purses: Purse) -> bool:
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
