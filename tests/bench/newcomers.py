"""Newcomers who answer the questions of their welcome, each in a private room of their own, over raw HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.lieux import Lieux
from bot.store import rooms as store
from bot.store.database import Database
from bot.words import Words, fold
from tests.bench.people import Caller, Ear, Heard
from tests.bench.place import Place

ANSWERS = {
    "welcome.name": "Zoé",
    "welcome.charter": "oui",
    "welcome.wish": "réparer mon vélo",
    "welcome.rooms": "1",
    "welcome.introduced": "oui",
    "welcome.summary": "oui",
}
LAST = "welcome.done"


@dataclass(frozen=True, slots=True)
class House:
    """The lieu: its space, and how its questions begin."""

    space: str
    ear: Ear
    bot: str
    begins: dict[str, str]

    def step(self, heard: Heard) -> str | None:
        """The step of the welcome to which this message of the bot belongs."""
        said = fold(heard.body)
        return next((step for step, start in self.begins.items() if said.startswith(start)), None)


@dataclass(slots=True)
class Newcomer:
    caller: Caller
    room: str
    house: House
    answered: set[str] = field(default_factory=set)

    @property
    def steps(self) -> list[str]:
        """What the bot has said so far."""
        told = [self.house.step(heard) for heard in self.house.ear.said[self.room] if heard.sender == self.house.bot]
        return [step for step in told if step]

    @property
    def asked(self) -> str | None:
        """The question that awaits this person's answer."""
        return next((step for step in self.steps if step in ANSWERS and step not in self.answered), None)

    @property
    def is_at_summary(self) -> bool:
        return self.asked == "welcome.summary"

    @property
    def is_welcomed(self) -> bool:
        return LAST in self.steps

    async def arrive(self) -> None:
        """Enter the lieu; the bot notices, and asks."""
        await self.caller.join(self.house.space)
        await self.house.ear.until(lambda: self.asked)

    async def answer(self) -> float:
        """Answer the question; seconds to the next thing that the bot says."""
        step = self.asked
        assert step
        self.answered.add(step)
        return await self.house.ear.answer(self.room, self.house.bot, lambda: self.caller.say(self.room, ANSWERS[step]))

    async def through(self) -> list[float]:
        """The whole welcome; seconds that each answer took to be answered."""
        await self.arrive()
        waits = []
        while not self.is_welcomed:
            await self.house.ear.until(lambda: self.asked or self.is_welcomed)
            if self.asked:
                waits.append(await self.answer())
        return waits


async def prepare(place: Place, count: int) -> list[Newcomer]:
    """A lieu that is ready to welcome people, and as many who are about to come. Our bot must not be running."""
    space, hall, offered, office = [
        await place.room([place.bot], name=name, **more)
        for name, more in (
            ("La Rosée", {"creation_content": {"type": "m.space"}}),
            ("Salon", {}),
            ("Atelier", {}),
            ("Bureau", {}),
        )
    ]
    words = Words.load()
    begins = {step: _beginning(words, step) for step in (*ANSWERS, LAST)}
    house = House(space, await place.ear_of(place.bot), place.bot.user_id, begins)
    newcomers = await asyncio.gather(*(_newcomer(place, number, house) for number in range(count)))
    await _remember(place, house, newcomers, hall=hall, offered_rooms=(offered,), office=office)
    return newcomers


def _beginning(words: Words, step: str) -> str:
    """The first line of a sentence, up to its first hole."""
    line = words.sentence("fr", step, {})[0].splitlines()[0]
    return fold(line.partition("{")[0].replace("**", ""))


async def _newcomer(place: Place, number: int, house: House) -> Newcomer:
    caller = await place.person(f"newcomer-{number}")
    room = await place.room([place.bot], owner=caller, is_direct=True)
    return Newcomer(caller, room, house)


async def _remember(place: Place, house: House, newcomers: Sequence[Newcomer], **choices: object) -> None:
    """What the bot would know after its installation, and of a private room with each newcomer."""
    database = await Database.open(place.ours.data / "bot.sqlite")
    try:
        lieux = Lieux(database)
        lieu = await lieux.create(house.space, "La Rosée", language="fr", zone="Europe/Paris", now=0)
        await lieux.choose(lieu.id, installed=True, charter="Accueillir, c’est d’abord écouter.", **choices)
        for newcomer in newcomers:
            await database.write(store.set_direct, newcomer.caller.user_id, newcomer.room)
    finally:
        await database.close()
