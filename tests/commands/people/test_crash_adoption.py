"""The process dies at every write of an adoption: the rest is adopted all the same, and nobody twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.directory import Account
from tests.commands.welcome.test_crash_welcome import ANNE, Play, World, deaths
from tests.stage.memory_synapse import somebody
from tests.tiers import Sweep

HOST = "@ines:lieu.fr"
PEOPLE = {"awa": "Awa", "luc": "Luc", "marc": "Marc"}


async def they_were_there(world: World) -> None:
    """Three people of the space, with accounts made by hand; two of them in the lieu's group."""
    space = next(room for room in world.matrix.world.rooms.values() if room.space)
    for login, name in PEOPLE.items():
        person = f"@{login}:lieu.fr"
        space.members[person], world.matrix.names[person] = "join", name
        world.synapse.known[person] = somebody(person)
        world.directory.accounts[login] = Account(login, name, f"{login}@exemple.fr", True, login)
        world.server.add_account(login, name=name, email=f"{login}@exemple.fr", groups=["rosee"])
    world.directory.groups["rosee"] = {"awa", "luc"}


async def with_a_neighbour(world: World) -> None:
    """And another lieu that has the same services, and somebody who hosts the bot."""
    await they_were_there(world)
    world.operators = (HOST,)
    await world.end()
    await world.begin()
    phare = world.matrix.room("Le Phare", space=True)
    phare.members = {world.stage.me: "join"}
    await world.stage.bot.lieux.create(phare.room_id, "Le Phare", language="fr", zone="Europe/Paris", now=1)
    world.matrix.names[HOST] = "Inès"


async def adopted_and_given_back(world: World) -> None:
    for line in ("!membres adopter", "tout", "pas le 3", "oui", "!membres rendre luc", "oui"):
        await world.happens(world.writes(ANNE, world.office, line))


async def entrusted_by_the_host(world: World) -> None:
    for line in ("!membres adopter", "tout", "oui"):
        await world.happens(world.writes(ANNE, world.office, line))
    room = await world.stage.bot.operators.room()
    assert room is not None
    await world.happens(world.enters(HOST, room))
    await world.happens(world.clicks(HOST, room, "✅"))


async def offered_what_newcomers_get(world: World) -> None:
    for line in ("!membres adopter", "oui", "!inviter @awa:lieu.fr", "oui"):
        await world.happens(world.writes(ANNE, world.office, line))
    room = world.direct("@awa:lieu.fr")
    await world.happens(world.enters("@awa:lieu.fr", room))
    for line in ("oui", "oui"):
        await world.happens(world.writes("@awa:lieu.fr", room, line))


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("play", "before"),
    [
        (adopted_and_given_back, they_were_there),
        (entrusted_by_the_host, with_a_neighbour),
        (offered_what_newcomers_get, they_were_there),
    ],
)
async def test_nobody_notices_a_death_at_any_write(
    tmp_path: Path, sweep: Sweep, play: Play, before: Play, after: bool
) -> None:
    assert len(await deaths(tmp_path, sweep, after, play, before)) > 25
