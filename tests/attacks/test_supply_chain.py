"""Who: somebody who can replace a file of one of fifty packages, or who has a say in what `pip` runs as root. What: the
bot's machine runs their code, with every key in reach. Why it must fail: what is installed is what was looked at."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
PRODUCTION = [*PROJECT["dependencies"], *EXTRAS["ldap"], *EXTRAS["backup"]]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)(?: ; ([^\\]+?))? \\$", re.MULTILINE)
NO_WHEEL = {"atomicwrites"}


def locked(file: str = "requirements.txt") -> dict[str, tuple[str, str, list[str]]]:
    """name → version, marker, hashes."""
    text = (ROOT / file).read_text()
    starts = list(PINNED.finditer(text))
    ends = [one.start() for one in starts[1:]] + [len(text)]
    hashes = [
        re.findall(r"--hash=sha256:([0-9a-f]{64})\b", text[one.end() : end])
        for one, end in zip(starts, ends, strict=True)
    ]
    return {canonicalize_name(one[1]): (one[2], one[3] or "", of) for one, of in zip(starts, hashes, strict=True)}


def needed(wanted: list[str]) -> set[str]:
    """Every package that these need here, and those that these need."""
    found: set[tuple[str, str]] = set()

    def follow(line: str, extra: str) -> Iterator[None]:
        one = Requirement(line)
        if one.marker and not one.marker.evaluate({**default_environment(), "extra": extra}):
            return
        name = canonicalize_name(one.name)
        for more in ("", *one.extras):
            if (name, more) not in found:
                found.add((name, more))
                for deeper in requires(name) or ():
                    yield from follow(deeper, more)

    for line in wanted:
        list(follow(line, ""))
    return {name for name, _ in found}


def test_all_that_production_needs_is_locked_and_nothing_else() -> None:
    """A package more is code more: neither the tests' nor the demonstration's is on the bot's machine."""
    here = {name for name, (_, marker, _) in locked().items() if _applies(marker)}
    assert here == needed(PRODUCTION)
    others = {canonicalize_name(Requirement(line).name) for kind in ("demo", "test") for line in _extra(kind)}
    assert not others & set(locked()) - needed(PRODUCTION)
    assert not {"pytest", "hypothesis", "matrix-synapse", "canaille", "ruff"} & set(locked())


def _extra(kind: str) -> list[str]:
    return list(PROJECT["optional-dependencies"][kind])


def _applies(marker: str) -> bool:
    return not marker or bool(Requirement(f"x ; {marker}").marker.evaluate())  # type: ignore[union-attr]


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-build.txt"])
def test_each_is_pinned_with_its_hashes(file: str) -> None:
    """Each line is a version, a hash or a remark: `--require-hashes` then holds for all of them."""
    lines = [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith("#")]
    pinned = [line for line in lines if not line.startswith("    --hash=sha256:")]
    assert len(pinned) == len(locked(file)) > 0
    assert all(hashes for _, _, hashes in locked(file).values())


def test_the_versions_are_those_that_the_tests_ran_with() -> None:
    text = (ROOT / "constraints.txt").read_text()
    known = {
        canonicalize_name(name): version for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)$", text, re.M)
    }
    assert {name: version for name, (version, _, _) in locked().items() if known.get(name) != version} == {}


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-build.txt", "constraints.txt"])
def test_no_file_says_where_to_fetch(file: str) -> None:
    """Whoever can name the index can name theirs."""
    text = (ROOT / file).read_text()
    assert not re.search(r"://|@ |--(?:index|extra-index|find-links|trusted|pre|no-binary)|^-", text, re.M)


def test_other_machines_have_their_hashes_too() -> None:
    """A Raspberry Pi gets other files of the same version, and must not be told to do without hashes."""
    for name, (_, marker, hashes) in locked().items():
        wheel = distribution(name).read_text("WHEEL") if _applies(marker) else None
        if wheel and "-none-any" not in wheel and name not in NO_WHEEL:
            assert len(hashes) >= 4, name


def test_root_installs_and_neither_fetches_nor_builds() -> None:
    readme = (ROOT / "README.md").read_text()
    ordinary, _, root = readme[readme.index("As an ordinary user") : readme.index(". As that user")].partition(
        "Then as root"
    )
    assert root
    commands = [line.strip() for line in root.splitlines() if "/pip " in line]
    assert commands
    assert all({"--no-index", "--no-deps", "--only-binary :all:"} <= _options(line) for line in commands)
    # Without it, pip leaves what has the same version as it is: what was mended would not be there.
    assert all("--force-reinstall" in _options(line) for line in commands)
    fetches = [line.strip() for line in ordinary.replace("\\\n", " ").splitlines() if "/pip " in line]
    assert len(fetches) == 3
    assert all("--require-hashes" in line or "--no-deps" in line for line in fetches)
    assert all("--only-binary :all:" in line or line.endswith(" .") for line in fetches)
    assert {*re.findall(r"--no-binary (\S+)", ordinary)} == NO_WHEEL


def test_the_tools_of_the_build_are_not_packed_with_the_bot() -> None:
    """In `build` setuptools puts what it packs: an environment of that name was part of the bot, and installed."""
    readme = (ROOT / "README.md").read_text()
    ordinary = readme[readme.index("As an ordinary user") : readme.index("Then as root")]
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    (place,) = re.findall(r"-m venv (\S+)", ordinary)
    assert place not in ("build", "dist", "wheels")
    assert not any(fnmatch(place, pattern) for pattern in packed)
    assert {*re.findall(r"(\S+)/bin/pip", ordinary)} == {place}
    assert f"{place}/" in (ROOT / ".gitignore").read_text().splitlines()


def _options(line: str) -> set[str]:
    return {option.strip() for option in re.findall(r"--[a-z-]+(?: :all:)?", line)}


def test_the_bot_is_built_by_what_is_locked() -> None:
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    (wanted,) = map(Requirement, backend)
    version, _, _ = locked("requirements-build.txt")[canonicalize_name(wanted.name)]
    assert wanted.specifier.contains(version)
