"""Commands that were said while the bot was away: all of them answered, once, in the order of their room?

How fast they can be is the homeserver's affair as soon as it works without a pause: its own pace is measured too.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from tests.bench.echo import ANSWER
from tests.bench.figures import Figure, times
from tests.bench.people import Caller
from tests.bench.place import Place
from tests.bench.rivals import Rival

WANTED = 2.0  # times the rate of the trivial bot
NEARLY = 0.8  # of all that the homeserver can take
SELDOM = 0.5  # seconds between two looks at what was answered
SILENCE = 5.0  # seconds after which nothing more is expected
LINES = ("!aide", "!aide langue", "!aide aide")  # each has one message as its answer, whoever asks


@dataclass(frozen=True, slots=True)
class Drain:
    """What became of a queue. `rate`: answers a second, between the first and the last that the homeserver got."""

    queued: int
    answered: int
    doubled: int
    in_order: bool
    rate: float


async def measure(place: Place, commands: int) -> list[Figure]:
    answers = await _answers(place)
    chosen = random.Random(1)
    lines = [chosen.choice(list(answers)) for _ in range(commands)]
    place.ear.rest = SELDOM
    pace = await _pace(place, [answers[line] for line in lines])
    ours = await _drain(place, place.ours, lines, {line: said["body"] for line, said in answers.items()})
    ping = place.trivial.command
    trivial = await _drain(place, place.trivial, [ping] * commands, {ping: ANSWER})
    place.ear.rest = 0.0
    return _figures(ours, trivial, pace)


def _figures(ours: Drain, trivial: Drain, pace: float) -> list[Figure]:
    order = "in order" if ours.in_order else "out of order"
    return [
        Figure(
            f"{ours.queued} commands while stopped: answered",
            f"{ours.answered}, {ours.doubled} twice, {order}",
            f"{trivial.answered}, {trivial.doubled} twice",
            wanted="each once, in order",
            met=(ours.answered, ours.doubled, ours.in_order) == (ours.queued, 0, True),
        ),
        Figure(
            "… answers a second once it runs",
            f"{ours.rate:.0f}",
            f"{trivial.rate:.0f}",
            times(ours.rate / trivial.rate),
            f"≥ {WANTED:.0f} ×",
            ours.rate >= WANTED * trivial.rate,
        ),
        Figure(
            "… beside the homeserver’s own pace, raw messages a second",
            f"{ours.rate:.0f}",
            f"{pace:.0f} raw",
            f"{ours.rate / pace:.0%}",
            f"≥ {NEARLY:.0%}",
            ours.rate >= NEARLY * pace,
        ),
    ]


async def _pace(place: Place, contents: list[dict[str, Any]]) -> float:
    """The same messages, from the bot's own account, without the bot: in every room at once."""
    await place.ours.stop()
    rooms, start = place.rooms["ours"], time.monotonic()
    before = {room: len(place.ear.said[room]) for room in rooms}
    await asyncio.gather(*(_say(place.bot, room, contents[n :: len(rooms)]) for n, room in enumerate(rooms)))
    took = time.monotonic() - start
    await place.ear.until(lambda: _count(place, place.ours, before) == len(contents))
    return len(contents) / took


def _text(line: str) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": line}


async def _say(who: Caller, room: str, contents: list[dict[str, Any]]) -> None:
    for content in contents:
        await who.send(room, content)


async def _answers(place: Place) -> dict[str, dict[str, Any]]:
    """What the bot answers to each line: they differ, so that their order shows."""
    room, found = place.rooms["ours"][0], dict[str, dict[str, Any]]()
    for line in LINES:
        await place.ear.answer(room, place.bot.user_id, partial(place.alix.say, room, line))
        found[line] = place.ear.said[room][-1].content
    return found


async def _drain(place: Place, rival: Rival, lines: list[str], answers: dict[str, str]) -> Drain:
    rooms = place.rooms[rival.name]
    queues = {room: lines[number :: len(rooms)] for number, room in enumerate(rooms)}
    await rival.stop()
    starts = {room: len(place.ear.said[room]) for room in rooms}
    await asyncio.gather(*(_say(place.alix, room, [_text(line) for line in queue]) for room, queue in queues.items()))
    await rival.start()
    await _quiet(place, rival, starts, len(lines))
    told = {room: await _told(place, room, rival, len(queue)) for room, queue in queues.items()}
    expected = {room: [answers[line] for line in queue] for room, queue in queues.items()}
    return compare(told, expected)


async def _quiet(place: Place, rival: Rival, starts: dict[str, int], most: int) -> None:
    """Until every command is answered and nothing follows, or nothing comes any more."""
    for wanted in itertools.count(1):
        try:
            await place.ear.until(lambda wanted=wanted: _count(place, rival, starts) >= wanted, SILENCE)
        except TimeoutError:
            return
        if wanted >= most + 1:
            return


def _count(place: Place, rival: Rival, starts: dict[str, int]) -> int:
    return sum(heard.sender == rival.user_id for room, at in starts.items() for heard in place.ear.said[room][at:])


async def _told(place: Place, room: str, rival: Rival, queued: int) -> list[dict[str, Any]]:
    """What the bot said in this room after the commands were queued, as the homeserver keeps it."""
    found: list[dict[str, Any]] = []
    query = {"dir": "b", "limit": "100", "filter": '{"types":["m.room.message"]}'}
    while len([event for event in found if event["sender"] != rival.user_id]) < queued:
        page = await place.alix.call("GET", f"rooms/{quote(room)}/messages", **query)
        found += page["chunk"]
        query["from"] = page["end"]
    newest = itertools.takewhile(lambda event: event["sender"] == rival.user_id, found)
    return list(newest)[::-1]


def compare(told: dict[str, list[dict[str, Any]]], expected: dict[str, list[str]]) -> Drain:
    """What each room was told, beside what it should have been."""
    bodies = {room: [event["content"]["body"] for event in events] for room, events in told.items()}
    answered = doubled = 0
    for room, wanted in expected.items():
        got, needed = Counter(bodies[room]), Counter(wanted)
        answered += (got & needed).total()
        doubled += (got - needed).total()
    moments = [event["origin_server_ts"] for events in told.values() for event in events]
    seconds = (max(moments) - min(moments)) / 1000
    queued = sum(map(len, expected.values()))
    return Drain(queued, answered, doubled, bodies == expected, (len(moments) - 1) / max(seconds, 0.001))
