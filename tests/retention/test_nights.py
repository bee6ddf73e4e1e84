"""What is forgotten at night: what is old by what the lieu chose, once, on from where it stopped, and never all at once
because of a clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.operator.audit_check import verify
from bot.retention import nights
from bot.retention.nights import DAY
from bot.store import arrivals, audit, journal_start, lieu_rows
from bot.store.database import Database, Tx
from tests.stage.stage import ME, Stage
from tests.stage.sudden_death import Mortal
from tests.stage.transcript_header import Scenery, scenery

ANNE, LEA, MARC = "@anne:lieu.fr", "@lea:lieu.fr", "@marc:lieu.fr"
HEADER = {"lieu": "La Rosée", "concierges": "Anne, Bob", "membres": "Marc", "salons": "Place du village"}
HOUR = 3_600_000
KINDS = ("talks", "journal", "departed")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(HEADER, tmp_path) as scene:
        await scene.stage.bot.nights.look()
        yield scene


async def lieu_of(stage: Stage) -> int:
    return (await stage.bot.lieux.all())[0].id


async def rows(stage: Stage, query: str, *values: object) -> list[dict[str, Any]]:
    return await stage.database.read(lambda tx: [dict(row) for row in tx.execute(query, values)])


async def at_night(stage: Stage, days: int = 1) -> None:
    """Three in the morning, so many days later."""
    for _ in range(days):
        stage.clock.at += DAY - (stage.clock.at + HOUR - 3 * HOUR) % DAY
        await stage.bot.nights.look()
        await stage.settle()


async def live(stage: Stage, days: int, *, before: int = 0) -> None:
    """A line of the journal, a talk, and somebody who came and went, for each of so many days of the past."""
    lieu = await lieu_of(stage)

    def write(tx: Tx) -> None:
        for n in range(days):
            at, person = stage.clock.at - (before + days - n) * DAY, f"@p{before + days - n}:lieu.fr"
            audit.note(tx, lieu, at, ANNE, "invited", person, {"login": "p"})
            tx.execute(
                "INSERT INTO conversations (dialogue, lieu, person, room_id, args, status, created_at, ended_at)"
                " VALUES ('help', ?, ?, '!r', '{}', 'done', ?, ?)",
                (lieu, person, at, at),
            )
            tx.execute(
                "INSERT INTO arrivals (lieu, person, name, email, invited_by, status, created_at, changed_at)"
                " VALUES (?, ?, 'Personne', 'p@exemple.fr', ?, 'declined', ?, ?)",
                (lieu, person, ANNE, at, at),
            )

    await stage.database.write(write)


async def left(stage: Stage) -> dict[str, int]:
    counted = {
        "talks": "SELECT count(*) AS n FROM conversations WHERE dialogue = 'help'",
        "journal": "SELECT count(*) AS n FROM acts WHERE what = 'invited'",
        "departed": "SELECT count(*) AS n FROM arrivals",
    }
    return {kind: (await rows(stage, query))[0]["n"] for kind, query in counted.items()}


async def keep(stage: Stage, months: int) -> None:
    chosen: Any = {f"keep_{kind}": months for kind in KINDS}
    await stage.bot.lieux.choose(await lieu_of(stage), **chosen)


def office(scene: Scenery) -> list[str]:
    return scene.stage.said(scene.rooms["Conciergerie"].room_id)


async def whole(scene: Scenery) -> list[str]:
    lines, well = await verify(scene.stage.database.path.parent)
    assert well, lines
    return lines


async def test_a_night_forgets_what_is_old_by_what_was_chosen(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 40)
    await keep(stage, 1)
    await at_night(stage)
    assert await left(stage) == dict.fromkeys(KINDS, 29)  # the last one is of a month ago by now
    (act,) = await rows(stage, "SELECT * FROM acts WHERE what = 'expired'")
    assert (act["by"], act["about"], json.loads(act["words"])) == (ME, None, dict.fromkeys(KINDS, "11"))
    assert await whole(scene) == ["✓ La Rosée: 30 acts, none missing; 11 before them were forgotten, as the lieu chose"]
    await stage.check_journal()


async def test_each_kind_is_kept_for_as_long_as_was_chosen_for_it(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 40, before=180)
    await keep(stage, 60)
    await stage.bot.lieux.choose(await lieu_of(stage), keep_journal=7)
    await at_night(stage)
    after = await left(stage)
    assert after["journal"] == 32
    assert (after["talks"], after["departed"]) == (40, 40)


async def test_by_day_nothing_is_forgotten(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 40)
    await keep(stage, 1)
    stage.clock.at += DAY - (stage.clock.at + HOUR - 14 * HOUR) % DAY
    await stage.bot.nights.look()
    assert await left(stage) == dict.fromkeys(KINDS, 40)


async def test_a_machine_that_sleeps_at_night_forgets_by_day(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 40)
    await keep(stage, 1)
    stage.clock.at += 3 * DAY - (stage.clock.at + HOUR - 14 * HOUR) % DAY
    await stage.bot.nights.look()
    assert await left(stage) == dict.fromkeys(KINDS, 27)


async def test_it_is_done_once_a_night_however_often_the_bot_starts(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 40)
    await keep(stage, 1)
    await at_night(stage)
    for _ in range(3):
        stage.clock.at += HOUR // 3
        await stage.bot.nights.look()
    await live(stage, 1, before=35)
    await stage.bot.nights.look()
    assert (await left(stage))["talks"] == 30, "that night is over"
    assert len(await rows(stage, "SELECT * FROM acts WHERE what = 'expired'")) == 1


async def test_a_new_lieu_and_an_upgraded_one_lose_nothing_at_once(tmp_path: Path) -> None:
    async with scenery(HEADER, tmp_path) as scene:
        await live(scene.stage, 40)
        await keep(scene.stage, 1)
        await at_night(scene.stage)
        assert await left(scene.stage) == dict.fromkeys(KINDS, 40)
        await at_night(scene.stage)
        assert await left(scene.stage) == dict.fromkeys(KINDS, 28)


@pytest.mark.parametrize("after", [False, True])
async def test_it_goes_on_after_a_death_in_the_middle(
    after: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each write of the night, before it is on disk and after."""
    monkeypatch.setattr(nights, "BATCH", 4)
    mortal, write, alive = Mortal.another(), 0, False
    while not alive:
        write += 1
        folder = tmp_path / f"{write}"
        stage = await Stage.open(folder, Services(), store=mortal)
        await stage.bot.lieux.create("!rosee", "La Rosée", language="fr", zone="Europe/Paris", now=1)
        await stage.bot.nights.look()
        await live(stage, 40)
        await keep(stage, 1)
        stage.clock.at += DAY - (stage.clock.at + HOUR - 3 * HOUR) % DAY
        mortal.dies_at(write, after=after)
        alive = await mortal.survives(stage.bot.nights.look())
        mortal.dies_at(0, after=False)
        mortal.died = asyncio.Event()
        lines, well = await verify(folder)
        assert well, (write, lines)
        await stage.bot.nights.look()  # an hour later, or at the next start
        assert await left(stage) == dict.fromkeys(KINDS, 29)
        (act,) = await rows(stage, "SELECT * FROM acts WHERE what = 'expired'")
        assert json.loads(act["words"]) == dict.fromkeys(KINDS, "11"), write
        assert (await verify(folder))[1]
        await stage.close()
    assert write > 9


