"""Database, crypto store, signing seeds and keys as one file, made while the bot runs; and back again.

They go together: a crypto store without its seeds or its pickle key is a bot that nobody can read.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import sqlite3
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePath, PurePosixPath

from bot.errors import AlreadyRunning, Fatal, FromTheFuture
from bot.store.data_folder import ATTEMPTS, DATABASE, LOCK, PROOF_KEY, STARTS, WORKSHOP, look
from bot.store.data_trouble import opening
from bot.store.database import migrations
from bot.store.whole_file import whole

FORMAT = 1
MANIFEST = "manifest.json"
OF_THE_DISK = "lost+found"  # in the first folder of one, where e2fsck puts what it finds
# What of the data folder is in no backup: locks, other backups and what makes them, journals of SQLite (the copy has
# what they hold), copies from before a migration. Another file is left out by a line here, and is kept without one.
LEFT_OUT = (
    "*.lock",
    "*.new",
    "*.tar",
    "*.tar.age",  # copies that lie here would be in each next one
    "*.before-*",
    "*-wal",
    "*-shm",
    "*-journal",
    ".*-litestream",  # a folder in which Litestream keeps what it has still to send
    OF_THE_DISK,
    PROOF_KEY,
    WORKSHOP,
    ATTEMPTS,  # of the process that runs: where the copy is put back, nobody died
    STARTS,
)
SQLITE = b"SQLite format 3\x00"


class BackupFailed(Fatal):
    """A sentence for the operator."""

    exit_code = 74


def backup(data_dir: Path, target: Path, at: datetime) -> None:
    """Write everything that `data_dir` holds to `target` (a tar, mode 0600), whole or not at all."""
    with opening(data_dir):
        schema = look(data_dir / DATABASE, migrations=sys.maxsize)
        if not schema:
            raise BackupFailed(f"there is nothing to back up in {data_dir}: keep the last good backup")
        files = {name: _copy(data_dir / name) for name in _names(data_dir)}
    manifest = {
        "format": FORMAT,
        "made_at": at.isoformat(timespec="seconds"),
        "schema": schema,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    _write_whole(target, {MANIFEST: json.dumps(manifest, indent=1).encode(), **files})


def _names(data_dir: Path) -> list[str]:
    # The database first: the crypto store may know more than it, and never less, or a key would be missing for ever.
    found = [path.relative_to(data_dir) for path in data_dir.rglob("*") if path.is_file()]
    return [DATABASE, *sorted(str(name) for name in found if str(name) != DATABASE and not _is_left_out(name))]


def _is_left_out(path: PurePath) -> bool:
    """Or a folder above it is, within the data folder."""
    return any(fnmatchcase(part, pattern) for part in path.parts for pattern in LEFT_OUT)


def _copy(path: Path) -> bytes:
    with path.open("rb") as file:
        if file.read(len(SQLITE)) != SQLITE:
            file.seek(0)
            return file.read()
    return _copy_database(path)


def _copy_database(path: Path) -> bytes:
    """A consistent image, although somebody may be writing to it."""
    try:
        with closing(_read_only(path)) as source, closing(sqlite3.connect(":memory:")) as copy:
            source.backup(copy)
            if copy.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise BackupFailed(f"{path.name} is damaged: keep the last good backup")
            return copy.serialize()
    except sqlite3.Error as error:
        raise BackupFailed(f"{path.name} cannot be copied ({error}): keep the last good backup") from None


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)


def _write_whole(target: Path, files: dict[str, bytes]) -> None:
    with whole(target) as file, tarfile.open(fileobj=file, mode="w") as tar:
        for name, content in files.items():
            tar.addfile(_member(name, content), io.BytesIO(content))


def _member(name: str, content: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    return member


def restore(source: Path, data_dir: Path) -> None:
    """Put back what `backup` wrote, into an empty folder only. Raises before anything is written."""
    files = _read_whole(source)
    with opening(data_dir):
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(data_dir):
        if any(path.name not in (LOCK, STARTS, OF_THE_DISK) for path in data_dir.iterdir()):
            raise BackupFailed(f"{data_dir} is not empty: move it away, then restore")
        (data_dir / STARTS).unlink(missing_ok=True)  # what died of the data of before
        # The database last: half of a backup must not look like a bot that can start.
        for name, content in sorted(files.items(), key=lambda item: item[0] == DATABASE):
            try:
                _put(data_dir / name, content)
            except (OSError, ValueError):
                raise BackupFailed(f"a file of {source} cannot be written: empty {data_dir}, then restore") from None


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    with opening(data_dir):
        handle = os.open(data_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"a conciergerie runs on {data_dir}: stop it, then restore") from None
        yield


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read_whole(source: Path) -> dict[str, bytes]:
    """Every file of a backup, once each is known to be what was written."""
    if not source.is_file():
        raise BackupFailed(f"{source} is no file")
    try:
        with tarfile.open(source, "r:") as tar:
            found = {member.name: _content(tar, member) for member in tar}
        manifest = json.loads(found.pop(MANIFEST))
        sums, schema = dict(manifest["files"]), int(manifest["schema"])
    except (OSError, tarfile.TarError, ValueError, LookupError, TypeError, ArithmeticError, RecursionError):
        raise BackupFailed(f"{source} cannot be read as a backup of conciergerie") from None
    if schema > len(migrations()) or manifest.get("format") != FORMAT:
        raise FromTheFuture(f"{source.name} was made by a newer conciergerie: upgrade this one, then restore")
    if {name: hashlib.sha256(content).hexdigest() for name, content in found.items()} != sums:
        raise BackupFailed(f"{source} is damaged")
    if DATABASE not in found or not all(map(_stays_inside, found)):
        raise BackupFailed(f"{source} is not a backup of conciergerie")
    return found


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """A sparse file of a few bytes may claim to be as large as the memory: we never write one."""
    file = tar.extractfile(member) if member.isreg() and not member.issparse() else None
    if not file:
        raise ValueError(member.name)
    return file.read()


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts
