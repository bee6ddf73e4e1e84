"""Who is in a network: the lieux that its coordination room declares, which only its moderators can write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bot import lieux
from bot.errors import MatrixRefused
from bot.lieux import Lieu
from bot.network import lieu_labels
from bot.network.card_texts import CardTexts
from bot.network.envelope import VERSION, BadEnvelope, check
from bot.network.geography import plain
from bot.network.outgoing import Outgoing, wire_id
from bot.network.request_cards import RequestCards
from bot.store import networks as store
from bot.store.database import Database, Tx
from bot.store.networks import Neighbour, Network, Stay
from bot.talk.ports import NetworkRooms

Json = dict[str, Any]
Declared = dict[str, Json]  # what each lieu says of itself
MOST_DECLARED = 500
MOST_SERVERS = 10
KEEPER = "keeper"  # of a card: this lieu has the keys; its network's moderators say so, never itself


class Declarations:
    """`servers`: others that our people live on, `now` in milliseconds; `cloud_of`: where others offer folders to a
    lieu of ours, or empty.

    Raises Refused and Unavailable as Matrix does.
    """

    def __init__(
        self,
        servers: Sequence[str],
        database: Database,
        outgoing: Outgoing,
        texts: CardTexts,
        cards: RequestCards,
        rooms: NetworkRooms,
        now: Callable[[], int],
        posted: Callable[[], None],
        cloud_of: Callable[[Lieu], Awaitable[str]],
    ) -> None:
        self._servers = list(servers)[:MOST_SERVERS]
        self._database, self._rooms = database, rooms
        self._outgoing, self._texts, self._cards = outgoing, texts, cards
        self._now, self._posted, self._cloud_of = now, posted, cloud_of

    async def card(self, lieu: Lieu, more: Json) -> Json:
        """What a lieu says of itself; `more` are its town, web page…"""
        cloud = await self._cloud_of(lieu)
        own = {"v": VERSION, "bot": self._outgoing.me, "name": lieu.name, "languages": [lieu.choices.language], **more}
        return own | ({"cloud": cloud} if cloud else {}) | ({"servers": self._servers} if self._servers else {})

    async def refresh(self, network: Network) -> None:
        """Read again which lieux the coordination room declares."""
        if network.room_id is None:
            return
        try:
            told = await self._rooms.declared(network.room_id)
        except MatrixRefused:
            return  # the bot is there no more: that is told by itself
        cards = {lieu: one["content"] for lieu, one in list(told.items())[:MOST_DECLARED] if _is_card(one["content"])}
        await self._database.write(self._declare, network, cards)
        self._posted()

    async def lost(self, network: Network, why: str) -> None:
        """The bot was put out, or not let in."""
        await self._database.write(self._declare, network, {}, why)
        await self._database.write(self._turned_away, network)
        self._posted()

    def _turned_away(self, tx: Tx, network: Network) -> None:
        for stay in store.stays(tx, network=network.id):
            store.stay(tx, network.id, stay.lieu, "left", self._now())
            if stay.status == "asked":
                self._tell(tx, lieux.load(tx, stay.lieu), "between.not-let-in", network=network.name)

    def _declare(self, tx: Tx, network: Network, cards: Declared, why: str = "") -> None:
        """Note who is there, and tell our concierges what changed."""
        before = {one.lieu: one.card for one in store.neighbours(tx, network.id)}
        for gone in sorted(before.keys() - cards.keys()):
            self._cards.forsake(tx, network.id, gone, self._now())
        store.declare(tx, network.id, cards, self._now())
        for stay in store.stays(tx, network=network.id):
            lieu = lieux.load(tx, stay.lieu)
            if cards.get(wire_id(lieu), {}).get("bot") == self._outgoing.me:
                self._inside(tx, network, stay, lieu, before, cards)
            elif stay.status == "declared":
                store.stay(tx, network.id, lieu.id, "left", self._now())
                key = "between.we-are-out-because" if why else "between.we-are-out"
                self._tell(tx, lieu, key, network=network.name, why=why)

    def _inside(self, tx: Tx, network: Network, stay: Stay, lieu: Lieu, before: Declared, cards: Declared) -> None:
        keeps = cards[wire_id(lieu)].get(KEEPER) is True
        store.stay(tx, network.id, lieu.id, "declared", self._now(), keeps=keeps)
        if stay.status != "declared":
            self._tell(tx, lieu, "between.we-are-in", network=network.name)
            self._cards.renew(tx, lieu, network.id, self._now())
        elif keeps and not stay.keeps:
            self._tell(tx, lieu, "between.we-keep", network=network.name)
        else:
            for other in sorted((cards.keys() ^ before.keys()) - {wire_id(lieu)}):
                key = "between.newcomer" if other in cards else "between.gone"
                self._tell(tx, lieu, key, network=network.name, lieu=_called(tx, network, other, before))

    async def tell_crowd(self, network: Network, lieu: Lieu, part: int) -> None:
        """So many are at the door that our keepers are asked about no more of them for a while."""
        await self._database.write(self._tell_crowd, network, lieu, part)
        self._posted()

    def _tell_crowd(self, tx: Tx, network: Network, lieu: Lieu, part: int) -> None:
        if lieu.office:
            content = self._texts.below(lieu, "between.crowd-knocks", None, notice=True, network=network.name)
            self._outgoing.post(tx, lieu.office, f"crowd/{network.id}/{lieu.id}/{part}", content, self._now())

    def _tell(self, tx: Tx, lieu: Lieu, key: str, /, **holes: Any) -> None:
        if lieu.office:
            now = self._now()
            content = self._texts.below(lieu, key, None, notice=True, **holes)
            self._outgoing.post(tx, lieu.office, f"{key}/{lieu.id}/{now}", content, now)

    # -- read

    async def get(self, network: int) -> Network:
        return await self._database.read(store.get, network)

    async def neighbours(self, network: int) -> list[store.Declared]:
        """Every lieu declared there, ours too: `lieu`, `bot`, `since`, and its `card`."""
        found = await self._database.read(_neighbours, network)
        return [{"lieu": one.lieu, "bot": one.bot, "since": one.since, "card": one.card} for one in found]


def _neighbours(tx: Tx, network: int) -> list[Neighbour]:
    return lieu_labels.all_marked(tx, network, store.neighbours(tx, network))


def _called(tx: Tx, network: Network, lieu: str, before: Declared) -> str:
    """Whoever has just come; whoever has gone as they were called."""
    return lieu_labels.shown(tx, network.id, lieu) if lieu not in before else plain(before[lieu]["name"])


def _is_card(content: object) -> bool:
    try:
        check("lieu", content)
    except BadEnvelope:
        return False
    return True
