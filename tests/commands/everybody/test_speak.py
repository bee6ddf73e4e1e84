"""Somebody wants a human: whom that reaches, who may answer, and that nobody's words are lost or said twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.bot import KEEP_ENDED
from bot.store import inbox, outbox
from bot.talk.answers.no_answer import MAYBE, SURELY, asking
from bot.talk.calls import is_settled, wanted
from tests.stage.furnished_lieux import ANNE, BERTHE, MARC, ZOE, journal, lieu
from tests.stage.old_talks import forget_talks
from tests.stage.stage import ME, FakeRoom, Stage, words

INES = "@ines:lieu.fr"
DOG = "je peux venir demain avec mon chien ?"


async def member(stage: Stage, *rooms: dict[str, FakeRoom], person: str = MARC) -> str:
    """Somebody of these lieux, in private with the bot."""
    for each in rooms:
        each["space"].members[person] = "join"
    room = await stage.matrix.rooms.direct(person)
    await stage.enter(person, room)
    return room


def card(stage: Stage, office: FakeRoom) -> str:
    """The newest card."""
    said = [e for e in office.events if e["sender"] == ME and "voudrait parler" in e["content"].get("body", "")]
    return str([e for e in said if "m.new_content" not in e["content"]][-1]["event_id"])


def cards(stage: Stage, office: FakeRoom) -> int:
    return sum("voudrait parler" in said for said in stage.said(office.room_id))


# -- what people type


@pytest.mark.parametrize(
    "text",
    [
        "parler à quelqu'un",
        "Je voudrais parler à un humain SVP !",
        "aide moi svp",
        "à l’aide !!",
        "bonjour, est-ce que je peux parler à quelqu’un ?",
        "j’ai besoin d’aide",
        "can I talk to a human please?",
        "help me",
    ],
)
def test_whoever_asks_for_a_human_is_understood(text: str) -> None:
    assert wanted(text, words()) == ""


def test_what_is_said_with_it_is_kept() -> None:
    text = "je voudrais parler à quelqu’un pour la clé de l’atelier"
    assert wanted(text, words()) == text


@pytest.mark.parametrize("text", ["aide", "oui", "Zoé", "parle-moi du jardin", "Réparer mon vélo", ""])
def test_nobody_else_does(text: str) -> None:
    assert wanted(text, words()) is None


@pytest.mark.parametrize(
    "text",
    [
        "je peux venir demain ?",
        "c’est où ?",
        "C'est quoi une charte ?!",
        "can I bring my dog?",
        "il y a un parking ? 🙂",
        "Marc. Je peux venir demain ?",
    ],
)
def test_a_question_is_one(text: str) -> None:
    assert asking(text, words()) == SURELY


@pytest.mark.parametrize("text", ["comment ça marche", "c'est quand la réunion", "where is the door"])
def test_a_question_without_its_mark_may_be_one(text: str) -> None:
    assert asking(text, words()) == MAYBE


@pytest.mark.parametrize(
    "text", ["oui ?", "Zoé ?", "Zoé Martin ?", "l’atelier ?", "Réparer mon vélo", "oui, bien sûr", "?", "où ?"]
)
def test_an_answer_that_hesitates_is_none(text: str) -> None:
    assert asking(text, words()) == ""


@pytest.mark.parametrize("text", ["c’est réglé", "C'est réglé, merci beaucoup !", "settled, thanks"])
def test_settled_is_said_politely_too(text: str) -> None:
    assert is_settled(text, words())


@pytest.mark.parametrize("text", ["c’est bon", "c’est réglé pour demain ?", "merci", "oui"])
def test_an_answer_does_not_settle(text: str) -> None:
    """« C’est bon ! » is what a concierge answers to « je peux venir demain ? »."""
    assert not is_settled(text, words())


# -- whom it reaches


async def test_the_lieu_is_asked_where_there_are_several(stage: Stage) -> None:
    rosee, phare = await lieu(stage, "La Rosée", ANNE), await lieu(stage, "Le Phare", BERTHE)
    room = await member(stage, rosee, phare)
    await stage.write(MARC, room, DOG)
    assert "À quel lieu" in stage.last(room)
    await stage.write(MARC, room, "le phare")
    assert (cards(stage, rosee["office"]), cards(stage, phare["office"])) == (0, 1)
    assert DOG in stage.said(phare["office"].room_id)[-1]


async def test_a_concierge_of_another_lieu_cannot_answer(stage: Stage) -> None:
    rosee, _ = await lieu(stage, "La Rosée", ANNE), await lieu(stage, "Le Phare", BERTHE)
    room = await member(stage, rosee)
    await stage.write(MARC, room, DOG)
    rosee["office"].members[BERTHE] = "join"
    await stage.thread(BERTHE, rosee["office"].room_id, card(stage, rosee["office"]), "Non")
    assert not any("Non" in said for said in stage.said(room))


async def test_whoever_is_concierge_no_more_cannot_answer(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room = await member(stage, rosee)
    await stage.write(MARC, room, DOG)
    rosee["space"].levels = {BERTHE: 100}
    rosee["space"].members[BERTHE] = "join"
    await stage.thread(ANNE, rosee["office"].room_id, card(stage, rosee["office"]), "Non")
    assert not any("Non" in said for said in stage.said(room))


async def test_without_a_conciergerie_the_concierges_are_named_with_pills(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    stage.matrix.names[ANNE] = "Anne"
    room = await member(stage, rosee)
    rosee["office"].members[ME] = "leave"
    await stage.write(MARC, room, DOG)
    said = [e for e in stage.world.rooms[room].events if e["sender"] == ME][-1]["content"]
    assert "pas accès au salon" in said["body"]
    assert "Anne" in said["body"]
    assert f"https://matrix.to/#/{ANNE}" in said["formatted_body"].replace("%40", "@").replace("%3A", ":")


async def test_a_call_whose_room_the_bot_lost_begins_anew(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room = await member(stage, rosee)
    await stage.write(MARC, room, DOG)
    rosee["office"].members[ME] = "leave"
    await stage.write(MARC, room, "et avec mon chat, je peux ?")
    assert "pas accès au salon" in stage.last(room)
    rosee["office"].members[ME] = "join"
    await stage.write(MARC, room, "et avec mon poney, je peux ?")
    assert cards(stage, rosee["office"]) == 2


async def test_a_stranger_is_told_honestly_that_there_is_nobody(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room = await stage.matrix.rooms.direct(ZOE)
    await stage.enter(ZOE, room)
    await stage.write(ZOE, room, "parler à quelqu’un")
    assert "aucun lieu" in stage.last(room)
    assert cards(stage, rosee["office"]) == 0


async def test_a_stranger_is_told_who_hosts(tmp_path: Path) -> None:
    stage = await Stage.open(tmp_path, Services(), operators=[INES])
    try:
        stage.matrix.names[INES] = "Inès"
        room = await stage.matrix.rooms.direct(ZOE)
        await stage.enter(ZOE, room)
        await stage.write(ZOE, room, "parler à quelqu’un")
        assert "Inès" in stage.last(room)
    finally:
        await stage.close()


async def test_whoever_was_shut_out_does_not_come_back_this_way(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room = await member(stage, rosee)
    (made,) = await stage.bot.lieux.all()
    arrival = await stage.bot.arrivals.expect(made.id, MARC, ANNE)
    await stage.bot.arrivals.change(arrival, status="welcomed")
    await stage.write(MARC, room, DOG)
    await stage.becomes(MARC, rosee["space"].room_id, "ban", by=ANNE)
    before = len(stage.said(rosee["office"].room_id))
    await stage.write(MARC, room, "je peux revenir ?")
    assert "aucun lieu" in stage.last(room)
    assert not any("je peux revenir" in said for said in stage.said(rosee["office"].room_id)[before:])


async def test_a_concierge_is_told_that_it_is_them(stage: Stage) -> None:
    await lieu(stage, "La Rosée", ANNE)
    room = await stage.matrix.rooms.direct(ANNE)
    await stage.enter(ANNE, room)
    await stage.write(ANNE, room, "parler à quelqu’un")
    assert "c’est toi aussi" in stage.last(room)


async def test_whoever_waits_before_the_door_is_heard(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    rosee["space"].members[ZOE] = "knock"
    room = await stage.matrix.rooms.direct(ZOE)
    await stage.enter(ZOE, room)
    await stage.write(ZOE, room, "à l’aide")
    await stage.write(ZOE, room, "je suis devant la porte")
    assert "devant la porte" in stage.last(rosee["office"].room_id)


# -- what is told


async def test_nobody_is_pinged_but_who_invited_them(stage: Stage) -> None:
    """As the question whether somebody may come in."""
    rosee = await lieu(stage, "La Rosée", ANNE)
    room = await member(stage, rosee)
    (made,) = await stage.bot.lieux.all()
    await stage.write(MARC, room, DOG)
    await stage.bot.arrivals.expect(made.id, ZOE, ANNE)
    other = await stage.matrix.rooms.direct(ZOE)
    await stage.enter(ZOE, other)
    await stage.write(ZOE, other, DOG)
    told = [e["content"] for e in rosee["office"].events if "voudrait parler" in e["content"].get("body", "")]
    assert [one["m.mentions"] for one in told] == [{}, {"user_ids": [ANNE]}]


async def test_one_person_fills_one_thread_and_not_for_ever(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room = await member(stage, rosee)
    for n in range(100):
        await stage.write(MARC, room, f"et la {n}e question, je peux ?")
    assert cards(stage, rosee["office"]) == 1
    assert len(stage.said(rosee["office"].room_id)) < 50
    assert sum("je fais une pause" in said for said in stage.said(room)) == 1


async def test_settling_and_asking_again_has_its_bounds_too(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room = await member(stage, rosee)
    for _ in range(14):
        await stage.write(MARC, room, DOG)
        await stage.write(MARC, room, "c’est réglé")
    assert cards(stage, rosee["office"]) == 10
    assert any("déjà beaucoup transmis" in said for said in stage.said(room))


async def test_a_crowd_waits_for_its_turn(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    for n in range(22):
        person = f"@n{n}:lieu.fr"
        await stage.write(person, await member(stage, rosee, person=person), DOG)
    assert cards(stage, rosee["office"]) == 20
    await stage.wait(1.1 / 24)
    assert cards(stage, rosee["office"]) == 22


async def test_an_edit_counts_from_whoever_said_it(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room, office = await member(stage, rosee), rosee["office"].room_id
    await stage.write(MARC, room, DOG)
    line = await stage.thread(ANNE, office, card(stage, rosee["office"]), "Oui, le matin")
    rosee["office"].members[MARC] = "join"
    await stage.edit(MARC, office, line, "Oui, et la caisse est à toi")
    assert not any("caisse" in said for said in stage.said(room))
    await stage.edit(ANNE, office, line, "Oui, l’après-midi")
    assert "l’après-midi" in stage.last(room)


async def test_a_question_that_is_edited_is_corrected_on_its_card(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room, office = await member(stage, rosee), rosee["office"].room_id
    await stage.write(MARC, room, "parler à quelqu’un")
    asked = await stage.write(MARC, room, "La clé du jardin ?")
    await stage.edit(MARC, room, asked, "La clé de l’atelier ?")
    told = stage.world.rooms[office].events[-1]["content"]
    assert told["m.relates_to"]["event_id"] == card(stage, rosee["office"])
    assert "La clé de l’atelier ?" in told["m.new_content"]["body"]


async def test_a_slip_in_a_command_is_no_message_to_people(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room = await member(stage, rosee)
    await stage.write(MARC, room, "demnde une perceuse samedi")
    assert "!demande" in stage.last(room)
    await stage.write(MARC, room, "inviteer ma cousine samedi")
    assert "Je le transmets aux concierges" in stage.last(room)


async def test_what_is_deleted_disappears_with_its_corrections(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room, office = await member(stage, rosee), rosee["office"].room_id
    await stage.write(MARC, room, DOG)
    line = await stage.thread(ANNE, office, card(stage, rosee["office"]), "Le code est 1234")
    await stage.edit(ANNE, office, line, "Le code est 1235")
    await stage.delete(ANNE, office, line)
    kept = [e for e in stage.world.rooms[room].events if "code est" in e["content"].get("body", "")]
    assert kept
    assert all(e["redacted"] for e in kept)


async def test_a_concierge_hears_that_the_person_is_not_there_any_more(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room, office = await member(stage, rosee), rosee["office"].room_id
    await stage.write(MARC, room, DOG)
    await stage.becomes(MARC, room, "leave")
    await stage.thread(ANNE, office, card(stage, rosee["office"]), "Oui !")
    assert "n’a pas pu être transmis" in stage.last(office)


async def test_what_is_added_after_the_end_is_told_all_the_same(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room, office = await member(stage, rosee), rosee["office"].room_id
    await stage.write(MARC, room, DOG)
    await stage.write(MARC, room, "c’est réglé, merci")
    await stage.thread(ANNE, office, card(stage, rosee["office"]), "À demain !")
    assert "À demain !" in stage.last(room)


async def test_a_week_of_silence_closes_it_and_an_unanswered_person_is_told_whom_to_write_to(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room, office = await member(stage, rosee), rosee["office"].room_id
    await stage.write(MARC, room, DOG)
    await stage.wait(1)
    assert "attend toujours une réponse" in stage.last(office)
    await stage.wait(7)
    assert "n’a encore répondu" in stage.last(room)
    await stage.wait(7)
    assert "est close" in stage.last(office)
    await stage.write(MARC, room, DOG)
    await stage.thread(ANNE, office, card(stage, rosee["office"]), "Oui !")
    said = len(stage.said(office))
    await stage.wait(1)
    assert len(stage.said(office)) == said, "whoever was answered waits for nothing"
    await stage.wait(7)
    assert "est close" in stage.last(office)


async def test_it_is_in_the_journal_of_the_lieu(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room, office = await member(stage, rosee), rosee["office"].room_id
    await stage.write(MARC, room, DOG)
    await stage.thread(ANNE, office, card(stage, rosee["office"]), "c’est réglé")
    assert await journal(stage) == [("called", None), ("call-settled", MARC)]
    await stage.check_journal()


async def test_nobodys_words_are_kept_when_it_is_over(stage: Stage) -> None:
    """A month later nothing of it is left, as of any conversation."""
    rosee = await lieu(stage, "La Rosée", ANNE)
    room = await member(stage, rosee)
    await stage.write(MARC, room, DOG)
    await stage.write(MARC, room, "c’est réglé")
    await stage.wait(31)
    before = stage.clock.now() - KEEP_ENDED
    for forget in (forget_talks, outbox.purge, inbox.purge):
        await stage.database.write(forget, before)
    dump = await stage.database.read(lambda tx: list(tx.iterdump()))
    assert not any("chien" in line or "voudrait parler" in line for line in dump)


# -- what is passed on arrives whole


FORMATTED = {"format": "org.matrix.custom.html"}
PHOTO = {"msgtype": "m.image", "url": "mxc://lieu.fr/photo", "filename": "IMG_1.jpg"}


def newest(stage: Stage, room: str) -> dict[str, Any]:
    """What the bot said last, but for reactions."""
    return dict(
        [e for e in stage.world.rooms[room].events if e["sender"] == ME and "body" in e["content"]][-1]["content"]
    )


async def test_a_picture_and_its_words_reach_the_other_side_both_ways(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room, office = await member(stage, rosee), rosee["office"].room_id
    await stage.write(MARC, room, DOG)
    await stage.write(MARC, room, "C’est **lui**", **PHOTO, **FORMATTED, formatted_body="C’est <b>lui</b>")
    told = newest(stage, office)
    assert (told["msgtype"], told["url"]) == ("m.image", "mxc://lieu.fr/photo")
    assert "C’est <strong>lui</strong>" in told["formatted_body"]
    root = card(stage, rosee["office"])
    thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
    listed = {"formatted_body": "<ul><li>laisse</li><li>gamelle</li></ul>"}
    await stage.write(ANNE, office, "- laisse\n- gamelle", **FORMATTED, **listed, **thread)
    assert "<ul><li>laisse</li><li>gamelle</li></ul>" in stage.world.rooms[room].events[-1]["content"]["formatted_body"]
    await stage.write(ANNE, office, "Le plan", **PHOTO, **thread)
    told = newest(stage, room)
    assert (told["url"], "Le plan" in told["body"]) == ("mxc://lieu.fr/photo", True)


async def test_a_call_begins_with_the_whole_message(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room, office = await member(stage, rosee), rosee["office"].room_id
    await stage.write(MARC, room, DOG, **PHOTO, **FORMATTED, formatted_body="je peux <b>venir</b> demain ?")
    told = newest(stage, office)
    assert (told["msgtype"], told["url"]) == ("m.image", "mxc://lieu.fr/photo")
    assert "je peux <strong>venir</strong> demain ?" in told["formatted_body"]


async def test_a_sticker_and_a_place_are_passed_on(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room, office = await member(stage, rosee), rosee["office"].room_id
    await stage.write(MARC, room, DOG)
    await stage.event(room, MARC, "m.sticker", {"body": "Bravo", "url": "mxc://lieu.fr/s", "info": {}})
    assert newest(stage, office)["url"] == "mxc://lieu.fr/s"
    await stage.write(MARC, room, "geo", msgtype="m.location", geo_uri="geo:47.39,0.68")
    assert "mlat=47.39" in newest(stage, office)["body"]


async def test_what_cannot_be_passed_on_is_told_once_on_each_side(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room, office = await member(stage, rosee), rosee["office"].room_id
    await stage.write(MARC, room, DOG)
    thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": card(stage, rosee["office"])}}
    for _ in range(2):
        await stage.write(MARC, room, "galerie", msgtype="org.example.gallery")
        await stage.write(ANNE, office, "galerie", msgtype="org.example.gallery", **thread)
    told = [sum("je ne sais pas le transmettre" in said for said in stage.said(one)) for one in (room, office)]
    assert told == [1, 1]


async def test_a_sticker_among_people_and_to_a_question_is_left_alone(stage: Stage) -> None:
    rosee = await lieu(stage, "La Rosée", ANNE)
    room = await member(stage, rosee)
    await stage.write(MARC, room, "parler à quelqu’un")
    before = stage.said(room)
    for place, person in ((room, MARC), (rosee["office"].room_id, ANNE)):
        await stage.event(place, person, "m.sticker", {"body": "Bravo", "url": "mxc://lieu.fr/s", "info": {}})
    assert stage.said(room) == before
    assert cards(stage, rosee["office"]) == 0
