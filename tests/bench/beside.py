"""What is built for a run and taken away after it: an older version of the bot, and the compiled peer."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.rivals import Version
from tests.servers.bot_process import ROOT

PEER = Path(__file__).with_name("peer")


@contextmanager
def version(revision: str, folder: Path, repository: Path = ROOT) -> Iterator[Version]:
    """The code of a commit, in a work tree of its own. Raises CalledProcessError where git does not know it."""

    def git(*words: str) -> str:
        whole = ("git", "-C", repository, *words)
        return subprocess.run(whole, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    name = git("rev-parse", "--short", "--verify", f"{revision}^{{commit}}")
    root = folder / name
    git("worktree", "add", "--quiet", "--detach", str(root), name)
    try:
        yield Version(name, root)
    finally:
        git("worktree", "remove", "--force", str(root))


def peer(folder: Path) -> Path | str:
    """The program, or why there is none."""
    go = shutil.which("go")
    if not go:
        return "there is no `go` on the path"
    program = folder / "peer"
    without_c = os.environ | {"CGO_ENABLED": "0"}
    built = subprocess.run(
        (go, "build", "-o", program, "."), cwd=PEER, env=without_c, capture_output=True, text=True, check=False
    )
    return f"`go build` fails: {' '.join(built.stderr.split())}" if built.returncode else program
