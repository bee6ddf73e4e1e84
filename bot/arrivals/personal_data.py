"""What is kept of one person, for them to read; and their erasure, which is done again in whatever is restored from
before. All results are plain JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict

from bot.lieux import Lieu
from bot.matrix.facts import Facts
from bot.store import conversations, erasures, personal
from bot.store.database import Database, Tx
from bot.store.erasures import Erasure
from bot.store.personal import Kept, Known

INSTANTS = ("at", "since", "until")
OBJECTS = ("words", "body")
MINE = "SELECT id, name FROM lieux WHERE id = ?"


class Told(TypedDict):
    """`known`: by what a lieu knows them; `rows`: by what they are (`bot.store.personal.Held.name`), as they are handed
    out."""

    known: dict[str, list[str]]
    rows: dict[str, list[dict[str, Any]]]


class PersonalData:
    """`now` in milliseconds since the epoch."""

    def __init__(
        self, database: Database, facts: Facts, now: Callable[[], int], forget_devices: Callable[[str], None]
    ) -> None:
        self._database, self._facts, self._now, self._forget_devices = database, facts, now, forget_devices
        self._file = database.path.parent / erasures.FILE

    async def lieux(self, person: str) -> list[list[Any]]:
        """[id, name] of each lieu that keeps something of them, they may have left it."""
        return await self._database.read(_lieux, person)

    async def told(self, lieu: Lieu, person: str) -> Told:
        """All that is kept of them in this lieu, and of nobody else."""
        who = await self._database.read(personal.known, lieu.id, person)
        rows = await self._database.read_aside(personal.told, lieu.id, who)
        linked = {name: list(ids) for name, ids in who._asdict().items()}
        return {"known": linked, "rows": {name: [_readable(row) for row in found] for name, found in rows.items()}}

    def document(self, lieu: Lieu, told: Told, services: Mapping[str, Any]) -> bytes:
        """The same as a file, with what services say."""
        made_at = datetime.fromtimestamp(self._now() / 1000, UTC).isoformat(timespec="seconds")
        whole = {"lieu": lieu.name, "made_at": made_at, **told, "services": services}
        return json.dumps(whole, ensure_ascii=False, indent=1, default=str).encode(errors="replace")

    async def asked(self, lieu: int, person: str) -> int | None:
        """The conversation in which their erasure is asked of the concierges, or is being done."""
        open_ones = await self._database.read(conversations.open_by, "erasure", person)
        return next((one.id for one in open_ones if one.lieu == lieu), None)

    async def texts(self, lieu: Lieu, person: str) -> int:
        """How many texts of others, or of the lieu, name them."""
        return await self._database.read_aside(personal.mentions, lieu.id, await self._known(lieu, person))

    async def naming(self, lieu: Lieu, person: str) -> Callable[[str], bool]:
        """Whether a text names them by an address: a name is what somebody chose, and may be anybody's words."""
        who = await self._database.read(personal.known, lieu.id, person)
        return personal.naming(who._replace(logins=(), names=()))

    async def letters(self, lieu: int, person: str, but: int) -> list[list[str]]:
        """[room, event] of what the bot has said to others in conversations of theirs, `but` for one, as far as it is
        written down; not in private."""
        return await self._database.read(personal.letters, lieu, person, but)

    async def introductions(self, lieu: int, person: str) -> list[int]:
        """The conversations in which they are introduced to the others."""
        open_ones = await self._database.read(conversations.open_by, "introduction", person)
        return [one.id for one in open_ones if one.lieu == lieu]

    async def emails(self, lieu: int, person: str) -> list[str]:
        """By which they can be reached, the latest first."""
        who = await self._database.read(personal.known, lieu, person)
        return [*reversed(who.emails)]

    async def erase(self, lieu: Lieu, person: str, by: str, talk: int, *, gone: bool = False) -> Kept:
        """What stays, and why. First the line that has it done again: a death in between, or an older backup, finds
        it. `talk`: the conversation in which this is done, whose own log goes a month after it ends; `gone`: they read
        nothing in private any more."""
        who = await self._known(lieu, person)
        id = hashlib.sha256(f"{talk}/{lieu.id}".encode()).hexdigest()[:32]
        line = Erasure.of(id, self._now(), lieu.origin or lieu.space, who.ids)
        erasures.add(self._file, [line])
        kept = await self._database.write(_erase, lieu.id, who, by, self._now(), talk, id, gone)
        await erasures.empty_files(self._database, [who])
        if gone and not kept["elsewhere"]:
            for one in who.persons:
                self._forget_devices(one)
        return kept

    async def _known(self, lieu: Lieu, person: str) -> Known:
        """A name that somebody else bears names them too."""
        who = await self._database.read(personal.known, lieu.id, person)
        inside = await self._facts.members(lieu.space)
        others = {name.casefold() for one, name in inside.items() if one not in who.persons}
        return who._replace(names=tuple(name for name in who.names if name.casefold() not in others))

    async def replay(self) -> int:
        """At the start: what was erased after these data were copied is erased again. Raises erasures.Unreadable."""
        return await erasures.replay(self._database, self._file)


def _erase(tx: Tx, lieu: int, who: Known, by: str, now: int, talk: int, id: str, gone: bool) -> Kept:
    kept = personal.erase(tx, lieu, who, by, now, but=talk, first=not personal.is_done(tx, id), gone=gone)
    personal.note_done(tx, id, now)
    return kept


def _lieux(tx: Tx, person: str) -> list[list[Any]]:
    return [[*row] for id in personal.lieux_of(tx, person) for row in tx.execute(MINE, (id,))]


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in row.items() if value not in (None, "")}


def _value(name: str, value: Any) -> Any:
    if isinstance(value, int) and (name in INSTANTS or name.endswith(("_at", "_day"))) and value > 0:
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="seconds")
    return json.loads(value) if name in OBJECTS else value
