"""Requests, and the card that shows each in a room of every lieu which it concerns; those that come at quiet hours, or
of which we hear long after, are shown later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import lieux
from bot.lieux import Lieu
from bot.matrix.message import edit
from bot.network import lieu_labels, rate_limits
from bot.network.card_texts import OFFERED, OURS, CardTexts
from bot.network.envelope import VERSION, enclose
from bot.network.gazetteer import whereabouts
from bot.network.geography import far
from bot.network.outgoing import Json, Outgoing, ours, root, shared_room, wire_id
from bot.store import budgets, conversations, lieu_rows, networks, outbox, requests
from bot.store.conversations import Conversation
from bot.store.database import Tx
from bot.store.networks import Neighbour, Stay
from bot.store.requests import Card, Request

LATE = 3_600_000  # milliseconds: what was asked longer ago comes to somebody who was away
GATHER = 60_000  # milliseconds until what comes in a flood has come
MOST_CARDS = 2  # at once; more are told in one message
MOST_LINES = 8  # in that message


class RequestCards:
    def __init__(self, outgoing: Outgoing, texts: CardTexts) -> None:
        self._outgoing, self._texts = outgoing, texts

    def publish(
        self, tx: Tx, lieu: Lieu, network: int, key: str, content: Json, room_id: str, asker: str, now: int
    ) -> Card:
        """A request of ours begins; the same `key` twice is one."""
        me = wire_id(lieu)
        named = {"v": VERSION, "id": f"{me}.{key}", "lieu": me, "rev": 1, "state": "open", "opened": now}
        request = requests.keep(tx, network, named | content, None, now)
        card = requests.pin(tx, request, lieu.id, room_id, asker)
        self._ask(tx, lieu, request, card, now)
        return card

    def _ask(self, tx: Tx, lieu: Lieu, request: Request, card: Card, now: int) -> None:
        """The message in the coordination room, first, for others wait for it; then our own card."""
        room_id, txn = shared_room(tx, request.network), f"request/{request.id}"
        shared = enclose("request", request.body, self._texts.shared(lieu, request.body))
        self._outgoing.post(tx, room_id, txn, shared, now, lieu=lieu)
        if attachment := request.body.get("attachment"):
            told = self._texts.attachment(lieu, attachment, {"$event": txn})
            self._outgoing.post(tx, room_id, f"{txn}/attachment", told, now, lieu=lieu)
        self._outgoing.post(tx, card.room_id, card.txn, self._texts.local(lieu, request.body, card.number, None), now)
        self._furnish(tx, request, lieu, card, OURS, now)

    def revise(self, tx: Tx, lieu: Lieu, id: str, changes: Mapping[str, Any], now: int) -> None:
        """A request of ours changes, and everybody's cards with it."""
        before = requests.get(tx, id)
        if before is None or all(before.body.get(name) == value for name, value in changes.items()):
            return
        body = {**before.body, **changes, "rev": before.rev + 1}
        request = requests.keep(tx, before.network, body, None, now)
        shared = enclose("request", body, self._texts.shared(lieu, body, partners(tx, request)))
        room_id = shared_room(tx, request.network)
        self._outgoing.post(tx, room_id, f"request/{id}/{request.rev}", edit(root(request), shared), now, lieu=lieu)
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

    def take(self, tx: Tx, network: int, body: Json, event_id: str, sent_at: int, now: int) -> None:
        """What a lieu says of its request in the message `event_id`; our own words come back too, for our other
        lieux."""
        request = requests.keep(tx, network, body, event_id, now)
        pinned = {card.lieu: card for card in requests.cards(tx, request.id)}
        for stay, lieu in ours(tx, network):
            if lieu.id in pinned:
                self._refresh(tx, request, pinned[lieu.id], now)
            elif request.state in requests.OPEN and wire_id(lieu) != request.home and _concerns(stay, lieu, body):
                self.show(tx, request, lieu, stay, sent_at, now)

    def show(self, tx: Tx, request: Request, lieu: Lieu, stay: Stay, sent_at: int, now: int) -> None:
        room_id = stay.choices.get("room") or lieu.office
        if room_id is None:
            return
        card = requests.pin(tx, request, lieu.id, room_id)
        if at := due(stay, lieu, sent_at, now) or self._turn(tx, request, lieu, now):
            requests.mark(tx, card, due=at)
            self._outgoing.begin(tx, _reminder(self._outgoing.me, card, at, now))
        else:
            self.post(tx, request, lieu, card, now)

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
        if len(going_on) <= MOST_CARDS:
            for card, request in going_on:
                self.post(tx, request, lieu, card, now)
        else:
            self._recapitulate(tx, lieu, room_id, going_on, now)

    def _recapitulate(self, tx: Tx, lieu: Lieu, room_id: str, found: list[tuple[Card, Request]], now: int) -> None:
        lines = [
            self._texts.one_line(lieu, request.body, card.number, _seen(tx, request.network, request.home, None))
            for card, request in found[:MOST_LINES]
        ]
        if more := len(found) - len(lines):
            lines.append(self._texts.more(lieu, more))
        content = self._texts.below(
            lieu, "between.meanwhile", None, n=len(found), lines=lines, number=found[0][0].number
        )
        self._outgoing.post(tx, room_id, f"meanwhile/{lieu.id}/{found[-1][0].txn}", content, now)
        for card, _ in found:
            requests.mark(tx, card, due=0)

    def post(self, tx: Tx, request: Request, lieu: Lieu, card: Card, now: int) -> None:
        """The message that the card is, with what can be clicked on."""
        requests.mark(tx, card, due=None, rev=request.rev)
        asker = _seen(tx, request.network, request.home, lieu)
        self._outgoing.post(tx, card.room_id, card.txn, self._texts.local(lieu, request.body, card.number, asker), now)
        self._furnish(tx, request, lieu, card, OFFERED, now)

    def _furnish(self, tx: Tx, request: Request, lieu: Lieu, card: Card, keys: Iterable[str], now: int) -> None:
        """What can be clicked on under a new card, and the picture that came with the request."""
        for key in keys:
            self._outgoing.react(tx, card.room_id, card.txn, key, now)
        if attachment := request.body.get("attachment"):
            told = self._texts.attachment(lieu, attachment, {"$event": card.txn})
            self._outgoing.post(tx, card.room_id, f"{card.txn}/attachment", told, now)

    def show_again(self, tx: Tx, room_id: str, now: int) -> None:
        """This room took the place of the one where cards stood: what goes on is shown here, to be talked of below."""
        for card in requests.shown_in(tx, room_id):
            request = requests.get(tx, card.request)
            if request is None or request.state not in requests.OPEN:
                continue
            lieu = lieux.load(tx, card.lieu)
            ours = wire_id(lieu) == request.home
            asker = None if ours else _seen(tx, request.network, request.home, lieu)
            outbox.put_away(tx, card.txn)
            shown = self._texts.local(lieu, request.body, card.number, asker, partners(tx, request))
            self._outgoing.post(tx, room_id, card.txn, shown, now)
            self._furnish(tx, request, lieu, card, OURS if ours else OFFERED, now)
            requests.mark(tx, card, rev=request.rev)

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
        shown = self._texts.local(lieu, request.body, card.number, asker, partners(tx, request))
        content = edit({"$event": card.txn}, shown)
        self._outgoing.post(tx, card.room_id, f"{card.txn}/{request.rev}", content, now)
        requests.mark(tx, card, rev=request.rev)

    # -- a lieu has another bot: people's clients take no correction of another's words, so what is open is said again

    def renew(self, tx: Tx, lieu: Lieu, network: int, now: int) -> None:
        """This lieu is declared in the network with its new bot, which shows what another one showed."""
        for card in lieu_rows.unshown(tx, lieu.id, network):
            request = requests.get(tx, card.request)
            if request is None or request.state not in requests.OPEN:
                continue
            if request.home == wire_id(lieu):
                self._ask_again(tx, lieu, request, card, now)
            else:
                self.post(tx, request, lieu, card, now)

    def _ask_again(self, tx: Tx, lieu: Lieu, request: Request, card: Card, now: int) -> None:
        """A request of ours, with a root of ours: what is said next is below the new message. Whoever watched over its
        end stayed behind."""
        me, rev = self._outgoing.me, request.rev + 1
        request = requests.keep(tx, request.network, {**request.body, "rev": rev}, None, now)
        lieu_rows.uproot(tx, request.id)
        self._ask(tx, lieu, request, card, now)
        cause = f"watch/{card.request}/{rev}"
        id = Conversation("watch-request", me, card.room_id, cause).id
        args = {"number": card.number, "asker": card.asker, "token": id}
        conversations.begin(tx, Conversation("watch-request", me, card.room_id, cause, lieu.id, args, created_at=now))
        conversations.wake(tx, id, now)
        requests.mark(tx, card, rev=rev, watcher=id)


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
    km = far(whereabouts(mine.card), whereabouts(one.card)) if mine else None
    return replace(lieu_labels.marked(tx, one), far=km)


