"""A project on two real Nextclouds (`-m live`): those of NEXTCLOUD_URL and of OTHER_NEXTCLOUD_URL."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from bot.app import Services
from bot.services.nextcloud import NEXTCLOUD
from integrations.nextcloud import Nextcloud
from tests.integrations.nextcloud.lieu import live
from tests.network.clouds import TITLE, Pact
from tests.network.lieux import Lieux

pytestmark = pytest.mark.live
HOUR = 1 / 24


@pytest.mark.parametrize("prefixes", [("", "OTHER_"), ("OTHER_", "")], ids=["there", "back"])
async def test_the_folder_of_a_project_comes_and_goes_in_both_clouds(lieux: Lieux, prefixes: tuple[str, str]) -> None:
    async with AsyncExitStack() as stack:
        here, there = [(await stack.enter_async_context(live(prefix))).cloud for prefix in prefixes]
        rosee = await lieux.build("La Rosée", "rosee.fr", services=Services({NEXTCLOUD: here}))
        moulin = await lieux.build("Le Moulin", "moulin.fr", services=Services({NEXTCLOUD: there}))
        two = Pact(lieux, rosee, moulin, lieux.rooms[await lieux.network(rosee, moulin)])
        await two.ask()
        await two.offer_help()
        await two.agree()
        await lieux.wait(HOUR)  # a real server may be slow: the bot tries again
        ((folder, id),) = [each for each in await _folders(here) if each[0].startswith(TITLE)]
        try:
            assert any("Le dossier du projet est dans notre Nextcloud" in said for said in two.here())
            assert any("Le dossier du projet est dans notre Nextcloud" in said for said in two.there())
            assert (folder, True) in await _offered(there)
            for line in ("!projet 1", "terminer", "oui"):
                await lieux.write(rosee.concierge, rosee.office.room_id, line)
            await lieux.wait(2 * HOUR)
            assert folder not in dict(await _offered(there))
            assert [share for share in await here.shares.all(folder) if share["kind"] == "federated"] == []
        finally:
            await here.files.bin(folder, id=id)


async def _offered(cloud: Nextcloud) -> list[tuple[str, bool]]:
    return [(offer["name"], offer["accepted"]) for offer in await cloud.federated.offers()]


async def _folders(cloud: Nextcloud) -> list[tuple[str, str]]:
    return [(entry["name"], entry["id"]) for entry in await cloud.files.entries("") if entry["is_folder"]]
