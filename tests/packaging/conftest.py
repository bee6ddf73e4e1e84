"""The wheel, built once for a run; and a Debian into which the lines of the README installed the bot."""

from __future__ import annotations

import fcntl
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.bare_debian import bare_debian, install, why_none
from tests.packaging.tools import run

ROOT = Path(__file__).parents[2]
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "bot", "commands", "integrations", "locales")


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """What `python -m build` makes of a fresh copy of the sources: an sdist, and the wheel that is made of it."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if hasattr(request.config, "workerinput") else shared  # the others' too
    made = shared / "built"
    with (shared / "built.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "dist").exists():
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            for name in SOURCES:
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, made / name, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copyfile(ROOT / name, made / name)
            done = run(sys.executable, "-m", "build", "--outdir", made / "to-be", made)
            assert done.returncode == 0, done.stdout + done.stderr
            (made / "to-be").rename(made / "dist")
    return made / "dist"


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def debian() -> Iterator[Path]:
    if reason := why_none():
        pytest.skip(reason)
    with bare_debian() as folder:
        install(folder)
        yield folder
