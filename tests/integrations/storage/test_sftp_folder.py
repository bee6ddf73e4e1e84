"""A folder of another machine, on a real OpenSSH; what that one never does is done by a small server of ours."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import asyncssh
import pytest

from integrations import storage
from integrations.errors import NotFound, Unavailable
from integrations.storage import Item, Keys, Storage, TooLong
from integrations.storage.sftp_folder import PART
from tests.servers.gate import Gate
from tests.servers.ill_server import IllServer
from tests.servers.ports import free_port
from tests.servers.sshd import Sshd, running_sshd

T = TypeVar("T")
MUCH = 3_000_000
NAME, OTHER = "bot-20270115T023000Z.tar.age", "bot-20270116T023000Z.tar.age"
STRANGE = "SHA256:" + "a" * 43


def way(sshd: Sshd, below: str = "", port: int = 0, **keys: str) -> Storage:
    return storage.at(storage.place(sshd.url(below, port)), Keys(**sshd.keys(**keys)), connect=5, read=5)


async def cause(act: Callable[[], object]) -> str:
    """Why it did not come off."""
    with pytest.raises(Unavailable) as why:
        await asyncio.to_thread(act)
    return why.value.cause


@pytest.fixture
def there(sshd: Sshd, tmp_path: Path) -> tuple[Storage, Path]:
    folder = sshd.made(tmp_path.name)
    return way(sshd, tmp_path.name), folder


@pytest.fixture
def much(tmp_path: Path) -> Path:
    file = tmp_path / "much"
    file.write_bytes(os.urandom(MUCH))
    return file


async def test_it_goes_and_comes_back_and_goes_away(there: tuple[Storage, Path], much: Path, tmp_path: Path) -> None:
    folder, kept = there
    assert await asyncio.to_thread(folder.items) == []
    await asyncio.to_thread(folder.send, much, NAME)
    assert await asyncio.to_thread(folder.items) == [Item(NAME, MUCH)]
    assert (kept / NAME).stat().st_mode & 0o777 == 0o600
    await asyncio.to_thread(folder.fetch, NAME, tmp_path / "back", MUCH)
    assert (tmp_path / "back").read_bytes() == much.read_bytes()
    assert (tmp_path / "back").stat().st_mode & 0o777 == 0o600
    much.write_bytes(b"another")
    await asyncio.to_thread(folder.send, much, NAME)
    assert (kept / NAME).read_bytes() == b"another", "it takes the place of what was there"
    for _ in range(2):
        await asyncio.to_thread(folder.delete, NAME)
    assert list(kept.iterdir()) == []
    with pytest.raises(NotFound):
        await asyncio.to_thread(folder.fetch, NAME, tmp_path / "back")


async def test_a_file_that_has_grown_fills_no_disk(there: tuple[Storage, Path], much: Path, tmp_path: Path) -> None:
    folder, kept = there
    await asyncio.to_thread(folder.send, much, NAME)
    with (kept / NAME).open("ab") as more:
        more.write(much.read_bytes())
    with pytest.raises(TooLong):
        await asyncio.to_thread(folder.fetch, NAME, tmp_path / "back", MUCH)


async def test_a_folder_below_the_home_of_whoever_comes_in(sshd: Sshd) -> None:
    """Whose home is none here: one lands at the root."""
    for address in (f"/~/{sshd.folder}", f"/~/{str(sshd.folder).lstrip('/')}"):
        place = storage.place(f"sftp://{sshd.user}@127.0.0.1:{sshd.port}{address}")
        assert not place.path.startswith("/")


# -- who is there


async def test_the_machine_is_known_by_a_fingerprint_of_any_of_its_keys_or_by_a_file(sshd: Sshd) -> None:
    pasted = f"256 {STRANGE} host (ECDSA)\n3072 {sshd.fingerprint_rsa} host (RSA)"  # as ssh-keygen shows them
    for known in (sshd.fingerprint, sshd.fingerprint_rsa, pasted, str(sshd.known_hosts)):
        assert await asyncio.to_thread(way(sshd, host_key=known).items) is not None, known


async def test_nothing_is_said_to_a_machine_that_is_not_known(sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "another").write_text("[127.0.0.2]:22 ssh-ed25519 " + (sshd.known_hosts.read_text().split()[2]) + "\n")
    (tmp_path / "empty").touch()
    for known in (STRANGE, str(tmp_path / "another"), str(tmp_path / "empty")):
        with pytest.raises(Unavailable) as why:
            await asyncio.to_thread(way(sshd, host_key=known).items)
        assert why.value.cause == "host-key", known
        assert sshd.fingerprint in why.value.words["shown"], "which its host may have published"


async def test_a_file_of_known_machines_that_is_none(sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(b"\xff\xfe\x00" * 40)
    for known in (tmp_path / "nothing", tmp_path, tmp_path / "garbage"):
        assert await cause(way(sshd, host_key=str(known)).items) in ("known-hosts", "host-key"), known
    assert await cause(way(sshd, host_key="").items) == "known-hosts", "no key is believed because none was named"


async def test_what_whoever_runs_us_has_in_their_home_is_not_asked(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / ".ssh"
    own.mkdir()
    shutil.copy(sshd.known_hosts, own / "known_hosts")
    shutil.copy(sshd.key, own / "id_ed25519")
    (own / "config").write_text(f"Host *\n  ProxyCommand touch {tmp_path}/asked\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert await cause(way(sshd, host_key=STRANGE).items) == "host-key"
    assert await cause(way(sshd, ssh_key="", password="hunter2").items) == "login"
    assert not (tmp_path / "asked").exists()


# -- what opens it


async def test_keys_that_do_not_open_it(sshd: Sshd, tmp_path: Path) -> None:
    assert await cause(way(sshd, ssh_key=str(sshd.stranger)).items) == "login"
    place = storage.place(sshd.url().replace(sshd.user, "somebody-else"))
    assert await cause(storage.at(place, Keys(**sshd.keys())).items) == "login"
    locked = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "hunter2", "-f", locked], check=True)
    for file in (locked, tmp_path / "nothing", sshd.known_hosts):
        assert await cause(way(sshd, ssh_key=str(file)).items) == "ssh-key", file


async def test_a_password() -> None:
    async with Small().running() as small:
        await asyncio.to_thread(small.way(password="right").items)
        assert await cause(small.way(password="hunter2").items) == "login"
        small.heard.clear()
        assert await cause(small.way(password="right", host_key=STRANGE).items) == "host-key"
        assert small.heard == [], "it is told to nobody else"


# -- where it is


async def test_a_folder_that_is_not_there_or_is_none_or_is_shut(
    sshd: Sshd, there: tuple[Storage, Path], tmp_path: Path, much: Path
) -> None:
    _, kept = there
    (kept / "a file").touch()
    below = tmp_path.name
    for none in ("nothing", "nothing/at/all", "a file"):
        folder = way(sshd, f"{below}/{none}")
        for act in (folder.items, partial(folder.send, much, NAME)):
            assert await cause(act) == "place", none
    assert await cause(lambda: way(sshd, f"{below}/nothing").fetch(NAME, tmp_path / "back")) == "place"
    kept.chmod(0o500)
    assert await cause(lambda: way(sshd, below).send(much, NAME)) == "rights"
    kept.chmod(0o000)
    assert await cause(way(sshd, below).items) == "rights"
    kept.chmod(0o700)
    assert [path.name for path in kept.iterdir()] == ["a file"]


async def test_nobody_there_or_somebody_else(sshd: Sshd) -> None:
    assert await cause(way(sshd, port=free_port()).items) == "nobody"
    async with IllServer().running() as address:
        assert await cause(way(sshd, port=int(address.rpartition(":")[2])).items) in ("no-ssh", "")
    place = storage.place("sftp://bot@nowhere.invalid/copies")
    assert await cause(storage.at(place, Keys(**sshd.keys())).items) in ("name", "lookup")


async def test_a_machine_that_says_nothing(sshd: Sshd) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    place = storage.place(sshd.url(port=server.sockets[0].getsockname()[1]))
    assert await cause(storage.at(place, Keys(**sshd.keys()), connect=0.5, read=0.5).items) == ""
    server.close()


# -- on the way


async def test_a_cut_in_the_middle_leaves_nothing_that_counts_and_is_tidied_up_later(
    sshd: Sshd, there: tuple[Storage, Path], much: Path, tmp_path: Path
) -> None:
    folder, kept = there

    class Cut(Gate):
        left = MUCH // 2

        async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while self.left > 0 and (data := await reader.read(2**14)):
                self.left -= len(data)
                writer.write(data)
                await writer.drain()

    async with Cut(sshd.port) as line:
        assert await cause(lambda: way(sshd, tmp_path.name, line.port).send(much, NAME)) == ""
    (half,) = kept.iterdir()
    assert 0 < half.stat().st_size < MUCH
    assert await asyncio.to_thread(folder.items) == []
    await asyncio.to_thread(folder.send, much, OTHER)
    assert half.exists(), "another bot might be sending it"
    long_ago = (kept / OTHER).stat().st_mtime - 2 * 86_400
    os.utime(half, (long_ago, long_ago))
    foreign = kept / ".holiday.part"
    foreign.touch()
    os.utime(foreign, (long_ago, long_ago))
    await asyncio.to_thread(folder.send, much, OTHER)
    assert {path.name for path in kept.iterdir()} == {OTHER, foreign.name}
    assert await asyncio.to_thread(folder.items) == [Item(foreign.name, 0), Item(OTHER, MUCH)]


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[Path]:
    """Of two megabytes."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