async def test_others_have_their_turn_between_two_small_writes(scene: Scenery, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, taken = scene.stage, list[int]()
    await live(stage, 45)
    await keep(stage, 1)
    monkeypatch.setattr(nights, "BATCH", 5)
    forget = nights.store.forget

    def counted(tx: Tx, *args: Any) -> bool:
        before = tx.total_changes
        more = forget(tx, *args)
        taken.append(tx.total_changes - before)
        return more

    monkeypatch.setattr(nights.store, "forget", counted)
    await at_night(stage)
    assert await left(stage) == dict.fromkeys(KINDS, 29)
    assert len(taken) >= 9
    assert max(taken) < 25


# -- a clock that is wrong


WEEK = 8  # nights until a clock that has leapt is believed


async def leap(stage: Stage, days: int = 365) -> None:
    """And nobody sets it for a week."""
    stage.clock.at += days * DAY
    await at_night(stage, WEEK)


@pytest.mark.parametrize("days", [5, 20, 40, 365, 20_000])
async def test_a_clock_that_leaps_erases_nothing_and_its_host_is_told(scene: Scenery, days: int) -> None:
    """By however much: thirty days of talks would all be gone after a leap of twenty."""
    stage = scene.stage
    await live(stage, 29)
    await keep(stage, 1)
    await at_night(stage)
    stage.clock.at += days * DAY
    await at_night(stage, 6)
    assert await left(stage) == dict.fromkeys(KINDS, 29)
    (told,) = office(scene)
    assert "L’horloge de la machine où je tourne a sauté" in told
    stage.clock.at -= days * DAY  # somebody sets it
    await at_night(stage)
    after = await left(stage)
    assert all(20 <= n < 29 for n in after.values()), "as every night"
    assert "de nouveau à l’heure" in office(scene)[-1]
    assert len(office(scene)) == 2


async def test_a_clock_that_nobody_sets_for_a_week_asks_before_it_erases_much(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 29)
    await keep(stage, 1)
    await at_night(stage)
    await leap(stage)
    assert await left(stage) == dict.fromkeys(KINDS, 29)
    assert "Je n’ai encore rien effacé" in office(scene)[-1]
    asked = len(office(scene))
    await at_night(stage, 3)
    assert len(office(scene)) == asked, "once"
    assert await left(stage) == dict.fromkeys(KINDS, 29)
    stage.clock.at -= 365 * DAY  # somebody sets it at last
    await at_night(stage)
    after = await left(stage)
    assert all(15 <= n < 29 for n in after.values()), "as every night"


async def test_a_leap_in_the_middle_of_a_night_lets_it_wait(scene: Scenery, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process died in it, and the clock was wrong when it came back."""
    stage = scene.stage
    await live(stage, 40)
    await keep(stage, 1)
    forget = nights.store.forget

    def dies(*_: Any) -> bool:
        raise RuntimeError

    monkeypatch.setattr(nights.store, "forget", dies)
    with pytest.raises(RuntimeError):
        await at_night(stage)
    monkeypatch.setattr(nights.store, "forget", forget)
    stage.clock.at += 400 * DAY
    await stage.bot.nights.look()
    await stage.bot.nights.look(starts=True)
    assert await left(stage) == dict.fromkeys(KINDS, 40)
    stage.clock.at -= 400 * DAY
    await stage.bot.nights.look()
    assert await left(stage) == dict.fromkeys(KINDS, 29)


async def test_what_the_concierges_agree_to_goes_the_night_after(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 29)
    await keep(stage, 1)
    await leap(stage)
    await stage.click(ANNE, scene.rooms["Conciergerie"].room_id, "✅")
    assert any("Entendu" in line for line in office(scene)[-2:])
    await at_night(stage)
    assert await left(stage) == dict.fromkeys(KINDS, 0) | {"departed": 1}  # the newest row of its table stays
    assert await whole(scene)


async def test_a_yes_is_used_up_with_its_night(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 29)
    await keep(stage, 1)
    await leap(stage)
    await stage.click(ANNE, scene.rooms["Conciergerie"].room_id, "✅")
    await at_night(stage)
    stage.clock.at -= 365 * DAY  # somebody sets it, and it jumps again
    await live(stage, 20)
    await at_night(stage)
    await leap(stage)
    assert (await left(stage))["talks"] == 20


async def test_after_a_no_it_is_asked_again_in_a_month(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 29)
    await keep(stage, 1)
    await leap(stage)
    await stage.click(ANNE, scene.rooms["Conciergerie"].room_id, "❌")
    assert any("Je garde tout" in line for line in office(scene)[-2:])
    asked = len(office(scene))
    await at_night(stage, 20)
    assert len(office(scene)) == asked
    await at_night(stage, 12)
    assert "Je n’ai encore rien effacé" in office(scene)[-1]
    assert await left(stage) == dict.fromkeys(KINDS, 29)


async def test_where_there_is_nobody_to_ask_it_goes_when_it_is_still_so_in_a_month(tmp_path: Path) -> None:
    """A lieu that was never installed, or sent the bot away: its people are not kept for ever."""
    stage = await Stage.open(tmp_path, Services())
    await stage.bot.lieux.create("!rosee", "La Rosée", language="fr", zone="Europe/Paris", now=1)
    await stage.bot.nights.look()
    await live(stage, 29)
    await keep(stage, 1)
    await leap(stage)
    await at_night(stage, 29)
    assert await left(stage) == dict.fromkeys(KINDS, 29)
    await at_night(stage, 4)
    assert (await left(stage))["talks"] == 0
    await stage.close()


async def test_after_months_away_nothing_goes_before_what_came_meanwhile_is_heard(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 29)
    await keep(stage, 1)
    await stage.write(ANNE, scene.rooms["Conciergerie"].room_id, "bonjour")
    stage.clock.at += 40 * DAY
    await stage.bot.nights.look(starts=True)
    assert await left(stage) == dict.fromkeys(KINDS, 29)


async def test_an_act_of_the_future_keeps_nothing_from_being_forgotten(scene: Scenery) -> None:
    """Written while the clock was wrong, among others."""
    stage = scene.stage
    await live(stage, 5, before=35)
    await stage.database.write(audit.note, await lieu_of(stage), stage.clock.at + 900 * DAY, ANNE, "future", None, {})
    await live(stage, 34)
    await keep(stage, 1)
    await at_night(stage)
    assert (await left(stage))["journal"] == 29
    assert await rows(stage, "SELECT * FROM acts WHERE what = 'future'") == []
    assert await whole(scene)


async def test_an_act_of_the_past_takes_nothing_along_that_stands_before_it(scene: Scenery) -> None:
    stage = scene.stage
    await live(stage, 20)
    at = stage.clock.at - 40 * DAY  # by a clock that was behind
    await stage.database.write(audit.note, await lieu_of(stage), at, ANNE, "past", None, {})
    await live(stage, 1)
    await keep(stage, 1)
    await at_night(stage)
    assert (await left(stage))["journal"] == 21
    assert len(await rows(stage, "SELECT * FROM acts WHERE what = 'past'")) == 1


# -- the journal stays one that nobody can shorten unseen


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM acts WHERE seq = (SELECT min(seq) FROM acts)",
        "DELETE FROM acts WHERE what = 'expired'",
        "UPDATE acts SET about = NULL WHERE seq = (SELECT min(seq) FROM acts)",
        "DELETE FROM journal_starts",
        "UPDATE journal_starts SET count = count + 1",
        "UPDATE journal_starts SET hash = ''",
    ],
)
async def test_what_is_missing_from_a_shortened_journal_shows(scene: Scenery, tampering: str) -> None:
    stage = scene.stage
    await live(stage, 40)
    await keep(stage, 1)
    await at_night(stage)
    assert await whole(scene)
    await stage.database.write(lambda tx: tx.execute(tampering))
    lines, well = await verify(stage.database.path.parent)
    assert not well
    assert lines[0].startswith("✗ La Rosée: something is missing, or was changed, after the first ")


async def test_a_shortened_journal_stays_whole_when_the_lieu_goes_to_another_bot(
    scene: Scenery, tmp_path: Path
) -> None:
    stage = scene.stage
    await live(stage, 40)
    await keep(stage, 1)
    await at_night(stage)
    rows_of = await stage.database.read(lieu_rows.take_out, await lieu_of(stage))
    there = await Database.open(tmp_path / "there" / "bot.sqlite")
    id = await there.write(lieu_rows.put_in, rows_of, stage.clock.at)
    assert await there.read(journal_start.start, id) == await stage.database.read(journal_start.start, 1)
    await there.close()
    rows_of["journal_starts"] = []
    there = await Database.open(tmp_path / "nowhere" / "bot.sqlite")
    with pytest.raises(ValueError, match="broken"):
        await there.write(lieu_rows.put_in, rows_of, stage.clock.at)
    await there.close()


# -- people


async def test_only_whoever_is_there_no_more_is_forgotten(scene: Scenery) -> None:
    """Not who is in the space, has an account of the lieu, or is on the way in or out, nor whom somebody talks to."""
    stage, lieu = scene.stage, await lieu_of(scene.stage)
    long_ago = stage.clock.at - 40 * DAY

    def write(tx: Tx) -> None:
        for name, status in (
            *((name, "welcomed") for name in ("gone", "here", "account", "leaving", "talking", "silenced", "back")),
            *(("coming", "invited"), ("never", "cancelled"), ("newest", "declined")),
        ):
            tx.execute(
                "INSERT INTO arrivals (lieu, person, name, email, invited_by, status, created_at, changed_at)"
                " VALUES (?, ?, 'Nom', 'e@exemple.fr', ?, ?, ?, ?)",
                (lieu, f"@{name}:lieu.fr", ANNE, status, long_ago, long_ago),
            )
        for name in ("here", "back"):
            tx.execute("INSERT INTO members VALUES (?, ?)", (lieu, f"@{name}:lieu.fr"))
        tx.execute(
            "INSERT INTO owned (lieu, service, kind, ref, person, at) VALUES"
            " (?, 'directory', 'account', 'account', '@account:lieu.fr', 1),"
            " (?, 'nextcloud', 'share', '12', '@gone:lieu.fr', 1)",
            (lieu, lieu),
        )
        tx.execute(
            "INSERT INTO departures (lieu, person, name, login, by, status, locks_at, created_at, changed_at)"
            " VALUES (?, '@leaving:lieu.fr', 'L', '', ?, 'locked', 1, ?, ?)",
            (lieu, ANNE, long_ago, long_ago),
        )
        tx.execute(
            "INSERT INTO conversations (dialogue, lieu, person, room_id, args, status, created_at)"
            " VALUES ('help', ?, '@talking:lieu.fr', '!r', '{}', 'open', 1)",
            (lieu,),
        )
        tx.execute("INSERT INTO silences VALUES (?, '@silenced:lieu.fr', '!r', 'null', 0, NULL)", (lieu,))
        tx.execute("INSERT INTO people (person, language) VALUES ('@gone:lieu.fr', 'en'), ('@here:lieu.fr', 'en')")
        tx.execute("INSERT INTO departed VALUES (?, '@back:lieu.fr', 1)", (lieu,))

    await stage.database.write(write)
    await keep(stage, 1)
    await at_night(stage)
    names = [row["person"].split(":")[0] for row in await rows(stage, "SELECT person FROM arrivals ORDER BY id")]
    assert names == ["@here", "@account", "@leaving", "@talking", "@silenced", "@back", "@coming", "@newest"]
    assert [row["person"] for row in await rows(stage, "SELECT person FROM people WHERE language = 'en'")] == [
        "@here:lieu.fr"
    ]
    (share,) = await rows(stage, "SELECT * FROM owned WHERE kind = 'share'")
    assert share["person"] is None
    assert "@back:lieu.fr" not in [row["person"] for row in await rows(stage, "SELECT person FROM departed")]


async def test_whoever_leaves_after_years_is_kept_from_that_day_on(scene: Scenery) -> None:
    stage, lieu = scene.stage, await lieu_of(scene.stage)
    long_ago = stage.clock.at - 900 * DAY

    def write(tx: Tx) -> None:
        for person in (MARC, LEA):
            tx.execute(
                "INSERT INTO arrivals (lieu, person, name, invited_by, status, created_at, changed_at)"
                " VALUES (?, ?, 'Nom', ?, 'welcomed', ?, ?)",
                (lieu, person, ANNE, long_ago, long_ago),
            )

    await stage.database.write(write)
    await stage.database.write(arrivals.know, lieu, [LEA])
    await stage.database.write(arrivals.went, lieu, MARC, MARC, stage.clock.at)
    await keep(stage, 1)
    await stage.bot.lieux.choose(lieu, keep_journal=60)
    await at_night(stage, 20)
    assert len(await rows(stage, "SELECT * FROM arrivals WHERE person = ?", MARC)) == 1
    await at_night(stage, 15)
    assert await rows(stage, "SELECT * FROM arrivals WHERE person = ?", MARC) == []


async def test_no_secret_address_is_ever_anothers(scene: Scenery) -> None:
    """It is made of the arrival's number, which must not be given twice."""
    stage, lieu = scene.stage, await lieu_of(scene.stage)
    await live(stage, 40)
    newest = (await rows(stage, "SELECT max(id) AS id FROM arrivals"))[0]["id"]
    await keep(stage, 1)
    await stage.wait(31)
    await at_night(stage)
    fresh = await stage.bot.arrivals.expect(lieu, "@neu:lieu.fr", ANNE)
    assert fresh > newest


# -- among several lieux


async def test_each_lieu_forgets_by_its_own_choice(tmp_path: Path) -> None:
    async with scenery(HEADER, tmp_path) as scene:
        stage = scene.stage
        first = await lieu_of(stage)
        other = await stage.bot.lieux.create("!autre", "Le Phare", language="fr", zone="Europe/Paris", now=1)
        await stage.bot.nights.look()
        await live(stage, 40)
        await keep(stage, 1)

        def copy(tx: Tx) -> None:
            tx.execute(
                "INSERT INTO conversations (dialogue, lieu, person, room_id, args, status, created_at, ended_at)"
                " SELECT 'other', ?, person, room_id, args, status, created_at, ended_at FROM conversations"
                " WHERE lieu = ? AND dialogue = 'help'",
                (other.id, first),
            )

        await stage.database.write(copy)
        await stage.bot.lieux.choose(other.id, keep_talks=6)
        await at_night(stage)
        assert (await left(stage))["talks"] == 29
        assert (await rows(stage, "SELECT count(*) AS n FROM conversations WHERE dialogue = 'other'"))[0]["n"] == 40


async def test_whoever_left_one_lieu_stays_known_in_the_other(tmp_path: Path) -> None:
    stage = await Stage.open(tmp_path, Services())
    here, there = [
        (await stage.bot.lieux.create(f"!{name}", name, language="fr", zone="Europe/Paris", now=1)).id
        for name in ("La Rosée", "Le Phare")
    ]
    await stage.bot.nights.look()
    at = stage.clock.at - 35 * DAY

    def write(tx: Tx) -> None:
        for lieu, person in ((here, LEA), (there, LEA), (here, MARC), (here, ANNE)):
            tx.execute(
                "INSERT INTO arrivals (lieu, person, name, invited_by, status, created_at, changed_at)"
                " VALUES (?, ?, 'Nom', ?, 'welcomed', ?, ?)",
                (lieu, person, ANNE, at, at),
            )
            tx.execute("INSERT OR IGNORE INTO people (person, language) VALUES (?, 'en')", (person,))
        for lieu, person in ((there, LEA), (here, ANNE)):
            tx.execute("INSERT INTO members (lieu, person) VALUES (?, ?)", (lieu, person))

    await stage.database.write(write)
    await keep(stage, 1)
    await at_night(stage)
    known = [(row["lieu"], row["person"]) for row in await rows(stage, "SELECT * FROM arrivals ORDER BY id")]
    assert known == [(there, LEA), (here, ANNE)]
    assert [row["person"] for row in await rows(stage, "SELECT person FROM people ORDER BY person")] == [ANNE, LEA]
    await stage.close()
