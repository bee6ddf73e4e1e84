"""Debian's packages that tests need, installed where that is allowed, without starting a service."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
FORBID = "#!/bin/sh\nexit 101\n"


def ensure_installed(binary: Path, *packages: str, lacking: str, answers: str = "") -> str:
    """Why there is no such binary, empty where there is one. As root on Debian its packages are installed.

    `lacking` is what tests then cannot do; `answers` are those that debconf would ask for.
    """
    if binary.exists():
        return ""
    by_hand = f"`sudo apt-get install {packages[0]}`"
    how = f"no {binary.name} here: run the tests as root once, or {by_hand}, to have {lacking}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return how
    with _alone(), _services_forbidden() as forbidden:
        if forbidden and not binary.exists() and not _install(packages, answers):
            _apt("update")
            _install(packages, answers)
    return "" if binary.exists() else f"{how} (apt-get could not install it)"


def unpacked(package: str, into: Path) -> str:
    """Why this package is not in the folder, empty where it is: unpacked, not installed, for a service that is run as
    its own user would. It is fetched once for a machine."""
    store = Path(tempfile.gettempdir()) / f"conciergerie-packages-{os.geteuid()}"
    store.mkdir(mode=0o700, exist_ok=True)
    if store.stat().st_uid != os.geteuid():
        return f"{store} is somebody else's: what is in it is not unpacked"
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return f"no {package} here: it is one of Debian's packages"
    with _alone():
        if not (found := [*store.glob(f"{package}_*.deb")]):
            for way in (["download", package], ["update"], ["download", package]):
                if not found:
                    _apt(*way, folder=store)
                    found = [*store.glob(f"{package}_*.deb")]
    if not found:
        return f"no {package} here: apt-get could not download it"
    subprocess.run(["dpkg-deb", "-x", found[0], into], check=True)
    return ""


@contextmanager
def _alone() -> Iterator[None]:
    """Tests run side by side, and apt does not."""
    with (Path(tempfile.gettempdir()) / "conciergerie-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(packages: tuple[str, ...], answers: str) -> bool:
    if answers:
        subprocess.run(["debconf-set-selections"], input=answers.encode(), check=False, capture_output=True)
    return _apt("install", "-y", "--no-install-recommends", *packages)


def _apt(*arguments: str, folder: Path | None = None) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-q", *arguments]
    return subprocess.run(command, env=environment, cwd=folder, check=False, capture_output=True).returncode == 0


@contextmanager
def _services_forbidden() -> Iterator[bool]:
    """Debian starts a service as soon as it is installed, unless this file says no. A file of others is left alone."""
    if POLICY.exists():
        answer = subprocess.run([str(POLICY), "service", "start"], check=False, capture_output=True)
        yield answer.returncode == 101
        return
    POLICY.write_text(FORBID)
    POLICY.chmod(0o755)
    try:
        yield True
    finally:
        POLICY.unlink()
