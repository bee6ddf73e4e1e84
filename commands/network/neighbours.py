"""`!lieux`: the lieux of our networks: where they are, what they offer, how to reach them."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.network.geography import answers_to, called, far, is_named, located, plain
from bot.network.networks import Networks
from bot.store.networks import Around, Declared, Wire
from bot.talk import VERBATIM, Role, Text, command, hours
from bot.talk.pagination import read_out
from bot.talk.talk import Talk

MOST_OFFERS = 8
LONGEST_WEB = 300


class Near(Declared):
    """`far`: how many kilometres away, where that is known."""

    far: int | None


@command("neighbours", action="neighbours", role=Role.MEMBER, takes=("about",), within=hours(1), silence="talk.expired")
async def neighbours(talk: Talk, lieu: Lieu, networks: Networks) -> None:
    told = await talk.look("around", networks.around, lieu)
    if not told["here"]:
        await talk.say("no-network")
        return
    about = await talk.ask("about", Text(VERBATIM, max=80)) if talk.was_given("about") else ""
    near, place = _near(talk, about)
    here = _place(told, place)
    if near and here is None:
        await talk.say("unknown-place", place=place)
        return
    rows: list[Near] = [{**row, "far": far(here, row["card"].get("geo_uri"))} for row in told["others"]]
    found = [row for row in rows if (row["far"] is not None if near else answers_to(row["card"], about))]
    found.sort(key=lambda row: (row["far"] is None, row["far"] or 0, plain(row["card"]["name"]).casefold()))
    if not found:
        await talk.say("nobody-near" if near else "nobody" if about else "alone", about=about)
        return
    await read_out(
        talk, "found-near" if near else "found", [_line(talk, row) for row in found], n=len(found), place=place
    )


def _near(talk: Talk, about: str) -> tuple[bool, str]:
    """« près de Tours »: whether a place is meant, and which."""
    words = about.split()
    for n in (3, 2, 1):
        if talk.means("neighbours.near", " ".join(words[:n])):
            return True, " ".join(words[n:])
    return False, ""


def _place(told: Around, place: str) -> str | None:
    """Where this is: said in numbers, or because a lieu is there. With nothing said, where we are."""
    others = [row["card"] for row in told["others"] if is_named(row["card"], place)]
    cards = [card for card in told["here"] if not place or is_named(card, place)] + (others if place else [])
    return located(place) or next((card["geo_uri"] for card in cards if card.get("geo_uri")), None)


def _line(talk: Talk, row: Near) -> str:
    """« Le Moulin (Chinon), à 41 km · soudure, four à céramique · français · https://moulin.example »"""
    card = row["card"]
    every = [plain(one) for one in card.get("offers", ())]
    offers = ", ".join([*every[:MOST_OFFERS], *(["…"] if every[MOST_OFFERS:] else [])])
    web = plain(card.get("web", ""), LONGEST_WEB)
    key, holes = called(card, row["far"])
    told = [talk.phrase(key, **holes), offers, ", ".join(_tongues(talk, card)), web or row["bot"]]
    return " · ".join(one for one in told if one)


def _tongues(talk: Talk, card: Wire) -> list[str]:
    keys = [(f"network.tongue.{plain(one)}", plain(one)) for one in card.get("languages", ())]
    return [talk.word(key) if talk.knows(key) else code for key, code in keys]
