"""A room that is upgraded is followed: what was under way there goes on in the one that takes its place."""

from __future__ import annotations

import json

import pytest

from bot.matrix.successors import Upgrade
from bot.network.outgoing import wire_id
from bot.people import Role
from bot.store import outbox, rooms
from bot.store.outbox import Letter
from tests.bench.crowd import Asked
from tests.stage.furnished_lieux import ANNE, BERTHE, MARC, ZOE, journal, lieu
from tests.stage.stage import ME, FakeRoom, Stage
from tests.stage.successors import FakeSuccessors
from tests.stage.upgrades import points, upgrade

Rooms = dict[str, FakeRoom]
A_MOMENT = 2 / 24 / 60  # days


@pytest.fixture
async def rosee(stage: Stage) -> Rooms:
    """The concierges' own rooms, as Element makes them; the bot may do much in the space, and nothing in the rooms."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    stage.matrix.names = {ANNE: "Anne", BERTHE: "Berthe", MARC: "Marc"}
    rooms["space"].levels = {ANNE: 100, BERTHE: 50, ME: 100}
    for name in ("office", "room"):
        rooms[name].levels = {ANNE: 100}
    for room in rooms.values():
        room.members |= {BERTHE: "join", MARC: "join"}
        room.creator = ANNE
    return rooms


async def welcomed(stage: Stage, rooms: Rooms, answers: tuple[str, ...]) -> str:
    """Zoé is invited and has answered: the conciergerie is asked about her. Her private room."""
    await stage.write(ANNE, rooms["office"].room_id, f"!inviter {ZOE}")
    await stage.write(ANNE, rooms["office"].room_id, "oui")
    private = stage.matrix.directs[ZOE]
    await stage.enter(ZOE, private)
    for line in answers:
        await stage.write(ZOE, private, line)
    return private


async def upgraded(stage: Stage, room: FakeRoom, by: str = ANNE) -> FakeRoom:
    """As Element does it: the room is upgraded, then whoever was in the old one is invited."""
    new = upgrade(stage.world, room.room_id, by)
    for person in [one for one, what in room.members.items() if what == "join" and one != by]:
        stage.world.moves(new.room_id, by, person, "invite")
    await stage.settle()
    return new


async def test_the_conciergerie_is_followed_and_the_open_question_with_it(stage: Stage, rosee: Rooms) -> None:
    await stage.write(ANNE, rosee["office"].room_id, "!inviter")
    asked = stage.last(rosee["office"].room_id)
    new = await upgraded(stage, rosee["office"])
    assert new.members[ME] == "join"
    assert any(asked in said for said in stage.said(new.room_id))
    await stage.write(ANNE, new.room_id, ZOE)
    assert ZOE in stage.last(new.room_id)
    await stage.write(ANNE, new.room_id, "annuler")
    await stage.write(ANNE, new.room_id, "!aide")
    assert "!inviter" in stage.last(new.room_id)
    (served,) = await stage.bot.lieux.all()
    assert served.office == new.room_id


# -- the conciergerie, a room, the space, a private conversation


async def test_an_approval_goes_on_for_whoever_asked_and_whoever_answers(stage: Stage, rosee: Rooms) -> None:
    private = await welcomed(stage, rosee, answers=("Zoé", "rien", "oui"))
    new = await upgraded(stage, rosee["office"])
    assert "Zoé" in "\n".join(stage.said(new.room_id))
    await stage.enter(BERTHE, new.room_id)
    await stage.click(BERTHE, new.room_id, "✅")
    assert ("welcomed", ZOE) in await journal(stage)
    assert rosee["space"].members[ZOE] == "invite"
    assert len(stage.said(private)) > 3


async def test_a_click_on_the_old_question_counts_no_more_and_says_where_it_goes_on(stage: Stage, rosee: Rooms) -> None:
    rosee["office"].levels[ME] = 100
    await welcomed(stage, rosee, answers=("Zoé", "rien", "oui"))
    before = stage.last_question(rosee["office"].room_id)
    await upgraded(stage, rosee["office"])
    await stage.click(ANNE, rosee["office"].room_id, "✅", on=before)
    assert "a été remplacé" in stage.last(rosee["office"].room_id)
    assert rosee["space"].members.get(ZOE) is None
    told = len(stage.said(rosee["office"].room_id))
    await stage.write(ANNE, rosee["office"].room_id, "!aide")
    await stage.write(ANNE, rosee["office"].room_id, "On se retrouve là-bas")
    assert len(stage.said(rosee["office"].room_id)) == told


async def test_an_open_room_is_followed_wherever_it_was_chosen(stage: Stage, rosee: Rooms) -> None:
    (served,) = await stage.bot.lieux.all()
    old = rosee["room"].room_id
    await stage.bot.lieux.choose(served.id, hall=old, offered_rooms=["!other", old])
    new = await upgraded(stage, rosee["room"])
    (served,) = await stage.bot.lieux.all()
    assert served.choices.open_rooms == (new.room_id,)
    assert served.choices.offered_rooms == ("!other", new.room_id)
    assert served.choices.hall == new.room_id
    assert (new.parent, rosee["room"].parent) == (rosee["space"].room_id, None)
    told = stage.last(rosee["office"].room_id)
    assert "room · La Rosée" in told, told


async def test_what_could_not_be_put_right_is_told_and_mended_when_the_right_comes(stage: Stage, rosee: Rooms) -> None:
    rosee["room"].says = rosee["space"].room_id
    new = await upgraded(stage, rosee["room"])
    assert "Des droits me manquent dans room · La Rosée" in stage.last(rosee["office"].room_id)
    await stage.write(ANNE, rosee["office"].room_id, "!état")
    assert "⚠️ Le salon room · La Rosée a été mis à niveau, et il me manque" in stage.last(rosee["office"].room_id)
    new.levels[ME] = 50
    await stage.event(new.room_id, ANNE, "m.room.power_levels", {"users": dict(new.levels)}, state_key="")
    assert new.says == rosee["space"].room_id
    await stage.write(ANNE, rosee["office"].room_id, "!état")
    assert "mis à niveau" not in stage.last(rosee["office"].room_id)


async def test_the_space_is_followed_and_the_lieu_stays_the_same(stage: Stage, rosee: Rooms) -> None:
    rosee["room"].allow, rosee["room"].levels[ME] = rosee["space"].room_id, 100
    (before,) = await stage.bot.lieux.all()
    await welcomed(stage, rosee, answers=("Zoé", "rien", "oui"))
    new = await upgraded(stage, rosee["space"])
    (served,) = await stage.bot.lieux.all()
    assert (served.id, served.space, served.origin) == (before.id, new.room_id, rosee["space"].room_id)
    assert wire_id(served) == wire_id(before)
    assert served.choices == before.choices
    assert rosee["room"].allow == new.room_id
    # Berthe has not come yet, and Marc answers nobody any more: they are what they were.
    assert new.members[BERTHE] == "invite"
    await stage.click(BERTHE, rosee["office"].room_id, "✅")
    assert ("welcomed", ZOE) in await journal(stage)
    assert new.members[ZOE] == "invite"
    before_entering = len(stage.world.rooms)
    for person in (BERTHE, MARC):
        await stage.enter(person, new.room_id)
    assert len(stage.world.rooms) == before_entering, "nobody is greeted as if they were new"


async def test_whoever_was_not_invited_into_the_new_space_is(stage: Stage, rosee: Rooms) -> None:
    new = upgrade(stage.world, rosee["space"].room_id, ANNE)
    stage.world.moves(new.room_id, ANNE, ME, "invite")
    await stage.settle()
    assert {who for who, what in new.members.items() if what == "invite"} == {BERTHE, MARC}


async def test_whoever_was_invited_to_the_old_space_is_invited_to_the_new_one(stage: Stage, rosee: Rooms) -> None:
    await welcomed(stage, rosee, answers=("Zoé", "rien", "oui"))
    await stage.click(BERTHE, rosee["office"].room_id, "✅")
    assert rosee["space"].members[ZOE] == "invite"
    new = upgrade(stage.world, rosee["space"].room_id, ANNE)
    stage.world.moves(new.room_id, ANNE, ME, "invite")
    await stage.settle()
    assert new.members[ZOE] == "invite"


async def test_who_declined_or_was_put_out_of_the_new_space_has_no_right_by_the_old_one(
    stage: Stage, rosee: Rooms
) -> None:
    new = await upgraded(stage, rosee["space"])
    await stage.becomes(BERTHE, new.room_id, "leave", by=ANNE)
    await stage.write(BERTHE, rosee["office"].room_id, "!salon renommer room · La Rosée")
    (served,) = await stage.bot.lieux.all()
    assert await stage.bot.people.role(BERTHE, served, fresh=True) is Role.STRANGER
    await stage.becomes(MARC, rosee["space"].room_id, "leave")
    assert await stage.bot.people.role(MARC, served, fresh=True) is Role.NEWCOMER


async def test_whoever_is_still_to_come_is_found_by_every_command(stage: Stage, rosee: Rooms) -> None:
    new = await upgraded(stage, rosee["space"])
    office = rosee["office"].room_id
    await stage.write(ANNE, office, "!membres")
    assert all(name in stage.last(office) for name in ("Anne", "Berthe", "Marc"))
    await stage.write(ANNE, office, "passer")
    await stage.write(ANNE, office, "!départ Marc")
    assert any("**Marc** a ici" in said or "Marc a ici" in said for said in stage.said(office)[-3:])
    await stage.write(ANNE, office, "annuler")
    await stage.becomes(BERTHE, new.room_id, "leave")
    await stage.write(ANNE, office, "!membres")
    assert "Berthe" not in stage.last(office), "who declined is not to come"


async def test_who_has_not_come_yet_as_the_space_is_upgraded_again_stays_what_they_were(
    stage: Stage, rosee: Rooms
) -> None:
    second = await upgraded(stage, await upgraded(stage, rosee["space"]))
    (served,) = await stage.bot.lieux.all()
    assert served.space == second.room_id
    assert await stage.bot.people.role(BERTHE, served, fresh=True) is Role.CONCIERGE
    assert await stage.bot.people.role(MARC, served, fresh=True) is Role.MEMBER
    assert BERTHE in await stage.bot.people.concierges(served)
    assert {BERTHE, MARC} <= (await stage.bot.people.inside(served)).keys()
    await stage.becomes(MARC, second.room_id, "leave")
    assert await stage.bot.people.role(MARC, served, fresh=True) is not Role.MEMBER
    assert MARC not in await stage.bot.people.inside(served)


async def test_a_space_that_was_upgraded_twice_meanwhile_is_what_its_rooms_belong_to(
    stage: Stage, rosee: Rooms
) -> None:
    """The bot was away: it comes to know of both at once."""
    room, space = rosee["room"], rosee["space"].room_id
    room.allow, room.says, room.levels[ME] = space, space, 100
    first = upgrade(stage.world, space, ANNE)
    stage.world.moves(first.room_id, ANNE, ME, "invite")
    second = upgrade(stage.world, first.room_id, ANNE)
    stage.world.moves(second.room_id, ANNE, ME, "invite")
    await stage.settle()
    (served,) = await stage.bot.lieux.all()
    assert served.space == second.room_id
    assert (room.allow, room.says) == (second.room_id, second.room_id)
    told = stage.said(rosee["office"].room_id)
    assert [said for said in told if "salon **La Rosée**" in said or "salon La Rosée" in said] == []
    assert {who for who, what in second.members.items() if what == "invite"} == {BERTHE, MARC}


async def test_a_call_goes_on_below_a_card_in_the_new_conciergerie(stage: Stage, rosee: Rooms) -> None:
    private = await welcomed(stage, rosee, answers=("Zoé",))
    await stage.write(ZOE, private, "parler à quelqu’un")
    await stage.write(ZOE, private, "C’est où ?")
    new = await upgraded(stage, rosee["office"])
    card = next(
        str(event["event_id"])
        for event in new.events
        if event["sender"] == ME and "C’est où" in event["content"].get("body", "")
    )
    await stage.thread(ANNE, new.room_id, card, "Au bout de la rue")
    assert any("Au bout de la rue" in said for said in stage.said(private))
    answer = next(one for one in stage.world.rooms[private].events if "Au bout" in one["content"].get("body", ""))
    await stage.reply(ZOE, private, str(answer["event_id"]), "J’arrive dans dix minutes")
    told = [event["content"] for event in new.events if "J’arrive" in event["content"].get("body", "")]
    assert [content["m.relates_to"]["event_id"] for content in told] == [card]


async def test_a_call_goes_on_in_the_new_private_conversation(stage: Stage, rosee: Rooms) -> None:
    private = await welcomed(stage, rosee, answers=("Zoé",))
    await stage.write(ZOE, private, "parler à quelqu’un")
    await stage.write(ZOE, private, "C’est où ?")
    card = next(str(e["event_id"]) for e in rosee["office"].events if "C’est où" in e["content"].get("body", ""))
    old = stage.matrix.world.rooms[private]
    old.levels[ZOE] = 100
    new = await upgraded(stage, old, by=ZOE)
    await stage.thread(ANNE, rosee["office"].room_id, card, "Au bout de la rue")
    assert any("Au bout de la rue" in said for said in stage.said(new.room_id))


async def test_a_private_conversation_is_followed_and_known_as_one(stage: Stage, rosee: Rooms) -> None:
    room = stage.matrix.room("")
    room.members, room.levels, room.creator, room.encrypted = {ANNE: "join"}, {ANNE: 100, ME: 100}, ANNE, True
    await stage.becomes(ME, room.room_id, "invite", by=ANNE, is_direct=True)
    await stage.write(ANNE, room.room_id, "!inviter", encrypted=True)
    asked = stage.last(room.room_id)
    new = await upgraded(stage, room)
    assert any(asked in said for said in stage.said(new.room_id))
    assert stage.matrix.directs[ANNE] == new.room_id
    await stage.write(ANNE, new.room_id, ZOE)
    assert ZOE in stage.last(new.room_id)


# -- the bot is not let in


async def test_a_room_that_does_not_let_the_bot_in_is_asked_into(stage: Stage, rosee: Rooms) -> None:
    await stage.write(ANNE, rosee["office"].room_id, "!inviter")
    rosee["office"].levels[ME] = 100
    new = upgrade(stage.world, rosee["office"].room_id, ANNE)
    await stage.settle()
    await stage.wait(A_MOMENT)
    assert "/invite @conciergerie:lieu.fr" in stage.last(rosee["office"].room_id)
    await stage.write(ANNE, rosee["office"].room_id, "!état")
    assert "je ne suis pas dans le nouveau" in stage.last(rosee["office"].room_id)
    await stage.becomes(ME, new.room_id, "invite", by=MARC)
    assert new.members[ME] == "join"
    assert any("inviter" in said for said in stage.said(new.room_id))


async def test_who_is_invited_a_moment_later_as_clients_do_asks_for_nothing(stage: Stage, rosee: Rooms) -> None:
    new = upgrade(stage.world, rosee["room"].room_id, ANNE)
    await stage.settle()
    await stage.becomes(ME, new.room_id, "invite", by=ANNE)
    await stage.wait(A_MOMENT)
    assert new.members[ME] == "join"
    assert not any("ne me laisse pas entrer" in said for said in stage.said(rosee["office"].room_id))


async def test_into_a_new_space_nobody_is_asked_to_write_a_command(stage: Stage, rosee: Rooms) -> None:
    """A space has no place to write in."""
    upgrade(stage.world, rosee["space"].room_id, ANNE)
    await stage.settle()
    await stage.wait(A_MOMENT)
    told = stage.last(rosee["office"].room_id)
    assert told.startswith("L’espace La Rosée")
    assert ME in told
    assert "/invite" not in told


async def test_where_nobody_listens_to_the_bot_any_more_whoever_upgraded_is_told(stage: Stage, rosee: Rooms) -> None:
    """As homeservers leave an upgraded room: whoever has no power there says nothing any more."""
    new = upgrade(stage.world, rosee["office"].room_id, ANNE)
    await stage.settle()
    await stage.wait(A_MOMENT)
    private = stage.matrix.directs[ANNE]
    assert "/invite @conciergerie:lieu.fr" in stage.last(private)
    await stage.becomes(ME, new.room_id, "invite", by=BERTHE)
    assert any("c’est ici que je continue" in said for said in stage.said(new.room_id))


async def test_that_the_conciergerie_goes_on_elsewhere_is_told_before_what_it_was_asking(
    stage: Stage, rosee: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where linking the rooms takes a while, its open questions do not wait for it: they are asked again meanwhile."""
    told, carry = list[str](), FakeSuccessors.carry

    async def slowly(self: FakeSuccessors, upgrade: Upgrade) -> None:
        query = "SELECT content FROM outbox WHERE room_id = ? AND status = 'waiting'"
        leaving = await stage.database.read(lambda tx: tx.execute(query, (upgrade.new,)).fetchall())
        told.extend(stage.said(upgrade.new) + [json.loads(row["content"]).get("body", "") for row in leaving])
        await carry(self, upgrade)

    monkeypatch.setattr(FakeSuccessors, "carry", slowly)
    await stage.write(ANNE, rosee["office"].room_id, "!annonce Réunion mardi")
    new = upgrade(stage.world, rosee["office"].room_id, ANNE)
    await stage.becomes(ME, new.room_id, "invite", by=ANNE)
    assert "c’est ici que je continue" in told[0]
    assert any("Dans quels salons" in said for said in stage.said(new.room_id))


