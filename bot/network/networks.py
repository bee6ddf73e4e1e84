"""The networks of a lieu: made, joined, left; who else is there. All results are JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bot import lieux
from bot.errors import MatrixRefused, Refused, Unavailable
from bot.lieux import Lieu
from bot.matrix.facts import server_of
from bot.network.cards import Cards
from bot.network.envelope import VERSION, Unsound, check, enclose
from bot.network.letters import MESSAGE, wire_id
from bot.store import networks as store
from bot.store import outbox
from bot.store.database import Database, Tx
from bot.store.networks import Network, Stay
from bot.store.outbox import Letter
from bot.talk.doors import NetworkRooms

Json = dict[str, Any]
MOST_DECLARED = 500
FRESH = 600_000  # milliseconds: an invitation may be here before the room that it is to knows of it
SOON = 2.0  # seconds


class Networks:
    """`me` is the bot, `now` in milliseconds. Raises Refused and Unavailable as Matrix does."""

    def __init__(
        self,
        me: str,
        database: Database,
        cards: Cards,
        rooms: NetworkRooms,
        now: Callable[[], int],
        posted: Callable[[], None],
    ) -> None:
        self._me, self._database, self._cards, self._rooms = me, database, cards, rooms
        self._now, self._posted = now, posted

    # -- being there

    async def create(self, lieu: Lieu, key: str, name: str, topic: str, card: Json) -> Json:
        """A network that this lieu keeps: `network`, `address`. `key` makes it once."""
        made = await self._rooms.open_network(key, name, topic)
        await self._rooms.declare(made["room"], wire_id(lieu), self.card(lieu, card))
        network = await self._database.write(self._made, made["space"], made["room"], name, lieu.id)
        await self.refresh(await self.get(network))
        return {"network": network, "address": await self._rooms.address(made["space"])}

    def _made(self, tx: Tx, space: str, room_id: str, name: str, lieu: int) -> int:
        network = store.make(tx, space, name)
        store.meet_in(tx, network, room_id)
        store.stay(tx, network, lieu, "declared", self._now(), keeps=True)
        return network

    async def ask_in(self, lieu: Lieu, address: str, reason: str, card: Json) -> Json:
        """Ask to be let into the network of this address: `network`, `name`, `how` ("asked" at its door, or "in")."""
        found = await self._rooms.ask_in(address, reason)
        name = await self._rooms.name(found["space"]) if found["how"] == "in" else address
        network = await self._database.write(self._asked, found["space"], name, lieu.id, card)
        if found["how"] == "in":
            await self.settle_in(network)
        return {"network": network, "name": name, "how": found["how"]}

    def _asked(self, tx: Tx, space: str, name: str, lieu: int, card: Json) -> int:
        network = store.make(tx, space, name)
        if not any(stay.lieu == lieu and stay.status == "declared" for stay in store.stays(tx, network=network)):
            store.stay(tx, network, lieu, "asked", self._now())
        store.choose(tx, network, lieu, {"card": card})
        return network

    async def come_in(self, id: int, by: str, at: int) -> None:
        """The bot was invited by this one, at that instant: enter, and ask that our lieux be declared."""
        try:
            await self._rooms.ask_in(invitation((await self.get(id)).space, by), "")
        except MatrixRefused as refusal:
            if self._now() - at > FRESH:
                raise
            raise Unavailable("matrix", SOON) from refusal
        await self.settle_in(id)

    async def settle_in(self, id: int) -> None:
        """The bot is in the network's space: find the coordination room, and ask there that our lieux be declared."""
        network = await self.get(id)
        room_id = await self._rooms.coordination(network.space)
        if room_id is None:
            raise Refused("not-a-network")
        name = await self._rooms.name(network.space)
        await self._database.write(self._settled, network, room_id, name)
        await self.refresh(await self.get(network.id))
        for stay in await self._database.read(partial(store.stays, network=network.id)):
            if stay.status == "asked":
                await self._database.write(self._introduce, network.id, stay, room_id)
        self._posted()

    def _settled(self, tx: Tx, network: Network, room_id: str, name: str) -> None:
        store.make(tx, network.space, name)
        store.meet_in(tx, network.id, room_id)

    def _introduce(self, tx: Tx, network: int, stay: Stay, room_id: str) -> None:
        lieu = lieux.load(tx, stay.lieu)
        card = self.card(lieu, stay.choices.get("card", {}))
        body = {"v": VERSION, "lieu": wire_id(lieu), "card": card}
        readable = {"msgtype": "m.notice", "body": lieu.name, "m.mentions": {}}
        letter = Letter(room_id, f"hello/{network}/{lieu.id}/{stay.since}", MESSAGE, enclose("hello", body, readable))
        outbox.post(tx, letter, self._now())

    async def leave(self, lieu: Lieu, id: int) -> None:
        """This lieu is no longer there; the bot leaves with the last one."""
        network = await self.get(id)
        if network.room_id is not None and await self._rooms.moderates(network.room_id, self._me):
            await self._rooms.undeclare(network.room_id, wire_id(lieu))
        await self._database.write(store.stay, id, lieu.id, "left", self._now())
        if not await self._database.read(partial(store.stays, network=id)):
            await self._rooms.leave_network(network.space, str(network.room_id))

    async def lost(self, network: Network) -> None:
        """The bot was put out."""
        await self._database.write(self._declare, network, {})
        self._posted()

    def card(self, lieu: Lieu, more: Json) -> Json:
        """What a lieu says of itself; `more` are its town, web page…"""
        return {"v": VERSION, "bot": self._me, "name": lieu.name, "languages": [lieu.choices.language], **more}

    # -- who is there

    async def refresh(self, network: Network) -> None:
        """Read again which lieux the coordination room declares: its server lets only moderators write that."""
        if network.room_id is None:
            return
        told = await self._rooms.declared(network.room_id)
        cards = {lieu: one["content"] for lieu, one in list(told.items())[:MOST_DECLARED] if _is_card(one["content"])}
        await self._database.write(self._declare, network, cards)
        self._posted()

    def _declare(self, tx: Tx, network: Network, cards: dict[str, Json]) -> None:
        """Note who is there, and tell our concierges what changed."""
        before = {one.lieu for one in store.neighbours(tx, network.id)}
        store.declare(tx, network.id, cards, self._now())
        for stay in store.stays(tx, network=network.id):
            lieu = lieux.load(tx, stay.lieu)
            inside = wire_id(lieu) in cards
            if inside and stay.status == "asked":
                store.stay(tx, network.id, lieu.id, "declared", self._now())
                self._tell(tx, lieu, "between.we-are-in", network=network.name)
            elif not inside and stay.status == "declared":
                store.stay(tx, network.id, lieu.id, "left", self._now())
                self._tell(tx, lieu, "between.we-are-out", network=network.name)
            elif inside:
                for new in cards.keys() - before - {wire_id(lieu)}:
                    self._tell(tx, lieu, "between.newcomer", network=network.name, lieu=cards[new]["name"])

    def _tell(self, tx: Tx, lieu: Lieu, key: str, /, **holes: Any) -> None:
        if lieu.office:
            content, now = self._cards.below(lieu, key, None, notice=True, **holes), self._now()
            outbox.post(tx, Letter(lieu.office, f"{key}/{lieu.id}/{now}", MESSAGE, content), now)

    async def declare(self, network: int, lieu: str, card: Json) -> None:
        """As a moderator: this lieu is in the network, and this bot speaks for it. Raises Refused."""
        room_id = (await self.get(network)).room_id
        if room_id is not None:
            await self._rooms.declare(room_id, lieu, card)
            await self.refresh(await self.get(network))

    async def admit(self, network: int, bot: str) -> None:
        """As a moderator: let a bot in, which then says for which lieu it speaks."""
        found = await self.get(network)
        await self._database.write(store.admit, network, bot)
        await self._rooms.admit(found.space, str(found.room_id), bot)

    async def turn_away(self, network: int, bot: str) -> None:
        """As a moderator: no."""
        await self._rooms.kick((await self.get(network)).space, bot)

    async def is_admitted(self, network: int, bot: str) -> bool:
        """Let in by a moderator, and not yet declared for any lieu."""
        return await self._database.read(store.is_admitted, network, bot)

    async def name(self, network: int) -> str:
        return (await self.get(network)).name

    async def get(self, network: int) -> Network:
        return await self._database.read(store.get, network)

    async def of(self, lieu: int) -> list[Json]:
        """The networks of a lieu of ours: `network`, `name`, `status`, `keeps`, `choices`, `since`."""
        stays = await self._database.read(partial(store.stays, lieu=lieu))
        return [
            {
                "network": stay.network,
                "name": (await self.get(stay.network)).name,
                "status": stay.status,
                "keeps": stay.keeps,
                "choices": stay.choices,
                "since": stay.since,
            }
            for stay in stays
        ]

    async def neighbours(self, network: int) -> list[Json]:
        """Every lieu declared there, ours too: `lieu`, `bot`, `since`, and its `card`."""
        found = await self._database.read(store.neighbours, network)
        return [{"lieu": one.lieu, "bot": one.bot, "since": one.since, "card": one.card} for one in found]

    async def choose(self, lieu: int, network: int, **choices: Any) -> None:
        """What this lieu hears there, and where: `kinds`, `room`, `quiet`."""
        await self._database.write(store.choose, network, lieu, choices)

    async def address(self, network: int) -> str:
        return await self._rooms.address((await self.get(network)).space)


def invitation(space: str, by: str) -> str:
    """The address of a network to which somebody invited us: their server knows the way."""
    return f"{space}?via={server_of(by)}"


def _is_card(content: object) -> bool:
    try:
        check("lieu", content)
    except Unsound:
        return False
    return True
