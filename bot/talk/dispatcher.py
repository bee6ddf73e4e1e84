"""From an event to a conversation: whose answer is this, or which command?

A reaction or a reply points at its question; then the thread, then the only question open to this person in this room.
What is none of these is a command, or gets a helpful answer where the bot was spoken to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.lieux import Lieu
from bot.matrix.message import attached, key_of
from bot.matrix.passages import Said, without_first
from bot.matrix.typed import Typed, called_by
from bot.people import AMONG_THEMSELVES, BY_ANOTHER, Place, Role
from bot.store import budgets, conversations, inbox, open_questions, outbox, rooms
from bot.store.budgets import Budget
from bot.store.conversations import Conversation, Step
from bot.store.database import Tx
from bot.store.inbox import Event
from bot.store.open_questions import STOPPING, Pair
from bot.talk import corrections
from bot.talk.answers.agreement import is_made_of
from bot.talk.answers.unpointed import UNPOINTED, begins_agreed, begins_bare, is_bare
from bot.talk.calls import Calls, Handoff, Relay
from bot.talk.command_line import CONTROLS, CommandTable, Launcher, Line, Spoken, spoken, written_by
from bot.talk.context import Context
from bot.talk.engine import Engine
from bot.talk.questions import FILES
from bot.talk.replies import Purse, Replies, Work, lost_by
from bot.talk.voice import why_of
from bot.words import fold

WHOLE = 3  # words of a sentence that is no answer to anything else
STEERING = Budget("steering", 60)  # « où », « retour », an answer that is edited: each asks something again
IN_CLEAR, UPGRADED = Budget("in-clear", 1), Budget("upgraded", 1)
UNPOINTED_HINTS = Budget("unpointed", 2)
MOST_NEAR = 5  # commands that are proposed for what somebody said
PAUSE = 10 * 60_000  # milliseconds after which nobody answers what somebody said
# Answers that are understood: a program that changes one of them for ever makes each question be asked for ever.
HEARD, OF_CONCIERGE = Budget("heard", 200), Budget("heard", 1500)


class Dispatcher:
    """Routes messages and reactions. `me` and `name` are the bot's own; `direct` finds or makes a direct room,
    `hosts_room` tells that of whoever hosts the bot, if there is one."""

    def __init__(
        self,
        me: str,
        name: str,
        engine: Engine,
        table: CommandTable,
        context: Context,
        calls: Calls,
        relay: Relay,
        direct: Callable[[str], Awaitable[str]],
        hosts_room: Callable[[], Awaitable[str | None]],
    ) -> None:
        self._me, self._name, self._hosts_room = me, name, hosts_room
        self._engine, self._table = engine, table
        self._database, self._words = context.database, context.words
        self._people, self._lieux, self._language = context.people, context.lieux, context.language
        self._replies, self._relay = Replies(context), relay
        self._launcher = Launcher(engine, self._people, self._lieux, self._replies, direct)
        self._handoff = Handoff(engine, table, calls, self._launcher, context)

    async def hear(self, event: Event) -> bool:
        """True where the event was settled on the way."""
        match event.type:
            case "m.reaction":
                return await self.reaction(event)
            case "m.room.redaction":
                return await self.deleted(event)
            case "m.room.encrypted":
                return await self.unreadable(event)
            case type if type != "m.room.message":
                return await self._wordless(event)
        if event.content.get("msgtype") == "m.key.verification.request":
            return await self.verification(event)
        return await self.message(event)

    async def _wordless(self, event: Event) -> bool:
        """A sticker or a poll answers nothing that the bot asks; in a call it is for the other side, as words are."""
        if event.sender == self._me or await self._database.read(conversations.is_held, event.room_id):
            return False
        if event.relation.get("rel_type") == "m.replace":
            return await self._relay.corrected(event)
        said = await self._spoken(event)
        return await self._relay.hear(said, asked=await self._pointed(said) is not None)

    # -- reactions

    async def reaction(self, event: Event) -> bool:
        """A click on one of our questions, by somebody who may answer it."""
        target, key = event.relation.get("event_id"), event.relation.get("key")
        if not isinstance(target, str) or not isinstance(key, str) or event.sender == self._me:
            return False
        found = await self._database.read(open_questions.pointed, target)
        if found is None or await self._database.read(conversations.is_held, event.room_id):
            return False
        conversation, step, current = found
        if _needs_another(event, conversation, step):
            return await self._replies.reply(event, "talk.second-other", notice=True)
        if not await self._may_answer(event, conversation, step):
            return await self._too_new(event, conversation, step)
        if not current or step.status != "asked":
            return await self._late(event, step)
        raw = await self._raw(event) | {"reaction": key_of(key)}
        return await self._heard(event, conversation, step, raw) or await self._late(event, step)

    async def _late(self, event: Event, step: Step) -> bool:
        """The question was answered before, or asks something else now. In an open room that is nobody's business."""
        lieu = await self._lieux.of_room(event.room_id)
        if await self._place(event, lieu) is Place.ROOM:
            return False
        by_others = step.of is not None and not step.of.startswith("@")
        name = "talk.already-decided" if by_others else "talk.already-answered"
        if by_others and step.status == "asked":
            name = "talk.changed-since"
        return await self._replies.reply(event, name, notice=True)

    async def _too_new(self, event: Event, conversation: Conversation, step: Step) -> bool:
        """Who has not had the keys for a day yet is told from when their yes counts: it is not kept until then."""
        lieu = await self._lieux.get(conversation.lieu) if conversation.lieu is not None else None
        if lieu is None or step.of not in BY_ANOTHER or step.status != "asked" or event.room_id != step.room_id:
            return False
        at = await self._people.seasoned_at(event.sender, lieu)
        if at is None or at <= event.arrived_at:
            return False
        from_then = datetime.fromtimestamp(at / 1000, UTC)
        return await self._replies.reply(event, "talk.second-too-new", notice=True, at=from_then)

    async def _may_answer(self, event: Event, conversation: Conversation, step: Step) -> bool:
        """The person asked, as long as they have the right to this conversation; or whoever has the right named."""
        lieu = await self._lieux.get(conversation.lieu) if conversation.lieu is not None else None
        place = await self._place(event, lieu)
        another = step.of is not None and step.of.startswith("@") and step.of != event.sender
        elsewhere = step.room_id not in (None, event.room_id)  # what is asked among some is not answered among others
        if step.of is None or another or elsewhere or _needs_another(event, conversation, step):
            return False
        action = self._engine.scripts[conversation.dialogue].action if step.of.startswith("@") else step.of
        if not await self._people.may(event.sender, action, lieu, place):
            return False
        for_another = step.of != conversation.person  # that is a yes to an act
        return not for_another or await self._people.may(event.sender, action, lieu, place, fresh=True)

    # -- messages

    async def message(self, event: Event) -> bool:
        """Something was said. True where the event was settled on the way."""
        if event.content.get("msgtype") == "m.notice" or event.sender == self._me:
            return False
        said = await self._spoken(event)
        if not said.explicit and await self._database.read(conversations.is_held, event.room_id):
            return False  # a human speaks with this person now
        if event.relation.get("rel_type") == "m.replace":
            return await self._relay.corrected(event) or await self._edited(said)
        return await self._understood(said)

    async def _understood(self, said: Spoken) -> bool:
        pair = await self._pointed(said)
        if await self._relay.hear(said, asked=pair is not None):
            return True
        control = self._control(said, pair)
        if control is not None and (settled := await self._controlled(said, control, pair)):
            return settled
        if (line := self._handoff.line(said, pair) or self._line(said, pair)) is not None:
            if await self._handoff.is_beyond(said, line) and await self._handoff.passed_on(said):
                return True
            return await self._launcher.begin(said, line)
        if pair is not None and not said.prefixed:
            return await self._answered(said, *pair)
        return await self._lost(said) if said.addressed else await self._unpointed(said)

    async def command_in(self, event: Event) -> str | None:
        """The name of the command that this message is, were it heard; an edit is none, nor is what bots say."""
        if event.type != "m.room.message" or event.relation.get("rel_type") == "m.replace":
            return None
        if event.content.get("msgtype") == "m.notice" or event.sender == self._me:
            return None
        said = await self._spoken(event)
        line = self._table.read(said.line) if said.line is not None else None
        return line.script.name if line else None

    async def _spoken(self, event: Event) -> Spoken:
        lieu = await self._lieux.of_room(event.room_id)
        return spoken(event, self._me, self._name, self._table, await self._place(event, lieu), lieu)

    async def _place(self, event: Event, lieu: Lieu | None) -> Place:
        if lieu is not None and event.room_id == lieu.office:
            return Place.OFFICE
        if lieu is None and event.room_id == await self._hosts_room():
            return Place.HOSTS
        person = await self._database.read(rooms.person_of_direct, event.room_id)
        return Place.DIRECT if person == event.sender else Place.ROOM

    def _line(self, said: Spoken, pair: Pair | None) -> Line | None:
        """A command, with its prefix or a mention; in plain words where no question is open, and « aide » always; in
        private, a whole sentence that asks for another thing than what is asked about."""
        if said.command is None and pair is None:
            return None
        line = self._table.read(said.line or said.typed or "")
        helping = fold(said.text or "") in self._words.means("talk.words.help")
        if said.explicit or pair is None or helping:
            return line
        asked = self._table.sentence(said.typed) if said.place is Place.DIRECT and said.typed else None
        if asked is None or len(fold(said.text or "").split()) < WHOLE:
            return None
        return None if self._engine.scripts[pair[0].dialogue].action == asked.script.action else asked

    # -- answers

    async def _pointed(self, said: Spoken) -> Pair | None:
        """The question that this message points at, or the only one open to its sender here."""
        for target in (said.replies_to, said.thread):
            found = await self._database.read(open_questions.pointed, target) if target else None
            if found and found[1].status == "asked" and found[2] and await self._may_answer(said.event, *found[:2]):
                return found[0], found[1]
        pairs = await self._database.read(open_questions.open_questions, said.event.room_id)
        own = [pair for pair in pairs if pair[1].of == said.event.sender and _here(said, pair[0])]
        return own[-1] if own and await self._may_answer(said.event, *own[-1]) else None

    async def _answered(self, said: Spoken, conversation: Conversation, step: Step) -> bool:
        event = said.event
        if await self._is_hasty(said, step) or await self._answers_another(said, conversation, step):
            return await self._replies.reply(event, "talk.twice", notice=True)
        if n := await self._asked_since(said, step):
            return await self._replies.reply(event, "talk.which-of-several", notice=True, n=n + 1)
        if await self._is_left_behind(said, conversation, step):
            return await self._asked_whether(said, conversation, step)
        raw = await self._raw(event, said.typed, said.pills)
        raw |= {"asks": asks} if (asks := await self._handoff.asks(said, conversation, step)) else {}
        to_us = said.place is Place.DIRECT or said.explicit or bool(said.replies_to)
        return await self._heard(event, conversation, step, raw | {"to_us": to_us})

    async def _is_hasty(self, said: Spoken, step: Step) -> bool:
        """Whether this was said before the question was: it answers the one before. A file that was sent with its
        command is what the question is about."""
        if (step.value or {}).get(FILES) and attached(said.event.content):
            return False
        return await self._database.read(outbox.follows, corrections.posting(step) or "", said.event.seq)

    async def _asked_since(self, said: Spoken, step: Step) -> int:
        """How many questions that this may be for, as well as for this one of theirs, were put below it."""
        if said.explicit or not is_bare(said.text or "", self._words):
            return 0
        cards = await self._cards(said) if said.place in AMONG_THEMSELVES else []
        order = await self._database.read(open_questions.open_questions, said.event.room_id) if cards else []
        since = [other.conversation for _, other in order]
        mine = since.index(step.conversation) if step.conversation in since else len(since)
        return sum(since.index(other.conversation) > mine for _, other in cards)

    async def _is_left_behind(self, said: Spoken, conversation: Conversation, step: Step) -> bool:
        """Whether this yes points at nothing, and something else of theirs was said since they were asked. Below help
        it is one all the same, but to a recapitulation."""
        if step.of != said.event.sender or not begins_agreed(said.text or "", self._words):
            return False
        for target in (said.replies_to, said.thread):
            found = await self._database.read(open_questions.pointed, target) if target else None
            if found is not None and (found[0].id, found[1].key) == (conversation.id, step.key):
                return False
        thread = conversation.thread if said.thread else None
        but = "" if corrections.BOUND in (step.value or {}) else "help"
        return await self._database.read(
            open_questions.is_left_behind, conversation.id, step.key, said.event, thread, but
        )

    async def _asked_whether(self, said: Spoken, conversation: Conversation, step: Step) -> bool:
        """The question that was left is asked again below; the answer that may not have been for it is none."""
        if conversation.person != said.event.sender or conversation.room_id != said.event.room_id:
            return await self._replies.reply(said.event, "talk.which-question", notice=True)
        if await self._steers(said.event):
            await self._engine.repeat(conversation.id, said.event.event_id, "talk.left-behind")
        return True

    async def _heard(self, event: Event, conversation: Conversation, step: Step, raw: dict[str, Any]) -> bool:
        """Answer a question, as long as enough was not answered. False where it asks something else by now."""
        purse = (HEARD, budgets.of_person(event.sender))
        if not (await self._replies.spent(event, *purse)).within:
            if await self._people.lieux_of(event.sender, Role.CONCIERGE):
                purse = (OF_CONCIERGE, purse[1])
            if await self._replies.rests(event, purse):
                return True
        return await self._engine.hear(conversation.id, step.key, raw, step, self._replies.spends(event, [purse]))

    async def _answers_another(self, said: Spoken, conversation: Conversation, step: Step) -> bool:
        """A reply, on purpose, to a question that has its answer, or to what was to be confirmed before it changed."""
        target = said.replies_to if said.on_purpose else None
        found = await self._database.read(open_questions.pointed, target) if target else None
        if found is None or found[1].of != said.event.sender:
            return False
        of_before = corrections.BOUND in (step.value or {}) and not found[2]
        return found[1].key != step.key or (found[0].id == conversation.id and of_before)

    async def _raw(self, event: Event, typed: Typed | None = None, pills: Sequence[str] = ()) -> dict[str, Any]:
        msgtype = event.content.get("msgtype")
        said = await self._beyond_its_text(event)
        return (
            {
                "text": None if typed is None else typed.text,
                "named": typed.named if typed is not None and typed.mentions else "",
                "reaction": None,
                "msgtype": msgtype if isinstance(msgtype, str) else "m.text",
                "event_id": event.event_id,
                "by": event.sender,
                "at": event.ts,
                "name": await self._people.name(event.sender),
                "pills": list(pills),
            }
            | ({"attachment": found} if (found := attached(event.content)) else {})
            | ({"said": said} if said else {})
        )

    async def _beyond_its_text(self, event: Event) -> Said:
        """The form of what somebody wrote, or a place, which has no text."""
        said = await written_by(event, self._people) or {}
        if html := said.get("formatted"):
            called = called_by(event.content, self._me, self._name)
            bare = next((rest for one in called if (rest := without_first(html, one))), "") if called else html
            return {"formatted": bare} if bare else {}
        return {"text": said["text"]} if event.content.get("msgtype") == "m.location" and "text" in said else {}

    # -- what is edited

    async def _edited(self, said: Spoken) -> bool:
        """An edit changes an answer that can still be changed, or the line of a command whose first answers are waited
        for. What was no command of ours before begins now; what is done is not done again, and that is told."""
        event = said.event
        original, room_id, author, thread = await self._database.read(inbox.first_of, said.edits or "")
        if author not in (None, event.sender) or room_id not in (None, event.room_id):
            return False  # clients do not show it either
        said = replace(said, first=original, root=thread)
        line = self._line(said, None)
        begins = said.prefixed and line is not None
        if not begins and await self._reworded(said, original):
            return True
        begun = await self._database.read(open_questions.begun_by, original, event.sender)
        if begun is None:
            known = author is not None
            return await self._done_before(said, line, original) or (
                known and (await self._mended(said, original) or await self._used(said, original))
            )
        if line is not None and _says_the_same(line, begun[1]):
            return False
        if line is None:
            return await self._replies.reply(event, "talk.line-unread")
        return await self._launcher.begin(said, line, instead_of=begun[0])

    async def _reworded(self, said: Spoken, original: str) -> bool:
        event = said.event
        found = await self._database.read(open_questions.answered_by, original, event.sender)
        if said.typed is None or found is None:
            return False
        conversation, step = found
        if step.room_id not in (None, event.room_id):  # what was said among some is not changed among others
            return False
        if conversation.person != event.sender and not await self._may_answer(event, conversation, step):
            return False
        if not await self._steers(event):
            return True
        raw = await self._raw(event, said.typed, said.pills) | {"event_id": original}
        await self._engine.reword(conversation.id, event.event_id, step.key, raw)
        return True

    async def _done_before(self, said: Spoken, line: Line | None, original: str) -> bool:
        """What the line asked for is done: whoever edits it now must not believe that it changed."""
        before = await self._database.read(open_questions.done_by, original, said.event.sender)
        if before is None:
            return False
        same = line is not None and _says_the_same(line, before)
        return await self._leave(said) if same else await self._replies.reply(said.event, "talk.line-late")

    async def _mended(self, said: Spoken, original: str) -> bool:
        """What was not understood, or not said to the bot, and is now a command, or a word that steers where its slip
        was told."""
        pair = await self._pointed(said)
        control = self._control(said, pair)
        if control is not None and await self._replies.was_lost(original):
            return await self._controlled(said, control, pair)
        line = self._handoff.line(said, pair) or self._line(said, pair)
        return line is not None and await self._launcher.begin(said, line)

    async def _used(self, said: Spoken, original: str) -> bool:
        """It was an answer, and all that was asked then is done upon it."""
        step = await self._database.read(open_questions.used_by, original, said.event.sender)
        if step is None or said.typed is None or step.room_id not in (None, said.event.room_id):
            return False
        same = said.text == (step.raw or {}).get("text")
        return not same and await self._replies.reply(said.event, "talk.too-late")

    async def _leave(self, said: Spoken) -> bool:
        """It is settled without a word."""
        await self._database.write(inbox.done, said.event.event_id)
        return True

    async def deleted(self, event: Event) -> bool:
        """What was deleted may have been an answer, or the line of a command: then it is none any more."""
        if await self._relay.corrected(event):
            return True
        redacts = event.content.get("redacts")
        if not isinstance(redacts, str):
            return False
        found = await self._database.read(open_questions.answered_by, redacts)
        if found is None:
            return await self._line_deleted(event, redacts)
        if found[1].room_id != event.room_id:
            return False
        if not await self._steers(event):
            return True
        await self._engine.unsay(found[0].id, event.event_id, found[1].key)
        return True

    async def _line_deleted(self, event: Event, line: str) -> bool:
        """Whoever deletes their line wants nothing of it any more; as for « annuler », what is done stays done."""
        first = await self._database.read(inbox.first_of, line)
        begun = await self._database.read(open_questions.begun_by, line, event.sender)
        if begun is None or (first.event_id, first.room_id) != (line, event.room_id):
            return False
        if "said" not in (begun[1].args or {}):
            return False  # no command began it
        if await self._steers(event):
            await self._engine.cancel(begun[0].id, event.event_id)
        return True

    # -- words that steer

    def _control(self, said: Spoken, pair: Pair | None) -> str | None:
        """« pourquoi », « retour », « annuler »… where a conversation is going on, or with the prefix; « reprendre »
        where none is. Whoever is asked whether to stop answers with these words."""
        typed = fold(said.command if said.command is not None else said.text or "")
        if not typed or (pair is None and said.command is None):
            return None
        if pair is not None and pair[1].key == STOPPING and not said.prefixed:
            return None
        if (pair is None or said.prefixed) and is_made_of(typed, self._words, "talk.words.resume"):
            return "resume"
        for name in CONTROLS:
            meant = self._words.means(f"talk.words.{name}")
            if typed in meant or (name == "edit" and pair is not None and typed.split(" ")[0] in meant):
                return name
        return None

    async def _controlled(self, said: Spoken, control: str, pair: Pair | None) -> bool:
        """False where it was an answer after all."""
        event = said.event
        if control == "why" and pair is not None:
            return await self._replies.reply(event, self._why(*pair))
        open_here = await self._database.read(open_questions.open_of, event.sender, event.room_id)
        conversation = pair[0] if pair and pair[0].person == event.sender else next(iter(open_here), None)
        if conversation is None:
            return await self._nothing_open(said, control)
        if not await self._steers(event):
            return True
        match control:
            case "back":
                await self._engine.back(conversation.id, event.event_id)
            case "cancel":
                await self._engine.cancel(conversation.id, event.event_id)
            case "where" | "resume":
                await self._engine.repeat(conversation.id, event.event_id)
            case "edit":
                raw = await self._raw(event, said.line or said.typed, said.pills)
                return await self._engine.edit(conversation.id, event.event_id, raw)
            case _:
                return await self._replies.reply(event, f"talk.{control}")
        return True

    async def _nothing_open(self, said: Spoken, control: str) -> bool:
        """There is nothing to steer; « reprendre » takes up what this person stopped here. Among others, « !stop » was
        for another bot."""
        event = said.event
        resumes = control == "resume"
        stopped = await self._database.read(open_questions.stopped_by, event.sender, event.room_id) if resumes else None
        if stopped is None or (stopped.lieu is not None and await self._lieux.get(stopped.lieu) is None):
            if said.place is Place.ROOM and not said.surely:
                return False
            nothing = {"cancel": "talk.cancel-nothing", "resume": "talk.resume-nothing"}
            return await self._replies.lost(event, nothing.get(control, "talk.nothing-open"))
        if await self._steers(event):
            await self._engine.take_up(stopped.id, event.event_id)
        return True

    async def _steers(self, event: Event) -> bool:
        """Whether this person may steer once more, which is counted: it was understood. Else the event is settled."""
        purse, mine = (STEERING, budgets.of_person(event.sender)), lost_by(event.sender, event.room_id)
        if await self._replies.rests(event, purse):
            return False
        await self._database.write(_steer, self._replies.spends(event, [purse]), mine)
        return True

    def _why(self, conversation: Conversation, step: Step) -> str:
        return why_of(self._words, self._engine.scripts[conversation.dialogue].family, step.key)

    # -- when nothing fits

    async def _lost(self, said: Spoken) -> bool:
        """The bot was spoken to and does not see what is meant."""
        event = said.event
        if said.place is Place.ROOM and not said.surely:
            return False  # « !stop », where there is nothing to stop: other bots are there
        if await self._handoff.passed_on(said):
            return True
        waiting = await self._database.read(open_questions.open_of, event.sender, event.room_id)
        if waiting and not said.explicit:
            return await self._replies.lost(event, "talk.waiting")
        if said.text is None:
            return await self._replies.lost(event, "talk.text-wanted")
        language = await self._people.language(event.sender, said.lieu, self._language)
        near = await self._about(said, language) or self._table.near(said.command or said.text, language)
        if near:
            return await self._replies.lost(
                event, "talk.unknown-command", near=[f"{self._table.prefix}{w}" for w in near]
            )
        return await self._replies.lost(event, "talk.unknown-command-far" if said.explicit else "talk.nothing-open")

    async def _about(self, said: Spoken, language: str) -> list[str]:
        """The commands of theirs that are for what somebody says in their own words: « supprimer quelqu’un »."""
        person, lieux = said.event.sender, await self._people.around(said.event.sender)
        found = self._table.meant_by(said.command or said.text or "")[:MOST_NEAR]
        theirs = [
            script
            for script in found
            if any([await self._people.may(person, script.action, lieu) for lieu in (None, *lieux)])
        ]
        return [self._words.word(language, f"command.{script.name}.word") for script in theirs]

    async def _unpointed(self, said: Spoken) -> bool:
        """What answers nothing by its form. Elsewhere than among concierges, people talk with each other."""
        found = await self._database.read(open_questions.pointed, said.replies_to) if said.replies_to else None
        if found is not None and found[2] and said.on_purpose:
            return await self._too_new(said.event, found[0], found[1])
        waiting = await self._cards(said)
        return bool(waiting) and not await self._is_hasty(said, waiting[-1][1]) and await self._meant(said, waiting)

    async def _meant(self, said: Spoken, waiting: Sequence[Pair]) -> bool:
        """It answers the one question that was said last, where nothing else can be meant. What may be for another one,
        or for somebody, is worth nothing, and that is said."""
        if len(waiting) == 1 and await self._is_to_the_last(said, *waiting[0]):
            raw = await self._raw(said.event, said.typed)
            return await self._heard(said.event, *waiting[0], raw | {UNPOINTED: True})
        if not is_bare(said.text or "", self._words):
            return False
        purse = (UNPOINTED_HINTS, budgets.of_room(said.event.room_id))
        if len(waiting) > 1:
            return await self._replies.rarely(said.event, "talk.which-of-several", purse, n=len(waiting))
        return await self._replies.rarely(said.event, "talk.is-it-for-me", purse, waiting[0])

    async def _cards(self, said: Spoken) -> list[Pair]:
        """What waits here for whoever has the right, where this may answer it: it begins with « oui », « 2 », « c’est
        fait », is said to nobody, and where only concierges or hosts are. What stands under a photo is about the photo,
        « /me ok » about oneself; what waits in a thread is answered there."""
        if said.replies_to or said.thread or said.pills or said.place not in AMONG_THEMSELVES:
            return []
        if said.event.content.get("msgtype") != "m.text":
            return []
        if not begins_bare(said.text or "", self._words):
            return []
        pairs = await self._database.read(open_questions.open_questions, said.event.room_id)
        others = [pair for pair in pairs if not (pair[1].of or "@").startswith("@") and not _is_in_thread(*pair)]
        return [pair for pair in others if await self._may_answer(said.event, *pair)]

    async def _is_to_the_last(self, said: Spoken, conversation: Conversation, step: Step) -> bool:
        """Whether nothing else in the room can be meant. A second opinion must point at what it agrees to."""
        if step.of in BY_ANOTHER:
            return False
        return await self._database.read(open_questions.is_last_said, conversation.id, step.key, said.event, PAUSE)

    async def unreadable(self, event: Event) -> bool:
        """Its key never came: say so, where the bot is being spoken to."""
        private = await self._place(event, await self._lieux.of_room(event.room_id)) is not Place.ROOM
        return await self._replies.lost(event, "talk.unread") if private else False

    async def in_clear(self, event: Event) -> bool:
        """Said in clear in a room that is encrypted: a server may have written it in somebody's name, so it is neither
        a command nor an answer. Where it would have been one, that is said, once an hour in a room."""
        if event.content.get("msgtype") == "m.notice" or event.sender == self._me:
            return False
        said = await self._spoken(event)
        if not said.addressed and await self._pointed(said) is None:
            return False
        return await self._replies.rarely(event, "talk.in-clear", (IN_CLEAR, budgets.of_room(event.room_id)))

    async def in_upgraded(self, event: Event) -> bool:
        """Said where nobody is expected any more: whoever speaks to the bot there, or clicks, is told so, once an hour
        in a room."""
        if event.sender == self._me or event.content.get("msgtype") == "m.notice":
            return False
        if event.type == "m.reaction":
            target = event.relation.get("event_id")
            if not isinstance(target, str) or await self._database.read(open_questions.pointed, target) is None:
                return False
        elif (
            event.type == "m.room.message"
            and not spoken(event, self._me, self._name, self._table, Place.DIRECT, None).explicit
        ):
            return False
        return await self._replies.rarely(event, "talk.upgraded", (UPGRADED, budgets.of_room(event.room_id)))

    async def verification(self, event: Event) -> bool:
        if event.content.get("to") not in (None, self._me):
            return False
        return await self._replies.lost(event, "talk.verification")


def _steer(tx: Tx, spend: Work, mine: Purse) -> None:
    spend(tx)
    budgets.refill(tx, *mine)


def _says_the_same(line: Line, before: Conversation) -> bool:
    """Whether an edited line asks for what it asked for already, of the same people."""
    args = before.args or {}
    name, given = args.get("command", before.dialogue), args.get("line", args.get("given"))
    return (line.script.name, dict(line.given), dict(line.named)) == (name, given, args.get("named", {}))


def _needs_another(event: Event, conversation: Conversation, step: Step) -> bool:
    """A second opinion is not one's own."""
    return step.of in BY_ANOTHER and event.sender == conversation.person


def _here(said: Spoken, conversation: Conversation) -> bool:
    """Whether this was said where the conversation goes on: somebody's thread is another talk, but not in private."""
    return said.place is Place.DIRECT or said.thread in (None, conversation.thread)


def _is_in_thread(conversation: Conversation, step: Step) -> bool:
    """Elsewhere than where it goes on, a conversation asks below nothing."""
    return conversation.thread is not None and step.room_id == conversation.room_id