async def test_a_private_conversation_that_does_not_let_the_bot_in_says_so(stage: Stage, rosee: Rooms) -> None:
    room = stage.matrix.room("")
    room.members, room.levels, room.creator = {ANNE: "join"}, {ANNE: 100, ME: 100}, ANNE
    await stage.becomes(ME, room.room_id, "invite", by=ANNE, is_direct=True)
    upgrade(stage.world, room.room_id, ANNE)
    await stage.settle()
    await stage.wait(A_MOMENT)
    assert "/invite @conciergerie:lieu.fr" in stage.last(room.room_id)


# -- when


async def test_twice_the_same_upgrade_is_one(stage: Stage, rosee: Rooms) -> None:
    new = await upgraded(stage, rosee["office"])
    said = len(stage.said(new.room_id))
    points(stage.world, rosee["office"].room_id, new.room_id, ANNE)
    await stage.settle()
    await stage.bot.following.look()
    await stage.settle()
    assert len(stage.said(new.room_id)) == said


async def test_a_room_that_was_upgraded_twice_is_followed_to_its_end(stage: Stage, rosee: Rooms) -> None:
    first = upgrade(stage.world, rosee["office"].room_id, ANNE)
    stage.world.moves(first.room_id, ANNE, ME, "invite")
    second = upgrade(stage.world, first.room_id, ANNE)
    stage.world.moves(second.room_id, ANNE, ME, "invite")
    await stage.settle()
    (served,) = await stage.bot.lieux.all()
    assert served.office == second.room_id
    await stage.write(ANNE, second.room_id, "!aide")
    assert "!inviter" in stage.last(second.room_id)


