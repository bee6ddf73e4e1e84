"""`!demandes`: ours, theirs, mine; those that go on, or those of the past; and those that speak of something."""

from __future__ import annotations

from datetime import date

from bot.lieux import Lieu
from bot.network.requests import Requests
from bot.store.requests import ListedRequest
from bot.talk import Choice
from bot.talk.pagination import GO_ON, PAGE
from bot.talk.talk import Talk

from .request_form import in_short

FILTERS = ("open", "old", "ours", "theirs", "mine")


async def read(talk: Talk, lieu: Lieu, requests: Requests, said: str) -> None:
    wanted, words = _wanted(talk, said)
    first = 0
    while True:
        page = await talk.look("page", requests.page, lieu, talk.person, wanted, words, first, PAGE)
        if not page["total"]:
            await talk.say("none" if words or len(wanted) > 1 or "old" in wanted else "none-open")
            return
        first += PAGE
        await talk.say("some", n=page["total"], lines=[_line(talk, row) for row in page["rows"]])
        if first >= page["total"] or await talk.ask("talk.more", Choice([GO_ON]), optional=True) is None:
            return


def _wanted(talk: Talk, said: str) -> tuple[list[str], str]:
    """The filters that were named, and what remains: « nos anciennes soudure »."""
    meant = {word: [name for name in FILTERS if talk.means(f"request.filter.{name}", word)] for word in said.split()}
    words = [word for word in meant if not meant[word] and not talk.means("request.filter.filler", word)]
    filters = {name for names in meant.values() for name in names}
    if "old" not in filters:
        filters.add("open")
    return sorted(filters), " ".join(words)


def _line(talk: Talk, row: ListedRequest) -> str:
    line = talk.phrase(
        "line-ours" if row["ours"] else "line",
        number=row["number"],
        what=in_short(row["what"]),
        lieu=row["lieu"],
        state=talk.phrase(f"between.state.{row['state']}"),
    )
    until = row["until"] if row["state"] in ("open", "discussed", "agreed") else None
    return talk.phrase("line-until", line=line, day=date.fromisoformat(until)) if until else line
