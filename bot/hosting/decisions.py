"""What waits for the word of whoever hosts the bot, and what was decided beside it, on the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from functools import partial

import structlog

from bot.errors import Refused, Unavailable
from bot.hosting.candidates import Candidates
from bot.hosting.operators import Operators
from bot.lieux import Lieux
from bot.matrix.membership import Membership
from bot.matrix.rooms import Rooms
from bot.people import People
from bot.store import candidates, conversations
from bot.store.attempts import Tried, untried
from bot.store.candidates import Candidate
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx
from bot.talk.engine import Engine
from bot.words import Words

log = structlog.get_logger(__name__)
LOOK = 5.0  # seconds between two looks at what another process may have written
CARD = "lieu-wanted"


class Decisions:
    """`me` is the bot, `by_name` the beginnings of the settings that go by the name of a lieu alone."""

    def __init__(
        self,
        me: str,
        language: str,
        by_name: Collection[str],
        database: Database,
        engine: Engine,
        words: Words,
        lieux: Lieux,
        people: People,
        operators: Operators,
        known: Candidates,
        membership: Membership,
        rooms: Rooms,
        now: Callable[[], int],
    ) -> None:
        self._me, self._language, self._by_name = me, language, sorted(by_name)
        self._database, self._engine, self._words = database, engine, words
        self._lieux, self._people, self._operators, self._candidates = lieux, people, operators, known
        self._membership, self._rooms, self._now = membership, rooms, now
        self._behind = False
        self._going_on = asyncio.Lock()
        self._logged: set[str] = set()

    async def run(self, tried: Tried = untried) -> None:
        """Until cancelled: act upon what the command line says, soon."""
        seen = None
        while True:
            version = await self._database.read(_version)
            if version != seen or self._behind:
                await tried(self.go_on)
            seen = version
            await asyncio.sleep(LOOK)

    async def go_on(self) -> None:
        """All that is to be done now; what a service that is away keeps from being done is tried again."""
        async with self._going_on:
            self._behind = False
            try:
                await self._go_on()
            except (Refused, Unavailable) as problem:
                self._behind = True
                log.warning("the hosts could not be asked", problem=type(problem).__name__)

    async def _go_on(self) -> None:
        await self._carry_out()
        await self._operators.keep_to_themselves()
        await self._ask()
        await self._warn()

    async def _carry_out(self) -> None:
        """What the command line and the settings say."""
        for space in self._candidates.spaces:
            await self._database.write(candidates.allow_waiting, space, self._now())
        for one in await self._database.read(candidates.unheard):
            await self._act_upon(one)

    # -- asking

    async def _ask(self) -> None:
        """Each space that waits has its card, once; where nobody is set to answer, the log says so."""
        waiting = await self._database.read(candidates.waiting)
        room_id = await self._operators.room() if waiting else None
        for one in waiting:
            if room_id is None:
                self._log("a space waits to be a lieu: see `conciergerie lieux`", room=one.space)
            elif not await self._database.read(candidates.cards, CARD, one.space):
                args = {"space": one.space, "by": one.asked_by}
                cause = f"{CARD}/{one.space}/{one.asked_at}"
                await self._engine.start(Conversation(CARD, self._me, room_id, cause, None, args))

    def _log(self, event: str, **about: str) -> None:
        """Once, as long as the process lives."""
        if (line := f"{event} {about}") not in self._logged:
            self._logged.add(line)
            log.warning(event, **about)

    async def _unsure(self) -> list[str]:
        return self._by_name if len(await self._lieux.all()) > 1 else []

    async def _warn(self) -> None:
        settings = await self._unsure()
        for name in settings:
            self._log("services are nobody's: several lieux, and a name is not enough", write=f"{name}SPACE")
        room_id = await self._operators.room() if settings else None
        if room_id is not None:
            cause = f"sure-settings/{' '.join(settings)}"
            args = {"settings": [f"{name}SPACE" for name in settings]}
            await self._engine.start(Conversation("sure-settings", self._me, room_id, cause, None, args))

    # -- decided beside the bot

    async def _act_upon(self, one: Candidate) -> None:
        for id in await self._database.read(candidates.cards, CARD, one.space):
            await self._engine.cancel(id, f"{id}/{one.decided_at}", "new_lieu.decided-already")
        try:
            await (self._allowed(one) if one.status == "allowed" else self._over(one))
        except Refused as no:  # one space must not be in the way of the others
            log.warning("a decision could not be carried out", room=one.space, code=no.code)
        await self._database.write(candidates.heard, one.space)

    async def _allowed(self, one: Candidate) -> None:
        """Who asked goes on; where nobody did, the bot waits to be invited."""
        made = await self._candidates.let_in(one.space, one.asked_by) if one.asked_by else None
        await self._answer(one, yes=True, made=made)

    async def _over(self, one: Candidate) -> None:
        """It is no lieu, or no more: what goes on for it ends, and the bot leaves the space."""
        lieu = await self._lieux.of_space(one.space)
        if lieu is not None:
            await self._lieux.left(lieu.space, self._now())
            self._people.forget(lieu.space)
            for id in await self._database.read(conversations.open_for, lieu.id):
                await self._engine.cancel(id, f"{id}/{one.decided_at}", "talk.lieu-ended")
        farewell = self._words.sentence(self._language, "new_lieu.farewell", {})[0]
        await self._membership.leave(one.space, farewell)
        if lieu is None:
            await self._answer(one, yes=False, made=None)

    async def _answer(self, one: Candidate, *, yes: bool, made: int | None) -> None:
        if not one.asked_by:
            return
        try:
            room_id = await self._rooms.direct(one.asked_by)
        except Refused:  # their account is closed
            return
        args = {"made": made, "name": one.name, "yes": yes}
        cause = f"answered/{one.space}/{one.decided_at}"
        heard = partial(candidates.heard, space=one.space)
        await self._engine.start(Conversation("lieu-answered", one.asked_by, room_id, cause, None, args), heard)


def _version(tx: Tx) -> int:
    """Changes when another process has written."""
    return int(tx.execute("PRAGMA data_version").fetchone()[0])
