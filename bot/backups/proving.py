"""A copy counts when it was proved: fetched from where it is kept, decrypted, restored, and looked at."""

from __future__ import annotations

import asyncio
import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.backups import archive
from bot.backups.jobs import Job, Result, ended
from bot.backups.sending import FULL, storage, workshop
from bot.errors import Fatal
from bot.matrix.cross_signing import Identity
from bot.matrix.session import remembered
from bot.store import audit, backups
from bot.store.data_folder import CRYPTO, DATABASE, PICKLE, PROOF_KEY, SEEDS, lost
from bot.store.data_trouble import Trouble, is_full, trouble
from bot.store.database import Database, Tx
from integrations.errors import NotFound, Unavailable
from integrations.storage import TooLong, missing_package

AS_MUCH = 3  # times the copy: it, what is in it, and the files of that


class NotProved(Exception):
    """With the cause, in one word."""


def prove(job: Job) -> Result:
    """`failed` only for what was seen of the copy itself; whatever kept us from looking leaves it unknown."""
    try:
        with workshop(Path(job["folder"])) as work, _with_room(work):
            return _proved(job, work)
    except NotProved as why:
        return ended("failed", str(why))
    except NotFound:
        return ended("failed", "gone")
    except TooLong:
        return ended("failed", "altered")
    except Unavailable as away:
        return ended("unknown", away.cause or "silent")
    except OSError as error:
        return ended("unknown", "no-room" if error.errno in FULL else "disk")


@contextmanager
def _with_room(work: Path) -> Iterator[None]:
    """Where our own disk was filled meanwhile, whatever was found is nothing but that."""
    try:
        yield
    except NotProved as why:
        behind: BaseException | None = why
        while behind is not None:
            found = trouble(behind)
            if found is Trouble.FULL or (found is Trouble.ILL and is_full(work)):
                raise OSError(errno.ENOSPC, "") from None
            behind = behind.__context__
        raise


def _proved(job: Job, work: Path) -> Result:
    folder, name, sealed, plain = Path(job["folder"]), job["name"], work / "copy.tar.age", work / "copy.tar"
    key = _key(folder, name)
    if not key:
        return ended("unknown", "key")
    there = storage(job)
    size = next((item.bytes for item in there.items() if item.name == name), None)
    if size is None:
        raise NotFound()
    if shutil.disk_usage(work).free < AS_MUCH * size:
        return ended("unknown", "no-room", size)
    there.fetch(name, sealed, size)
    _decrypt(sealed, plain, key)
    try:
        archive.restore(plain, work / "data")
    except Fatal:
        raise NotProved("damaged") from None
    _look(work / "data", job)
    return ended("done", "", size)


def _key(folder: Path, name: str) -> str:
    """Of this copy; empty where the last one that was sent from here is another."""
    try:
        whose, _, key = (folder / PROOF_KEY).read_text().partition(" ")
    except FileNotFoundError:
        return ""
    return key.strip() if whose == name else ""


def _decrypt(sealed: Path, plain: Path, key: str) -> None:
    with missing_package():
        import pyrage
    try:
        pyrage.decrypt_file(str(sealed), str(plain), [pyrage.x25519.Identity.from_str(key)])
    except pyrage.DecryptError:
        raise NotProved("altered") from None
    except OSError as error:
        if error.errno:
            raise
        raise NotProved("altered") from None  # further on in the file, it says so of the stream


def _look(folder: Path, job: Job) -> None:
    """As the bot would at its next start, without signing in."""
    for file in (DATABASE, CRYPTO):
        _whole(folder / file)
    asyncio.run(_read(folder / DATABASE, job))
    try:
        session = remembered(folder)
        if lost(folder) or session is None or not (folder / PICKLE).read_text().strip():
            raise NotProved("keys")
        Identity.load(session.user_id, folder / SEEDS)
        _opened(folder, session.user_id, session.device_id)
    except (ValueError, Fatal):
        raise NotProved("keys") from None


def _whole(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as database:
            if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                raise NotProved("database")
    except sqlite3.Error:
        raise NotProved("database" if path.name == DATABASE else "keys") from None


async def _read(path: Path, job: Job) -> None:
    """Brought up to date, as it would be here; the row that was written before the copy was made is in it."""
    try:
        database = await Database.open(path)
    except Fatal:
        raise NotProved("database") from None
    try:
        if await database.read(backups.mark_of, job["name"]) != job["mark"]:
            raise NotProved("mark")
        if await database.read(_broken_journals):
            raise NotProved("journal")
    finally:
        await database.close()


def _broken_journals(tx: Tx) -> bool:
    return next(audit.broken(tx), None) is not None


def _opened(folder: Path, user: str, device: str) -> None:
    """The keys of the device, unlocked with the key that is beside them. Raises ValueError."""
    from peewee import DatabaseError  # type: ignore[import-untyped]

    from bot.matrix.crypto.machine import Machine

    try:
        Machine(user, device, folder, (folder / PICKLE).read_text().strip()).close()
    except DatabaseError:
        raise ValueError(CRYPTO) from None
