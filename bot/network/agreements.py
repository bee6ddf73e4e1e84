"""When two lieux agree: one yes from each makes a project, in which whoever said yes is invited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.lieux import Lieu
from bot.matrix.markup import clean
from bot.network import lieu_labels, rate_limits
from bot.network.card_texts import AGREE, CardTexts
from bot.network.discussion import Discussion
from bot.network.outgoing import Json, Outgoing, ours, root, speakers, wire_id
from bot.network.request_cards import RequestCards
from bot.store import budgets, outbox, projects, requests
from bot.store.conversations import Conversation
from bot.store.database import Tx
from bot.store.requests import Card, Request

MOST = 50  # people of a lieu
LONGEST_TITLE = 60
AGREED = "+agree"  # the line that a lieu's yes is, where it is shown; nothing on the wire can be called so


class Agreements:
    """Projects are begun in the bot's own name where nobody of ours asked."""

    def __init__(self, outgoing: Outgoing, texts: CardTexts, cards: RequestCards, discussion: Discussion) -> None:
        self._outgoing, self._texts, self._cards, self._discussion = outgoing, texts, cards, discussion

    # -- what our people say

    def offer(self, tx: Tx, card: Card, lieu: Lieu, person: str, now: int) -> None:
        """Somebody of ours can help, and says so for the lieu."""
        projects.volunteer(tx, card.request, lieu.id, person, offers=True, keeps=False)
        self._discussion.offer(tx, card, lieu, person, now)

    def agree(self, tx: Tx, card: Card, lieu: Lieu, person: str, other: str, now: int, *, keeps: bool) -> None:
        """Somebody says yes to `other`, and comes. For the lieu: whoever asked or offered, and concierges (`keeps`)."""
        request = requests.get(tx, card.request)
        if request is None or request.state not in requests.OPEN:
            self._discussion.aside(tx, card, lieu, "between.yes-too-late", now)
            return
        decides = keeps or person == card.asker or projects.has_offered(tx, request.id, lieu.id, person)
        projects.volunteer(tx, request.id, lieu.id, person, offers=False, keeps=keeps)
        if decides or projects.agreed(tx, request.id, wire_id(lieu), other) is not None:
            self.say_yes(tx, request, card, lieu, other, now)
        else:
            self._discussion.aside(tx, card, lieu, "between.yes-noted", now)

    def say_yes(self, tx: Tx, request: Request, card: Card, lieu: Lieu, other: str, now: int) -> None:
        """Our lieu's yes, with everybody who comes so far; those of the lieu that asks need not travel."""
        me, coming = wire_id(lieu), projects.coming(tx, request.id, lieu.id)
        before = projects.agreed(tx, request.id, me, other)
        projects.agree(tx, request.id, me, other, coming)
        if before is None or (me != request.home and before != coming):
            self._send_yes(tx, request, card, lieu, other, {} if me == request.home else coming, now)
        if before != coming and other in projects.partners(tx, request.id, me):
            self._together(tx, request, card, lieu, other, now)

    def come(self, tx: Tx, id: str, lieu: Lieu, person: str, now: int, *, keeps: bool) -> None:
        """Somebody of ours comes into a project that goes on."""
        request, card = known(tx, lieu, id)
        projects.volunteer(tx, id, lieu.id, person, offers=False, keeps=keeps)
        for other in projects.partners(tx, id, wire_id(lieu)):
            self.say_yes(tx, request, card, lieu, other, now)

    def _send_yes(
        self, tx: Tx, request: Request, card: Card, lieu: Lieu, other: str, coming: Mapping[str, bool], now: int
    ) -> None:
        name = lieu_labels.shown(tx, request.network, other)
        together = other in projects.partners(tx, request.id, wire_id(lieu))
        told = self._texts.below(lieu, "between.agrees-with", root(request), lieu=lieu.name, other=name)
        concierges = [person for person, keeps in coming.items() if keeps]
        people = {"people": list(coming)[:MOST], "concierges": concierges[:MOST]} if coming else {}
        txn = f"{card.txn}/agree/{other}/{now}"
        self._outgoing.send(
            tx, request, card, lieu, "state", {"state": "agree", "with": other, **people}, told, txn, now
        )
        key = "between.yes-room-soon" if together else "between.yes-said"
        content = self._texts.below(lieu, key, {"$event": card.txn}, notice=True, lieu=name)
        self._outgoing.post(tx, card.room_id, f"{card.txn}/{key}/{other}", content, now)

    # -- what another lieu decides

    def _is_heard(self, tx: Tx, request: Request, body: Json, now: int) -> bool:
        """Whether this lieu has not decided too much lately."""
        source, cause = rate_limits.source(request.network, body["lieu"]), f"{request.id}/{body['seq']}"
        return budgets.spend(tx, rate_limits.DECISIONS, source, cause, now).within

    def take_yes(self, tx: Tx, request: Request, body: Json, now: int) -> None:
        """The lieu that asks and another one."""
        speaker, target = body["lieu"], body.get("with", "")
        if not self._is_heard(tx, request, body, now) or request.state not in requests.OPEN:
            return
        for card, lieu in self._meant(tx, request, target, now):
            concierges = body.get("concierges", ())
            people = {person: person in concierges for person in body.get("people", ())}
            fresh = self._add_people(tx, request, speaker, target, people)
            if projects.agreed(tx, request.id, target, speaker) is None:
                self._propose(tx, request, card, lieu, speaker, body["seq"], now)
            elif fresh or self._is_ours(tx, request, speaker):
                self._together(tx, request, card, lieu, speaker, now)

    def _is_ours(self, tx: Tx, request: Request, speaker: str) -> bool:
        """What a lieu of ours says is known before it comes back."""
        return speaker in speakers(tx, request.network)

    def _add_people(self, tx: Tx, request: Request, speaker: str, target: str, people: dict[str, bool]) -> bool:
        """Another lieu says yes, and who comes: never more than so many, however often. Whether that is new."""
        before = projects.agreed(tx, request.id, speaker, target)
        after = dict(list(((before or {}) | people).items())[:MOST])
        projects.agree(tx, request.id, speaker, target, after)
        return before != after

    def _meant(self, tx: Tx, request: Request, target: str, now: int) -> Iterator[tuple[Card, Lieu]]:
        """Our lieu of this id, with its card of the request: one that had none gets it now."""
        for stay, lieu in ours(tx, request.network):
            if wire_id(lieu) == target:
                if requests.card_of(tx, request.id, lieu.id) is None:
                    self._cards.show(tx, request, lieu, stay, now, now)
                card = requests.card_of(tx, request.id, lieu.id)
                if card is not None and not card.muted:
                    if card.due is not None:
                        self._cards.post(tx, request, lieu, card, now)
                    yield card, lieu

    def _propose(self, tx: Tx, request: Request, card: Card, lieu: Lieu, speaker: str, seq: int, now: int) -> None:
        """Ask ours for their yes, below the card."""
        source = f"{rate_limits.source(request.network, speaker, lieu.id)}/{request.id}"
        if not budgets.spend(tx, rate_limits.PROPOSALS, source, str(seq), now).within:
            return
        line = f"{AGREED}/{seq}"
        txn = f"line/{request.id}/{speaker}/{line}/{lieu.id}"
        requests.line(tx, request.id, speaker, line, lieu.id, txn)
        name = lieu_labels.shown(tx, request.network, speaker)
        content = self._texts.below(lieu, "between.agrees", {"$event": card.txn}, lieu=name)
        self._outgoing.post(tx, card.room_id, txn, content, now)
        self._outgoing.react(tx, card.room_id, txn, AGREE, now)

    def take_project(self, tx: Tx, request: Request, body: Json, now: int) -> None:
        """The lieu that asked opened a room, or offers a folder."""
        if not self._is_heard(tx, request, body, now):
            return
        me = body.get("with", "")
        source = f"{rate_limits.source(request.network, request.home)}/{request.id}"
        spending = budgets.spend(tx, rate_limits.ANNOUNCEMENTS, source, str(body["seq"]), now)
        if "room" not in body or not spending.within:
            return
        for card, lieu in self._meant(tx, request, me, now):
            if request.home in projects.partners(tx, request.id, me):
                before, folder = projects.get(tx, request.id, lieu.id), body.get("folder", "")
                fresh = before is None or before.status == "closed"
                projects.open(tx, request.id, lieu.id, title(request), body["room"], now)
                self._add_people(tx, request, request.home, me, dict.fromkeys(body.get("people", ()), False))
                part = str(body["seq"])
                self._begin(tx, "project-there", request, card, lieu, part, now, folder=folder, fresh=fresh)

    def take_end(self, tx: Tx, request: Request, body: Json, now: int) -> None:
        """The lieu that asked ends the project; another one leaves it."""
        if not self._is_heard(tx, request, body, now):
            return
        speaker = body["lieu"]
        for card in requests.cards(tx, request.id):
            lieu = next((lieu for _, lieu in ours(tx, request.network) if lieu.id == card.lieu), None)
            if lieu is None or projects.agreed(tx, request.id, wire_id(lieu), speaker) is None:
                continue
            dialogue = "project-over" if speaker == request.home else "project-left"
            people = projects.sent(tx, request.id, speaker, wire_id(lieu))
            told = {"partner": speaker, "name": lieu_labels.shown(tx, request.network, speaker), "people": people}
            self._begin(tx, dialogue, request, card, lieu, f"{speaker}/{body['seq']}", now, **told)

    # -- what follows

    def _together(self, tx: Tx, request: Request, card: Card, lieu: Lieu, other: str, now: int) -> None:
        """Both said yes: the lieu that asked makes the project, or invites who said yes since."""
        me, part = wire_id(lieu), self._part(tx, request, lieu, other)
        if me == request.home:
            self._cards.revise(
                tx, lieu, request.id, {"state": "agreed", "with": projects.partners(tx, request.id, me)}, now
            )
            self._begin(tx, "project-begins", request, card, lieu, part, now, partner=other)
        elif projects.get(tx, request.id, lieu.id):
            self._begin(tx, "project-more", request, card, lieu, part, now)

    def _part(self, tx: Tx, request: Request, lieu: Lieu, other: str) -> str:
        """What tells this moment from others: what both said so far, and how many of ours come."""
        _, card = known(tx, lieu, request.id)
        said = (card.said, requests.taken(tx, request.id, other), len(projects.coming(tx, request.id, lieu.id)))
        return f"{other}/{'/'.join(map(str, said))}"

    def _begin(
        self, tx: Tx, dialogue: str, request: Request, card: Card, lieu: Lieu, part: str, now: int, **args: Any
    ) -> None:
        """Below the card, in the name of whoever asked."""
        thread, cause = outbox.event_of(tx, card.txn), f"{dialogue}/{card.txn}/{part}"
        told = {"request": request.id, **args}
        who = card.asker or self._outgoing.me
        self._outgoing.begin(
            tx, Conversation(dialogue, who, card.room_id, cause, lieu.id, told, thread, created_at=now)
        )


def known(tx: Tx, lieu: Lieu, id: str) -> tuple[Request, Card]:
    """A request and its card at a lieu of ours. Raises KeyError."""
    request, card = requests.get(tx, id), requests.card_of(tx, id, lieu.id)
    if request is None or card is None:
        raise KeyError(id)
    return request, card


def title(request: Request) -> str:
    """What a project is called: the first line of what was asked."""
    line = " ".join(clean(request.body["what"]).strip().split("\n", 1)[0].split())
    line = f"{line[:1].upper()}{line[1:]}".rstrip(" \u202f?!.,:;") or line
    return line if len(line) <= LONGEST_TITLE else f"{line[:LONGEST_TITLE].rpartition(' ')[0] or line[:LONGEST_TITLE]}…"