async def test_a_room_that_was_upgraded_while_the_bot_was_away_is_found_at_its_start(
    stage: Stage, rosee: Rooms
) -> None:
    new = upgrade(stage.world, rosee["room"].room_id, ANNE)
    new.members[ME] = "invite"
    stage.matrix.ear.unheard.clear()
    await stage.bot.following.look()
    await stage.settle()
    (served,) = await stage.bot.lieux.all()
    assert served.choices.open_rooms == (new.room_id,)


async def test_a_room_that_was_looked_at_is_let_alone_for_a_month(stage: Stage, rosee: Rooms) -> None:
    """Its upgrade would be heard; but for one that the bot left meanwhile."""
    for room in rosee.values():
        await stage.database.write(rooms.joined, room.room_id, stage.clock.now())
    asked = Asked()
    asked.watch(stage.matrix)

    async def requests() -> int:
        before = asked.count
        await stage.bot.following.look()
        return asked.count - before

    first = await requests()
    assert await requests() == 1, "where the bot is"
    await stage.database.write(rooms.left, rosee["room"].room_id)
    await stage.database.write(rooms.joined, rosee["room"].room_id, stage.clock.now())
    assert 1 < await requests() < first
    stage.clock.at += 31 * 86_400_000
    assert await requests() == first


async def test_what_waits_to_be_said_is_said_in_the_new_room(stage: Stage, rosee: Rooms) -> None:
    office = rosee["office"].room_id
    letters = [
        Letter(office, "one", "m.room.message", {"msgtype": "m.text", "body": "un"}),
        Letter(office, "two", "m.room.message", {"body": "deux", "m.relates_to": {"event_id": {"$event": "one"}}}),
        Letter(office, "three", "m.room.message", {"body": "trois", "m.relates_to": {"event_id": "$old"}}),
        Letter(office, "four", "m.reaction", {"m.relates_to": {"event_id": "$old", "key": "✅"}}),
    ]
    await stage.database.write(lambda tx: [outbox.post(tx, letter, 1) for letter in letters])
    new = await upgraded(stage, rosee["office"])
    assert stage.said(new.room_id)[:3] == ["un", "deux", "trois"]
    relations = [
        one["content"].get("m.relates_to") for one in stage.world.rooms[new.room_id].events if one["sender"] == ME
    ]
    assert relations[1] is not None
    assert relations[2] is None


