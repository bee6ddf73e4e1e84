"""Requests, and the card that shows each in a room of every lieu which it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot import lieux
from bot.lieux import Lieu
from bot.matrix.message import edit
from bot.network import deferred_requests, lieu_labels, rate_limits
from bot.network.card_texts import OFFERED, OURS
from bot.network.envelope import VERSION, enclose
from bot.network.geography import far
from bot.network.sender import Json, Letters, ours, root, shared_room, wire_id
from bot.store import budgets, networks, requests
from bot.store.database import Tx
from bot.store.networks import Neighbour, Stay
from bot.store.requests import Card, Request

MOST_LINES = 8  # in one message


class Board(Letters):
    def publish(
        self, tx: Tx, lieu: Lieu, network: int, key: str, content: Json, room_id: str, asker: str, now: int
    ) -> Card:
        """A request of ours begins; the same `key` twice is one."""
        me = wire_id(lieu)
        named = {"v": VERSION, "id": f"{me}.{key}", "lieu": me, "rev": 1, "state": "open", "opened": now}
        request = requests.keep(tx, network, named | content, None, now)
        card = requests.pin(tx, request, lieu.id, room_id, asker)
        self.ask(tx, lieu, request, card, now)
        return card

    def ask(self, tx: Tx, lieu: Lieu, request: Request, card: Card, now: int) -> None:
        """The message in the coordination room, first, for others wait for it; then our own card."""
        room_id, txn = shared_room(tx, request.network), f"request/{request.id}"
        shared = enclose("request", request.body, self.cards.shared(lieu, request.body))
        self.post(tx, room_id, txn, shared, now, lieu=lieu)
        if attachment := request.body.get("attachment"):
            told = self.cards.attachment(lieu, attachment, {"$event": txn})
            self.post(tx, room_id, f"{txn}/attachment", told, now, lieu=lieu)
        self.post(tx, card.room_id, card.txn, self.cards.local(lieu, request.body, card.number, None), now)
        self._furnish(tx, request, lieu, card, OURS, now)

    def revise(self, tx: Tx, lieu: Lieu, id: str, changes: Mapping[str, Any], now: int) -> None:
        """A request of ours changes, and everybody's cards with it."""
        before = requests.get(tx, id)
        if before is None or all(before.body.get(name) == value for name, value in changes.items()):
            return
        body = {**before.body, **changes, "rev": before.rev + 1}
        request = requests.keep(tx, before.network, body, None, now)
        shared = enclose("request", body, self.cards.shared(lieu, body, partners(tx, request)))
        room_id = shared_room(tx, request.network)
        self.post(tx, room_id, f"request/{id}/{request.rev}", edit(root(request), shared), now, lieu=lieu)
        if card := requests.card_of(tx, id, lieu.id):
            self._refresh(tx, request, card, now)

    def withdraw_all(self, tx: Tx, network: int, lieu: Lieu, now: int) -> None:
        """This lieu leaves the network."""
        for request in requests.open_of(tx, network, wire_id(lieu)):
            self.revise(tx, lieu, request.id, {"state": "withdrawn"}, now)

    def forsake(self, tx: Tx, network: int, home: str, now: int) -> None:
        """A lieu is there no more: what it asked ends here, as if it had said so."""
        for request in requests.open_of(tx, network, home):
            ended = requests.keep(tx, network, request.body | {"state": "withdrawn", "rev": request.rev + 1}, None, now)
            for card in requests.cards(tx, request.id):
                self._refresh(tx, ended, card, now)

    def take_request(self, tx: Tx, network: int, body: Json, event_id: str, sent_at: int, now: int) -> None:
        """What a lieu says of its request in the message `event_id`; our own words come back too, for our other
        lieux."""
        request = requests.keep(tx, network, body, event_id, now)
        pinned = {card.lieu: card for card in requests.cards(tx, request.id)}
        for stay, lieu in ours(tx, network):
            if lieu.id in pinned:
                self._refresh(tx, request, pinned[lieu.id], now)
            elif request.state in requests.OPEN and wire_id(lieu) != request.home and _concerns(stay, lieu, body):
                self._show(tx, request, lieu, stay, sent_at, now)

    def _show(self, tx: Tx, request: Request, lieu: Lieu, stay: Stay, sent_at: int, now: int) -> None:
        room_id = stay.choices.get("room") or lieu.office
        if room_id is None:
            return
        card = requests.pin(tx, request, lieu.id, room_id)
        if at := deferred_requests.due(stay, lieu, sent_at, now) or self._turn(tx, request, lieu, now):
            requests.mark(tx, card, due=at)
            self.begin(tx, deferred_requests.reminder(self.me, card, at, now))
        else:
            self.pose(tx, request, lieu, card, now)

    def _turn(self, tx: Tx, request: Request, lieu: Lieu, now: int) -> int | None:
        """When it is shown, where its lieu asks for more than anybody wants to read one by one. Milliseconds."""
        source = rate_limits.source(request.network, request.home, lieu.id)
        spending = budgets.spend(tx, rate_limits.CARDS, source, request.id, now)
        return None if spending.within else spending.until

    def show_due(self, tx: Tx, lieu: Lieu, room_id: str, now: int) -> None:
        """What was put off: a card for each, or one message for many; nothing of what has ended meanwhile."""
        found = [(card, requests.get(tx, card.request)) for card in requests.due_cards(tx, lieu.id, room_id, now)]
        going_on = [(card, one) for card, one in found if one and one.state in requests.OPEN]
        for card, request in found:
            if (card, request) not in going_on:
                requests.unpin(tx, card)
        if len(going_on) <= deferred_requests.MOST_CARDS:
            for card, request in going_on:
                self.pose(tx, request, lieu, card, now)
        else:
            self._recapitulate(tx, lieu, room_id, going_on, now)

    def _recapitulate(self, tx: Tx, lieu: Lieu, room_id: str, found: list[tuple[Card, Request]], now: int) -> None:
        lines = [
            self.cards.one_line(lieu, request.body, card.number, _seen(tx, request.network, request.home, None))
            for card, request in found[:MOST_LINES]
        ]
        if more := len(found) - len(lines):
            lines.append(self.cards.more(lieu, more))
        content = self.cards.below(
            lieu, "between.meanwhile", None, n=len(found), lines=lines, number=found[0][0].number
        )
        self.post(tx, room_id, f"meanwhile/{lieu.id}/{found[-1][0].txn}", content, now)
        for card, _ in found:
            requests.mark(tx, card, due=0)

    def pose(self, tx: Tx, request: Request, lieu: Lieu, card: Card, now: int) -> None:
        """The message that the card is, with what can be clicked on."""
        requests.mark(tx, card, due=None, rev=request.rev)
        asker = _seen(tx, request.network, request.home, lieu)
        self.post(tx, card.room_id, card.txn, self.cards.local(lieu, request.body, card.number, asker), now)
        self._furnish(tx, request, lieu, card, OFFERED, now)

    def _furnish(self, tx: Tx, request: Request, lieu: Lieu, card: Card, keys: Iterable[str], now: int) -> None:
        """What can be clicked on under a new card, and the picture that came with the request."""
        for key in keys:
            self.react(tx, card.room_id, card.txn, key, now)
        if attachment := request.body.get("attachment"):
            told = self.cards.attachment(lieu, attachment, {"$event": card.txn})
            self.post(tx, card.room_id, f"{card.txn}/attachment", told, now)

    def _refresh(self, tx: Tx, request: Request, card: Card, now: int) -> None:
        """Correct a card that shows an earlier state."""
        if card.rev >= request.rev or card.due is not None:
            return
        lieu = lieux.load(tx, card.lieu)
        ours = wire_id(lieu) == request.home
        source = rate_limits.source(request.network, request.home, lieu.id)
        if not ours and not budgets.spend(tx, rate_limits.CORRECTIONS, source, f"{card.txn}/{request.rev}", now).within:
            return  # the next one tells it
        asker = None if ours else _seen(tx, request.network, request.home, lieu)
        shown = self.cards.local(lieu, request.body, card.number, asker, partners(tx, request))
        content = edit({"$event": card.txn}, shown)
        self.post(tx, card.room_id, f"{card.txn}/{request.rev}", content, now)
        requests.mark(tx, card, rev=request.rev)


def partners(tx: Tx, request: Request) -> list[str]:
    """The names of the lieux that a request was agreed, or fulfilled, with."""
    found = (networks.neighbour(tx, request.network, lieu) for lieu in request.body.get("with", ()))
    return [str(lieu_labels.marked(tx, one).card["name"]) for one in found if one]


def _concerns(stay: Stay, lieu: Lieu, body: Json) -> bool:
    """Whether this lieu wants to hear of such a request, and is meant by it."""
    wanted, meant = stay.choices.get("kinds"), body.get("to")
    return (wanted is None or body["kind"] in wanted) and (meant is None or wire_id(lieu) in meant)


def _seen(tx: Tx, network: int, home: str, lieu: Lieu | None) -> Neighbour | None:
    """The lieu that asks, and how far it is from this one."""
    one = networks.neighbour(tx, network, home)
    mine = networks.neighbour(tx, network, wire_id(lieu)) if lieu else None
    if one is None:
        return None
    km = far(mine.card.get("geo_uri"), one.card.get("geo_uri")) if mine else None
    return replace(lieu_labels.marked(tx, one), far=km)
