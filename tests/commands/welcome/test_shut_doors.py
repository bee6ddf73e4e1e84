"""Nobody enters a lieu before the « yes » that it asks for: its charter's, and its concierges'."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stage.transcript_header import scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne", "autres": "Zoé @zoe:ailleurs.fr", "salons": "Place"}


@pytest.mark.parametrize(
    ("asked", "invited_at_once"),
    [({}, "invite"), ({"accord": "oui"}, "none"), ({"charte": "On range ses outils."}, "none")],
)
async def test_the_space_waits_for_the_yes(asked: dict[str, str], invited_at_once: str, tmp_path: Path) -> None:
    async with scenery(LIEU | asked, tmp_path) as scene:
        stage, office = scene.stage, scene.rooms["Conciergerie"].room_id
        anne, zoe = scene.people["Anne"], scene.people["Zoé"]
        (lieu,) = await stage.bot.lieux.all()
        space = lieu.space
        await stage.write(anne, office, "!inviter @zoe:ailleurs.fr")
        await stage.write(anne, office, "oui")
        assert await stage.matrix.facts.membership(space, zoe) == invited_at_once
        direct = stage.matrix.directs[zoe]
        await stage.enter(zoe, direct)
        for answer in ["Zoé", *(["oui"] if "charte" in asked else []), "passer", "oui"]:
            await stage.write(zoe, direct, answer)
        if "accord" in asked:
            assert await stage.matrix.facts.membership(space, zoe) == "none"
            await stage.click(anne, office, "✅")
        assert await stage.matrix.facts.membership(space, zoe) == "invite"
