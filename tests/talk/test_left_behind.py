"""A question that was left for another command: a « oui » below something else is not an answer to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne",
    "autres": "Zoé Martin @zoe.martin:lieu.fr",
    "comptes": "oui",
    "salons": "Jardin",
}
NEWS, SENDS, SUSPENDS = "le four est cassé", "Je l’envoie", "Je suspends le compte"
AGAIN = "Une question attend encore ici"
OPENED, SUSPENDED = "C’est noté", "est suspendu"


@pytest.fixture
async def rosee(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


def office(scene: Scenery) -> str:
    return scene.rooms["Conciergerie"].room_id


async def say(scene: Scenery, *lines: str) -> str:
    """What the conciergerie reads after the last of these."""
    said = ""
    for line in lines:
        before = len(scene.stage.said(office(scene)))
        await scene.stage.write(scene.people["Anne"], office(scene), line)
        said = "\n".join(scene.stage.said(office(scene))[before:])
    return said


def is_sent(scene: Scenery) -> bool:
    return any(NEWS in line for id in scene.stage.world.rooms if id != office(scene) for line in scene.stage.said(id))


@pytest.fixture
async def left(rosee: Scenery) -> Scenery:
    """Anne was asked whether her announcement is sent, and changed the opening hours instead."""
    assert SENDS in await say(rosee, "!annonce", NEWS, "1")
    assert OPENED in await say(rosee, "!horaires mardi au samedi, 9h-19h", "oui")
    return rosee


async def test_thanks_below_other_hours_send_no_announcement(left: Scenery) -> None:
    said = await say(left, "ok merci")
    assert not is_sent(left)
    assert AGAIN in said
    assert SENDS in said
    await say(left, "oui")
    assert is_sent(left)


async def test_thanks_below_the_state_suspend_nobody(rosee: Scenery) -> None:
    await say(rosee, "!compte créer Zoé Martin zoe@exemple.fr", "oui")
    assert SUSPENDS in await say(rosee, "!compte suspendre zoé")
    await say(rosee, "!état")
    said = await say(rosee, "ok merci")
    assert AGAIN in said
    assert SUSPENDS in said
    assert SUSPENDED not in "".join(rosee.stage.said(office(rosee)))
    assert SUSPENDED in await say(rosee, "oui")


@pytest.mark.parametrize("text", ["oui", "d’accord, merci", "oui merci", "oui, envoie"])
async def test_no_yes_is_for_what_was_left(left: Scenery, text: str) -> None:
    assert AGAIN in await say(left, text)
    assert not is_sent(left)


@pytest.mark.parametrize("text", ["non", "non merci", "question", "2"])
async def test_what_agrees_to_nothing_goes_on_as_ever(left: Scenery, text: str) -> None:
    assert AGAIN not in await say(left, text)
    assert not is_sent(left)


async def test_a_click_is_for_what_it_is_on(left: Scenery) -> None:
    await left.stage.click(left.people["Anne"], office(left), "✅", on=left.stage.last_question(office(left)))
    assert is_sent(left)


async def test_where_it_was_asked_last_it_is_answered(rosee: Scenery) -> None:
    await say(rosee, "!annonce", NEWS, "1", "oui merci")
    assert is_sent(rosee)
