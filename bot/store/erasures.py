"""Erasures of people, in a file beside the database: what is restored from before one is to be erased again.

Nobody's name is in it. Each line holds digests of what a lieu knew somebody by, with a salt of its own: whoever has an
older copy of the data can tell which rows are meant; whoever has the file alone can do no more than try a guess.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bot.errors import Fatal

from . import personal, whole_file
from .database import Database, Tx
from .personal import HELD, Known

FILE = "erasures.jsonl"
REPORT = "not-taken-over-*.txt"  # what an import left outside: accounts, and departures that were not over


class Unreadable(Fatal):
    """It is no such file, or damaged: nobody knows any more who was erased."""

    exit_code = 65


@dataclass(frozen=True, slots=True)
class Erasure:
    """`at` in milliseconds; `lieu` and `who` are digests."""

    id: str
    at: int
    salt: str
    lieu: str
    who: tuple[str, ...]

    @classmethod
    def of(cls, id: str, at: int, space: str, ids: Iterable[str]) -> Erasure:
        salt = secrets.token_hex(16)
        return cls(id, at, salt, _digest(salt, space), tuple(dict.fromkeys(_digest(salt, one) for one in ids)))

    @classmethod
    def read(cls, told: object) -> Erasure | None:
        """Of what `asdict` makes of one; None for anything else."""
        try:
            one = cls(told["id"], told["at"], told["salt"], told["lieu"], tuple(told["who"]))  # type: ignore[index]
            bytes.fromhex(one.salt)
        except (ValueError, LookupError, TypeError, AttributeError):
            return None
        texts = (one.id, one.lieu, *one.who)
        return one if all(isinstance(each, str) for each in texts) and type(one.at) is int else None

    def means(self, *spaces: str) -> bool:
        return any(_digest(self.salt, space) == self.lieu for space in spaces)

    def moved(self, space: str) -> Erasure:
        """The same, of a lieu that is known by this space now."""
        return replace(self, lieu=_digest(self.salt, space))

    def brought(self) -> Erasure:
        """The same, as another bot tells of it: its ids are not ours, and no file may choose one of ours."""
        told = json.dumps([self.salt, self.at, *self.who])
        return replace(self, id=hashlib.sha256(told.encode()).hexdigest()[:32])

    def among(self, ids: Iterable[str]) -> list[str]:
        return [one for one in ids if _digest(self.salt, one) in self.who]


def _digest(salt: str, told: str) -> str:
    return hmac.digest(bytes.fromhex(salt), told.casefold().encode(), "sha256").hex()


# -- the file


def read(file: Path) -> dict[str, Erasure]:
    """By their ids; none where there is no such file. Raises Unreadable, OSError."""
    found = dict[str, Erasure]()
    with suppress(FileNotFoundError):
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            one = _read(line)
            if one is None:
                raise Unreadable(f"line {number} of {file} cannot be read: bring the copy that lies beside a backup")
            found[one.id] = one
    return found


def _read(line: str) -> Erasure | None:
    try:
        return Erasure.read(json.loads(line))
    except (ValueError, RecursionError):
        return None


def add(file: Path, more: Collection[Erasure]) -> None:
    """Whole or not at all; those that are there stay as they are, and first: by the first of them a list is known."""
    known = read(file)
    every = known | {one.id: one for one in more if one.id not in known}
    if every.keys() != known.keys():
        whole_file.write(file, "".join(f"{json.dumps(asdict(one))}\n" for one in every.values()))


# -- done again


async def replay(database: Database, file: Path) -> int:
    """What was erased after these data were copied, if anything was: how much. Raises Unreadable, OSError."""
    every = read(file)
    if await database.read(_all_done, every):
        return 0
    count, gone = await database.write(again, every.values())
    await empty_files(database, gone)
    return count


async def empty_files(database: Database, gone: Collection[Known]) -> None:
    """What lies beside the database of what was erased in it goes too: SQLite's journal, copies from before an upgrade,
    and the lines about them of what imports left outside."""
    await database.read_aside(_checkpoint)
    folder = database.path.parent
    for copy in folder.glob(f"{database.path.stem}.before-*"):
        copy.unlink(missing_ok=True)
    for report in folder.glob(REPORT) if gone else ():
        lines = report.read_text(errors="replace").splitlines(keepends=True)
        if (left := unnamed(lines, gone)) != lines:
            whole_file.write(report, "".join(left))


def unnamed(lines: Iterable[str], gone: Iterable[Known]) -> list[str]:
    """Those that name nobody of these."""
    named = [personal.naming(who) for who in gone]
    return [line for line in lines if not any(is_named(line) for is_named in named)]


def _all_done(tx: Tx, every: Collection[str]) -> bool:
    return all(personal.is_done(tx, id) for id in every)


def _checkpoint(tx: Tx) -> None:
    tx.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def again(tx: Tx, every: Iterable[Erasure]) -> tuple[int, list[Known]]:
    """Those that these data do not know of yet, for they are older: how many there were, and who was found."""
    missing = [one for one in every if not personal.is_done(tx, one.id)]
    gone = list[Known]()
    for lieu, space in _lieux(tx) if missing else ():
        gone += again_in(tx, lieu, [one for one in missing if one.means(space)])
    for one in missing:
        personal.note_done(tx, one.id, one.at)
    return len(missing), gone


def again_in(tx: Tx, lieu: int, every: Collection[Erasure]) -> list[Known]:
    """Those of this lieu, whatever is noted of them: who was found."""
    known = sorted(_known(tx, lieu)) if every else []
    return [_erase(tx, lieu, one, ids) for one in every if (ids := one.among(known))]


def _lieux(tx: Tx) -> list[tuple[int, str]]:
    return [(row["id"], row["origin"] or row["space"]) for row in tx.execute("SELECT * FROM lieux").fetchall()]


def _known(tx: Tx, lieu: int) -> Iterator[str]:
    """All by whom, or by what, this lieu knows anybody."""
    for one in HELD:
        if one.match in ("{column} = :id", personal.ALIKE):
            query = f"SELECT DISTINCT {one.column} AS id FROM {one.table} WHERE {one.among}"  # noqa: S608
            yield from {row["id"] for row in tx.execute(query, {"lieu": lieu}) if row["id"]}
    for table, column in (("arrivals", "login"), ("arrivals", "email"), ("memberships", "email"), ("owned", "ref")):
        query = f"SELECT DISTINCT {column} AS id FROM {table} WHERE lieu = ?"  # noqa: S608
        yield from {row["id"] for row in tx.execute(query, (lieu,)) if row["id"]}


def _erase(tx: Tx, lieu: int, one: Erasure, ids: list[str]) -> Known:
    """What was a concierge's is another one's; nobody is said to have agreed."""
    persons = tuple(id for id in ids if id.startswith("@"))
    others = tuple(id for id in ids if not id.startswith("@"))
    linked = [personal.known(tx, lieu, person) for person in persons]
    who = Known(
        tuple(dict.fromkeys([*persons, *(id for known in linked for id in known.persons)])),
        tuple(dict.fromkeys([*others, *(id for known in linked for id in known.logins)])),
        tuple(dict.fromkeys([*others, *(id for known in linked for id in known.emails)])),
        tuple(dict.fromkeys(name for known in linked for name in known.names)),
    )
    keepers = tx.execute("SELECT person FROM keepers WHERE lieu = ? ORDER BY since", (lieu,))
    heir = next((row["person"] for row in keepers if row["person"] not in who.persons), "")
    personal.erase(tx, lieu, who, heir, one.at)
    return who
