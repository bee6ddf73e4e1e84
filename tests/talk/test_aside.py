"""What fails three times is put aside: told once where it concerns somebody, released or dropped by whoever hosts the
bot; and in safe mode everything waits but `!état`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.operator.aside_list import drop, listed, release
from bot.operator.lieu_spaces import NotMeant
from bot.store import aside, conversations, deaths
from bot.store.database import Tx
from bot.store.inbox import Event
from commands.house import hours
from tests.stage.furnished_lieux import ANNE, MARC, ZOE
from tests.stage.guest_bot import Rooms, guest_in_its_room, say
from tests.stage.stage import ME, Stage

SECRET = "ma phrase à moi"


@pytest.fixture
async def rosee(stage: Stage) -> Rooms:
    rooms = await guest_in_its_room(stage)
    for room in ("space", "room"):
        rooms[room].members[MARC] = "join"
    return rooms


class Illness:
    """The bot cannot understand these words, or this kind of event, while it is ill."""

    def __init__(self, stage: Stage, words: str = SECRET, type: str = "m.room.message") -> None:
        self._words, self._type, self._hear = words, type, stage.bot.inbox_worker._understand
        self.is_over = False
        stage.bot.inbox_worker._understand = self.hear

    async def hear(self, event: Event) -> bool:
        if not self.is_over and event.type == self._type and self._words in str(event.content):
            raise MemoryError(self._words)
        return await self._hear(event)


async def office(stage: Stage, rooms: Rooms) -> list[str]:
    """What the conciergerie hears by a look at what is aside."""
    before = len(stage.said(rooms["office"].room_id))
    await stage.bot.set_aside.look()
    await stage.settle()
    return stage.said(rooms["office"].room_id)[before:]


async def test_the_concierges_hear_of_it_once_and_of_nobodys_words(stage: Stage, rosee: Rooms) -> None:
    Illness(stage)
    await stage.write(MARC, rosee["room"].room_id, SECRET)
    (told,) = await office(stage, rosee)
    assert "Marc" in told
    assert "room · La Rosée" in told
    assert SECRET not in told
    assert await office(stage, rosee) == []
    assert "mis de côté" in await say(stage, rosee, "!état")


async def test_others_are_answered_meanwhile(stage: Stage, rosee: Rooms) -> None:
    Illness(stage)
    await stage.write(MARC, rosee["room"].room_id, SECRET)
    await stage.write(MARC, rosee["room"].room_id, "!horaires")
    assert "horaires" in stage.last(rosee["room"].room_id)


async def test_what_was_said_in_private_is_told_to_the_lieu_of_its_person(stage: Stage, rosee: Rooms) -> None:
    Illness(stage)
    private = await stage.matrix.rooms.direct(MARC)
    await stage.enter(MARC, private)
    await stage.write(MARC, private, SECRET)
    (told,) = await office(stage, rosee)
    assert "Marc m’a écrit en privé" in told


async def test_what_is_no_message_is_told_too(stage: Stage, rosee: Rooms) -> None:
    Illness(stage, "leave", "m.room.member")
    await stage.becomes(MARC, rosee["room"].room_id, "leave")
    (told,) = await office(stage, rosee)
    assert "une arrivée, un départ" in told


async def test_a_strangers_is_in_the_log_and_in_the_list_alone(stage: Stage, rosee: Rooms, tmp_path: Path) -> None:
    Illness(stage)
    elsewhere = stage.matrix.room("ailleurs")
    elsewhere.members = {ZOE: "join", ME: "join"}
    await stage.write(ZOE, elsewhere.room_id, SECRET)
    assert await office(stage, rosee) == []
    (line,) = await listed(tmp_path)
    assert f"by {ZOE} in {elsewhere.room_id}" in line
    assert "the bot could not handle it" in line
    assert SECRET not in line


async def test_released_it_is_heard_at_last(stage: Stage, rosee: Rooms, tmp_path: Path) -> None:
    illness = Illness(stage, "horaires")
    await stage.write(MARC, rosee["room"].room_id, "!horaires")
    await office(stage, rosee)
    illness.is_over = True
    (line,) = await listed(tmp_path)
    assert "within seconds" in await release(tmp_path, int(line.split()[0]))
    await office(stage, rosee)
    assert "horaires" in stage.last(rosee["room"].room_id)
    assert await listed(tmp_path) == ["Nothing is aside."]
    assert "mis de côté" not in await say(stage, rosee, "!état")


async def test_released_too_early_it_is_put_aside_and_told_again(stage: Stage, rosee: Rooms, tmp_path: Path) -> None:
    Illness(stage)
    await stage.write(MARC, rosee["room"].room_id, SECRET)
    await office(stage, rosee)
    await release(tmp_path, 1)
    await office(stage, rosee)
    (told,) = await office(stage, rosee)
    assert "Marc" in told


async def test_dropped_it_is_never_heard(stage: Stage, rosee: Rooms, tmp_path: Path) -> None:
    illness = Illness(stage, "horaires")
    await stage.write(MARC, rosee["room"].room_id, "!horaires")
    await office(stage, rosee)
    illness.is_over = True
    await drop(tmp_path, 1)
    await office(stage, rosee)
    assert stage.said(rosee["room"].room_id) == []
    assert await listed(tmp_path) == ["Nothing is aside."]
    kept = await stage.database.read(lambda tx: [row["content"] for row in tx.execute("SELECT content FROM inbox")])
    assert not any("horaires" in content for content in kept)


async def test_what_is_not_aside_cannot_be_released(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(NotMeant, match="nothing of this number"):
        await release(tmp_path, 7)


async def test_a_conversation_that_was_stopped_goes_on_where_it_stood(
    stage: Stage, rosee: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = hours._chosen

    async def broken(*_: Any) -> bool:
        raise MemoryError

    monkeypatch.setattr(hours, "_chosen", broken)
    await say(stage, rosee, "!horaires mardi 14h-18h")
    await say(stage, rosee, "passer")
    assert "je m’arrête là" in await say(stage, rosee, "oui")
    assert "Une conversation du lieu est arrêtée" in await say(stage, rosee, "!état")
    (line,) = await listed(tmp_path)
    assert f"(set-hours) with {ANNE}" in line
    monkeypatch.setattr(hours, "_chosen", whole)
    await release(tmp_path, int(line.split()[0]))
    changed, again = await office(stage, rosee)
    assert "mardi 14h-18h" in (await stage.bot.lieux.all())[0].choices.hours
    assert await listed(tmp_path) == ["Nothing is aside."]
    assert "je reprends" in changed + again


async def test_what_was_asked_is_asked_again_once_it_is_released(stage: Stage, rosee: Rooms, tmp_path: Path) -> None:
    """The process died three times in the middle of it, while it waited for an answer."""
    await say(stage, rosee, "!horaires mardi 14h-18h")
    asked = stage.last(rosee["office"].room_id)
    (id,) = await stage.database.read(conversations.open_for, 1)
    for _ in range(3):
        await stage.database.write(deaths.count, [f"{aside.CONVERSATION}{id}"])
    await stage.bot.engine.resume()
    await stage.settle()
    assert "je m’arrête là" in stage.last(rosee["office"].room_id)
    (line,) = await listed(tmp_path)
    assert line.endswith("the bot died of it three times")
    await release(tmp_path, 1)
    told = await office(stage, rosee)
    assert "je reprends" in told[0]
    assert told[-1] == asked
    await say(stage, rosee, "passer")
    await say(stage, rosee, "oui")
    assert "mardi 14h-18h" in (await stage.bot.lieux.all())[0].choices.hours


async def test_a_part_of_the_bot_is_told_to_the_lieux_that_miss_it(stage: Stage, rosee: Rooms) -> None:
    def put(*parts: str) -> Callable[[Tx], None]:
        return lambda tx: [aside.put(tx, f"{aside.PART}{part}", "died") for part in parts]

    await stage.database.write(put("quota of lieu 7", "reading $sealed"))
    assert "suspendue" not in await say(stage, rosee, "!état")
    await stage.database.write(put("quota of lieu 1"))
    assert "Une partie de ce que je fais de moi-même est suspendue" in await say(stage, rosee, "!état")


# -- safe mode


async def test_in_safe_mode_only_the_state_is_told_and_everything_waits_in_its_order(
    stage: Stage, rosee: Rooms, tmp_path: Path
) -> None:
    await stage.close()
    safe = await Stage.open(tmp_path, stage.services, stage.matrix, stage.clock, safe="asked")
    room = rosee["room"].room_id
    for text in ("!horaires", "!aide"):
        await safe.write(MARC, room, text)
    assert "Mode de secours" in await say(safe, rosee, "!état")
    private = await safe.matrix.rooms.direct(MARC)
    await safe.enter(MARC, private)
    for text in ("bonjour", "il y a quelqu’un ?"):
        await safe.write(MARC, private, text)
    (told,) = safe.said(private)
    assert "Ton message n’est pas perdu" in told
    assert safe.said(room) == [told], "once for all commands of a person in a room"
    assert len(await listed(tmp_path)) == 5, "two commands, Marc who comes in, and what he says"
    await safe.close()
    again = await Stage.open(tmp_path, stage.services, stage.matrix, stage.clock)
    await again.database.write(aside.end_safe_mode)
    await again.settle()
    _, hours_told, helped = again.said(room)
    assert "horaires" in hours_told
    assert "!aide" in helped or "Bonjour" in helped
    assert "Mode de secours" not in await say(again, rosee, "!état")
    await again.close()
