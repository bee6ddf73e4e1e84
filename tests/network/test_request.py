"""A request travels to another lieu, and the answers come back to where it was asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.network.lieux import Lieux
from tests.network.two import LASER, Two, below


@pytest.fixture
async def two(lieux: Lieux) -> Two:
    two = await Two.meet(lieux)
    await two.ask()
    return two


async def test_a_network_is_made_and_joined(lieux: Lieux) -> None:
    rosee, moulin = await lieux.build("La Rosée", "rosee.fr"), await lieux.build("Le Moulin", "moulin.fr")
    await lieux.network(rosee, moulin)
    assert "nous sommes dans le réseau" in lieux.said(moulin)[-1]
    assert "Le Moulin" in lieux.said(rosee)[-1]


async def test_a_request_is_seen_in_the_other_lieu(two: Two) -> None:
    assert LASER in two.there()[-1]
    assert "La Rosée (Tours)" in two.there()[-1]


async def test_a_typed_yes_sends_it(lieux: Lieux) -> None:
    two = await Two.meet(lieux)
    for words in (f"!demande {LASER}", "oui"):
        await lieux.write(two.rosee.concierge, two.rosee.office.room_id, words)
    assert LASER in two.there()[-1]


async def test_an_offer_comes_back_and_everybody_sees_that_it_is_talked_about(two: Two) -> None:
    await two.lieux.click(two.moulin.concierge, two.moulin.office.room_id, "🙋", on=two.card)
    assert any("Le Moulin peut aider" in said for said in two.here())
    assert "On en parle" in two.here()[-1]
    assert "On en parle" in two.there()[-1]


async def test_lines_cross_once_in_their_order_with_the_name_of_their_lieu(two: Two) -> None:
    await two.answer("On en a une, 60 × 40")
    await two.say("Parfait, on peut passer samedi matin ?")
    await two.answer("Oui, dès 9 h")
    assert [said for said in two.here() if said.startswith("Le Moulin\u202f:")] == [
        "Le Moulin : On en a une, 60 × 40",
        "Le Moulin : Oui, dès 9 h",
    ]
    assert [said for said in two.there() if said.startswith("La Rosée :")] == [
        "La Rosée : Parfait, on peut passer samedi matin ?"
    ]


async def test_what_is_said_beside_the_request_stays_at_home(two: Two) -> None:
    await two.lieux.write(two.moulin.concierge, two.moulin.office.room_id, "On leur dit oui ?")
    await two.lieux.write("@zoe:moulin.fr", two.moulin.office.room_id, "Moi aussi", **below(two.card))
    assert not [said for said in two.here() if said.startswith("Le Moulin\u202f:")]


@pytest.mark.parametrize("corrected", [False, True])
async def test_what_is_taken_back_before_it_came_keeps_nothing_waiting(two: Two, corrected: bool) -> None:
    """A homeserver hands on what was deleted without its content."""
    bot = two.rosee.stage.bot.me
    two.lieux.deafen(bot)
    first = await two.answer("Trop vite dit")
    if corrected:
        await two.lieux.edit(two.moulin.concierge, two.moulin.office.room_id, first, "Trop vite dit, oui")
    await two.lieux.event(two.moulin.office.room_id, two.moulin.concierge, "m.room.redaction", {"redacts": first})
    await two.answer("On en a une")
    ear = two.lieux.ears[bot]
    emptied = [event for event in ear.missed if "Trop vite dit" in str(event.content)]
    assert len(emptied) == 1 + corrected
    ear.missed = [replace(event, content={}) if event in emptied else event for event in ear.missed]
    await two.lieux.mend()
    assert [line for line in two.here() if line.startswith("Le Moulin\u202f:")] == ["Le Moulin\u202f: On en a une"]


async def test_a_correction_and_a_deletion_cross_too(two: Two) -> None:
    first = await two.answer("On en a deux")
    new = {"msgtype": "m.text", "body": "On en a une"}
    relation = {"rel_type": "m.replace", "event_id": first}
    await two.lieux.write(
        two.moulin.concierge, two.moulin.office.room_id, "* …", **{"m.new_content": new, "m.relates_to": relation}
    )
    assert two.here()[-1] == "* Le Moulin : On en a une"
    shown = two.lieux.card(two.rosee, "On en a deux")
    await two.lieux.event(two.moulin.office.room_id, two.moulin.concierge, "m.room.redaction", {"redacts": first})
    assert two.lieux.is_redacted(two.rosee, shown)


async def test_nothing_of_what_is_taken_back_stays_to_be_read(two: Two) -> None:
    """Neither the first words nor what corrected them, in the room that all lieux share and in the other lieu."""
    first = await two.answer("Le code de la porte est 4321")
    await two.lieux.edit(two.moulin.concierge, two.moulin.office.room_id, first, "Le code est 1234")
    await two.lieux.event(two.moulin.office.room_id, two.moulin.concierge, "m.room.redaction", {"redacts": first})
    for room in (two.room, two.rosee.office):
        said = [event for event in room.events if "Le code" in str(event["content"])]
        assert len(said) == 2
        assert all(event["redacted"] for event in said)
    await two.answer("Sonnez, plutôt")
    assert two.here()[-1] == "Le Moulin\u202f: Sonnez, plutôt"


async def test_a_picture_crosses(two: Two) -> None:
    picture = {"msgtype": "m.image", "filename": "laser.jpg", "url": "mxc://moulin.fr/abc", "info": {"w": 4, "h": 3}}
    await two.answer("laser.jpg", **picture)
    shown = two.lieux.last_message(two.rosee)
    assert (shown["msgtype"], shown["url"], shown["filename"]) == ("m.image", "mxc://moulin.fr/abc", "laser.jpg")
    assert shown["body"] == "Le Moulin : laser.jpg"


async def test_somebody_without_a_bot_is_heard_in_the_shared_room(two: Two) -> None:
    two.room.members["@lise:atelier.fr"] = "join"
    root = next(e["event_id"] for e in two.room.events if "org.conciergerie.request" in e["content"])
    await two.lieux.write("@lise:atelier.fr", two.room.room_id, "La mienne est libre", **below(root))
    assert two.here()[-1].endswith("La mienne est libre")


@pytest.mark.parametrize("text", ["! attention, elle est lourde", "!!! oui !!!", "!important : samedi matin"])
async def test_a_line_that_begins_with_a_mark_goes_to_the_others(two: Two, text: str) -> None:
    await two.answer(text)
    assert text in two.here()[-1]


@pytest.mark.parametrize("text", ["!horaires", "!annuler", "! aide"])
async def test_a_command_of_ours_stays_here(two: Two, text: str) -> None:
    said = two.here()
    await two.answer(text)
    assert two.here() == said


# -- until when, on the line and as an answer


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("une perceuse jusqu’au 31 janvier", "Au plus tard : dimanche 31 janvier"),
        ("une perceuse avant le 1er février", "Au plus tard : dimanche 31 janvier"),
        ("une perceuse samedi en huit", "Au plus tard : samedi 23 janvier"),
        ("une perceuse pour le 12/02", "Au plus tard : vendredi 12 février"),
        ("une perceuse ce week-end", "Au plus tard : dimanche 17 janvier"),
        ("une perceuse lundi en quinze", "Au plus tard : lundi 1er février"),
        ("une perceuse mercredi 18h", "Au plus tard : mercredi 20 janvier"),
    ],
)
async def test_a_day_on_the_line_is_the_day_that_was_said(two: Two, what: str, shown: str) -> None:
    await two.lieux.write(two.rosee.concierge, two.rosee.office.room_id, f"!demande {what}")
    assert shown.replace(" : ", "\u202f: ") in two.here()[-1]


@pytest.mark.parametrize(
    ("what", "proposed"),
    [
        ("une perceuse la semaine prochaine", "dimanche 24 janvier"),
        ("une perceuse vendredi", "vendredi 22 janvier"),
        ("une perceuse dans quinze jours", "samedi 30 janvier"),
        ("une perceuse chaque mardi", "mardi 19 janvier"),
    ],
)
async def test_a_day_on_the_line_that_may_be_another_is_asked(two: Two, what: str, proposed: str) -> None:
    await two.lieux.write(two.rosee.concierge, two.rosee.office.room_id, f"!demande {what}")
    assert any(f"c’est bien le {proposed}" in said for said in two.here()[-2:])
    await two.lieux.write(two.rosee.concierge, two.rosee.office.room_id, "oui")
    assert f"Au plus tard\u202f: {proposed}" in two.here()[-1]


async def test_a_beginning_is_kept_and_the_end_is_asked(two: Two) -> None:
    """« à partir du 3 février » was « au plus tard »."""
    room = two.rosee.office.room_id
    await two.lieux.write(two.rosee.concierge, room, "!demande une perceuse à partir du 3 février")
    assert "Jusqu’à quand" in two.here()[-1]
    await two.lieux.write(two.rosee.concierge, room, "jusqu’au 20 février")
    card = two.here()[-1]
    assert "Au plus tard\u202f: samedi 20 février" in card
    assert "mercredi 3 février" in card


async def test_a_request_is_prolonged_until_the_day_that_was_said(two: Two) -> None:
    await two.ask()
    room = two.rosee.office.room_id
    await two.lieux.write(two.rosee.concierge, room, "!demande 1 prolonger de deux semaines")
    assert any("samedi 30 janvier" in said for said in two.here()[-2:])
    await two.lieux.write(two.rosee.concierge, room, "non")
    await two.lieux.write(two.rosee.concierge, room, "jusqu’au 31 janvier")
    assert "dimanche 31 janvier" in two.here()[-1]
