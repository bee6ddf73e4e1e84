"""A lieu goes from one bot to another: the one that leaves hands its rooms over and is silent there, the one that comes
asks the networks to know it."""

from __future__ import annotations

from contextlib import suppress

from bot.errors import Refused
from bot.lieux import Lieu
from bot.matrix.membership import Membership
from bot.matrix.room_settings import RoomSettings
from bot.network.networks import Networks
from bot.store import inbox, lieu_rows
from bot.store.database import Database
from bot.store.inbox import Event


class Handover:
    def __init__(
        self, database: Database, networks: Networks, membership: Membership, room_settings: RoomSettings
    ) -> None:
        self._database, self._networks = database, networks
        self._membership, self._room_settings = membership, room_settings

    async def hear(self, event: Event, heir: str) -> bool:
        """In a room of a lieu that has this other bot now: there we have nothing more to say."""
        comes = event.type == "m.room.member" and event.content.get("membership") == "join"
        if comes and event.state_key == heir:
            await self._hand_over(event.room_id, heir)
        await self._database.write(inbox.done, event.event_id)
        return True

    async def _hand_over(self, room_id: str, heir: str) -> None:
        """The other bot is there: it gets what we may do in this room, and an invitation into the others."""
        with suppress(Refused):
            await self._room_settings.bequeath(room_id, heir)
        for other in await self._database.read(lieu_rows.rooms_for, heir):
            with suppress(Refused):
                await self._membership.invite(other, heir)
        await self._membership.leave(room_id)
        await self._database.write(lieu_rows.handed_over, room_id)

    async def ask_again(self, lieu: Lieu) -> list[str]:
        """Another bot was in these networks for this lieu: ask to be let in. Returns their names."""
        rows = await self._networks.of(lieu.id)
        waiting = [row for row in rows if row["status"] == "asked" and "address" in row["choices"]]
        for row in waiting:
            choices = row["choices"]
            await self._networks.ask_in(lieu, choices["address"], lieu.name, choices.get("card", {}))
        return [row["name"] for row in waiting]
