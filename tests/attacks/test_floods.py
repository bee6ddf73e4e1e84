"""Too much of something: invitations, knocks, arrivals, commands, reports, clicks, edits. Each source (a person, room,
a server or a lieu) may make the bot say or ask so much in an hour; beyond it, one sentence or one card sums up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.attacks import closing as deciding
from tests.commands.people.test_lists import LIST, adds
from tests.commands.people.test_moderation import ask
from tests.network.lieux import Lieux
from tests.stage.furnished_lieux import ANNE, MARC, ZOE, journal, lieu
from tests.stage.stage import ME, FakeRoom, Stage
from tests.stage.transcript_header import scenery

pytestmark = pytest.mark.sampled(6)

EVE = "@eve:lieu.fr"
Rooms = dict[str, FakeRoom]


def messages(stage: Stage, room_id: str) -> list[dict[str, Any]]:
    events = stage.world.rooms[room_id].events
    return [e["content"] for e in events if e["sender"] == ME and e["type"] == "m.room.message"]


def inside(stage: Stage, rooms: list[FakeRoom]) -> int:
    return sum(room.members.get(ME) == "join" for room in rooms)


# -- invitations


async def test_ninety_rooms_of_a_stranger_are_not_entered(stage: Stage) -> None:
    """Eve makes ninety rooms and invites the bot to each: it would be in them for ever."""
    await lieu(stage, "La Rosée", ANNE)
    rooms = [stage.matrix.room(f"Salon {n}") for n in range(90)]
    for room in rooms:
        room.members[EVE], room.levels[EVE] = "join", 100
        await stage.bring_bot(EVE, room.room_id)
    assert inside(stage, rooms) == 0
    assert all(room.members[ME] == "leave" for room in rooms[5:])
    assert "invitations à la fois" in stage.matrix.farewells[rooms[89].room_id]


async def test_who_brings_the_bot_to_the_rooms_before_the_space_finds_it_in_all_of_them(stage: Stage) -> None:
    """Anne is about to open a lieu, and begins with its rooms. To the bot she is a stranger as yet."""
    space = stage.matrix.room("La Rosée", space=True)
    space.members, space.levels = {ANNE: "join"}, {ANNE: 100}
    rooms = [stage.matrix.room(f"Salon {n}", parent=space.room_id) for n in range(4)]
    for room in rooms:
        room.levels, room.members = {ANNE: 100}, {ANNE: "join"}
        await stage.bring_bot(ANNE, room.room_id)
    assert inside(stage, rooms) == 0
    how = {"language": "fr", "zone": "Europe/Paris", "now": 1}
    await stage.bot.lieux.create(space.room_id, space.name, **how)  # the host agrees
    await stage.bring_bot(ANNE, space.room_id)
    assert inside(stage, rooms) == 4


async def test_a_member_is_told_why_the_bot_does_not_come(stage: Stage) -> None:
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].members[MARC] = "join"
    private = stage.matrix.room("Chez Marc")
    private.members[MARC], private.levels[MARC] = "join", 100
    await stage.bring_bot(MARC, private.room_id)
    assert "espace du lieu" in stage.matrix.farewells[private.room_id]


async def test_ninety_private_conversations_with_one_person_are_one(stage: Stage) -> None:
    """She says that each is a private conversation: there is one with each person."""
    rooms = [stage.matrix.room("") for n in range(90)]
    for room in rooms:
        room.members[EVE], room.levels[EVE] = "join", 100
        await stage.becomes(EVE, room.room_id, "join")
        await stage.becomes(ME, room.room_id, "invite", by=EVE, is_direct=True)
    assert inside(stage, rooms) == 1
    assert len(stage.said(rooms[0].room_id)) <= 5


async def test_ninety_accounts_of_one_server_are_not_all_answered(stage: Stage) -> None:
    """A server on which anybody makes accounts."""
    rooms = [stage.matrix.room("") for n in range(90)]
    for n, room in enumerate(rooms):
        room.members[f"@eve{n}:lieu.fr"], room.levels[f"@eve{n}:lieu.fr"] = "join", 100
        await stage.becomes(ME, room.room_id, "invite", by=f"@eve{n}:lieu.fr", is_direct=True)
    assert 0 < inside(stage, rooms) <= 40


async def test_others_on_a_server_do_not_keep_its_concierge_from_bringing_the_bot(stage: Stage) -> None:
    """Anybody makes accounts on the homeserver of the lieu, and uses up what it may invite in an hour."""
    await lieu(stage, "La Rosée", ANNE)
    for n in range(50):
        room = stage.matrix.room("")
        room.members[f"@eve{n}:lieu.fr"], room.levels[f"@eve{n}:lieu.fr"] = "join", 100
        await stage.becomes(ME, room.room_id, "invite", by=f"@eve{n}:lieu.fr", is_direct=True)
    assert room.members[ME] == "leave"
    for own in (stage.matrix.room("Atelier"), stage.matrix.room("Jardin")):
        own.members[ANNE], own.levels[ANNE] = "join", 100
        await stage.bring_bot(ANNE, own.room_id)
        assert own.members[ME] == "join"


async def test_who_lost_the_conversation_gets_it_back(stage: Stage) -> None:
    """Zoé left the room by mistake, and begins another conversation with the bot: she is not left without an answer."""
    first = await stage.matrix.rooms.direct(MARC)
    await stage.enter(MARC, first)
    await stage.becomes(MARC, first, "leave")
    again = stage.matrix.room("")
    again.members[MARC], again.levels[MARC] = "join", 100
    await stage.becomes(ME, again.room_id, "invite", by=MARC, is_direct=True)
    assert stage.world.rooms[first].members[MARC] == "invite"
    assert "inviter à nouveau" in stage.matrix.farewells[again.room_id]
    await stage.enter(MARC, first)
    await stage.write(MARC, first, "aide")
    assert stage.said(first)


async def test_who_does_not_find_it_is_waved_to_there(stage: Stage) -> None:
    first = await stage.matrix.rooms.direct(MARC)
    await stage.enter(MARC, first)
    again = stage.matrix.room("")
    again.members[MARC], again.levels[MARC] = "join", 100
    await stage.becomes(ME, again.room_id, "invite", by=MARC, is_direct=True)
    assert again.members[ME] == "leave"
    assert "Je suis ici" in stage.last(first)


async def test_a_concierge_brings_the_bot_to_forty_rooms_on_the_first_day(stage: Stage) -> None:
    await lieu(stage, "La Rosée", ANNE)
    rooms = [stage.matrix.room(f"Salon {n}") for n in range(40)]
    for room in rooms:
        room.members[ANNE], room.levels[ANNE] = "join", 100
        await stage.bring_bot(ANNE, room.room_id)
    assert inside(stage, rooms) == 40


# -- commands, words, clicks, edits


async def test_a_member_who_floods_a_command_is_told_once_when_it_goes_on(stage: Stage) -> None:
    """Each `!aide` was answered: two hundred of them are two hundred messages, and the homeserver's limits are met."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].members[MARC] = "join"
    room = await stage.matrix.rooms.direct(MARC)
    await stage.enter(MARC, room)
    for _ in range(200):
        await stage.write(MARC, room, "!aide langue")
    assert len(stage.said(room)) == 31
    assert "je reprends dans" in stage.last(room)
    await stage.wait(1 / 24)
    await stage.write(MARC, room, "!aide langue")
    assert len(stage.said(room)) == 32


