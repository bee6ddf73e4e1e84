"""What forgers, broken bots and bots of tomorrow say in the coordination room: ignored, and told of once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.network.envelope import KINDS, BadEnvelope, check, enclose, read
from tests.network.lieux import Lieux
from tests.network.two import Two
from tests.tiers import examples

MALLORY = "@mallory:ailleurs.fr"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
async def two(lieux: Lieux) -> Two:
    two = await Two.meet(lieux)
    await two.ask()
    return two


def request(two: Two) -> dict[str, Any]:
    return dict(two.envelopes("request")[0])


def told(said: list[str], words: str) -> int:
    return sum(words in one for one in said)


async def test_a_member_does_not_speak_for_a_lieu(two: Two) -> None:
    for n in (2, 3):
        await two.forge(MALLORY, "request", request(two) | {"rev": n, "what": "de l’argent", "state": "withdrawn"})
    assert not told(two.there(), "argent")
    assert told(two.there(), "Demande retirée") == 0
    for said in (two.here(), two.there()):
        assert told(said, f"{MALLORY} a voulu parler au nom d’un lieu") == 1


async def test_a_bot_does_not_speak_for_another_lieu(two: Two) -> None:
    bot = two.moulin.stage.bot.me
    await two.forge(bot, "request", request(two) | {"rev": 2, "state": "withdrawn"})
    assert told(two.here(), f"{bot} a voulu parler au nom d’un lieu") == 1
    assert told(two.here(), "Demande retirée") == 0


async def test_a_lieu_does_not_touch_the_request_of_another(two: Two) -> None:
    """Its bot is who it says, and the request's name tells whose it is."""
    moulin = two.envelopes("hello")[0]["lieu"]
    forged = request(two) | {"lieu": moulin, "rev": 5, "state": "withdrawn"}
    await two.forge(two.moulin.stage.bot.me, "request", forged)
    assert told(two.here(), "Demande retirée") == 0
    assert told(two.here(), "messages que je ne comprends pas") == 1


async def test_no_lieu_has_a_dot_in_its_name(two: Two) -> None:
    """« a » could speak of « a.b.1 », the first request of « a.b »."""
    with pytest.raises(BadEnvelope):
        check("request", request(two) | {"lieu": "a.b", "id": "a.b.1"})


async def test_a_bot_that_asks_and_asks_is_asked_about_a_few_times(two: Two) -> None:
    hello = two.envelopes("hello")[0]
    card = {"v": 1, "bot": MALLORY, "name": "Encore un lieu"}
    for n in range(12):
        await two.forge(MALLORY, "hello", hello | {"lieu": f"lieu{n}", "card": card})
    assert told(two.here(), "Encore un lieu") == 5


async def test_an_old_state_that_is_replayed_changes_nothing(two: Two) -> None:
    old = request(two)
    await two.lieux.click(two.moulin.concierge, two.moulin.office.room_id, "🙋", on=two.card)
    before = (two.here(), two.there())
    await two.forge(two.rosee.stage.bot.me, "request", old)
    assert (two.here(), two.there()) == before


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"v": 2, "nouveau": True}, "une version plus récente"),
        ({"v": 1, "padding": "x" * 60_000}, "bien trop longs"),
        ({"v": 1, "request": ["liste"], "lieu": 3, "seq": "un"}, "messages que je ne comprends pas"),
        ("texte", "messages que je ne comprends pas"),
        ({"v": True}, "messages que je ne comprends pas"),
    ],
)
async def test_what_cannot_be_read_is_told_of_once(two: Two, body: Any, words: str) -> None:
    for _ in range(3):
        await two.forge(MALLORY, "message", body)
    assert told(two.here(), words) == 1
    assert told(two.there(), words) == 1


async def test_a_crowd_of_forgers_does_not_fill_the_conciergerie(two: Two) -> None:
    for n in range(12):
        await two.forge(f"@mallory{n}:ailleurs.fr", "offer", {"v": 1})
    assert told(two.here(), "messages que je ne comprends pas") == 5


async def test_a_newer_version_is_answered_politely_and_once(two: Two) -> None:
    for _ in range(3):
        await two.forge(MALLORY, "offer", {"v": 7})
    answers = [event for event in two.room.events if "pas encore cette version" in event["content"].get("body", "")]
    assert sorted(event["sender"] for event in answers) == [two.moulin.stage.bot.me, two.rosee.stage.bot.me]


async def test_a_lieu_that_says_too_much_is_not_listened_to(two: Two) -> None:
    """Its own words below its own request, a thousand times."""
    moulin, bot = two.envelopes("hello")[0]["lieu"], two.moulin.stage.bot.me
    line = {"v": 1, "request": request(two)["id"], "lieu": moulin, "text": "coucou"}
    for n in range(1, 311):
        two.lieux.happens(
            two.room.room_id,
            bot,
            "m.room.message",
            {"msgtype": "m.text", "body": "coucou", "org.conciergerie.message": line | {"seq": n, "id": f"l{n}"}},
        )
    await two.lieux.settle()
    assert 100 <= told(two.here(), "coucou") <= 120
    assert told(two.here(), "Le Moulin écrit beaucoup") == 1
    assert told(two.here(), "parle beaucoup trop") == 1
    await two.lieux.write(two.rosee.concierge, two.rosee.office.room_id, "!demande 1")
    assert two.here()[-2].count("coucou") > 1


async def test_nobody_makes_a_lieu_of_themselves(two: Two) -> None:
    """The server refuses the state to whoever does not moderate; what a message says of it is nothing."""
    card = {"v": 1, "bot": MALLORY, "name": "La Rosée"}
    content = {"msgtype": "m.text", "body": "…", **card}
    await two.lieux.event(two.room.room_id, MALLORY, "org.conciergerie.lieu", content)
    await two.forge(MALLORY, "offer", {"v": 1, "request": request(two)["id"], "lieu": "faux", "seq": 1})
    assert told(two.here(), "peut aider") == 0


async def test_words_that_look_like_markup_stay_words(lieux: Lieux) -> None:
    two = await Two.meet(lieux)
    nasty = "<b>gras</b> **{lieu}** @room https://piege.example \u202eenvers"
    await lieux.ask(two.rosee, nasty)
    formatted = lieux.last_message(two.moulin)["formatted_body"]
    assert "<b>gras" not in formatted
    assert "{lieu}" in formatted
    assert "\u202e" not in formatted


@given(body=JSON, kind=st.sampled_from(KINDS))
@examples(300)
def test_whatever_comes_is_read_or_refused(body: Any, kind: str) -> None:
    try:
        found = read({f"org.conciergerie.{kind}": body})
    except BadEnvelope:
        return
    assert (found.kind, found.body) == (kind, body)


def test_what_this_version_does_not_know_is_kept() -> None:
    body = {"v": 1, "request": "a.1", "lieu": "a", "seq": 1, "tomorrow": {"x": [1]}}
    assert read(enclose("offer", body, {"body": "…"})).body == body
    with pytest.raises(BadEnvelope):
        check("offer", body | {"seq": 0})
