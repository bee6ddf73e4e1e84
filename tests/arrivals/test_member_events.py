"""Where the bot was invited without the right, or can be of no use, it does not stay, and says why in words."""

from __future__ import annotations

import pytest

from tests.stage.furnished_lieux import lieu
from tests.stage.stage import ME, Stage


@pytest.mark.parametrize(
    ("inviter", "level", "said"),
    [
        ("@marc:lieu.fr", 100, "ajouter ce salon à l’espace"),
        ("@alix:ailleurs.fr", 100, "connu de mon hébergeur"),
        ("@anne:lieu.fr", 0, "droits de modération"),
        ("@anne:lieu.fr", 50, None),
    ],
)
async def test_it_says_why_it_does_not_stay(inviter: str, level: int, said: str | None, stage: Stage) -> None:
    rooms = await lieu(stage, "La Rosée", "@anne:lieu.fr")
    rooms["space"].members["@marc:lieu.fr"] = "join"
    room = stage.matrix.room("Atelier")
    room.members[inviter], room.levels[inviter] = "join", level
    await stage.bring_bot(inviter, room.room_id)
    farewell = stage.matrix.farewells.get(room.room_id)
    assert room.members[ME] == ("leave" if said else "join")
    assert (farewell is None) if said is None else (said in str(farewell))


async def test_a_room_that_the_lieu_shows_is_of_use_whoever_looks_after_it(stage: Stage) -> None:
    rooms = await lieu(stage, "La Rosée", "@anne:lieu.fr")
    room = stage.matrix.room("Atelier", parent=rooms["space"].room_id)
    room.members["@marc:lieu.fr"], room.levels["@marc:lieu.fr"] = "join", 50
    await stage.bring_bot("@marc:lieu.fr", room.room_id)
    assert room.members[ME] == "join"
