"""From an event to a conversation: whose answer is this, or which command?

A reaction or a reply points at its question; then the thread, then the only question open to this person in this room.
What is none of these is a command, or gets a helpful answer where the bot was spoken to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.lieux import Lieu, Lieux
from bot.matrix.message import is_for, key_of, plain_text, text
from bot.people import People, Place, Role
from bot.store import inbox, journal, outbox, rooms
from bot.store.database import Database, Tx
from bot.store.inbox import Event
from bot.store.journal import Conversation, Step
from bot.store.outbox import Letter
from bot.talk.table import Line, Table
from bot.talk.engine import Engine
from bot.words import Words, fold

Pair = tuple[Conversation, Step]
CONTROLS = ("why", "back", "cancel", "later", "edit", "where")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message as the bot takes it: what was typed, where, and whether the bot was spoken to."""

    event: Event
    text: str | None
    place: Place
    lieu: Lieu | None
    addressed: bool
    command: str | None  # the line without prefix or mention

    @property
    def thread(self) -> str | None:
        relation = self.event.relation
        root = relation.get("event_id") if relation.get("rel_type") == "m.thread" else None
        return root if isinstance(root, str) else None


class Understanding:
    """Routes messages and reactions. `me` is the bot's own Matrix id; `direct` finds or makes a direct room."""

    def __init__(
        self,
        me: str,
        prefix: str,
        database: Database,
        engine: Engine,
        table: Table,
        words: Words,
        people: People,
        lieux: Lieux,
        direct: Callable[[str], Awaitable[str]],
        now: Callable[[], int],
        posted: Callable[[], None],
        language: str,
    ) -> None:
        self._me = me
        self._prefix = prefix
        self._database = database
        self._engine = engine
        self._table = table
        self._words = words
        self._people = people
        self._lieux = lieux
        self._direct = direct
        self._now = now
        self._posted = posted
        self._language = language

    # -- reactions

    async def reaction(self, event: Event) -> bool:
        """A click on one of our questions, by somebody who may answer it."""
        target, key = event.relation.get("event_id"), event.relation.get("key")
        if not isinstance(target, str) or not isinstance(key, str):
            return False
        pair = await self._question_of(target)
        if pair is None:
            return False
        conversation, step = pair
        if not await self._may_answer(event.sender, conversation, step):
            return False
        if step.status != "asked":
            return await self._reply(event, "talk.already-answered", notice=True)
        raw = await self._raw(event, reaction=key_of(key))
        return await self._engine.hear(conversation.id, step.key, raw) or await self._reply(
            event, "talk.already-answered", notice=True
        )

    async def _question_of(self, event_id: str) -> Pair | None:
        found = await self._database.read(outbox.step_of, event_id)
        return await self._database.read(journal.pair, *found) if found else None

    async def _may_answer(self, person: str, conversation: Conversation, step: Step) -> bool:
        if step.of is None or step.of.startswith("@"):
            return step.of == person
        lieu = await self._lieux.get(conversation.lieu) if conversation.lieu is not None else None
        return await self._people.may(person, step.of, lieu, await self._place(step.room_id or "", lieu))

    # -- messages

    async def message(self, event: Event) -> bool:
        """Something was said. True where the event was settled on the way."""
        if event.content.get("msgtype") == "m.notice":
            return False
        if event.relation.get("rel_type") == "m.replace":
            return await self._reworded(event)
        spoken = await self._spoken(event)
        pair = await self._pointed(spoken)
        control = self._control(spoken, pair)
        if control is not None:
            return await self._controlled(spoken, control, pair)
        if spoken.command is not None and (line := self._line(spoken, pair)) is not None:
            return await self._begin(spoken, line)
        if pair is not None:
            return await self._answered(spoken, *pair)
        return await self._lost(spoken) if spoken.addressed else False

    async def _spoken(self, event: Event) -> Spoken:
        typed = plain_text(event.content, self._me)
        lieu = await self._lieux.of_room(event.room_id)
        place = await self._place(event.room_id, lieu)
        called = is_for(event.content, self._me)
        command = typed.strip() if typed and (called or place is Place.DIRECT) else None
        if typed and typed.lstrip().startswith(self._prefix):
            command = typed.lstrip()[len(self._prefix) :]
        return Spoken(event, typed, place, lieu, command is not None or called or place is Place.DIRECT, command)

    async def _place(self, room_id: str, lieu: Lieu | None) -> Place:
        if lieu is not None and room_id == lieu.office:
            return Place.OFFICE
        return Place.DIRECT if await self._database.read(rooms.person_of_direct, room_id) else Place.ROOM

    def _line(self, spoken: Spoken, pair: Pair | None) -> Line | None:
        """A command: with its prefix always; in plain words only where no question is open."""
        prefixed = spoken.text is not None and spoken.text.lstrip().startswith(self._prefix)
        return self._table.read(spoken.command or "") if prefixed or pair is None else None

    # -- answers

    async def _pointed(self, spoken: Spoken) -> Pair | None:
        """The question that this message points at, or the only one open to its sender here."""
        event = spoken.event
        reply = event.relation.get("m.in_reply_to")
        target = reply.get("event_id") if isinstance(reply, dict) else None
        for pointed in (target, spoken.thread):
            pair = await self._question_of(pointed) if isinstance(pointed, str) else None
            if pair and pair[1].status == "asked" and await self._may_answer(event.sender, *pair):
                return pair
        pairs = await self._database.read(journal.open_questions, event.room_id)
        own = [pair for pair in pairs if pair[1].of == event.sender]
        return own[-1] if own else None

    async def _answered(self, spoken: Spoken, conversation: Conversation, step: Step) -> bool:
        if conversation.held_by is not None:
            return False  # a concierge speaks with this person now
        raw = await self._raw(spoken.event, text=spoken.text)
        return await self._engine.hear(conversation.id, step.key, raw)

    async def _raw(self, event: Event, *, text: str | None = None, reaction: str | None = None) -> dict[str, Any]:
        msgtype = event.content.get("msgtype")
        name = await self._people.name(event.sender)
        return {
            "text": text,
            "reaction": reaction,
            "msgtype": msgtype if isinstance(msgtype, str) else "m.text",
            "event_id": event.event_id,
            "by": event.sender,
            "name": name,
            "pills": _pills(event.content, self._me),
        }

    async def _reworded(self, event: Event) -> bool:
        """An edit is no new command; where it edits an answer that can still be changed, it changes it."""
        new = event.content.get("m.new_content")
        typed = plain_text(new, self._me) if isinstance(new, dict) else None
        found = await self._database.read(journal.answer_of, str(event.relation.get("event_id")), event.sender)
        if typed is None or found is None:
            return False
        await self._engine.reword(*_swap(found, event.event_id), await self._raw(event, text=typed))
        return True

    # -- words that steer

    def _control(self, spoken: Spoken, pair: Pair | None) -> str | None:
        """« pourquoi », « retour », « annuler »… where a conversation is going on, or with the prefix."""
        said = fold(spoken.command if spoken.command is not None else spoken.text or "")
        if not said or (pair is None and spoken.command is None):
            return None
        first = said.split(" ")[0]
        for name in CONTROLS:
            meant = self._words.means(f"talk.words.{name}")
            if said in meant or (name == "edit" and pair is not None and first in meant):
                return name
        return None

    async def _controlled(self, spoken: Spoken, control: str, pair: Pair | None) -> bool:
        event = spoken.event
        open_here = await self._database.read(journal.open_of, event.sender, event.room_id)
        conversation = pair[0] if pair and pair[0].person == event.sender else next(iter(open_here), None)
        if conversation is None:
            return await self._reply(event, "talk.nothing-open")
        match control:
            case "back":
                await self._engine.back(conversation.id, event.event_id)
            case "cancel":
                await self._engine.cancel(conversation.id, event.event_id)
            case "where":
                await self._engine.repeat(conversation.id, event.event_id)
            case "edit":
                await self._engine.edit(conversation.id, event.event_id, spoken.text or "")
            case "later":
                await self._engine.say(conversation.id, event.event_id, "talk.later")
            case _:
                await self._engine.say(conversation.id, event.event_id, self._why(conversation, pair))
        return True

    def _why(self, conversation: Conversation, pair: Pair | None) -> str:
        step = pair[1].key.partition("#")[0].partition("[")[0] if pair else ""
        key = f"{self._engine.scripts[conversation.dialogue].family}.{step}.why"
        return key if self._words.has(key) else "talk.why"

    # -- commands

    async def _begin(self, spoken: Spoken, line: Line) -> bool:
        """Begin a command for the lieu it is about, where it may be said; else say why not."""
        event, script = spoken.event, line.script
        lieu = spoken.lieu or await self._only_lieu(event.sender)
        if await self._people.may(event.sender, script.action, lieu, spoken.place):
            return await self._start(spoken, line, lieu, event.room_id)
        if await self._people.may(event.sender, script.action, lieu, Place.DIRECT):
            room = await self._direct(event.sender)
            await self._start(spoken, line, lieu, room)
            return await self._reply(event, "talk.moved")
        return await self._reply(event, "talk.not-for-you")

    async def _start(self, spoken: Spoken, line: Line, lieu: Lieu | None, room_id: str) -> bool:
        event = spoken.event
        await self._engine.start(
            Conversation(
                line.script.name,
                event.sender,
                room_id,
                event.event_id,
                lieu.id if lieu else None,
                {"given": dict(line.given)},
                spoken.thread if room_id == event.room_id else None,
            )
        )
        return True

    async def _only_lieu(self, person: str) -> Lieu | None:
        """In a direct conversation, the lieu that this person looks after; else the one they belong to."""
        for role in (Role.CONCIERGE, Role.NEWCOMER):
            found = await self._people.lieux_of(person, role)
            if found:
                return found[0]
        return None

    # -- when nothing fits

    async def _lost(self, spoken: Spoken) -> bool:
        """The bot was spoken to and does not see what is meant."""
        event = spoken.event
        waiting = list(await self._database.read(journal.open_of, event.sender, event.room_id))
        if any(c.held_by for c in waiting):
            return False
        prefixed = spoken.text is not None and spoken.text.lstrip().startswith(self._prefix)
        if waiting and not prefixed:
            return await self._reply(event, "talk.waiting")
        if spoken.text is None:
            return await self._reply(event, "talk.text-wanted")
        language = await self._people.language(event.sender, spoken.lieu, self._language)
        near = self._table.near(spoken.command or spoken.text, language)
        if near:
            return await self._reply(event, "talk.unknown-command", near=[f"{self._prefix}{word}" for word in near])
        return await self._reply(event, "talk.nothing-open", prefix=self._prefix)

    async def unreadable(self, event: Event) -> bool:
        """Its key never came: say so, where the bot is being spoken to."""
        lieu = await self._lieux.of_room(event.room_id)
        private = await self._place(event.room_id, lieu) is not Place.ROOM
        return await self._reply(event, "talk.unread") if private else False

    async def verification(self, event: Event) -> bool:
        return await self._reply(event, "talk.verification")

    async def _reply(self, event: Event, key: str, *, notice: bool = False, **holes: Any) -> bool:
        """Answer outside of any conversation, once, and settle the event in the same transaction."""
        lieu = await self._lieux.of_room(event.room_id)
        language = await self._people.language(event.sender, lieu, self._language)
        overlay = lieu.words if lieu else {}
        content = text(
            *self._words.sentence(language, key, holes, overlay=overlay), notice=notice, reply_to=event.event_id
        )
        txn = hashlib.sha256(f"{event.event_id}/{key}".encode()).hexdigest()[:32]
        letter = Letter(event.room_id, txn, "m.room.message", content)
        await self._database.write(_post_and_settle, letter, event.event_id, self._now())
        self._posted()
        return True


def _post_and_settle(tx: Tx, letter: Letter, event_id: str, now: int) -> None:
    outbox.post(tx, letter, now)
    inbox.done(tx, event_id)


def _swap(found: tuple[int, str], event_id: str) -> tuple[int, str, str]:
    conversation, key = found
    return conversation, event_id, key


def _pills(content: dict[str, Any], me: str) -> list[str]:
    """Who is mentioned, besides the bot."""
    mentions = content.get("m.mentions")
    named = mentions.get("user_ids") if isinstance(mentions, dict) else None
    return [each for each in named if isinstance(each, str) and each != me] if isinstance(named, list) else []
