"""The versions of the path: when, by whom; going back to one of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypedDict

from bot.arrivals.arrival_path import TEXTS, ArrivalPath
from bot.talk import Choice, Option
from bot.talk.talk import Talk

from .outline import Tools, changed, text_name

MOST = 8
ORIGIN = "0"


async def restore(talk: Talk, tools: Tools, now: ArrivalPath) -> None:
    found = await talk.look("versions", _versions, tools)
    if not found:
        await talk.say("no-versions")
        return
    newest, *earlier = [(str(row["number"]), _line(talk, row)) for row in found]
    origin = Option(ORIGIN, key="path.version.origin")
    options = [*(Option(number, line) for number, line in earlier), origin]
    number = await talk.ask("version", Choice(options), newest=newest[1])
    await talk.confirm("version-sure", version=dict(earlier).get(number) or talk.word("path.version.origin"))
    await talk.do("restore", tools.path_versions.restore, tools.lieu.id, talk.person, int(number))
    await changed(talk, "restored")


class Made(TypedDict):
    """A version, and the name of `who` made it."""

    number: int
    at: int
    who: str
    what: str
    about: str


async def _versions(tools: Tools) -> list[Made]:
    rows = await tools.path_versions.versions(tools.lieu.id, MOST)
    return [
        {
            "number": row["number"],
            "at": row["at"],
            "who": await tools.facts.display_name(row["by"]) if row["by"] else "",
            "what": row["what"],
            "about": row["about"],
        }
        for row in rows
    ]


def _line(talk: Talk, row: Made) -> str:
    when = datetime.fromtimestamp(row["at"] / 1000, UTC)
    about = text_name(talk, row["about"]) if row["about"] in TEXTS else row["about"]
    who = row["who"] or talk.phrase("journal.erased")
    return talk.phrase("version-line", when=when, who=who, what=talk.phrase(f"made-{row['what']}", about=about))
