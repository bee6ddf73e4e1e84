"""From what somebody says to what others read of it: what has to come first is waited for on the way, and nothing else.
What is on it is counted, whatever a machine takes for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any

import pytest

from tests.network.lieux import Lieux, Place
from tests.network.two import Two, below
from tests.stage.facts import FakeFacts

Call = Callable[..., Awaitable[Any]]


@dataclass
class Way:
    """What the bot of a `place` waited for until it first sent something into this room: so many `writes`, of which the
    first is that with which it hears what happened; what it `asked` of its homeserver, in so many `rounds`, for what is
    asked at once is waited for once."""

    place: Place
    room_id: str
    is_over: bool = False
    writes: int = 0
    rounds: int = 0
    asked: tuple[str, ...] = ()
    waits: int = 0

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        matrix, database = self.place.stage.matrix, self.place.stage.database
        send, write = matrix.send, database.write

        async def sending(room_id: str, *letter: Any) -> str:
            self.is_over = self.is_over or room_id == self.room_id
            return await send(room_id, *letter)

        async def writing(*work: Any) -> Any:
            result = await write(*work)
            self.writes += not self.is_over
            return result

        patch.setattr(matrix, "send", sending)
        patch.setattr(database, "write", writing)
        for name in [name for name, one in vars(FakeFacts).items() if iscoroutinefunction(one)]:
            patch.setattr(matrix.facts, name, self._counting(name, getattr(matrix.facts, name)))

    def _counting(self, name: str, fact: Call) -> Call:
        async def counted(*about: Any) -> Any:
            if not self.is_over:
                self.asked += (name,)
                self.rounds += not self.waits
            self.waits += 1
            try:
                await asyncio.sleep(0)  # an answer takes its time: others may be asked for meanwhile
                return await fact(*about)
            finally:
                self.waits -= 1

        return counted


async def two_lieux(lieux: Lieux) -> Two:
    """They have met, and Anne has just asked for something: her bot knows who she is."""
    two = await Two.meet(lieux)
    await two.ask()
    return two


async def test_a_request_waits_for_the_right_to_it_and_for_one_transaction(
    lieux: Lieux, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = await two_lieux(lieux)
    rosee, moulin = two.rosee, two.moulin
    await lieux.write(rosee.concierge, rosee.office.room_id, "!demande une perceuse pour samedi")
    here, there = Way(rosee, two.room.room_id), Way(moulin, moulin.office.room_id)
    for way in (here, there):
        way.watch(monkeypatch)
    await lieux.write(rosee.concierge, rosee.office.room_id, "oui")
    assert lieux.card(moulin, "perceuse")
    assert (here.writes, here.rounds, here.asked) == (2, 1, ("membership", "powers"))
    assert (there.writes, there.rounds, there.asked) == (2, 0, ())


async def test_a_reply_waits_for_one_transaction_at_each_end(lieux: Lieux, monkeypatch: pytest.MonkeyPatch) -> None:
    two = await two_lieux(lieux)
    rosee, moulin = two.rosee, two.moulin
    await lieux.write(moulin.concierge, moulin.office.room_id, "Bonjour", **below(two.card))
    there, here = Way(moulin, two.room.room_id), Way(rosee, rosee.office.room_id)
    for way in (there, here):
        way.watch(monkeypatch)
    await two.answer("On en a deux")
    assert lieux.said(rosee)[-1].endswith("On en a deux")
    assert (there.writes, there.rounds, there.asked) == (2, 0, ())
    assert (here.writes, here.rounds, here.asked) == (2, 0, ())
