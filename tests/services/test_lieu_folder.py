"""The folders of a lieu stay its own, whatever people do to them in Nextcloud; nothing is made beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store.conversations import Conversation
from integrations.nextcloud import EDIT, READ
from tests.commands.welcome.test_path import TOOLS
from tests.commands.welcome.test_path_folders import There, there
from tests.stage.transcript_header import BOT, GROUP
from tests.tiers import either

ROOT, BIKES, NEW = "La Rosée", "La Rosée/Vélo", "Lieux/La Rosée : le commun"


async def known(lieu: There) -> None:
    """A concierge was in the folder once, and somebody was given one in it."""
    lieu.server.memory.share(1, BOT, f"/{ROOT}", GROUP, EDIT)
    lieu.server.add_folder(BOT, "Lieux")
    await lieu.write("!dossier qui Vélo")


async def root(lieu: There) -> str:
    (row,) = await lieu.stage.bot.lieux.all()
    return row.choices.folder


def folders(lieu: There) -> list[str]:
    return lieu.server.folders(BOT)


async def given(lieu: There) -> None:
    lieu.server.add_account("zoe.m", groups=[GROUP])
    await lieu.stage.bot.ownership.own(1, "nextcloud", "account", "zoe.m", lieu.zoe)
    await opened(lieu, "first")


async def opened(lieu: There, cause: str) -> None:
    """What Zoé's answers open is given to her, for this reason."""
    lieu.scene.space.members[lieu.zoe] = "join"
    room = await lieu.stage.matrix.rooms.direct(lieu.zoe)
    await lieu.stage.enter(lieu.zoe, room)
    args = {"name": "Zoé", "login": "zoe.m", "folders": [[BIKES, "read"]], "groups": []}
    await lieu.stage.bot.engine.start(Conversation("opened", lieu.zoe, room, cause, 1, args))
    await lieu.stage.settle()


@pytest.mark.parametrize("version", either("34.0.1", "29.0.1"))
async def test_a_welcome_makes_no_empty_twin_of_a_folder_that_was_renamed(tmp_path: Path, version: str) -> None:
    async with there(tmp_path, **{"version de Nextcloud": version}) as lieu:
        await lieu.put(TOOLS, folders=[[BIKES, "edit"]])
        await known(lieu)
        lieu.server.memory.move(BOT, ROOT, NEW)
        await lieu.welcomes()
        assert await root(lieu) == NEW
        assert ROOT not in " ".join(each for each in folders(lieu) if not each.startswith("/Lieux"))
        assert lieu.shared() == {f"{NEW}/Vélo": EDIT}
        told = [body for body in lieu.said(lieu.office) if "renommé ou déplacé" in body]
        assert [f"c’est {NEW} maintenant" in body for body in told] == [True]  # what is in it went along
        assert f"le dossier {NEW} " in lieu.last(lieu.direct) or NEW.rpartition("/")[2] in lieu.last(lieu.direct)
        assert lieu.tasks() == []


