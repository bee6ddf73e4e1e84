"""What the operator does with copies that left the machine: look which there are, and bring one back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.backups.archive import BackupFailed
from bot.backups.in_clear import FETCHED, LIST, PLAIN, folder_beside
from bot.backups.rotation import ENDING, are_erasures, former, whose_is, written_at
from bot.errors import Fatal
from bot.operator.doctor.sentences import mending
from bot.settings import Backups
from bot.store import backups, erasures
from bot.store.data_folder import DATABASE
from bot.store.read_only import open_read_only
from integrations import storage
from integrations.errors import NotFound, Unavailable

LATEST = "latest"
DAY = timedelta(days=1)
SEALED = b"age-encryption.org/"


def listed(chosen: Backups, folder: Path) -> list[str]:
    """A line for each copy, the newest first; those that this bot has proved are marked."""
    place = _place(chosen.url)
    with _said(place):
        items = _there(place, chosen).items()
    proved = asyncio.run(_proved(folder))
    found = sorted(((at, item) for item in items if (at := written_at(item.name))), key=lambda one: one[0])
    lines = [_line(at, item, item.name in proved) for at, item in reversed(found)]
    return lines or [f"There are no copies in {place} yet: the bot sends one when it starts, then one each night."]


def _line(at: datetime, item: storage.Item, proved: bool) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC  {item.bytes / 1e6:8.1f} MB  {'proved' if proved else '':6}  {item.name}"


async def _proved(folder: Path) -> set[str]:
    """Nothing where there are no data here (yet): copies are wanted most then."""
    try:
        async with open_read_only(folder / DATABASE) as database:
            return await database.read(backups.proved)
    except (FileNotFoundError, Fatal):
        return set()


@dataclass(frozen=True, slots=True)
class Copy:
    """What was brought: the `file`, what it is called where it was, and which lists of whoever was erased, of those
    that lay beside it, could not be read."""

    file: Path
    name: str
    unread: list[str]


@contextmanager
def brought(source: str, chosen: Backups, beside: Path, identity: Path | None, spare: bool = False) -> Iterator[Copy]:
    """The file of a backup, from wherever `source` says: an address, the name of a copy, « latest », or a file. What is
    encrypted is decrypted with the key in the file `identity`, beside a folder, and gone afterwards; what lay beside it
    of whoever was erased lies beside it again. With a `spare` list, one of these that cannot be read stops nothing.

    Raises BackupFailed with a sentence.
    """
    with folder_beside(beside) as own:
        file, name, unread = Path(source), source, list[str]()
        lists = _lists_beside(file)
        if not file.is_file() and (where := _whereabouts(source, chosen)):
            file = own / FETCHED
            name, lists = _fetch(*where, chosen, file)
        if not file.exists():
            raise BackupFailed(f"{source} is no file, and no copy: see `conciergerie backup --list`")
        if _is_sealed(file):
            file = _opened(file, own / PLAIN, identity)
            for whose, sealed in lists.items():
                try:
                    known = erasures.read(_opened(sealed, own / LIST, identity))
                except (BackupFailed, erasures.Unreadable):
                    if not spare:
                        raise BackupFailed(
                            f"{whose}, which says who was erased since, cannot be read. If it is for a newer key of"
                            f" yours, put both keys into {identity}, one a line; if it is damaged, bring an earlier"
                            " copy of it, or name a list that can be read with --erasures FILE"
                        ) from None
                    unread.append(whose)
                else:
                    erasures.add(own / erasures.FILE, known.values())
        yield Copy(file, name, unread)


def _lists_beside(copy: Path) -> dict[str, Path]:
    """Of whoever was erased, in a folder where copies lie."""
    there = copy.parent.iterdir() if copy.is_file() else ()
    return {one.name: one for one in there if are_erasures(one.name, copy.name)}


def _whereabouts(source: str, chosen: Backups) -> tuple[storage.Place, str] | None:
    if source.startswith(("s3://", "sftp://")):
        address, mark, options = source.partition("?")
        above, _, name = address.rpartition("/")
        if name != LATEST and not written_at(name):
            raise BackupFailed(
                f"the address must end with the name of a copy, or with /{LATEST}: see `conciergerie backup --list`"
            )
        return _same(_place(above + mark + options), chosen), name
    if source == LATEST or (source.endswith(ENDING) and "/" not in source):
        return _place(chosen.url), source
    return None


def _place(url: str) -> storage.Place:
    if not url:
        raise BackupFailed("BACKUP_URL is missing: it says where the copies are")
    try:
        return storage.place(url)
    except ValueError as wrong:
        raise BackupFailed(f"the address of the copies {wrong}") from None


def _same(place: storage.Place, chosen: Backups) -> storage.Place:
    """An address without an endpoint is one of the bucket that the settings name, where its name is the same."""
    if place.endpoint == storage.AWS and chosen.url and (known := _place(chosen.url)).bucket == place.bucket:
        return replace(place, endpoint=known.endpoint, region=known.region)
    return place


def _there(place: storage.Place, chosen: Backups) -> storage.Storage:
    if lacking := [sentence for _, sentence in chosen.lacking(place)]:
        raise BackupFailed(f"{place} cannot be opened: {'; '.join(lacking)}")
    return storage.at(place, chosen.keys)


def _fetch(place: storage.Place, name: str, chosen: Backups, file: Path) -> tuple[str, dict[str, Path]]:
    """What it is called, and the lists that lie beside it, too."""
    with _said(place, name):
        there = _there(place, chosen)
        if name == LATEST:
            name = _latest([item.name for item in there.items()], place)
        if not name:
            raise BackupFailed(f"there are no copies in {place}")
        there.fetch(name, file)
        names = [item.name for item in there.items() if are_erasures(item.name, name)]
        lists = {one: file.with_name(f"{LIST}-{count}") for count, one in enumerate(names)}
        for one, here in lists.items():
            there.fetch(one, here)
        return name, lists


def _latest(names: list[str], place: storage.Place) -> str:
    """Empty where there is none. What was sent under the former name of the same bot, and not since, is no other's;
    what is of tomorrow, or later, was made by a clock that was wrong."""
    every = sorted((at, one) for one in names if (at := written_at(one)))
    newest = max([one for one in every if one[0] <= datetime.now(UTC) + DAY] or every, default=("", ""))[1]
    if {whose_is(one) for _, one in every} - {whose_is(newest), former(whose_is(newest))}:
        raise BackupFailed(f"there are copies of several bots in {place}: name one of `conciergerie backup --list`")
    return newest


@contextmanager
def _said(place: storage.Place, name: str = "") -> Iterator[None]:
    try:
        yield
    except NotFound:
        raise BackupFailed(f"{name} is not in {place}: see `conciergerie backup --list`") from None
    except Unavailable as away:
        why = mending("backups", away.cause or "silent", {"place": str(place), **away.words})
        raise BackupFailed(why if str(place) in why else f"{place}: {why}") from None


def _is_sealed(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(len(SEALED)) == SEALED
    except OSError:
        return False  # whoever reads it says why


def _opened(sealed: Path, plain: Path, identity: Path | None) -> Path:
    if identity is None:
        raise BackupFailed("the copy is encrypted: name the file of your age key with --identity FILE")
    with _said(storage.Place("")), storage.missing_package():
        import pyrage
    try:
        lines = [line.strip() for line in identity.read_text().splitlines()]
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except FileNotFoundError:
        raise BackupFailed(f"there is no file {identity}: --identity names the file of your age key") from None
    except (OSError, ValueError, pyrage.IdentityError):
        raise BackupFailed(f"{identity} is no file of an age key (AGE-SECRET-KEY-1…, not encrypted itself)") from None
    plain.touch(mode=0o600)
    try:
        pyrage.decrypt_file(str(sealed), str(plain), keys)
    except (pyrage.DecryptError, OSError) as error:
        if getattr(error, "errno", None):
            raise
        raise BackupFailed(f"the key in {identity} does not open this copy, or the copy is damaged") from None
    os.chmod(plain, 0o600)
    return plain
