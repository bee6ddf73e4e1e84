"""`!salon`: what is made of each answer, and what one lieu may do with the rooms of another: nothing."""

from __future__ import annotations

import pytest

from bot.lieux import Lieu
from tests.stage.furnished_lieux import ANNE, BERTHE, MARC, ZOE, journal, lieu
from tests.stage.stage import ME, FakeRoom, Stage

Rooms = dict[str, FakeRoom]


@pytest.fixture
async def rosee(stage: Stage) -> Rooms:
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].levels[ME] = 50
    rooms["space"].members[MARC] = "join"
    stage.matrix.names = {MARC: "Marc", ANNE: "Anne"}
    return rooms


async def say(stage: Stage, rooms: Rooms, *lines: str, by: str = ANNE) -> str:
    """What the bot answers last."""
    for line in lines:
        await stage.write(by, rooms["office"].room_id, line)
    return stage.last(rooms["office"].room_id)


def called(stage: Stage, name: str) -> FakeRoom:
    return next(room for room in stage.world.rooms.values() if room.name == name)


async def the_lieu(stage: Stage) -> Lieu:
    return (await stage.bot.lieux.all())[0]


@pytest.mark.parametrize(("entry", "join"), [("ouvert", "restricted"), ("sur demande", "knock"), ("privé", "invite")])
async def test_a_room_is_made_as_it_was_said(stage: Stage, rosee: Rooms, entry: str, join: str) -> None:
    offered = [] if entry == "privé" else ["au choix"]
    await say(stage, rosee, "!salon créer Couture", "Aiguilles", entry, "oui", *offered, "oui")
    room = called(stage, "Couture")
    assert (room.join, room.topic, room.encrypted, room.parent) == (join, "Aiguilles", True, rosee["space"].room_id)
    assert (room.members[ANNE], room.of(ANNE)) == ("invite", 100)
    made = await the_lieu(stage)
    assert made.choices.offered_rooms == ((room.room_id,) if offered else ())
    assert list(await stage.bot.ownership.owned(made.id, "matrix", "room")) == [room.room_id]
    assert await journal(stage) == [("room-create", None)]
    assert room.history == "since"


async def test_who_comes_later_sees_what_was_chosen_and_it_can_be_changed(stage: Stage, rosee: Rooms) -> None:
    await say(stage, rosee, "!salon créer Couture", "passer", "ouvert", "non", "la suite", "non", "oui")
    room = called(stage, "Couture")
    assert room.history == "since"
    assert "verra tout" in await say(stage, rosee, "!salon historique Couture", "tout")
    assert room.history == "everything"
    assert await journal(stage) == [("room-create", None), ("room-history", None)]


async def test_an_encrypted_room_shows_nothing_of_before_whatever_one_wishes(stage: Stage, rosee: Rooms) -> None:
    await say(stage, rosee, "!salon créer Couture", "passer", "privé", "oui", "oui")
    assert "chiffré" in await say(stage, rosee, "!salon historique Couture")
    assert called(stage, "Couture").history == "since"


async def test_where_the_bot_may_not_it_says_who_may(stage: Stage, rosee: Rooms) -> None:
    rosee["room"].levels = {ANNE: 100}
    assert "Tu peux me les donner" in await say(stage, rosee, "!salon historique room", "la suite")
    assert rosee["room"].history == "everything"


async def test_nothing_is_made_before_the_yes(stage: Stage, rosee: Rooms) -> None:
    before = len(stage.world.rooms)
    await say(stage, rosee, "!salon créer Couture", "passer", "ouvert", "non", "tout", "toutes", "annuler")
    assert len(stage.world.rooms) == before
    assert await journal(stage) == []


async def test_who_becomes_a_concierge_looks_after_the_rooms_that_the_bot_made(stage: Stage, rosee: Rooms) -> None:
    await say(stage, rosee, "!salon créer Couture", "passer", "ouvert", "non", "tout", "non", "oui")
    rosee["space"].levels[MARC] = 50
    await stage.event(rosee["space"].room_id, ANNE, "m.room.power_levels", {}, state_key="")
    assert called(stage, "Couture").of(MARC) == 50
    assert ("levels", None) in await journal(stage)


async def test_a_lieu_without_rooms_of_the_bot_hears_nothing_of_levels(stage: Stage, rosee: Rooms) -> None:
    await stage.event(rosee["space"].room_id, ANNE, "m.room.power_levels", {}, state_key="")
    assert await journal(stage) == []


