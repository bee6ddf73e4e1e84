"""Between two lieux on two homeservers: what the network costs, beside a message that Matrix carries there alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.figures import Row, Wanted, again, gathered, median, turned
from tests.bench.people import Caller, Ear
from tests.bench.rivals import LineUp, Version, forgive
from tests.demo.place import Place
from tests.demo.sentences import part_of, plain
from tests.servers.bot_process import BotProcess
from tests.servers.federation import Federation
from tests.servers.lieu import Lieu
from tests.servers.synapse import Synapse
from tests.whole.network import LASER, meet

WARM_UP = 3
CARD, RELAY = 1.25, 1.08  # times the three messages that any relay takes
RAW, THREE = "a raw federated message", "three messages in a row"
READING = 0.5  # seconds: people read before they answer, and the bots have said all they had to say


@dataclass(frozen=True, slots=True)
class Side:
    """A concierge, what they hear, their conciergerie, and where its bot keeps its data."""

    who: Caller
    ear: Ear
    bot: str
    office: str
    data: Path

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
        for side in (here, there):
            forgive(side.data)  # a lieu has eight cards an hour in another
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


class Own(Lieu):
    """A lieu whose bot is of this version."""

    def __init__(self, folder: Path, synapse: Synapse, version: Version, number: int) -> None:
        super().__init__(folder, synapse, bot_name=f"conciergerie-{number}")
        self._version = version

    def process(self, folder: Path, port: int = 0) -> BotProcess:
        bot = BotProcess(folder, self.settings(), port=port, root=self._version.root)
        bot.more = ()
        return bot


@asynccontextmanager
async def between(folder: Path, versions: list[Version]) -> AsyncIterator[dict[str, Between]]:
    """Of each version two bots, all on the same two homeservers."""
    async with AsyncExitStack() as stack:
        federation = await stack.enter_async_context(Federation(folder, sync_cache=False))
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))

        async def place(synapse: Synapse, name: str, version: Version, number: int) -> Place:
            lieu = await stack.enter_async_context(Own(folder / f"{name} {number}", synapse, version, number))
            await lieu.bot.start()
            place = Place(lieu, lambda *told: None, login=f"anne-{number}", name=name, rooms=())
            stack.push_async_callback(place.end)
            await place.prepare()
            await place.install()
            return place

        async def side(place: Place) -> Side:
            who = Caller(http, place.lieu.synapse.base_url, place.anne.person.account)
            ear = await stack.enter_async_context(Ear(who))
            return Side(who, ear, place.lieu.account.user_id, place.office, place.lieu.bot.data)

        async def pair(version: Version, number: int) -> Between:
            here, there = federation.servers
            places = await asyncio.gather(
                place(here, "La Rosée", version, number), place(there, "Le Moulin", version, number)
            )
            await meet(*places)
            mine, theirs = [await side(place) for place in places]
            for each in places:
                await each.end()  # who listens with two clients costs the homeserver twice
            share = await mine.who.create()
            await theirs.who.join(share, via=here.server_name)
            return Between(mine, theirs, share)

        yield {version.name: await pair(version, number) for number, version in enumerate(versions)}


async def measure(folder: Path, line_up: LineUp, rounds: int, samples: int) -> list[Row]:
    async with between(folder, line_up.versions) as pairs:
        kinds = _kinds(pairs)
        for _ in range(WARM_UP):
            await _sample(kinds)
        found = []
        for number in range(rounds):
            order = dict(turned(list(kinds.items()), number))
            samples_taken = [await _sample(order) for _ in range(samples)]
            found.append({what: median(taken) for what, taken in gathered(samples_taken).items()})
    return _rows(found, list(pairs))


def _kinds(pairs: Mapping[str, Between]) -> dict[str, Callable[[], Awaitable[float]]]:
    """What is timed, each beside the others; what carries messages alone is timed twice."""
    first, *_ = pairs.values()
    kinds: dict[str, Callable[[], Awaitable[float]]] = {}
    for name in ("", "again"):
        kinds |= {f"raw {name}": first.raw, f"near {name}": first.near}
    for name, pair in pairs.items():
        kinds |= {f"card {name}": pair.card, f"reply {name}": pair.relay}
    return kinds


async def _sample(kinds: Mapping[str, Callable[[], Awaitable[float]]]) -> dict[str, float]:
    """Milliseconds."""
    return {what: await timed() * 1000 for what, timed in kinds.items()}


def _rows(found: list[dict[str, float]], names: list[str]) -> list[Row]:
    def three(one: dict[str, float], which: str = "") -> float:
        """To a bot, from a homeserver to the other, from a bot."""
        return one[f"raw {which}"] + 2 * one[f"near {which}"]

    def bots(one: dict[str, float], what: str) -> dict[str, float]:
        return {name: one[f"{what} {name}"] for name in names}

    alone = [{RAW: one["raw "], again(RAW): one["raw again"]} for one in found]
    relayed = [{THREE: three(one), again(THREE): three(one, "again")} for one in found]

    def row(name: str, what: str, bases: list[dict[str, float]], base: str, wanted: Wanted) -> Row:
        taken = gathered(base | bots(one, what) for base, one in zip(bases, found, strict=True))
        return Row(f"{name}, to {base}", "{:.0f} ms", taken, wanted, base)

    card, reply = "request, to its card in the other lieu", "reply, to the lieu that asked"
    three_to_raw = gathered(base | {"ours": three(one)} for base, one in zip(alone, found, strict=True))
    return [
        row(card, "card", relayed, THREE, Wanted(CARD)),
        row("… the same", "card", alone, RAW, Wanted()),
        row(reply, "reply", relayed, THREE, Wanted(RELAY)),
        row("… the same", "reply", alone, RAW, Wanted()),
        Row(f"{THREE} themselves, to {RAW}", "{:.0f} ms", three_to_raw, Wanted(), RAW),
    ]
