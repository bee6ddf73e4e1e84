"""The people who host the bot: they alone decide what no lieu may decide for itself, in a room of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress

from bot.errors import Refused, ServerAway
from bot.lieux import Lieux
from bot.matrix.facts import Facts
from bot.matrix.membership import Membership
from bot.matrix.rooms import Rooms
from bot.words import Words

HostsRooms = Callable[[], Awaitable[Mapping[str, int | None]]]
"""Where whoever hosts the bot is told of the machine, each with the lieu whose it is, if any (`hosts_rooms`)."""
KEY = "operators"  # of the room, among those that the bot made


class Operators:
    """`people` are those of the setting OPERATORS, maybe none. Who answers for them is decided by `People.may`, with
    the action `operate`."""

    def __init__(
        self, people: Collection[str], facts: Facts, membership: Membership, rooms: Rooms, words: Words, language: str
    ) -> None:
        self.people = tuple(people)
        self._facts, self._membership, self._rooms = facts, membership, rooms
        self._words, self._language = words, language

    async def room(self) -> str | None:
        """Their room, with all of them and nobody else in it; None where there are none."""
        if not self.people:
            return None
        name, topic = self._say("talk.operators-room"), self._say("talk.operators-topic")
        room_id = await self._rooms.create(KEY, name=name, topic=topic)
        for person in self.people:
            with suppress(Refused, ServerAway):  # an address that is nobody's must not keep the others from answering
                await self._membership.invite(room_id, person)
        await self._show_out(room_id)
        return room_id

    async def keep_to_themselves(self) -> None:
        """Whoever is no operator any more is put out of the room, if there is one, and whoever is new is invited."""
        if (room_id := await self._rooms.made(KEY)) is not None and await self.room() is None:
            with suppress(Refused):  # the bot was sent away from there
                await self._show_out(room_id)

    def _say(self, key: str) -> str:
        return self._words.sentence(self._language, key, {})[0]

    async def _show_out(self, room_id: str) -> None:
        for each in await self._facts.people(room_id):
            if each["person"] not in (*self.people, self._facts.me) and each["membership"] in ("join", "invite"):
                with suppress(Refused):
                    await self._membership.kick(room_id, each["person"])


async def hosts_rooms(operators: Operators, lieux: Lieux) -> dict[str, int | None]:
    """Their room; where nobody is named as host, the conciergeries: somebody there knows whom to tell."""
    if room_id := await operators.room():
        return {room_id: None}
    return {lieu.office: lieu.id for lieu in await lieux.all() if lieu.office}