async def test_one_person_is_invited_and_everybody_is_not(stage: Stage, rosee: Rooms) -> None:
    room = rosee["room"]
    assert "Marc" in await say(stage, rosee, "!salon accès room", "une personne", "Marc")
    assert room.members[MARC] == "invite"
    for n in range(50):
        rosee["space"].members[f"@membre{n}:lieu.fr"] = "join"
    invited = [call for call in stage.matrix.calls if call[0] == "invite"]
    await say(stage, rosee, "!salon accès room", "tout le monde", "oui")
    assert room.join == "restricted"
    assert [call for call in stage.matrix.calls if call[0] == "invite"] == invited
    await say(stage, rosee, "!salon accès room", "tout le monde")
    assert "déjà ouvert" in "".join(stage.said(rosee["office"].room_id)[-2:])


async def test_the_conciergerie_is_neither_opened_nor_archived(stage: Stage, rosee: Rooms) -> None:
    for line in ("!salon entrée office", "!salon archiver office"):
        assert "reste comme il est" in await say(stage, rosee, line)
    assert "Quelle personne" in await say(stage, rosee, "!salon accès office")
    assert rosee["office"].join == "invite"


async def test_an_archived_room_is_offered_to_nobody(stage: Stage, rosee: Rooms) -> None:
    made = await the_lieu(stage)
    await stage.bot.lieux.choose(made.id, hall=rosee["room"].room_id)
    await say(stage, rosee, "!salon archiver room", "oui")
    choices = (await the_lieu(stage)).choices
    assert (choices.open_rooms, choices.hall) == ((), None)
    assert rosee["room"].archived == rosee["space"].room_id
    asked = await say(stage, rosee, "!installer salons")
    assert "office · La Rosée" in asked
    assert "room · La Rosée" not in asked
    await say(stage, rosee, "annuler")
    await say(stage, rosee, "!salon rouvrir room", "oui")
    assert rosee["room"].archived is None
    assert await journal(stage) == [("room-archive", None), ("room-restore", None)]


async def test_many_rooms_come_eight_at_a_time_and_each_can_be_named(stage: Stage, rosee: Rooms) -> None:
    for n in range(12):
        room = stage.matrix.room(f"Salle {n:02}", parent=rosee["space"].room_id)
        room.members = {ME: "join"}
    assert "Salle 09" not in await say(stage, rosee, "!salon voir")
    assert "Salle 09" in await say(stage, rosee, "la suite")
    await say(stage, rosee, "annuler")
    assert "Il n’y a encore personne dans Salle 11" in await say(stage, rosee, "!salon voir Salle 11")


# Two lieux


@pytest.fixture
async def phare(stage: Stage, rosee: Rooms) -> Rooms:
    """Le Phare, whose concierge lists a room of La Rosée in her own space."""
    rooms = await lieu(stage, "Le Phare", BERTHE)
    rooms["space"].levels[ME] = 50
    rosee["room"].also.add(rooms["space"].room_id)
    return rooms


async def test_a_room_that_another_lieu_lists_is_out_of_its_reach(stage: Stage, phare: Rooms) -> None:
    seen = await say(stage, phare, "!salon voir", by=BERTHE)
    assert "room · Le Phare" in seen
    assert "La Rosée" not in seen
    await say(stage, phare, "annuler", "!salon archiver room · La Rosée", by=BERTHE)
    assert called(stage, "room · La Rosée").archived is None


async def test_what_one_lieu_made_does_not_show_in_the_other(stage: Stage, rosee: Rooms, phare: Rooms) -> None:
    await say(stage, rosee, "!salon créer Couture", "passer", "ouvert", "non", "tout", "non", "oui")
    assert "Couture" not in await say(stage, phare, "!salon voir", by=BERTHE)
    assert "Couture" in await say(stage, rosee, "!salon voir")


@pytest.mark.parametrize("nobody", [MARC, BERTHE, ZOE])
async def test_only_concierges_of_the_lieu_keep_its_rooms(stage: Stage, rosee: Rooms, nobody: str) -> None:
    assert "réservée" in await say(stage, rosee, "!salon archiver room", by=nobody)


async def test_an_outage_in_the_middle_is_waited_for(stage: Stage, rosee: Rooms) -> None:
    await say(stage, rosee, "!salon créer Couture", "passer", "ouvert", "non", "tout", "non")
    stage.matrix.down = True
    await say(stage, rosee, "oui")
    assert called(stage, "Couture").members.get(ANNE) is None
    stage.matrix.down = False
    await stage.wait(1)
    assert called(stage, "Couture").members[ANNE] == "invite"
    assert len([room for room in stage.world.rooms.values() if room.name == "Couture"]) == 1


async def test_the_installation_does_not_open_what_another_lieu_lists(stage: Stage, phare: Rooms) -> None:
    asked = await say(stage, phare, "!installer salons", by=BERTHE)
    assert "room · Le Phare" in asked
    assert "La Rosée" not in asked
