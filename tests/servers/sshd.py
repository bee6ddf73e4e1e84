"""A real OpenSSH on a free loopback port, that nobody but its own user runs, over a folder of its own.

The binary is Debian's `openssh-server`; `ensure_installed` gets it where that is allowed, without starting a service.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import apt
from tests.servers.parent import ends_with_parent
from tests.servers.ports import free_port

BINARY = Path("/usr/sbin/sshd")
KINDS = ("ed25519", "rsa")
START = 30.0

CONFIGURATION = """\
Port {port}
ListenAddress 127.0.0.1
{keys}
AuthorizedKeysFile {folder}/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM yes
StrictModes no
PidFile none
Subsystem sftp internal-sftp -u 0077
ForceCommand internal-sftp
"""


@dataclass(frozen=True)
class Sshd:
    """`folder` is where copies go, `key` opens it; `fingerprint` and `known_hosts` are what it is known by."""

    port: int
    user: str
    folder: Path
    key: Path
    stranger: Path
    fingerprint: str
    fingerprint_rsa: str
    known_hosts: Path

    def url(self, below: str = "", port: int = 0) -> str:
        return f"sftp://{self.user}@127.0.0.1:{port or self.port}{self.folder / below if below else self.folder}"

    def keys(self, **changes: str) -> dict[str, str]:
        return {"ssh_key": str(self.key), "host_key": self.fingerprint} | changes

    def made(self, below: str) -> Path:
        """A folder there."""
        made = self.folder / below
        made.mkdir(parents=True)
        for one in (made, *made.relative_to(self.folder).parents):
            shutil.chown(self.folder / one, self.user)
        return made


@asynccontextmanager
async def running_sshd(*, largest: int = 0, folder: Path | None = None) -> AsyncIterator[Sshd]:
    """`largest`: no file there may have more bytes, as with a quota; `folder` where copies go, else one of its own."""
    with tempfile.TemporaryDirectory(prefix="sshd-") as own:
        root = Path(own)
        who = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        _prepare(root)
        copies = folder or root / "copies"
        copies.mkdir(exist_ok=True)
        port = free_port()
        keys = "\n".join(f"HostKey {root}/host_{kind}" for kind in KINDS)
        (root / "sshd_config").write_text(CONFIGURATION.format(port=port, keys=keys, folder=root))
        public = (root / "host_ed25519.pub").read_text().rpartition(" ")[0]
        (root / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}\n")
        root.chmod(0o711)
        if os.geteuid() == 0:
            for one in (root, *root.iterdir(), copies):
                shutil.chown(one, who.pw_uid, who.pw_gid)

        def limited() -> None:
            ends_with_parent()
            if largest:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

        as_nobody = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        with (root / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                str(BINARY),
                "-D",
                "-e",
                "-f",
                str(root / "sshd_config"),
                stdout=log,
                stderr=log,
                preexec_fn=limited,
                restore_signals=False,
                **as_nobody,  # type: ignore[arg-type]
            )
        try:
            await _listening(port, process, root / "log")
            prints = [_fingerprint(root / f"host_{kind}.pub") for kind in KINDS]
            yield Sshd(port, who.pw_name, copies, root / "own", root / "stranger", *prints, root / "known_hosts")
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def _prepare(root: Path) -> None:
    for name, kind in (("host_ed25519", "ed25519"), ("host_rsa", "rsa"), ("own", "ed25519"), ("stranger", "ed25519")):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(root / name)], check=True)
    (root / "authorized_keys").write_bytes((root / "own.pub").read_bytes())


def _fingerprint(public: Path) -> str:
    told = subprocess.run(["ssh-keygen", "-lf", str(public)], check=True, capture_output=True, text=True).stdout
    return told.split()[1]


async def _listening(port: int, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(START):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
    raise RuntimeError(f"sshd did not start: {log.read_text()[-500:]}")


def ensure_installed() -> str:
    """Why there is no sshd, empty where there is one. As root on Debian it is installed, its service is not."""
    if BINARY.exists():
        return ""
    absent = apt.ensure_installed(BINARY, "openssh-server", lacking="the SFTP tests")
    if not absent and shutil.which("update-rc.d"):
        subprocess.run(["update-rc.d", "ssh", "disable"], check=False, capture_output=True)
    return absent
