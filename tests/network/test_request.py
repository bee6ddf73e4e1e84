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
