"""Somebody wants a human: asked in an encrypted conversation, answered from a thread, with a bot that is restarted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.demo.place import Place
from tests.servers.person import Heard, Person

from .conftest import unique

People = Callable[..., Awaitable[Person]]
PATIENCE = 60.0


@pytest.fixture
def place(rosee: Place) -> Place:
    return rosee


def below(root: str, text: str) -> Callable[[Heard], bool]:
    """Said in the thread of this message."""
    return lambda one: (
        one.type == "m.room.message"
        and one.relation.get("rel_type") == "m.thread"
        and one.relation.get("event_id") == root
        and text in one.body
    )


async def test_a_question_in_the_middle_of_a_welcome_is_answered_from_its_thread(place: Place, person: People) -> None:
    anne, zoe = place.anne.person, await person(unique("zoe"))
    await anne.say(place.office, f"!inviter {zoe.user_id}")
    await anne.click(place.office, "✅", timeout=PATIENCE)
    room = await zoe.join((await zoe.invited(lambda one: one.is_direct, timeout=PATIENCE)).room_id)
    await zoe.next(room, "qu’on t’appelle", timeout=PATIENCE)

    asked = await zoe.say(room, "je peux venir demain ?")
    assert asked
    await zoe.next(room, "Je transmets aux concierges", timeout=PATIENCE)
    await zoe.next(room, "qu’on t’appelle", timeout=PATIENCE)
    card = await anne.next(place.office, "voudrait parler à quelqu’un", timeout=PATIENCE)
    assert "> je peux venir demain ?" in card.body

    await place.lieu.bot.restart()
    line = await anne.say_in_thread(place.office, card.event_id, "Oui, de 14 h à 18 h")
    answer = await zoe.next(room, "Oui, de 14 h à 18 h", timeout=PATIENCE)
    await anne.edit(place.office, line, "Oui, de 14 h à 19 h")
    await zoe.edited(room, answer.event_id, "19 h", timeout=PATIENCE)

    await zoe.reply(room, answer.event_id, "merci Anne !")
    await anne.next(place.office, below(card.event_id, "merci Anne !"), timeout=PATIENCE)
    await zoe.say(room, "Zoé")  # which is the answer to what was asked before
    await zoe.next(room, "cette charte te convient", timeout=PATIENCE)
    await anne.say_in_thread(place.office, card.event_id, "c’est réglé")
    await zoe.next(room, "c’est réglé", timeout=PATIENCE)
    assert zoe.unreadable(room) == []
    assert "Zoé" not in [one.body for one in anne.messages(place.office)]
