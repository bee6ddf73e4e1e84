"""The data as one file, encrypted to whoever hosts the bot, and sent where they chose."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from bot.backups import archive, rotation
from bot.backups.jobs import Job, Result, ended
from bot.errors import Fatal
from bot.store import erasures, whole_file
from bot.store.data_folder import PROOF_KEY, WORKSHOP
from integrations.errors import NotFound, Unavailable
from integrations.storage import Keys, Storage, at, missing_package, place

AS_MUCH = 3  # times the data: the copy, in clear and encrypted, and as much again for the bot
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """A folder in that of the data, for our eyes only, in no backup, and empty before and after."""
    work = folder / WORKSHOP
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def storage(job: Job) -> Storage:
    return at(place(job["url"]), Keys(**job["keys"]))


def send(job: Job) -> Result:
    """Make it, encrypt it, send it, see it there; then delete those that are too many."""
    try:
        with workshop(Path(job["folder"])) as work:
            return _sent(job, work)
    except Unavailable as away:
        return ended("failed", away.cause or "silent")
    except Fatal:
        return ended("failed", "data")
    except OSError as error:
        return ended("failed", "no-room" if error.errno in FULL else "disk")


def _sent(job: Job, work: Path) -> Result:
    folder, name = Path(job["folder"]), job["name"]
    plain, sealed = work / "copy.tar", work / "copy.tar.age"
    if shutil.disk_usage(work).free < AS_MUCH * _weight(folder):
        return ended("failed", "no-room")  # the bot itself needs what is left
    archive.backup(folder, plain, datetime.fromisoformat(job["at"]))
    key = _encrypt(plain, sealed, job["recipients"])
    plain.unlink()
    there, size = storage(job), sealed.stat().st_size
    trouble = _tried(there, sealed, name)
    try:
        found = {item.name: item.bytes for item in there.items()}
    except Unavailable as away:
        return ended("failed" if trouble else "unknown", trouble or away.cause or "silent", size)
    if found.get(name) != size:
        return ended("failed", trouble or "cut", size)
    whole_file.write(folder / PROOF_KEY, f"{name} {key}")
    if why := _erasures(folder, work, job, there):
        return ended("failed", why, size)
    return ended("done", "", size, _tidy(there, found, job))


def _erasures(folder: Path, work: Path, job: Job, there: Storage) -> str:
    """Whoever was erased, for older copies that are put back; what went wrong, in one word."""
    every = erasures.read(folder / erasures.FILE)
    if not every:
        return ""
    sealed = work / "erasures.age"
    _encrypt(folder / erasures.FILE, sealed, job["recipients"])
    return _tried(there, sealed, rotation.erasures_name(job["name"], next(iter(every))))


def _weight(folder: Path) -> int:
    """In bytes; what goes while we look weighs nothing."""
    weight = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):
            weight += file.stat().st_size if file.is_file() else 0
    return weight


def _tried(there: Storage, sealed: Path, name: str) -> str:
    """What went wrong, in one word; it may be there all the same."""
    try:
        there.send(sealed, name)
    except Unavailable as away:
        return away.cause or "silent"
    return ""


def _encrypt(plain: Path, sealed: Path, recipients: list[str]) -> str:
    """To all of them, and to a key of this copy alone, with which the bot reads back what it sent. It is returned: as
    the next one takes its place, this machine can never read older copies than the newest."""
    with missing_package():
        import pyrage
    proof = pyrage.x25519.Identity.generate()
    try:
        whose = [*map(pyrage.x25519.Recipient.from_str, recipients), proof.to_public()]
    except pyrage.RecipientError:
        raise Unavailable("backups", cause="recipient") from None
    pyrage.encrypt_file(str(plain), str(sealed), whose)
    return str(proof)


def _tidy(there: Storage, found: dict[str, int], job: Job) -> int:
    """How many stayed: a key that may not delete is a choice (a lock against whoever breaks in)."""
    old = rotation.too_many(found, job["user"], job["needed"], datetime.fromisoformat(job["at"]), job["former"])
    for count, name in enumerate(old):
        try:
            with suppress(NotFound):
                there.delete(name)
        except Unavailable:
            return len(old) - count
    return 0
