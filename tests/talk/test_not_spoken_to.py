"""In a room where people talk with each other, the bot answers what is surely its own command, or surely said to it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stage.furnished_lieux import ANNE, MARC, lieu
from tests.stage.stage import ME, FakeRoom, Stage

OTHERS = (
    "!draupnir status",
    "!!!",
    "!remind demain 9h",
    "!roll 2d6",
    "!important",
    "!important : la salle est prise",
    "! attention",
    "! demande de covoiturage pour samedi",
    "!!! attention !!!",
    "!",
    "! ",
    "!?",
    "!aidde",
    "!inviteer zoe@exemple.fr",
    "!stop",
    "!cancel",
    "!back",
    "!why",
    "!où",
    "!reprendre",
    "!ping",
    "Conciergerie fermée demain",
    "conciergerie ouverte de 14h à 18h ?",
    "La conciergerie : état des lieux demain",
    "aide",
    "merci @conciergerie",
    "/aide",
    "/help",
    "! horaires du marché : 8h",
    "« !horaires » et « !aide »",
    "« !horaires » ne marche pas, « !aide » non plus",
)
OURS = (
    "!aide",
    "! aide",
    "!!aide",
    "!  aide",
    "!\u202faide",
    "!Aide.",
    "！aide",
    "！ aide",
    "« !aide »",
    "`!aide`",
    "\\!aide",
    "!horaires",
    "Conciergerie : horaires",
    "conciergerie, horaires",
    "Conciergerie horaires",
    "@conciergerie horaires",
    "Conciergerie (bot) horaires",
    "Conciergerie (bot) aide horaires",
    "Conciergerie (bot): horaires",
    f"{ME} horaires",
    f"[{ME}](https://matrix.to/#/{ME}) horaires",
    f"https://matrix.to/#/{ME} : horaires",
)
TO_IT = ("Conciergerie : bidule", "@Conciergerie bidule", f"[Conciergerie]({'https://matrix.to/#/' + ME}) bidule")


@pytest.fixture
async def rooms(stage: Stage) -> dict[str, FakeRoom]:
    rooms = await lieu(stage, "La Rosée", ANNE)
    for room in rooms.values():
        room.members[MARC] = "join"
    return rooms


async def answers(stage: Stage, room: FakeRoom, person: str, text: str, **more: Any) -> list[str]:
    before = len(stage.said(room.room_id))
    await stage.write(person, room.room_id, text, **more)
    return stage.said(room.room_id)[before:]


@pytest.mark.parametrize("person", [ANNE, MARC])
@pytest.mark.parametrize("text", OTHERS)
async def test_what_is_for_others_draws_no_answer(
    stage: Stage, rooms: dict[str, FakeRoom], text: str, person: str
) -> None:
    private = await stage.matrix.rooms.direct(person)
    assert await answers(stage, rooms["room"], person, text) == []
    assert stage.said(private) == []


@pytest.mark.parametrize("text", OTHERS[:6])
async def test_not_even_where_it_is_edited_or_its_thread(stage: Stage, rooms: dict[str, FakeRoom], text: str) -> None:
    place = rooms["room"].room_id
    first = await stage.write(MARC, place, "Bonjour")
    await stage.edit(MARC, place, first, text)
    await stage.thread(MARC, place, first, text)
    await stage.reply(MARC, place, first, text)
    assert stage.said(place) == []


@pytest.mark.parametrize("text", OURS)
async def test_what_is_its_own_is_answered(stage: Stage, rooms: dict[str, FakeRoom], text: str) -> None:
    assert len(await answers(stage, rooms["room"], MARC, text)) == 1


@pytest.mark.parametrize("text", TO_IT)
async def test_whoever_speaks_to_it_is_answered(stage: Stage, rooms: dict[str, FakeRoom], text: str) -> None:
    (told,) = await answers(stage, rooms["room"], MARC, text)
    assert "Je ne connais pas cette commande" in told


@pytest.mark.parametrize("text", ["!aidde", "!inviteer"])
async def test_a_slip_is_helped_where_people_expect_the_bot(
    stage: Stage, rooms: dict[str, FakeRoom], text: str
) -> None:
    private = await stage.matrix.rooms.direct(ANNE)
    for room in (rooms["office"], stage.world.rooms[private]):
        (told,) = await answers(stage, room, ANNE, text)
        assert "Ce qui s’en approche" in told


@pytest.mark.parametrize(
    "text",
    ["! parcours", "！parcours", "/parcours", "! parcours lire", "/parcours lire", "! horaires du lieu", "!parcours !"],
)
async def test_what_is_clear_is_done_where_people_expect_the_bot(
    stage: Stage, rooms: dict[str, FakeRoom], text: str
) -> None:
    private = await stage.matrix.rooms.direct(ANNE)
    for room in (rooms["office"], stage.world.rooms[private]):
        told = await answers(stage, room, ANNE, text)
        assert told
        assert not any("Je ne connais pas" in line for line in told)


@pytest.mark.parametrize("text", ["aide", "Aide !", "AIDE", "/aide", "help", "! aide", "！aide"])
async def test_whoever_calls_for_help_gets_it(stage: Stage, rooms: dict[str, FakeRoom], text: str) -> None:
    private = await stage.matrix.rooms.direct(ANNE)
    for room in (rooms["office"], stage.world.rooms[private]):
        (told,) = await answers(stage, room, ANNE, text)
        assert told.startswith("Ce qu’on me demande")


@pytest.mark.parametrize("text", ["!!!", "! attention", "!", "!?", "aidez Marc à ranger", "/tmp", "/aidde"])
async def test_a_mark_is_no_command_anywhere(stage: Stage, rooms: dict[str, FakeRoom], text: str) -> None:
    assert await answers(stage, rooms["office"], ANNE, text) == []


async def test_two_who_verify_each_other_are_left_alone(stage: Stage, rooms: dict[str, FakeRoom]) -> None:
    request = {"msgtype": "m.key.verification.request", "to": ANNE}
    assert await answers(stage, rooms["room"], MARC, "…", **request) == []
    assert len(await answers(stage, rooms["room"], MARC, "…", **request | {"to": ME})) == 1


async def test_in_clear_only_what_would_have_been_its_own_is_told(stage: Stage, rooms: dict[str, FakeRoom]) -> None:
    rooms["room"].encrypted = True
    await stage.write(MARC, rooms["room"].room_id, "Bonjour")
    assert await answers(stage, rooms["room"], MARC, "!draupnir status") == []


# -- what is passed on


@pytest.mark.parametrize("text", ["! attention, le chien aboie", "!!! samedi !!!", "!important : fermé lundi"])
async def test_a_line_that_begins_with_a_mark_is_passed_on(stage: Stage, rooms: dict[str, FakeRoom], text: str) -> None:
    private = await stage.matrix.rooms.direct(MARC)
    await stage.enter(MARC, private)
    await stage.write(MARC, private, "je peux venir demain avec mon chien ?")
    office = rooms["office"]
    card = next(e["event_id"] for e in office.events if "voudrait parler" in e["content"].get("body", ""))
    await stage.thread(ANNE, office.room_id, card, text)
    assert text in stage.last(private)
    await stage.write(MARC, private, text)
    assert text in stage.last(office.room_id)


async def test_a_command_of_ours_is_not_passed_on(stage: Stage, rooms: dict[str, FakeRoom]) -> None:
    private = await stage.matrix.rooms.direct(MARC)
    await stage.enter(MARC, private)
    await stage.write(MARC, private, "je peux venir demain avec mon chien ?")
    office = rooms["office"]
    card = next(e["event_id"] for e in office.events if "voudrait parler" in e["content"].get("body", ""))
    said = stage.said(private)
    await stage.thread(ANNE, office.room_id, card, "!horaires")
    assert stage.said(private) == said
    told = stage.said(office.room_id)
    await stage.write(MARC, private, "!horaires")
    assert stage.said(office.room_id) == told
