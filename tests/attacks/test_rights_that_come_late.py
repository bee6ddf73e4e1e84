"""A right that the bot waited for comes: what nobody wants any more is not done, and what was said meanwhile counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.commands.welcome.test_crash_welcome import Mortal, world
from tests.stage.furnished_lieux import ANNE, BERTHE, MARC, ZOE, journal
from tests.stage.guest_bot import Rooms, guest_in_its_room, powers, rename, say, welcomed
from tests.stage.stage import ME, Stage
from tests.tiers import Sweep


@pytest.fixture
async def rosee(stage: Stage) -> Rooms:
    rooms = await guest_in_its_room(stage)
    rooms["space"].members[BERTHE], rooms["space"].levels[BERTHE] = "join", 50
    rooms["space"].members[MARC] = "join"
    for who in (BERTHE, MARC):
        rooms["office"].members[who] = "join"
    stage.matrix.names[ZOE] = "Zoé"
    return rooms


@pytest.mark.parametrize("key", ["✅", "⏭"])
@pytest.mark.parametrize("who", [BERTHE, MARC])
async def test_nobody_else_answers_for_whom_it_asks(stage: Stage, rosee: Rooms, who: str, key: str) -> None:
    await rename(stage, rosee)
    office = rosee["office"].room_id
    await stage.click(who, office, key)
    await stage.reply(who, office, stage.last_question(office), "sans cela")
    await stage.write(who, office, "tant pis")
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].name == "Atelier"


async def test_nothing_is_done_for_whoever_lost_the_keys_meanwhile(stage: Stage, rosee: Rooms) -> None:
    await rename(stage, rosee)
    rosee["space"].levels[BERTHE] = 100
    await powers(stage, rosee["space"], by=BERTHE, anne=0)
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].name == "room · La Rosée"


async def test_what_was_cancelled_is_not_done(stage: Stage, rosee: Rooms) -> None:
    await rename(stage, rosee)
    await say(stage, rosee, "annuler")
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].name == "room · La Rosée"


@pytest.mark.parametrize("word", ["retour", "modifier", "modifier nom", "où"])
async def test_what_waits_is_not_changed(stage: Stage, rosee: Rooms, word: str) -> None:
    await rename(stage, rosee)
    await say(stage, rosee, word)
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].name == "Atelier"
    assert await journal(stage) == [("room-name", None)]


async def test_nor_by_an_edit_or_a_deletion(stage: Stage, rosee: Rooms) -> None:
    office = rosee["office"].room_id
    await say(stage, rosee, "!salon renommer room · La Rosée")
    said = await stage.write(ANNE, office, "Atelier")
    await stage.write(ANNE, office, "oui")
    await stage.edit(ANNE, office, said, "Cave")
    await stage.delete(ANNE, office, said)
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].name == "Atelier"


async def test_keys_given_and_taken_all_day_are_not_told_on_and_on(stage: Stage, rosee: Rooms) -> None:
    await rename(stage, rosee)
    office = rosee["office"]
    before = len(office.events)
    for n in range(100):
        await powers(stage, rosee["room"], berthe=100 if n % 2 else 0)
    assert len(office.events) - before < 50


async def test_two_wait_for_the_same_room(stage: Stage, rosee: Rooms) -> None:
    await rename(stage, rosee)
    await say(stage, rosee, "!salon sujet room · La Rosée", by=BERTHE)
    await say(stage, rosee, "Un sujet", by=BERTHE)
    await say(stage, rosee, "oui", by=BERTHE)
    await powers(stage, rosee["room"], bot=100)
    assert sorted(await journal(stage)) == [("room-name", None), ("room-topic", None)]


@pytest.mark.parametrize("key", ["⏭", "✅"])
async def test_the_process_dies_at_every_write_while_it_waits_and_when_the_right_comes(
    tmp_path: Path, sweep: Sweep, key: str
) -> None:
    """The act is done once, the question frozen, whatever the write at which it dies."""
    alive, writes = await played(tmp_path / "alive", 0, False, key)
    assert alive["renamed"] == (0 if key == "⏭" else 1)
    for after in (False, True):
        for write in sweep(writes, after=after):
            found, _ = await played(tmp_path / f"{write}{after}", write, after, key)
            assert found == alive, (write, after)


async def played(path: Path, deadly: int, after: bool, key: str) -> tuple[dict[str, Any], list[str]]:
    async with world(path) as there:
        room = there.matrix.world.rooms[there.hall]
        room.levels, room.name = {ANNE: 100}, "Place"
        Mortal.dies_at(deadly, after=after)
        await there.happens(there.writes(ANNE, there.office, "!salon renommer Place"))
        await there.happens(there.writes(ANNE, there.office, "Agora"))
        await there.happens(there.writes(ANNE, there.office, "oui"))
        if key == "⏭":
            await there.happens(there.clicks(ANNE, there.office, key))
        room.levels[ME] = 100
        levels = {"users": dict(room.levels)}
        await there.happens(there.stage.happens(there.hall, ANNE, "m.room.power_levels", levels, state_key=""))
        assert not Mortal.deadly, f"nobody died at write {deadly}"
        writes = [*Mortal.kinds]
        seen = {
            "renamed": [act[1] for act in (await there.made())["journal"]].count("room-name"),
            "said": there.events(there.office),
            "name": room.name,
        }
        return seen, writes


async def test_a_name_says_nothing_in_the_bot_s_place(stage: Stage, rosee: Rooms) -> None:
    rosee["room"].name = "<b>x</b> **gras** {who} [ici](https://mal.fr) @room @anne:lieu.fr"
    await say(stage, rosee, "!salon sujet 2")
    await say(stage, rosee, "Un sujet")
    told = [e["content"] for e in rosee["office"].events if e["sender"] == ME and e["type"] == "m.room.message"][-1]
    assert "<strong>&lt;b&gt;x&lt;/b&gt; **gras** {who} [ici](https://mal.fr) @room" in told["formatted_body"]
    assert not told["m.mentions"]


async def test_it_waits_for_months_and_reminds_once(stage: Stage, rosee: Rooms) -> None:
    await rename(stage, rosee)
    office = rosee["office"]
    before = len(stage.said(office.room_id))
    for _ in range(60):
        await stage.wait(1)
    assert len(stage.said(office.room_id)) - before == 1
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].name == "Atelier"


async def test_sans_cela_counts_while_the_homeserver_is_away(stage: Stage, rosee: Rooms) -> None:
    """The right came, the service was away, and meanwhile it was said to go on without."""
    rosee["room"].levels[ME] = -1
    await welcomed(stage, rosee)
    stage.matrix.down = True
    await powers(stage, rosee["room"], bot=100)
    office = rosee["office"].room_id
    await stage.click(ANNE, office, "⏭")
    stage.matrix.down = False
    await stage.wait(1)
    assert ZOE not in rosee["room"].members


async def test_done_counts_while_the_homeserver_is_away(stage: Stage, rosee: Rooms) -> None:
    rosee["room"].levels[ME] = -1
    await welcomed(stage, rosee)
    stage.matrix.down = True
    await powers(stage, rosee["room"], bot=100)
    office = rosee["office"].room_id
    await stage.click(ANNE, office, "✅")
    stage.matrix.down = False
    await stage.wait(1)
    assert rosee["room"].members[ZOE] == "invite"
    frozen = [t for t in stage.said(office) if "/op" in t][-1]
    assert "✓" in frozen, frozen


@pytest.mark.parametrize("how", ["exclure", "départ", "leaves", "invited-left"])
async def test_who_is_gone_is_not_let_in(stage: Stage, rosee: Rooms, how: str) -> None:
    rosee["room"].levels[ME] = -1
    await welcomed(stage, rosee)
    if how != "invited-left":
        await stage.enter(ZOE, rosee["space"].room_id)
    if how in ("leaves", "invited-left"):
        await stage.becomes(ZOE, rosee["space"].room_id, "leave")
    elif how == "exclure":
        for line in (f"!modérer {ZOE}", "exclure", "méchant", "oui", "oui"):
            await say(stage, rosee, line)
    else:
        for line in (f"!départ {ZOE}", "1", "oui", "oui"):
            await say(stage, rosee, line)
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].members.get(ZOE) not in ("invite", "join")


async def test_kicked_from_the_space_while_it_waits(stage: Stage, rosee: Rooms) -> None:
    await rename(stage, rosee)
    await stage.becomes(ME, rosee["space"].room_id, "leave", by=ANNE)
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].name == "room · La Rosée"


async def test_kicked_from_the_room_while_it_waits(stage: Stage, rosee: Rooms) -> None:
    rosee["room"].levels[ME] = -1
    await welcomed(stage, rosee)
    await stage.becomes(ME, rosee["room"].room_id, "leave", by=ANNE)
    rosee["room"].levels[ME] = 100
    await stage.becomes(ME, rosee["room"].room_id, "invite", by=ANNE)
    assert rosee["room"].members[ZOE] == "invite"


async def test_what_concierges_say_to_each_other_answers_nothing(stage: Stage, rosee: Rooms) -> None:
    rosee["room"].levels[ME] = -1
    await welcomed(stage, rosee)
    before = len(stage.said(rosee["office"].room_id))
    for text in ("tant pis", "oui", "c'est fait", "passe", "laisse tomber"):
        await say(stage, rosee, text)
        await say(stage, rosee, text, by=BERTHE)
    told = stage.said(rosee["office"].room_id)[before:]
    assert [body for body in told if not body.startswith("C’est pour ma question qui attend ici")] == []
    assert len(told) <= 2, "it asks whether that was for it, and does not go on about it"
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].members[ZOE] == "invite"
