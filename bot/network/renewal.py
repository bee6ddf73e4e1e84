"""A lieu has another bot: people's clients take no correction of another's words, so what is open is said again."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.network.board import Board
from bot.network.cards import OURS
from bot.network.envelope import enclose
from bot.network.letters import shared_room, wire_id
from bot.store import journal, moving, requests
from bot.store.database import Tx
from bot.store.journal import Conversation
from bot.store.requests import Card, Request


class Renewal(Board):
    def renew(self, tx: Tx, lieu: Lieu, network: int, now: int) -> None:
        """This lieu is declared in the network with its new bot, which shows what another one showed."""
        for card in moving.unshown(tx, lieu.id, network):
            request = requests.get(tx, card.request)
            if request is None or request.state not in requests.OPEN:
                continue
            if request.home == wire_id(lieu):
                self._ask_again(tx, lieu, request, card, now)
            else:
                self.pose(tx, request, lieu, card, now)

    def _ask_again(self, tx: Tx, lieu: Lieu, request: Request, card: Card, now: int) -> None:
        """A request of ours, with a root of ours: what is said next is below the new message."""
        body = {**request.body, "rev": request.rev + 1}
        request = requests.keep(tx, request.network, body, None, now)
        moving.uproot(tx, request.id)
        room_id, shared = shared_room(tx, request.network), f"request/{request.id}"
        self.post(tx, room_id, shared, enclose("request", body, self.cards.shared(lieu, body)), now, lieu=lieu)
        if attachment := body.get("attachment"):
            told = self.cards.attachment(lieu, attachment, {"$event": shared})
            self.post(tx, room_id, f"{shared}/attachment", told, now, lieu=lieu)
        self.post(tx, card.room_id, card.txn, self.cards.local(lieu, body, card.number, None), now)
        self._furnish(tx, request, lieu, card, OURS, now)
        watch = self._watch(lieu, card, body["rev"], now)
        journal.begin(tx, watch)
        journal.wake(tx, watch.id, now)
        requests.mark(tx, card, rev=body["rev"], watcher=watch.id)

    def _watch(self, lieu: Lieu, card: Card, rev: int, now: int) -> Conversation:
        """Whoever watched over its end stayed behind."""
        cause = f"watch/{card.request}/{rev}"
        id = Conversation("watch-request", self.me, card.room_id, cause).id
        args = {"number": card.number, "asker": card.asker, "token": id}
        return Conversation("watch-request", self.me, card.room_id, cause, lieu.id, args, created_at=now)
