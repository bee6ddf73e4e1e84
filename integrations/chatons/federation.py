"""A federation, its members (« chatons »), and what each of them offers: three floors of files, and no more, so that
files which name each other lead nowhere.

Everybody writes their own: what is missing, malformed or late is left out, and says so by `None`, for an older copy may
be better than nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

from integrations.errors import Refused, Rejected, Unavailable
from integrations.outbound import Outside

from .client import read

REGISTRATIONS = ("none", "free", "member", "client")  # no account; for anybody; who joins; who is a customer
MOST_CHATONS, MOST_OFFERS = 400, 60
SIDE_BY_SIDE = 3  # fewer than the threads that look names up, which are there for others too
SILENT = 3  # files of one chaton that nobody answers for, after which its others wait for another day
WITHIN, OF_ONE = 3600.0, 90.0  # seconds, for all of it and for each chaton
LONGEST_NAME, LONGEST_ADDRESS = 120, 300  # characters
KINDS = {"federation": ("federation",), "chaton": ("organization", "organisation"), "offer": ("service",)}
DEGREES = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{1,15})?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)", re.ASCII)
WEB = re.compile(r"https?://[^\s<>\"'`\\{}]+", re.IGNORECASE)
EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")

Told = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Offer:
    """A service, by the names of its software and of itself, either of which may be empty. `registration`: of
    `REGISTRATIONS`; `is_shut`: full, or over; `ends`: on which day (ISO), empty for none."""

    software: str
    name: str
    website: str
    email: str
    registration: tuple[str, ...]
    is_shut: bool
    ends: str


@dataclass(frozen=True, slots=True)
class Chaton:
    """A member of the federation. `form`: the page where one writes to them; `town`: where they say that they are;
    `place`: latitude and longitude; `is_idle`: little happens there; `is_away`: for a while, or from the federation;
    `ends`: on which day (ISO), empty for none. `offers` by the addresses of their files, None where one could not be
    read."""

    name: str
    website: str
    email: str
    form: str
    town: str
    place: tuple[float, float] | None
    is_idle: bool
    is_away: bool
    ends: str
    offers: Mapping[str, Offer | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Federation:
    """`chatons` by the addresses of their files, None where one could not be read. `bugs` are ours: what somebody wrote
    was beyond us, and keeps nobody else from being read."""

    name: str
    chatons: Mapping[str, Chaton | None]
    bugs: tuple[Exception, ...] = ()


async def read_federation(url: str, outside: Outside, within: float = WITHIN) -> Federation:
    """Everything that it tells of. Raises `Refused` and `Unavailable` where not even the first file can be read, or
    names nobody: a page that says sorry is no federation whose members have all gone."""
    told = await read(url, outside)
    found: dict[str, Chaton | None] = dict.fromkeys(_below(told, MOST_CHATONS))
    if not found or not _is(told, "federation"):
        raise Rejected
    turns, bugs = asyncio.Semaphore(SIDE_BY_SIDE), list[Exception]()

    async def look(sub: str) -> None:
        async with turns:
            try:
                found[sub] = await _chaton(sub, outside)
            except Exception as bug:  # a stranger chooses what breaks in there
                bugs.append(bug)

    with suppress(TimeoutError):
        async with asyncio.timeout(within), asyncio.TaskGroup() as group:
            for sub in found:
                group.create_task(look(sub))
    return Federation(told.get("federation.name", "")[:LONGEST_NAME], found, tuple(bugs))


async def _chaton(url: str, outside: Outside) -> Chaton | None:
    try:
        told = await read(url, outside)
    except (Refused, Unavailable):
        return None
    name = told.get("organization.name", "")[:LONGEST_NAME]
    return _as_chaton(told, name, await _offers(told, outside)) if name and _is(told, "chaton") else None


async def _offers(told: Told, outside: Outside) -> dict[str, Offer | None]:
    found: dict[str, Offer | None] = dict.fromkeys(_below(told, MOST_OFFERS))
    silent = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(OF_ONE):
            for url in found:
                try:
                    found[url] = _as_offer(await read(url, outside))
                except Refused:
                    continue
                except Unavailable:
                    silent += 1
                    if silent == SILENT:
                        break
    return found


def _below(told: Told, most: int) -> list[str]:
    """Where the files of the floor below are, once each."""
    subs = [value for key, value in told.items() if key.startswith("subs.") and WEB.fullmatch(value)]
    return list(dict.fromkeys(subs))[:most]


def _is(told: Told, kind: str) -> bool:
    """Whether a file is what it should be here; old ones do not say."""
    return (told.get("file.class") or KINDS[kind][0]).casefold() in KINDS[kind]


# -- what a file tells


def _as_chaton(told: Told, name: str, offers: Mapping[str, Offer | None]) -> Chaton:
    of = "organization."
    ends = [day for key in (f"{of}enddate", f"{of}memberof.chatons.enddate") if (day := _day(told.get(key, "")))]
    levels = {told.get(f"{of}{key}status.level", "").casefold() for key in ("", "memberof.chatons.")}
    return Chaton(
        name=name,
        website=_web(told.get(f"{of}website", "")),
        email=_email(told.get(f"{of}contact.email", "")),
        form=_web(told.get(f"{of}contact.url", "")),
        town=told.get(f"{of}geolocation.address", "")[:LONGEST_NAME],
        place=_place(told.get(f"{of}geolocation.latitude", ""), told.get(f"{of}geolocation.longitude", "")),
        is_idle="idle" in levels,
        is_away="away" in levels,
        ends=min(ends, default=""),
        offers=offers,
    )


def _as_offer(told: Told) -> Offer | None:
    """None for what is no service."""
    software, name = (told.get(key, "")[:LONGEST_NAME] for key in ("software.name", "service.name"))
    if not (software or name) or not _is(told, "offer"):
        return None
    said = {word.strip().casefold() for word in told.get("service.registration", "").split(";")}
    full = told.get("service.registration.load", "").casefold() == "full"
    return Offer(
        software=software,
        name=name,
        website=_web(told.get("service.website", "")),
        email=_email(told.get("service.contact.email", "")),
        registration=tuple(one for one in REGISTRATIONS if one in said),
        is_shut=full or told.get("service.status.level", "").casefold() == "over",
        ends=_day(told.get("service.enddate", "")),
    )


def _place(latitude: str, longitude: str) -> tuple[float, float] | None:
    """With commas or points; the middle of the sea south of Ghana is where a form was left empty."""
    if not (DEGREES.fullmatch(latitude) and DEGREES.fullmatch(longitude)):
        return None
    north, east = (float(written.replace(",", ".")) for written in (latitude, longitude))
    return (north, east) if abs(north) <= 90 and abs(east) <= 180 and (north, east) != (0, 0) else None


def _day(written: str) -> str:
    """An ISO day, or nothing."""
    found = DAY.match(written)
    try:
        return date.fromisoformat(found[0]).isoformat() if found else ""
    except ValueError:
        return ""


def _web(written: str) -> str:
    try:
        fine = WEB.fullmatch(written) and len(written) <= LONGEST_ADDRESS and "@" not in urlsplit(written).netloc
    except ValueError:
        return ""
    return written if fine else ""


def _email(written: str) -> str:
    return written if len(written) <= LONGEST_ADDRESS and EMAIL.fullmatch(written) else ""