async def test_what_was_followed_is_told_once(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        await known(lieu)
        await given(lieu)
        lieu.server.memory.move(BOT, BIKES, f"{ROOT}/Atelier vélo")
        for cause in ("second", "third"):
            lieu.server.memory.shares = {id: s for id, s in lieu.server.memory.shares.items() if s.type != 0}
            await opened(lieu, cause)
            assert lieu.shared() == {f"{ROOT}/Atelier vélo": READ}, cause
        assert sum("Atelier vélo maintenant" in body for body in lieu.said(lieu.office)) == 1


async def test_a_folder_that_is_part_of_one_that_moved_is_found_though_it_was_never_seen(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        await known(lieu)
        lieu.server.memory.move(BOT, ROOT, NEW)
        await given(lieu)
        assert lieu.shared() == {f"{NEW}/Vélo": READ}


async def test_a_folder_that_was_renamed_before_the_bot_knew_numbers_is_found_by_its_share(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        lieu.server.memory.share(1, BOT, f"/{ROOT}", GROUP, EDIT)
        lieu.server.add_folder(BOT, "Lieux")
        lieu.server.memory.move(BOT, ROOT, NEW)
        await lieu.write("!dossier qui Vélo")
        assert await root(lieu) == NEW
        assert any(f"c’est {NEW} maintenant" in body for body in lieu.said(lieu.office))


@pytest.mark.parametrize(("says", "then"), [("la rosée, le nouveau", ROOT), ("1", NEW)])
async def test_of_two_folders_a_concierge_says_which(tmp_path: Path, says: str, then: str) -> None:
    async with there(tmp_path) as lieu:
        await known(lieu)
        lieu.server.memory.move(BOT, ROOT, NEW)
        lieu.server.add_folder(BOT, ROOT)
        await given(lieu)
        assert lieu.shared() == {}
        assert "Lequel" in lieu.tasks()[-1] or "lequel" in lieu.tasks()[-1]
        await lieu.write("!dossier créer Neuf", says, "oui")
        assert await root(lieu) == then
        assert f"/{then}/Neuf" in folders(lieu)
        asked = len(lieu.said(lieu.office))
        await lieu.write("!dossier qui Neuf")
        assert "Lequel" not in " ".join(lieu.said(lieu.office)[asked:])


async def test_one_that_was_made_anew_under_the_name_of_one_that_was_thrown_away_is_the_lieus(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        await known(lieu)
        lieu.server.memory.throw_away(BOT, ROOT)
        lieu.server.add_folder(BOT, ROOT)
        lieu.server.add_folder(BOT, BIKES)
        await given(lieu)
        assert lieu.shared() == {BIKES: READ}


async def test_a_folder_in_the_bin_is_told_with_the_way_out(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        await known(lieu)
        lieu.server.memory.throw_away(BOT, ROOT)
        before = folders(lieu)
        await lieu.welcomes()
        assert folders(lieu) == before  # no empty one is made
        told = [body for body in lieu.said(lieu.office) if "corbeille de Nextcloud" in body]
        assert told
        assert all("!dossier" in body and ROOT in body for body in told)
        await lieu.write("!dossier qui Vélo", "oui")
        assert f"/{BIKES}" in folders(lieu)
        assert [(s.path, s.to) for s in lieu.server.shares() if s.type == 1] == [(f"/{ROOT}", GROUP)]
        assert [act["words"]["folder"] for act in await lieu.acts("folder-restored")] == [ROOT]


async def test_a_folder_that_is_gone_for_good_is_told_with_the_way_out(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        await known(lieu)
        lieu.server.memory.throw_away(BOT, ROOT)
        lieu.server.memory.bins.clear()
        for line in ("!dossier", "!dossier créer Neuf", "!partage"):
            await lieu.write(line)
            assert "n’est plus dans Nextcloud" in lieu.last(lieu.office), line
            assert "!installer" in lieu.last(lieu.office), line
        await lieu.welcomes()
        assert f"/{ROOT}" not in folders(lieu)
        await lieu.write("!installer dossier partagé", "passer", "passer", "oui")
        assert f"/{ROOT}" in folders(lieu)
        await lieu.write("!dossier créer Neuf", "oui")
        assert f"/{ROOT}/Neuf" in folders(lieu)


async def test_a_folder_of_the_path_in_the_bin_or_gone_is_a_task_that_says_so(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        await known(lieu)
        await given(lieu)
        lieu.server.memory.throw_away(BOT, BIKES)
        await opened(lieu, "second")
        assert "à la corbeille" in lieu.tasks()[-1]
        lieu.server.memory.bins.clear()
        await opened(lieu, "third")
        assert "n’est plus dans Nextcloud" in lieu.tasks()[-1]
        assert all(BIKES in task and "!parcours" in task for task in lieu.tasks())
        assert f"/{BIKES}" not in folders(lieu)


async def test_what_was_moved_among_another_lieus_things_is_not_followed(tmp_path: Path) -> None:
    async with there(tmp_path, **{"autre lieu": "Le Phare"}) as lieu:
        phare = (await lieu.stage.bot.lieux.all())[1]
        await lieu.stage.bot.lieux.choose(phare.id, folder="Le Phare")
        lieu.server.add_folder(BOT, "Le Phare")
        await known(lieu)
        lieu.server.memory.move(BOT, ROOT, f"Le Phare/{ROOT}")
        await lieu.write("!dossier créer Neuf")
        assert "celui d’un autre lieu" in lieu.last(lieu.office)
        assert (await lieu.stage.bot.lieux.all())[0].choices.folder == ROOT
        assert not any(each.endswith("Neuf") for each in folders(lieu))


async def test_a_folder_of_the_path_is_known_from_the_moment_it_is_chosen(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        await lieu.write("!parcours ajouter", "Veux-tu réparer un vélo ?", "vélo", "oui ou non", "non", "oui")
        await lieu.write("rien", "passer", "lire", "Vélo", "ce dossier-ci", "passer", "oui")
        lieu.server.memory.move(BOT, BIKES, f"{ROOT}/Cycles")
        await lieu.welcomes()
        assert lieu.shared() == {f"{ROOT}/Cycles": READ}
