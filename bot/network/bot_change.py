"""A lieu has another bot: people's clients take no correction of another's words, so what is open is said again."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.network.request_cards import Board
from bot.network.sender import wire_id
from bot.store import conversations, lieu_rows, requests
from bot.store.conversations import Conversation
from bot.store.database import Tx
from bot.store.requests import Card, Request


class Renewal(Board):
    def renew(self, tx: Tx, lieu: Lieu, network: int, now: int) -> None:
        """This lieu is declared in the network with its new bot, which shows what another one showed."""
        for card in lieu_rows.unshown(tx, lieu.id, network):
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
        lieu_rows.uproot(tx, request.id)
        self.ask(tx, lieu, request, card, now)
        watch = self._watch(lieu, card, body["rev"], now)
        conversations.begin(tx, watch)
        conversations.wake(tx, watch.id, now)
        requests.mark(tx, card, rev=body["rev"], watcher=watch.id)

    def _watch(self, lieu: Lieu, card: Card, rev: int, now: int) -> Conversation:
        """Whoever watched over its end stayed behind."""
        cause = f"watch/{card.request}/{rev}"
        id = Conversation("watch-request", self.me, card.room_id, cause).id
        args = {"number": card.number, "asker": card.asker, "token": id}
        return Conversation("watch-request", self.me, card.room_id, cause, lieu.id, args, created_at=now)
