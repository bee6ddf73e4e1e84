"""A room in which lieux talk with each other is upgraded: who asked, and who answered, go on in the new one."""

from __future__ import annotations

import json

import pytest

from bot.store.database import Tx
from bot.store.successions import ABOUT, STAYING
from tests.network.lieux import Lieux, Place
from tests.network.two import LASER, Two
from tests.stage.stage import FakeRoom
from tests.stage.upgrades import upgrade

REWRITTEN_NEVER = {"acts", "successions"}


@pytest.fixture
async def two(lieux: Lieux) -> Two:
    two = await Two.meet(lieux)
    await two.ask()
    await two.answer("On en a une, 60 × 40")
    return two


async def upgraded(two: Two, place: Place, room: FakeRoom) -> FakeRoom:
    new = upgrade(two.lieux, room.room_id, place.concierge)
    for person in (place.member, place.stage.me):
        two.lieux.moves(new.room_id, place.concierge, person, "invite")
    await two.lieux.settle()
    return new


async def test_whoever_was_asked_answers_in_the_new_room(two: Two) -> None:
    two.moulin.office.levels[two.moulin.concierge] = 100
    two.moulin.office = await upgraded(two, two.moulin, two.moulin.office)
    two.card = two.lieux.card(two.moulin, LASER)
    await two.answer("On vous l’apporte ?")
    assert two.here()[-1].endswith("On vous l’apporte ?")
    await two.say("Avec plaisir")
    assert two.there()[-1].endswith("Avec plaisir")
    await two.lieux.click(two.moulin.concierge, two.moulin.office.room_id, "🙋", on=two.card)
    assert any("Le Moulin peut aider" in said for said in two.here())


async def test_whoever_asked_goes_on_in_the_new_room(two: Two) -> None:
    two.rosee.office = await upgraded(two, two.rosee, two.rosee.office)
    two.asked = two.lieux.card(two.rosee, LASER)
    await two.answer("On vous l’apporte ?")
    assert two.here()[-1].endswith("On vous l’apporte ?")
    await two.lieux.click(two.rosee.concierge, two.rosee.office.room_id, "🎉", on=two.asked)
    assert "Avec quels lieux" in two.here()[-1], two.here()[-1]


async def test_the_others_know_a_lieu_whose_space_was_upgraded(two: Two) -> None:
    space = two.lieux.rooms[two.moulin.lieu.space]
    await upgraded(two, two.moulin, space)
    await two.answer("On vous l’apporte ?")
    assert two.here()[-1] == "Le Moulin\u202f: On vous l’apporte ?"
    await two.lieux.write(two.moulin.concierge, two.moulin.office.room_id, "!réseau")
    assert "Touraine" in "".join(two.there()[-3:])


async def test_the_coordination_room_is_followed_once_its_lieux_are_declared_again(two: Two) -> None:
    """La Rosée's bot may do that; Le Moulin's waits for it, and takes nobody for gone meanwhile."""
    old, bots = two.room, [place.stage.me for place in (two.rosee, two.moulin)]
    old.levels[two.rosee.concierge], old.members[two.rosee.concierge] = 100, "join"
    new = upgrade(two.lieux, old.room_id, two.rosee.concierge)
    new.join = "invite"  # Le Moulin's bot comes first
    for bot in reversed(bots):
        two.lieux.moves(new.room_id, two.rosee.concierge, bot, "invite")
        await two.lieux.settle()
        before = [one for one in two.here() + two.there() if "quitté" in one]
        assert before == []
    assert new.declared == old.declared
    two.room = new
    await two.answer("On vous l’apporte ?")
    assert two.here()[-1] == "Le Moulin\u202f: On vous l’apporte ?"
    assert "On vous l’apporte ?" in json.dumps([one["content"] for one in new.events], ensure_ascii=False)


async def test_nothing_names_the_old_room_any_more(two: Two) -> None:
    """Whatever the tables are: but for what stays with the old room, and what is never rewritten."""
    office, space = two.moulin.office, two.lieux.rooms[two.moulin.lieu.space]
    await two.lieux.write(two.moulin.concierge, office.room_id, "!inviter")
    await upgraded(two, two.moulin, office)
    await upgraded(two, two.moulin, space)
    old = {office.room_id, space.room_id}
    assert await two.moulin.stage.database.read(_naming, old) == {("lieux", "origin")}


def _naming(tx: Tx, rooms: set[str]) -> set[tuple[str, str]]:
    found = set()
    tables = [row["name"] for row in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in {*tables} - REWRITTEN_NEVER:
        about = (
            f" WHERE status IN ('open', 'cancelled') AND dialogue NOT IN {ABOUT}" if table == "conversations" else ""
        )
        for row in tx.execute(f"SELECT * FROM {table}{about}").fetchall():
            found |= {(table, name) for name in row.keys() if rooms & _strings(row[name])}  # noqa: SIM118
    stays = {*STAYING} - {("conversations", "room_id")}
    return {one for one in found if one not in stays and one[0] not in ("outbox", "inbox", "spent")}


def _strings(value: object) -> set[str]:
    if not isinstance(value, str):
        return set()
    try:
        told = json.loads(value)
    except ValueError:
        return {value}
    found, todo = {value}, [told]
    while todo:
        match todo.pop():
            case str() as text:
                found.add(text)
            case list() as many:
                todo += many
            case dict() as many:
                todo += [*many, *many.values()]
    return found