# -- who would have it otherwise


async def stays(stage: Stage, rosee: Rooms, new: FakeRoom) -> None:
    await stage.settle()
    (served, *_) = await stage.bot.lieux.all()
    assert (served.office, served.space) == (rosee["office"].room_id, rosee["space"].room_id)
    assert new.members.get(ME) != "join"
    assert "qui n’en prend pas la suite" in stage.last(rosee["office"].room_id)


async def test_a_room_that_names_another_predecessor_is_no_successor(stage: Stage, rosee: Rooms) -> None:
    rosee["office"].levels[ME] = 100
    new = stage.matrix.room("Conciergerie")
    new.members, new.creator, new.join = {ANNE: "join"}, ANNE, "public"
    points(stage.world, rosee["office"].room_id, new.room_id, ANNE)
    await stays(stage, rosee, new)
    await stage.write(ANNE, rosee["office"].room_id, "!état")
    assert "je reste dans l’ancien" in stage.last(rosee["office"].room_id)


async def test_a_room_that_a_stranger_made_is_no_successor(stage: Stage, rosee: Rooms) -> None:
    rosee["office"].levels[ME] = 100
    new = stage.matrix.room("Conciergerie")
    new.members, new.creator, new.join = {ZOE: "join"}, ZOE, "public"
    new.predecessor = rosee["office"].room_id
    points(stage.world, rosee["office"].room_id, new.room_id, ANNE)
    await stays(stage, rosee, new)


