"""Requests, and the card that shows each in a room of every lieu which it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import lieux
from bot.lieux import Lieu
from bot.matrix.message import edit
from bot.network.cards import OFFERED
from bot.network.envelope import VERSION, enclose
from bot.network.letters import Json, Letters, ours, root, shared_room, wire_id
from bot.store import networks, requests
from bot.store.database import Tx
from bot.store.networks import Stay
from bot.store.requests import Card, Request


class Board(Letters):
    def publish(
        self, tx: Tx, lieu: Lieu, network: int, key: str, content: Json, room_id: str, asker: str, now: int
    ) -> Card:
        """A request of ours begins; the same `key` twice is one."""
        me = wire_id(lieu)
        named = {"v": VERSION, "id": f"{me}.{key}", "lieu": me, "rev": 1, "state": "open", "opened": now}
        request = requests.keep(tx, network, named | content, None, now)
        card = requests.pin(tx, request, lieu.id, room_id, asker)
        self.post(tx, room_id, card.txn, self.cards.local(lieu, request.body, card.number, None), now)
        shared = enclose("request", request.body, self.cards.shared(lieu, request.body))
        self.post(tx, shared_room(tx, network), f"request/{request.id}", shared, now)
        return card

    def revise(self, tx: Tx, lieu: Lieu, id: str, changes: Mapping[str, Any], now: int) -> None:
        """A request of ours changes, and everybody's cards with it."""
        before = requests.get(tx, id)
        if before is None or all(before.body.get(name) == value for name, value in changes.items()):
            return
        body = {**before.body, **changes, "rev": before.rev + 1}
        request = requests.keep(tx, before.network, body, None, now)
        shared = enclose("request", body, self.cards.shared(lieu, body))
        room_id = shared_room(tx, request.network)
        self.post(tx, room_id, f"request/{id}/{request.rev}", edit(root(request), shared), now)
        for card in requests.cards(tx, id):
            if card.lieu == lieu.id:
                self._refresh(tx, request, card, now)

    def take_request(self, tx: Tx, network: int, body: Json, event_id: str, now: int) -> None:
        """What a lieu says of its request in the message `event_id`; our own words come back too, for our other
        lieux."""
        known = requests.get(tx, body["id"])
        if known is not None and known.network != network:
            return
        request = requests.keep(tx, network, body, event_id, now)
        pinned = {card.lieu: card for card in requests.cards(tx, request.id)}
        for stay, lieu in ours(tx, network):
            if lieu.id in pinned:
                self._refresh(tx, request, pinned[lieu.id], now)
            elif request.state in requests.OPEN and wire_id(lieu) != request.home and _concerns(stay, lieu, body):
                self._show(tx, request, lieu, stay, now)

    def _show(self, tx: Tx, request: Request, lieu: Lieu, stay: Stay, now: int) -> None:
        room_id = stay.choices.get("room") or lieu.office
        if room_id is None:
            return
        card = requests.pin(tx, request, lieu.id, room_id)
        asker = networks.neighbour(tx, request.network, request.home)
        self.post(tx, room_id, card.txn, self.cards.local(lieu, request.body, card.number, asker), now)
        for key in OFFERED:
            self.react(tx, room_id, card.txn, key, now)

    def _refresh(self, tx: Tx, request: Request, card: Card, now: int) -> None:
        """Correct a card that shows an earlier state."""
        if card.rev >= request.rev:
            return
        lieu = lieux.load(tx, card.lieu)
        asker = None if wire_id(lieu) == request.home else networks.neighbour(tx, request.network, request.home)
        content = edit({"$event": card.txn}, self.cards.local(lieu, request.body, card.number, asker))
        self.post(tx, card.room_id, f"{card.txn}/{request.rev}", content, now)
        requests.mark(tx, card, rev=request.rev)


def _concerns(stay: Stay, lieu: Lieu, body: Json) -> bool:
    """Whether this lieu wants to hear of such a request, and is meant by it."""
    wanted, meant = stay.choices.get("kinds"), body.get("to")
    return (wanted is None or body["kind"] in wanted) and (meant is None or wire_id(lieu) in meant)
