"""What the keepers of a network do: let a lieu's bot in, declare it, put it out, and give the keys to another lieu."""

from __future__ import annotations

from typing import Any

from bot.errors import Refused
from bot.network.declarations import KEEPER, Declarations
from bot.store import networks as store
from bot.store.database import Database
from bot.store.networks import Neighbour
from bot.talk.ports import NetworkRooms

Json = dict[str, Any]


class Administration:
    """As a moderator of the network's rooms; every call makes something so, and may be repeated.

    Raises Refused and Unavailable as Matrix does.
    """

    def __init__(self, me: str, database: Database, declarations: Declarations, rooms: NetworkRooms) -> None:
        self._me, self._database, self._declarations, self._rooms = me, database, declarations, rooms

    async def admit(self, network: int, bot: str) -> None:
        """Let a bot in, which then says for which lieu it speaks."""
        found = await self._declarations.get(network)
        await self._database.write(store.admit, network, bot)
        await self._rooms.admit(found.space, str(found.room_id), bot)

    async def turn_away(self, network: int, bot: str) -> bool:
        """No longer leave it at the door; False where another keeper let it in, or it went away."""
        return await self._rooms.turn_away((await self._declarations.get(network)).space, bot)

    async def standing(self, network: int, hello: Json) -> str:
        """What a bot asks for when it presents a lieu: `admitted` (it was let in for that), `update` (of its own card),
        `renamed`, `other-bot` (the lieu is known under another account), or `new`."""
        known = await self._database.read(store.neighbour, network, hello["lieu"])
        if known is None:
            admitted = await self._database.read(store.is_admitted, network, hello["card"]["bot"])
            return "admitted" if admitted else "new"
        if known.bot != hello["card"]["bot"]:
            return "other-bot"
        return "update" if known.card["name"] == hello["card"]["name"] else "renamed"

    async def declare(self, network: int, lieu: str, card: Json) -> None:
        """This lieu is in the network, and this bot speaks for it. It keeps the keys that it has, and gets none."""
        found = await self._declarations.get(network)
        known = await self._database.read(store.neighbour, network, lieu)
        keeps = known is not None and known.bot == card["bot"] and known.card.get(KEEPER) is True
        content = {field: value for field, value in card.items() if field != KEEPER} | ({KEEPER: True} if keeps else {})
        await self._rooms.declare(str(found.room_id), lieu, content)
        await self._declarations.refresh(found)

    async def entrust(self, network: int, lieu: str) -> None:
        """This lieu has the keys from now on, too. Raises Refused("no-longer-there")."""
        found, known = await self._declarations.get(network), await self._neighbour(network, lieu)
        await self._rooms.entrust(found.space, str(found.room_id), known.bot)
        await self._rooms.declare(str(found.room_id), lieu, known.card | {KEEPER: True})
        await self._declarations.refresh(found)

    async def hand_over(self, network: int, lieu: str, card: Json) -> None:
        """Our lieu that kept the network has another bot now, which gets the keys too."""
        await self.declare(network, lieu, card)
        await self.entrust(network, lieu)

    async def exclude(self, network: int, lieu: str, reason: str) -> None:
        """This lieu is no longer in the network; its bot goes, unless it speaks for another lieu there."""
        found = await self._declarations.get(network)
        known = await self._database.read(store.neighbour, network, lieu)
        if known and not await self._speaks_for_another(network, known):  # first, for it says why
            await self._rooms.put_out(found.space, str(found.room_id), known.bot, reason)
        await self._rooms.undeclare(str(found.room_id), lieu)
        await self._declarations.refresh(found)

    async def part(self, network: int, lieu: str) -> None:
        """This lieu has left: it is declared no more, where we can say so; our bot goes with the last of our lieux."""
        found = await self._declarations.get(network)
        if not await self._rooms.is_in(found.space) or found.room_id is None:
            return
        if await self._rooms.moderates(found.room_id, self._me):
            await self._rooms.undeclare(found.room_id, lieu)
            await self._declarations.refresh(found)
        if not await self._database.read(lambda tx: store.stays(tx, network=network)):
            await self._rooms.leave_network(found.space, found.room_id)

    async def _neighbour(self, network: int, lieu: str) -> Neighbour:
        known = await self._database.read(store.neighbour, network, lieu)
        if known is None:
            raise Refused("no-longer-there")
        return known

    async def _speaks_for_another(self, network: int, known: Neighbour) -> bool:
        others = await self._database.read(store.neighbours, network)
        return any(one.bot == known.bot and one.lieu != known.lieu for one in others)
