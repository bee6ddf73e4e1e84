"""« annuler » where several questions of somebody are open: it says which one it was, and what ends the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "autres": "Zoé @zoe:ailleurs.fr",
    "salons": "Jardin",
    "charte": "Ici, on range.",
}
INVITES, HOURS = "!inviter @lou:ailleurs.fr", "!horaires mardi au samedi, 9h-19h"
CANCELLED, THAT_WAS, NOTHING = "C’est annulé", "C’était", "Il n’y a rien à annuler"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


async def say(scene: Scenery, *lines: str, by: str = "Anne") -> list[str]:
    """What the conciergerie reads after the last of these."""
    office, said = scene.rooms["Conciergerie"].room_id, list[str]()
    for line in lines:
        before = len(scene.stage.said(office))
        await scene.stage.write(scene.people[by], office, line)
        said = scene.stage.said(office)[before:]
    return said


@pytest.fixture
async def three(scene: Scenery) -> Scenery:
    """Anne left two questions for a third."""
    await say(scene, INVITES, "!annonce", HOURS)
    return scene


async def test_it_says_which_one_it_was_and_what_still_waits(three: Scenery) -> None:
    for was, others in ((HOURS, ["!annonce", INVITES]), ("!annonce", [INVITES])):
        farewell, left = await say(three, "annuler")
        assert CANCELLED in farewell
        assert f"{THAT_WAS} {was}" in left
        assert all(other in left for other in others)
    (farewell,) = await say(three, "annuler")
    assert CANCELLED in farewell
    assert NOTHING in (await say(three, "!annuler"))[0]


@pytest.mark.parametrize("text", ["annuler merci", "Stop, s’il te plaît", "laisse tomber, merci beaucoup"])
async def test_whoever_is_polite_about_it_is_no_one_s_name(scene: Scenery, text: str) -> None:
    await say(scene, INVITES)
    assert CANCELLED in (await say(scene, text))[0]


@pytest.mark.parametrize(
    "text", ["tout annuler", "Annule tout !", "Annuler tout, merci", "!annuler tout", "cancel all"]
)
async def test_all_of_them_are_cancelled_at_once(three: Scenery, text: str) -> None:
    (told,) = await say(three, text)
    assert all(one in told for one in (CANCELLED, "!horaires", "!annonce", "!inviter"))
    assert NOTHING in (await say(three, "!annuler"))[0]


@pytest.mark.parametrize("text", ["annuler", "tout annuler"])
async def test_where_one_is_open_nothing_else_is_said(scene: Scenery, text: str) -> None:
    await say(scene, "!annonce")
    (told,) = await say(scene, text)
    assert told.startswith(f"{CANCELLED}. ")


async def test_what_others_are_asked_is_theirs(three: Scenery) -> None:
    await say(three, "!horaires mardi au samedi, 9h-19h", by="Bob")
    (told,) = await say(three, "annuler", by="Bob")
    assert told.startswith(f"{CANCELLED}. ")
    assert "!annonce" in (await say(three, "annuler"))[1]


async def test_a_long_one_is_asked_about_first(scene: Scenery) -> None:
    stage, zoe = scene.stage, scene.people["Zoé"]
    await stage.enter(zoe, scene.rooms["La Rosée"].room_id)
    private = stage.matrix.directs[zoe]
    await stage.enter(zoe, private)
    for line in ("Zoé", "!langue"):
        await stage.write(zoe, private, line)
    before = len(stage.said(private))
    await stage.write(zoe, private, "tout annuler")
    asked, told = stage.said(private)[before:]
    assert "Tout arrêter, ou plus tard" in asked
    assert f"{CANCELLED}\u202f: !langue" in told
    await stage.write(zoe, private, "plus tard")
    await stage.write(zoe, private, "où")
    assert "cette charte te convient" in stage.last(private)
