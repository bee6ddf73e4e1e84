"""A lieu's path of arrival: its own questions, what their answers open, its own sentences, and how long the bot waits.

Every change makes a version; going back to an earlier one makes another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.arrivals.arrival_path import MOST_QUESTIONS, ArrivalPath, OwnQuestion
from bot.errors import Refused
from bot.lieux import reword
from bot.store import arrivals, path_versions
from bot.store.database import Database, Tx
from bot.store.path_versions import Version

Change = Callable[[ArrivalPath], ArrivalPath]


class PathVersions:
    """The paths of all lieux. Changes may be repeated, and return the number of the version that came of them; the
    results of reading are plain JSON. `now` in milliseconds since the epoch."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

    async def newest(self, lieu: int) -> dict[str, Any]:
        """Its content; empty as long as the lieu has nothing of its own."""
        return await self._database.read(_newest, lieu)

    async def at_the_door(self, lieu: int, arrival: int) -> dict[str, Any]:
        """The path for somebody who arrives now; nothing is asked of those whose answers were handed over already."""
        row = await self._database.read(arrivals.get, arrival)
        answering = row is not None and row["status"] in ("invited", "answering")
        return await self.newest(lieu) if answering else {}

    async def versions(self, lieu: int, most: int) -> list[Version]:
        """The newest first."""
        return await self._database.read(path_versions.versions, lieu, most)

    async def put(self, lieu: int, by: str, question: dict[str, Any]) -> int:
        """Change the question of this id, or ask it last. Raises Refused where there are too many."""
        new = OwnQuestion.load(question)
        return await self._change(lieu, by, "put", new.label, lambda path: _put(path, new))

    async def remove(self, lieu: int, by: str, question: dict[str, Any]) -> int:
        old = OwnQuestion.load(question)
        return await self._change(lieu, by, "removed", old.label, lambda path: path.without(old.id))

    async def move(self, lieu: int, by: str, question: dict[str, Any], behind: str) -> int:
        """Ask a question after the one of this id; first where `behind` is empty."""
        one = OwnQuestion.load(question)
        return await self._change(lieu, by, "moved", one.label, lambda path: path.moved(one.id, behind))

    async def reword(self, lieu: int, by: str, key: str, sentence: str | None) -> int:
        """The lieu's own sentence for a key of the catalogue; None gives the catalogue's back."""
        return await self._change(lieu, by, "reworded", key, lambda path: path.reworded(key, sentence))

    async def wait(self, lieu: int, by: str, remind: int, worry: int) -> int:
        """After how many days of silence a newcomer is reminded, and the concierges are told."""
        return await self._change(lieu, by, "waits", "", lambda path: path.patient(remind, worry))

    async def restore(self, lieu: int, by: str, number: int) -> int:
        """As in that version; 0 is the path before anybody changed it."""
        content = await self._database.read(path_versions.content, lieu, number)
        earlier = ArrivalPath.load(content)
        return await self._change(lieu, by, "restored", "", lambda _: earlier)

    async def _change(self, lieu: int, by: str, what: str, about: str, change: Change) -> int:
        return await self._database.write(_change, lieu, by, self._now(), what, about, change)


def _newest(tx: Tx, lieu: int) -> dict[str, Any]:
    found = path_versions.versions(tx, lieu, 1)
    return found[0]["content"] if found else {}


def _put(path: ArrivalPath, question: OwnQuestion) -> ArrivalPath:
    after = path.with_question(question)
    if len(after.questions) > MOST_QUESTIONS:
        raise Refused("path-full", most=str(MOST_QUESTIONS))
    return after


def _change(tx: Tx, lieu: int, by: str, now: int, what: str, about: str, change: Change) -> int:
    last = path_versions.versions(tx, lieu, 1)
    number = last[0]["number"] if last else 0
    before = ArrivalPath.load(last[0]["content"] if last else {})
    after = change(before)
    if after == before:
        return number
    path_versions.add(tx, lieu, number + 1, now, by, what, about, after.dump())
    for key in before.texts.keys() | after.texts.keys():
        if before.texts.get(key) != after.texts.get(key):
            reword(tx, lieu, key, after.texts.get(key))
    return number + 1
