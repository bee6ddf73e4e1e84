"""From an event to a conversation: whose answer is this, or which command?

What is neither an answer nor a command gets a helpful answer where the bot was spoken to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.people import Place
from bot.store import budgets, conversations, inbox, open_questions
from bot.store.budgets import Budget
from bot.store.conversations import Conversation
from bot.store.inbox import Event
from bot.store.open_questions import Pair
from bot.talk.answering import Answering
from bot.talk.calls import Calls, Handoff, Relay
from bot.talk.command_line import CommandTable, Launcher, Line, Spoken, line_of, spoken
from bot.talk.context import Context
from bot.talk.engine import Engine
from bot.talk.open_questions import PAUSE, OpenQuestions
from bot.talk.places import Places
from bot.talk.replies import Replies
from bot.talk.script import Script
from bot.talk.steering import Steering
from bot.words import fold

WHOLE = 3  # words of a sentence that is no answer to anything else
IN_CLEAR, UPGRADED = Budget("in-clear", 1), Budget("upgraded", 1)
OVERHEARD = Budget("overheard", 1, budgets.DAY)
MOST_NEAR = 5  # commands that are proposed for what somebody said


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
        self._me, self._name = me, name
        self._engine, self._table = engine, table
        self._database, self._words = context.database, context.words
        self._people, self._lieux, self._language = context.people, context.lieux, context.language
        self._replies, self._relay = Replies(context), relay
        self._launcher = Launcher(engine, self._people, self._lieux, self._replies, direct)
        self._handoff = Handoff(engine, table, calls, self._launcher, context)
        self._places = Places(context.database, hosts_room)
        self._questions = OpenQuestions(engine.scripts, table, self._places, context)
        self._answering = Answering(me, name, engine, self._questions, self._places, self._handoff, context)
        self._steering = Steering(engine, self._questions, self._answering, context)

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
        return await self._relay.hear(said, asked=await self._questions.pointed(said) is not None)

    # -- reactions

    async def reaction(self, event: Event) -> bool:
        """A click on one of our questions, by somebody who may answer it."""
        target, key = event.relation.get("event_id"), event.relation.get("key")
        if not isinstance(target, str) or not isinstance(key, str) or event.sender == self._me:
            return False
        found = await self._database.read(open_questions.pointed, target)
        if found is None or await self._database.read(conversations.is_held, event.room_id):
            return False
        return await self._answering.clicked(event, key, *found)

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
        pair = await self._questions.pointed(said)
        if await self._relay.hear(said, asked=pair is not None):
            return True
        control = self._steering.control(said, pair)
        if control is not None and (settled := await self._steering.controlled(said, control, pair)):
            return settled
        if (line := self._handoff.line(said, pair) or self._line(said, pair)) is not None:
            if await self._handoff.is_beyond(said, line) and await self._handoff.passed_on(said):
                return True
            return await self._launcher.begin(said, line)
        if pair is not None and not said.prefixed:
            return await self._answering.answered(said, *pair)
        return await self._lost(said) if said.addressed else await self._overheard(said)

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
        return spoken(event, self._me, self._name, self._table, await self._places.of(event, lieu), lieu)

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
        if conversation.person != event.sender and not await self._questions.may_answer(event, conversation, step):
            return False
        if not await self._replies.steers(event):
            return True
        raw = await self._answering.raw(event, said.typed, said.pills) | {"event_id": original}
        await self._engine.reword(conversation.id, event.event_id, step.key, raw)
        return True

    async def _done_before(self, said: Spoken, line: Line | None, original: str) -> bool:
        """What the line asked for is done: whoever edits it now must not believe that it changed."""
        before = await self._database.read(open_questions.done_by, original, said.event.sender)
        if before is None:
            return False
        same = line is not None and _says_the_same(line, before)
        return (
            await self._replies.leave(said.event) if same else await self._replies.reply(said.event, "talk.line-late")
        )

    async def _mended(self, said: Spoken, original: str) -> bool:
        """What was not understood, or not said to the bot, and is now a command, or a word that steers where its slip
        was told."""
        pair = await self._questions.pointed(said)
        control = self._steering.control(said, pair)
        if control is not None and await self._replies.was_lost(original):
            return await self._steering.controlled(said, control, pair)
        line = self._handoff.line(said, pair) or self._line(said, pair)
        return line is not None and await self._launcher.begin(said, line)

    async def _used(self, said: Spoken, original: str) -> bool:
        """It was an answer, and all that was asked then is done upon it."""
        step = await self._database.read(open_questions.used_by, original, said.event.sender)
        if step is None or said.typed is None or step.room_id not in (None, said.event.room_id):
            return False
        same = said.text == (step.raw or {}).get("text")
        return not same and await self._replies.reply(said.event, "talk.too-late")

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
        if not await self._replies.steers(event):
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
        if await self._replies.steers(event):
            await self._engine.cancel(begun[0].id, event.event_id)
        return True

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
        meant = self._table.meant_by(said.command or said.text)[:MOST_NEAR]
        near = await self._theirs(meant, said, language) or self._table.near(said.command or said.text, language)
        if near:
            return await self._replies.lost(
                event, "talk.unknown-command", near=[f"{self._table.prefix}{w}" for w in near]
            )
        return await self._replies.lost(event, "talk.unknown-command-far" if said.explicit else "talk.nothing-open")

    async def _overheard(self, said: Spoken) -> bool:
        """Said among people. It may answer what waits for any of them; where a concierge asks nobody how to do what a
        command does, and nobody is there to say it, that is told once a day."""
        event, to_somebody = said.event, bool(said.replies_to or said.thread or said.pills)
        if await self._answering.unpointed(said):
            return True
        if said.place is not Place.OFFICE or to_somebody or event.content.get("msgtype") != "m.text":
            return False
        meant = self._table.asked_how(said.text or "")
        if not meant or await self._database.read(inbox.heard_before, event, PAUSE):
            return False
        language = await self._people.language(event.sender, said.lieu, self._language)
        near = [f"{self._table.prefix}{word}" for word in await self._theirs(meant, said, language)]
        purse = (OVERHEARD, budgets.of_room(event.room_id))
        return bool(near) and await self._replies.rarely(event, "talk.perhaps-for-me", purse, near=near)

    async def _theirs(self, meant: Sequence[Script], said: Spoken, language: str) -> list[str]:
        """The words of those commands that are theirs somewhere."""
        person, lieux = said.event.sender, await self._people.around(said.event.sender)
        theirs = [
            script
            for script in meant
            if any([await self._people.may(person, script.action, lieu) for lieu in (None, *lieux)])
        ]
        return [self._words.word(language, f"command.{script.name}.word") for script in theirs]

    async def unreadable(self, event: Event) -> bool:
        """Its key never came: say so, where the bot is being spoken to."""
        private = await self._places.of(event, await self._lieux.of_room(event.room_id)) is not Place.ROOM
        return await self._replies.lost(event, "talk.unread") if private else False

    async def in_clear(self, event: Event) -> bool:
        """Said in clear in a room that is encrypted: a server may have written it in somebody's name, so it is neither
        a command nor an answer. Where it would have been one, that is said, once an hour in a room."""
        if event.content.get("msgtype") == "m.notice" or event.sender == self._me:
            return False
        said = await self._spoken(event)
        if not said.addressed and await self._questions.pointed(said) is None:
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


def _says_the_same(line: Line, before: Conversation) -> bool:
    """Whether an edited line asks for what it asked for already, of the same people."""
    named = (before.args or {}).get("named", {})
    return (line.script.name, dict(line.given), dict(line.named)) == (*line_of(before), named)
