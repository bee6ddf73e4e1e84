"""Ten lieux of one bot, fifty, two hundred, each with a hundred members and twenty open requests: what does not concern
an answer must not slow it, nor weigh, nor keep the bot from starting. On a small Matrix in memory, so that nothing but
the bot and its SQLite is measured; and counted, as counts depend on no clock and on no machine.

A lieu is made as by the bot itself, without its conversations: its row by `Lieux.create`, its members and their private
discussions by the store's functions for what the sync brings, its requests by `Requests.publish`, with the conversation
that watches over each; all the lieux meet in one network, by `!réseau`. Requests go to three others each. Then the
process ends, and another one opens what it left.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import os
import pickle
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import astuple, dataclass
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from bot.app import Services
from bot.network.outgoing import wire_id
from bot.store import arrivals, rooms
from bot.store.audit_chain import link
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx
from tests.bench.figures import Figure, latency, median, times
from tests.bench.gauges import resident
from tests.network.lieux import Lieux, Place
from tests.network.two import below
from tests.stage.several_bots import House
from tests.stage.small_homeserver import FakeMatrix
from tests.stage.world import FakeRoom

BOT = "@conciergerie:lieux.fr"
MEMBERS = 100  # of each lieu
KEEPERS = 3  # of those, in its conciergerie
MEANT = 3  # lieux to which a request goes, besides the one that asks
WARM_UP, COUNTED = 5, 5
FORGOTTEN = 120_000  # milliseconds until who somebody is is asked anew
WANTED = 2.0  # times
# Of one row, or made for this statement alone; and indexes of nothing but what waits.
NO_GROWTH = {
    "CONSTANT",
    "SUBQUERY",
    "seen",
    "sync",
    "lieux_version",
    "outbox_waiting",
    "inbox_unread",
    "inbox_by_room",
}
AT_ONCE = 20  # requests that are published before the bot has heard of them


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many lieux of one bot, all in one network, and so many open requests of theirs."""

    lieux: int
    requests: int

    def __str__(self) -> str:
        return f"{self.lieux} lieux, {self.requests:,} requests"

    def part(self, of: int) -> Crowd:
        """As many requests for each, in fewer lieux."""
        few = max(2, self.lieux // of)
        return Crowd(few, few * self.requests // self.lieux)


MANY = Crowd(200, 4000)


async def measure(samples: int, many: Crowd = MANY) -> list[Figure]:
    """Beside the fewest: the most, and in the middle what is between."""
    crowds = (many.part(20), many.part(4), many)
    found = [await _apart(crowd, samples) for crowd in crowds]
    few, between, most = found
    figures = []
    for what in few["cpu"]:
        ratio = median(most["cpu"][what]) / median(few["cpu"][what])
        title, shown = f"{what}: {many}, beside {crowds[0]}", latency(most["seconds"][what])
        met = f"≤ {WANTED:.0f} × (processor)", ratio <= WANTED
        figures.append(Figure(title, shown, latency(few["seconds"][what]), times(ratio), *met))
    for what in few["counts"]:
        told = [", ".join(f"{n:g} {kind}" for kind, n in one["counts"][what].items()) for one in found]
        figures.append(Figure(f"… {what}, counted", told[-1], told[0]))
    for what in few["whole"]:
        shown = f"{most['whole'][what]:,.1f} ({between['whole'][what]:,.1f} of {crowds[1]})"
        figures.append(Figure(f"… {what}", shown, f"{few['whole'][what]:,.1f}"))
    return figures


async def _apart(crowd: Crowd, samples: int) -> dict[str, Any]:
    """In processes of their own: one that makes it all, and one that finds it."""
    with tempfile.TemporaryDirectory(prefix="conciergerie-crowd-") as folder:
        told = b""
        for step in ("make", "find"):
            program = (sys.executable, "-m", __name__, step, folder, str(crowd.lieux), str(crowd.requests))
            process = await asyncio.create_subprocess_exec(*program, str(samples), stdout=asyncio.subprocess.PIPE)
            told, _ = await process.communicate()
            assert process.returncode == 0
        return json.loads(told)


# -- the first process


async def make(folder: Path, crowd: Crowd) -> None:
    lieux = Lieux(folder)
    try:
        stage = await lieux.open(BOT, Services())
        # Nothing of this is measured.
        await stage.database.read_aside(lambda tx: tx.execute("PRAGMA synchronous = OFF"))
        places = [await _lieu(lieux, n) for n in range(crowd.lieux)]
        await lieux.network(*places)
        await _ask(lieux, places, crowd.requests)
    finally:
        await lieux.close()
    for room in lieux.rooms.values():
        room.events.clear()
    left = {"rooms": lieux.rooms, "names": lieux.names, "aliases": lieux.aliases, "at": lieux.clock.at}
    (folder / "world").write_bytes(pickle.dumps(left | {"next": next(lieux.ids)}))


async def _lieu(lieux: Lieux, n: int) -> Place:
    """Installed, with its members and their private discussions with the bot."""
    name, stage = f"Lieu {n}", lieux.stages[BOT]
    people = [f"@m{k}-{n}:lieux.fr" for k in range(MEMBERS)]
    anne, marc = people[:2]
    lieux.names |= {person: f"Membre {k} du {n}" for k, person in enumerate(people)}
    space = lieux.room(name, space=True)
    space.members, space.levels = dict.fromkeys((*people, BOT), "join"), {anne: 100, BOT: 50}
    office, hall = (lieux.room(f"{kind} · {name}", parent=space.room_id) for kind in ("Conciergerie", "Salon"))
    office.members = dict.fromkeys((*people[:KEEPERS], BOT), "join")
    hall.members = dict(space.members)
    for room in (office, hall):
        room.levels = {BOT: 100, anne: 50}
    made = await stage.bot.lieux.create(space.room_id, name, language="fr", zone="Europe/Paris", now=1)
    await stage.bot.lieux.choose(made.id, installed=True, office=office.room_id, open_rooms=[hall.room_id])
    directs = {person: lieux.room("").room_id for person in people}
    for person, room_id in directs.items():
        lieux.rooms[room_id].members = dict.fromkeys((person, BOT), "join")

    def know(tx: Tx) -> None:
        arrivals.know(tx, made.id, people)
        for room_id in (space.room_id, office.room_id, hall.room_id, *directs.values()):
            rooms.joined(tx, room_id, 1)
        for person, room_id in directs.items():
            rooms.set_direct(tx, person, room_id)

    await stage.database.write(know)
    lieu = await stage.bot.lieux.get(made.id)
    assert lieu
    return Place(name, stage, lieu, anne, marc, office, hall)


async def _ask(lieux: Lieux, places: list[Place], requests: int) -> None:
    """Each in turn asks some of the others; all are open, and watched over."""
    bot = places[0].stage.bot
    (row,) = await bot.network.networks.of(places[0].lieu.id)
    for n in range(requests):
        home, *others = [places[(n + k) % len(places)] for k in range(min(MEANT + 1, len(places)))]
        office, asker = home.office.room_id, home.concierge
        content = {"kind": "other", "what": f"Besoin {n}", "to": [wire_id(one.lieu) for one in others]}
        publish = bot.network.requests.publish
        told = await bot.database.write(publish, home.lieu, row["network"], n, content, office, asker)
        args = {"number": told["number"], "asker": asker, "token": n}
        await bot.engine.start(Conversation("watch-request", bot.me, office, f"request {n}", home.lieu.id, args))
        if n % AT_ONCE == 0:
            await lieux.settle()
    await lieux.settle()


# -- the second one


async def find(folder: Path, samples: int) -> dict[str, Any]:
    gc.collect()
    before, asked = resident(os.getpid()), Asked()
    await (await Database.open(_data(folder) / "bot.sqlite")).close()  # it may be of an earlier version
    lieux = left_in(folder, asked)
    gc.collect()
    world = resident(os.getpid()) - before
    try:
        whole = {"disk, MiB": (_data(folder) / "bot.sqlite").stat().st_size / 2**20} | await _start(lieux, asked)
        acts = await _acts(lieux)
        seconds, cpu = {}, {}
        for what, (act, put_away) in acts.items():
            taken = [await _seconds(act, put_away, n) for n in range(samples + WARM_UP)][WARM_UP:]
            seconds[what], cpu[what] = [list(each) for each in zip(*taken, strict=True)]
        counts = await counted(lieux, asked)
        for room in lieux.rooms.values():  # the small Matrix forgets what was said
            room.events.clear()
        lieux.houses[BOT].matrix.sent.clear()
        gc.collect()
        whole["memory, MiB"] = resident(os.getpid()) - world
        return {"seconds": seconds, "cpu": cpu, "counts": counts, "whole": whole}
    finally:
        await lieux.close()


def left_in(folder: Path, asked: Asked) -> Lieux:
    """What `make` left there; the bot does not run yet."""
    lieux, left = Lieux(folder), pickle.loads((folder / "world").read_bytes())
    lieux.rooms, lieux.names, lieux.aliases = left["rooms"], left["names"], left["aliases"]
    lieux.clock.at, lieux.ids = left["at"], itertools.count(left["next"])
    matrix = FakeMatrix(BOT, lieux)
    asked.watch(matrix)
    lieux.houses[BOT] = House(matrix, _data(folder), Services(), Database, ())
    return lieux


def _data(folder: Path) -> Path:
    return folder / BOT[1:].replace(":", "-")


async def _start(lieux: Lieux, asked: Asked) -> dict[str, float]:
    """Time of the processor until the bot hears (ms), and what it looks over besides: at each start, then by the
    hour and by the day; with what that asks of the homeserver."""
    told: dict[str, float] = {}

    async def take(what: str, work: Awaitable[object]) -> None:
        start, before = time.process_time(), asked.count
        await work
        told[f"{what}, ms"] = (time.process_time() - start) * 1000
        told[f"{what}, homeserver requests"] = asked.count - before

    await take("start", lieux.start(BOT))
    bot = lieux.stages[BOT].bot
    for what, work in (
        ("standing dialogues for the first time", bot.start_standing_dialogues),
        ("each hour", bot.start_standing_dialogues),
        ("who has the keys, each day", bot.note_key_holders),
        ("upgraded rooms, the first day", bot.following.look),
        ("upgraded rooms, the next day", bot.following.look),
    ):
        await take(what, work())
    await lieux.settle()
    return told


async def _places(lieux: Lieux) -> list[Place]:
    stage = lieux.stages[BOT]
    return [
        Place(lieu.name, stage, lieu, f"@m0-{n}:lieux.fr", f"@m1-{n}:lieux.fr", *_rooms(lieux, lieu.choices))
        for n, lieu in enumerate(await stage.bot.lieux.all())
    ]


def _rooms(lieux: Lieux, choices: Any) -> tuple[FakeRoom, FakeRoom]:
    return lieux.rooms[choices.office], lieux.rooms[choices.open_rooms[0]]


Act = Callable[[int], Awaitable[None]]  # for the n-th time


async def _acts(lieux: Lieux) -> dict[str, tuple[Act, Act]]:
    """What is done, each time in another lieu, and what puts it away, which is not measured."""
    places, database = await _places(lieux), lieux.stages[BOT].database
    shown = (
        "SELECT event_id FROM cards JOIN outbox ON txn_id = txn WHERE cards.lieu = ? AND asker IS NULL AND due IS NULL"
    )
    found = [await database.read(lambda tx, id=p.lieu.id: tx.execute(shown, (id,)).fetchone()) for p in places]
    cards = [row["event_id"] for row in found]
    directs = [await database.read(rooms.direct, place.member) for place in places]

    def at(n: int) -> int:
        return n * 7 % len(places)

    async def write(person: str, room_id: str | None, line: str, **content: Any) -> None:
        assert room_id
        await lieux.write(person, room_id, line, **content)

    async def nothing(n: int) -> None: ...

    async def helped(n: int) -> None:
        place = places[at(n)]
        await write(place.concierge, place.office.room_id, "!aide")

    async def helped_alone(n: int) -> None:
        await write(places[at(n)].member, directs[at(n)], "!aide")

    async def put_away(n: int) -> None:
        """The list is a question: the next time must not find it open."""
        place = places[at(n)]
        await write(place.concierge, place.office.room_id, "annuler")

    async def told_members(n: int) -> None:
        place = places[at(n)]
        await write(place.concierge, place.office.room_id, "!membres")

    async def relayed(n: int) -> None:
        place = places[at(n)]
        await write(place.concierge, place.office.room_id, f"On en a {n}", **below(cards[at(n)]))

    async def told_requests(n: int) -> None:
        place = places[at(n)]
        await write(place.concierge, place.office.room_id, "!demandes")

    async def talked(n: int) -> None:
        place = places[at(n)]
        await write(place.member, place.hall.room_id, "Bonjour à tous")

    return {
        "`!aide`": (helped, nothing),
        "`!aide` in private": (helped_alone, nothing),
        "`!membres`": (told_members, put_away),
        "relay of a line": (relayed, nothing),
        "`!demandes`": (told_requests, put_away),
        "small talk in a room": (talked, nothing),
    }


async def _seconds(act: Act, put_away: Act, n: int) -> tuple[float, float]:
    """As a clock tells them, and the processor."""
    start = time.perf_counter(), time.process_time()
    await act(n)
    took = time.perf_counter() - start[0], time.process_time() - start[1]
    await put_away(n)
    return took


async def counted(lieux: Lieux, asked: Asked) -> dict[str, dict[str, float]]:
    """By what was done, once it was done before: statements, steps of SQLite's machine, requests to the homeserver, and
    tables that are read from end to end."""
    stage, each = lieux.stages[BOT], {}
    places = await stage.bot.lieux.all()
    for what, (act, put_away) in (await _acts(lieux)).items():
        said: list[str] = []
        steps = requests = 0
        for n in range(COUNTED + 1):
            lieux.clock.at += FORGOTTEN
            before, at = asked.count, (1000 + n) * len(places)  # in the same lieu
            async with counting(stage.database) as statements:
                await act(at)
            if n > 0:
                said, steps, requests = (
                    said + statements.said,
                    steps + statements.steps,
                    requests + asked.count - before,
                )
            await put_away(at)
        each[what] = {"statements": len(said) / COUNTED, "steps": steps // COUNTED, "requests": requests / COUNTED}
        scanned = scans(stage.database.path, said)
        each[what] |= {f"scans of {table}": n / COUNTED for table, n in sorted(scanned.items())}
    return each


class Asked:
    """How often the small homeserver was asked something."""

    def __init__(self) -> None:
        self.count = 0

    def watch(self, matrix: FakeMatrix) -> None:
        parts = ("facts", "membership", "rooms", "room_settings", "successors", "moderation", "network_rooms")
        for part in (getattr(matrix, name) for name in parts):
            for name in dir(type(part)):
                if not name.startswith("_") and iscoroutinefunction(asks := getattr(part, name)):
                    setattr(part, name, self._counted(asks))

    def _counted(self, asks: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def counted(*args: Any, **named: Any) -> Any:
            self.count += 1
            return await asks(*args, **named)

        return counted


class Statements:
    """What the database was told, and how many steps its machine took for it."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.steps = 0

    def step(self) -> int:
        self.steps += 1
        return 0


@asynccontextmanager
async def counting(database: Database) -> AsyncIterator[Statements]:
    found = Statements()

    def listen(tx: Tx, *, on: bool) -> None:
        tx.set_trace_callback(found.said.append if on else None)
        tx.set_progress_handler(found.step if on else None, 1)

    await database.read(listen, on=True)
    try:
        yield found
    finally:
        await database.read(listen, on=False)


def scans(path: Path, statements: Sequence[str]) -> Counter[str]:
    """The tables that these statements read from end to end, as SQLite plans them, each with how many times."""
    found: Counter[str] = Counter()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
        reader.create_function("link", 6, link, deterministic=True)
        for statement in statements:
            if statement.split(maxsplit=1)[0] in ("SELECT", "UPDATE", "DELETE", "INSERT", "WITH"):
                for *_, detail in reader.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall():
                    scan, *how = detail.split()
                    if scan == "SCAN" and not {*how} & NO_GROWTH:
                        found[how[0]] += 1
    return found


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench.crowd", description=__doc__)
    options.add_argument("--samples", type=int, default=60)
    steps = options.add_subparsers(dest="step", help="what the processes of a measure do")
    for step in (steps.add_parser("make"), steps.add_parser("find")):
        step.add_argument("folder", type=Path)
        for name in ("lieux", "requests", "samples"):
            step.add_argument(name, type=int)
    told = options.parse_args()
    match told.step:
        case "make":
            asyncio.run(make(told.folder, Crowd(told.lieux, told.requests)))
        case "find":
            print(json.dumps(asyncio.run(find(told.folder, told.samples))))
        case _:
            for figure in asyncio.run(measure(told.samples)):
                print(" · ".join(str(told) for told in astuple(figure) if told not in ("", None)))


if __name__ == "__main__":
    main()
