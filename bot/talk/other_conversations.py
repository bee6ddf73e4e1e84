"""Other conversations, acted upon from one: a concierge reminds or cancels, somebody adds to what is asked already."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.store import conversations, open_questions
from bot.store.conversations import Conversation, Step
from bot.store.database import Database, Tx
from bot.talk.engine import Engine
from bot.talk.run import Run
from bot.talk.talk import Talk


def _open_in(tx: Tx, lieu: int) -> list[tuple[Conversation, list[Step]]]:
    found = [conversations.conversation(tx, id) for id in conversations.open_for(tx, lieu)]
    return [(one, [*conversations.steps(tx, one.id).values()]) for one in found if one is not None]


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

    async def end_about(self, lieu: int, is_meant: Callable[[str], bool], but: int, cause: str) -> None:
        """What others were doing about somebody, by commands that are about one person: what was asked of them there
        is to be answered no more. `is_meant`: whether a text names them."""
        for talk, steps in await self._database.read(_open_in, lieu):
            script = self._engine.scripts.get(talk.dialogue)
            if script is None or not script.person or talk.id == but:
                continue
            if is_meant(json.dumps(talk.args)) or any(is_meant(json.dumps([one.raw, one.value])) for one in steps):
                await self._engine.cancel(talk.id, f"end-about/{cause}/{talk.id}", "talk.about-erased")

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
