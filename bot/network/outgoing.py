"""What leaves for a room: a card or a line in a lieu's room, an envelope in the room that all lieux share."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from bot import lieux
from bot.lieux import Lieu
from bot.matrix.message import edit, reaction
from bot.network.envelope import VERSION, enclose
from bot.store import candidates, conversations, networks, outbox, requests
from bot.store.conversations import Conversation
from bot.store.database import Tx
from bot.store.networks import Stay
from bot.store.outbox import REDACTION, Letter
from bot.store.requests import Card, Request

Json = dict[str, Any]
MESSAGE, REACTION = "m.room.message", "m.reaction"


def wire_id(lieu: Lieu) -> str:
    """The lieu's id on the wire: of its first space, so that it stays when another bot takes over, or when the space is
    upgraded, and tells nothing."""
    return _hashed(lieu.origin or lieu.space)


@lru_cache(1000)
def _hashed(space: str) -> str:
    return hashlib.sha256(space.encode()).hexdigest()[:16]


class Outgoing:
    """Each is posted in the transaction that it is told of; `txn` tells it from all others, also after a crash."""

    def __init__(self, me: str) -> None:
        self.me = me
        self._begun: list[int] = []

    def begin(self, tx: Tx, conversation: Conversation) -> None:
        """With what is written now; the engine is told of it afterwards."""
        conversations.begin(tx, conversation)
        self._begun.append(conversation.id)

    def begun(self) -> list[int]:
        """At the end of the transaction: what was begun in it, to go on once it is written."""
        begun, self._begun = self._begun, []
        return begun

    def post(
        self, tx: Tx, room_id: str, txn: str, content: Json, now: int, *, type: str = MESSAGE, lieu: Lieu | None = None
    ) -> None:
        """`lieu` is whose words they are, in the room that all share."""
        outbox.post(tx, Letter(room_id, txn, type, content, lieu=lieu.id if lieu else None), now)

    def is_posted(self, tx: Tx, txn: str) -> bool:
        return outbox.fate(tx, txn)[0] is not None

    def react(self, tx: Tx, room_id: str, on: str, key: str, now: int) -> None:
        self.post(tx, room_id, f"{on}/{key}", reaction({"$event": on}, key), now, type=REACTION)

    def redact(self, tx: Tx, room_id: str, txn: str, now: int, *, lieu: Lieu | None = None) -> None:
        """A message of ours, and its corrections: their words would stay."""
        for each in (txn, *outbox.corrections(tx, txn)):
            self.post(tx, room_id, f"{each}/gone", {"redacts": {"$event": each}}, now, type=REDACTION, lieu=lieu)

    def send(
        self,
        tx: Tx,
        request: Request,
        card: Card,
        lieu: Lieu,
        kind: str,
        fields: Json,
        readable: Json,
        txn: str,
        now: int,
        *,
        of: str | None = None,
    ) -> int:
        """An envelope of this lieu below a request, and its number; `of`: the letter that it corrects."""
        seq = requests.next_said(tx, card)
        body = {"v": VERSION, "request": request.wire, "lieu": wire_id(lieu), "seq": seq, **fields}
        content = enclose(kind, body, readable)
        content = edit({"$event": of}, content) if of else content
        self.post(tx, shared_room(tx, request.network), txn, content, now, lieu=lieu)
        return seq


def ours(tx: Tx, network: int) -> list[tuple[Stay, Lieu]]:
    """Our lieux that are declared in this network, and that the host has not ended."""
    stays = [stay for stay in networks.stays(tx, network=network) if stay.status == "declared"]
    known, ended = {lieu.id: lieu for lieu in lieux.of_network(tx, network)}, candidates.ended_in(tx, network)
    return [(stay, known[stay.lieu]) for stay in stays if stay.lieu not in ended]


def speakers(tx: Tx, network: int) -> set[str]:
    """The same, by their ids on the wire alone."""
    return {_hashed(space) for space in networks.our_spaces(tx, network)}


def shared_room(tx: Tx, network: int) -> str:
    room_id = networks.get(tx, network).room_id
    assert room_id is not None  # noqa: S101 - a lieu is declared there
    return room_id


def root(request: Request) -> Any:
    """The message of the coordination room below which everything about a request is said."""
    return request.root or {"$event": f"request/{request.id}"}


def line_id(event_id: str) -> str:
    """How a line is called on the wire: the message in which it was said is nobody else's business."""
    return hashlib.sha256(event_id.encode()).hexdigest()[:24]
