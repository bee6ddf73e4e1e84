"""From a command to its conversation: for which lieu, in which room, and whether this person may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.lieux import Lieu, Lieux
from bot.people import People, Place, Role
from bot.store import budgets
from bot.store.budgets import Budget
from bot.store.conversations import Conversation
from bot.talk.command_table import Line
from bot.talk.engine import Engine
from bot.talk.incoming import Spoken
from bot.talk.replies import Purse, Replies, lost_by

ASK_WHICH = "which-lieu"
COMMANDS = Budget("commands", 30)
FOR_CONCIERGES = Budget("commands", 150)  # an open day, forty people by hand
IN_ROOM = Budget("commands", 150)  # where everybody reads them


class Beginning:
    """Begins commands. `direct` finds or makes the direct room with a person."""

    def __init__(
        self,
        engine: Engine,
        people: People,
        lieux: Lieux,
        replies: Replies,
        direct: Callable[[str], Awaitable[str]],
    ) -> None:
        self._engine, self._people, self._lieux, self._replies = engine, people, lieux, replies
        self._direct = direct

    async def begin(self, said: Spoken, line: Line, *, understood: bool = True) -> bool:
        """Begin a command where it may be said, else in private; where the person may not at all, say so. Unless it
        was `understood`, it counts among what was not."""
        person, action = said.event.sender, line.script.action
        purses = await self._purses(said)
        purses += () if understood else (lost_by(person, said.event.room_id),)
        if await self._replies.rests(said.event, *purses):
            return True
        lieux = [said.lieu] if said.lieu else await self._lieux_for(person, action)
        for place in (said.place, Place.DIRECT):
            allowed = [lieu for lieu in lieux if await self._people.may(person, action, lieu, place)]
            if allowed:
                return await self._start(said, line, allowed, purses, understood, moved=place is not said.place)
        members = self._people.rights[action].role is Role.MEMBER
        return await self._replies.reply(said.event, "talk.for-members" if members else "talk.not-for-you")

    async def _purses(self, said: Spoken) -> tuple[Purse, ...]:
        """What a command spends: its person's, and its room's where it is not a private one."""
        person, budget = said.event.sender, COMMANDS
        if not (await self._replies.spent(said.event, budget, budgets.of_person(person))).within:
            budget = FOR_CONCIERGES if await self._people.lieux_of(person, Role.CONCIERGE) else COMMANDS
        own = (budget, budgets.of_person(person))
        return (own, (IN_ROOM, budgets.of_room(said.event.room_id))) if said.place is Place.ROOM else (own,)

    async def _start(
        self,
        said: Spoken,
        line: Line,
        lieux: list[Lieu | None],
        purses: tuple[Purse, ...],
        understood: bool,
        *,
        moved: bool,
    ) -> bool:
        room_id = await self._direct(said.event.sender) if moved else said.event.room_id
        tells = moved and not line.script.discreet
        told = [await self._replies.letter(said.event, "talk.moved", notice=True)] if tells else []
        purse = lost_by(said.event.sender, said.event.room_id)
        spends = [self._replies.spends(said.event, purses)]
        spends += [lambda tx: budgets.refill(tx, *purse)] if understood else []
        await self._engine.start(self._conversation(said, line, lieux, room_id), *told, *spends)
        return True

    def _conversation(self, said: Spoken, line: Line, lieux: list[Lieu | None], room_id: str) -> Conversation:
        event, given = said.event, dict(line.given)
        thread = said.thread if room_id == event.room_id else None
        origin = {"given": given, "said": said.origin}
        if len(lieux) == 1:
            lieu = lieux[0].id if lieux[0] else None
            return Conversation(line.script.name, event.sender, room_id, event.event_id, lieu, origin, thread)
        which = [[str(lieu.id), lieu.name] for lieu in lieux if lieu]
        args = {"command": line.script.name, "lieux": which, "line": given, "said": said.origin}
        return Conversation(ASK_WHICH, event.sender, room_id, event.event_id, None, args, thread)

    async def _lieux_for(self, person: str, action: str) -> list[Lieu | None]:
        """In a direct conversation: every lieu where this right is theirs; for what anybody may, the one that they
        look after, else the one they belong to, else none."""
        if self._people.rights[action].role is not Role.STRANGER:
            return [lieu for lieu in await self._lieux.all() if await self._people.may(person, action, lieu)]
        for role in (Role.CONCIERGE, Role.NEWCOMER):
            found = await self._people.lieux_of(person, role)
            if found:
                return [found[0]]
        return [None]
