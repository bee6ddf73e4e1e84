"""What other lieux send about a request: each envelope once, in the order in which its lieu sent it, to whoever handles
its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.lieux import Lieu
from bot.network.agreements import Agreements
from bot.network.authority import kind_of, may_be_about
from bot.network.discussion import Discussion
from bot.network.outgoing import Json, Outgoing, ours
from bot.network.request_cards import RequestCards
from bot.store import requests
from bot.store.conversations import Conversation
from bot.store.database import Tx
from bot.store.requests import Request

MISSING = 600_000  # milliseconds that an envelope is waited for
GONE = "gone"  # the place of what was taken back before it came; no kind on the wire is called so
Handler = Callable[[Tx, Request, Json, int], None]


class EnvelopeQueue:
    """All of it in the transaction that settles the event. `_handlers` has every kind that is about a request, but for
    the request itself; it goes by the names of `authority.RULES`."""

    def __init__(self, outgoing: Outgoing, cards: RequestCards, discussion: Discussion, agreements: Agreements) -> None:
        self._outgoing, self._cards = outgoing, cards
        self._handlers: Mapping[str, Handler] = {
            "offer": discussion.take_offer,
            "message": discussion.take_line,
            "state/agree": agreements.take_yes,
            "state/project": agreements.take_project,
            "state/closed": agreements.take_end,
        }

    def take_request(self, tx: Tx, network: int, body: Json, event_id: str, sent_at: int, now: int) -> None:
        """What a lieu says of its own request, in the message `event_id`: this has its own numbers, and waits for
        nothing."""
        self._cards.take(tx, network, body, event_id, sent_at, now)
        self._catch_up(tx, network, requests.key(tx, network, body["id"]), now)

    def take(self, tx: Tx, network: int, kind: str, body: Json, now: int) -> None:
        """An offer, a line or a decision: exactly once, and after those that its lieu sent before."""
        id = requests.key(tx, network, body["request"])  # of this network: the name alone says nothing
        turn = requests.in_turn(tx, id, body["lieu"], body["seq"])
        if turn == "known":
            return
        request = requests.get(tx, id)
        if turn == "later" or request is None:
            requests.hold(tx, network, id, kind, body, now)
            self._expect_no_more(tx, network, id, body, now)
            for _, lieu in ours(tx, network)[:1]:
                missing = requests.taken(tx, id, body["lieu"]) + 1
                self._outgoing.begin(tx, _patience(self._outgoing.me, lieu, network, id, body, missing, now))
            return
        if kind != GONE and not may_be_about(kind, body, request):
            return
        requests.advance(tx, id, body["lieu"], body["seq"])
        if kind != GONE:
            self._handlers[kind_of(kind, body)](tx, request, body, now)
        self._catch_up(tx, network, id, now)

    def _expect_no_more(self, tx: Tx, network: int, id: str, body: Json, now: int) -> None:
        """What this lieu has taken back comes emptied, or never: its place is taken."""
        taken = requests.taken(tx, id, body["lieu"])
        gone = [seq for seq in body.get("gone", ()) if seq > taken]
        for seq in gone:
            place = {"request": body["request"], "lieu": body["lieu"], "seq": seq}
            requests.hold(tx, network, id, GONE, place, now)
        if gone and requests.get(tx, id):
            self._catch_up(tx, network, id, now)

    def _catch_up(self, tx: Tx, network: int, request: str, now: int) -> None:
        """Take what had come before its turn."""
        for kind, body in requests.release(tx, request):
            self.take(tx, network, kind, body, now)

    def let_go(self, tx: Tx, network: int, wire: str, lieu: str, now: int) -> None:
        """What is missing will not come: go on with what did; of a request that nobody knows, forget it."""
        request = requests.key(tx, network, wire)
        first = requests.first_held(tx, request, lieu)
        if first is not None and requests.get(tx, request) is not None:
            requests.advance(tx, request, lieu, first - 1)
            self._catch_up(tx, network, request, now)
        elif first is not None:
            requests.drop_held(tx, request)


def _patience(me: str, lieu: Lieu, network: int, id: str, body: dict[str, Any], missing: int, now: int) -> Conversation:
    """The conversation that no longer waits for an envelope that is missing: one, whatever comes behind it."""
    speaker = body["lieu"]
    args = {"network": network, "request": body["request"], "speaker": speaker, "at": now + MISSING}
    cause = f"missing/{id}/{speaker}/{missing}"
    return Conversation("missing", me, lieu.office or lieu.space, cause, lieu.id, args, created_at=now)
