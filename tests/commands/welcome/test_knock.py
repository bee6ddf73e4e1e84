"""Somebody knocks: who is asked, who may answer, and what is never asked at all."""

from __future__ import annotations

import pytest

from tests.stage.furnished_lieux import ANNE, BERTHE, ZOE, journal, lieu
from tests.stage.stage import ME, FakeRoom, Stage

Rooms = dict[str, FakeRoom]


@pytest.fixture
async def rosee(stage: Stage) -> Rooms:
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].join, rooms["space"].levels[ME] = "knock", 50
    rooms["room"].join = "knock_restricted"
    return rooms


async def knock(stage: Stage, person: str, room: FakeRoom, **content: object) -> str:
    room.members[person] = "knock"
    return await stage.event(room.room_id, person, "m.room.member", {"membership": "knock"} | content, state_key=person)


async def goes(stage: Stage, by: str, person: str, room: FakeRoom, membership: str) -> None:
    room.members[person] = membership
    await stage.event(room.room_id, by, "m.room.member", {"membership": membership}, state_key=person)


async def test_a_yes_at_the_lieu_begins_the_welcome_and_the_space_waits_for_the_last_yes(
    stage: Stage, rosee: Rooms
) -> None:
    await knock(stage, ZOE, rosee["space"], reason="La voisine")
    await stage.click(ANNE, rosee["office"].room_id, "✅")
    assert rosee["space"].members[ZOE] == "knock"
    assert rosee["room"].members.get(ZOE) is None
    await stage.enter(ZOE, stage.matrix.directs[ZOE])
    for line in ("Zoé", "passer", "oui"):
        await stage.write(ZOE, stage.matrix.directs[ZOE], line)
    await stage.click(ANNE, rosee["office"].room_id, "✅")
    assert rosee["space"].members[ZOE] == "invite"
    assert ("let-in", ZOE) in await journal(stage)


async def test_where_nobody_approves_the_space_opens_at_once(stage: Stage, rosee: Rooms) -> None:
    (made,) = await stage.bot.lieux.all()
    await stage.bot.lieux.choose(made.id, approval=False)
    await knock(stage, ZOE, rosee["space"])
    await stage.click(ANNE, rosee["office"].room_id, "✅")
    assert rosee["space"].members[ZOE] == "invite"
    assert "accueille" in stage.last(rosee["office"].room_id)


async def test_a_yes_at_a_room_invites_there_only(stage: Stage, rosee: Rooms) -> None:
    await knock(stage, ZOE, rosee["room"])
    assert "room · La Rosée" in stage.last(rosee["office"].room_id)
    await stage.click(ANNE, rosee["office"].room_id, "✅")
    assert rosee["room"].members[ZOE] == "invite"
    assert rosee["space"].members.get(ZOE) is None
    assert ZOE not in stage.matrix.directs
    assert await journal(stage) == [("let-in", ZOE)]


async def test_a_room_that_nobody_chose_is_the_lieu_s_where_it_agrees(stage: Stage, rosee: Rooms) -> None:
    said = len(stage.said(rosee["office"].room_id))
    attic = stage.matrix.room("Grenier", parent=rosee["space"].room_id)
    attic.members = {ME: "join"}
    attic.says = None
    await knock(stage, ZOE, attic)
    assert len(stage.said(rosee["office"].room_id)) == said
    attic.says = rosee["space"].room_id
    await knock(stage, ZOE, attic)
    assert "Grenier" in stage.last(rosee["office"].room_id)


async def test_a_no_takes_the_knock_away_and_is_told_in_private(stage: Stage, rosee: Rooms) -> None:
    await knock(stage, ZOE, rosee["space"])
    await stage.click(ANNE, rosee["office"].room_id, "❌")
    assert rosee["space"].members[ZOE] == "leave"
    assert stage.said(stage.matrix.directs[ZOE]) == []
    await stage.enter(ZOE, stage.matrix.directs[ZOE])
    assert "pas t’ouvrir cette fois" in stage.last(stage.matrix.directs[ZOE])
    assert await journal(stage) == [("turned-away", ZOE)]
    await knock(stage, ZOE, rosee["space"])
    assert "On frappe à la porte" in stage.last(rosee["office"].room_id)


async def test_without_the_right_to_refuse_who_can_give_it_is_told_and_the_question_stays(
    stage: Stage, rosee: Rooms
) -> None:
    office = rosee["office"].room_id
    rosee["space"].levels[ME] = 0
    await knock(stage, ZOE, rosee["space"])
    await stage.click(ANNE, office, "❌")
    assert any("Pour me les donner" in said for said in stage.said(office))
    assert rosee["space"].members[ZOE] == "knock"
    rosee["space"].levels[ME] = 50
    await stage.click(ANNE, office, "❌")
    assert rosee["space"].members[ZOE] == "leave"


async def test_who_is_excluded_from_the_lieu_is_not_heard(stage: Stage, rosee: Rooms) -> None:
    rosee["space"].members[ZOE] = "ban"
    await knock(stage, ZOE, rosee["room"])
    assert stage.said(rosee["office"].room_id) == []