async def test_an_open_question_goes_on_while_commands_rest(stage: Stage) -> None:
    """Nothing of it harms what is under way: the answer to a question is no command."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].members[MARC] = "join"
    room = await stage.matrix.rooms.direct(MARC)
    await stage.enter(MARC, room)
    await stage.write(MARC, room, "!langue")
    for _ in range(100):
        await stage.write(MARC, room, "!aide langue")
    await stage.write(MARC, room, "english")
    assert "je te parle ainsi" in stage.last(room)


async def test_a_concierge_of_an_open_day_meets_no_budget(stage: Stage) -> None:
    """Forty people by hand: two commands and two answers each, in one hour."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    office = rooms["office"].room_id
    for n in range(40):
        await stage.write(ANNE, office, f"!inviter @nouvelle{n}:ailleurs.fr")
        await stage.write(ANNE, office, "oui")
        await stage.write(ANNE, office, f"!suivi @nouvelle{n}:ailleurs.fr")
        await stage.write(ANNE, office, "annuler")
    assert not any("je fais une pause" in said for said in stage.said(office))
    assert len([said for said in stage.said(office) if "invitation est partie" in said]) == 40


async def test_many_accounts_in_one_room_share_what_the_room_may(stage: Stage) -> None:
    rooms = await lieu(stage, "La Rosée", ANNE)
    room = rooms["room"].room_id
    for n in range(90):
        for _ in range(4):
            await stage.write(f"@eve{n}:lieu.fr", room, "!aide")
    assert len(stage.said(room)) <= 151


