"""A maintenance is announced to the rooms that a concierge chooses, and counted apart; whoever was told of it is told
once when it is moved, or called off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.matrix.readings import spoken_in
from bot.reports.months import Months
from bot.store import availability
from bot.store.availability import Maintenance
from bot.talk import Choice, Date, Many, Option
from bot.talk.answers.of_services import Wanted
from bot.talk.ports import RoomSettings
from bot.talk.talk import Silence, Talk

if TYPE_CHECKING:
    from bot.talk.answers.spans import Span

MORNING = 6 * 60  # minutes: until then, « cette nuit » may still be of the evening before
MOST_TOLD = 8
ON_WHICH = ("plan", "move", "call-off", "nothing")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a maintenance is planned with; `now` as it was when the conversation began, in the zone of the lieu."""

    lieu: Lieu
    months: Months
    room_settings: RoomSettings
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.lieu.choices.zone)


def services_named(talk: Talk, names: Sequence[str]) -> list[Option]:
    """Each with the words that people have for it."""
    return [Option(name, talk.service(name), clues=f"guarantees.called.{name}") for name in names]


async def of_maintenances(talk: Talk, desk: Desk, wanted: Wanted, names: list[str]) -> None:
    """What is asked of them; « maintenance » alone shows what is planned."""
    rows = await talk.look("to-come", desk.months.to_come, desk.lieu)
    act = wanted.act
    if rows and act == "plan" and not (wanted.rest or wanted.services):
        await talk.say("all-to-come", lines=[in_short(talk, one, desk.zone) for one in rows[:MOST_TOLD]])
        try:
            act = await talk.ask("then", Choice([Option(each, key=f"guarantees.then.{each}") for each in ON_WHICH]))
        except Silence:  # it was read
            return
    if act == "plan":
        await _plan(talk, desk, wanted, names, rows)
    elif act != "nothing" and not rows:
        await talk.say("none-to-come")
    elif act == "move":
        await _move(talk, desk, wanted, rows)
    elif act == "call-off":
        await _call_off(talk, desk, wanted, rows)


async def _plan(talk: Talk, desk: Desk, wanted: Wanted, names: list[str], planned: list[Maintenance]) -> None:
    span = await _when(talk, desk, wanted.rest)
    if span is None:
        return
    begins, ends = span
    if wanted.services:
        names = [*wanted.services]
    elif len(names) > 1:
        names = [*await talk.ask("which", Many(services_named(talk, names), least=1))]
    rooms = dict(await talk.look("kept", _spoken_in, desk.room_settings, desk.lieu, talk.person))
    where: tuple[str, ...] = ()
    if rooms:
        where = await talk.ask("where", Many([Option(id, name) for id, name in rooms.items()]))
    chosen = [rooms[room] for room in where if room in rooms]
    words = _announced(talk, begins, ends, names)
    also = [one for one in planned if one["begins_at"] < _ms(ends) and one["ends_at"] > _ms(begins)]
    if also:
        lines = [in_short(talk, one, desk.zone) for one in also[:MOST_TOLD]]
        await talk.say("overlaps", item=str(_ms(begins)), lines=lines)
    await talk.confirm("sure" if chosen else "sure-nowhere", rooms=chosen, **words)
    if await _is_over(talk, desk, ends):
        return
    await talk.write("plan", _planned, desk.lieu.id, _ms(begins), _ms(ends), names, [*where])
    for room in where:
        await talk.say("announced", to=room, item=room, **words)
    talk.note("maintenance", **_noted(talk, words))
    await talk.say("done" if chosen else "done-nowhere", rooms=chosen)


async def _move(talk: Talk, desk: Desk, wanted: Wanted, rows: list[Maintenance]) -> None:
    one = await _which(talk, desk, rows, "" if len(rows) == 1 else wanted.rest)
    span = await _when(talk, desk, wanted.rest if len(rows) == 1 else "")
    if span is None:
        return
    begins, ends = span
    before, after = _of(talk, one, desk.zone), _announced(talk, begins, ends, one["services"])
    rooms = await talk.look("kept", _spoken_in, desk.room_settings, desk.lieu, talk.person)
    told = [name for room, name in rooms if room in one["rooms"]]
    words = {"before": _at(talk, before), "after": _at(talk, after), "services": before["services"]}
    await talk.confirm("move-sure" if one["rooms"] else "move-sure-nowhere", rooms=told, n=len(one["rooms"]), **words)
    if await _is_over(talk, desk, ends):
        return
    now = await talk.look("now", desk.months.moment)
    where = await talk.write("move", availability.move, desk.lieu.id, one, _ms(begins), _ms(ends), now)
    if where is None:
        await talk.say("no-more")
        return
    for room in where:
        await talk.say("moved", to=room, item=room, **words)
    talk.note("maintenance-moved", **_noted(talk, after))
    await talk.say("move-done")


