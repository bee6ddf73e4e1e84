"""What is made for a run is there, and gone after it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.bench import beside


def git(repository: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return subprocess.run(("git", "-C", repository, *who, *words), check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: the file says which."""
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "--quiet")
    for which in ("old", "new"):
        (repository / "file").write_text(which)
        git(repository, "add", "file")
        git(repository, "commit", "--quiet", "-m", which)
    return repository


def test_an_old_version_lies_beside_the_new_one_as_long_as_it_is_needed(repository: Path, tmp_path: Path) -> None:
    with beside.version("HEAD~1", tmp_path, repository) as old:
        assert (old.root / "file").read_text() == "old"
        assert old.name == git(repository, "rev-parse", "--short", "HEAD~1").strip()
        assert (repository / "file").read_text() == "new"
    assert not old.root.exists()
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_it_is_taken_away_when_the_run_fails(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), beside.version("HEAD", tmp_path, repository):
        raise KeyboardInterrupt
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_a_commit_that_is_none_is_an_error(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError), beside.version("nowhere", tmp_path, repository):
        pass


def test_without_go_there_is_a_reason_and_no_peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert beside.peer(tmp_path) == "there is no `go` on the path"


def test_a_build_that_fails_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho 'no network' >&2\necho 'at all' >&2\nexit 1\n")
    go.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert beside.peer(tmp_path) == "`go build` fails: no network at all"
