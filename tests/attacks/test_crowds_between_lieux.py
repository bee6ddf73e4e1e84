"""A lieu, or whoever knocks at a network, says the same three hundred times: our people read a few, and that there are
more. Nothing that somebody meant is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.lieux import Lieux
from tests.network.two import Two

HOUR = 1 / 24


@pytest.fixture
async def two(lieux: Lieux) -> Two:
    two = await Two.meet(lieux)
    await two.ask()
    return two


def told(said: list[str], words: str) -> int:
    return sum(words in one for one in said)


def all_at_once(two: Two, sender: str, kind: str, bodies: list[dict[str, Any]]) -> None:
    for body in bodies:
        two.lieux.happens(
            two.room.room_id,
            sender,
            "m.room.message",
            {"msgtype": "m.text", "body": "…", f"org.conciergerie.{kind}": body},
        )


async def test_three_hundred_requests_are_a_few_cards_and_one_message(two: Two) -> None:
    first = two.envelopes("request")[0]
    bodies = [first | {"id": f"{first['id']}{n}", "what": f"{n} chaises"} for n in range(250)]
    all_at_once(two, two.rosee.stage.me, "request", bodies)
    await two.lieux.settle()
    assert 1 <= told(two.there(), "chaises") <= 8
    await two.lieux.wait(1.2 * HOUR)
    summaries = [said for said in two.there() if "demandes sont arrivées" in said]
    assert len(summaries) == 1
    assert "243 demandes" in summaries[0]
    assert "et 235 autres" in summaries[0]
    assert len(summaries[0]) < 2000
    await two.lieux.write(two.moulin.concierge, two.moulin.office.room_id, "!demandes 249")
    assert "249 chaises" in two.there()[-1]


async def test_another_lieu_is_heard_while_one_shouts(lieux: Lieux, two: Two) -> None:
    forge = await lieux.build("La Forge", "forge.fr")
    await lieux.join_network(two.rosee, forge)
    first = two.envelopes("request")[0]
    all_at_once(two, two.rosee.stage.me, "request", [first | {"id": f"{first['id']}{n}"} for n in range(40)])
    await lieux.settle()
    await lieux.ask(forge, "un marteau")
    assert told(two.there(), "un marteau") == 1


async def test_a_request_that_flickers_does_not_flood(two: Two) -> None:
    """Each revision corrects a card; three hundred of them do not."""
    first = two.envelopes("request")[0]
    states = ("withdrawn", "open")
    all_at_once(two, two.rosee.stage.me, "request", [first | {"rev": n, "state": states[n % 2]} for n in range(2, 250)])
    await two.lieux.settle()
    assert len([e for e in two.moulin.office.events if "m.new_content" in e["content"]]) <= 70


async def test_the_same_yes_again_and_again_is_asked_about_a_few_times(two: Two) -> None:
    first = two.envelopes("request")[0]
    me = two.envelopes("hello")[0]["lieu"]
    yes = {"v": 1, "request": first["id"], "lieu": first["lieu"], "state": "agree", "with": me}
    all_at_once(two, two.rosee.stage.me, "state", [yes | {"seq": n} for n in range(1, 100)])
    await two.lieux.settle()
    assert 1 <= told(two.there(), "est d’accord pour le faire avec nous") <= 3


async def test_sixty_knocks_are_a_few_questions_and_one_word(two: Two) -> None:
    space = next(room for room in two.lieux.rooms.values() if room.network and room.space)
    before = len(two.here())
    for n in range(60):
        who = f"@bot{n}:{'ailleurs.fr' if n < 30 else f's{n}.fr'}"
        space.members[who] = "knock"
        two.lieux.happens(space.room_id, who, "m.room.member", {"membership": "knock"}, state_key=who)
    await two.lieux.settle()
    assert 1 <= told(two.here()[before:], "voudrait entrer dans le réseau") <= 6
    assert 1 <= told(two.here()[before:], "Beaucoup de comptes frappent") <= 2


async def test_a_card_that_is_presented_again_and_again_is_declared_a_few_times(two: Two) -> None:
    """Each would be a change of the room’s state, by our keepers’ bot, for everybody."""
    hello = two.envelopes("hello")[0]
    towns = [hello | {"card": hello["card"] | {"town": f"Ville {n}"}} for n in range(60)]
    before = len(two.lieux.rooms[two.room.room_id].declared)
    all_at_once(two, two.moulin.stage.me, "hello", towns)
    await two.lieux.settle()
    declared = two.lieux.rooms[two.room.room_id].declared
    assert len(declared) == before
    assert declared[hello["lieu"]]["content"]["town"] == "Ville 10"


async def test_a_long_talk_between_two_lieux_is_shown_whole(two: Two) -> None:
    """What people do: forty lines in an hour."""
    for n in range(40):
        await two.answer(f"ligne {n}")
    assert told(two.here(), "ligne") == 40
