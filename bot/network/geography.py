"""Where lieux are, how far from each other, and which of them somebody looks for."""

from __future__ import annotations

import re
from math import asin, cos, radians, sin, sqrt
from typing import Any

from bot.matrix.markup import one_line
from bot.words import fold

Json = dict[str, Any]
EARTH = 6371.0  # kilometres, its radius
GEO = re.compile(r"geo:(-?\d{1,3}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)")
PAIR = re.compile(r"(-?\d{1,2}[.,]\d+)[\s°N,;/]{1,9}(-?\d{1,3}[.,]\d+)")
# The links of OpenStreetMap (`#map=15/47.39/0.68`, `mlat=47.39&mlon=0.68`) and of other maps (`@47.39,0.68`).
LINKS = (
    re.compile(r"#map=[\d.]+/(-?\d+\.\d+)/(-?\d+\.\d+)"),
    re.compile(r"mlat=(-?\d+\.\d+)&mlon=(-?\d+\.\d+)"),
    re.compile(r"@(-?\d+\.\d+),(-?\d+\.\d+)"),
    GEO,
)


def located(text: str) -> str | None:
    """A place as RFC 5870 writes it, from « 47.39, 0.68 » or the link of a map, to ten metres."""
    for pattern in LINKS if ":" in text else (PAIR,):
        if found := pattern.search(text):
            latitude, longitude = (float(number.replace(",", ".")) for number in found.groups()[:2])
            if abs(latitude) <= 90 and abs(longitude) <= 180:
                return f"geo:{latitude:.4f},{longitude:.4f}"
    return None


def located_at(place: str | None) -> tuple[float, float] | None:
    """Degrees north and east of a place that RFC 5870 writes; None where it is none."""
    found = GEO.fullmatch(place or "")
    return (float(found[1]), float(found[2])) if found else None


def far(here: str | None, there: str | None) -> int | None:
    """Kilometres as the crow flies between two places; None where one is not known."""
    one, other = located_at(here), located_at(there)
    if not one or not other:
        return None
    (a, b), (c, d) = ([radians(degrees) for degrees in place] for place in (one, other))
    return round(2 * EARTH * asin(sqrt(sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2)))


def plain(told: object, longest: int = 100) -> str:
    """What a lieu says of itself, on one line."""
    return one_line(str(told), longest)


def called(card: Json, km: int | None = None) -> tuple[str, Json]:
    """« La Rosée (Tours, à 12 km) »: a sentence of the catalogue, and its holes. Where it is as near as our own, no
    distance is told: often only the town is known."""
    town = plain(card.get("town", ""))
    key = {(True, True): "in-town-far", (True, False): "in-town", (False, True): "far"}.get((bool(town), bool(km)))
    return f"between.{key or 'named'}", {"lieu": plain(card["name"]), "town": town, "km": km}


def is_named(card: Json, place: str) -> bool:
    """Whether this lieu, or its town, is called so."""
    return fold(place) in (fold(plain(card.get("town", ""))), fold(plain(card["name"])))


def answers_to(card: Json, words: str) -> bool:
    """Whether all of these words are found in what the lieu says of itself."""
    told = [card["name"], card.get("town", ""), *card.get("offers", ())]
    text = fold(" ".join(plain(one) for one in told))
    return all(word in text for word in fold(words).split())