async def test_a_room_that_was_refused_is_not_entered_again_every_day(stage: Stage, rosee: Rooms) -> None:
    new = stage.matrix.room("Conciergerie")
    new.members, new.creator, new.join = {ZOE: "join"}, ZOE, "public"
    points(stage.world, rosee["office"].room_id, new.room_id, ANNE)
    await stage.settle()
    new.members.pop(ME)
    await stage.bot.following.look()
    assert ME not in new.members


async def test_what_was_said_encrypted_is_not_said_in_clear(stage: Stage, rosee: Rooms) -> None:
    rosee["office"].encrypted = True
    new = upgrade(stage.world, rosee["office"].room_id, ANNE)
    new.encrypted = False
    stage.world.moves(new.room_id, ANNE, ME, "invite")
    await stage.settle()
    (served,) = await stage.bot.lieux.all()
    assert served.office == rosee["office"].room_id
    assert stage.said(new.room_id) == []


async def test_a_room_of_another_lieu_is_nobody_s_successor(stage: Stage, rosee: Rooms) -> None:
    phare = await lieu(stage, "Le Phare", MARC)
    rosee["office"].levels[ME] = 100
    phare["office"].predecessor, phare["office"].creator = rosee["office"].room_id, ANNE
    points(stage.world, rosee["office"].room_id, phare["office"].room_id, ANNE)
    await stage.settle()
    first, second = await stage.bot.lieux.all()
    assert (first.office, second.office) == (rosee["office"].room_id, phare["office"].room_id)
    assert phare["office"].members[ME] == "join", "it is at home there"
    phare["space"].predecessor, phare["space"].creator = rosee["space"].room_id, ANNE
    points(stage.world, rosee["space"].room_id, phare["space"].room_id, ANNE)
    await stage.settle()
    assert [one.space for one in await stage.bot.lieux.all()] == [first.space, second.space]


