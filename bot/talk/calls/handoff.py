"""Somebody may want a human: where that is a command, where a question is no answer, and what nobody understands."""

from __future__ import annotations

from bot.people import Place, Role
from bot.store import open_questions
from bot.store.conversations import Conversation, Step
from bot.store.open_questions import Pair
from bot.talk.calls import detection
from bot.talk.calls.calls import ASIDE, Calls
from bot.talk.calls.lines import LONGEST
from bot.talk.command_table import Line, Table
from bot.talk.context import Context
from bot.talk.engine import Engine
from bot.talk.incoming import Spoken
from bot.talk.launch import Beginning
from bot.words import fold

SPEAK, PASS_ON = "speak", "pass-on"
SHORTEST_SLIP = 4  # letters


class ToHumans:
    def __init__(self, engine: Engine, table: Table, calls: Calls, beginning: Beginning, around: Context) -> None:
        self._engine, self._table, self._calls, self._beginning = engine, table, calls, beginning
        self._database, self._words, self._language = around.database, around.words, around.language
        self._people, self._lieux = around.people, around.lieux

    def line(self, said: Spoken, pair: Pair | None) -> Line | None:
        """« je voudrais parler à quelqu’un »: where a question is open, nothing else may be said with it, for it may be
        an answer."""
        typed = (said.command if said.explicit else said.text) or ""
        line, what = self._table.read(typed) if typed else None, detection.wanted(typed, self._words)
        by_name = line is not None and line.script.name == SPEAK
        if said.explicit:
            return Line(line.script, {}) if by_name and line is not None and what == "" else None
        if said.place is not Place.DIRECT or (pair is not None and (what or pair[0].dialogue in ASIDE)):
            return None
        if what is None and by_name and line is not None and line.given and pair is None:
            what = typed
        return None if what is None else Line(self._engine.scripts[SPEAK], {"what": what[:LONGEST]} if what else {})

    async def asks(self, said: Spoken, conversation: Conversation, step: Step) -> str:
        """Whether this may ask the concierges something in place of an answer: in a welcome, from whoever is none."""
        welcoming = self._engine.scripts[conversation.dialogue].action == "be-welcomed"
        welcoming = welcoming or conversation.dialogue == PASS_ON
        if said.place is not Place.DIRECT or not welcoming or step.of != said.event.sender or not said.text:
            return ""
        lieu = await self._lieux.get(conversation.lieu) if conversation.lieu is not None else None
        if lieu is None or await self._people.role(said.event.sender, lieu) >= Role.CONCIERGE:
            return ""
        return detection.asking(said.text, self._words)

    async def is_beyond(self, said: Spoken, line: Line) -> bool:
        """A question that begins like a command, which this person has no right to: « départ à quelle heure ? »."""
        asks = not said.explicit and detection.asking(said.text or "", self._words)
        return bool(asks) and not await self._may_begin(said, line)

    async def _may_begin(self, said: Spoken, line: Line) -> bool:
        """Whether this command is theirs, in some lieu or in none."""
        person, action = said.event.sender, line.script.action
        return any([await self._people.may(person, action, lieu) for lieu in (None, *await self._lieux.all())])

    async def passed_on(self, said: Spoken) -> bool:
        """What the bot does not understand, said in private by whoever has concierges to ask: a question is passed on,
        anything else if they want that. A slip in a command of theirs, or an answer that comes too late, is neither."""
        event, text = said.event, said.text or ""
        if said.place is not Place.DIRECT or said.explicit or not detection.tells(text, self._words):
            return False
        asks, known = detection.asking(text, self._words), await self._calls.about(event.sender, event.room_id)
        if known["keeps"] or not (known["lieux"] or asks) or await self._answers_us(said):
            return False
        if not asks and await self._is_a_slip(said):
            return False
        script = self._engine.scripts[SPEAK if asks else PASS_ON]
        return await self._beginning.begin(said, Line(script, {"what": text[:LONGEST]}), understood=bool(asks))

    async def _answers_us(self, said: Spoken) -> bool:
        target = said.replies_to if said.on_purpose else None
        return target is not None and await self._database.read(open_questions.pointed, target) is not None

    async def _is_a_slip(self, said: Spoken) -> bool:
        first = fold(said.text or "").split()[0]
        if len(first) < SHORTEST_SLIP:
            return False  # « la porte… » is no slip of « langue »
        near = [self._table.read(word) for word in self._table.near(first, self._language)]
        return any([line is not None and await self._may_begin(said, line) for line in near])
