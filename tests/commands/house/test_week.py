"""The week of a lieu: its figures, whose they are, and the Monday morning that tells them once."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.errors import MatrixRefused
from bot.lieux import Lieu
from bot.reports.weeks import Weeks, monday
from bot.services.nextcloud import NEXTCLOUD
from bot.store import audit
from bot.store.conversations import Conversation
from bot.store.database import Tx
from tests.stage.stage import ME, FakeRoom, Stage
from tests.stage.transcript_header import GROUP, scenery

ANNE, MARC, ZOE = "@anne:lieu.fr", "@marc:lieu.fr", "@zoe:ailleurs.fr"
HOUR, DAY = 3_600_000, 86_400_000


def at(written: str, zone: str = "Europe/Paris") -> int:
    """Milliseconds of a moment on the clocks of a zone."""
    return round(datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


async def founded(stage: Stage, name: str = "La Rosée", *, now: int = 1, **choices: object) -> tuple[Lieu, FakeRoom]:
    """A lieu, and its conciergerie."""
    space, office = stage.matrix.room(name, space=True), stage.matrix.room(f"Conciergerie · {name}")
    for room in (space, office):
        room.members, room.levels = {ANNE: "join", MARC: "join", ME: "join"}, {ANNE: 100, ME: 100}
    made = await stage.bot.lieux.create(space.room_id, name, language="fr", zone="Europe/Paris", now=now)
    await stage.bot.lieux.choose(made.id, **({"installed": True, "office": office.room_id} | choices))
    await stage.bot.arrivals.know(made.id, [ANNE, MARC])
    lieu = await stage.bot.lieux.get(made.id)
    assert lieu
    return lieu, office


async def welcome(stage: Stage, lieu: Lieu, person: str, invited: int, welcomed: int) -> None:
    def write(tx: Tx) -> None:
        tx.execute(
            "INSERT INTO arrivals (lieu, person, invited_by, status, created_at, changed_at)"
            " VALUES (?, ?, ?, 'welcomed', ?, ?)",
            (lieu.id, person, ANNE, invited, welcomed),
        )
        audit.note(tx, lieu.id, welcomed, person, "welcomed", person, {})

    await stage.database.write(write)


async def look(stage: Stage, lieu: Lieu, before: str | None = None, *, now: int | None = None) -> dict[str, Any]:
    weeks = Weeks(stage.database, lambda: now or stage.clock.at)
    return await weeks.look(lieu.id, lieu.choices.zone, before)


async def counts(stage: Stage, lieu: Lieu, before: str) -> list[int]:
    return [week["arrivals"] for week in (await look(stage, lieu, before))["weeks"]]


# -- the figures


async def test_each_welcome_counts_in_the_week_of_the_zone_where_it_was(stage: Stage) -> None:
    lieu, _ = await founded(stage)
    for n, moment in enumerate(("2026-10-19T00:00", "2026-10-25T23:59:59", "2026-10-26T00:00", "2026-11-02T00:00")):
        await welcome(stage, lieu, f"@p{n}:lieu.fr", at(moment) - HOUR, at(moment))
    assert await counts(stage, lieu, "2026-11-02") == [0, 0, 0, 0, 2, 1]  # the clocks went back on the 25th
    there = await stage.bot.lieux.create("!tahiti", "Le Fare", language="fr", zone="Pacific/Tahiti", now=1)
    await welcome(stage, there, ZOE, at("2026-10-26T00:00"), at("2026-10-26T00:00"))
    assert await counts(stage, there, "2026-11-02") == [0, 0, 0, 0, 1, 0]  # still Sunday noon


async def test_the_time_to_a_welcome_is_that_of_the_one_in_the_middle(stage: Stage) -> None:
    lieu, _ = await founded(stage)
    end = at("2026-11-20T12:00")
    for n, hours in enumerate((1, 30, 900)):
        await welcome(stage, lieu, f"@p{n}:lieu.fr", end - hours * HOUR, end)
    seen = await look(stage, lieu, "2026-11-23")
    assert [week["delay"] for week in seen["weeks"]] == [None] * 5 + [30 * 3600]
    assert (seen["first"], seen["last"]) == ("2026-11-16", "2026-11-22")


async def test_the_last_seven_days_end_with_today(stage: Stage) -> None:
    lieu, _ = await founded(stage)
    seen = await look(stage, lieu, now=at("2026-11-25T00:30"))
    assert (seen["first"], seen["last"]) == ("2026-11-19", "2026-11-25")


async def test_who_leaves_is_counted_once_and_written_in_the_journal(stage: Stage) -> None:
    lieu, office = await founded(stage)
    for _ in range(2):
        await stage.event(lieu.space, ANNE, "m.room.member", {"membership": "leave"}, state_key=MARC)
    await stage.event(lieu.space, ZOE, "m.room.member", {"membership": "leave"}, state_key=ZOE)  # was never there
    await stage.event(office.room_id, ANNE, "m.room.member", {"membership": "leave"}, state_key=ANNE)  # not the space

    told = await stage.database.read(audit.of_lieu, lieu.id, 10)
    assert [(act["by"], act["what"], act["about"]) for act in told] == [(ANNE, "left", MARC)]
    assert (await look(stage, lieu))["weeks"][-1]["departures"] == 1


async def test_an_arrival_needs_somebody_once_it_has_not_moved_for_three_days(stage: Stage) -> None:
    lieu, office = await founded(stage)
    await stage.write(ANNE, office.room_id, f"!inviter {ZOE}")
    await stage.click(ANNE, office.room_id, "✅")
    assert (await look(stage, lieu))["still"] == 0
    await stage.wait(3)
    assert (await look(stage, lieu))["still"] == 1
    row = await stage.bot.arrivals.of_person(lieu.id, ZOE)
    assert row
    await stage.bot.arrivals.hold(row["conversation"], ANNE)
    assert (await look(stage, lieu))["still"] == 0  # Anne speaks with her


async def test_a_lieu_counts_nobody_of_another(stage: Stage) -> None:
    lieu, _ = await founded(stage)
    other, there = await founded(stage, "Le Phare")
    await welcome(stage, other, "@theo:lieu.fr", stage.clock.at - DAY, stage.clock.at)
    await stage.event(other.space, ANNE, "m.room.member", {"membership": "leave"}, state_key=MARC)
    await stage.write(ANNE, there.room_id, f"!inviter {ZOE}")
    await stage.click(ANNE, there.room_id, "✅")
    seen = {each.id: await look(stage, each, now=stage.clock.at + 4 * DAY) for each in (lieu, other)}
    told = {
        id: (one["still"], one["weeks"][-1]["arrivals"], one["weeks"][-1]["departures"]) for id, one in seen.items()
    }
    assert told == {lieu.id: (0, 0, 0), other.id: (1, 1, 1)}


# -- Monday


@pytest.mark.parametrize(
    ("now", "zone", "morning"),
    [
        ("2026-11-23T08:00", "Europe/Paris", "2026-11-23T08:00+01:00"),
        ("2026-11-23T07:59", "Europe/Paris", "2026-11-16T08:00+01:00"),
        ("2026-11-29T23:59", "Europe/Paris", "2026-11-23T08:00+01:00"),
        ("2026-03-30T08:00", "Europe/Paris", "2026-03-30T08:00+02:00"),  # the clocks went forward on the 29th
        ("2026-03-30T07:30", "Europe/Paris", "2026-03-23T08:00+01:00"),
        ("2026-10-26T08:00", "Europe/Paris", "2026-10-26T08:00+01:00"),  # and back on the 25th
        ("2026-11-23T08:00", "Pacific/Tahiti", "2026-11-23T08:00-10:00"),
        ("2026-11-23T08:00", "Indian/Reunion", "2026-11-23T08:00+04:00"),
    ],
)
def test_eight_o_clock_is_that_of_the_lieu(now: str, zone: str, morning: str) -> None:
    assert monday(at(now, zone), zone).isoformat(timespec="minutes") == morning


async def ring(stage: Stage, moment: str) -> None:
    stage.clock.at = at(moment) + 1000  # each look at the clock took one of these
    await stage.bot.start_standing_dialogues()
    await stage.bot.engine.tick()
    await stage.settle()


async def test_a_week_is_told_once_also_by_a_bot_that_was_stopped(stage: Stage) -> None:
    _, office = await founded(stage)
    await ring(stage, "2026-11-25T15:00")  # it was down on Monday
    assert stage.last(office.room_id).startswith("Du lundi 16 novembre au dimanche 22 novembre")
    for moment in ("2026-11-25T16:00", "2026-11-29T23:00", "2026-11-30T07:59"):
        await ring(stage, moment)
    assert len(stage.said(office.room_id)) == 1
    await ring(stage, "2026-11-30T08:00")
    assert stage.last(office.room_id).startswith("Du lundi 23 novembre au dimanche 29 novembre")
    assert len(stage.said(office.room_id)) == 2


@pytest.mark.parametrize("status", ["done", "open", "stopped"])
async def test_a_week_that_an_earlier_version_told_is_not_told_again(stage: Stage, status: str) -> None:
    """Its own scheduler began the conversation, by another cause."""
    lieu, office = await founded(stage)
    stage.clock.at = at("2026-11-23T08:00")
    cause, args = f"monday/{lieu.id}/2026-11-23", {"monday": "2026-11-23"}
    await stage.bot.engine.start(Conversation("monday", ME, office.room_id, cause, lieu.id, args))
    await stage.settle()
    await stage.database.write(lambda tx: tx.execute("UPDATE conversations SET status = ?", (status,)) and None)
    for moment in ("2026-11-23T08:01", "2026-11-25T15:00"):
        await ring(stage, moment)
    assert len(stage.said(office.room_id)) == 1
    await ring(stage, "2026-11-30T08:00")
    assert stage.last(office.room_id).startswith("Du lundi 23 novembre au dimanche 29 novembre")


async def test_a_zone_that_is_changed_moves_the_morning_within_a_day(stage: Stage) -> None:
    lieu, office = await founded(stage)
    await ring(stage, "2026-11-28T12:00")
    await stage.bot.lieux.choose(lieu.id, zone="Pacific/Tahiti")
    for moment, said in (("2026-11-30T08:00", 1), ("2026-11-30T18:59", 1), ("2026-11-30T19:00", 2)):
        await ring(stage, moment)
        assert len(stage.said(office.room_id)) == said


async def test_each_lieu_is_told_its_own_week_at_its_own_hour(stage: Stage) -> None:
    _, paris = await founded(stage)
    _, tahiti = await founded(stage, "Le Fare", zone="Pacific/Tahiti", language="en")
    await ring(stage, "2026-11-23T08:00")
    assert [len(stage.said(room.room_id)) for room in (paris, tahiti)] == [1, 1]  # there, that of the Monday before
    assert stage.last(tahiti.room_id).startswith("From Monday 9 November")
    await ring(stage, "2026-11-23T19:00")
    assert stage.last(tahiti.room_id).startswith("From Monday 16 November")
    assert len(stage.said(paris.room_id)) == 1


async def test_nobody_is_told_of_a_week_before_the_lieu_or_without_a_conciergerie(stage: Stage) -> None:
    _, new = await founded(stage, now=at("2026-11-24T10:00"))
    _, unset = await founded(stage, "Le Phare", installed=False)
    lieu, left = await founded(stage, "L’Escale")
    await stage.bot.lieux.left(lieu.space, 2)
    await ring(stage, "2026-11-25T15:00")
    assert [stage.said(room.room_id) for room in (new, unset, left)] == [[], [], []]
    await ring(stage, "2026-11-30T08:00")
    assert [len(stage.said(room.room_id)) for room in (new, unset, left)] == [1, 0, 0]


async def test_an_outage_delays_a_week_and_does_not_double_it(stage: Stage) -> None:
    _, office = await founded(stage)
    stage.matrix.down = True
    await ring(stage, "2026-11-23T08:00")
    assert stage.said(office.room_id) == []
    stage.matrix.down = False
    await stage.wait(0.1)
    await ring(stage, "2026-11-23T11:00")
    assert len(stage.said(office.room_id)) == 1


async def test_the_picture_says_what_its_words_say(stage: Stage) -> None:
    lieu, office = await founded(stage)
    await welcome(stage, lieu, ZOE, at("2026-11-16T10:00"), at("2026-11-18T10:00"))
    await ring(stage, "2026-11-23T08:00")
    sent = stage.world.rooms[office.room_id].events[-1]["content"]
    assert sent["msgtype"] == "m.image"
    assert sent["filename"] == "semaine.png"
    assert stage.matrix.files["semaine.png"].startswith(b"\x89PNG")
    assert sent["body"].splitlines() == [
        "Du lundi 16 novembre au dimanche 22 novembre\u202f: 1 arrivée et 0 départ. "
        "La semaine d’avant\u202f: ni arrivée ni départ.",
        "De l’invitation à l’accueil\u202f: 2\xa0jours, en général.",
        "Aucune arrivée n’est à relancer.",
    ]


async def test_a_homeserver_that_keeps_no_files_leaves_the_words(stage: Stage) -> None:
    def refuse(data: bytes, name: str) -> str:
        raise MatrixRefused("M_TOO_LARGE", 413)

    _, office = await founded(stage)
    stage.matrix.stored = refuse
    await stage.write(ANNE, office.room_id, "!semaine")
    sent = office.events[-1]["content"]
    assert sent["msgtype"] == "m.text"
    assert sent["body"].endswith("Rien n’attend la conciergerie. Bonne semaine\u202f!")


SHARED = {"lieu": "La Rosée", "concierges": "Anne", "salons": "Place", "nextcloud": "oui", "autre lieu": "Le Phare"}


@pytest.mark.parametrize(
    ("days", "owner", "is_up", "said"),
    [(3, 1, True, True), (30, 1, True, False), (3, 2, True, False), (3, 1, False, False)],
    ids=["soon", "later", "another lieu's", "Nextcloud is away"],
)
async def test_shares_that_end_soon_are_counted(days: int, owner: int, is_up: bool, said: bool, tmp_path: Path) -> None:
    async with scenery(SHARED, tmp_path) as scene:
        cloud, office = scene.stage.services[NEXTCLOUD], scene.rooms["Conciergerie"].room_id
        assert cloud
        assert scene.nextcloud
        today = datetime.fromtimestamp(scene.stage.clock.at / 1000, ZoneInfo("Europe/Paris")).date()
        await cloud.folders.ensure("La Rosée")
        ends = (today + timedelta(days=days)).isoformat()
        share = await cloud.shares.ensure("La Rosée", group=GROUP, expires=ends)
        await scene.stage.bot.ownership.own(owner, "nextcloud", "share", share["id"], "@anne:lieu.fr")
        scene.weather("Nextcloud", is_up)
        await scene.stage.write(scene.people["Anne"], office, "!semaine")
        picture = [e["content"] for e in scene.rooms["Conciergerie"].events if e["sender"] == ME][-1]
        assert picture["msgtype"] == "m.image"
        assert ("Un partage se termine cette semaine" in picture["body"]) is said
