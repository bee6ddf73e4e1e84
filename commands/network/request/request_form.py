"""What is asked of the other lieux: as few questions as it takes; the rest can be added to the recapitulation."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.network.networks import Networks
from bot.network.requests import Requests
from bot.store.networks import Declared, OwnNetwork, Wire
from bot.talk import STATED, Attachment, Choice, Date, Many, Option, Page, Text, YesNo
from bot.talk.ports import Clock
from bot.talk.talk import Talk
from bot.words import cut

KINDS = ("equipment", "skill", "space", "hand", "project", "other")
LONGEST_NAME, LONGEST_LINE = 60, 80


async def compose(
    talk: Talk, lieu: Lieu, networks: Networks, requests: Requests, clock: Clock, rows: list[OwnNetwork], what: str
) -> tuple[int, Wire, Wire, str]:
    """The network of the request, its content as on the wire, what the lieu says of itself there, and in words whom it
    reaches. What the text says already is not asked."""
    today = await read_today(talk, lieu, clock)  # of the text, not of the answers after it: it may say « demain »
    kinds = [Option(kind, key=f"between.kind.{kind}", clues=f"request.clue.{kind}") for kind in KINDS]
    kind = await talk.ask("kind", Choice(kinds), among=what)
    until = await talk.ask("until", Date(lambda: today, zone=lieu.choices.zone), optional=True, among=what)
    network = await _network(talk, rows)
    told, home = await talk.look("neighbours", networks.declarations.neighbours, network), requests.home(lieu)
    found = {"kind": kind, "what": what, "until": until.isoformat() if until else None}
    found |= await _beside(talk, what, [row for row in told if row["lieu"] != home])
    first = Date(lambda: today, "start", lieu.choices.zone, latest=until)
    start = await talk.ask("from", first, optional=True, among=what, aside=True)
    found["from"] = start.isoformat() if start else None
    content = {name: value for name, value in found.items() if value}
    card: Wire = next((row["card"] for row in told if row["lieu"] == home), {})
    await talk.confirm("sure", card=requests.preview(lieu, content, card), more=talk.labels())
    names = [row["card"]["name"] for row in told if row["lieu"] in content.get("to", ())]
    return network, content, card, _whom(talk, lieu, rows, network, names)


def _whom(talk: Talk, lieu: Lieu, rows: list[OwnNetwork], network: int, names: list[str]) -> str:
    """For whoever approves it: these lieux alone, or those of one network of several."""
    if names:
        return talk.phrase("to-some", to=lieu.office, lieux=names)
    if len(rows) == 1:
        return talk.phrase("to-all", to=lieu.office)
    name = next(row["name"] for row in rows if int(row["network"]) == network)
    return talk.phrase("to-network", to=lieu.office, network=name)


async def _network(talk: Talk, rows: list[OwnNetwork]) -> int:
    if len(rows) == 1:
        return int(rows[0]["network"])
    which = await talk.ask("network", Choice([Option(str(row["network"]), row["name"]) for row in rows]))
    return int(which)


async def _beside(talk: Talk, what: str, others: list[Declared]) -> Wire:
    """What few people want to say. A name leaves the lieu only where its owner said so."""
    name = cut(talk.who.strip().partition(" ")[0], LONGEST_NAME)
    named = await talk.ask("named", YesNo(), aside=talk.was_given("what"), name=name)
    found: Wire = {"name": name if named else None}
    found["where"] = await talk.ask("where", Text(STATED, max=200), optional=True, default="", aside=True)
    found["whom"] = await talk.ask("whom", Text(STATED, max=200), optional=True, default="", aside=True)
    found["how"] = await talk.ask("how", Text(STATED, max=300), optional=True, default="", aside=True)
    found["link"] = await talk.ask("link", Page(), optional=True, default="", among=what, aside=True)
    found["attachment"] = await talk.ask("attachment", Attachment(), optional=True, aside=True)
    if len(others) > 1:
        lieux = Many([Option(row["lieu"], row["card"]["name"]) for row in others], least=1)
        meant = await talk.ask("to", lieux, optional=True, default=(), aside=True)
        found["to"] = list(meant)
    return found


def in_short(what: str) -> str:
    """On one line, among other things."""
    return cut(" ".join(what.split()), LONGEST_LINE)


async def read_today(talk: Talk, lieu: Lieu, clock: Clock) -> date:
    return date.fromisoformat(await talk.look("today", _today, clock, lieu.choices.zone, apart=True))


async def _today(clock: Clock, zone: str) -> str:
    return datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(zone)).date().isoformat()
