"""The bot dies again and again in the middle of welcomes, and what people see is what they would have seen anyway."""

from __future__ import annotations

from contextlib import nullcontext
from random import Random

import pytest

from tests.demo.place import HALL, Place
from tests.demo.read_back import read_back
from tests.demo.welcome import Welcome

from .conftest import somebody, untold
from .deaths import Deaths
from .transcript import events, invitations, transcript

Transcripts = dict[str, list[str]]


async def welcomed(place: Place, deaths: Deaths | None = None) -> Transcripts:
    """Welcome somebody, with sudden deaths on the way, and tell what was seen in each room."""
    place.line = place.anne.line = deaths.line if deaths else untold
    welcome = Welcome(place, somebody(place.lieu))
    before = {
        event["event_id"] for room in (place.office, place.rooms[HALL]) for event in await events(place.anne, room)
    }
    async with deaths or nullcontext():
        for act in (welcome.invite, welcome.arrive, welcome.answer, welcome.approve, welcome.introduce):
            await act()
    await everything_is_answered(welcome)
    await everything_happened_once(welcome)
    bot, guest = place.lieu.account.user_id, welcome.newcomer
    return {
        "private": await transcript(welcome.zoe, welcome.direct, bot, guest, before),
        "office": await transcript(place.anne, place.office, bot, guest, before),
        "hall": await transcript(place.anne, place.rooms[HALL], bot, guest, before),
    }


async def everything_is_answered(welcome: Welcome) -> None:
    """Rooms are ordered: what the bot still had to say there is said before this answer."""
    anne, office = welcome.place.anne, welcome.place.office
    for actor, room, answer in ((welcome.zoe, welcome.direct, "help.list"), (anne, office, "help.topics")):
        await actor.says(room, "!aide")
        await actor.hears(room, answer)


async def everything_happened_once(welcome: Welcome) -> None:
    place, zoe, person = welcome.place, welcome.zoe, welcome.newcomer.user_id
    rows = await read_back(welcome)
    assert all(row.is_there for row in rows), rows
    rooms = [place.space, *place.rooms.values()]
    assert [await invitations(place.anne, room, person) for room in rooms] == [1, 0, 0]  # the space opens the others
    assert await invitations(zoe, welcome.direct, person) == 1
    heard = (await zoe.person.call("GET", "/_matrix/client/v3/sync?timeout=0"))["rooms"]
    assert not heard.get("invite")
    assert heard["join"].keys() == {welcome.direct, *rooms}


async def survives(place: Place, times: int, seed: int) -> None:
    """As many sudden deaths, over as many welcomes as they take."""
    undisturbed = await welcomed(place)
    chance, died = Random(seed), 0
    while died < times:
        deaths = Deaths(place.lieu.bot, chance, times - died)
        assert await welcomed(place, deaths) == undisturbed, f"seed {seed}, after {died} deaths"
        assert deaths.count, "nothing was said while the bot could die"
        died += deaths.count


async def test_twenty_sudden_deaths(place: Place) -> None:
    await survives(place, times=20, seed=20)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
async def test_two_hundred_sudden_deaths(place: Place, seed: int) -> None:
    await survives(place, times=50, seed=seed)
