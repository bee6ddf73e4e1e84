"""The stage itself, where several bots share rooms: who hears what, once, in which order, and after which accident."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from bot.app import Services
from bot.store.database import Tx
from tests.stage.several_bots import Federation
from tests.stage.stage import Stage
from tests.stage.sudden_death import Mortal

ANNE, MARC = "@anne:rosee.fr", "@marc:recollets.fr"
ROSEE, RECOLLETS = "@conciergerie:rosee.fr", "@conciergerie:recollets.fr"


@pytest.fixture
async def federation(tmp_path: Path) -> AsyncIterator[Federation]:
    federation = Federation(tmp_path)
    for me in (ROSEE, RECOLLETS):
        await federation.open(me, Services(), Mortal.another())
    yield federation
    await federation.close()


@pytest.fixture
def shared(federation: Federation) -> str:
    room = federation.room("Coordination")
    room.members = dict.fromkeys([ANNE, MARC, ROSEE, RECOLLETS], "join")
    return room.room_id


async def heard(stage: Stage) -> list[tuple[str, str]]:
    """What a bot's inbox has, in the order in which it came."""
    return await stage.database.read(_heard)


def _heard(tx: Tx) -> list[tuple[str, str]]:
    return [(row["event_id"], row["type"]) for row in tx.execute("SELECT event_id, type FROM inbox ORDER BY seq")]


async def ids(federation: Federation, me: str) -> list[str]:
    return [id for id, _ in await heard(federation.stages[me])]


async def test_a_message_reaches_each_bot_once(federation: Federation, shared: str) -> None:
    id = await federation.write(ANNE, shared, "Bonjour à tous")
    assert await ids(federation, ROSEE) == await ids(federation, RECOLLETS) == [id]


async def test_nobody_hears_what_is_said_elsewhere(federation: Federation) -> None:
    room = federation.room("Conciergerie")
    room.members = {ANNE: "join", ROSEE: "join"}
    id = await federation.write(ANNE, room.room_id, "Entre nous")
    assert (await ids(federation, ROSEE), await ids(federation, RECOLLETS)) == ([id], [])


async def test_edits_deletions_and_clicks_are_heard(federation: Federation, shared: str) -> None:
    id = await federation.write(ANNE, shared, "Samdi")
    await federation.edit(ANNE, shared, id, "Samedi")
    await federation.click(MARC, shared, "👍", id)
    await federation.delete(ANNE, shared, id)
    kinds = ["m.room.message", "m.room.message", "m.reaction", "m.room.redaction"]
    assert [kind for _, kind in await heard(federation.stages[RECOLLETS])] == kinds


async def test_a_bot_hears_the_other_and_itself_only_in_its_envelopes(federation: Federation, shared: str) -> None:
    rosee = federation.stages[ROSEE].matrix
    plain = await rosee.send(shared, "m.room.message", {"msgtype": "m.text", "body": "Bonjour"}, "1")
    envelope = {"msgtype": "m.text", "body": "Il nous faut", "org.conciergerie.request": {"id": "1"}}
    enveloped = await rosee.send(shared, "m.room.message", envelope, "2")
    assert await rosee.send(shared, "m.room.message", envelope, "2") == enveloped
    gone = await rosee.redact(shared, plain, "3")
    await federation.settle()
    assert await ids(federation, RECOLLETS) == [plain, enveloped, gone]
    assert await ids(federation, ROSEE) == [enveloped]


async def test_an_invitation_reaches_the_invited_bot_and_its_refusal_the_inviter(federation: Federation) -> None:
    room = await federation.stages[ROSEE].matrix.rooms.create("projet", name="Projet", invite=[RECOLLETS, MARC])
    await federation.settle()
    for me in (RECOLLETS, ROSEE):
        assert [kind for _, kind in await heard(federation.stages[me])] == ["m.room.member"]
    assert federation.rooms[room].members == {ROSEE: "join", MARC: "invite", RECOLLETS: "leave"}


async def test_what_was_missed_comes_when_the_way_is_free(federation: Federation, shared: str) -> None:
    federation.cut.add("recollets.fr")
    there = [await federation.write(MARC, shared, f"Là {n}") for n in range(3)]
    here = [await federation.write(ANNE, shared, f"Ici {n}") for n in range(3)]
    assert (await ids(federation, ROSEE), await ids(federation, RECOLLETS)) == (here, there)
    await federation.mend()
    assert (await ids(federation, ROSEE), await ids(federation, RECOLLETS)) == (here + there, there + here)


async def test_a_deaf_bot_misses_its_neighbours_too(federation: Federation, shared: str) -> None:
    federation.deafen(ROSEE)
    id = await federation.write(ANNE, shared, "Bonjour")
    assert (await ids(federation, ROSEE), await ids(federation, RECOLLETS)) == ([], [id])


@pytest.mark.parametrize("seed", range(3))
async def test_twice_and_out_of_order(federation: Federation, shared: str, seed: int) -> None:
    federation.cut.add("recollets.fr")
    said = [await federation.write(ANNE, shared, f"Ici {n}") for n in range(8)]
    await federation.mend(shuffled=Random(seed), twice=True)
    found = await ids(federation, RECOLLETS)
    assert sorted(found) == sorted(said)
    assert found != said


async def test_a_stopped_bot_hears_all_when_it_starts(federation: Federation, shared: str) -> None:
    await federation.stop(RECOLLETS)
    said = [await federation.write(ANNE, shared, f"Ici {n}") for n in range(3)]
    await federation.start(RECOLLETS)
    assert await ids(federation, RECOLLETS) == said


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_death_at_any_write_loses_nothing(federation: Federation, shared: str, after: bool) -> None:
    said = [await federation.write(ANNE, shared, "Bonjour")]
    store = federation.houses[RECOLLETS].store
    assert issubclass(store, Mortal)
    died = 0
    for write in range(1, 4):
        store.dies_at(write, after=after)
        said.append(await federation.write(ANNE, shared, f"Ici {write}"))
        died += store.deadly == 0
    assert await ids(federation, RECOLLETS) == await ids(federation, ROSEE) == said
    assert died >= 2
