"""One command at a time, each kind in turn: whatever else the machine does falls on all of them alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.bench.figures import Figure, latency, median, times
from tests.bench.newcomers import Newcomer
from tests.bench.place import Place

WARM_UP = 3
WANTED = 1.15

Sample = Callable[[], Awaitable[float]]


async def measure(place: Place, samples: int, newcomers: list[Newcomer]) -> list[Figure]:
    kinds: dict[str, Sample] = {
        "raw": lambda: _raw(place),
        "trivial": lambda: _command(place, place.trivial.name, place.trivial.command),
        "ours": lambda: _command(place, place.ours.name, place.ours.command),
        "question": _questions(newcomers),
    }
    taken: dict[str, list[float]] = {kind: [] for kind in kinds}
    for turn in range(samples + WARM_UP):
        for kind, sample in kinds.items():
            seconds = await sample()
            if turn >= WARM_UP:
                taken[kind].append(seconds)
    return _figures(taken)


async def _raw(place: Place) -> float:
    room = place.rooms["nobody"][0]
    return await place.ear.answer(room, place.alix.user_id, lambda: place.alix.say(room, "bonjour"))


async def _command(place: Place, whose: str, command: str) -> float:
    room, bot = place.rooms[whose][0], place.bot if whose == "ours" else place.other
    return await place.ear.answer(room, bot.user_id, lambda: place.alix.say(room, command))


def _questions(newcomers: list[Newcomer]) -> Sample:
    """From an answer to the next question; one newcomer after the other."""

    async def sample() -> float:
        if newcomers[0].is_at_summary:
            newcomers.pop(0)
        if not newcomers[0].asked:
            await newcomers[0].arrive()
        return await newcomers[0].answer()

    return sample


def _figures(taken: dict[str, list[float]]) -> list[Figure]:
    raw, trivial, ours, question = (median(taken[kind]) for kind in ("raw", "trivial", "ours", "question"))
    return [
        Figure("a message, from one client to another", latency(taken["raw"])),
        Figure(
            "a command: !aide, !ping",
            latency(taken["ours"]),
            latency(taken["trivial"]),
            times(ours / trivial),
            f"≤ {WANTED} ×",
            ours <= WANTED * trivial,
        ),
        Figure("… to the raw message", times(ours / raw), times(trivial / raw)),
        Figure("an answer, to the next question", latency(taken["question"]), "", times(question / trivial)),
        Figure("… to the raw message", times(question / raw)),
    ]
