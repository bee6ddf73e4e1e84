"""A service goes away at any step of an invitation and its welcome: told once, and finished when it is back, exactly as
though nothing had happened. (What `!suivi` shows meanwhile is in `conversations/panne.txt`.)"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne",
    "autres": "Zoé @zoe:ailleurs.fr",
    "salons": "Place, Atelier",
    "salons ouverts": "Place",
    "accord": "oui",
    "comptes": "oui",
    "nextcloud": "oui",
}
QUARTER = 1 / 96  # of an hour, in days
Weather = Callable[[Scenery, bool], None]


def directory_down(scene: Scenery, fair: bool) -> None:
    scene.weather("l’annuaire", fair)


def cloud(name: str, bad: Any) -> Weather:
    def weather(scene: Scenery, fair: bool) -> None:
        assert scene.nextcloud
        if fair:
            scene.nextcloud.weather.clear()
        else:
            setattr(scene.nextcloud.weather, name, bad)

    return weather


OUTAGES = {
    "directory down": directory_down,
    "cloud in maintenance": cloud("maintenance", True),
    "cloud limited": cloud("limited", True),
    "cloud slow": cloud("slow", 0.05),
    "cloud hangs after writing": cloud("after_writing", "hangs"),
    "cloud fails after writing": cloud("after_writing", "fails"),
}


def waited_for(name: str) -> Any:
    """What hangs is given up after seconds that are really waited."""
    return pytest.param(name, marks=pytest.mark.full if "hangs" in name else ())


async def acts(scene: Scenery) -> list[Callable[[], Any]]:
    """What Anne and Zoé do, one after the other."""
    stage, anne, zoe = scene.stage, scene.people["Anne"], scene.people["Zoé"]
    office = scene.rooms["Conciergerie"].room_id

    def writes(text: str) -> Callable[[], Any]:
        return lambda: stage.write(zoe, stage.matrix.directs[zoe], text)

    return [
        lambda: stage.write(anne, office, "!inviter @zoe:ailleurs.fr"),
        lambda: stage.write(anne, office, "oui"),
        lambda: stage.enter(zoe, stage.matrix.directs[zoe]),
        *[writes(text) for text in ("Zoé", "zoe.martin", "zoe@exemple.fr", "passer", "oui")],
        lambda: stage.click(anne, office, "✅"),
    ]


def tells(body: str) -> bool:
    return "pour l’instant. Je réessaie sans cesse" in body


def state(scene: Scenery) -> dict[str, Any]:
    """What exists in the end, and what Zoé read, but for the one sentence about the outage."""
    assert scene.directory
    assert scene.nextcloud
    stage, zoe = scene.stage, scene.people["Zoé"]
    return {
        "accounts": sorted(scene.directory.accounts),
        "groups": scene.nextcloud.groups(),
        "shares": [(share.path, share.type, share.to) for share in scene.nextcloud.shares()],
        "memberships": {name: room.members.get(zoe) for name, room in scene.rooms.items()},
        "invitations": sorted(call for call in set(stage.matrix.calls)),
        "read": [body for body in stage.said(stage.matrix.directs[zoe]) if not tells(body)],
    }


async def play(path: Path, outage: Weather | None = None, at: int = -1) -> tuple[dict[str, Any], list[str]]:
    """The whole welcome, with an outage from just before act `at` to an hour after it; what exists, what was told."""
    async with scenery(LIEU, path) as scene:
        for n, act in enumerate(await acts(scene)):
            if outage and n == at:
                outage(scene, False)
            await act()
            if outage and n == at:
                await hours_pass(scene)
                outage(scene, True)
                await hours_pass(scene)
        told = [body for room in scene.stage.world.rooms for body in scene.stage.said(room) if tells(body)]
        return state(scene), told


async def hours_pass(scene: Scenery) -> None:
    for _ in range(4):
        await scene.stage.wait(QUARTER)


@pytest.mark.parametrize("name", [waited_for(name) for name in OUTAGES])
async def test_an_outage_at_any_step_changes_nothing_but_the_time(name: str, tmp_path: Path) -> None:
    calm, _ = await play(tmp_path / "calm")
    outcomes = []
    for at in range(9):
        after, told = await play(tmp_path / str(at), OUTAGES[name], at)
        assert after == calm, f"{name} at act {at}"
        assert len(told) <= 1, f"{name} at act {at} was told {len(told)} times"
        outcomes.append(len(told))
    if name != "cloud slow":
        assert any(outcomes), "the outage was never met"


async def test_a_full_cloud_keeps_nobody_out_and_gives_the_folder_once_there_is_room(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        assert scene.nextcloud
        scene.nextcloud.weather.full = True
        for act in await acts(scene):
            await act()
        office = scene.stage.said(scene.rooms["Conciergerie"].room_id)
        assert any("Je n’ai pas pu donner le dossier partagé à Zoé" in body for body in office)
        assert scene.rooms["La Rosée"].members[scene.people["Zoé"]] == "invite"
        direct = scene.stage.matrix.directs[scene.people["Zoé"]]
        await scene.stage.wait(QUARTER * 4)
        assert scene.nextcloud.shares() == []
        scene.nextcloud.weather.full = False
        await scene.stage.wait(QUARTER * 4)
        assert [share.path for share in scene.nextcloud.shares()] == ["/La Rosée"]
        assert "La Rosée" in scene.stage.last(direct)
