"""`!affiche`: a poster for the welcome desk, to print, that leads whoever reads it to the lieu; with a registration
code, where the homeserver takes these and one is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, TypedDict
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.services.registration_codes import RegistrationCodes
from bot.talk import Choice, Option, command, hours
from bot.talk.ports import Clock, Facts, Media, Pictures, Registration
from bot.talk.talk import Talk

CODES = {"few": (10, 7), "many": (50, 30)}  # how many people, how many days


class Code(TypedDict):
    """A registration code: for how many people, until when, on which server."""

    code: str
    n: int
    until: date
    server: str


@command("poster", action="invite", within=hours(1))
async def poster(
    talk: Talk,
    lieu: Lieu,
    facts: Facts,
    media: Media,
    pictures: Pictures,
    registration: Registration | None,
    codes: RegistrationCodes,
    clock: Clock,
) -> None:
    address = await talk.look("address", facts.link, lieu.space)
    is_open = await talk.look("open", facts.can_be_entered, lieu.space)
    code = await _code(talk, lieu, facts, registration, codes, clock) if registration else None
    await talk.say("here", lieu=lieu.name)
    if not is_open:
        await talk.say("closed", lieu=lieu.name)
    if not _is_short(address):
        await talk.say("long", lieu=lieu.name)
    words = _words(talk, lieu, address, code, is_open=is_open)
    sheets = await talk.do("draw", _drawn, pictures, media, words, address, talk.room, talk.phrase("file"))
    for name, sheet in sheets.items():
        await talk.picture(name, sheet)


async def _code(
    talk: Talk, lieu: Lieu, facts: Facts, registration: Registration, codes: RegistrationCodes, clock: Clock
) -> Code | None:
    """A registration code, where it is of use and wanted."""
    if not await talk.look("registers", facts.registers_with_code):
        return None
    server = facts.local("").partition(":")[2]
    options = [Option("none", key="poster.code.none"), *(Option(each, key=f"poster.code.{each}") for each in CODES)]
    which = await talk.ask("code", Choice(options), server=server)
    if which not in CODES:
        return None
    people, days = CODES[which]
    until = await talk.look("until", _until, clock, lieu.choices.zone, days)
    letters = await talk.look("letters", codes.fresh)
    await talk.do("allow", _allow, registration, letters, people, lieu.choices.zone, until)
    talk.note("registration-code", people=str(people), until=until)
    return {"code": letters, "n": people, "until": date.fromisoformat(until), "server": server}


async def _until(clock: Clock, zone: str, days: int) -> str:
    """The last day on which a code is of use."""
    return (datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(zone)) + timedelta(days=days)).date().isoformat()


async def _allow(registration: Registration, letters: str, people: int, zone: str, until: str) -> None:
    """Until the end of that day."""
    end = datetime.combine(date.fromisoformat(until) + timedelta(days=1), time(), ZoneInfo(zone))
    await registration.ensure(letters, uses=people, expires=round(end.timestamp() * 1000))


def _words(talk: Talk, lieu: Lieu, address: str, code: Code | None, *, is_open: bool) -> dict[str, Any]:
    """What is written on the poster: in the lieu's language, wherever it was asked for."""
    keys = {name: f"poster.{name}" for name in ("welcome", "invitation", "door", "footer")}
    holes: Mapping[str, Any] = code or {}
    steps = _with_code(is_open=is_open) if code else _steps(_is_short(address), is_open=is_open)
    return {
        **{name: talk.phrase(key, to=lieu.space) for name, key in keys.items()},
        "steps": [[talk.phrase(key, to=lieu.space, **holes) for key in step] for step in steps],
        "hours": " · ".join(lieu.choices.hours.splitlines()),
        "note": lieu.choices.hours_note,
        "lang": lieu.choices.language,
        "lieu": lieu.name,
        "address": unquote(address.removeprefix("https://")),
    }


def _steps(can_copy: bool, *, is_open: bool) -> list[tuple[str, str]]:
    """For somebody who never heard of Matrix: what to do, and how."""
    return [
        ("poster.scan", "poster.scan-or-copy-how" if can_copy else "poster.scan-how"),
        ("poster.install", "poster.install-how"),
        ("poster.enter", "poster.enter-how") if is_open else ("poster.ask", "poster.ask-how"),
    ]


def _with_code(*, is_open: bool) -> list[tuple[str, str]]:
    """The account first, for the code is of no use elsewhere."""
    return [
        ("poster.install", "poster.install-there-how"),
        ("poster.register", "poster.register-how"),
        ("poster.scan", "poster.enter-then-how" if is_open else "poster.ask-then-how"),
    ]


def _is_short(address: str) -> bool:
    """Made of the space's alias: somebody can copy it by hand."""
    return "?" not in address


async def _drawn(
    pictures: Pictures, media: Media, words: dict[str, Any], address: str, room_id: str, name: str
) -> dict[str, Any]:
    pdf, png = await pictures.poster(words, address)
    return {
        "png": await media.picture(png, f"{name}.png", room_id),
        "pdf": await media.document(pdf, f"{name}.pdf", "application/pdf", room_id),
    }
