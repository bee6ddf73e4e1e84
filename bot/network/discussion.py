"""What lieux tell each other about a request: offers and lines, each shown once, corrected, taken back."""

from __future__ import annotations

from collections.abc import Iterator

from bot import lieux
from bot.lieux import Lieu
from bot.matrix.message import edit
from bot.network import lieu_labels, rate_limits
from bot.network.card_texts import AGREE, CardTexts
from bot.network.outgoing import Json, Outgoing, line_id, root, shared_room, wire_id
from bot.network.request_cards import RequestCards
from bot.store import budgets, request_history, requests
from bot.store.database import Tx
from bot.store.requests import Card, Request

MOST_GONE = 100
OFFER = "+offer"  # the line that an offer is, where it is shown; nothing on the wire can be called so


class Discussion:
    def __init__(self, outgoing: Outgoing, texts: CardTexts, cards: RequestCards) -> None:
        self._outgoing, self._texts, self._cards = outgoing, texts, cards

    # -- what another lieu says

    def take_line(self, tx: Tx, request: Request, body: Json, now: int) -> None:
        name = lieu_labels.shown(tx, request.network, body["lieu"])
        for card, lieu in self._readers(tx, request, body["lieu"], body.get("to")):
            self._line(tx, card, lieu, body["lieu"], body["id"], name, body, str(body["seq"]), now)

    def take_offer(self, tx: Tx, request: Request, body: Json, now: int) -> None:
        """Another lieu can help the one of ours that asked."""
        name = lieu_labels.shown(tx, request.network, body["lieu"])
        for card, lieu in self._readers(tx, request, body["lieu"], body.get("to")):
            if wire_id(lieu) == request.home:
                self._offered(tx, request, card, lieu, body["lieu"], name, now)

    def _readers(self, tx: Tx, request: Request, origin: str, to: list[str] | None) -> Iterator[tuple[Card, Lieu]]:
        """The cards of ours below which it is to be read."""
        for card in requests.cards(tx, request.id) if to else requests.listening(tx, request.id):
            lieu = lieux.load(tx, card.lieu)
            if not card.muted and wire_id(lieu) != origin and _reads(request, card, wire_id(lieu), origin, to):
                if to:
                    requests.mark(tx, card, taken=True)
                yield card, lieu

    def _line(
        self, tx: Tx, card: Card, lieu: Lieu, origin: str, id: str, name: str, said: Json, part: str, now: int
    ) -> None:
        """Show a line, correct it (`part` tells one correction from another), or take it away."""
        txn = f"line/{card.request}/{origin}/{id}/{lieu.id}"
        fresh = requests.line(tx, card.request, origin, id, lieu.id, txn)
        self._remember(tx, card.request, origin, id, name, said, now if fresh else None)
        is_shown = not fresh and self._outgoing.is_posted(tx, txn)
        if said.get("deleted"):
            if is_shown:
                self._outgoing.redact(tx, card.room_id, txn, now)
            return
        if not (fresh or is_shown) or self._is_too_much(tx, card, lieu, origin, name, f"{txn}/{part}", now):
            return
        content = self._texts.said(lieu, name, said, {"$event": card.txn})
        if fresh:
            self._outgoing.post(tx, card.room_id, txn, content, now)
        else:
            self._outgoing.post(tx, card.room_id, f"{txn}/{part}", edit({"$event": txn}, content), now)

    def _is_too_much(self, tx: Tx, card: Card, lieu: Lieu, origin: str, name: str, cause: str, now: int) -> bool:
        """Whether this lieu said so much that the rest is only in the story of the request; which is said, once."""
        request = requests.get(tx, card.request)
        source = rate_limits.source(request.network if request else 0, origin, lieu.id)
        spending = budgets.spend(tx, rate_limits.LINES, source, cause, now)
        if spending.first_beyond:
            told = self._texts.below(
                lieu, "between.crowd-lines", {"$event": card.txn}, notice=True, lieu=name, number=card.number
            )
            self._outgoing.post(tx, card.room_id, f"crowd/{source}/{spending.until}", told, now)
        return not spending.within

    def _offered(self, tx: Tx, request: Request, card: Card, lieu: Lieu, origin: str, name: str, now: int) -> None:
        txn = f"line/{request.id}/{origin}/{OFFER}/{lieu.id}"
        if requests.line(tx, request.id, origin, OFFER, lieu.id, txn):
            request_history.remember(tx, request.id, origin, OFFER, at=now, name=name)
            content = self._texts.below(lieu, "between.can-help", {"$event": card.txn}, lieu=name)
            self._outgoing.post(tx, card.room_id, txn, content, now)
            self._outgoing.react(tx, card.room_id, txn, AGREE, now)
        if request.state == "open":
            self._cards.revise(tx, lieu, request.id, {"state": "discussed"}, now)

    def overhear(self, tx: Tx, request: Request, person: str, name: str, event_id: str, said: Json, now: int) -> None:
        """Somebody without a bot said something in the coordination room, below the request. A correction has the
        id of what it corrects in `of`."""
        id, part = line_id(said.get("of") or event_id), line_id(event_id)
        name = lieu_labels.of_person(tx, name, person)
        for card, lieu in self._readers(tx, request, person, None):
            self._line(tx, card, lieu, person, id, name, said, part, now)

    # -- what our people say

    def offer(self, tx: Tx, card: Card, lieu: Lieu, person: str, now: int) -> None:
        """This lieu can help; once, and as long as help is wanted."""
        request, txn = requests.get(tx, card.request), f"offer/{card.txn}"
        if request is not None and request.state not in requests.OPEN:
            self.aside(tx, card, lieu, "between.too-late", now)
            return
        if request is None or not requests.line(tx, card.request, wire_id(lieu), OFFER, lieu.id, txn):
            return
        request_history.remember(tx, request.id, wire_id(lieu), OFFER, at=now, name=lieu.name)
        told = self._texts.below(lieu, "between.offers", root(request), lieu=lieu.name)
        self._outgoing.send(tx, request, card, lieu, "offer", {}, told, txn, now)
        self.aside(tx, card, lieu, "between.offered", now)

    def invite_question(self, tx: Tx, card: Card, lieu: Lieu, person: str, now: int) -> None:
        self.aside(tx, card, lieu, "between.your-question", now)

    def mute(self, tx: Tx, card: Card, lieu: Lieu, person: str, now: int) -> None:
        """Nothing more of this request is said here."""
        requests.mark(tx, card, muted=True)
        self.aside(tx, card, lieu, "between.muted", now)

    def unpassed(self, tx: Tx, card: Card, lieu: Lieu, person: str, now: int) -> None:
        """Somebody said what cannot be passed on; once each."""
        content = self._texts.below(lieu, "between.unpassed", {"$event": card.txn}, notice=True)
        self._outgoing.post(tx, card.room_id, f"{card.txn}/unpassed/{line_id(person)}", content, now)

    def aside(self, tx: Tx, card: Card, lieu: Lieu, key: str, now: int) -> None:
        """Said once below the card."""
        content = self._texts.below(lieu, key, {"$event": card.txn}, notice=True)
        self._outgoing.post(tx, card.room_id, f"{card.txn}/{key}", content, now)

    def say(self, tx: Tx, card: Card, lieu: Lieu, event_id: str, by: str, said: Json, now: int) -> None:
        """Somebody said something below the card: as `passages.Said` has it, and `name`, `to`."""
        request, id = requests.get(tx, card.request), line_id(event_id)
        txn = f"said/{card.request}/{id}"
        if request is None or not requests.line(tx, card.request, wire_id(lieu), id, lieu.id, txn, event_id, by):
            return
        self._remember(tx, request.id, wire_id(lieu), id, lieu.name, said, now)
        content = self._texts.said(lieu, lieu.name, said, root(request))
        seq = self._outgoing.send(tx, request, card, lieu, "message", {"id": id, **said}, content, txn, now)
        if said.get("cut"):
            cut = self._texts.below(lieu, "between.cut", {"$event": card.txn}, notice=True)
            self._outgoing.post(tx, card.room_id, f"{txn}/cut", cut, now)
        request_history.remember(tx, request.id, wire_id(lieu), id, seqs=str(seq))

    def correct(self, tx: Tx, line: requests.Line, event_id: str, said: Json, now: int) -> None:
        """What somebody said was edited, or taken back (`deleted`)."""
        request, lieu = requests.get(tx, line["request"]), lieux.load(tx, line["lieu"])
        card = requests.card_of(tx, line["request"], lieu.id)
        if request is None or card is None:
            return
        self._remember(tx, request.id, wire_id(lieu), line["line"], lieu.name, said, None)
        content = self._texts.said(lieu, lieu.name, said, None)
        txn = f"{line['txn']}/{line_id(event_id)}"
        fields = {"id": line["line"], **said}
        if said.get("deleted"):
            fields["gone"] = [int(seq) for seq in line["seqs"].split()][-MOST_GONE:]
            self._outgoing.redact(tx, shared_room(tx, request.network), line["txn"], now, lieu=lieu)
        seq = self._outgoing.send(tx, request, card, lieu, "message", fields, content, txn, now, of=line["txn"])
        request_history.remember(tx, request.id, wire_id(lieu), line["line"], seqs=f"{line['seqs']} {seq}")

    def _remember(self, tx: Tx, request: str, origin: str, line: str, name: str, said: Json, at: int | None) -> None:
        """For the story; `at`: when it was first said, None for a correction. What is taken back is forgotten."""
        words = "" if said.get("deleted") else said.get("text") or said.get("attachment", {}).get("name", "")
        when: Json = {} if at is None else {"at": at, "meant": " ".join(said.get("to", ()))}
        when |= {} if at is None else {"name": f"{name}, {said['name']}" if said.get("name") else name}
        request_history.remember(tx, request, origin, line, said=words, **when)


def _reads(request: Request, card: Card, me: str, origin: str, to: list[str] | None) -> bool:
    """The lieu that asked reads everybody. The others read it, and people without a bot: what is said to them, or to
    all who take part."""
    if me == request.home:
        return True
    if origin != request.home and not origin.startswith("@"):
        return False
    return me in to if to else card.taken
