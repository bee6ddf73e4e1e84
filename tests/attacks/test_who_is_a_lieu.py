"""Eve has an account like everybody's, makes a space and invites the bot: that gives her no lieu, and so nothing of the
services, the people and the names of the others. Only who hosts the bot says which space is a lieu."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.talk.scenery import Scenery, scenery
from tests.talk.stage import ME, FakeRoom

EVE, ANNE, INES = "@eve:lieu.fr", "@anne:lieu.fr", "@ines:lieu.fr"
HOSTING = "Hébergement de la Conciergerie"
HEADER = {
    "lieu": "La Rosée",
    "concierges": "Anne",
    "membres": "Zoé",
    "autres": "Eve, Paul",
    "hébergeurs": "Inès",
    "comptes": "oui",
    "comptes connus": "Zoé",
    "nextcloud": "oui",
}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    """Anne's lieu, which Inès hosts, with accounts and a cloud."""
    async with scenery(HEADER, tmp_path) as scene:
        yield scene


def space_of(scene: Scenery, person: str, name: str) -> FakeRoom:
    """Somebody's space, in which the bot is not yet."""
    space = scene.stage.matrix.room(name, space=True)
    space.members, space.levels = {person: "join"}, {person: 100, ME: 50}
    return space


async def wants_a_lieu(scene: Scenery, name: str, person: str = EVE) -> FakeRoom:
    space = space_of(scene, person, name)
    await scene.stage.bring_bot(person, space.room_id)
    return space


def private(scene: Scenery, person: str) -> str:
    return scene.stage.matrix.directs[person]


async def tries(scene: Scenery, *lines: str, person: str = EVE) -> list[str]:
    """What the bot answers to all of this, in private."""
    room = private(scene, person)
    before = len(scene.stage.said(room))
    for line in lines:
        await scene.stage.write(person, room, line)
    return scene.stage.said(room)[before:]


async def lieux(scene: Scenery) -> list[str]:
    return [lieu.name for lieu in await scene.stage.bot.lieux.all()]


INSTALLATION = ("1", "tu", "Paris", "passer", "non", "non", "passer", "phare", "Phare", "oui")


async def test_thirty_accounts_in_two_seconds(scene: Scenery) -> None:
    """Her own lieu would make thirty accounts, with a mail to each address that she likes."""
    assert scene.directory
    before = dict(scene.directory.accounts)
    await wants_a_lieu(scene, "Le Phare")
    await tries(scene, *INSTALLATION)
    crowd = ", ".join(f"Nemo {n} <nemo{n}@exemple.fr>" for n in range(30))
    await tries(scene, f"!inviter {crowd}", "oui", "✅")
    assert await lieux(scene) == ["La Rosée"]
    assert scene.directory.accounts == before
    assert scene.directory.mails == []


@pytest.mark.parametrize("command", ["!inviter zoe@exemple.fr", "!membres Zoé", "!compte zoe", "!suivi", "!état"])
async def test_whose_address_is_behind_an_e_mail(scene: Scenery, command: str) -> None:
    await wants_a_lieu(scene, "Le Phare")
    said = await tries(scene, *INSTALLATION, command, "Zoé", "oui")
    assert not any("@zoe" in line or "Zoé" in line for line in said)


async def test_what_anybody_may_ask_without_a_lieu_shows_nothing(scene: Scenery) -> None:
    await wants_a_lieu(scene, "Le Phare")
    said = await tries(scene, "!lieux", "!demande une échelle", "!partages", "!réseau", "!journal", "aide", "où")
    assert not any(word in line for line in said for word in ("La Rosée", "Zoé", "Anne"))
