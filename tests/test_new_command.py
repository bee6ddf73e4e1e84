"""`make command`: in a copy of the tree, a new command passes every gate before anybody has written a line of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.new_command import main

ROOT = Path(__file__).parents[1]
LINKED = ("tests/captured", "tests/bench", "tests/whole")  # what no command changes
LEFT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "captured", "bench", "whole")
# What looks at a new command, wherever it is.
TESTS = (
    *("tests/test_documents.py", "tests/test_catalogues.py", "tests/test_project.py::test_scripts_may_be_replayed"),
    *(
        f"tests/commands/test_transcripts.py::test_a_conversation_is_as_it_was_read[{each}]"
        for each in ("aide", "outils")
    ),
    "tests/commands/test_transcripts.py::test_each_list_of_the_help_is_printed_in_one_transcript",
    "tests/talk/test_rights.py::test_the_table_of_rights_is_as_it_was_read",
)
# What is written where it is of use, or in the author's own words.
BY_HAND = {
    *("CHANGELOG.md", "locales/fr@vous.po", "tests/commands/house/test_tools.py"),
    *(f"tests/conversations/{name}.txt" for name in ("outils-maladresses", "mots-qui-guident")),
}


def listed() -> set[str]:
    """The files that a new command touches, as the table of CONTRIBUTING.md lists them."""
    (table,) = re.findall(r"(?s)## A new command .*?\n\n(\|.*?)\n\n", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    return {span for span in re.findall(r"`([^`]+)`", table) if re.search(r"\.\w+$", span)}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("bot", "commands", "docs", "integrations", "locales", "packaging", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=LEFT)
    for file in (*ROOT.glob("*.*"), ROOT / "Makefile", ROOT / ".ci", ROOT / "LICENSE"):
        if file.is_file():
            shutil.copy(file, tmp_path)
    for linked in (*LINKED, ".ci"):
        (tmp_path / linked).symlink_to(ROOT / linked)
    return tmp_path


def run(folder: Path, *words: str) -> str:
    """What a module says, of the sources in this folder."""
    env = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    words = (sys.executable, "-m", *words)
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and "cache" not in str(path)]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.full
def test_a_new_command_passes_at_once(copy: Path) -> None:
    before = contents(copy)
    told = run(copy, "tests.new_command", "tools", "outils", "house")
    after = contents(copy)
    touched = {name for name in after if after[name] != before.get(name)}
    assert touched == {line.strip() for line in told.splitlines() if line.startswith("  ")}
    assert touched | BY_HAND == {name.replace("hours", "tools").replace("horaires", "outils") for name in listed()}
    run(copy, "tests.words")
    run(copy, "ruff", "check", "--no-cache", ".")
    run(copy, "ruff", "format", "--no-cache", "--check", ".")
    run(copy, "mypy", "--cache-dir", str(copy / ".mypy_cache"), "commands/house")
    run(copy, "pytest", "-q", "-p", "no:cacheprovider", *TESTS)


def test_make_command_writes_it() -> None:
    assert 'tests.new_command "$(NAME)" "$(WORD)" "$(SECTION)"' in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize(
    "given", ["hours horaires house", "class cours house", "tools wi/fi house", "tools outils cellar"]
)
def test_it_overwrites_nothing_and_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setattr("sys.argv", ["new_command", *given.split()])
    with pytest.raises(SystemExit, match=r"is there already|no word of Python|is a word|is a folder"):
        main()
