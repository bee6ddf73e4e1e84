"""What is shared, written as a path or found by lists: a folder however deep, or a file, on each Nextcloud version."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from integrations.nextcloud import EDIT, EDIT_FILE, READ
from tests.commands.files.test_lieu_shares import heard, last, only, said, says, server
from tests.servers.nextcloud import Share
from tests.stage.transcript_header import BOT, Scenery, scenery
from tests.tiers import either

LONG = "é" * 124 + "ab"  # 250 bytes
LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Marc",
    "salons": "Place",
    "nextcloud": "sso",
    "dossiers": "La Rosée, La Rosée/Ateliers, La Rosée/Ateliers/Été à la Forge, La Rosée/Compta, "
    f"La Rosée/Ateliers/{LONG}, La Rosée/Ateliers/{LONG}/{LONG}",
    "fichiers": "La Rosée/Ateliers/affiche.pdf = 9, La Rosée/charte.md = 9",
    "comptes nextcloud": "marc",
}
FORGE, POSTER = "/La Rosée/Ateliers/Été à la Forge", "/La Rosée/Ateliers/affiche.pdf"


@pytest.fixture(params=either("34.0.1", "29.0.1"))
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU | {"version de Nextcloud": request.param}, tmp_path) as scene:
        yield scene


def to_group(scene: Scenery) -> str:
    share = only(scene)
    assert (share.type, share.to) == (1, "la.rosee")
    return share.path


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("La Rosée/Ateliers/Été à la Forge", FORGE),
        ("Ateliers/Été à la Forge", FORGE),
        ("/ateliers/ete a la forge/", FORGE),
        ("la rosee / ateliers / affiche.pdf", POSTER),
        ("La Rosée", "/La Rosée"),
        ("La Rosée/", "/La Rosée"),
        ("charte.md", "/La Rosée/charte.md"),
        (f"Ateliers/{LONG}/{LONG}", f"/La Rosée/Ateliers/{LONG}/{LONG}"),
    ],
)
async def test_a_path_on_the_line(scene: Scenery, typed: str, path: str) -> None:
    await says(scene, f"!partage groupe {typed}", "lire", "passer", "oui")
    assert to_group(scene) == path


async def test_a_path_as_the_answer(scene: Scenery) -> None:
    await says(scene, "!partage groupe", "Ateliers/affiche.pdf", "lire", "passer", "oui")
    assert to_group(scene) == POSTER


async def test_near_names_are_proposed_for_folders_and_for_the_file(scene: Scenery) -> None:
    await says(scene, "!partage groupe Atelier/Afiche.pdf")
    assert "«\u202fAtelier\u202f» dans La Rosée" in last(scene)
    await says(scene, "1", "1", "lire", "passer", "oui")
    assert to_group(scene) == POSTER


async def test_a_file_holds_nothing(scene: Scenery) -> None:
    await says(scene, "!partage groupe Ateliers/affiche.pdf/page 2")
    assert heard(scene, "Cherchons-le dans la liste") == 1
    assert "Que veux-tu partager" in last(scene)


async def test_one_click_takes_a_folder_of_the_first_level(scene: Scenery) -> None:
    await says(scene, "!partage", "2", "groupe", "lire", "passer", "oui")
    assert to_group(scene) == "/La Rosée/Ateliers"


async def test_lists_lead_further_down_to_a_folder_or_a_file(scene: Scenery) -> None:
    await says(scene, "!partage groupe", "plus loin", "Ateliers")
    offered = [line.partition(". ")[2] for line in last(scene).splitlines()]
    assert offered.index("Été à la Forge") < offered.index("affiche.pdf") < offered.index("ce dossier-ci")
    await says(scene, "affiche.pdf", "lire", "passer", "oui")
    assert to_group(scene) == POSTER
    await says(scene, "!partage Marc", "plus loin", "Ateliers", "ici", "lire", "passer", "oui")
    assert [share.path for share in server(scene).shares()] == [POSTER, "/La Rosée/Ateliers"]


async def test_a_path_is_understood_further_down_too(scene: Scenery) -> None:
    await says(scene, "!partage groupe", "plus loin", "Ateliers", "Ateliers/Été à la Forge", "lire", "passer", "oui")
    assert to_group(scene) == FORGE


async def test_what_belongs_to_another_lieu_is_not_there(tmp_path: Path) -> None:
    lieu = LIEU | {"dossiers": "La Rosée, La Rosée/Ateliers, La Rosée/Le Phare, La Rosée/Le Phare/Notes"}
    lieu |= {"autre lieu": "Le Phare", "fichiers": ""}
    async with scenery(lieu, tmp_path) as scene:
        await scene.stage.bot.lieux.choose(2, folder="La Rosée/Le Phare")
        await says(scene, "!partage groupe Le Phare/Notes")
        assert "Je ne trouve pas" in said(scene)[-2]
        assert "Le Phare" not in last(scene)
        await scene.stage.bot.lieux.choose(2, folder="La Rosée/Ateliers/Le Phare")
        await says(scene, "annuler", "!partage groupe Ateliers")
        assert "n’est pas à ce lieu" in last(scene)
        assert server(scene).shares() == []


# -- a file


async def shared(scene: Scenery, *lines: str) -> Share:
    await says(scene, *lines, "oui")
    return server(scene).shares()[-1]


async def test_a_file_is_shared_to_change_it_and_no_more(scene: Scenery) -> None:
    for whom in ("Marc", "groupe", "ami@exemple.fr"):
        made = await shared(scene, f"!partage {whom} Ateliers/affiche.pdf", "lire et écrire", "passer")
        assert made.permissions & EDIT == EDIT_FILE
        assert "C’est partagé" in last(scene)
    made = await shared(scene, "!partage lien Ateliers/affiche.pdf", "lire et écrire", "passer", "passer", "non")
    assert made.permissions & EDIT == EDIT_FILE
    assert "Voici le lien vers La Rosée/Ateliers/affiche.pdf" in last(scene)


async def test_a_link_to_a_file_without_the_button_to_download(scene: Scenery) -> None:
    made = await shared(scene, "!partage lien charte.md", "sans télécharger", "passer", "passer", "non")
    assert (made.path, made.permissions & EDIT, made.hide_download) == ("/La Rosée/charte.md", READ, True)


async def test_no_deposit_into_a_file(scene: Scenery) -> None:
    await says(scene, "!partage dépôt Ateliers/affiche.pdf")
    assert heard(scene, "il lui faut un dossier") == 1
    assert "dépôt" not in last(scene)
    await says(scene, "annuler", "!partage dépôt Compta", "passer", "passer", "non", "modifier : quoi", "charte.md")
    assert "il lui faut un dossier" in last(scene)
    assert server(scene).shares() == []


async def test_the_summary_tells_what_counts_now(scene: Scenery) -> None:
    await says(scene, "!partage lien Compta", "lire", "passer", "passer", "non", "modifier : avec", "groupe")
    assert "Je partage La Rosée/Compta" in last(scene)
    assert "le groupe du lieu" in last(scene)
    assert "mot de passe" not in last(scene)


async def test_a_file_goes_meanwhile(scene: Scenery) -> None:
    await says(scene, "!partage groupe charte.md", "lire", "passer")
    del server(scene).memory.homes[BOT]["La Rosée/charte.md"]
    await says(scene, "oui")
    assert "Je ne trouve pas «\u202fLa Rosée/charte.md\u202f»" in last(scene)


async def test_a_shared_file_is_listed_changed_and_ended(scene: Scenery) -> None:
    await says(scene, "!partage Marc charte.md", "lire", "passer", "oui", "!partages", "1", "droits", "lire et écrire")
    assert "C’est changé pour La Rosée/charte.md" in last(scene)
    assert only(scene).permissions == EDIT_FILE
    await says(scene, "!partages 1 finir")
    assert "La Rosée/charte.md · avec marc, pour lire et écrire" in last(scene)
    await says(scene, "oui")
    assert "Ce partage de La Rosée/charte.md est fini" in last(scene)
    assert server(scene).shares() == []


async def test_a_shared_file_shows_under_its_folder_and_on_the_sheet(scene: Scenery) -> None:
    await says(scene, "!partage Marc Ateliers/affiche.pdf", "lire", "dans 6 jours", "oui", "!dossier qui Ateliers")
    assert "marc" in last(scene)
    assert "seulement dans La Rosée/Ateliers/affiche.pdf" in last(scene)
    await says(scene, "!dossier qui Ateliers/affiche.pdf")
    assert "Qui a accès à La Rosée/Ateliers/affiche.pdf" in last(scene)
    assert "marc\u202f: lire, jusqu’au" in last(scene)
    await says(scene, "!membres Marc")
    assert "Partagé avec cette personne seule\u202f: La Rosée/Ateliers/affiche.pdf" in last(scene)


async def test_the_end_of_a_shared_file_is_announced(scene: Scenery) -> None:
    await says(scene, "!partage Marc charte.md", "lire", "dans 8 jours", "oui", "oui")
    await scene.stage.wait(2)
    assert "Le partage de La Rosée/charte.md avec marc s’arrête" in last(scene)
    await scene.stage.click(scene.people["Anne"], scene.rooms["Conciergerie"].room_id, "✅")
    assert "La Rosée/charte.md reste partagé" in last(scene)