async def test_tombstones_in_a_circle_end(stage: Stage, rosee: Rooms) -> None:
    new = await upgraded(stage, rosee["room"])
    rosee["room"].predecessor = new.room_id
    points(stage.world, new.room_id, rosee["room"].room_id, ANNE)
    await stage.settle()
    await stage.bot.following.look()
    (served,) = await stage.bot.lieux.all()
    assert served.choices.open_rooms == (new.room_id,)


@pytest.mark.parametrize("target", ["!nowhere", "!nowhere:ailleurs.fr"])
async def test_a_tombstone_that_points_nowhere(stage: Stage, rosee: Rooms, target: str) -> None:
    rosee["office"].levels[ME] = 100
    points(stage.world, rosee["office"].room_id, target, ANNE)
    await stage.settle()
    await stage.write(ANNE, rosee["office"].room_id, "!aide")
    assert "!inviter" in stage.last(rosee["office"].room_id)


async def test_an_invitation_that_claims_to_come_from_a_room_is_an_ordinary_one(stage: Stage, rosee: Rooms) -> None:
    """The space says that it takes the lieu's place; the lieu's own says nothing of the kind."""
    new = stage.matrix.room("La Rosée", space=True)
    new.members, new.levels, new.creator = {ANNE: "join"}, {ANNE: 100}, ANNE
    new.predecessor = rosee["space"].room_id
    await stage.bring_bot(ANNE, new.room_id)
    (served,) = await stage.bot.lieux.all()
    assert served.space == rosee["space"].room_id


