"""A bot dies at every write of a request's life: it is asked, changed and ended once, and everybody sees the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.network.lieux import Lieux
from tests.network.two import Two
from tests.stage.sudden_death import Mortal
from tests.tiers import Sweep

Play = Callable[[Two], Awaitable[None]]
PERCEUSE = "une perceuse dans 3 jours"


async def publish(two: Two) -> None:
    """A member's request, which a concierge looks at."""
    rosee = two.rosee
    for line in (f"!demande {PERCEUSE}", "modifier où", "à Tours", "oui"):
        await two.lieux.write(rosee.member, rosee.hall.room_id, line)
    await two.lieux.click(rosee.concierge, rosee.office.room_id, "✅")


async def revise(two: Two) -> None:
    await two.ask(PERCEUSE)
    await two.lieux.click(two.moulin.concierge, two.moulin.office.room_id, "🙋", on=two.card)
    await two.say("prolonger")
    await two.say("dans 2 semaines")
    await two.lieux.click(two.rosee.concierge, two.rosee.office.room_id, "🎉", on=two.asked)
    await two.say("Le Moulin")
    for line in ("!demande 1 remercier", "Merci !", "!demande 1 rouvrir demain"):
        await two.lieux.write(two.rosee.concierge, two.rosee.office.room_id, line)


async def expire(two: Two) -> None:
    """Reminded of, given a week, reminded of, ended."""
    await two.ask(PERCEUSE)
    await two.lieux.wait(2)
    await two.lieux.click(two.rosee.concierge, two.rosee.office.room_id, "✅")
    await two.lieux.wait(7)
    await two.lieux.wait(2)


async def played(path: Path, play: Play, mortal: str, deadly: int, after: bool) -> tuple[Any, list[str]]:
    """What everybody sees in the end, and how often the bot of the `mortal` lieu wrote."""
    lieux = Lieux(path)
    life = Mortal.another()
    try:
        rosee = await lieux.build("La Rosée", "rosee.fr", store=life if mortal == "rosee" else Mortal.another())
        moulin = await lieux.build("Le Moulin", "moulin.fr", store=life if mortal == "moulin" else Mortal.another())
        two = Two(lieux, rosee, moulin, lieux.rooms[await lieux.network(rosee, moulin)])
        await rosee.stage.bot.lieux.choose(rosee.lieu.id, approve_requests=True)
        life.dies_at(deadly, after=after)
        await play(two)
        assert not life.deadly, f"nobody died at write {deadly}"
        writes = [*life.kinds]
        return await seen(two), writes
    finally:
        await lieux.close()


async def seen(two: Two) -> Any:
    """Each bot's own messages in their order, and what is kept of the requests."""
    rooms = [
        [
            (event["type"], event["content"].get("body"), event["content"].get("m.relates_to", {}).get("key"))
            for event in room.events
            if event["sender"] == bot
        ]
        for room in two.lieux.rooms.values()
        for bot in two.lieux.houses
    ]
    kept = [await stage.database.read(_kept) for _, stage in sorted(two.lieux.stages.items())]
    return rooms, kept


def _kept(tx: Any) -> Any:
    queries = (
        "SELECT state, rev, json_extract(body, '$.until') FROM requests",
        "SELECT number, said, taken, muted FROM cards ORDER BY number",
        "SELECT name, said FROM lines ORDER BY at",
        "SELECT what, words FROM acts ORDER BY seq",
        "SELECT dialogue, status FROM conversations ORDER BY dialogue, status",
    )
    return [[tuple(row) for row in tx.execute(query)] for query in queries]


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("mortal", ["rosee", "moulin"])
@pytest.mark.parametrize("play", [publish, revise, expire])
async def test_nobody_notices_a_death_at_any_write(
    tmp_path: Path, sweep: Sweep, play: Play, mortal: str, after: bool
) -> None:
    alive, writes = await played(tmp_path / "alive", play, mortal, 0, after)
    assert len(writes) > (20 if mortal == "rosee" else 5)
    for write in sweep(writes, after=after):
        found, _ = await played(tmp_path / str(write), play, mortal, write, after)
        assert found == alive, f"death at write {write}"
