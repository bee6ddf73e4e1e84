"""Two lieux on two homeservers, while their bots die at random and nothing passes for a while: nothing is lost,
nothing is doubled, and in the end both conciergeries read the same."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest

from tests.demo.actor import PATIENCE
from tests.demo.place import Place
from tests.servers.federation import Federation

from .deaths import Deaths
from .network import LASER, Two, read, says, shown

BREATH = 1.0  # seconds between two things that somebody says, at most
WHILE_CUT = 14  # things said: more than a homeserver asks for at once of what it missed
MINUTES = 120.0  # seconds


@dataclass
class Side:
    """A lieu, its message of the request, what its people said that still stands, and the deaths of its bot."""

    place: Place
    root: str
    deaths: Deaths
    said: list[str] = field(default_factory=list)

    @property
    def bot(self) -> str:
        return self.place.lieu.account.user_id


class Play:
    """People of two lieux speak about a request while everything goes wrong."""

    def __init__(self, sides: tuple[Side, Side], chance: Random) -> None:
        self.sides, self.chance = sides, chance
        self._turns = 0

    async def turn(self) -> None:
        """Somebody says something, corrects it or takes it back; both bots may die of it."""
        self._turns += 1
        side = self.chance.choice(self.sides)
        act = self.chance.choices((self._speak, self._correct, self._take_back), (6, 2, 1))[0]
        await act(side)
        for each in self.sides:
            each.deaths.soon()
        await asyncio.sleep(self.chance.uniform(0, BREATH))

    async def _speak(self, side: Side) -> None:
        text = f"{side.place.name} dit {self._turns}"
        side.said.append(await side.place.anne.person.say_in_thread(side.place.office, side.root, text))

    async def _correct(self, side: Side) -> None:
        if side.said:
            text = f"{side.place.name} corrige {self._turns}"
            await side.place.anne.person.edit(side.place.office, self.chance.choice(side.said), text)

    async def _take_back(self, side: Side) -> None:
        if side.said:
            event = side.said.pop(self.chance.randrange(len(side.said)))
            await side.place.anne.person.redact(side.place.office, event)

    async def until(self, deaths: int) -> None:
        """So often has each of the two died."""
        while any(side.deaths.count < deaths for side in self.sides):
            await self.turn()

    async def end(self) -> None:
        """Each lieu says a last thing; what it said before has then come."""
        for side, other in (self.sides, self.sides[::-1]):
            last = f"{side.place.name} a tout dit"
            side.said.append(await side.place.anne.person.say_in_thread(side.place.office, side.root, last))
            await other.place.anne.person.next(other.place.office, says(last), timeout=2 * PATIENCE)

    async def check(self) -> None:
        for side, other in (self.sides, self.sides[::-1]):
            theirs = await read(side.place, side.place.anne.person.user_id)
            assert await shown(other.place, side.place.name) == [theirs[event] for event in side.said]
            told = Counter((await read(side.place, side.bot)).values())
            assert [words for words in told if "Demande n°" in words or "Notre demande" in words]
            assert told.most_common(1)[0][1] == 1
        states = [(await read(side.place, side.bot))[side.root] for side in self.sides]
        assert all("On en parle" in state for state in states)


async def survives(two: Two, federation: Federation, times: int, seed: int, cut: float = 0.0) -> None:
    """Each bot dies so often; halfway, the two homeservers do not reach each other for a while."""
    roots, chance = await two.ask(LASER), Random(seed)
    places = (two.rosee, two.moulin)
    first, second = [
        Side(place, root, Deaths(place.lieu.bot, chance, times)) for place, root in zip(places, roots, strict=True)
    ]
    await two.moulin.anne.person.react(two.moulin.office, second.root, "🙋")
    await two.rosee.anne.person.next(two.rosee.office, says("Le Moulin peut aider"))
    play = Play((first, second), chance)
    async with first.deaths, second.deaths:
        await play.until(times // 2)
        async with federation.cut():
            for _ in range(WHILE_CUT):
                await play.turn()
            await asyncio.sleep(cut)
        await play.until(times)
    await play.end()
    await play.check()


async def test_three_sudden_deaths_of_each(two: Two, federation: Federation) -> None:
    await survives(two, federation, times=3, seed=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
async def test_a_hundred_sudden_deaths_of_each(two: Two, federation: Federation, seed: int) -> None:
    await survives(two, federation, times=25, seed=seed, cut=MINUTES)