async def test_who_is_awaited_is_not_asked_about_again(stage: Stage, rosee: Rooms) -> None:
    office = rosee["office"].room_id
    await stage.write(ANNE, office, f"!inviter {ZOE}")
    await stage.click(ANNE, office, "✅")
    said = len(stage.said(office))
    await knock(stage, ZOE, rosee["space"])
    assert len(stage.said(office)) == said


async def test_a_second_knock_is_the_same_question_also_while_an_answer_is_awaited(stage: Stage, rosee: Rooms) -> None:
    office = rosee["office"].room_id
    await knock(stage, ZOE, rosee["space"])
    await knock(stage, ZOE, rosee["space"])
    assert len(stage.said(office)) == 1
    await stage.click(ANNE, office, "❓")
    for line in ("Qui t’envoie ?", "oui"):
        await stage.write(ANNE, office, line)
    said = len(stage.said(office))
    await knock(stage, ZOE, rosee["space"])
    assert len(stage.said(office)) == said


async def test_a_knock_taken_back_needs_no_answer(stage: Stage, rosee: Rooms) -> None:
    office = rosee["office"].room_id
    await knock(stage, ZOE, rosee["space"])
    question = stage.last_question(office)
    await goes(stage, ZOE, ZOE, rosee["space"], "leave")
    assert "ne frappe plus" in stage.last(office)
    await stage.click(ANNE, office, "✅", question)
    assert ZOE not in stage.matrix.directs


async def test_a_knock_taken_back_before_it_was_heard_is_not_asked_about(stage: Stage, rosee: Rooms) -> None:
    space = rosee["space"]
    knocked = stage.happens(space.room_id, ZOE, "m.room.member", {"membership": "knock"}, state_key=ZOE)
    space.members[ZOE] = "leave"
    left = stage.happens(space.room_id, ZOE, "m.room.member", {"membership": "leave"}, state_key=ZOE)
    await stage.hear(knocked, left)
    assert stage.said(rosee["office"].room_id) == []


async def test_somebody_else_answered_in_their_own_client(stage: Stage, rosee: Rooms) -> None:
    office = rosee["office"].room_id
    await knock(stage, ZOE, rosee["room"])
    await goes(stage, ANNE, ZOE, rosee["room"], "invite")
    assert "sans passer par moi" in stage.last(office)


async def test_the_question_ends_with_the_knock(stage: Stage, rosee: Rooms) -> None:
    office = rosee["office"].room_id
    await knock(stage, ZOE, rosee["space"])
    await stage.click(ANNE, office, "❓")
    for line in ("Qui t’envoie ?", "oui"):
        await stage.write(ANNE, office, line)
    private = stage.matrix.directs[ZOE]
    await stage.enter(ZOE, private)
    await goes(stage, ANNE, ZOE, rosee["space"], "invite")
    said = len(stage.said(office))
    await stage.write(ZOE, private, "Le maire")
    assert len(stage.said(office)) == said


async def test_a_hostile_message_is_short_and_quoted(stage: Stage, rosee: Rooms) -> None:
    await knock(stage, ZOE, rosee["space"], reason="\u202e<b>Clic</b>\n\n" + "a" * 5000)
    asked = stage.last(rosee["office"].room_id)
    assert "<b>Clic</b> aaa" in asked
    assert len(asked) < 700
    await knock(stage, BERTHE, rosee["space"], reason={"not": "text"})
    assert "Sans un mot" in stage.last(rosee["office"].room_id)


async def test_only_this_lieu_s_concierges_hear_of_it_and_answer(stage: Stage, rosee: Rooms) -> None:
    phare = await lieu(stage, "Le Phare", BERTHE)
    rosee["room"].also.add(phare["space"].room_id)
    await knock(stage, ZOE, rosee["room"])
    assert stage.said(phare["office"].room_id) == []
    for nobody in (BERTHE, ZOE):
        await stage.click(nobody, rosee["office"].room_id, "✅")
        assert rosee["room"].members[ZOE] == "knock"


async def test_an_outage_in_the_middle_is_waited_for(stage: Stage, rosee: Rooms) -> None:
    await knock(stage, ZOE, rosee["room"])
    stage.matrix.down = True
    await stage.click(ANNE, rosee["office"].room_id, "✅")
    assert rosee["room"].members[ZOE] == "knock"
    stage.matrix.down = False
    await stage.wait(1)
    assert rosee["room"].members[ZOE] == "invite"


async def test_who_plays_with_the_bell_is_not_heard_for_ever(stage: Stage, rosee: Rooms) -> None:
    office = rosee["office"].room_id
    for _ in range(9):
        await knock(stage, ZOE, rosee["space"])
        await goes(stage, ZOE, ZOE, rosee["space"], "leave")
    assert len([said for said in stage.said(office) if "On frappe" in said]) == 5
    await stage.wait(1)
    await knock(stage, ZOE, rosee["space"])
    assert "On frappe" in stage.last(office)


async def test_what_concierges_say_to_each_other_does_not_leave(stage: Stage, rosee: Rooms) -> None:
    office = rosee["office"].room_id
    await knock(stage, ZOE, rosee["space"])
    await stage.click(ANNE, office, "❓")
    for line in ("elle me rappelle quelqu’un", "non"):
        await stage.write(ANNE, office, line)
    assert ZOE not in stage.matrix.directs
    await stage.click(ANNE, office, "✅")
    assert ZOE in stage.matrix.directs
