"""What becomes of an answer: it counts, comes too late, or is asked back where it may not have been one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.matrix.message import attached, key_of
from bot.matrix.passages import Said, without_first
from bot.matrix.typed import Typed, called_by
from bot.people import AMONG_THEMSELVES, BY_ANOTHER, Place, Role
from bot.store import budgets, open_questions
from bot.store.budgets import Budget
from bot.store.conversations import Conversation, Step
from bot.store.inbox import Event
from bot.store.open_questions import Pair
from bot.talk import corrections
from bot.talk.answers.unpointed import UNPOINTED, is_bare
from bot.talk.calls import Handoff
from bot.talk.command_line import Spoken, written_by
from bot.talk.context import Context
from bot.talk.engine import Engine
from bot.talk.open_questions import PAUSE, OpenQuestions, needs_another
from bot.talk.places import Places
from bot.talk.replies import Purse, Replies

UNPOINTED_HINTS, FORGOTTEN = Budget("unpointed", 2), Budget("forgotten", 1)
# Answers that are understood: a program that changes one of them for ever makes each question be asked for ever.
HEARD, OF_CONCIERGE = Budget("heard", 200), Budget("heard", 1500)


class Answering:
    """`me` and `name` are the bot's own."""

    def __init__(
        self,
        me: str,
        name: str,
        engine: Engine,
        questions: OpenQuestions,
        places: Places,
        handoff: Handoff,
        context: Context,
    ) -> None:
        self._me, self._name, self._engine, self._places = me, name, engine, places
        self._questions, self._handoff, self._replies = questions, handoff, Replies(context)
        self._database, self._words = context.database, context.words
        self._people, self._lieux = context.people, context.lieux

    async def clicked(self, event: Event, key: str, conversation: Conversation, step: Step, current: bool) -> bool:
        """On one of our questions; `current`: as it is asked now."""
        if needs_another(event, conversation, step):
            return await self._replies.reply(event, "talk.second-other", notice=True)
        if not await self._questions.may_answer(event, conversation, step):
            return await self._too_new(event, conversation, step)
        if not current or step.status != "asked":
            return await self._late(event, step)
        raw = await self.raw(event) | {"reaction": key_of(key)}
        return await self._heard(event, conversation, step, raw) or await self._late(event, step)

    async def _late(self, event: Event, step: Step) -> bool:
        """The question was answered before, or asks something else now. In an open room that is nobody's business."""
        lieu = await self._lieux.of_room(event.room_id)
        if await self._places.of(event, lieu) is Place.ROOM:
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

    async def answered(self, said: Spoken, conversation: Conversation, step: Step) -> bool:
        """Something was said by the person asked. It counts where it can be meant for this question."""
        event, questions = said.event, self._questions
        if await questions.is_hasty(said, step) or await questions.answers_another(said, step):
            return await self._replies.reply(event, "talk.twice", notice=True)
        if since := await questions.asked_since(said, step):
            if step.at < since[0][1].at - PAUSE and await self._heard_by_the_last(said, since):
                return True
            return await self._replies.reply(event, "talk.which-of-several", notice=True, n=len(since) + 1)
        if await questions.is_for_people(said, step):
            return await self.unpointed(said) or await self._still_waits(said, conversation)
        among = await questions.is_among_talk(said, step)
        if among or await questions.is_left_behind(said, conversation, step):
            purses = [(UNPOINTED_HINTS, budgets.of_room(event.room_id))] if among else []  # people go on talking
            return await self._asked_whether(said, conversation, step, *purses)
        raw = await self.raw(event, said.typed, said.pills)
        raw |= {"asks": asks} if (asks := await self._handoff.asks(said, conversation, step)) else {}
        raw |= {corrections.OF_BEFORE: True} if await questions.is_of_before(said, conversation, step) else {}
        to_us = said.place is Place.DIRECT or said.explicit or bool(said.replies_to)
        return await self._heard(event, conversation, step, raw | {"to_us": to_us})

    async def _still_waits(self, said: Spoken, conversation: Conversation) -> bool:
        """What is as short as an answer was said to people; that a question of theirs waits is told, now and then."""
        if said.place not in AMONG_THEMSELVES or said.replies_to or not is_bare(said.text or "", self._words):
            return False
        purse = (FORGOTTEN, budgets.of_room(said.event.room_id))
        which = await self._questions.called(conversation, said)
        return await self._replies.rarely(said.event, "talk.still-waits", purse, which=which)

    async def _asked_whether(self, said: Spoken, conversation: Conversation, step: Step, *purses: Purse) -> bool:
        """The question that was left is asked again below, as long as there is something in these; the answer that may
        not have been for it is none."""
        if not all([(await self._replies.spent(said.event, *purse)).within for purse in purses]):
            return False
        if conversation.person != said.event.sender or conversation.room_id != said.event.room_id:
            return await self._replies.reply(said.event, "talk.which-question", notice=True)
        if await self._replies.steers(said.event, *purses):
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

    async def unpointed(self, said: Spoken) -> bool:
        """What answers nothing by its form. Elsewhere than among concierges, people talk with each other."""
        found = await self._database.read(open_questions.pointed, said.replies_to) if said.replies_to else None
        if found is not None and found[2] and said.on_purpose:
            return await self._too_new(said.event, found[0], found[1])
        waiting = await self._questions.cards(said)
        if not waiting or await self._questions.is_hasty(said, waiting[-1][1]):
            return False
        return await self._meant(said, waiting)

    async def _meant(self, said: Spoken, waiting: Sequence[Pair]) -> bool:
        """It answers the one question that was said last, where nothing else can be meant. What may be for another one,
        or for somebody, is worth nothing, and that is said."""
        if await self._heard_by_the_last(said, waiting):
            return True
        if not is_bare(said.text or "", self._words):
            return False
        purse = (UNPOINTED_HINTS, budgets.of_room(said.event.room_id))
        if len(waiting) > 1:
            return await self._replies.rarely(said.event, "talk.which-of-several", purse, n=len(waiting))
        return await self._replies.rarely(said.event, "talk.is-it-for-me", purse, waiting[0])

    async def _heard_by_the_last(self, said: Spoken, waiting: Sequence[Pair]) -> bool:
        if len(waiting) > 1 or not await self._questions.is_to_the_last(said, *waiting[0]):
            return False
        raw = await self.raw(said.event, said.typed)
        return await self._heard(said.event, *waiting[0], raw | {UNPOINTED: True})

    async def raw(self, event: Event, typed: Typed | None = None, pills: Sequence[str] = ()) -> dict[str, Any]:
        """An answer as it is kept in the replay log."""
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
