"""Commands that were said while a bot was away: all of them answered, once, in the order of their room? And at what
cost, at what pace?

How fast they can be is the homeserver's affair as soon as a bot works without a pause: its own pace is measured too.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import Any
from urllib.parse import quote

from tests.bench.echo import ANSWER
from tests.bench.figures import Row, Wanted, again, gathered, turned
from tests.bench.gauges import cpu
from tests.bench.people import Caller
from tests.bench.place import Place
from tests.bench.rivals import TRIVIAL, Ours, Rival
from tests.bench.starts import QUIET, started

SELDOM = 0.5  # seconds between two looks at what was answered
SILENCE = 5.0  # seconds after which nothing more is expected
LINES = ("!aide", "!aide langue", "!aide aide")  # each has one message as its answer, whoever asks
RAW = "raw messages"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a queue. `rate`: answers a second, between the first and the last that the homeserver got."""

    queued: int
    answered: int
    doubled: int
    in_order: bool
    rate: float

    @property
    def wrong(self) -> int:
        """Answers that are missing or doubled; one where all are there, in another order."""
        return self.queued - self.answered + self.doubled or int(not self.in_order)


@dataclass(slots=True)
class Round:
    """By bot."""

    processor: dict[str, float] = field(default_factory=dict)  # seconds for 1,000 commands
    rate: dict[str, float] = field(default_factory=dict)  # answers a second; of raw messages too
    wrong: dict[str, float] = field(default_factory=dict)


async def measure(place: Place, rounds: int, commands: int) -> list[Row]:
    await place.stop()
    answers = {rival.name: await _answers(place, rival) for rival in place.rivals}
    found = [await _round(place, number, commands, answers) for number in range(rounds)]
    return [
        Row(
            "processor per 1,000 commands, while a backlog drains",
            "{:.2f} s",
            gathered(one.processor for one in found),
            Wanted(1.5),
            TRIVIAL,
        ),
        Row(
            f"{commands} commands queued in {len(place.rooms[TRIVIAL])} rooms, answers a second,"
            " to raw messages sent by as many at once",
            "{:.0f} /s",
            gathered(one.rate for one in found),
            Wanted(0.9, more_is_better=True),
            RAW,
        ),
        Row("… lost, doubled or out of order", "{:.0f}", gathered(one.wrong for one in found), Wanted(most=0)),
    ]


async def _round(place: Place, number: int, commands: int, answers: dict[str, dict[str, Any]]) -> Round:
    found = Round()
    contents = [answers[place.ours.name][line] for line in _lines(place.ours, commands)]
    for turn in turned([*place.rivals, RAW, again(RAW)], number):
        if isinstance(turn, str):
            found.rate[turn] = await _pace(place, contents)
        else:
            await _measure(place, turn, commands, answers[turn.name], found)
    return found


def _lines(rival: Rival, commands: int) -> list[str]:
    chosen = random.Random(1)
    return [chosen.choice(LINES) if isinstance(rival, Ours) else rival.command for _ in range(commands)]


async def _answers(place: Place, rival: Rival) -> dict[str, dict[str, Any]]:
    """What a bot answers to each line: those of ours differ, so that their order shows."""
    if not isinstance(rival, Ours):
        return {rival.command: {"msgtype": "m.text", "body": ANSWER}}
    room, found = place.rooms[rival.name][0], dict[str, dict[str, Any]]()
    await rival.start()
    for line in LINES:
        await place.ear.answer(room, rival.user_id, partial(place.speaker(room).say, room, line))
        found[line] = place.ear.said[room][-1].content
    await rival.stop()
    return found


async def _measure(place: Place, rival: Rival, commands: int, answers: dict[str, Any], found: Round) -> None:
    """What a start with one command costs is no part of what the others do."""
    alone = await started(place, rival)
    lines = _lines(rival, commands)
    told, processor = await _drain(place, rival, lines, {line: said["body"] for line, said in answers.items()})
    found.processor[rival.name] = (processor - alone.processor) / max(told.answered - 1, 1) * 1000
    found.rate[rival.name], found.wrong[rival.name] = told.rate, told.wrong


