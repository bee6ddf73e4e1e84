"""Words that steer a conversation, whatever it asks: « pourquoi », « retour », « annuler »."""

from __future__ import annotations

from bot.people import Place
from bot.store import open_questions
from bot.store.conversations import Conversation, Step
from bot.store.open_questions import STOPPING, Pair
from bot.talk import corrections
from bot.talk.answering import Answering
from bot.talk.answers.agreement import is_made_of, is_polite
from bot.talk.command_line import CONTROLS, Spoken
from bot.talk.context import Context
from bot.talk.engine import Engine
from bot.talk.open_questions import OpenQuestions
from bot.talk.replies import Replies
from bot.talk.voice import why_of
from bot.words import after, fold

ENDING = ("cancel", "cancel-all")


class Steering:
    """Of the conversation that somebody has with the bot in a room."""

    def __init__(self, engine: Engine, questions: OpenQuestions, answering: Answering, context: Context) -> None:
        self._engine, self._questions, self._answering = engine, questions, answering
        self._replies = Replies(context)
        self._database, self._words, self._lieux = context.database, context.words, context.lieux

    def control(self, said: Spoken, pair: Pair | None) -> str | None:
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
            behind = after(typed, meant) if name in ENDING else None
            ends = bool(behind) and is_polite(behind or "", self._words)  # « annuler, merci »
            if typed in meant or ends or (name == "edit" and pair is not None and typed.split(" ")[0] in meant):
                return name
        return None

    async def controlled(self, said: Spoken, control: str, pair: Pair | None) -> bool:
        """False where it was an answer after all."""
        event = said.event
        if control == "why" and pair is not None:
            return await self._replies.reply(event, self._why(*pair))
        open_here = await self._database.read(open_questions.open_of, event.sender, event.room_id)
        conversation = pair[0] if pair and pair[0].person == event.sender else next(iter(open_here), None)
        if conversation is None:
            return await self._nothing_open(said, control)
        if not await self._replies.steers(event):
            return True
        match control:
            case "back":
                await self._engine.back(conversation.id, event.event_id)
            case "cancel" | "cancel-all":
                await self._cancel(said, conversation, every=control == "cancel-all")
            case "where" | "resume":
                await self._engine.repeat(conversation.id, event.event_id)
            case "edit":
                raw = await self._answering.raw(event, said.line or said.typed, said.pills)
                return await self._engine.edit(conversation.id, event.event_id, raw)
            case _:
                return await self._replies.reply(event, f"talk.{control}")
        return True

    async def _cancel(self, said: Spoken, current: Conversation, *, every: bool) -> None:
        """The current one ends, and what else asks them something here is told; or every one of them ends."""
        event, own = said.event, {talk.id: talk for talk, _ in reversed(await self._questions.own(said))}
        others = [talk for talk in own.values() if talk.person == event.sender and talk.id != current.id]
        which, *more = [await self._questions.called(talk, said) for talk in (current, *others)]
        if not every or not others:
            left = {"which": which, "n": len(others), "others": [*dict.fromkeys(more)]} if others else None
            await self._engine.cancel(current.id, event.event_id, left=left)
            return
        ended = [
            name
            for talk, name in zip((current, *others), (which, *more), strict=True)
            if await self._engine.cancel(talk.id, f"{event.event_id}/{talk.id}", "")
        ]
        if ended:
            await self._replies.reply(event, "talk.cancelled-several", which=[*dict.fromkeys(ended)])
        else:
            await self._replies.leave(event)

    async def _nothing_open(self, said: Spoken, control: str) -> bool:
        """There is nothing to steer; « reprendre » takes up what this person stopped here. Among others, « !stop » was
        for another bot."""
        event = said.event
        resumes = control == "resume"
        stopped = await self._database.read(open_questions.stopped_by, event.sender, event.room_id) if resumes else None
        if stopped is None or (stopped.lieu is not None and await self._lieux.get(stopped.lieu) is None):
            if said.place is Place.ROOM and not said.surely:
                return False
            nothing = {"resume": "talk.resume-nothing"} | dict.fromkeys(("cancel", "cancel-all"), "talk.cancel-nothing")
            return await self._replies.lost(event, nothing.get(control, "talk.nothing-open"))
        if await self._replies.steers(event):
            await self._engine.take_up(stopped.id, event.event_id)
        return True

    def _why(self, conversation: Conversation, step: Step) -> str:
        family = self._engine.scripts[conversation.dialogue].family
        return why_of(self._words, family, step.key, sums_up=corrections.sums_up(step, conversation.person))
