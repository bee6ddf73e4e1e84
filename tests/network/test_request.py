"""A request travels to another lieu, and the answers come back to where it was asked."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.network.lieux import Lieux, Place

LASER = "une découpeuse laser pour samedi"


@dataclass
class Two:
    """La Rosée asked Le Moulin for a laser cutter; `asked` and `card` are the request's messages there."""

    lieux: Lieux
    rosee: Place
    moulin: Place
    asked: str
    card: str

    def here(self) -> list[str]:
        return self.lieux.said(self.rosee)

    def there(self) -> list[str]:
        return self.lieux.said(self.moulin)

    async def answer(self, text: str, *, to: str = "", **content: object) -> str:
        """Somebody of Le Moulin, in the thread of the card."""
        return await self.lieux.write(
            self.moulin.concierge, self.moulin.office.room_id, text, **_below(self.card, to), **content
        )

    async def say(self, text: str, *, to: str = "") -> str:
        """Somebody of La Rosée, below the request."""
        return await self.lieux.write(self.rosee.concierge, self.rosee.office.room_id, text, **_below(self.asked, to))


def _below(root: str, to: str) -> dict[str, object]:
    reply = {"m.in_reply_to": {"event_id": to or root}, "is_falling_back": not to}
    return {"m.relates_to": {"rel_type": "m.thread", "event_id": root} | reply}


@pytest.fixture
async def two(lieux: Lieux) -> Two:
    rosee, moulin = await lieux.build("La Rosée", "rosee.fr"), await lieux.build("Le Moulin", "moulin.fr")
    await lieux.network(rosee, moulin)
    await lieux.ask(rosee, LASER)
    return Two(lieux, rosee, moulin, lieux.card(rosee, LASER), lieux.card(moulin, LASER))


async def test_a_network_is_made_and_joined(lieux: Lieux) -> None:
    rosee, moulin = await lieux.build("La Rosée", "rosee.fr"), await lieux.build("Le Moulin", "moulin.fr")
    await lieux.network(rosee, moulin)
    assert "nous sommes dans le réseau" in lieux.said(moulin)[-1]
    assert "Le Moulin" in lieux.said(rosee)[-1]


async def test_a_request_is_seen_in_the_other_lieu(two: Two) -> None:
    assert LASER in two.there()[-1]
    assert "La Rosée (Tours)" in two.there()[-1]


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
    await two.lieux.write("@zoe:moulin.fr", two.moulin.office.room_id, "Moi aussi", **_below(two.card, ""))
    assert not [said for said in two.here() if said.startswith("Le Moulin\u202f:")]


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


async def test_a_picture_crosses(two: Two) -> None:
    picture = {"msgtype": "m.image", "filename": "laser.jpg", "url": "mxc://moulin.fr/abc", "info": {"w": 4, "h": 3}}
    await two.answer("laser.jpg", **picture)
    shown = two.lieux.last_message(two.rosee)
    assert (shown["msgtype"], shown["url"], shown["filename"]) == ("m.image", "mxc://moulin.fr/abc", "laser.jpg")
    assert shown["body"] == "Le Moulin : laser.jpg"


async def test_somebody_without_a_bot_is_heard_in_the_shared_room(two: Two) -> None:
    room = next(room for room in two.lieux.rooms.values() if room.network and not room.space)
    room.members["@lise:atelier.fr"] = "join"
    root = next(e["event_id"] for e in room.events if "org.conciergerie.request" in e["content"])
    await two.lieux.write("@lise:atelier.fr", room.room_id, "La mienne est libre", **_below(root, ""))
    assert two.here()[-1].endswith("La mienne est libre")
