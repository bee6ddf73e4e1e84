"""An installation in a lieu as Element makes one: the bot is a guest there, asks for what it lacks, and goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.demo.actor import PATIENCE
from tests.demo.place import CHARTER, GARDEN, HALL, Place
from tests.demo.sentences import part_of, plain
from tests.servers.synapse import Synapse

from .conftest import Open, unique, untold

CELLAR = "Cave"
QUESTIONS = (
    ("install.charter", CHARTER),
    ("install.approval", "✅"),
    ("install.office", "1"),
    ("install.summary", f"salons ouverts : {HALL} et {CELLAR}"),
    ("install.summary", "✅"),
)


@pytest.fixture
async def met(synapse: Synapse, open_lieu: Open) -> AsyncIterator[Place]:
    """Two rooms open to the space, one that is private; the bot was invited, and is asked for by its host."""
    place = Place(await open_lieu(synapse), untold, unique("anne"))
    try:
        await place.prepare()
        place.rooms[CELLAR] = await place.element.create_private_room(place.space, CELLAR)
        place.anne.follow(place.rooms[CELLAR], CELLAR)
        await place.meet()
        yield place
    finally:
        await place.end()


async def test_what_is_missing_is_waited_for_and_nothing_is_asked_twice(met: Place) -> None:
    """Also by a bot that dies while it waits."""
    anne, element, bot = met.anne, met.element, met.lieu.account.user_id
    cellar = met.rooms[CELLAR]
    await anne.hears(met.private, "talk.right-space")
    await anne.says(met.private, "c’est fait")
    await anne.hears(met.private, "talk.right-space-still")
    await met.lieu.bot.kill()
    await met.make_administrator()
    await met.lieu.bot.start()
    outside = await anne.person.next(met.private, f"/invite {bot}", timeout=PATIENCE)
    assert part_of("install.hidden") in plain(outside.body), "its homeserver does not tell it the name"
    assert not [name for name in (HALL, GARDEN) if name in outside.body], "it entered those by itself"
    await element.invite(cellar, bot)
    await anne.converses(met.private, QUESTIONS)
    op = await anne.person.next(met.private, f"/op {bot} 100", timeout=PATIENCE)
    assert CELLAR in op.body
    await element.make_administrator(cellar, bot)
    await anne.hears(met.private, "install.done")
    said = " ".join(one.body for one in anne.person.messages(met.private))
    assert "refusé" not in said
    rules = await anne.person.call("GET", f"/_matrix/client/v3/rooms/{cellar}/state/m.room.join_rules/")
    assert met.space in [entry["room_id"] for entry in rules["allow"]]


async def test_who_goes_on_without_is_told_by_the_state_what_is_missing(met: Place) -> None:
    anne = met.anne
    await anne.hears(met.private, "talk.right-space")
    await anne.says(met.private, "sans cela")
    await anne.hears(met.private, "talk.outside")
    await anne.clicks(met.private, "⏭")
    await anne.hears(met.private, "install.without")
    await anne.hears(met.private, "install.charter")
    await anne.says(met.private, "!état")
    await anne.hears(met.private, "state.powerless-space")