async def _pace(place: Place, contents: list[dict[str, Any]]) -> float:
    """The messages that our bot answers, from its account, without it: in every room at once. As many a second."""
    rooms = place.rooms[place.ours.name]
    before = {room: len(place.ear.said[room]) for room in rooms}
    place.ear.rest = SELDOM
    start = time.monotonic()
    await asyncio.gather(*(_say(place.bot, room, contents[n :: len(rooms)]) for n, room in enumerate(rooms)))
    took = time.monotonic() - start
    await place.ear.until(lambda: _count(place, place.ours, before) == len(contents))
    place.ear.rest = 0.0
    return len(contents) / took


async def _say(who: Caller, room: str, contents: list[dict[str, Any]]) -> None:
    for content in contents:
        await who.send(room, content)


async def _drain(place: Place, rival: Rival, lines: list[str], answers: dict[str, str]) -> tuple[Told, float]:
    """What became of these lines, and the seconds of processor of the whole life of the process."""
    rooms = place.rooms[rival.name]
    queues = {room: lines[number :: len(rooms)] for number, room in enumerate(rooms)}
    starts = {room: len(place.ear.said[room]) for room in rooms}
    place.ear.rest = SELDOM
    await asyncio.gather(
        *(
            _say(place.speaker(room), room, [{"msgtype": "m.text", "body": line} for line in queue])
            for room, queue in queues.items()
        )
    )
    place.forgive()
    await rival.start()
    await _answered(place, rival, starts, len(lines))
    await asyncio.sleep(QUIET)
    processor = cpu(rival.pid)
    await rival.stop()
    place.ear.rest = 0.0
    told = {room: await _told(place, room, rival, len(queue)) for room, queue in queues.items()}
    return compare(told, {room: [answers[line] for line in queue] for room, queue in queues.items()}), processor


async def _answered(place: Place, rival: Rival, starts: dict[str, int], queued: int) -> None:
    """Until every command is answered, or nothing comes any more."""
    answered = 0
    while answered < queued:
        try:
            await place.ear.until(lambda had=answered: _count(place, rival, starts) > had, SILENCE)
        except TimeoutError:
            return
        answered = _count(place, rival, starts)


def _count(place: Place, rival: Rival, starts: dict[str, int]) -> int:
    return sum(heard.sender == rival.user_id for room, at in starts.items() for heard in place.ear.said[room][at:])


async def _told(place: Place, room: str, rival: Rival, queued: int) -> list[dict[str, Any]]:
    """What the bot said in this room after the commands were queued, as the homeserver keeps it."""
    found: list[dict[str, Any]] = []
    query = {"dir": "b", "limit": "100", "filter": '{"types":["m.room.message"]}'}
    while len([event for event in found if event["sender"] != rival.user_id]) < queued:
        page = await place.speaker(room).call("GET", f"rooms/{quote(room)}/messages", **query)
        found += page["chunk"]
        query["from"] = page["end"]
    return list(takewhile(lambda event: event["sender"] == rival.user_id, found))[::-1]


def compare(told: dict[str, list[dict[str, Any]]], expected: dict[str, list[str]]) -> Told:
    """What each room was told, beside what it should have been."""
    bodies = {room: [event["content"]["body"] for event in events] for room, events in told.items()}
    answered = doubled = 0
    for room, wanted in expected.items():
        got, needed = Counter(bodies[room]), Counter(wanted)
        answered += (got & needed).total()
        doubled += (got - needed).total()
    moments = [event["origin_server_ts"] for events in told.values() for event in events]
    seconds = (max(moments) - min(moments)) / 1000 if moments else 0.0
    queued = sum(map(len, expected.values()))
    return Told(queued, answered, doubled, bodies == expected, (len(moments) - 1) / max(seconds, 0.001))
