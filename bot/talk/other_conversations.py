"""Other conversations, acted upon from one: a concierge reminds or cancels, somebody adds to what is asked already."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.store import conversations, open_questions
from bot.store.database import Database
from bot.talk.engine import Engine
from bot.talk.run import Run
from bot.talk.talk import Talk


class OtherConversations:
    def __init__(self, engine: Engine, database: Database) -> None:
        self._engine, self._database = engine, database

    async def remind(self, conversation: int, cause: str) -> None:
        await self._engine.repeat(conversation, f"remind/{cause}", "talk.remind")

    async def go_on(self, conversation: int, cause: str) -> None:
        """With somebody who had left the room in the middle of it."""
        await self._engine.repeat(conversation, f"back/{cause}", "talk.back-again")

    async def cancel(self, conversation: int, cause: str) -> None:
        await self._engine.cancel(conversation, f"cancel/{cause}", "talk.cancelled-by-concierge")

    async def withdraw(self, conversation: int, cause: str) -> None:
        await self._engine.withdraw(conversation, f"withdraw/{cause}")

    async def take_down(self, conversation: int, cause: str) -> None:
        await self._engine.take_down(conversation, f"take-down/{cause}")

    async def add(self, dialogue: str, lieu: int, about: str, one: dict[str, Any]) -> bool:
        """Put `one` among the `also` of the open conversation that has this `about`, which shows its question again,
        edited. Who (`by`) is in there already is not added. False where no such conversation is open."""
        added = False

        def more(run: Run, talk: Talk) -> bool:
            nonlocal added
            added = True
            args = run.conversation.args or {}
            also = args.get("also", [])
            if one["by"] in (talk.person, *(each["by"] for each in also)):
                return False
            args = args | {"also": [*also, one]}
            run.conversation = replace(run.conversation, args=args)
            run.pending.append(lambda tx: conversations.set_args(tx, run.conversation.id, args))
            for row in [row for row in run.rows.values() if row.kind == "ask" and row.status == "asked"]:
                run.keep(row.key, "ask", "asked", value=row.value | {"stale": len(also) + 1})
            return True

        for id in await self._database.read(conversations.open_with, dialogue, lieu, about):
            await self._engine.advance(id, more)
        return added

    async def ask_for(self, room_id: str) -> bool:
        """Whether one of them asks for a right, or an invitation, of this room."""
        return bool(await self._database.read(open_questions.lacking, room_id))
