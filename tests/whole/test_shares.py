"""A link with a password, asked for in the conciergerie and told in private, by a bot that dies in between."""

from __future__ import annotations

import pytest

from tests.demo.place import NAME, Place
from tests.servers.nextcloud import StandIn
from tests.servers.synapse import Synapse

from .conftest import Open, unique, untold


@pytest.mark.parametrize("version", ["34.0.1", "29.0.1"])
async def test_a_link_is_shared_by_a_bot_that_dies_in_between(synapse: Synapse, open_lieu: Open, version: str) -> None:
    cloud = StandIn(version)
    lieu = await open_lieu(synapse, cloud=cloud)
    place = Place(lieu, untold, unique("anne"))
    try:
        await place.prepare()
        await place.install()
        cloud.memory.policy.link_password, cloud.memory.policy.link_days = True, 30
        await place.anne.says(place.office, f"!partage lien {NAME}")
        answers = (("rights", "lire"), ("until-at-most", "dans deux semaines"), ("label", "Fête"))
        await place.anne.converses(place.office, [(f"share.{step}", answer) for step, answer in answers])
        await place.anne.hears(place.office, "share.summary")
        await lieu.bot.restart()
        await place.anne.clicks(place.office, "✅")
        await place.anne.hears(place.office, "share.in-private")
        private = next(room for room, name in place.anne.rooms.items() if name == "en privé, Anne")
        for said in ("share.password", "share.link"):
            await place.anne.hears(private, said)
        (link,) = [share for share in cloud.shares() if share.type == 3]
        *_, password, address = (heard.body for heard in place.anne.person.messages(private))
        assert str(link.password) in password
        assert f"{cloud.url}/s/{link.token}" in address
        assert str(link.password) not in lieu.bot.log.read_text()
        await place.anne.says(place.office, "!partages 1 finir")
        await place.anne.hears(place.office, "lieu_shares.sure")
        await place.anne.clicks(place.office, "✅")
        await place.anne.hears(place.office, "lieu_shares.done-end")
        assert [share.type for share in cloud.shares()] == [1], "the folder of the group stays"
    finally:
        await place.end()
