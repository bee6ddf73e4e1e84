"""Requests that come at quiet hours or after an absence, and what is missing of a conversation."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.network.request_cards import end_of_quiet
from tests.network.lieux import Lieux
from tests.network.two import LASER, Two

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
async def two(lieux: Lieux) -> Two:
    return await Two.meet(lieux)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp() * 1000)


async def test_a_request_of_the_night_is_seen_in_the_morning(two: Two) -> None:
    (row,) = await two.moulin.stage.bot.network.networks.of(two.moulin.lieu.id)
    await two.moulin.stage.bot.network.networks.choose(two.moulin.lieu.id, row["network"], quiet=[22, 8])
    two.lieux.clock.at = ms("2027-03-10T23:30")
    await two.lieux.ask(two.rosee, LASER)
    assert not any(LASER in said for said in two.there())
    await two.lieux.wait(8 / 24)
    assert not any(LASER in said for said in two.there())
    await two.lieux.wait(1 / 24)
    assert sum(LASER in said for said in two.there()) == 1


async def test_after_a_week_away_many_requests_are_one_message(two: Two) -> None:
    two.lieux.deafen(two.moulin.stage.bot.me)
    for n in range(7):
        await two.lieux.ask(two.rosee, f"chaise {n}")
        await two.lieux.wait(1)
    before = len(two.there())
    await two.lieux.mend()
    await two.lieux.wait(1 / 24)
    (recapitulation,) = two.there()[before:]
    assert all(f"n° {n + 1} · La Rosée (Tours)\u202f: chaise {n}" in recapitulation for n in range(7))


async def test_what_has_ended_meanwhile_is_not_told(two: Two) -> None:
    two.lieux.deafen(two.moulin.stage.bot.me)
    for n in range(4):
        await two.lieux.ask(two.rosee, f"chaise {n}")
    requests = two.rosee.stage.bot.network.requests
    request = await requests.one(two.rosee.lieu, 1)
    assert request
    await requests.revise(two.rosee.lieu, request["id"], state="withdrawn")
    await two.lieux.wait(1)
    await two.lieux.mend()
    await two.lieux.wait(1 / 24)
    assert "chaise 0" not in two.there()[-1]
    assert "chaise 1" in two.there()[-1]


async def test_one_request_after_an_absence_is_a_card_like_any_other(two: Two) -> None:
    two.lieux.deafen(two.moulin.stage.bot.me)
    await two.lieux.ask(two.rosee, "un barnum")
    await two.lieux.wait(3)
    await two.lieux.mend()
    await two.lieux.wait(1 / 24)
    await two.lieux.click(
        two.moulin.concierge, two.moulin.office.room_id, "🙋", on=two.lieux.card(two.moulin, "barnum")
    )
    assert any("peut aider" in said for said in two.here())


async def test_what_never_comes_is_not_waited_for_for_ever(two: Two) -> None:
    await two.ask()
    moulin, bot = two.envelopes("hello")[0]["lieu"], two.moulin.stage.bot.me
    line = {"v": 1, "request": two.envelopes("request")[0]["id"], "lieu": moulin, "text": "après le trou"}
    await two.forge(bot, "message", line | {"seq": 3, "id": "c"})
    assert not any("après le trou" in said for said in two.here())
    await two.lieux.wait(1 / 24)
    assert sum("après le trou" in said for said in two.here()) == 1


@pytest.mark.parametrize(
    ("now", "quiet", "end"),
    [
        ("2027-03-10T23:30", [22, 8], "2027-03-11T08:00"),
        ("2027-03-11T07:59", [22, 8], "2027-03-11T08:00"),
        ("2027-03-11T08:00", [22, 8], None),
        ("2027-03-10T21:59", [22, 8], None),
        ("2027-03-10T12:30", [12, 14], "2027-03-10T14:00"),
        ("2027-03-10T12:30", None, None),
        ("2027-03-27T23:00", [22, 8], "2027-03-28T08:00"),  # the clocks change that night
    ],
)
def test_when_the_quiet_ends(now: str, quiet: list[int] | None, end: str | None) -> None:
    assert end_of_quiet(quiet, "Europe/Paris", ms(now)) == (end and ms(end))
