"""When a copy leaves and when one is proved; what is told of it, to whom, and how often."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.app import _counts
from bot.backups import rotation
from bot.backups.jobs import Job, Result, ended
from bot.backups.nightly import NightlyBackups
from bot.errors import Unavailable
from bot.reports.months import Months, proof_of_backups
from bot.settings import Secret, Settings
from bot.store import backups
from bot.store.data_folder import WORKSHOP
from bot.supervision.health import Health
from tests.commands.people.test_departure import asks
from tests.stage.copies import PLACE, Copies
from tests.stage.transcript_header import Scenery, scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne, Bob", "salons": "Place", "hébergeurs": "Inès"}
EVENING = datetime(2027, 1, 14, 19, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Nights(Copies):
    """A lieu, whoever hosts it, and time that passes."""

    def __init__(self, scene: Scenery) -> None:
        super().__init__(scene.stage)
        self.scene = scene
        self.at(EVENING)

    def at(self, moment: datetime) -> None:
        self.stage.clock.at = round(moment.timestamp() * 1000)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.stage.clock.at / 1000, UTC)

    async def told(self, *, host: bool = False) -> list[str]:
        """What was said of copies so far."""
        if not host:
            return [line for line in self.stage.said(self.scene.rooms["Conciergerie"].room_id) if "sauvegarde" in line]
        room = await self.stage.bot.operators.room()
        assert room
        return [line for line in self.stage.said(room) if "sauvegarde" in line]


@pytest.fixture
async def nights(tmp_path: Path) -> AsyncIterator[Nights]:
    async with scenery(LIEU, tmp_path) as scene:
        yield Nights(scene)


async def test_one_leaves_each_night_and_one_is_proved_each_week(nights: Nights) -> None:
    assert await nights.pass_by(HOUR) == ["send", "prove"], "the first one at once: is all set up?"
    assert await nights.pass_by(DAY) == ["send"], "of the same evening, but it is another night"
    for week in range(3):
        done = [await nights.pass_by(DAY) for _ in range(7)]
        assert done == [["send"]] * 6 + [["send", "prove"]], week
    assert await nights.told() == await nights.told(host=True) == []


async def test_a_month_tells_of_the_copy_that_was_proved(nights: Nights) -> None:
    (lieu,) = await nights.stage.bot.lieux.all()
    months = Months(
        nights.stage.database,
        nights.stage.bot.incidents,
        nights.stage.bot.clock.now,
        proof=partial(proof_of_backups, towards=PLACE.towards),
    )
    assert (await months.month(lieu))["proof"] == {"proved_at": None, "restored_at": None, "restored": "unknown"}
    await nights.pass_by(HOUR)
    well = (await months.month(lieu))["proof"]
    assert well
    assert well["restored"] == "done"
    assert well["proved_at"]
    nights.ends["prove"] = ended("failed", "altered")
    await nights.pass_by(8 * DAY)
    ill = (await months.month(lieu))["proof"]
    assert ill
    assert (ill["restored"], ill["proved_at"]) == ("failed", well["proved_at"])


async def test_it_is_night_where_the_bot_is(nights: Nights) -> None:
    await nights.pass_by(HOUR)
    hours = []
    for _ in range(24):
        if await nights.pass_by(HOUR):
            hours.append((nights.now() + HOUR).hour)  # in Paris, in winter
    assert len(hours) == 1
    assert hours[0] in range(1, 7)


async def test_bots_of_one_place_do_not_all_come_at_once(nights: Nights) -> None:
    bot = nights.stage.bot
    parts = (bot.database, bot.engine, bot.lieux, bot.operators, bot.clock.now, nights.work)
    ids = [f"@conciergerie:lieu-{number}.example" for number in range(20)]
    due = {NightlyBackups(id, PLACE, "Europe/Paris", *parts)._night(nights.stage.clock.at) for id in ids}
    assert len(due) > 12
    assert max(due) - min(due) < 4 * 3_600_000


async def test_a_process_that_begins_anew_sends_no_second_copy(nights: Nights) -> None:
    await nights.pass_by(DAY)
    for _ in range(5):
        nights.begin()
        assert await nights.pass_by(timedelta(minutes=10), timedelta(minutes=10)) == []


async def test_a_bot_that_slept_sends_it_when_it_wakes(nights: Nights) -> None:
    await nights.pass_by(DAY)
    nights.at(datetime(2027, 1, 20, 11, tzinfo=UTC))
    assert (await nights.pass_by(HOUR))[0] == "send"


async def test_what_a_dead_process_had_begun_is_tried_again_and_counts_for_nothing(nights: Nights) -> None:
    await nights.pass_by(DAY)
    nights.at(nights.now() + DAY)
    await nights.stage.database.write(backups.begin, "send", nights.stage.clock.at, "half")
    assert await nights.pass_by(timedelta(minutes=50), timedelta(minutes=50)) == [], "not at once: it may die of it"
    assert await nights.pass_by(HOUR) == ["send"]
    row = "SELECT outcome, cause FROM backups WHERE name = 'half'"
    found = await nights.stage.database.read(lambda tx: tuple(tx.execute(row).fetchone()))
    assert found == ("unknown", "interrupted")


async def test_a_clock_that_was_wrong_stops_nothing(nights: Nights) -> None:
    nights.at(datetime(2031, 1, 1, tzinfo=UTC))
    await nights.pass_by(DAY)
    nights.at(EVENING)
    assert await nights.pass_by(HOUR) == ["send", "prove"]
    assert await nights.pass_by(DAY) == ["send"]


async def test_the_marks_are_never_the_same_and_what_was_proved_is_needed(nights: Nights) -> None:
    await nights.pass_by(HOUR)
    first = await nights.stage.database.read(backups.proved_name)
    sent = [job for job in nights.jobs if job["act"] == "send"]
    nights.jobs = []
    for _ in range(3):
        nights.at(nights.now() + DAY)
        await nights.nightly.look()
    sent = nights.jobs
    assert len({job["mark"] for job in sent}) == 3
    assert [job["needed"] for job in sent] == [[first]] * 3


async def test_a_night_without_the_storage_is_made_good_and_told_to_nobody(nights: Nights) -> None:
    await nights.pass_by(DAY)
    nights.ends["send"] = ended("failed", "silent")
    tried = await nights.pass_by(DAY)
    assert set(tried) == {"send"}
    assert 10 < len(tried) <= 24
    nights.ends["send"] = ended("done", bytes=9)
    assert await nights.pass_by(2 * HOUR) == ["send"]
    assert await nights.told(host=True) == []


async def test_the_host_is_told_that_nothing_leaves_and_the_lieux_when_it_matters(nights: Nights) -> None:
    await nights.pass_by(DAY)
    nights.ends["send"] = ended("failed", "credentials")
    await nights.pass_by(3 * DAY)
    (host,) = await nights.told(host=True)
    assert "aucune sauvegarde n’est partie" in host
    assert await nights.told() == []
    await nights.pass_by(6 * DAY)
    (lieu,) = await nights.told()
    assert "Depuis plus de huit jours" in lieu
    assert "Rien n’est perdu aujourd’hui" in lieu
    assert len(await nights.told(host=True)) == 1, "once"
    nights.ends["send"] = ended("done", bytes=9)
    await nights.pass_by(2 * DAY)
    assert "de nouveau bonne" in (await nights.told())[-1]
    assert "de nouveau bien" in (await nights.told(host=True))[-1]
    assert (len(await nights.told()), len(await nights.told(host=True))) == (2, 2)


async def test_a_copy_that_is_not_good_is_told_once_by_day_and_its_end_too(nights: Nights) -> None:
    await nights.pass_by(6 * DAY)
    nights.ends["prove"] = ended("failed", "altered")
    while "prove" not in await nights.pass_by(HOUR):
        assert await nights.told() == []
    assert await nights.told() == [], "not at night"
    nights.begin()
    done = await nights.pass_by(3 * DAY)
    assert done.count("prove") == 3, "each next one is looked at, for one may be well"
    (lieu,), (host,) = await nights.told(), await nights.told(host=True)
    assert "n’est pas bonne" in lieu
    assert "remise en place" in host
    nights.ends["prove"] = ended("done", bytes=9)
    await nights.pass_by(2 * DAY)
    assert len(await nights.told()) == len(await nights.told(host=True)) == 2


async def test_what_could_not_be_told_is_no_failure_until_it_lasts(nights: Nights) -> None:
    await nights.pass_by(DAY)
    nights.ends["prove"] = ended("unknown", "no-room")
    await nights.pass_by(7 * DAY)
    assert await nights.told() == []
    assert await asks(nights.scene, "!état") != ""
    await nights.pass_by(2 * DAY)
    assert len(await nights.told()) == 2, "the state, and the alarm"
    assert "Depuis plus de huit jours" in (await nights.told())[-1]


async def test_an_alarm_ends_honestly_where_no_copies_are_wanted_any_more(nights: Nights) -> None:
    await nights.pass_by(DAY)
    nights.ends["send"] = ended("failed", "credentials")
    await nights.pass_by(9 * DAY)
    before = (len(await nights.told()), len(await nights.told(host=True)))
    assert before == (1, 1)
    nights.begin(None)
    nights.at(nights.now().replace(hour=2))
    assert await nights.pass_by(HOUR) == []
    assert (len(await nights.told()), len(await nights.told(host=True))) == before, "not at night"
    assert await nights.pass_by(3 * DAY) == []
    assert "a arrêté mes sauvegardes" in (await nights.told())[-1]
    assert "BACKUP_URL n’est plus dans les réglages" in (await nights.told(host=True))[-1]
    assert (len(await nights.told()), len(await nights.told(host=True))) == (2, 2), "once"
    await nights.nightly.run()  # there is nothing left to look for
    nights.begin()
    nights.ends["send"] = ended("done", bytes=9)
    assert await nights.pass_by(DAY) == ["send", "prove"]
    assert (len(await nights.told()), len(await nights.told(host=True))) == (2, 2)


async def test_what_nobody_was_told_ends_without_a_word(nights: Nights) -> None:
    await nights.pass_by(DAY)
    await nights.stage.database.write(backups.raise_alarm, "lieux", 1, "failed")
    nights.begin(None)
    await nights.pass_by(DAY)
    assert await nights.told() == await nights.told(host=True) == []
    await nights.nightly.run()


@pytest.mark.parametrize(
    "change",
    [{"url": "s3://copies/elsewhere?endpoint=https://s3.example.org"}, {"recipients": ("age1another",)}],
)
async def test_what_was_proved_of_another_place_or_for_another_key_counts_for_nothing(
    nights: Nights, change: dict[str, Any]
) -> None:
    await nights.pass_by(DAY)
    assert "est vérifiée, tout y est" in await asks(nights.scene, "!état")
    changed = replace(PLACE, **change)
    nights.begin(changed)
    assert "la première n’est pas encore vérifiée" in await asks(nights.scene, "!état")
    nights.ends["prove"] = ended("unknown", "no-room")
    assert await nights.pass_by(HOUR) == ["send", "prove"], "at once: are they right?"
    assert "la première n’est pas encore vérifiée" in await asks(nights.scene, "!état")
    assert nights.jobs[0]["needed"] == []
    nights.ends["prove"] = ended("done", bytes=9)
    assert "prove" in await nights.pass_by(DAY)
    assert "est vérifiée, tout y est" in await asks(nights.scene, "!état")
    nights.begin(replace(changed, access_key="a newer one", secret_key=Secret("of the same bucket")))
    assert await nights.pass_by(HOUR) == []


async def test_an_alarm_does_not_end_because_copies_go_elsewhere_now(nights: Nights) -> None:
    await nights.pass_by(DAY)
    nights.ends["send"] = ended("failed", "full")
    await nights.pass_by(9 * DAY)
    nights.begin(replace(PLACE, url="s3://copies/elsewhere?endpoint=https://s3.example.org"))
    nights.ends = {"send": ended("done", bytes=9), "prove": ended("unknown", "silent")}
    await nights.pass_by(DAY)
    assert (len(await nights.told()), len(await nights.told(host=True))) == (1, 1), "nothing was proved there"
    nights.ends["prove"] = ended("done", bytes=9)
    await nights.pass_by(DAY)
    assert "de nouveau bonne" in (await nights.told())[-1]
    assert "je l’ai vérifiée en entier" in (await nights.told(host=True))[-1]


async def test_nobody_is_told_that_a_copy_was_verified_which_was_not(nights: Nights) -> None:
    """Two nights without one, days after the last proof: it is not its turn yet."""
    await nights.pass_by(DAY)
    nights.ends["send"] = ended("failed", "full")
    await nights.pass_by(3 * DAY)
    assert len(await nights.told(host=True)) == 1
    nights.ends = {"send": ended("done", bytes=9), "prove": ended("unknown", "silent")}
    await nights.pass_by(DAY)
    assert len(await nights.told(host=True)) == 1
    nights.ends["prove"] = ended("done", bytes=9)
    assert "prove" in await nights.pass_by(DAY)
    assert "je l’ai vérifiée en entier" in (await nights.told(host=True))[-1]


async def test_the_state_shows_how_old_the_last_good_one_is(nights: Nights) -> None:
    assert "la première n’est pas encore vérifiée" in await asks(nights.scene, "!état")
    await nights.pass_by(DAY)
    assert "✓ La sauvegarde\u202f: celle du jeudi 14 janvier est vérifiée" in await asks(nights.scene, "!état")
    nights.ends["send"] = ended("failed", "full")
    await nights.pass_by(8 * DAY)
    assert "✗ La sauvegarde\u202f: la dernière bonne date du vendredi 15 janvier" in await asks(nights.scene, "!état")


async def test_whoever_has_no_copies_hears_nothing_of_them(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        await scene.stage.bot.backups.look()
        assert "auvegarde" not in await asks(scene, "!état")


async def test_no_secret_is_in_the_database(nights: Nights, tmp_path: Path) -> None:
    await nights.pass_by(2 * DAY)
    assert nights.jobs[0]["keys"]["secret"] == "hunter2"
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"hunter2" not in held


async def test_a_host_who_cannot_be_told_now_is_told_later(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    await nights.pass_by(DAY)
    nights.ends["send"] = ended("failed", "credentials")

    async def away() -> str:
        raise Unavailable("matrix")

    with monkeypatch.context() as patch:
        patch.setattr(nights.stage.bot.operators, "room", away)
        await nights.pass_by(4 * DAY)
    assert await nights.told(host=True) == []
    await nights.pass_by(DAY)
    assert len(await nights.told(host=True)) == 1


async def test_the_age_is_measured_where_there_are_copies(nights: Nights) -> None:
    """And nobody takes « no copy at all » for a fresh one."""
    name = b"conciergerie_backup_proved_age_seconds"
    least = {"MATRIX_HOMESERVER": "https://m.example", "MATRIX_USER": "@c:m.example", "MATRIX_PASSWORD": "p"}
    without = replace(Settings.load(least, None), backups=None)
    database, shown = nights.stage.database, replace(without, backups=PLACE)
    assert name not in await Health(counts=partial(_counts, database, [], without)).metrics()
    assert name + b" +Inf\n" in await Health(counts=partial(_counts, database, [], shown)).metrics()
    nights.at(datetime.now(UTC) - 3 * DAY)
    await nights.nightly.look()
    page = await Health(counts=partial(_counts, database, [], shown)).metrics()
    (line,) = re.findall(rb"(?m)^" + name + rb" (\S+)$", page)
    assert round(float(line) / 86_400) == 3


async def test_what_a_dead_process_left_in_clear_is_gone_at_the_next_start(tmp_path: Path) -> None:
    """Also where no copies are wanted any more."""
    async with scenery(LIEU, tmp_path) as scene:
        work = scene.stage.database.path.parent / WORKSHOP
        work.mkdir()
        (work / "copy.tar").write_bytes(b"everything")
        await scene.stage.bot.backups.run()
        assert not work.exists()


class Kept(Nights):
    """With what lies there: each copy that was sent, but for those that were too many then."""

    def __init__(self, scene: Scenery) -> None:
        super().__init__(scene)
        self.there: list[str] = []
        self.most_deleted = 0

    async def work(self, job: Job) -> Result:
        if job["act"] == "send" and self.ends["send"]["outcome"] == "done":
            self.there.append(job["name"])
            now = datetime.fromisoformat(job["at"])
            gone = rotation.too_many(self.there, job["user"], job["needed"], now, job["former"])
            self.most_deleted = max(self.most_deleted, len(gone))
            self.there = [name for name in self.there if name not in gone]
        return await super().work(job)


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    async with scenery(LIEU, tmp_path) as scene:
        yield Kept(scene)


@pytest.mark.parametrize("wrong_for", [HOUR, 9 * DAY], ids=["an hour", "nine days"])
@pytest.mark.parametrize("hour", [0, 2, 5, 14])  # before, in and after the night of the backup, and by day
@pytest.mark.parametrize("jump", [DAY, -DAY, 365 * DAY, -365 * DAY], ids=["+1d", "-1d", "+1y", "-1y"])
async def test_a_clock_that_jumps_costs_no_good_copy(
    kept: Kept, jump: timedelta, hour: int, wrong_for: timedelta
) -> None:
    for _ in range(40):
        await kept.pass_by(DAY)
    kept.at(kept.now().replace(hour=hour) + DAY)
    await kept.pass_by(HOUR)
    good, right = list(kept.there), kept.now()
    kept.most_deleted = 0
    kept.at(right + jump)
    done = await kept.pass_by(wrong_for)
    kept.at(right + wrong_for)  # somebody sets it right
    done += await kept.pass_by(HOUR)
    nights = wrong_for // DAY
    assert done.count("send") <= nights + 3, "one at each jump, besides those of each night"
    assert done.count("prove") <= 3 + nights // 7
    assert kept.most_deleted <= 2 + nights
    lost = [name for name in good if name not in kept.there]
    assert len(lost) <= nights + 3, "the oldest of the days, weeks and months, as any more copies take it away"
    newest = max(map(written, good))
    assert nights or any(written(name).date() == newest.date() and written(name) >= newest for name in kept.there)
    for _ in range(10):
        assert await kept.pass_by(DAY) in (["send"], ["send", "prove"])
    ours = sorted(name for name in kept.there if written(name) <= kept.now())
    days = {written(name).date() for name in ours}
    assert len({kept.now().date() - n * DAY for n in range(1, 8)} & days) >= 6, "the last week is there"
    assert await kept.told() == await kept.told(host=True) == [], "nobody is alarmed by it"


def written(name: str) -> datetime:
    found = rotation.written_at(name)
    assert found
    return found


@pytest.mark.parametrize("jump", [DAY, -DAY, 365 * DAY, -365 * DAY], ids=["+1d", "-1d", "+1y", "-1y"])
async def test_a_clock_that_jumps_while_nothing_leaves_hides_nothing(kept: Kept, jump: timedelta) -> None:
    """Whatever it says now, the host hears of it within the days that it takes."""
    await kept.pass_by(5 * DAY)
    kept.ends["send"] = ended("failed", "full")
    kept.at(kept.now() + jump)
    await kept.pass_by(4 * DAY)
    assert len(await kept.told(host=True)) == 1
    kept.ends["send"] = ended("done", bytes=9)
    await kept.pass_by(2 * DAY)
    assert "de nouveau bien" in (await kept.told(host=True))[-1]