def due(stay: Stay, lieu: Lieu, sent_at: int, now: int) -> int | None:
    """When this lieu is to see a request that was sent then, where that is not now. Milliseconds."""
    morning = end_of_quiet(stay.choices.get("quiet"), lieu.choices.zone, now)
    return morning or (now + GATHER if now - sent_at > LATE else None)


def end_of_quiet(quiet: list[int] | None, zone: str, now: int) -> int | None:
    """When the quiet hours (`[22, 8]`: from ten in the evening to eight) end, if it is quiet now."""
    if not quiet:
        return None
    begins, ends = quiet
    here = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(zone))
    is_quiet = begins <= here.hour < ends if begins < ends else here.hour >= begins or here.hour < ends
    if not is_quiet:
        return None
    end = datetime.combine(here.date(), time(ends), here.tzinfo)
    return round((end if end > here else end + timedelta(days=1)).timestamp() * 1000)


def _reminder(me: str, card: Card, due: int, now: int) -> Conversation:
    """The conversation that shows what is due then in the room of this card: one for all that is due in that minute."""
    minute = due - due % GATHER + GATHER
    cause = f"later/{card.lieu}/{card.room_id}/{minute}"
    args = {"room": card.room_id, "at": minute}
    return Conversation("later", me, card.room_id, cause, card.lieu, args, created_at=now)
