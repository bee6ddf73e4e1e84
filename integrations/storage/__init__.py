"""Where copies go that leave the machine: a bucket that speaks S3, a folder of another machine by SFTP, or a folder
here (of another disk, or mounted).

Everything here blocks, for it runs in a process or a thread of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from integrations.errors import Unavailable

AWS, REGION = "https://s3.amazonaws.com", "us-east-1"
OPTIONS = {"endpoint", "region"}
SSH = 22
HOME = "/~/"  # in an address: below where one comes in
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")  # of a machine's key, as ssh-keygen -l shows it
CONNECT, READ = 10.0, 60.0  # seconds
LARGEST = 2**62  # bytes
MOST = 100_000  # names in a place for copies


@dataclass(frozen=True, slots=True)
class Place:
    """An address, taken apart. In a bucket `path` is what the names begin with (empty, or with a slash at its end),
    else the folder; on another machine (`host`), one without a slash before it is below where `user` comes in."""

    path: str
    bucket: str = ""
    endpoint: str = ""
    region: str = REGION
    host: str = ""
    port: int = SSH
    user: str = ""

    @property
    def is_bucket(self) -> bool:
        return bool(self.bucket)

    @property
    def is_here(self) -> bool:
        """A folder that this machine sees."""
        return not (self.bucket or self.host)

    def __str__(self) -> str:
        if self.is_bucket:
            return f"s3://{self.bucket}/{self.path}".rstrip("/")
        if self.is_here:
            return self.path
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port != SSH else ""
        return f"sftp://{self.user}@{host}{port}{self.path if self.path.startswith('/') else f'{HOME}{self.path}'}"


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens a place: `access` and `secret` a bucket; a machine, the private key in the file `ssh_key`, or
    `password`. `host_key` is what that machine is known by: fingerprints (SHA256:…), or the path of a known_hosts."""

    access: str = ""
    secret: str = field(default="", repr=False)
    ssh_key: str = ""
    password: str = field(default="", repr=False)
    host_key: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is kept there, by its name without the path of the place."""

    name: str
    bytes: int

    @classmethod
    def told(cls, name: str, size: int | None) -> Item:
        """As another machine says, which may say anything: no number that a database or a sentence cannot hold."""
        return cls(name, min(max(size or 0, 0), LARGEST))


class TooLong(Exception):
    """More comes than there should be: what is without end would fill the disk."""


class Storage(Protocol):
    """Raises NotFound for a name that is not there, else Unavailable with its cause."""

    def items(self) -> list[Item]: ...

    def send(self, file: Path, name: str) -> None:
        """All of it, or nothing that `items` shows."""

    def fetch(self, name: str, file: Path, most: int | None = None) -> None:
        """Raises TooLong beyond so many bytes."""

    def delete(self, name: str) -> None:
        """It is not there any more; or was not."""


def place(address: str) -> Place:
    """Raises ValueError with what is wrong, in which nothing of the address is repeated."""
    if address.startswith("/"):
        return Place(address.rstrip("/") or "/")
    parts = urlsplit(address)
    if parts.scheme == "sftp":
        return _on_another_machine(parts)
    if parts.scheme != "s3":
        raise ValueError(
            "must be s3://bucket/prefix?endpoint=https://…&region=…, sftp://user@host/folder, or a folder of this"
            " machine from the root on (/…)"
        )
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("must have no key or password in it: they have settings of their own")
    told = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not parts.netloc or set(told) - OPTIONS:
        raise ValueError("must name a bucket, and no more after ? than endpoint= and region=")
    endpoint = told.get("endpoint", AWS).rstrip("/")
    if not _is_origin(endpoint):
        raise ValueError("must have an endpoint like https://s3.example.org, with nothing after its port")
    path = unquote(parts.path).strip("/")
    return Place(f"{path}/" if path else "", parts.netloc, endpoint, told.get("region") or REGION)


def _on_another_machine(parts: SplitResult) -> Place:
    try:
        port, host, user = parts.port or SSH, parts.hostname, parts.username
    except ValueError:
        raise ValueError("must have a port that is a number: sftp://user@host:23/folder") from None
    if parts.password is not None:
        raise ValueError("must have no password in it: it has a setting of its own")
    if not host or not user or parts.query or parts.fragment:
        raise ValueError("must say who comes in where, and no more: sftp://user@host/folder (/~/folder: in its home)")
    path = unquote(parts.path) or HOME
    at_home = f"{path}/".startswith(HOME)
    folder = path[len(HOME) :].strip("/") or "." if at_home else path.rstrip("/") or "/"
    return Place(folder, host=host, port=port, user=unquote(user))


def _is_origin(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    whole = f"{parts.scheme}://{parts.netloc}" == address
    return whole and parts.scheme in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc


def at(place: Place, keys: Keys = Keys(), *, connect: float = CONNECT, read: float = READ) -> Storage:
    """The way in. Raises Unavailable where the package for it is not installed."""
    if place.is_here:
        from .local_folder import LocalFolder

        return LocalFolder(Path(place.path))
    with missing_package():
        if place.is_bucket:
            from .s3_bucket import S3Bucket

            return S3Bucket(place, keys.access, keys.secret, connect=connect, read=read)
        from .sftp_folder import SftpFolder

        return SftpFolder(place, keys, connect=connect, read=read)


@contextmanager
def missing_package() -> Iterator[None]:
    """What copies need besides is an extra, for those who have none. Raises Unavailable."""
    try:
        yield
    except ModuleNotFoundError:
        raise Unavailable("backups", cause="package") from None


def pour(pieces: Iterable[bytes], file: Path, most: int | None) -> None:
    """Write them to a new file, for our eyes only."""
    total = 0
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as copy:
        for piece in pieces:
            total += len(piece)
            if most is not None and total > most:
                raise TooLong
            copy.write(piece)
