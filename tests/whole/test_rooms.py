"""The rooms of a lieu from the chat, on a real homeserver, with the bot as its own process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.demo.actor import Actor
from tests.demo.place import GARDEN, HALL, Place
from tests.servers.person import Heard, Person

from .conftest import untold

People = Callable[..., Awaitable[Person]]


def says(words: str) -> Callable[[Heard], bool]:
    return lambda heard: heard.type == "m.room.message" and words in heard.body


async def test_somebody_knocks_is_asked_a_question_and_is_welcomed(rosee: Place, person: People) -> None:
    anne, office = rosee.anne, rosee.office
    await anne.says(office, "!installer porte")
    await anne.converses(office, [("install.knocking", "✅")])
    await anne.hears(office, "install.changed")
    zoe = Actor("Zoé", await person("zoe"), untold)
    await zoe.person.call("POST", f"/_matrix/client/v3/knock/{rosee.space}", {"reason": "La voisine"})
    await anne.hears(office, "knock.decide")
    await anne.person.click(office, "❓")
    await anne.converses(office, [("knock.question", "Qui t’envoie ?"), ("knock.send", "✅")])
    await anne.hears(office, "knock.question-sent")
    private = await zoe.person.join((await zoe.person.invited(lambda one: one.is_direct)).room_id)
    zoe.follow(private, "en privé, Zoé")
    await zoe.converses(private, [("knock.answer", "Le boulanger")])
    await anne.converses(office, [("knock.decide", "✅")])
    await anne.hears(office, "knock.welcomed")
    answers = (
        ("welcome.name", "Zoé"),
        ("welcome.charter", "✅"),
        ("welcome.wish", "passer"),
        ("welcome.introduced", "❌"),
        ("welcome.summary", "✅"),
    )
    await zoe.converses(private, answers)
    await anne.converses(office, [("welcome.approve", "✅")])
    await zoe.reads(private, "welcome.done")
    invited = await zoe.person.invited(lambda one: one.room_id == rosee.space)
    assert invited.sender == rosee.lieu.account.user_id
    await zoe.person.join(rosee.space)


async def test_a_room_is_made_entered_announced_in_and_archived(rosee: Place, person: People) -> None:
    anne, office = rosee.anne, rosee.office
    marc = await person("marc")
    await anne.person.call("POST", f"/_matrix/client/v3/rooms/{rosee.space}/invite", {"user_id": marc.user_id})
    await marc.join(rosee.space)
    await anne.says(office, "!salon créer Couture")
    answers = (
        ("rooms.topic", "passer"),
        ("rooms.entry", "ouvert"),
        ("rooms.encrypted", "❌"),
        ("rooms.history", "la suite"),
        ("rooms.offered", "non"),
        ("rooms.summary", "✅"),
    )
    await anne.converses(office, answers)
    room = await anne.person.join((await anne.person.invited(lambda one: one.name == "Couture")).room_id)
    await anne.hears(office, "rooms.created")
    before = await anne.person.say(room, "Avant Marc")
    await marc.join(room)
    with pytest.raises(RuntimeError, match=r"403|404"):
        await marc.call("GET", f"/_matrix/client/v3/rooms/{room}/event/{before}")
    await anne.says(office, "!annonce Samedi, on coud.")
    await anne.converses(office, [("announce.where", f"Couture et {HALL}")])
    await anne.person.next(office, says("Le message ci-dessus"))
    await anne.says(office, "oui")
    await marc.next(room, says("Samedi, on coud."))
    await anne.person.next(rosee.rooms[HALL], says("Samedi, on coud."))
    assert not [one for one in anne.person.timeline(rosee.rooms[GARDEN]) if says("Samedi")(one)]
    await anne.says(office, "!salon archiver Couture")
    await anne.converses(office, [("rooms.archive-sure", "✅")])
    await anne.hears(office, "rooms.archived")
    with pytest.raises(RuntimeError, match="M_FORBIDDEN"):
        await marc.call(
            "PUT", f"/_matrix/client/v3/rooms/{room}/send/m.room.message/1", {"msgtype": "m.text", "body": "Encore ?"}
        )
    await anne.says(office, "!salon rouvrir Couture")
    await anne.converses(office, [("rooms.restore-sure", "✅")])
    await anne.hears(office, "rooms.restored")
    await marc.say(room, "Merci !")
