"""What our lieux ask of others, and what others ask of them: for scripts. All results are JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import Refused
from bot.lieux import Lieu
from bot.matrix.markup import Quote
from bot.network import lieu_labels
from bot.network.card_texts import CardTexts, day_of
from bot.network.discussion import OFFER, Discussion
from bot.network.envelope_queue import EnvelopeQueue
from bot.network.outgoing import wire_id
from bot.network.request_cards import RequestCards, partners
from bot.store import networks, request_history, requests
from bot.store.database import Database, Tx
from bot.store.networks import Neighbour
from bot.store.requests import OPEN, Card, Request
from bot.words import fold

Json = dict[str, Any]
SOUGHT = ("open", "discussed")
WAIT = 30 * 86_400_000  # milliseconds after which the messages of an ended request are forgotten


class Requests:
    """`now` in milliseconds."""

    def __init__(
        self,
        texts: CardTexts,
        cards: RequestCards,
        discussion: Discussion,
        queue: EnvelopeQueue,
        database: Database,
        posted: Callable[[], None],
        now: Callable[[], int],
    ) -> None:
        self._texts, self._cards, self._discussion, self._queue = texts, cards, discussion, queue
        self._database, self._posted, self._now = database, posted, now

    def home(self, lieu: Lieu) -> str:
        """How this lieu is called on the wire."""
        return wire_id(lieu)

    # -- asking

    async def open_of(self, lieu: Lieu, person: str) -> int:
        """How many requests of this person are still looked at by the others."""
        return await self._database.read(requests.count_open, lieu.id, person)

    def preview(self, lieu: Lieu, content: Json, card: Json) -> Quote:
        """A request as the others will see it; `card` is what its lieu says of itself."""
        asker = Neighbour(0, wire_id(lieu), "", {"name": lieu.name} | card, 0)
        return self._texts.quoted(lieu, {"state": "open"} | content, asker)

    def attachment(self, lieu: Lieu, attachment: Json) -> Json:
        """The picture or the file of a request, as a message."""
        return self._texts.attachment(lieu, attachment, None)

    def publish(
        self, tx: Tx, lieu: Lieu, network: int, key: int, content: Json, room_id: str, asker: str
    ) -> requests.PublishedRequest:
        """A request goes to the lieux of a network, and its card stands in `room_id`: `id`, `number`, `others`. The
        conversation that watches over it has the `key` as its token. To be written with what says so."""
        card = self._cards.publish(tx, lieu, network, f"{key:x}", content, room_id, asker, self._now())
        requests.mark(tx, card, watcher=key)
        others = len(content.get("to", ())) or networks.count(tx, network) - 1
        return {"id": card.request, "number": card.number, "others": others}

    async def show_due(self, lieu: Lieu, room_id: str) -> None:
        """What was put off is shown now, in this room."""
        await self._database.write(lambda tx: self._cards.show_due(tx, lieu, room_id, self._now()))
        self._posted()

    async def show(self, lieu: Lieu, number: int) -> None:
        """The card of a request that was only told of."""
        await self._database.write(self._show, lieu, number)
        self._posted()

    def _show(self, tx: Tx, lieu: Lieu, number: int) -> None:
        card = requests.numbered(tx, lieu.id, number)
        request = requests.get(tx, card.request) if card else None
        if card and request:
            self._cards.post(tx, request, lieu, card, self._now())

    async def let_go(self, network: int, request: str, speaker: str) -> None:
        """An envelope of this lieu about the request does not come: go on without it."""
        await self._database.write(lambda tx: self._queue.let_go(tx, network, request, speaker, self._now()))
        self._posted()

    async def left(self, at: int) -> float:
        """Seconds until this instant; 0 where it has passed."""
        return max(0, at - self._now()) / 1000

    async def revise(self, lieu: Lieu, id: str, *, since: Sequence[str] = OPEN, **changes: Any) -> None:
        """A request of this lieu changes: everybody's cards follow. Raises Refused where it has left the states in
        which it can (`since`)."""
        await self._database.write(self._revise, lieu, id, since, changes)
        self._posted()

    def _revise(self, tx: Tx, lieu: Lieu, id: str, since: Sequence[str], changes: Json) -> None:
        request = requests.get(tx, id)
        if request is None or request.home != wire_id(lieu):
            raise Refused("no-such-request")
        if request.state not in since and request.state != changes.get("state"):
            raise Refused("request-moved-on", state=self._texts.state(lieu, request.state, ()))
        self._cards.revise(tx, lieu, id, changes, self._now())

    async def tell(self, lieu: Lieu, number: int, key: str, by: str, text: str, to: Sequence[str]) -> None:
        """Say something below a request to some of the lieux, once for the same `key`."""
        await self._database.write(self._tell, lieu, number, key, by, {"text": text, "to": list(to)})
        self._posted()

    def _tell(self, tx: Tx, lieu: Lieu, number: int, key: str, by: str, said: Json) -> None:
        if card := requests.numbered(tx, lieu.id, number):
            self._discussion.say(tx, card, lieu, key, by, said, self._now())

    async def watched_by(self, lieu: Lieu, number: int, token: int) -> None:
        """The conversation with this token watches over the end of a request from now on, and no other."""
        await self._database.write(self._watched_by, lieu, number, token)

    def _watched_by(self, tx: Tx, lieu: Lieu, number: int, token: int) -> None:
        if card := requests.numbered(tx, lieu.id, number):
            requests.mark(tx, card, watcher=token)

    async def watched(self, lieu: Lieu, number: int, token: int) -> requests.WatchedRequest | None:
        """A request for which help is still looked for, for whoever watches over it: `id`, `what`, `until`, `opened_at`
        (ms). One that was agreed on ends when it is done."""
        return await self._database.read(self._watched, lieu, number, token)

    def _watched(self, tx: Tx, lieu: Lieu, number: int, token: int) -> requests.WatchedRequest | None:
        card = requests.numbered(tx, lieu.id, number)
        request = requests.get(tx, card.request) if card else None
        if card is None or request is None or card.watcher != token or request.state not in SOUGHT:
            return None
        what, until = request.body["what"], request.body.get("until")
        return {"what": what, "until": until, "id": request.id, "opened_at": request.opened_at}

    # -- looking back

    async def at(self, lieu: Lieu, event_ids: Sequence[str]) -> int | None:
        """The number of the request whose card, or a line below it, one of these messages is."""
        for event_id in event_ids:
            card = await self._database.read(requests.card_at, event_id)
            if card is not None and card.lieu == lieu.id:
                return card.number
        return None

    async def one(self, lieu: Lieu, number: int) -> requests.WholeRequest | None:
        """A request by its number: `body` as on the wire, `ours`, `asker`, `state`, the `room` of its card, `lately`
        (it can still be opened again), `hidden` (only told of), and [id, name] of each lieu that `answered`."""
        return await self._database.read(self._one, lieu, number)

    def _one(self, tx: Tx, lieu: Lieu, number: int) -> requests.WholeRequest | None:
        card = requests.numbered(tx, lieu.id, number)
        request = requests.get(tx, card.request) if card else None
        if card is None or request is None:
            return None
        spoke = dict.fromkeys(said.lieu for said in request_history.story(tx, request.id, lieu.id, OFFER))
        found = [networks.neighbour(tx, request.network, id) for id in {request.home: None, **spoke}]
        there = lieu_labels.all_marked(tx, request.network, [one for one in found if one])
        known = {one.lieu: one.card for one in there}
        return {
            **_row(card, request, lieu),
            "body": request.body,
            "room": card.room_id,
            "hidden": card.due is not None,
            "card": known.get(request.home),
            "partners": partners(tx, request),
            "answered": [[id, known[id]["name"]] for id in spoke if id in known and id != request.home],
            "lately": self._now() - request.changed_at < WAIT,
        }

    def quote(self, lieu: Lieu, row: requests.WholeRequest) -> Quote:
        """What `one` found, as its card shows it."""
        card = None if row["ours"] else row["card"] or {"name": "—"}
        asker = Neighbour(0, "", "", card, 0) if card else None
        return self._texts.quoted(lieu, row["body"], asker, row["partners"])

    async def story(self, lieu: Lieu, number: int) -> list[requests.StoryLine]:
        """Who said what and when (ms) about a request: `at`, `who`, and `text`, empty for an offer to help."""
        return await self._database.read(self._story, lieu, number)

    def _story(self, tx: Tx, lieu: Lieu, number: int) -> list[requests.StoryLine]:
        card = requests.numbered(tx, lieu.id, number)
        found = request_history.story(tx, card.request, lieu.id, OFFER) if card else []
        return [{"at": said.at, "who": said.name, "text": said.text} for said in found]

    async def page(
        self, lieu: Lieu, person: str, wanted: Sequence[str], words: str, first: int, most: int
    ) -> requests.RequestPage:
        """Some of the requests that this lieu sees, the newest first: `rows` from the `first` on, and their `total`.

        `wanted`: "open", "old", "ours", "theirs", "mine"; `words`: what they speak of.
        """
        return await self._database.read(self._page, lieu, person, wanted, words, first, most)

    def _page(
        self, tx: Tx, lieu: Lieu, person: str, wanted: Sequence[str], words: str, first: int, most: int
    ) -> requests.RequestPage:
        today = datetime.fromtimestamp(self._now() / 1000, ZoneInfo(lieu.choices.zone)).date().isoformat()
        found = request_history.seen(tx, lieu.id, wanted, home=wire_id(lieu), person=person, today=today)
        if sought := fold(words).split():
            told = request_history.spoken_of(tx, lieu.id)
            found = [number for number in found if all(word in fold(told[number]) for word in sought)]
        return {"rows": _lines(tx, lieu, found[first : first + most]), "total": len(found)}


def _row(card: Card, request: Request, lieu: Lieu) -> requests.KnownRequest:
    ours = request.home == wire_id(lieu)
    return {"id": request.id, "number": card.number, "ours": ours, "asker": card.asker, "state": request.state}


def _lines(tx: Tx, lieu: Lieu, numbers: Sequence[int]) -> list[requests.ListedRequest]:
    """Requests in a list."""
    found = [_numbered(tx, lieu, number) for number in numbers]
    homes: defaultdict[int, set[str]] = defaultdict(set)
    for _, request in found:
        homes[request.network].add(request.home)
    names = {network: lieu_labels.all_shown(tx, network, lieux) for network, lieux in homes.items()}
    return [_line(card, request, lieu, names[request.network]) for card, request in found]


def _numbered(tx: Tx, lieu: Lieu, number: int) -> tuple[Card, Request]:
    card = requests.numbered(tx, lieu.id, number)
    request = requests.get(tx, card.request) if card else None
    if card is None or request is None:
        raise KeyError(number)
    return card, request


def _line(card: Card, request: Request, lieu: Lieu, names: Mapping[str, str]) -> requests.ListedRequest:
    until = day_of(request.body.get("until"))
    return {
        **_row(card, request, lieu),
        "what": request.body["what"],
        "until": until.isoformat() if until else None,
        "lieu": names.get(request.home, "—"),
    }
