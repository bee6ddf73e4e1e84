"""The lieu's folders, tidied from the conciergerie; the Nextcloud of each version tells what became of them."""

from __future__ import annotations

import pytest

from tests.demo.place import NAME, Place
from tests.servers.nextcloud import StandIn
from tests.servers.synapse import Synapse

from .conftest import Open, unique, untold


@pytest.mark.parametrize("version", ["34.0.1", "29.0.1"])
async def test_folders_are_tidied_by_a_bot_that_dies_in_between(
    synapse: Synapse, open_lieu: Open, version: str
) -> None:
    cloud = StandIn(version)
    lieu = await open_lieu(synapse, cloud=cloud)
    place = Place(lieu, untold, unique("anne"))
    try:
        await place.prepare()
        await place.install()
        for line, said in (
            ("!dossier créer Ateliers/Poterie", "lieu_folders.make-sure"),
            ("oui", "lieu_folders.made"),
            ("!dossier créer Ateliers/Été à la Forge — projet", "lieu_folders.make-sure"),
            ("oui", "lieu_folders.made"),
            ("!dossier renommer Ateliers/Poterie en Céramique", "lieu_folders.rename-sure"),
            ("oui", "lieu_folders.renamed"),
            ("!dossier qui Ateliers", "access.who"),
            ("!dossier corbeille Ateliers/Céramique", "lieu_folders.sure"),
        ):
            await place.anne.says(place.office, line)
            await place.anne.hears(place.office, said)
        assert f"/{NAME}/Ateliers/Céramique" in cloud.folders(lieu.bot_name)
        await lieu.bot.restart()
        await place.anne.clicks(place.office, "✅")
        await place.anne.hears(place.office, "lieu_folders.binned")
        made = [folder for folder in cloud.folders(lieu.bot_name) if "Ateliers" in folder]
        assert made == [f"/{NAME}/Ateliers", f"/{NAME}/Ateliers/Été à la Forge — projet"]
    finally:
        await place.end()
