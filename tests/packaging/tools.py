"""Linters that come as packages, and Debian's tools that say what a file of ours is worth."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BESIDE = Path(sys.executable).parent


def run(
    program: str | Path, *arguments: str | Path, cwd: Path | None = None, said: str | None = None
) -> subprocess.CompletedProcess[str]:
    """What it says of its arguments, and of what is `said` to it."""
    return subprocess.run(
        [program, *arguments], cwd=cwd, input=said, capture_output=True, text=True, timeout=300, check=False
    )


def shellcheck(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return run(BESIDE / "shellcheck", *arguments, cwd=cwd)


def hadolint(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return run(BESIDE / "hadolint", *arguments, cwd=cwd)
