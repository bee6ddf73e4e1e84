"""`!état`, and a conversation under way, say why a service does not work and who can mend it; they go on once it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from integrations.causes import CERTIFICATES
from tests.commands.people.test_departure import LIEU, asks, hours_pass
from tests.servers.nextcloud import StandIn
from tests.servers.nextcloud.identity import GUESSES
from tests.stage.stage import words
from tests.stage.transcript_header import BOT, Scenery, scenery

MOST = 6  # transactions: what is heard, read of three services, said, and sent
Ill = Callable[[StandIn], object]
SHUT: dict[str, tuple[Ill, str]] = {
    "maintenance": (lambda cloud: setattr(cloud.weather, "maintenance", True), "Nextcloud est en maintenance"),
    "upgrade": (lambda cloud: setattr(cloud.weather, "upgrade", True), "Nextcloud attend la fin d’une mise à jour"),
    "untrusted": (lambda cloud: setattr(cloud, "trusted", False), "doit l’ajouter à ses domaines de confiance"),
    "throttled": (lambda cloud: setattr(cloud.identities, "guesses", GUESSES + 1), "trop de mots de passe refusés"),
    "credentials": (lambda cloud: setattr(cloud.memory.accounts[BOT], "enabled", False), "ne me reconnaît plus"),
}


def cloud_of(scene: Scenery) -> StandIn:
    assert scene.nextcloud
    return scene.nextcloud


def mend(cloud: StandIn) -> None:
    cloud.weather.clear()
    cloud.trusted = cloud.memory.accounts[BOT].enabled = True
    cloud.identities.guesses = 0


@pytest.mark.parametrize("cause", SHUT)
async def test_the_state_says_what_is_to_be_mended(tmp_path: Path, cause: str) -> None:
    strike, told = SHUT[cause]
    async with scenery(LIEU, tmp_path) as scene:
        strike(cloud_of(scene))
        said = await asks(scene, "!état")
        (line,) = [line for line in said.splitlines() if "Nextcloud" in line]
        assert "✗" in line
        assert told in line
        assert "pas de réponse" not in line


async def test_what_is_wrong_is_no_worse_than_it_is(tmp_path: Path) -> None:
    """Links of mails that lead nowhere: all else works, and is said to."""
    async with scenery(LIEU, tmp_path) as scene:
        assert scene.directory is not None
        scene.directory.leads_to = "http://127.0.0.1:8080"
        said = await asks(scene, "!état")
        (line,) = [line for line in said.splitlines() if "annuaire" in line]
        assert "⚠ L’annuaire des comptes marche, mais ses e-mails mènent à http://127.0.0.1:8080" in line
        assert "Rien d’autre n’est touché" in line


@pytest.mark.parametrize("cause", SHUT)
async def test_a_conversation_waits_for_what_a_human_mends_and_ends_by_itself(tmp_path: Path, cause: str) -> None:
    strike, told = SHUT[cause]
    async with scenery(LIEU, tmp_path) as scene:
        strike(cloud_of(scene))
        cloud_of(scene).add_folder(BOT, "La Rosée")
        room = scene.rooms["Conciergerie"].room_id
        said = await asks(scene, "!dossier créer Potager")
        assert told in said
        assert "ne répond pas" not in said
        before = len(scene.stage.said(room))
        mend(cloud_of(scene))
        await hours_pass(scene)
        assert "Potager" in "\n".join(scene.stage.said(room)[before:]), "it goes on with its question"


async def test_what_was_asked_to_be_mended_is_no_word_for_no_answer(tmp_path: Path) -> None:
    """Sharing that is switched off was told as « pas de réponse »."""
    async with scenery(LIEU, tmp_path) as scene:
        cloud_of(scene).memory.policy.group_sharing = False
        said = await asks(scene, "!état")
        (line,) = [line for line in said.splitlines() if "Nextcloud" in line]
        assert "✗" in line
        assert "le partage avec un groupe n’est pas permis" in line, "what `doctor` knows is not sent for"


def test_every_cause_of_a_line_has_its_sentence() -> None:
    from_lines = {*CERTIFICATES, "certificate", "no-tls", "name", "lookup", "nobody", "proxy", "busy", "limited"}
    for cause in from_lines | {"moved", "portal", "gate", "broken", "credentials"}:
        assert words().has(f"talk.cause.{cause}")


async def test_what_it_reads_of_its_own_costs_no_transaction(tmp_path: Path) -> None:
    """Nothing that anybody loses rests on what was read of three services before the next one was."""
    async with scenery(LIEU, tmp_path) as scene:
        await asks(scene, "!état")
        before = scene.stage.database.writes
        said = await asks(scene, "!état")
        assert "Nextcloud" in said
        assert scene.stage.database.writes - before == MOST