async def test_the_old_space_brings_no_second_lieu(stage: Stage, rosee: Rooms) -> None:
    """Settings may name it for years."""
    await upgraded(stage, rosee["space"])
    await stage.becomes(ME, rosee["space"].room_id, "leave", by=ANNE)
    stage.bot.candidates.spaces = frozenset({rosee["space"].room_id})
    await stage.bring_bot(ANNE, rosee["space"].room_id)
    assert rosee["space"].members[ME] == "leave"
    assert len(await stage.bot.lieux.all()) == 1


async def test_what_the_old_room_refused_meanwhile_is_said_in_the_new_one(stage: Stage, rosee: Rooms) -> None:
    """Between the upgrade and the sync that tells of it, a homeserver takes no word of a guest there."""
    office = rosee["office"].room_id
    old = Letter(office, "old", "m.room.message", {"msgtype": "m.text", "body": "refusé il y a longtemps"})
    await stage.database.write(outbox.post, old, stage.clock.at - 86_400_000)
    await stage.database.write(lambda tx: tx.execute("UPDATE outbox SET status = 'refused', error = 'M_FORBIDDEN'"))
    new = upgrade(stage.world, office, ANNE)
    stage.world.moves(new.room_id, ANNE, ME, "invite")
    heard, stage.matrix.ear.unheard[:] = [*stage.matrix.ear.unheard], []
    letter = Letter(office, "late", "m.room.message", {"msgtype": "m.text", "body": "une demande arrive"})
    await stage.database.write(outbox.post, letter, stage.clock.now())
    stage.outbox.poke()
    await stage.quiet()
    assert await stage.database.read(outbox.fate, "late") == ("refused", None)
    await stage.hear(*heard)
    assert "une demande arrive" in stage.said(new.room_id)
    assert "refusé il y a longtemps" not in stage.said(new.room_id)
