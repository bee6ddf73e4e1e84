"""The lines of the README, word for word, in a Debian that has nothing else: `make soak` tries them, as root."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import apt

ROOT = Path(__file__).parents[2]
AUTHORITIES = Path("/usr/local/share/ca-certificates")  # of the network in which the tests run, if it has its own
INSTALLED = """
apt-get update -qq
apt-get install -qq -y --no-install-recommends ca-certificates adduser systemd util-linux >/dev/null
update-ca-certificates >/dev/null
useradd -m -s /bin/bash ines
chown -R ines /home/ines
"""


def blocks() -> list[str]:
    """What is to be typed, of « Installing it for a lieu », in its order."""
    told = (ROOT / "README.md").read_text("utf-8")
    part = told[told.index("## Installing it for a lieu") : told.index("### Public pages")]
    found = re.findall(r"(?m)(?:^       \S.*\n(?:^        +\S.*\n)*)+", part)
    return [re.sub(r"(?m)^       ", "", block) for block in found]


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh one, with what its installer would have put there."""
    debootstrap = Path("/usr/sbin/debootstrap")
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: the README's installation was not tried in a bare Debian")
    if reason := apt.ensure_installed(debootstrap, "debootstrap", lacking="a bare Debian"):
        pytest.skip(reason)
    folder = Path("/var/tmp") / f"conciergerie-debian-{os.getpid()}"
    try:
        subprocess.run([debootstrap, "--variant=minbase", "trixie", folder], check=True, capture_output=True)
        shutil.copyfile("/etc/resolv.conf", folder / "etc/resolv.conf")
        if AUTHORITIES.is_dir():
            shutil.copytree(AUTHORITIES, folder / "usr/local/share/ca-certificates", dirs_exist_ok=True)
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
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    script = folder / "tmp/typed"
    script.write_text(f"#!/bin/bash\n{program}")
    script.chmod(0o755)
    command = ["unshare", "--mount", "bash", "-c", f'{mounts} && exec "$@"', "bash", *shell, "bash", "/tmp/typed"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.soak
def test_the_lines_of_the_readme_install_it(debian: Path) -> None:
    needs, builds, installs, unit = blocks()
    within(debian, re.sub(r"^apt-get install", "apt-get install -y", needs))  # where nobody is there to say yes
    within(debian, builds, user="ines")
    within(debian, installs)
    assert within(debian, "/opt/conciergerie/bin/conciergerie --version", user="conciergerie").startswith(
        "conciergerie "
    )
    copied = unit.splitlines()[0]
    within(debian, copied)
    said = within(debian, "systemd-analyze verify --man=no /etc/systemd/system/conciergerie.service 2>&1 || true")
    assert "conciergerie.service" not in said, said
    asked = "cd /var/lib/conciergerie; /opt/conciergerie/bin/conciergerie doctor 2>&1 || test $? = 78"
    assert "MATRIX_USER is missing" in within(debian, asked, user="conciergerie")


def test_every_line_that_is_typed_is_tried() -> None:
    told = "\n".join(blocks())
    assert len(blocks()) == 4
    for word in (
        "apt-get install python3-venv",
        "pip wheel",
        "adduser --system",
        "systemctl enable --now conciergerie",
    ):
        assert word in told
