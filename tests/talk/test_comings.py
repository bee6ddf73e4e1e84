"""Where the bot was invited without the right it does not stay, and says why in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import Services
from integrations.directory.none import NoDirectory
from tests.talk.stage import ME, Stage


@pytest.mark.parametrize(
    ("inviter", "level", "said"),
    [
        ("@marc:lieu.fr", 0, "droits de modération"),
        ("@alix:ailleurs.fr", 100, "connu de mon hébergeur"),
        ("@anne:lieu.fr", 50, None),
    ],
)
async def test_it_says_why_it_does_not_stay(inviter: str, level: int, said: str | None, tmp_path: Path) -> None:
    stage = await Stage.open(tmp_path, Services(NoDirectory(), None))
    try:
        room = stage.matrix.room("Atelier")
        room.members[inviter], room.levels[inviter] = "join", level
        await stage.bring_bot(inviter, room.room_id)
        farewell = stage.matrix.farewells.get(room.room_id)
        assert room.members[ME] == ("leave" if said else "join")
        assert (farewell is None) if said is None else (said in str(farewell))
    finally:
        await stage.close()
