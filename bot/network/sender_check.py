"""Who may speak for a lieu: the bot that its network's moderators declared. Anybody else is ignored, and reported."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any

from bot.lieux import Lieu
from bot.network.authority import may_say
from bot.network.card_texts import CardTexts
from bot.network.envelope import Envelope
from bot.network.outgoing import MESSAGE, ours
from bot.store import inbox, networks, outbox
from bot.store.database import Database, Tx
from bot.store.inbox import Event
from bot.store.networks import Network
from bot.store.outbox import Letter

HOUR, DAY = 3_600_000, 86_400_000  # milliseconds
MOST_AN_HOUR = 300  # envelopes of one lieu
MOST_A_DAY = 5  # times that the concierges of a lieu are told
REFRESH = 60_000  # milliseconds between two looks at what a room declares


class SenderCheck:
    """`declared` reads again what a network's room declares."""

    def __init__(
        self,
        me: str,
        database: Database,
        texts: CardTexts,
        declared: Callable[[Network], Awaitable[None]],
        posted: Callable[[], None],
        now: Callable[[], int],
    ) -> None:
        self._me, self._database, self._texts = me, database, texts
        self._declared, self._posted, self._now = declared, posted, now
        self._looked: dict[int, int] = {}
        self._lately: defaultdict[tuple[int, str], deque[int]] = defaultdict(lambda: deque(maxlen=MOST_AN_HOUR))

    async def may_say(self, event: Event, network: Network, envelope: Envelope) -> bool:
        """The homeserver's signature says who sent it, the network's moderators which lieu they speak for."""
        if await self._may_say(event.sender, network, envelope):
            return True
        if 0 <= self._now() - self._looked.get(network.id, -REFRESH) < REFRESH:  # not if the clock was set back
            return False
        self._looked[network.id] = self._now()
        await self._declared(network)
        return await self._may_say(event.sender, network, envelope)

    async def _may_say(self, sender: str, network: Network, envelope: Envelope) -> bool:
        return may_say(sender, envelope, await self._database.read(networks.neighbour, network.id, envelope.lieu))

    def is_too_much(self, network: Network, lieu: str) -> bool:
        """Whether this lieu said more than anybody could read within the last hour."""
        lately, now = self._lately[network.id, lieu], self._now()
        full = len(lately) == MOST_AN_HOUR and 0 <= now - lately[0] < HOUR
        if not full:
            lately.append(now)
        return full

    async def report(self, event: Event, network: Network, why: str) -> bool:
        """Ignore it, and tell the concierges of our lieux there: once for each sender and reason."""
        await self._database.write(self._report, event, network, why)
        self._posted()
        return True

    def _report(self, tx: Tx, event: Event, network: Network, why: str) -> None:
        for _, lieu in ours(tx, network.id) if event.sender != self._me else ():
            lately = outbox.posted_since(tx, f"ignored/{network.id}/*/{lieu.id}", self._now() - DAY)
            if lieu.office and lately < MOST_A_DAY:
                content = self._told(lieu, f"between.ignored.{why}", who=event.sender, network=network.name)
                txn = f"ignored/{network.id}/{event.sender}/{why}/{lieu.id}"
                outbox.post(tx, Letter(lieu.office, txn, MESSAGE, content), self._now())
        if why == "version":
            self._answer(tx, event, network)
        inbox.done(tx, event.event_id)

    def _told(self, lieu: Lieu, key: str, **holes: Any) -> dict[str, Any]:
        return self._texts.below(lieu, key, None, notice=True, **holes)

    def _answer(self, tx: Tx, event: Event, network: Network) -> None:
        """Tell a bot of another version, politely and once, that we did not understand."""
        for _, lieu in ours(tx, network.id)[:1]:
            content = self._texts.below(lieu, "between.other-version", event.event_id, notice=True, lieu=lieu.name)
            letter = Letter(event.room_id, f"version/{network.id}/{event.sender}", MESSAGE, content)
            outbox.post(tx, letter, self._now())
