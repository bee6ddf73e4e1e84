"""`!lieux`: the lieux of our networks: where they are, what they offer, how to reach them; then those of which only a
list tells."""

from __future__ import annotations

import re
from datetime import date

from bot.lieux import Lieu
from bot.network.censuses import REACH, Censuses, ListedLieu
from bot.network.geography import answers_to, called, far, is_named, located, plain
from bot.network.networks import Networks
from bot.network.towns import meant_town
from bot.store.networks import Around, Declared, Wire
from bot.talk import VERBATIM, Role, Text, command, hours
from bot.talk.pagination import read_out
from bot.talk.talk import Talk
from bot.words import Month, cut

MOST_OFFERS = 8
LONGEST_WEB, LONGEST_DESCRIPTION = 300, 100
WORD_END = re.compile(r"(?<=['’\s])")
MONTH, DAY = "2019-06", "2019-06-30"


class Near(Declared):
    """`far`: how many kilometres away, where that is known."""

    far: int | None


@command("neighbours", action="neighbours", role=Role.MEMBER, takes=("about",), within=hours(1), silence="talk.expired")
async def neighbours(talk: Talk, lieu: Lieu, networks: Networks, censuses: Censuses) -> None:
    told = await talk.look("around", networks.around, lieu)
    if not told["here"]:
        await talk.say("no-network")
        if not await talk.look("listed", censuses.are_there):
            return
    about = await talk.ask("about", Text(VERBATIM, max=80)) if talk.was_given("about") else ""
    near, place = _near(talk, about)
    here = await _place(talk, told, place)
    if near and here is None:
        await talk.say("unknown-place", place=place)
        return
    if told["here"]:
        await _tell_ours(talk, told, about, here, near)
    await _tell_listed(talk, censuses, told, about, here, near)


async def _tell_ours(talk: Talk, told: Around, about: str, here: str | None, near: bool) -> None:
    rows: list[Near] = [{**row, "far": far(here, row["card"].get("geo_uri"))} for row in told["others"]]
    found = [row for row in rows if (row["far"] is not None if near else answers_to(row["card"], about))]
    found.sort(key=lambda row: (row["far"] is None, row["far"] or 0, plain(row["card"]["name"]).casefold()))
    if found:
        await read_out(talk, "found-near" if near else "found", [_line(talk, row) for row in found], n=len(found))
    else:
        await talk.say("nobody-near" if near else "nobody" if about else "alone", about=about)


async def _tell_listed(talk: Talk, censuses: Censuses, told: Around, about: str, here: str | None, near: bool) -> None:
    """Those around, or of which these words are told. With neither, only that there are some."""
    known = [*told["here"], *(row["card"] for row in told["others"])]
    around = near or (not about and here is not None)
    beyond = await talk.look("beyond", censuses.search, "" if near else about, here, around, known)
    if not beyond["n"]:
        if not told["here"]:  # else those of our networks were told
            await talk.say("beyond-none-near" if around else "beyond-none", about=about, km=round(REACH))
    elif about or here:
        await read_out(talk, "beyond", [_line_of_list(talk, one) for one in beyond["lieux"]], n=beyond["n"])
    else:
        await talk.say("beyond-somewhere", n=beyond["n"])


def _near(talk: Talk, about: str) -> tuple[bool, str]:
    """« près de Tours », « près d’Amboise »: whether a place is meant, and which."""
    words = WORD_END.split(about)
    for n in (4, 3, 2, 1):
        if talk.means("neighbours.near", "".join(words[:n])):
            place = "".join(words[n:]).strip()
            return True, "" if talk.means("neighbours.here", place) else place
    return False, ""


async def _place(talk: Talk, told: Around, place: str) -> str | None:
    """Where this is: said in numbers, or because a lieu or a town is called so. With nothing said, where we are."""
    others = [row["card"] for row in told["others"] if is_named(row["card"], place)]
    cards = [card for card in told["here"] if not place or is_named(card, place)] + (others if place else [])
    known = located(place) or next((card["geo_uri"] for card in cards if card.get("geo_uri")), None)
    if known or not place:
        return known
    town = await meant_town(talk, place)
    return town["geo_uri"] if town else None


def _line(talk: Talk, row: Near) -> str:
    """« Le Moulin (Chinon), à 41 km · soudure, four à céramique · français · https://moulin.example »"""
    card = row["card"]
    every = [plain(one) for one in card.get("offers", ())]
    offers = ", ".join([*every[:MOST_OFFERS], *(["…"] if every[MOST_OFFERS:] else [])])
    web = plain(card.get("web", ""), LONGEST_WEB)
    key, holes = called(card, row["far"])
    told = [talk.phrase(key, **holes), offers, ", ".join(_tongues(talk, card)), web or row["bot"]]
    return " · ".join(one for one in told if one)


def _line_of_list(talk: Talk, one: ListedLieu) -> str:
    """« La Cantine (Tours, à 12 km) · coworking · https://cantine.example · repéré dans : …, juin 2019 (…) »"""
    key, holes = called({"name": one["name"], "town": one["town"]}, one["far"])
    source = talk.phrase(
        "from-old" if one["old"] else "from", source=one["source"], day=_day(one["date"]), licence=one["licence"]
    )
    told = [talk.phrase(key, **holes), cut(one["description"], LONGEST_DESCRIPTION), one["web"], source]
    return " · ".join(each for each in told if each)


def _day(told: str) -> str | Month | date:
    """A year, a month or a day, as a list has it."""
    if len(told) == len(DAY):
        return date.fromisoformat(told)
    return Month.fromisoformat(f"{told}-01") if len(told) == len(MONTH) else told


def _tongues(talk: Talk, card: Wire) -> list[str]:
    keys = [(f"network.tongue.{plain(one)}", plain(one)) for one in card.get("languages", ())]
    return [talk.word(key) if talk.knows(key) else code for key, code in keys]
