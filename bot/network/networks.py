"""The networks of a lieu: made, joined, left; how it presents itself there. All results are JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bot import lieux
from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.matrix.facts import server_of
from bot.network.administration import Administration
from bot.network.card_texts import CardTexts
from bot.network.declarations import KEEPER, Declarations
from bot.network.envelope import VERSION, enclose
from bot.network.gazetteer import placed
from bot.network.outgoing import Outgoing, shared_room, wire_id
from bot.network.request_cards import RequestCards
from bot.store import networks as store
from bot.store import outbox
from bot.store.database import Database, Tx
from bot.store.networks import Network, Stay
from bot.talk.ports import NetworkRooms

Json = dict[str, Any]
FRESH = 600_000  # milliseconds: an invitation may be here before the room that it is to knows of it
SOON = 2.0  # seconds


class Networks:
    """`now` in milliseconds. Raises Refused and Unavailable as Matrix does."""

    def __init__(
        self,
        declarations: Declarations,
        administration: Administration,
        outgoing: Outgoing,
        texts: CardTexts,
        cards: RequestCards,
        database: Database,
        rooms: NetworkRooms,
        now: Callable[[], int],
        posted: Callable[[], None],
    ) -> None:
        self.me, self.declarations, self.administration = outgoing.me, declarations, administration
        self._outgoing, self._texts, self._cards = outgoing, texts, cards
        self._database, self._rooms, self._now, self._posted = database, rooms, now, posted

    async def name(self, network: int) -> str:
        return (await self.declarations.get(network)).name

    async def address(self, network: int) -> str:
        return await self._rooms.address((await self.declarations.get(network)).space)

    # -- coming in

    async def create(self, lieu: Lieu, key: str, name: str, topic: str, card: Json) -> store.MadeNetwork:
        """A network that this lieu keeps: `network`, `address`. `key` makes it once."""
        made = await self._rooms.open_network(key, name, topic)
        await self._rooms.declare(
            made["room"], wire_id(lieu), await self.declarations.card(lieu, card) | {KEEPER: True}
        )
        network = await self._database.write(self._made, made["space"], made["room"], name, lieu.id, card)
        await self.declarations.refresh(await self.declarations.get(network))
        return {"network": network, "address": await self._rooms.address(made["space"])}

    def _made(self, tx: Tx, space: str, room_id: str, name: str, lieu: int, card: Json) -> int:
        network = store.make(tx, space, name)
        store.meet_in(tx, network, room_id)
        store.stay(tx, network, lieu, "declared", self._now(), keeps=True)
        store.choose(tx, network, lieu, {"card": card})
        return network

    async def ask_in(self, lieu: Lieu, address: str, reason: str, card: Json) -> store.AskedNetwork:
        """Ask to be let into the network of this address: `network`, `name`, `since`, `how` ("asked", or "in")."""
        found = await self._rooms.ask_in(address, reason)
        known = await self._database.read(store.of_room, found["space"])
        name = known.name if known else address
        if found["how"] == "in":
            name = await self._rooms.name(found["space"])
        stay = await self._database.write(self._asked, found["space"], name, lieu.id, card)
        if found["how"] == "in":
            await self.settle_in(stay.network)
        return {"network": stay.network, "name": name, "since": stay.since, "how": found["how"]}

    def _asked(self, tx: Tx, space: str, name: str, lieu: int, card: Json) -> Stay:
        network = store.make(tx, space, name)
        if not store.is_declared(tx, network, lieu):
            store.stay(tx, network, lieu, "asked", self._now())
        store.choose(tx, network, lieu, {"card": card})
        return store.stays(tx, network=network, lieu=lieu)[0]

    async def come_in(self, id: int, by: str, at: int) -> None:
        """The bot was invited by this one, at that instant: enter, and ask that our lieux be declared."""
        try:
            if not await self._rooms.accept(invitation((await self.declarations.get(id)).space, by)):
                raise Refused("network-shut")
        except Refused as refusal:
            if self._now() - at > FRESH:
                raise
            raise Unavailable("matrix", SOON) from refusal
        await self.settle_in(id)

    async def settle_in(self, id: int) -> None:
        """The bot is in the network's space: find the coordination room, and ask there that our lieux be declared."""
        network = await self.declarations.get(id)
        room_id = await self._rooms.coordination(network.space)
        if room_id is None or await self._database.read(_is_elsewhere, network.id, room_id):
            raise Refused("not-a-network")
        name = await self._rooms.name(network.space)
        await self._database.write(self._settled, network, room_id, name)
        await self.declarations.refresh(await self.declarations.get(network.id))
        for stay in await self._database.read(partial(store.stays, network=network.id)):
            if stay.status == "asked":
                lieu = await self._database.read(lieux.load, stay.lieu)
                card = await self.declarations.card(lieu, stay.choices.get("card", {}))
                await self._database.write(self._hello, network.id, lieu, card, room_id, str(stay.since))
        self._posted()

    def _settled(self, tx: Tx, network: Network, room_id: str, name: str) -> None:
        store.make(tx, network.space, name)
        store.meet_in(tx, network.id, room_id)

    def _hello(self, tx: Tx, network: int, lieu: Lieu, card: Json, room_id: str, part: str) -> None:
        body = {"v": VERSION, "lieu": wire_id(lieu), "card": card}
        readable = {"msgtype": "m.notice", "body": lieu.name, "m.mentions": {}}
        content = enclose("hello", body, readable)
        self._outgoing.post(tx, room_id, f"hello/{network}/{lieu.id}/{part}", content, self._now(), lieu=lieu)

    async def bid(self, lieu: int, space: str, name: str, by: str) -> int:
        """Somebody invites this lieu into a network: it has not answered yet."""
        return await self._database.write(self._bidden, lieu, space, name, by)

    def _bidden(self, tx: Tx, lieu: int, space: str, name: str, by: str) -> int:
        network = store.make(tx, space, name)
        if not any(stay.lieu == lieu for stay in store.stays(tx, network=network)):
            store.stay(tx, network, lieu, "invited", self._now())
            store.choose(tx, network, lieu, {"by": by})
        return network

    async def decline(self, lieu: int, network: int) -> None:
        """Not this network; where another of our lieux may still want to come in, the invitation stays."""
        await self._database.write(store.stay, network, lieu, "left", self._now())
        await self._go_with_the_last(network)

    async def shun(self, space: str) -> None:
        """Take no notice of a network of strangers."""
        await self._rooms.leave_network(space, None)

    # -- being there

    async def present(self, lieu: Lieu, network: int, card: Json, part: str) -> None:
        """Say of this lieu what `card` says; `part` tells this correction from others. What the room refuses is not
        written down either."""
        found, room = await self.declarations.get(network), None
        if await self._database.read(store.is_declared, network, lieu.id):
            room = found.room_id
        told = await self.declarations.card(lieu, card)
        moderates = room is not None and await self._rooms.moderates(room, self.me)
        if moderates:
            await self.administration.declare(network, wire_id(lieu), told)
        await self._database.write(_describe, network, lieu.id, card)
        if room is not None and not moderates:
            await self._database.write(self._hello, network, lieu, told, room, part)
            self._posted()

    async def choose(self, lieu: int, network: int, **choices: Any) -> None:
        """What this lieu hears there, and where: `kinds`, `room`, `quiet`; None as if nothing had been chosen."""
        await self._database.write(store.choose, network, lieu, choices)

    async def of(self, lieu: int) -> list[store.OwnNetwork]:
        """The networks of a lieu of ours: `network`, `name`, `space`, `status`, `keeps`, `choices`, `since`."""
        stays = await self._database.read(partial(store.stays, lieu=lieu))
        return [
            {
                "network": stay.network,
                "name": (found := await self.declarations.get(stay.network)).name,
                "space": found.space,
                "status": stay.status,
                "keeps": stay.keeps,
                "choices": stay.choices,
                "since": stay.since,
            }
            for stay in stays
        ]

    async def others(self, lieu: Lieu, network: int) -> list[store.Declared]:
        """The lieux that are declared there besides this one, as in `neighbours`."""
        return [one for one in await self.declarations.neighbours(network) if one["lieu"] != wire_id(lieu)]

    async def around(self, lieu: Lieu) -> store.Around:
        """Who is in any of its networks: its own cards (`here`), and once each of the `others`, as in `neighbours`;
        with where they are, as far as that is known."""
        stays = await self._database.read(partial(store.stays, lieu=lieu.id))
        told = [
            one
            for stay in stays
            if stay.status == "declared"
            for one in await self.declarations.neighbours(stay.network)
        ]
        told = [{**one, "card": placed(one["card"])} for one in told]
        mine = [one["card"] for one in told if one["lieu"] == wire_id(lieu)]
        return {"here": mine, "others": [*{one["lieu"]: one for one in told if one["lieu"] != wire_id(lieu)}.values()]}

    # -- going

    async def leave(self, lieu: Lieu, id: int, part: str) -> None:
        """This lieu takes back what it asks, and says goodbye; when that was heard, it is declared no more (`part`).

        `part` tells this farewell from others.
        """
        said = await self._database.write(
            self._left, await self.declarations.get(id), lieu, f"bye/{id}/{lieu.id}/{part}"
        )
        self._posted()
        if not said:
            await self._go_with_the_last(id)

    def _left(self, tx: Tx, network: Network, lieu: Lieu, txn: str) -> bool:
        """Whether there was anybody to say goodbye to."""
        if not store.is_declared(tx, network.id, lieu.id):
            store.stay(tx, network.id, lieu.id, "left", self._now())
            return outbox.fate(tx, txn)[0] is not None
        store.stay(tx, network.id, lieu.id, "left", self._now())
        self._cards.withdraw_all(tx, network.id, lieu, self._now())
        readable = self._texts.below(lieu, "between.leaves", None, notice=True, lieu=lieu.name)
        content = enclose("bye", {"v": VERSION, "lieu": wire_id(lieu)}, readable)
        self._outgoing.post(
            tx, shared_room(tx, network.id), txn, content, self._now(), lieu=lieu
        )  # after what it withdraws
        return True

    async def give_up(self, lieu: Lieu, id: int, since: int) -> bool:
        """Nobody answered this lieu, which asked at that time: no server tells another that a knock was refused."""
        gave_up: bool = await self._database.write(self._gave_up, id, lieu.id, since)
        if gave_up:
            await self._go_with_the_last(id)
        return gave_up

    def _gave_up(self, tx: Tx, network: int, lieu: int, since: int) -> bool:
        found = store.stays(tx, network=network, lieu=lieu)
        if not any(stay.status == "asked" and stay.since == since for stay in found):
            return False
        store.stay(tx, network, lieu, "left", self._now())
        return True

    async def _go_with_the_last(self, id: int) -> None:
        """Take back the knock, or decline the invitation, where no lieu of ours waits for an answer."""
        if not await self._database.read(partial(store.stays, network=id)):
            await self._rooms.leave_network((await self.declarations.get(id)).space, None)


def _is_elsewhere(tx: Tx, network: int, room_id: str) -> bool:
    """Whether this room is something of ours already: another network's, or a lieu's."""
    known = store.of_room(tx, room_id)
    return (known is not None and known.id != network) or room_id in lieux.all_rooms(tx)


def _describe(tx: Tx, network: int, lieu: int, card: Json) -> None:
    store.choose(tx, network, lieu, {"card": None})
    store.choose(tx, network, lieu, {"card": card})


def invitation(space: str, by: str) -> str:
    """The address of a network to which somebody invited us: their server knows the way."""
    return f"{space}?via={server_of(by)}"
