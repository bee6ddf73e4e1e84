"""What would become of these data with this version: looked at while the version of before still runs.

Nothing is written but a copy in a temporary folder of this user's, which is brought up to date there, and deleted.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from bot.backups.archive import MANIFEST, restore
from bot.backups.nightly import unproved
from bot.errors import BadSettings, Fatal
from bot.operator.audit_check import verify
from bot.operator.doctor import table
from bot.operator.doctor.sentences import Said
from bot.operator.doctor.step_names import StepNames
from bot.settings import Backups, Settings, backup_storage, data_dir, unknown
from bot.store import backups
from bot.store.data_folder import DATABASE, OURS
from bot.store.data_trouble import sentence, trouble
from bot.store.database import Database, Tx, migrations

FRESH = timedelta(days=1)
WELL, ILL, HINT = "✓", "✗", "·"
LAST_GOOD = "last good backup"
# Of each open conversation: its question, and the acts that its script must come by again.
STEPS = """
SELECT c.id, c.dialogue, s.kind, s.key FROM conversations c LEFT JOIN steps s ON s.conversation = c.id
AND ((s.kind = 'ask' AND s.status = 'asked') OR (s.kind = 'do' AND s.status = 'done')) WHERE c.status = 'open'
"""
# What the engine does with those that this version cannot go on with as they are, the worst first.
ENDS = {
    "dialogue": "of a kind that this version does not have: nobody is answered there any more, so let it end first",
    "do": "past an act that this version does not have: it stops, and the concierges are told",
    "ask": "at a question that this version does not have: it goes on with the next one",
}


async def foresee(
    environ: Mapping[str, str],
    env_file: Path | None,
    backup: Path | None,
    now: datetime,
    console: Console | None = None,
) -> bool:
    """Show the table; False where something must be done before the upgrade."""
    said = [*_settings(environ, env_file)]
    try:
        folder, copies = data_dir(environ, env_file), Copies(backup_storage(environ, env_file), backup is not None, now)
        said += [row async for row in _data(folder, copies)]
        said.append(_backup(backup, now))
    except Fatal as fatal:
        said.append(Said(ILL, "data", str(fatal)))
    except (OSError, sqlite3.Error) as error:
        found = trouble(error)
        said.append(Said(ILL, "data", sentence(found, folder, error) if found else f"cannot be read ({error})"))
    (console or Console()).print(table(said))
    return all(row.sign != ILL for row in said)


def _settings(environ: Mapping[str, str], env_file: Path | None) -> Iterator[Said]:
    try:
        Settings.load(environ, env_file)
    except BadSettings as wrong:
        yield from (Said(ILL, "settings", problem) for problem in wrong.problems)
    else:
        yield Said(WELL, "settings", "this version takes them")
    for name in unknown(environ, env_file):
        yield Said(HINT, "settings", f"{name} is no setting of this version: it does nothing (bot.example.env has all)")


@dataclass(frozen=True, slots=True)
class Copies:
    """Where copies leave for (its `url` is empty where none do), and whether there `is_another` backup at hand."""

    chosen: Backups
    is_another: bool
    now: datetime

    def last_good(self, tx: Tx) -> Said:
        """Whether there is a way back, if everything here is lost by this upgrade."""
        at = backups.last_proved(tx, self.chosen.towards)
        day = f"of {datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}" if at else "none so far"
        if not unproved(tx, round(self.now.timestamp() * 1000), self.chosen.towards) and at:
            return Said(WELL, LAST_GOOD, f"{day}, restored in a trial")
        if self.is_another:
            return Said(HINT, LAST_GOOD, f"{day}: the one that you name is what you would go back to")
        mend = "see what `conciergerie doctor` says of backups; or make one by hand, and name it with --backup"
        return Said(ILL, LAST_GOOD, f"{day}, and nothing since could be restored in a trial: {mend}")


async def _data(folder: Path, copies: Copies) -> AsyncIterator[Said]:
    file = folder / DATABASE
    if not file.is_file():
        yield Said(HINT, "data", f"none in {folder} yet (is DATA_DIR right, and mounted?): this version makes them")
        return
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as there:
        tables = {row[0] for row in there.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        version = _pragma(there, "user_version")
        known = len(migrations())
        if not tables >= OURS:
            yield Said(ILL, "data", f"{file} belongs to another program: is DATA_DIR right?")
        elif version > known:
            yield Said(ILL, "data", f"of version {version}, this program knows {known}: it is the older one of the two")
        else:
            moves = f"go from version {version} to {known}" if version < known else f"stay of version {known}"
            yield Said(WELL, "data", f"they {moves}")
            async for row in _rehearsed(there, folder, copies):
                yield row
            for row in _conversations(there.execute(STEPS).fetchall()):
                yield row


async def _rehearsed(there: sqlite3.Connection, folder: Path, copies: Copies) -> AsyncIterator[Said]:
    before = _pragma(there, "page_count") * _pragma(there, "page_size")  # bytes
    with tempfile.TemporaryDirectory() as made:
        if free(Path(made)) < 6 * before:
            yield Said(HINT, "rehearsal", f"not tried, for want of room in {made} (set TMPDIR to another place)")
            yield _room(folder, 4 * before)
            return
        copy = Path(made) / DATABASE
        with closing(sqlite3.connect(copy)) as target:
            there.backup(target)
        begun = time.monotonic()
        try:
            database = await Database.open(copy)
            last_good = await database.read(copies.last_good) if copies.chosen.url else None
            await database.close()
            lines, whole = await verify(copy.parent)
        except Fatal as why:
            yield Said(ILL, "rehearsal", str(why))
            return
        took, after = time.monotonic() - begun, copy.stat().st_size
        yield Said(WELL, "rehearsal", f"a copy of them was brought up to date in {took:.1f} s, and can be read")
        yield _room(folder, before + 2 * after)
        if last_good:
            yield last_good
        if not whole:
            yield Said(ILL, "journal", "; ".join(line for line in lines if line.startswith(ILL)))


def free(place: Path) -> int:
    """Bytes."""
    return shutil.disk_usage(place).free


def _pragma(there: sqlite3.Connection, name: str) -> int:
    return int(there.execute(f"PRAGMA {name}").fetchone()[0])


def _room(folder: Path, needed: int) -> Said:
    """For the copy that is kept beside the data, and for what is written on the way."""
    there, words = free(folder), f"{_mib(needed)} MiB are needed in {folder}, "
    if there < needed:
        return Said(ILL, "room", words + f"{_mib(there)} MiB are free: make room")
    return Said(WELL, "room", words + "and are free")


def _mib(size: int) -> str:
    return f"{max(1, round(size / 2**20)):,}"


def _conversations(rows: list[tuple[int, str, str | None, str | None]]) -> Iterator[Said]:
    from bot.app import scripts  # no other command needs them

    names, ends, lost = StepNames(scripts()), [*ENDS], dict[int, tuple[int, str]]()
    for id, dialogue, kind, key in rows:
        if not names.knows(dialogue, key):
            end = ends.index(str(kind) if names.knows(dialogue) else "dialogue")
            lost[id] = min(lost.get(id, (end, dialogue)), (end, dialogue))
    for (worst, dialogue), count in sorted(Counter(lost.values()).items()):
        yield Said(HINT, "conversations", f"{count} × « {dialogue} » {ENDS[ends[worst]]}")
    yield Said(WELL, "conversations", f"{len({row[0] for row in rows} - lost.keys())} under way, which go on")


def _backup(file: Path | None, now: datetime) -> Said:
    if file is None:
        return Said(HINT, "backup", "none was looked at: make one (conciergerie backup), and name it with --backup")
    with tempfile.TemporaryDirectory() as made:
        restore(file, Path(made) / "data")
    with tarfile.open(file, "r:") as tar:
        told = tar.extractfile(MANIFEST)
        at = datetime.fromisoformat(json.loads(told.read())["made_at"]) if told else now
    words = f"{file} can be restored; it is of {at:%Y-%m-%d %H:%M} UTC"
    return Said(WELL, "backup", words) if now - at <= FRESH else Said(ILL, "backup", f"{words}: make a new one")
