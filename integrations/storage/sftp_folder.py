"""A folder of another machine, by SFTP (version 3, as OpenSSH speaks it). The only file that knows asyncssh."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import aclosing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar, cast

import asyncssh
from asyncssh import SFTPAttrs, SFTPClient, SFTPName, SSHClientConnection, SSHKey
from asyncssh.constants import FILEXFER_TYPE_DIRECTORY, FILEXFER_TYPE_REGULAR, FILEXFER_TYPE_UNKNOWN
from asyncssh.known_hosts import SSHKnownHosts

from integrations.causes import cause_of
from integrations.errors import NotFound, Unavailable

from . import FINGERPRINT, MOST, Item, Keys, Place, pour

T = TypeVar("T")

# A server has a key of each kind, and shows the one that is asked for: fingerprints do not say of which kind they are.
KINDS: tuple[tuple[str, ...], ...] = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
)
Nobody: TypeAlias = tuple[list[str], list[str], list[str]]
NOBODY: Nobody = ([], [], [])  # less would be ~/.ssh/known_hosts
PART = ".conciergerie-part"
PIECE = 2**20  # bytes
DAY = 86_400  # seconds
CAUSES = (
    ((asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory), "place"),
    ((asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect), "rights"),
    ((asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded), "full"),
    ((asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection), ""),
    ((asyncssh.SFTPError,), "refused"),
    ((asyncssh.PermissionDenied,), "login"),
    ((asyncssh.ChannelOpenError,), "no-sftp"),
    ((asyncssh.ProtocolError, asyncssh.ProtocolNotSupported), "no-ssh"),
)


class SftpFolder:
    """It must be there. What is sent has another name until it is whole."""

    def __init__(self, place: Place, keys: Keys, *, connect: float, read: float) -> None:
        self._place, self._keys, self._connect, self._read = place, keys, connect, read

    def items(self) -> list[Item]:
        with self._line() as line:
            found = [one for one in line.wait(line.listed()) if _is_a_file(one)]
        named = [(name, one.attrs.size) for one in found if (name := _readable(one)) and not name.endswith(PART)]
        return sorted((Item.told(name, size) for name, size in named), key=lambda item: item.name)

    def send(self, file: Path, name: str) -> None:
        with self._line() as line, file.open("rb") as source:
            part = f".{name}{PART}"
            try:
                line.write(iter(partial(source.read, PIECE), b""), part)
                written = line.wait(line.sftp.stat(line.path(part)))
                if written.size != file.stat().st_size:
                    raise Unavailable("backups", cause="cut", host=self._place.host)
                line.wait(line.renamed(part, name))
            except Unavailable:
                with suppress(Unavailable, NotFound):
                    line.wait(line.sftp.remove(line.path(part)))
                raise
            with suppress(Unavailable):  # a copy is there, whatever else is
                line.sweep(written.mtime or 0)

    def fetch(self, name: str, file: Path, most: int | None = None) -> None:
        with self._line() as line:
            try:
                copy = line.wait(line.sftp.open(line.path(name), "rb", encoding=None))
            except NotThere:
                raise NotFound() from None
            pour(iter(lambda: cast(bytes, line.wait(copy.read(PIECE))), b""), file, most)

    def delete(self, name: str) -> None:
        with self._line() as line, suppress(NotThere):
            line.wait(line.sftp.remove(line.path(name)))

    @contextmanager
    def _line(self) -> Iterator[Line]:
        """Somebody who is in, in a folder that is there."""
        with asyncio.Runner() as runner:
            line = Line(runner, self._place, self._read)
            connection = self._connected(line)
            try:
                line.sftp = line.wait(connection.start_sftp_client(path_encoding=None))
                try:
                    there = line.wait(line.sftp.stat(line.path()))
                except NotThere:
                    raise line.away("place") from None
                if there.type != FILEXFER_TYPE_DIRECTORY:
                    raise line.away("place")
                yield line
            finally:
                connection.abort()

    def _connected(self, line: Line) -> SSHClientConnection:
        own = _own_key(self._keys.ssh_key) if self._keys.ssh_key else None
        wanted = FINGERPRINT.findall(self._keys.host_key)
        ways: list[tuple[tuple[str, ...], SSHKnownHosts | Nobody]] = [(kinds, NOBODY) for kinds in KINDS]
        if not wanted:  # the last one is for what it shows, where it has none of the kinds that the file has of it
            ways = [((), _known_hosts(self._keys.host_key)), (sum(KINDS, ()), NOBODY)]
        shown = []
        for kinds, hosts in ways:
            known = _Known(wanted)
            try:
                return line.wait(self._in(own, known, kinds, hosts), self._connect)
            except _Another:
                shown += [known.shown] if known.shown else []
        if not shown:
            raise line.away("")
        raise Unavailable("backups", cause="host-key", host=self._place.host, shown=" ".join(dict.fromkeys(shown)))

    async def _in(
        self, own: SSHKey | None, known: _Known, kinds: tuple[str, ...], hosts: SSHKnownHosts | Nobody
    ) -> SSHClientConnection:
        try:
            return await asyncssh.connect(
                self._place.host,
                self._place.port,
                username=self._place.user,
                password=self._keys.password or None,
                client_keys=[own] if own else None,
                client_factory=lambda: known,
                known_hosts=hosts,
                server_host_key_algs=kinds,
                login_timeout=self._read,
                keepalive_interval=self._read / 3,
                # Nothing of whoever runs us: no ~/.ssh/config, no agent, no ticket.
                config=None,
                agent_path=None,
                gss_host=None,
                x509_trusted_certs=None,
            )
        except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed):
            raise _Another from None
        except ConnectionRefusedError:
            raise
        except (asyncssh.ConnectionLost, ConnectionError):
            if known.shown in known.wanted:
                raise
            raise _Another from None  # it hangs up where it has no key of the kind that was asked for


class NotThere(Unavailable):
    """A name that is not there; of the folder itself, a place that is none."""


class _Another(Exception):
    """It shows no key that we know."""


class _Known(asyncssh.SSHClient):
    """Who is asked about the key that a server shows, where no file has it."""

    def __init__(self, wanted: list[str]) -> None:
        self.wanted, self.shown = wanted, ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: SSHKey) -> bool:
        self.shown = key.get_fingerprint("sha256")
        return self.shown in self.wanted


class Line:
    """What is said to the machine, each within the time that one waits for it. Only what it answers becomes
    Unavailable: what our own disk says is another matter."""

    sftp: SFTPClient

    def __init__(self, runner: asyncio.Runner, place: Place, read: float) -> None:
        self._runner, self._place, self._read = runner, place, read

    def path(self, name: str = "") -> bytes:
        return f"{self._place.path.rstrip('/')}/{name}".encode() if name else self._place.path.encode()

    def away(self, cause: str) -> Unavailable:
        return Unavailable("backups", cause=cause, host=self._place.host)

    def wait(self, asked: Awaitable[T], within: float = 0.0) -> T:
        async def waited() -> T:
            async with asyncio.timeout(within or self._read):
                return await asked

        try:
            return self._runner.run(waited())
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            raise NotThere("backups", cause="place", host=self._place.host) from None
        except (asyncssh.Error, OSError) as error:
            cause = next((cause for kinds, cause in CAUSES if isinstance(error, kinds)), cause_of(error))
            raise self.away(cause) from None

    def write(self, pieces: Iterator[bytes], name: str) -> None:
        """To a new file, for the eyes of whoever we come in as."""
        copy = self.wait(self.sftp.open(self.path(name), "wb", SFTPAttrs(permissions=0o600), encoding=None))
        try:
            for piece in pieces:
                self.wait(copy.write(piece))
            self.wait(_flushed(copy))
            self.wait(copy.close())
        except Unavailable as stopped:
            if stopped.cause != "refused":
                raise
            raise self.away(self._why_it_stopped(len(piece))) from None

    def _why_it_stopped(self, wanted: int) -> str:
        """In version 3, a full disk and anything else is one and the same « failure »."""
        try:
            disk = self.wait(self.sftp.statvfs(self.path()))
        except Unavailable:
            return "unwritten"
        return "full" if (disk.bavail or 0) * (disk.frsize or 0) <= wanted else "unwritten"

    async def listed(self) -> list[SFTPName]:
        found: list[SFTPName] = []
        async with aclosing(cast(AsyncGenerator[SFTPName, None], self.sftp.scandir(self.path()))) as every:
            async for one in every:
                found.append(one)
                if len(found) > MOST:
                    raise self.away("crowded")
        return found

    async def renamed(self, part: str, name: str) -> None:
        try:
            await self.sftp.posix_rename(self.path(part), self.path(name))
        except asyncssh.SFTPOpUnsupported:  # then nothing may be in the way
            with suppress(asyncssh.SFTPNoSuchFile):
                await self.sftp.remove(self.path(name))
            await self.sftp.rename(self.path(part), self.path(name))

    def sweep(self, now: int) -> None:
        """What was cut while it was sent, long ago by the clock there: another bot may be sending its own."""
        for one in self.wait(self.listed()):
            name = _readable(one) or ""
            if name.startswith(".") and name.endswith(PART) and (one.attrs.mtime or now) < now - DAY:
                self.wait(self.sftp.remove(self.path(name)))


async def _flushed(copy: asyncssh.SFTPClientFile) -> None:
    with suppress(asyncssh.SFTPOpUnsupported):
        await copy.fsync()


def _is_a_file(one: SFTPName) -> bool:
    return one.attrs.type in (FILEXFER_TYPE_REGULAR, FILEXFER_TYPE_UNKNOWN)


def _readable(one: SFTPName) -> str | None:
    """None for what no copy is called: it might lead elsewhere, or do something to a terminal."""
    try:
        name = one.filename.decode() if isinstance(one.filename, bytes) else one.filename
    except UnicodeDecodeError:
        return None
    return name if name.isprintable() and "/" not in name and name not in (".", "..") else None


def _known_hosts(file: str) -> SSHKnownHosts:
    try:
        return asyncssh.read_known_hosts(str(Path(file).expanduser()))
    except (OSError, ValueError):
        raise Unavailable("backups", cause="known-hosts") from None


def _own_key(file: str) -> SSHKey:
    try:
        return asyncssh.read_private_key(Path(file).expanduser())
    except (OSError, ValueError):
        raise Unavailable("backups", cause="ssh-key") from None
