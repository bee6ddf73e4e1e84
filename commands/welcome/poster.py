"""`!affiche`: a poster for the welcome desk, to print, that leads whoever reads it to the lieu; with a registration
code, where the homeserver takes these and one is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypedDict
from urllib.parse import unquote

from bot.arrivals.page_addresses import PageAddresses
from bot.lieux import Lieu
from bot.services.directory import gives_accounts
from bot.services.registration_codes import RegistrationCodes, allow, last_day
from bot.talk import Choice, Option, command, hours
from bot.talk.ports import Clock, Facts, Media, Pictures, Registration
from bot.talk.talk import Talk
from integrations.directory import Directory

Steps = Sequence[tuple[str, str]]
"""What to do, and how, for somebody who never heard of Matrix."""

WITH_PAGE: Steps = (
    ("poster.scan", "poster.scan-or-copy-how"),
    ("poster.read", "poster.read-how"),
    ("poster.come-in", "poster.enter-how"),
)
WEEK = 7
WITH_ACCOUNTS: Steps = (
    ("poster.ask", "poster.ask-account-how"),
    ("poster.choose", "poster.choose-how"),
    ("poster.scan", "poster.space-then-how"),
)
CODES = {"few": (10, WEEK, 0), "many": (50, 0, 1)}  # how many people, for how many days and months


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
    pages: PageAddresses,
    directory: Directory,
) -> None:
    address = await talk.look("address", facts.link, lieu.space)
    is_open = await talk.look("open", facts.can_be_entered, lieu.space)
    code = await _code(talk, lieu, facts, registration, codes, clock) if registration else None
    page = "" if code else await talk.look("page", pages.of_lieu, lieu)
    accounts = not (code or page) and await talk.look("accounts", gives_accounts, directory)
    await talk.say("here", lieu=lieu.name)
    if accounts:
        await talk.say("accounts-here", lieu=lieu.name)
    elif not (is_open or page):
        await talk.say("closed", lieu=lieu.name)
    if not (page or _is_short(address)):
        await talk.say("long", lieu=lieu.name)
    steps = WITH_PAGE if page else WITH_ACCOUNTS if accounts else _steps(_is_short(address), is_open=is_open)
    words = _words(talk, lieu, page or address, _with_code(is_open=is_open) if code else steps, code or {})
    sheets = await talk.do("draw", _drawn, pictures, media, words, page or address, talk.room, talk.phrase("file"))
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
    people, days, months = CODES[which]
    until = await talk.look("until", last_day, clock, lieu.choices.zone, days, months, apart=True)
    letters = await talk.look("letters", codes.fresh)
    await talk.do("allow", allow, registration, letters, people, lieu.choices.zone, until)
    talk.note("registration-code", people=str(people), until=until)
    return {"code": letters, "n": people, "until": date.fromisoformat(until), "server": server}


def _words(talk: Talk, lieu: Lieu, address: str, steps: Steps, holes: Mapping[str, Any]) -> dict[str, Any]:
    """What is written on the poster: in the lieu's language, wherever it was asked for."""
    keys = {name: f"poster.{name}" for name in ("welcome", "invitation", "door", "footer")}
    return {
        **{name: talk.phrase(key, to=lieu.space) for name, key in keys.items()},
        "steps": [[talk.phrase(key, to=lieu.space, **holes) for key in step] for step in steps],
        "hours": " · ".join(lieu.choices.hours.splitlines()),
        "note": lieu.choices.hours_note,
        "lang": lieu.choices.language,
        "lieu": lieu.name,
        "address": unquote(address.removeprefix("https://")),
    }


def _steps(can_copy: bool, *, is_open: bool) -> Steps:
    """Where people bring the account that they have."""
    return [
        ("poster.scan", "poster.scan-or-copy-how" if can_copy else "poster.scan-how"),
        ("poster.install", "poster.install-how"),
        ("poster.enter", "poster.enter-how") if is_open else ("poster.ask", "poster.ask-how"),
    ]


def _with_code(*, is_open: bool) -> Steps:
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
