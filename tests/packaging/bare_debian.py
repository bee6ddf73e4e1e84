"""A Debian that has nothing else, in a folder of its own, and the lines of the README that are typed there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import apt

ROOT = Path(__file__).parents[2]
DEBOOTSTRAP = Path("/usr/sbin/debootstrap")
AUTHORITIES = Path("/usr/local/share/ca-certificates")  # of the network in which the tests run, if it has its own
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
INSTALLED = """
apt-get update -qq
apt-get install -qq -y --no-install-recommends ca-certificates adduser systemd systemd-sysv dbus util-linux >/dev/null
update-ca-certificates >/dev/null
useradd -m -s /bin/bash ines
chown -R ines /home/ines
"""


def why_none() -> str:
    """Why no bare Debian can be had here; empty where one can."""
    if os.geteuid() != 0:
        return "NOT ROOT: nothing was tried in a bare Debian"
    return apt.ensure_installed(DEBOOTSTRAP, "debootstrap", lacking="a bare Debian")


def lay_down(folder: Path) -> None:
    """As the smallest of Debian's variants leaves it."""
    subprocess.run([DEBOOTSTRAP, "--variant=minbase", "trixie", folder], check=True, capture_output=True)


def lay_network(folder: Path) -> None:
    """What it needs to know of the network in which the tests run."""
    shutil.copyfile("/etc/resolv.conf", folder / "etc/resolv.conf")
    lay_authorities(folder / AUTHORITIES.relative_to("/"))


def lay_authorities(folder: Path) -> None:
    if AUTHORITIES.is_dir():
        shutil.copytree(AUTHORITIES, folder, dirs_exist_ok=True)


@contextmanager
def bare_debian() -> Iterator[Path]:
    """A fresh one, with what its installer would have put there, and these sources in the home of an ordinary user."""
    folder = Path("/var/tmp") / f"conciergerie-debian-{os.getpid()}"
    try:
        lay_down(folder)
        lay_network(folder)
        within(folder, "mkdir -p /home/ines")
        clone = ["git", "clone", "-q", "--no-hardlinks", ROOT, folder / "home/ines/conciergerie"]
        subprocess.run(clone, check=True, capture_output=True)
        within(folder, INSTALLED)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def within(folder: Path, commands: str, *, user: str = "root") -> str:
    """These lines in a shell of this user, each of which must do what it says; what they print."""
    program = f"cd /home/ines/conciergerie 2>/dev/null; set -e\n{commands}"
    shell = ["chroot", str(folder), *(["runuser", "-u", user, "--"] if user != "root" else [])]
    mounts = f"mount -t proc proc {folder}/proc && mount --bind /dev {folder}/dev"
    script = folder / "tmp/typed"
    script.write_text(f"#!/bin/bash\n{program}")
    script.chmod(0o755)
    command = ["unshare", "--mount", "bash", "-c", f'{mounts} && exec "$@"', "bash", *shell, "bash", "/tmp/typed"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def blocks() -> list[str]:
    """What is to be typed, of « Installing it for a lieu », in its order."""
    told = (ROOT / "README.md").read_text("utf-8")
    part = told[told.index("## Installing it for a lieu") : told.index("### Public pages")]
    found = re.findall(r"(?m)(?:^       \S.*\n(?:^        +\S.*\n)*)+", part)
    return [re.sub(r"(?m)^       ", "", block) for block in found]


def install(folder: Path) -> None:
    """The lines of the README, but for the last ones, which start the bot."""
    needs, builds, installs, _unit = blocks()
    within(folder, re.sub(r"^apt-get install", "apt-get install -y", needs))  # where nobody is there to say yes
    within(folder, builds, user="ines")
    within(folder, installs)
