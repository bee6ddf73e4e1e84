"""Whoever asks for a human: which lieu's concierges they want, and how far what they asked is."""

from __future__ import annotations

from typing import Any

from bot.lieux import Lieu
from bot.people import Role
from bot.store import arrivals, conversations, open_questions
from bot.store.conversations import Conversation
from bot.store.inbox import Event
from bot.talk import corrections
from bot.talk.calls.lines import CALLED, LINE, content, is_answer, key_of, line_in, who_calls
from bot.talk.context import Context
from bot.talk.engine import Engine
from bot.talk.run import Run
from bot.talk.talk import Talk
from bot.talk.voice import MESSAGE

ASIDE = ("speak", "pass-on", "call")  # conversations about wanting a human: they interrupt others
Json = dict[str, Any]


class Calls:
    """`me` is the bot."""

    def __init__(self, me: str, engine: Engine, around: Context) -> None:
        self._me, self._engine = me, engine
        self._database, self._people, self._lieux = around.database, around.people, around.lieux
        self._membership, self._now = around.membership, around.now

    async def about(self, person: str, room_id: str) -> Json:
        """`lieux`: [id, name] of each whose concierges this person may want, `keeps`: the names of those that they look
        after themselves. What goes on with them in this room says which one is meant."""
        open_here = await self._database.read(open_questions.open_of, person, room_id)
        going_on = [one.lieu for one in open_here if one.dialogue not in ASIDE]
        found, keeps = [], []
        for lieu in await self._lieux.all():
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

    async def add(self, lieu: Lieu, person: str, source: str, what: str) -> bool:
        """One more line of the call that goes on in this lieu. False where none does."""
        for call in await self._database.read(conversations.open_by, CALLED, person):
            if call.lieu == lieu.id and call.room_id == lieu.office:
                event = Event(source, "", person, 0, MESSAGE, {"msgtype": "m.text", "body": what})
                return await self._told_again(event, call)
        return False

    async def _told_again(self, event: Event, call: Conversation) -> bool:
        known = False

        def change(run: Run, talk: Talk) -> bool:
            nonlocal known
            known, key = True, key_of(event.event_id)
            if key not in run.rows and (run.conversation.args or {}).get("source") != event.event_id:
                value = {"kind": "line", "name": who_calls(call), "edits": []}
                run.keep(key, "say", "done", by=event.sender, room_id=call.room_id, value=value)
                told = content(talk, call.room_id, "line", who_calls(call), line_in(event) or {})
                run.post(call.room_id, key, MESSAGE, told)
            return False

        await self._engine.advance(call.id, change)
        return known

    async def seen(self, call: int, patience: float) -> Json:
        """Whether a concierge `answered`, and how many seconds are `left` until nothing was said for so long."""
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