async def test_where_am_i_is_not_asked_a_thousand_times(stage: Stage) -> None:
    """« où » posts the whole question anew, with its reactions."""
    await lieu(stage, "La Rosée", ANNE)
    room = await stage.matrix.rooms.direct(ANNE)
    await stage.enter(ANNE, room)
    await stage.write(ANNE, room, "inviter")
    for _ in range(300):
        await stage.write(ANNE, room, "où")
    assert len(stage.said(room)) <= 63
    await stage.write(ANNE, room, "@zoe:ailleurs.fr")
    assert "C’est bon" in stage.last(room)


async def test_an_answer_that_is_edited_without_end_rests(stage: Stage) -> None:
    await lieu(stage, "La Rosée", ANNE)
    room = await stage.matrix.rooms.direct(ANNE)
    await stage.enter(ANNE, room)
    await stage.write(ANNE, room, "inviter")
    answer = await stage.write(ANNE, room, "@zoe:ailleurs.fr")
    for n in range(300):
        await stage.edit(ANNE, room, answer, f"@zoe{n}:ailleurs.fr")
    assert len(messages(stage, room)) <= 140
    await stage.write(ANNE, room, "oui")
    assert "C’est bon" not in stage.last(room)


async def test_an_answer_that_is_deleted_without_end_rests(tmp_path: Path) -> None:
    """Each deletion asks again, and what is asked of others with it: without end, unlike an edit."""
    async with deciding.asked(tmp_path) as closing:
        stage, room, anne = closing.stage, deciding.office(closing), closing.people["Anne"]
        before = len(stage.said(room))
        for _ in range(100):
            await stage.delete(anne, room, deciding.typed(closing, "zoé"))
            await stage.write(anne, room, "zoé")
        assert len(stage.said(room)) - before < 150
        assert any("je reprends dans" in said for said in stage.said(room)[before:])


@pytest.mark.parametrize("label", ["prénom", "identifiant"])
async def test_answers_that_are_changed_without_end_rest(tmp_path: Path, label: str) -> None:
    """A newcomer names one of their answers at the recapitulation, and gives another one: both are understood, each
    time. Four hundred words were two thousand events, and the services asked as often."""
    async with scenery(deciding.LIEU, tmp_path) as scene:
        stage = scene.stage
        await stage.enter(EVE, scene.space.room_id)
        private = stage.matrix.directs[EVE]
        await stage.enter(EVE, private)
        for line in ("Eve", "eve", "eve@exemple.fr", "passer"):
            await stage.write(EVE, private, line)
        for n in range(200):
            await stage.write(EVE, private, label)
            await stage.write(EVE, private, f"eve{n}")
        said = stage.said(private)
        assert len(said) < 330
        assert "je reprends dans" in said[-1]
        await stage.wait(1 / 24)
        await stage.write(EVE, private, "prénom" if "récapitule" in said[-2] else "eve")
        assert "je reprends dans" not in stage.last(private)


async def test_a_concierge_who_answers_all_day_meets_no_budget(tmp_path: Path) -> None:
    """Forty people by hand on an open day, ten answers each, in one hour."""
    async with scenery(deciding.LIEU, tmp_path) as scene:
        stage, room, anne = scene.stage, deciding.office(scene), scene.people["Anne"]
        for line in ("!annonce", "Bonjour", "1"):
            await stage.write(anne, room, line)
        for n in range(200):
            await stage.write(anne, room, "message")
            await stage.write(anne, room, f"Bonjour, version {n}")
        assert not any("je reprends dans" in said for said in stage.said(room))
        await stage.click(anne, room, "✅")
        assert "Bonjour, version 199" in stage.last(scene.rooms["Place du village"].room_id)


