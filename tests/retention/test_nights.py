"""What is forgotten at night: what is old by what the lieu chose, once, on from where it stopped, and never all at once
because of a clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.operator.audit_check import verify
from bot.retention import nights
from bot.retention.nights import AT_ONCE, DAY
from bot.store import audit
from bot.store.database import Tx
from tests.stage.stage import ME, Stage
from tests.stage.transcript_header import Scenery, scenery

ANNE, LEA, MARC = "@anne:lieu.fr", "@lea:lieu.fr", "@marc:lieu.fr"
HEADER = {"lieu": "La Rosée", "concierges": "Anne, Bob", "membres": "Marc", "salons": "Place du village"}
HOUR = 3_600_000
KINDS = ("talks", "journal", "departed")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(HEADER, tmp_path) as scene:
        await scene.stage.bot.nights.look()
        yield scene


async def lieu_of(stage: Stage) -> int:
    (lieu,) = await stage.bot.lieux.all()
    return lieu.id


async def rows(stage: Stage, query: str, *values: object) -> list[dict[str, Any]]:
    return await stage.database.read(lambda tx: [dict(row) for row in tx.execute(query, values)])


async def at_night(stage: Stage, days: int = 1) -> None:
    """Three in the morning, so many days later."""
    for _ in range(days):
        stage.clock.at += DAY - (stage.clock.at + HOUR - 3 * HOUR) % DAY
        await stage.bot.nights.look()
        await stage.settle()


async def live(stage: Stage, days: int, *, before: int = 0) -> None:
    """A line of the journal, a talk, and somebody who came and went, for each of so many days of the past."""
    lieu = await lieu_of(stage)

    def write(tx: Tx) -> None:
        for n in range(days):
            at, person = stage.clock.at - (before + days - n) * DAY, f"@p{before + days - n}:lieu.fr"
            audit.note(tx, lieu, at, ANNE, "invited", person, {"login": "p"})
            tx.execute(
                "INSERT INTO conversations (dialogue, lieu, person, room_id, cause, args, status, created_at, ended_at)"
                " VALUES ('help', ?, ?, '!r', ?, '{}', 'done', ?, ?)",
                (lieu, person, f"c{person}", at, at),
            )
            tx.execute(
                "INSERT INTO arrivals (lieu, person, name, email, invited_by, status, created_at, changed_at)"
                " VALUES (?, ?, 'Personne', 'p@exemple.fr', ?, 'declined', ?, ?)",
                (lieu, person, ANNE, at, at),
            )

    await stage.database.write(write)


async def left(stage: Stage) -> dict[str, int]:
    counted = {
        "talks": "SELECT count(*) AS n FROM conversations WHERE dialogue = 'help'",
        "journal": "SELECT count(*) AS n FROM acts WHERE what = 'invited'",
        "departed": "SELECT count(*) AS n FROM arrivals",
    }
    return {kind: (await rows(stage, query))[0]["n"] for kind, query in counted.items()}


async def keep(stage: Stage, months: int) -> None:
    chosen: Any = {f"keep_{kind}": months for kind in KINDS}
    await stage.bot.lieux.choose(await lieu_of(stage), **chosen)


def office(scene: Scenery) -> list[str]:
    return scene.stage.said(scene.rooms["Conciergerie"].room_id)


async def whole(scene: Scenery) -> list[str]:
    lines, well = await verify(scene.stage.database.path.parent)
    assert well, lines
    return lines


async def test_a_night_forgets_what_is_old_by_what_was_chosen(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 40)
    await keep(stage, 1)
    await at_night(stage)
    assert await left(stage) == dict.fromkeys(KINDS, 30)
    (act,) = await rows(stage, "SELECT * FROM acts WHERE what = 'forgotten'")
    assert (act["by"], act["about"]) == (ME, None)
    assert "@p" not in act["words"]
    assert (await whole(scene)) == ["✓ La Rosée: 31 acts, none missing; 10 before them were forgotten, as the lieu chose"]
