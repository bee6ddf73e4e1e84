"""Several people, and whole servers, in one `!modérer`: one recapitulation, one act each."""

from __future__ import annotations

import pytest

from bot.store import weeks
from tests.stage.furnished_lieux import ANNE, BERTHE, MARC, ZOE, acts, lieu
from tests.stage.stage import ME, FakeRoom, Stage
from tests.stage.upgrades import upgrade

Rooms = dict[str, FakeRoom]
SPAM = [f"@spam{n}:spam.example" for n in range(34)]


@pytest.fixture
async def here(stage: Stage) -> Rooms:
    """La Rosée, with Anne and Berthe at the conciergerie and Marc and Zoé members, where the bot may ban."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].levels |= {ME: 100, BERTHE: 50}
    for room in (rooms["space"], rooms["room"]):
        room.levels[ME] = 100
        room.members |= {MARC: "join", ZOE: "join", BERTHE: "join"}
    stage.matrix.names |= {MARC: "Marc", ZOE: "Zoé", BERTHE: "Berthe"}
    return rooms


async def ask(stage: Stage, rooms: Rooms, *lines: str) -> str:
    """All that is said meanwhile."""
    office = rooms["office"].room_id
    before = len(stage.said(office))
    for line in lines:
        await stage.write(ANNE, office, line)
    return "\n".join(stage.said(office)[before:])


def out(rooms: Rooms) -> list[str]:
    """Who is shut out everywhere."""
    banned = [{who for who, what in room.members.items() if what == "ban"} for room in rooms.values()]
    return sorted(set.intersection(*banned))


async def departures(stage: Stage) -> int:
    """How many « !semaine » tells of these days."""
    (lieu, *_) = await stage.bot.lieux.all()
    return await stage.database.read(weeks.departures, lieu.id, 0, stage.clock.now() + 1)


def pasted(people: list[str]) -> str:
    return "!modérer " + "\n".join(people)


async def test_thirty_four_are_excluded_upon_one_yes(stage: Stage, here: Rooms) -> None:
    said = await ask(stage, here, pasted(SPAM), "Pourriels")
    assert "34 personnes ou serveurs" in said
    assert said.count("C’est bon") == 1
    assert out(here) == []
    said = await ask(stage, here, "oui")
    assert out(here) == sorted(SPAM)
    assert "34 exclusions en place" in said
    assert sorted(await acts(stage)) == sorted((ANNE, "excluded", one) for one in SPAM)


async def test_strangers_are_not_written_to_and_members_are(stage: Stage, here: Rooms) -> None:
    await ask(stage, here, pasted([*SPAM[:3], MARC]), "Pourriels", "oui")
    written_to = {person for room in stage.world.rooms.values() for person in room.members if room not in here.values()}
    assert MARC in written_to
    assert not written_to & set(SPAM)


async def test_the_reasons_of_the_list_are_kept_and_not_asked_for(stage: Stage, here: Rooms) -> None:
    said = await ask(stage, here, pasted([f"{SPAM[0]} poneys", f"{SPAM[1]} (m.ban) : casino"]))
    assert "Pour quelle raison" not in said
    assert f"{SPAM[0]} · poneys" in said
    assert f"{SPAM[1]} · casino" in said


async def test_whoever_must_be_spared_is_named_and_stays(stage: Stage, here: Rooms) -> None:
    here["space"].levels["@chef:lieu.fr"] = 100
    said = await ask(stage, here, pasted([SPAM[0], ANNE, BERTHE, ME, "@chef:lieu.fr"]), "Pourriels", "oui")
    for why in ("c’est toi", "c’est moi", "est à la conciergerie", "administre l’espace"):
        assert why in said
    assert "Berthe" in said
    assert out(here) == [SPAM[0]]


async def test_who_is_out_already_and_who_is_there_twice_are_told_once(stage: Stage, here: Rooms) -> None:
    here["space"].members[SPAM[0]] = "ban"
    said = await ask(stage, here, pasted([SPAM[0], SPAM[1], SPAM[1], SPAM[2], "la liste de dimanche"]), "Pourriels")
    assert said.count("Exclusion déjà en place") == 1
    assert said.count("Plusieurs fois dans la liste") == 1
    assert "Pas compris\u202f: «\u202fla liste de dimanche\u202f»" in said
    await ask(stage, here, "oui")
    assert [what for _, what, _ in await acts(stage)] == ["excluded", "excluded"]


async def test_nobody_left_asks_nothing(stage: Stage, here: Rooms) -> None:
    said = await ask(stage, here, pasted([ME, BERTHE]))
    assert "Il ne reste personne à exclure" in said
    assert "C’est bon" not in said


async def test_the_trouble_of_one_stops_nobody_else(stage: Stage, here: Rooms) -> None:
    here["room"].levels[ME] = 0
    said = await ask(stage, here, pasted([SPAM[0], MARC]), "Pourriels", "oui")
    assert [here["space"].members.get(who) for who in (SPAM[0], MARC)] == ["ban", "ban"]
    assert said.count("où il me manque des droits") == 2
    assert "room · La Rosée" in said


async def test_who_became_a_concierge_after_the_recapitulation_stays(stage: Stage, here: Rooms) -> None:
    await ask(stage, here, pasted([SPAM[0], MARC]), "Pourriels")
    here["space"].levels[MARC] = 50
    stage.bot.people.forget(here["space"].room_id)
    said = await ask(stage, here, "oui")
    assert out(here) == [SPAM[0]]
    assert "Je laisse Marc" in said


async def test_who_is_out_of_the_space_and_still_in_a_room_is_excluded_from_that_too(stage: Stage, here: Rooms) -> None:
    """The right that lacked was given, and the list is pasted again: that is not to undo it."""
    here["room"].levels[ME] = 0
    await ask(stage, here, pasted([MARC, ZOE]), "Pourriels", "oui")
    assert out(here) == []
    here["room"].levels[ME] = 100
    said = await ask(stage, here, pasted([MARC, ZOE]), "Pourriels", "oui")
    assert "Lever" not in said
    assert out(here) == sorted([MARC, ZOE])


async def test_one_person_who_is_still_in_a_room_can_be_excluded_from_that_too(stage: Stage, here: Rooms) -> None:
    here["room"].levels[ME] = 0
    await ask(stage, here, f"!modérer {MARC}", "exclure", "Insultes", "oui")
    here["room"].levels[ME] = 100
    said = await ask(stage, here, f"!modérer {MARC}")
    assert all(each in said for each in ("exclure du lieu", "lever")), said
    await ask(stage, here, "exclure", "Insultes", "oui")
    assert out(here) == [MARC]
    assert "exclure du lieu" not in await ask(stage, here, f"!modérer {MARC}")


# -- servers and patterns


async def test_a_server_that_could_be_shut_nowhere_is_in_no_journal(stage: Stage, here: Rooms) -> None:
    for room in here.values():
        room.levels[ME] = 0
    said = await ask(stage, here, "!modérer *.example", "Pourriels", "oui")
    assert "Je n’ai rien pu faire" in said
    assert await acts(stage) == []


async def test_the_server_of_who_became_a_concierge_after_the_recapitulation_stays_open(
    stage: Stage, here: Rooms
) -> None:
    here["space"].members[SPAM[0]] = "join"
    await ask(stage, here, "!modérer *.example", "Pourriels")
    here["space"].levels[SPAM[0]] = 50
    stage.bot.people.forget(here["space"].room_id)
    said = await ask(stage, here, "oui")
    assert "ce serveur reste donc ouvert" in said
    assert here["space"].shut == here["room"].shut == {}


async def test_a_server_is_shut_and_its_people_are_excluded(stage: Stage, here: Rooms) -> None:
    for who in SPAM[:2]:
        here["space"].members[who] = here["room"].members[who] = "join"
    said = await ask(stage, here, "!modérer *.example", "Pourriels")
    assert f"{SPAM[0]} · Pourriels" in said
    assert "tout le serveur *.example" in said
    await ask(stage, here, "oui")
    assert out(here) == SPAM[:2]
    assert {*here["space"].shut} == {*here["room"].shut} == {"*.example"}


async def test_our_own_server_is_never_shut_and_its_people_are_named(stage: Stage, here: Rooms) -> None:
    said = await ask(stage, here, "!modérer *.fr")
    assert "Il ne reste personne" in said
    assert "Je laisse Marc et Zoé" in said
    assert "Berthe" in said
    assert here["space"].shut == {}


async def test_a_port_is_no_part_of_a_server(stage: Stage, here: Rooms) -> None:
    """No homeserver compares it: the door would stay open, and ours could be shut."""
    here["space"].members["@x:spam.example:8448"] = "join"
    await ask(stage, here, "!modérer spam.example:8448", "Pourriels", "oui")
    assert out(here) == ["@x:spam.example:8448"]
    assert {*here["space"].shut} == {"spam.example"}
    assert "Il ne reste personne" in await ask(stage, here, "!modérer lieu.fr:8448")


async def test_the_server_of_somebody_spared_stays_open(stage: Stage, here: Rooms) -> None:
    guest = "@lise:atelier.example"
    here["space"].members |= {guest: "join", SPAM[0]: "join"}
    here["space"].levels[guest] = 50
    said = await ask(stage, here, "!modérer *.example", "Pourriels", "oui")
    assert "reste donc ouvert" in said
    assert here["space"].shut == {}
    assert here["space"].members[SPAM[0]] == "ban"


async def test_a_pattern_means_those_who_are_here(stage: Stage, here: Rooms) -> None:
    for who in (SPAM[0], SPAM[1], "@spa:spam.example"):
        here["room"].members[who] = "join"
    said = await ask(stage, here, "!modérer @spam*:spam.example", "Pourriels", "oui")
    assert "2 exclusions" in said
    assert out(here) == SPAM[:2]
    assert here["space"].shut == {}


async def test_a_pattern_that_means_nobody_is_told(stage: Stage, here: Rooms) -> None:
    assert "personne de ce nom" in await ask(stage, here, "!modérer @spam*:spam.example")


async def test_one_person_is_asked_about_as_before(stage: Stage, here: Rooms) -> None:
    assert "Que fait-on pour Marc" in await ask(stage, here, "!modérer Marc")


async def test_a_long_list_goes_on_by_itself(stage: Stage, here: Rooms) -> None:
    crowd = [f"@n{n}:spam.example" for n in range(95)]
    said = await ask(stage, here, pasted(crowd), "Pourriels", "oui")
    assert "95 exclusions en place" in said
    assert len(out(here)) == 95


async def test_where_the_lieu_wants_two_both_see_whom(stage: Stage, here: Rooms) -> None:
    (made,) = await stage.bot.lieux.all()
    await stage.bot.lieux.choose(made.id, two=["exclude"])
    said = await ask(stage, here, pasted(SPAM[:2]), "Pourriels", "oui")
    assert out(here) == []
    assert all(who in said for who in SPAM[:2])


async def test_the_same_list_pasted_again_undoes_it(stage: Stage, here: Rooms) -> None:
    here["space"].members[SPAM[0]] = "join"
    lines = ["*.example", *SPAM[1:3]]
    await ask(stage, here, pasted(lines), "Pourriels", "oui")
    assert out(here) == SPAM[:3]
    assert await departures(stage) == 3
    assert "Lever ces" in await ask(stage, here, pasted(lines))
    await ask(stage, here, "oui")
    assert await departures(stage) == 0, "as of no departure that was taken back"
    assert out(here) == []
    assert here["space"].shut == here["room"].shut == {}


async def test_a_shut_server_is_shut_in_a_new_room_too(stage: Stage, here: Rooms) -> None:
    await ask(stage, here, "!modérer *.example", "Pourriels", "oui")
    room = stage.matrix.room("Atelier", parent=here["space"].room_id)
    room.members, room.levels = {ME: "join"}, {ME: 100}
    await stage.event(here["space"].room_id, ANNE, "m.space.child", {"via": ["lieu.fr"]}, state_key=room.room_id)
    await stage.wait(1 / 24)
    assert {*room.shut} == {"*.example"}


async def test_who_was_excluded_before_the_space_was_upgraded_is_in_a_new_room_too(stage: Stage, here: Rooms) -> None:
    """All exclusions are copied then, in the name of whoever upgraded it; those of people themselves stay theirs."""
    here["space"].members["@fou:lieu.fr"] = "ban"
    await ask(stage, here, pasted(SPAM[:2]), "Pourriels", "oui")
    new = upgrade(stage.world, here["space"].room_id, ANNE)
    stage.world.moves(new.room_id, ANNE, ME, "invite")
    await stage.settle()
    new.levels[ME] = 100
    room = stage.matrix.room("Atelier", parent=new.room_id)
    room.members, room.levels = {ME: "join"}, {ME: 100}
    await stage.event(new.room_id, ANNE, "m.space.child", {"via": ["lieu.fr"]}, state_key=room.room_id)
    await stage.wait(1 / 24)
    assert sorted(who for who, what in room.members.items() if what == "ban") == SPAM[:2]