async def test_a_full_disk(sshd: Sshd, much: Path, tmp_path: Path) -> None:
    small = sshd.made(tmp_path.name) / "small"
    async with small_disk(small) as disk:
        shutil.chown(disk, sshd.user)
        (disk / OTHER).write_bytes(b"older")
        folder = way(sshd, f"{tmp_path.name}/small")
        assert await cause(lambda: folder.send(much, NAME)) == "full"
        assert [path.name for path in disk.iterdir()] == [OTHER], "and the half of it is gone again"
        much.write_bytes(b"little")
        await asyncio.to_thread(folder.send, much, NAME)


@pytest.mark.usefixtures("sshd")  # that it is installed
async def test_a_quota_that_is_used_up(much: Path) -> None:
    async with running_sshd(largest=MUCH // 3) as sshd:
        assert await cause(lambda: way(sshd).send(much, NAME)) == "unwritten"
        assert list(sshd.folder.iterdir()) == []


# -- what is there


async def test_only_files_with_names_that_can_be_shown_are_listed(there: tuple[Storage, Path]) -> None:
    folder, kept = there
    for name in (NAME.encode(), b"\x1b[2J" + NAME.encode(), b"two\nlines", b"\xff\xfe", f".{OTHER}{PART}".encode()):
        Path(os.fsdecode(bytes(kept) + b"/" + name)).write_bytes(b"12345")
    (kept / "a folder.tar.age").mkdir()
    (kept / "a link.tar.age").symlink_to("/etc/passwd")
    assert await asyncio.to_thread(folder.items) == [Item(NAME, 5)]


async def test_names_that_lead_elsewhere() -> None:
    hostile = [b"..", b".", b"../../etc/passwd", b"/etc/passwd", b"sub/file.tar.age", b"", b"\x00", NAME.encode()]
    async with Small(names=hostile).running() as small:
        assert await asyncio.to_thread(small.way(password="right").items) == [Item(NAME, 0)]


async def test_a_size_that_is_none() -> None:
    async with Small(names=[NAME.encode()], size=2**64 - 1).running() as small:
        assert await asyncio.to_thread(small.way(password="right").items) == [Item(NAME, storage.LARGEST)]


async def test_a_folder_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.storage.sftp_folder.MOST", 500)
    async with Small(names=[b"%d.tar.age" % n for n in range(2000)]).running() as small:
        assert await cause(small.way(password="right").items) == "crowded"


async def test_a_machine_that_cannot_put_one_file_in_the_place_of_another(much: Path) -> None:
    async with Small(is_old=True).running() as small:
        folder = small.way(password="right")
        for content in (b"first", b"second"):
            much.write_bytes(content)
            await asyncio.to_thread(folder.send, much, NAME)
        assert await asyncio.to_thread(folder.items) == [Item(NAME, 6)]


async def test_a_machine_without_sftp() -> None:
    async with Small(has_sftp=False).running() as small:
        assert await cause(small.way(password="right").items) == "no-sftp"


@dataclass
class Small:
    """A server that takes a password (« right »), notes who said what, and lists `names` of that `size` whatever there
    is."""

    names: list[bytes] = field(default_factory=list)
    size: int = 0
    is_old: bool = False
    has_sftp: bool = True
    heard: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Small]:
        key, small = asyncssh.generate_private_key("ssh-ed25519"), self
        self.fingerprint = key.get_fingerprint("sha256")

        class Door(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                small.heard.append(password)
                return password == "right"

        class Files(asyncssh.SFTPServer):
            async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
                if not small.names:
                    async for one in super().scandir(path):
                        yield one
                for name in small.names:
                    yield asyncssh.SFTPName(
                        name, attrs=asyncssh.SFTPAttrs(type=1, size=small.size, permissions=0o100600)
                    )

            def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
                if small.is_old:
                    raise asyncssh.SFTPOpUnsupported("no")
                super().posix_rename(oldpath, newpath)

        with tempfile.TemporaryDirectory() as folder:
            factory = (lambda chan: Files(chan, chroot=folder.encode())) if self.has_sftp else None
            server = await asyncssh.listen(
                "127.0.0.1", 0, server_host_keys=[key], server_factory=Door, sftp_factory=factory
            )
            self.port = server.get_port()
            yield self
            server.close()
            await server.wait_closed()

    def way(self, **keys: str) -> Storage:
        place = storage.place(f"sftp://bot@127.0.0.1:{self.port}/~/")
        return storage.at(place, Keys(**{"host_key": self.fingerprint} | keys), connect=5, read=5)
