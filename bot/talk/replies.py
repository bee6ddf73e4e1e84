"""What is answered outside of any conversation: said once, in the transaction that settles what it answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.matrix.message import text
from bot.store import inbox, outbox
from bot.store.database import Tx
from bot.store.inbox import Event
from bot.store.outbox import Letter
from bot.talk.surroundings import Surroundings

Work = Callable[[Tx], object]


@dataclass(frozen=True, slots=True)
class Replies:
    around: Surroundings

    async def reply(self, event: Event, key: str, *, notice: bool = False, once: str = "", **holes: Any) -> bool:
        """Answer this event with a sentence, and settle it. Always True, as everything that settles an event.

        `once`: what has this sentence one time only, be it for several events.
        """
        post = await self.letter(event, key, notice=notice, once=once, **holes)
        await self.around.database.write(_post_and_settle, post, event.event_id)
        self.around.posted()
        return True

    async def letter(self, event: Event, key: str, *, notice: bool = False, once: str = "", **holes: Any) -> Work:
        """The answer, to be written with something else."""
        lieu = await self.around.lieux.of_room(event.room_id)
        language = await self.around.people.language(event.sender, lieu, self.around.language)
        sentence = self.around.words.sentence(language, key, holes, overlay=lieu.words if lieu else {})
        content = text(*sentence, notice=notice, reply_to=event.event_id)
        txn = hashlib.sha256(f"{once or event.event_id}/{key}".encode()).hexdigest()[:32]
        letter, at = Letter(event.room_id, txn, "m.room.message", content), self.around.now()
        return lambda tx: outbox.post(tx, letter, at)


def _post_and_settle(tx: Tx, post: Work, event_id: str) -> None:
    post(tx)
    inbox.done(tx, event_id)
