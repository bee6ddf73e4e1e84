"""Where French towns are, found by the names that people give them.

`places.tsv` holds those of more than 500 people, from GeoNames (geonames.org, CC BY 4.0); `make places` makes it. Its
lines are in the order of their first cell, what `key` makes of a name: a look touches some twenty of them, keeps none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TypedDict

from bot.network.geography import GEO, plain
from bot.store.networks import Wire
from bot.talk.spelling import resembling
from bot.words import fold

FILE = Path(__file__).with_name("places.tsv")
LONGEST = 60  # characters of a name
ARTICLES = {"l", "la", "le", "les"}
SHORT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "s": "sur"}
NUMBERED = re.compile(r"0?(\d{1,2})(?:e|er|eme|ere)?")  # « 11e »
UNSAID = re.compile(r"\d{5}|arr(?:ondissement)?")  # a postcode
# How much a mistyped name resembles those that are proposed, from 0 to 1, and others where there is none of these; by
# how many letters it is longer or shorter.
ALIKE, LESS_ALIKE, CLOSE = 0.9, 0.8, 2


class Town(TypedDict):
    """`near`: the bigger town beside it, where its region has several of its name; else empty. `geo_uri`: RFC 5870."""

    name: str
    region: str
    near: str
    geo_uri: str


class Sought(TypedDict):
    """Every town of a name, the biggest first; where there is none, those of up to three names that resemble it."""

    towns: list[Town]
    alike: list[Town]


async def look_up(name: str) -> Sought:
    """What a conversation reads; see `called`."""
    towns = called(name)
    return {"towns": towns, "alike": [] if towns else alike(name)}


def called(name: str) -> list[Town]:
    """The towns of this name, the biggest first: with or without accents, article, hyphens; « St » is « Saint »."""
    wanted = key(name)
    if not wanted or len(wanted) > LONGEST:
        return []
    with _lines() as lines:
        found = [_town(line) for line in _under(lines, wanted.encode())]
    whole, _, last = wanted.rpartition(" ")
    if not found and whole and last.isdecimal():  # a district or a department that no place here has in its name
        return called(whole)
    return [town for town in found if _spelt(town["name"]) == _spelt(name)] or found


def alike(name: str) -> list[Town]:
    """The towns that somebody may have meant who mistyped a name, but for its first letter; the likeliest first."""
    wanted = key(name)
    if not wanted or len(wanted) > LONGEST:
        return []
    with _lines() as lines:
        first = wanted[0].encode()
        initial = lines[_at(lines, first) : _at(lines, bytes([first[0] + 1]))].decode()
        keys = {line.partition("\t")[0] for line in initial.splitlines()}
        near = [each for each in keys if abs(len(each) - len(wanted)) <= CLOSE]
        close = resembling(wanted, near, 3, ALIKE) or resembling(wanted, near, 3, LESS_ALIKE)
        return [_town(line) for each in close for line in _under(lines, each.encode())]


def key(name: str) -> str:
    """By what a name is found: « Le Mans » as « mans », « St-Denis » as « saint denis »."""
    words = _spelt(name).split()
    while len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    return " ".join(words)


def _spelt(name: str) -> str:
    words = [SHORT.get(word, word) for word in fold(name).split() if not UNSAID.fullmatch(word)]
    return " ".join(found[1] if (found := NUMBERED.fullmatch(word)) else word for word in words)


def whereabouts(card: Wire) -> str | None:
    """Where a lieu is: by the coordinates that it gives, else by its town, where one alone is called so."""
    given = card.get("geo_uri")
    if isinstance(given, str) and GEO.fullmatch(given):
        return given
    towns = called(plain(card.get("town", "")))
    return towns[0]["geo_uri"] if len(towns) == 1 else None


def placed(card: Wire) -> Wire:
    """What a lieu says of itself, and where it is, as far as that is known."""
    place = whereabouts(card)
    return {**card, "geo_uri": place} if place else card


# -- the file


@contextmanager
def _lines() -> Iterator[mmap]:
    with FILE.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as lines:
        yield lines


def _at(lines: mmap, wanted: bytes) -> int:
    """Where the first line begins that is not before this key."""
    return bisect_left(range(len(lines)), wanted, key=lambda offset: _key_at(lines, offset))


def _key_at(lines: mmap, offset: int) -> bytes:
    begins = lines.rfind(b"\n", 0, offset) + 1
    return lines[begins : lines.find(b"\t", begins)]


def _under(lines: mmap, wanted: bytes) -> Iterator[str]:
    begins = _at(lines, wanted)
    while begins < len(lines) and _key_at(lines, begins) == wanted:
        ends = lines.find(b"\n", begins)
        yield lines[begins:ends].decode()
        begins = ends + 1


def _town(line: str) -> Town:
    _, name, latitude, longitude, region, near = line.split("\t")
    return {"name": name, "region": region, "near": near, "geo_uri": f"geo:{latitude},{longitude}"}
