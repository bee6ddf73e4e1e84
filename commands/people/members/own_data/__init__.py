"""What a lieu keeps of whoever asks, and what its services say of them: a short text, and all of it as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from bot.arrivals.personal_data import PersonalData
from bot.talk import dialogue
from bot.talk.outages import Told
from bot.talk.pagination import Somebody
from bot.talk.ports import Clock, Media, Pictures
from bot.talk.talk import Talk
from bot.words import Months

from ..sheet import Tools, lines_of, read_sheet
from .readable import words_of

JSON, PDF = "application/json", "application/pdf"
PARTS = ("owned", "memberships", "join_requests", "steps", "silences")  # each with a sentence of its own


class Summary(TypedDict):
    """What they are known by; how many rows there are of each part, and of all `others` together."""

    known: dict[str, list[str]]
    counts: dict[str, int]
    others: int


@dataclass(frozen=True, slots=True)
class OwnTools:
    """What the script is handed besides those of the members' sheets."""

    personal_data: PersonalData
    media: Media
    pictures: Pictures
    clock: Clock


@dialogue("own-data", action="own-data")
async def own_data(talk: Talk, tools: Tools, own: OwnTools) -> None:
    summary = await talk.look("summary", _summary, tools, own, talk.person)
    services = await talk.look("services", _services, tools, talk.person)
    await talk.say("kept", lieu=tools.lieu.name, lines=_lines(talk, tools, summary))
    if said := _said(talk, services):
        await talk.say("services", lines=said)
    sheet = await talk.do("draw", _sheet, talk, tools, own, services)
    await talk.picture("sheet", sheet)
    file = await talk.do("make", _file, tools, own, talk.person, services, talk.phrase("file"), talk.room)
    await talk.picture("json", file)
    await talk.say("rights", lieu=tools.lieu.name)


async def _summary(tools: Tools, own: OwnTools, person: str) -> Summary:
    """Their rows themselves are in no log."""
    told = await own.personal_data.told(tools.lieu, person)
    counts = {name: len(rows) for name, rows in told["rows"].items()}
    apart = {*PARTS, "arrivals", "acts", "acts.by"}
    return {"known": told["known"], "counts": counts, "others": sum(n for k, n in counts.items() if k not in apart)}


async def _services(tools: Tools, person: str) -> dict[str, Told]:
    """As a concierge would see it."""
    known = await tools.members.known(tools.lieu)
    mine = next((row for row in known if row["person"] == person), None)
    row: Somebody = mine or {"person": person, "name": "", "login": ""}
    return await read_sheet(tools, row)


async def _sheet(talk: Talk, tools: Tools, own: OwnTools, services: dict[str, Told]) -> dict[str, Any]:
    """Drawn as it is sent, and kept nowhere."""
    told = await own.personal_data.told(tools.lieu, talk.person)
    today = datetime.fromtimestamp(own.clock.now() / 1000, ZoneInfo(tools.lieu.choices.zone)).date()
    words = words_of(talk, tools.lieu, told, _said(talk, services), today)
    return await own.media.document(await own.pictures.own_data(words), f"{talk.phrase('file')}.pdf", PDF, talk.room)


async def _file(
    tools: Tools, own: OwnTools, person: str, services: dict[str, Told], name: str, room: str
) -> dict[str, Any]:
    """Written as it is sent, and kept nowhere."""
    told = await own.personal_data.told(tools.lieu, person)
    seen = {part: answer.get("is", "unknown") for part, answer in services.items()}
    whole = own.personal_data.document(tools.lieu, told, seen)
    return await own.media.document(whole, f"{name}.json", JSON, room)


# -- how it is said


def _lines(talk: Talk, tools: Tools, summary: Summary) -> list[str]:
    known, counts = summary["known"], summary["counts"]
    kept = Months(tools.lieu.choices.keep_talks)
    lines = [talk.phrase("address", address=known["persons"])]
    named = [*known["names"], *known["emails"], *known["logins"]]
    if counts.get("arrivals"):
        lines.append(talk.phrase("arrival", what=named) if named else talk.phrase("arrival-bare"))
    about, by = counts.get("acts", 0), counts.get("acts.by", 0)
    if about:
        lines.append(talk.phrase("acts", n=about))
    if by:
        lines.append(talk.phrase("acts-by", n=by))
    lines += [talk.phrase(f"own_data.part-{part}", n=counts[part], kept=kept) for part in PARTS if counts.get(part)]
    if summary["others"]:
        lines.append(talk.phrase("others", n=summary["others"]))
    return lines


def _said(talk: Talk, services: dict[str, Told]) -> list[str]:
    """Of their folders the sheet speaks to concierges, as of how a door is opened again."""
    services = {part: {**told} for part, told in services.items()}
    cloud, account = (services.get(name, {}).get("is") for name in ("nextcloud", "directory"))
    own: list[str] = []
    if cloud and cloud["own"]:
        own = [talk.phrase("own-folders", folders=cloud["own"])]
        services["nextcloud"]["is"] = {**cloud, "own": []}
    if account and "barred" in account:
        services["directory"]["is"] = {name: value for name, value in account.items() if name != "barred"}
    return [line for part, told in services.items() for line in lines_of(talk, part, told)] + own
