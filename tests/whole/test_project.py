"""Two lieux, each with its homeserver and its Nextcloud, agree: a room for both, and a folder in both clouds."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from tests.demo.actor import PATIENCE
from tests.demo.place import Place
from tests.servers.federation import Federation
from tests.servers.nextcloud import StandIn
from tests.servers.person import Person

from .conftest import Open, Settle
from .network import LASER, Two, meet, says

TITLE = LASER.capitalize()


@pytest.mark.parametrize(("here", "there"), [("34.0.1", "29.0.1"), ("29.0.1", "34.0.1")])
async def test_two_lieux_work_together_and_part(
    federation: Federation, open_lieu: Open, settle: Settle, here: str, there: str
) -> None:
    clouds = StandIn(here), StandIn(there)
    servers = federation.here, federation.there
    lieux = [await open_lieu(server, cloud=cloud) for server, cloud in zip(servers, clouds, strict=True)]
    two = Two(*await asyncio.gather(*map(settle, ("La Rosée", "Le Moulin"), lieux)))
    for place, cloud in zip((two.rosee, two.moulin), clouds, strict=True):
        cloud.add_account(place.login)
    await meet(two.rosee, two.moulin)
    await _agree(two)
    for place, cloud in zip((two.rosee, two.moulin), clouds, strict=True):
        await place.anne.person.next(
            place.office, says("Le dossier du projet est dans notre Nextcloud"), timeout=PATIENCE
        )
        assert [TITLE in share.path for share in cloud.shares() if share.to == place.login] == [True]
        invited = await place.anne.person.invited(lambda one: one.name == TITLE, timeout=PATIENCE)
        await _enter(place.anne.person, invited.room_id, federation.here.server_name)
        await place.anne.person.say(invited.room_id, f"Bonjour de {place.name}")
    await two.rosee.anne.person.next(invited.room_id, says("Bonjour de Le Moulin"))
    await two.rosee.anne.says(two.rosee.office, "!projet")
    await two.rosee.anne.converses(
        two.rosee.office, [("project.which", "1"), ("project.act", "terminer"), ("project.close-sure", "✅")]
    )
    await two.moulin.anne.person.next(two.moulin.office, says("a terminé le projet"), timeout=PATIENCE)
    await two.rosee.anne.hears(two.rosee.office, "project.closed")
    for place, cloud in zip((two.rosee, two.moulin), clouds, strict=True):
        await place.anne.person.until(partial(_is_unshared, cloud, place), PATIENCE, "the end of a share")


def _is_unshared(cloud: StandIn, place: Place) -> bool:
    return not [share for share in cloud.shares() if share.to == place.login]


async def _enter(person: Person, room_id: str, server: str) -> None:
    """An invitation may be here before the room elsewhere knows of it, which nothing tells: people click again."""
    for wait in (1, 3, 9):
        try:
            await person.join(room_id, via=[server])
        except RuntimeError:
            await asyncio.sleep(wait)
        else:
            return
    await person.join(room_id, via=[server])


async def _agree(two: Two) -> None:
    _, card = await two.ask(LASER)
    await two.moulin.anne.person.react(two.moulin.office, card, "🙋")
    offer = await two.rosee.anne.person.next(two.rosee.office, says("Le Moulin peut aider"))
    await two.rosee.anne.person.react(two.rosee.office, offer.event_id, "✅")
    proposal = await two.moulin.anne.person.next(two.moulin.office, says("est d’accord pour le faire avec nous"))
    await two.moulin.anne.person.react(two.moulin.office, proposal.event_id, "✅")
