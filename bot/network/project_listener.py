"""What is said in the rooms of projects: bots of several lieux are there, and each answers its own people alone."""

from __future__ import annotations

from functools import partial

from bot.lieux import Lieux
from bot.network.outgoing import wire_id
from bot.network.project_rooms import room_of
from bot.people import People, Role
from bot.store import inbox, networks, open_questions, projects
from bot.store.database import Database, Tx
from bot.store.inbox import Event
from bot.store.projects import Project


class ProjectListener:
    """Every method says whether the event is not for us, and is settled."""

    def __init__(self, database: Database, lieux: Lieux, people: People) -> None:
        self._database, self._lieux, self._people = database, lieux, people

    async def invited(self, event: Event) -> bool:
        """The bot was invited into a room."""
        return await self._is_partner(event.sender) and await self._settled(event)

    async def hear(self, event: Event) -> bool:
        """Something was said in the room of a project, or clicked on."""
        return await self._is_anothers(event) and await self._settled(event)

    async def _settled(self, event: Event) -> bool:
        await self._database.write(inbox.done, event.event_id)
        return True

    async def _is_partner(self, bot: str) -> bool:
        """A lieu with which one of ours does something invites us: we enter when it says for which project."""
        for lieu in await self._lieux.all():
            for stay in await self._database.read(partial(networks.stays, lieu=lieu.id)):
                at_one = await self._database.read(projects.at_one, stay.network, wire_id(lieu))
                known = [await self._database.read(networks.neighbour, stay.network, other) for other in at_one]
                if any(neighbour is not None and neighbour.bot == bot for neighbour in known):
                    return True
        return False

    async def _is_anothers(self, event: Event) -> bool:
        """Said in the room of a project that goes on, by somebody who is of none of our lieux there."""
        found = await self._database.read(_going_on, event.room_id)
        lieux = [lieu for project in found if (lieu := await self._lieux.get(project.lieu))]
        if not lieux or await self._database.read(_asks, event):
            return False
        return not [lieu for lieu in lieux if await self._people.role(event.sender, lieu) >= Role.MEMBER]


def _asks(tx: Tx, event: Event) -> bool:
    """Whether this answers a question of ours to this very person: a guest of the project may."""
    reply = event.relation.get("m.in_reply_to")
    targets = (event.relation.get("event_id"), reply.get("event_id") if isinstance(reply, dict) else None)
    found = [open_questions.pointed(tx, target) for target in targets if isinstance(target, str)]
    return any(one is not None and one[1].of == event.sender for one in found)


def _going_on(tx: Tx, room_id: str) -> list[Project]:
    """In a room that is nothing else meanwhile."""
    found = projects.in_room(tx, room_id)
    return [project for project in found if project.status == "open" and room_of(tx, project) == room_id]
