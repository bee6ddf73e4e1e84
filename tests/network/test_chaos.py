"""Ways that break, bots that die, news that come late, twice and in any order: in the end all lieux see the same."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from bot.store import requests
from bot.store.requests import Request
from tests.network.lieux import Lieux, Place
from tests.network.two import below
from tests.stage.sudden_death import Mortal

WHAT = "une découpeuse laser"
NAMES = {"La Rosée": "rosee.fr", "Le Moulin": "moulin.fr", "Les Récollets": "recollets.fr"}
TURNS = 25


class Play:
    """People of three lieux speak about one request while everything goes wrong; `said` is what each lieu said."""

    def __init__(self, lieux: Lieux, seed: int) -> None:
        self.lieux, self.random = lieux, Random(seed)
        self.said: dict[str, dict[str, str]] = {name: {} for name in NAMES}
        self.roots: dict[str, str] = {}
        self.lives: dict[str, type[Mortal]] = {}

    async def begin(self) -> None:
        for name, server in NAMES.items():
            self.lives[name] = Mortal.another()
            await self.lieux.build(name, server, store=self.lives[name])
        await self.lieux.network(*self.lieux.places.values())
        await self.lieux.ask(self.lieux.places["La Rosée"], WHAT)
        self.roots = {name: self.lieux.card(place, WHAT) for name, place in self.lieux.places.items()}

    async def turn(self, n: int) -> None:
        name = self.random.choice(list(NAMES))
        place = self.lieux.places[name]
        act = self.random.choices((self.speak, self.correct, self.trouble), (6, 2, 4))[0]
        await act(place, n)

    async def speak(self, place: Place, n: int) -> None:
        text = f"{place.name} dit {n}"
        event = await self.lieux.write(place.concierge, place.office.room_id, text, **below(self.roots[place.name]))
        self.said[place.name][event] = text

    async def correct(self, place: Place, n: int) -> None:
        mine = self.said[place.name]
        if not mine:
            return
        event, text = self.random.choice(list(mine)), f"{place.name} corrige {n}"
        relation = {"rel_type": "m.replace", "event_id": event}
        new = {"msgtype": "m.text", "body": text}
        await self.lieux.write(
            place.concierge, place.office.room_id, f"* {text}", **{"m.new_content": new, "m.relates_to": relation}
        )
        mine[event] = text

    async def trouble(self, place: Place, n: int) -> None:
        bot, life = place.stage.bot.me, self.lives[place.name]
        match self.random.randrange(4):
            case 0:
                self.lieux.cut.add(bot.partition(":")[2])
            case 1:
                self.lieux.deafen(bot)
            case 2:
                await self.lieux.mend(shuffled=self.random, twice=self.random.random() < 0.5)
            case _:
                life.deadly, life.after = len(life.kinds) + self.random.randint(1, 6), self.random.random() < 0.5

    # -- what is seen in the end

    def shown(self, at: Place, of: str) -> list[str]:
        """The lines of one lieu that another one shows below the request, as they read now."""
        lines: dict[str, str] = {}
        for event in at.office.events:
            content = event["content"]
            relation = content.get("m.relates_to", {})
            if event["type"] != "m.room.message" or event["sender"] != at.stage.bot.me or event["redacted"]:
                continue
            new = content.get("m.new_content", content)["body"]
            if new.startswith(f"{of}\u202f: "):
                key = relation["event_id"] if relation.get("rel_type") == "m.replace" else event["event_id"]
                lines[key] = new.removeprefix(f"{of}\u202f: ")
        return list(lines.values())

    async def states(self) -> set[tuple[int, str]]:
        stages = [self.lieux.stages[place.stage.bot.me] for place in self.lieux.places.values()]
        found = [await stage.database.read(_only) for stage in stages]
        return {(request.rev, request.state) for request in found}


def _only(tx: Any) -> Request:
    row = tx.execute("SELECT id FROM requests").fetchone()
    found = requests.get(tx, row["id"])
    assert found
    return found


@pytest.mark.parametrize(
    "seed",
    [
        *range(2),
        *(pytest.param(n, marks=pytest.mark.full) for n in range(2, 8)),
        *(pytest.param(n, marks=pytest.mark.soak) for n in range(8, 200)),
    ],
)
async def test_nothing_is_lost_and_nothing_is_doubled(lieux: Lieux, seed: int) -> None:
    play = Play(lieux, seed)
    await play.begin()
    for n in range(TURNS):
        await play.turn(n)
    await lieux.mend(shuffled=play.random, twice=True)
    home = lieux.places["La Rosée"]
    for name in ("Le Moulin", "Les Récollets"):
        assert play.shown(home, name) == list(play.said[name].values())
        mine = play.shown(lieux.places[name], "La Rosée")
        assert len(mine) == len(set(mine))
        assert set(mine) <= set(play.said["La Rosée"].values())
    assert len(await play.states()) == 1