async def _call_off(talk: Talk, desk: Desk, wanted: Wanted, rows: list[Maintenance]) -> None:
    """One that is going on ends now."""
    one = await _which(talk, desk, rows, wanted.rest)
    rooms = await talk.look("kept", _spoken_in, desk.room_settings, desk.lieu, talk.person)
    told, words = [name for room, name in rooms if room in one["rooms"]], _of(talk, one, desk.zone)
    goes_on = one["begins_at"] <= _ms(desk.now)
    if goes_on and one["rooms"]:
        await talk.confirm("end-sure", rooms=told, n=len(one["rooms"]), **words)
    elif goes_on:
        await talk.confirm("end-sure-nowhere", **words)
    elif one["rooms"]:
        await talk.confirm("call-off-sure", rooms=told, n=len(one["rooms"]), **words)
    else:
        await talk.confirm("call-off-sure-nowhere", **words)
    now = await talk.look("now", desk.months.moment)
    where = await talk.write("call-off", availability.call_off, desk.lieu.id, one, now)
    if where is None:
        await talk.say("no-more")
        return
    goes_on = one["begins_at"] <= now  # by now
    for room in where:
        await talk.say("ended" if goes_on else "called-off", to=room, item=room, **words)
    talk.note("maintenance-ended" if goes_on else "maintenance-called-off", **_noted(talk, words))
    await talk.say("end-done" if goes_on else "call-off-done")


async def _is_over(talk: Talk, desk: Desk, ends: datetime) -> bool:
    """Whether it is by now, however long somebody thought about it: nothing is announced then."""
    over = _ms(ends) <= await talk.look("agreed-at", desk.months.moment)
    if over:
        await talk.say("over-already", at=ends)
    return over


async def _which(talk: Talk, desk: Desk, rows: list[Maintenance], said: str) -> Maintenance:
    """The one that is meant, by its day where that was `said`."""
    if len(rows) == 1:
        return rows[0]
    of_day = rows
    if said:
        day = await talk.ask("of", Date(desk.now.date), among=said, aside=True, optional=True)
        begins = {one["id"]: datetime.fromtimestamp(one["begins_at"] / 1000, desk.zone).date() for one in rows}
        of_day = [one for one in rows if begins[one["id"]] == day] or rows
    if len(of_day) == 1:
        return of_day[0]
    options = [Option(str(one["id"]), in_short(talk, one, desk.zone)) for one in of_day]
    id = await talk.ask("which-one", Choice(options))
    return next(one for one in of_day if str(one["id"]) == id)


async def _when(talk: Talk, desk: Desk, said: str) -> tuple[datetime, datetime] | None:
    """A day and hours, as far as they were not `said`; None where that is over, which is told."""
    from bot.talk.answers.spans import Hours  # for the few who plan one

    zone = desk.zone
    day = await talk.ask("day", Date(desk.now.date, "hours", desk.lieu.choices.zone, alone=True), among=said)
    span = await talk.ask("hours", Hours(), among=said)
    if day == desk.now.date() and span.ends <= MORNING and _is_before(_on_clocks(day, span, zone)[1], desk.now):
        day += timedelta(days=1)  # « cette nuit de 2h à 4h », said in the evening
    begins, ends = _on_clocks(day, span, zone)
    if _is_before(ends, desk.now):
        await talk.say("over-already", at=ends)
        return None
    return begins, ends


def _planned(tx: Any, lieu: int, begins: int, ends: int, names: list[str], rooms: list[str]) -> None:
    availability.plan(tx, lieu, begins, ends, names, rooms)


def _announced(talk: Talk, begins: datetime, ends: datetime, names: Sequence[str]) -> dict[str, Any]:
    hours = talk.phrase("talk.hours", begins=begins.time(), ends=ends.time())
    return {"day": begins.date(), "hours": hours, "services": [talk.service(name) for name in names]}


def _of(talk: Talk, one: Maintenance, zone: ZoneInfo) -> dict[str, Any]:
    begins, ends = (datetime.fromtimestamp(one[end] / 1000, zone) for end in ("begins_at", "ends_at"))
    return _announced(talk, begins, ends, one["services"])


def _at(talk: Talk, words: Mapping[str, Any]) -> str:
    """« samedi 16 janvier, de 8 h à 10 h »"""
    return talk.phrase("at", day=words["day"], hours=words["hours"])


def in_short(talk: Talk, one: Maintenance, zone: ZoneInfo) -> str:
    """« Nextcloud, samedi 16 janvier, de 8 h à 10 h »"""
    words = _of(talk, one, zone)
    return talk.phrase("in-short", services=", ".join(words["services"]), when=_at(talk, words))


def _noted(talk: Talk, words: Mapping[str, Any]) -> dict[str, str]:
    return {"day": talk.phrase("journal-day", day=words["day"]), "hours": words["hours"]}


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _is_before(at: datetime, now: datetime) -> bool:
    """Two times of one zone are compared as its clocks show them, which show an hour twice in a night of October."""
    return at.timestamp() <= now.timestamp()


def _on_clocks(day: date, span: Span, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """On the clocks of the lieu, whatever they do in the night: an hour that they skip is the one after it, and what
    ends in the night when they do lasts as long as it was said to."""
    begins, ends = (_on_clock(day, minutes, zone) for minutes in span)
    if not begins.timestamp() < ends.timestamp():
        ends = datetime.fromtimestamp(begins.timestamp() + (span.ends - span.begins) * 60, zone)
    return begins, ends


def _on_clock(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    said = datetime.combine(day + timedelta(days=minutes // 1440), time(minutes // 60 % 24, minutes % 60), zone)
    return datetime.fromtimestamp(said.timestamp(), zone)


async def _spoken_in(room_settings: RoomSettings, lieu: Lieu, person: str) -> list[list[str]]:
    return spoken_in(await room_settings.kept(lieu.space, person), lieu.office)
