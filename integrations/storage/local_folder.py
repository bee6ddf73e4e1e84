"""A folder of another disk, or of another machine, mounted here."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from integrations.errors import NotFound, Unavailable

from . import Item, pour

PART = ".part"
PIECE = 2**20  # bytes
CAUSES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "full"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "rights"),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR), "place"),
}


class LocalFolder:
    """It must be there: where nothing is mounted, a folder that is made would be on the same disk as the data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def items(self) -> list[Item]:
        with _told():
            found = [path for path in self._folder.iterdir() if path.is_file() and path.suffix != PART]
            return [Item(path.name, path.stat().st_size) for path in sorted(found)]

    def send(self, file: Path, name: str) -> None:
        target = self._folder / name
        beside = target.with_name(f".{name}{PART}")
        with _told():
            try:
                with file.open("rb") as source, os.fdopen(_opened(beside), "wb") as copy:
                    shutil.copyfileobj(source, copy)
                    copy.flush()
                    os.fsync(copy.fileno())
                beside.replace(target)
            finally:
                beside.unlink(missing_ok=True)

    def fetch(self, name: str, file: Path, most: int | None = None) -> None:
        with _told():
            if not (self._folder / name).exists() and self._folder.is_dir():
                raise NotFound()
            source = (self._folder / name).open("rb")
        with source:
            pour(iter(partial(source.read, PIECE), b""), file, most)

    def delete(self, name: str) -> None:
        with _told():
            if self._folder.is_dir():
                (self._folder / name).unlink(missing_ok=True)


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("backups", cause=CAUSES.get(error.errno or 0, "broken")) from None
