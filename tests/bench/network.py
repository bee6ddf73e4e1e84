"""Between two lieux on two homeservers: what the network costs, beside a message that Matrix carries there alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.figures import Figure, latency, median, times
from tests.bench.people import Caller, Ear
from tests.demo.place import Place
from tests.demo.sentences import part_of, plain
from tests.servers.federation import Federation
from tests.servers.lieu import Lieu
from tests.servers.synapse import Synapse
from tests.whole.network import meet

WARM_UP = 3
CARD, RELAY = 3.0, 2.0  # times the message that Matrix carries alone
READING = 0.5  # seconds: people read before they answer, and the bots have said all they had to say
LASER = "une découpeuse laser pour samedi"


@dataclass(frozen=True, slots=True)
class Side:
    """A concierge, what they hear, and their conciergerie."""

    who: Caller
    ear: Ear
    bot: str
    office: str

    async def hears(self, question: str, words: str) -> None:
        """The question that follows what they say; narrow spaces are spaces here."""
        said, wanted = self.ear.said[self.office], part_of(question)
        before = len(said)
        await self.who.say(self.office, words)
        await self.ear.until(lambda: any(wanted in plain(heard.body) for heard in said[before:]))


@dataclass(frozen=True, slots=True)
class Between:
    """People `here` and `there` speak through their bots, or in a room that they `share`."""

    here: Side
    there: Side
    share: str

    async def raw(self) -> float:
        here, there = self.here, self.there
        return await there.ear.answer(self.share, here.who.user_id, lambda: here.who.say(self.share, "bonjour"))

    async def near(self) -> float:
        """A message that does not leave its homeserver."""
        here = self.here
        return await here.ear.answer(self.share, here.who.user_id, lambda: here.who.say(self.share, "bonjour"))

    async def card(self) -> float:
        """From the yes of somebody who asks for something."""
        here, there = self.here, self.there
        await here.hears("request.sure", f"!demande {LASER}")
        await asyncio.sleep(READING)
        before = len(here.ear.said[here.office])
        took = await there.ear.answer(there.office, there.bot, lambda: here.who.say(here.office, "oui"))
        await here.ear.until(lambda: len(here.ear.said[here.office]) >= before + 3)  # the yes, their card, a word
        return took

    async def relay(self) -> float:
        """From a reply below the last card."""
        here, there = self.here, self.there
        card = [heard for heard in there.ear.said[there.office] if heard.sender == there.bot][-1]
        below = {"rel_type": "m.thread", "event_id": card.event_id}
        line = {"msgtype": "m.text", "body": "On en a deux", "m.relates_to": below}
        return await here.ear.answer(here.office, here.bot, lambda: there.who.send(there.office, line))


@asynccontextmanager
async def between(folder: Path) -> AsyncIterator[Between]:
    async with AsyncExitStack() as stack:
        federation = await stack.enter_async_context(Federation(folder, sync_cache=False))
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))

        async def place(synapse: Synapse, name: str) -> Place:
            lieu = await stack.enter_async_context(Lieu(folder / name, synapse))
            await lieu.bot.start()
            place = Place(lieu, lambda *told: None, name=name, rooms=())
            stack.push_async_callback(place.end)
            await place.prepare()
            await place.install()
            return place

        async def side(place: Place) -> Side:
            who = Caller(http, place.lieu.synapse.base_url, place.anne.person.account)
            ear = await stack.enter_async_context(Ear(who))
            return Side(who, ear, place.lieu.account.user_id, place.office)

        places = await asyncio.gather(place(federation.here, "La Rosée"), place(federation.there, "Le Moulin"))
        await meet(*places)
        here, there = [await side(place) for place in places]
        for place in places:
            await place.end()  # who listens with two clients costs the homeserver twice
        share = await here.who.create()
        await there.who.join(share, via=federation.here.server_name)
        yield Between(here, there, share)


async def measure(folder: Path, samples: int) -> list[Figure]:
    async with between(folder) as pair:
        kinds: dict[str, Callable[[], Awaitable[float]]] = {
            "raw": pair.raw,
            "near": pair.near,
            "card": pair.card,
            "relay": pair.relay,
        }
        taken: dict[str, list[float]] = {kind: [] for kind in kinds}
        for turn in range(samples + WARM_UP):
            for kind, sample in kinds.items():
                await asyncio.sleep(READING)
                seconds = await sample()
                if turn >= WARM_UP:
                    taken[kind].append(seconds)
    return _figures(taken)


def _figures(taken: dict[str, list[float]]) -> list[Figure]:
    raw, near, card, relay = (median(taken[kind]) for kind in ("raw", "near", "card", "relay"))
    least = near + raw + near  # to a bot, from a homeserver to the other, from a bot
    return [
        Figure("a message, from a homeserver to another", "", latency(taken["raw"])),
        Figure("… the three messages that any relay takes", "", f"{least * 1000:.0f} ms", times(least / raw)),
        Figure("a request, to its card in the other lieu", latency(taken["card"]), "", *_beside(card, raw, CARD)),
        Figure("… to the three messages", ratio=times(card / least)),
        Figure("a reply, to the lieu that asked", latency(taken["relay"]), "", *_beside(relay, raw, RELAY)),
        Figure("… to the three messages", ratio=times(relay / least)),
    ]


def _beside(ours: float, raw: float, wanted: float) -> tuple[str, str, bool]:
    return times(ours / raw), f"≤ {wanted:.0f} ×", ours <= wanted * raw