async def test_clicks_on_what_is_over_are_answered_a_few_times(stage: Stage) -> None:
    rooms = await lieu(stage, "La Rosée", ANNE)
    office = rooms["office"].room_id
    await stage.write(ANNE, office, "!inviter @zoe:ailleurs.fr")
    question = stage.last_question(office)
    await stage.click(ANNE, office, "✅")
    said = len(stage.said(office))
    for n in range(300):
        await stage.click(ANNE, office, f"✅{n}", question)
    assert len(stage.said(office)) - said <= 31


async def test_a_thousand_display_names_cost_nothing(stage: Stage) -> None:
    """Somebody of the lieu calls themselves otherwise every second: no sentence, and no question to the homeserver."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    (made,) = await stage.bot.lieux.all()
    rooms["space"].members[MARC] = "join"
    await stage.bot.arrivals.know(made.id, [MARC])
    called = len(stage.matrix.calls)
    for n in range(1_000):
        await stage.becomes(MARC, rooms["space"].room_id, "join", displayname=f"Marc {n}")
    assert len(stage.matrix.calls) == called
    assert stage.said(rooms["office"].room_id) == []
    assert ZOE not in stage.matrix.directs


# -- at the door


async def knock(stage: Stage, who: str, room: FakeRoom) -> None:
    room.join = "knock"
    await stage.becomes(who, room.room_id, "knock", reason="Bonjour")


def asked(stage: Stage, office: str) -> list[str]:
    return [said for said in stage.said(office) if "On frappe à la porte" in said]


async def test_sixty_accounts_that_knock_are_not_sixty_questions(stage: Stage) -> None:
    """Eve makes sixty accounts on a server of her own, and each knocks: the concierges' room would be full of it."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    office, rooms["space"].levels[ME] = rooms["office"].room_id, 50
    for n in range(60):
        await knock(stage, f"@eve{n}:spam.example", rooms["space"])
    assert len(asked(stage, office)) == 6
    await stage.wait(1 / 24)
    assert len(stage.said(office)) == 7
    assert "54 personnes frappent encore" in stage.last(office)
    await stage.click(ANNE, office, "❌")
    await stage.click(ANNE, office, "✅")
    assert "54 personnes ne frappent plus" in stage.last(office)
    assert list(rooms["space"].members.values()).count("knock") == 6


async def test_an_honest_knock_in_the_middle_is_not_lost(stage: Stage) -> None:
    """From another server it is asked about as ever; from the same one it is among those that are shown later."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    office = rooms["office"].room_id
    for n in range(20):
        await knock(stage, f"@eve{n}:spam.example", rooms["space"])
    await knock(stage, ZOE, rooms["space"])
    assert "zoe" in asked(stage, office)[-1]
    await stage.wait(1 / 24)
    for round in (14, 6):
        assert f"{round} personnes frappent encore" in stage.last(office)
        await stage.click(ANNE, office, "✅")
        await stage.wait(1 / 24 / 60)
    assert len(asked(stage, office)) == 21


async def test_a_crowd_that_is_gone_needs_no_answer(stage: Stage) -> None:
    rooms = await lieu(stage, "La Rosée", ANNE)
    office = rooms["office"].room_id
    for n in range(10):
        await knock(stage, f"@eve{n}:spam.example", rooms["space"])
    for n in range(10):
        await stage.becomes(f"@eve{n}:spam.example", rooms["space"].room_id, "leave")
    await stage.wait(1 / 24)
    assert "Plus personne" in stage.last(office)


async def everybody_is_known(stage: Stage) -> None:
    """As at the first day of a lieu."""
    for made in await stage.bot.lieux.all():
        await stage.bot.arrivals.know(made.id, list(stage.world.rooms[made.space].members))


async def test_sixty_that_enter_are_not_sixty_private_rooms(stage: Stage) -> None:
    """An open space: whoever enters is welcomed in a private room of their own, which the bot has to make and keep."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    office = rooms["office"].room_id
    await everybody_is_known(stage)
    for n in range(60):
        await stage.becomes(f"@eve{n}:spam.example", rooms["space"].room_id, "join")
    assert len(stage.matrix.directs) == 10
    await stage.wait(0.25 / 24)
    assert "50 personnes de plus" in stage.last(office)
    await stage.click(ANNE, office, "❌")
    assert "tranquilles" in stage.last(office)
    await stage.wait(1)
    assert len(stage.matrix.directs) == 10


