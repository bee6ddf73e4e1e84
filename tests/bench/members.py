"""The same question about people on a real homeserver: does it take longer where the lieu has many of them?

Five people enter; the others are rows that the homeserver finds in its database when it starts again, as it would take
them half an hour to enter. All the rest is real: the homeserver reads them from there, and the bot is told of them all.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.lieux import Lieux
from bot.store.database import Database
from tests.bench.figures import Figure, latency, median, times
from tests.bench.people import Caller, Ear, Heard
from tests.bench.rivals import Ours
from tests.servers.synapse import Synapse

FEW, MANY = 5, 5_000
SAME_ORDER = 10.0
WARM_UP = 2
BOT, ANNE, ZOE = "conciergerie", "anne", "zoe"
ASKED = {"!membres": "Les membres de", f"!membres {ZOE}": f"@{ZOE}:"}  # and a part of the answer
NAMES = {"!membres": "`!membres`", f"!membres {ZOE}": "a person’s sheet"}


@dataclass(frozen=True, slots=True)
class House:
    """The lieu, its conciergerie, and Anne, who asks there."""

    synapse: Synapse
    bot: Ours
    anne: Caller
    space: str
    office: str

    async def ask(self, samples: int) -> dict[str, list[float]]:
        """Seconds from each command to its answer."""
        await self.synapse.start()
        try:
            await self.bot.start()
            async with Ear(self.anne) as ear:
                return {
                    line: [await self._ask(ear, line) for _ in range(samples + WARM_UP)][WARM_UP:] for line in ASKED
                }
        finally:
            await self.bot.stop()
            await self.synapse.stop()

    async def _ask(self, ear: Ear, line: str) -> float:
        took = await self._told(ear, line, ASKED[line])
        if line == "!membres":  # the list is a question; what comes after it is answered once it is all put away
            await self._told(ear, "annuler", "annulé")
            await self._told(ear, "!aide", "demander")
        return took

    async def _told(self, ear: Ear, line: str, words: str) -> float:
        """Seconds until the bot says these words: it has other things to say when it starts."""
        before, start = len(ear.said[self.office]), time.monotonic()

        def answers() -> list[Heard]:
            said = ear.said[self.office][before:]
            return [heard for heard in said if heard.sender == self.bot.user_id and words in heard.body]

        await self.anne.say(self.office, line)
        await ear.until(answers)
        return answers()[0].at - start


async def measure(folder: Path, samples: int) -> list[Figure]:
    async with _house(folder) as house:
        few = await house.ask(samples)
        _crowd(house, MANY - FEW)
        many = await house.ask(samples)
    return [_figure(NAMES[line], few[line], many[line]) for line in ASKED]


def _figure(name: str, few: list[float], many: list[float]) -> Figure:
    ratio = median(many) / median(few)
    title = f"{name} on a real homeserver, with {FEW} members, and with {MANY:,}"
    shown = f"{latency(few)}; {latency(many)}"
    return Figure(title, shown, ratio=times(ratio), wanted="the same order", met=ratio < SAME_ORDER)


@asynccontextmanager
async def _house(folder: Path) -> AsyncIterator[House]:
    """A lieu of five, and a bot that knows it; nothing runs yet."""
    async with aiohttp.ClientSession() as http, Synapse(folder / "synapse", sync_cache=False) as synapse:
        names = (ANNE, BOT, ZOE, "marc", "lea")
        anne, bot, *others = [Caller(http, synapse.base_url, await synapse.register(name)) for name in names]
        space = await anne.create(name="La Rosée", creation_content={"type": "m.space"})
        office = await anne.create(name="Conciergerie")
        for room, people in ((space, [bot, *others]), (office, [bot])):
            for person in people:
                await person.join(room)
        await synapse.stop()
        ours = Ours(folder / "bot", synapse, bot.account, f"password-of-{BOT}")
        await _installed(ours, space, office)
        yield House(synapse, ours, anne, space, office)


async def _installed(bot: Ours, space: str, office: str) -> None:
    database = await Database.open(bot.data / "bot.sqlite")
    try:
        lieux = Lieux(database)
        lieu = await lieux.create(space, "La Rosée", language="fr", zone="Europe/Paris", now=0)
        await lieux.choose(lieu.id, installed=True, office=office)
    finally:
        await database.close()


def _crowd(house: House, count: int) -> None:
    """So many more members of the space, as the homeserver keeps them. It must not be running."""
    people = [(f"$membre-{n}", house.synapse.user_id(f"membre{n}"), f"Membre {n}") for n in range(count)]
    with closing(sqlite3.connect(house.synapse.folder / "homeserver.db")) as database, database:
        database.executemany(
            "INSERT INTO current_state_events (event_id, room_id, type, state_key, membership, event_stream_ordering)"
            " VALUES (?, ?, 'm.room.member', ?, 'join', 1)",
            [(event, house.space, person) for event, person, _ in people],
        )
        database.executemany(
            "INSERT INTO room_memberships (event_id, room_id, user_id, sender, membership, display_name,"
            " event_stream_ordering) VALUES (?, ?, ?, ?, 'join', ?, 1)",
            [(event, house.space, person, person, name) for event, person, name in people],
        )
        database.execute(
            "UPDATE room_stats_current SET joined_members = joined_members + ? WHERE room_id = ?", (count, house.space)
        )
