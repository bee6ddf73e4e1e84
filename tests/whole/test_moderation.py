"""Moderation by a whole bot on a real homeserver: silence, a report, an exclusion that holds, and its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.demo.place import HALL, Place
from tests.servers.person import Person
from tests.servers.synapse import Synapse

from .conftest import Open, unique, untold

People = Callable[..., Awaitable[Person]]
PATIENCE = 60.0


@pytest.fixture
async def place(synapse: Synapse, open_lieu: Open) -> AsyncIterator[Place]:
    """Anne's lieu, on a homeserver alone."""
    place = Place(await open_lieu(synapse), untold, unique("anne"))
    try:
        await place.prepare()
        await place.install()
        await place.entrust_rooms()
        yield place
    finally:
        await place.end()


async def enters(place: Place, person: Person, *rooms: str) -> None:
    for room in rooms:
        await place.anne.person.call("POST", f"/_matrix/client/v3/rooms/{room}/invite", {"user_id": person.user_id})
        await person.join(room)


async def decides(place: Place, *script: tuple[str, str]) -> None:
    """Anne answers in the conciergerie, each time after the bot said this."""
    for said, answer in script:
        question = await place.anne.person.next(place.office, said, timeout=PATIENCE)
        if answer in ("✅", "3️⃣"):
            await place.anne.person.react(place.office, question.event_id, answer)
        else:
            await place.anne.person.say(place.office, answer)


async def one_more_room(place: Place) -> str:
    """Anne makes a room of her own in the space, invites the bot into it, and lets it act there."""
    bot = place.lieu.account.user_id
    room = await place.element.create_first_room(place.space, "Couture")
    await place.element.invite(room, bot)
    await place.element.make_administrator(room, bot)
    return room


async def test_a_silence_and_an_exclusion_hold_until_they_are_lifted(place: Place, person: People) -> None:
    anne, marc = place.anne.person, await person(unique("marc"))
    hall = place.rooms[HALL]
    await enters(place, marc, place.space, hall)
    bad = await marc.say(hall, "Achetez mes poneys")

    await anne.say(place.office, f"!modérer {marc.user_id}")
    await decides(place, ("Que fait-on", "faire taire"), ("combien de temps", "une heure"), ("raison", "Du calme"))
    await decides(place, ("pas y écrire", "✅"))
    await anne.next(place.office, "ne peut plus écrire", timeout=PATIENCE)
    with pytest.raises(RuntimeError, match="could not send"):
        await marc.say(hall, "Et pourtant")
    sewing = await one_more_room(place)
    await anne.next(place.office, "silences et les exclusions en cours", timeout=PATIENCE)
    await enters(place, marc, sewing)
    with pytest.raises(RuntimeError, match="could not send"):
        await marc.say(sewing, "Ici non plus")
    await place.lieu.bot.restart()
    await anne.say(place.office, f"!modérer {marc.user_id}")
    await decides(place, ("Que fait-on", "lever"), ("rends la parole", "✅"))
    await anne.next(place.office, "peut à nouveau écrire", timeout=PATIENCE)
    await marc.say(hall, "Me revoilà")
    await marc.say(sewing, "Ici aussi")

    command = await anne.reply(hall, bad, "!signaler")
    await decides(place, ("Achetez mes poneys", "3️⃣"), ("raison", "Publicité"), ("seul·e un·e concierge", "✅"))
    await anne.next(place.office, "n’a plus accès", timeout=PATIENCE)
    await anne.until(lambda: [e for e in anne.timeline(hall) if e.type == "m.room.redaction"], PATIENCE, "a redaction")
    event = await anne.call("GET", f"/_matrix/client/v3/rooms/{hall}/event/{command}")
    assert event["content"] == {}, "the report is nobody else's business"
    for room in (place.space, hall):
        with pytest.raises(RuntimeError, match="403"):
            await marc.join(room)
    private = await marc.join((await marc.invited(lambda one: one.is_direct, PATIENCE)).room_id)
    assert "Publicité" in (await marc.next(private, "t’exclure", timeout=PATIENCE)).body

    await anne.say(place.office, f"!modérer {marc.user_id}")
    await decides(place, ("est exclu·e", "✅"))
    await anne.next(place.office, "n’est plus exclu·e", timeout=PATIENCE)
    await enters(place, marc, place.space, hall)