async def test_without_an_answer_they_are_welcomed_little_by_little(stage: Stage) -> None:
    """An association of sixty people moves in on one evening: nobody is forgotten."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    await everybody_is_known(stage)
    for n in range(60):
        await stage.becomes(f"@nouvelle{n}:lieu.fr", rooms["space"].room_id, "join")
    assert len(stage.matrix.directs) == 20
    for _ in range(6):
        await stage.wait(1 / 24)
    assert len(stage.matrix.directs) == 60


async def test_who_comes_and_goes_without_end_fills_no_journal(stage: Stage) -> None:
    rooms = await lieu(stage, "La Rosée", ANNE)
    for _ in range(100):
        await stage.becomes(ZOE, rooms["space"].room_id, "join")
        await stage.becomes(ZOE, rooms["space"].room_id, "leave")
    assert len([what for what, _ in await journal(stage) if what == "left"]) == 10


# -- what members may ask of the conciergerie, and of other lieux


async def test_a_member_who_reports_everything_is_heard_ten_times(stage: Stage) -> None:
    """Sixty cards with buttons, for one person with too much time."""
    rooms = await members(stage, MARC)
    for n in range(60):
        await reports(stage, rooms, MARC, n)
    cards = [said for said in stage.said(rooms["office"].room_id) if "signale un message" in said]
    assert len(cards) == 10


async def test_reports_of_many_wait_for_their_turn_and_none_is_lost(stage: Stage) -> None:
    people = [f"@membre{n}:lieu.fr" for n in range(6)]
    rooms = await members(stage, *people)
    office = rooms["office"].room_id
    for n in range(30):
        await reports(stage, rooms, people[n % 6], n)
    assert len([said for said in stage.said(office) if "signale un message" in said]) == 20
    await stage.wait(1.1 / 24)
    assert len([said for said in stage.said(office) if "signale un message" in said]) == 30


async def members(stage: Stage, *people: str) -> Rooms:
    rooms = await lieu(stage, "La Rosée", ANNE)
    for room in (rooms["space"], rooms["room"]):
        room.members |= dict.fromkeys(people, "join")
    return rooms


async def reports(stage: Stage, rooms: Rooms, who: str, n: int) -> None:
    bad = await stage.write(f"@spam{n}:ailleurs.fr", rooms["room"].room_id, f"Achetez {n}")
    relation = {"m.relates_to": {"m.in_reply_to": {"event_id": bad}}}
    await stage.write(who, rooms["room"].room_id, "!signaler", **relation)


async def test_a_member_who_asks_the_network_without_end_comes_back_later(lieux: Lieux) -> None:
    """Three hundred and twenty requests made three hundred cards in each lieu. Ten leave the lieu, and eight of one
    lieu are read one by one in the others."""
    rosee, moulin = await lieux.build("La Rosée", "rosee.fr"), await lieux.build("Le Moulin", "moulin.fr")
    await lieux.network(rosee, moulin)
    room = rosee.hall.room_id
    for n in range(25):
        await lieux.write(rosee.member, room, f"!demande une échelle de {n + 2} mètres pour samedi")
        if "C’est bon" in lieux.said(rosee, rosee.hall)[-1] or "✅" in lieux.said(rosee, rosee.hall)[-1]:
            await lieux.click(rosee.member, room, "✅")
    told = [e["content"].get("org.conciergerie.request") for room in lieux.rooms.values() for e in room.events]
    assert len({one["id"] for one in told if one}) == 10
    assert len([said for said in lieux.said(moulin) if "échelle" in said]) == 8  # the others in one message, later
    assert "Reviens dans" in lieux.said(rosee, rosee.hall)[-1]


async def test_sixty_that_are_on_a_list_are_proposed_a_few_at_a_time(stage: Stage) -> None:
    """A list that a server of spam knows: it sends all whom the list means, so that nothing else is read any more."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    office, rooms["space"].levels[ME] = rooms["office"].room_id, 50
    await everybody_is_known(stage)
    stage.matrix.aliases[LIST] = stage.matrix.room("Veille").room_id
    await ask(stage, rooms["office"], f"!listes {LIST}", "proposer", "oui", by=ANNE)
    await adds(stage, "@*:spam.example")
    for n in range(60):
        await stage.becomes(f"@eve{n}:spam.example", rooms["space"].room_id, "join")
    assert len([said for said in stage.said(office) if "Veille" in said and "eve" in said]) == 24
