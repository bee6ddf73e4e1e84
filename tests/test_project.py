"""The rules of the house, kept by a test: who imports whom, what a script may not do, what is documented."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("bot", "commands", "integrations")
CLOCKS = {"time", "random", "asyncio", "secrets", "threading", "uuid"}
MOMENT = re.compile(r"\b(datetime|date)\.(now|today|utcnow)$")
WAITERS = {"next", "until", "timeout", "hears", "converses"}  # they raise when what they wait for does not come


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_who_imports_whom() -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_no_name_of_a_package_hides_one_of_its_modules() -> None:
    """Importing the module would put it in the name's place, for whoever imports the package afterwards."""
    hidden = []
    for package in (path for path in sources(*OURS) if path.name == "__init__.py"):
        modules = {path.stem for path in package.parent.iterdir()} - {"__init__"}
        defined = {one.name for one in parsed(package).body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
        hidden += [f"{named(package)}: {name}" for name in defined & modules]
    assert hidden == []


def test_every_module_says_what_it_is_for() -> None:
    filled = [path for path in sources(*OURS) if path.read_text().strip()]
    assert [named(path) for path in filled if not ast.get_docstring(parsed(path))] == []


def test_no_file_is_called_after_nothing() -> None:
    vague = re.compile(r"^_?(utils?|helpers?|common|base|managers?|misc)\.py$")
    assert [named(path) for path in sources(*OURS, "tests") if vague.match(path.name)] == []


def test_no_file_name_stands_for_two_things() -> None:
    """The rows of a subject bear its name in `bot/store`, services have the same parts; the page has the rest."""
    told = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("### File names that stand for two things")[2]
    allowed = set(re.findall(r"(?m)^\| `(\w+\.py)` \|", told))
    places: dict[str, set[str]] = {}
    for path in (path for path in sources(*OURS) if path.name != "__init__.py"):
        top, *below = path.relative_to(ROOT).parent.parts
        kind = "integrations" if top == "integrations" and below else named(path.parent)
        if kind != "bot/store":
            places.setdefault(path.name, set()).add(kind)
    twice = {name for name, kinds in places.items() if len(kinds) > 1}
    assert twice == allowed, twice ^ allowed


def test_no_class_is_cut_into_slices_by_inheritance() -> None:
    """Read, not imported: a TypedDict forgets what it is made of. A base is of the same file, or any of its name."""
    classes: dict[tuple[Path, str], set[str]] = {}
    for path in sources(*OURS):
        for node in (one for one in ast.walk(parsed(path)) if isinstance(one, ast.ClassDef)):
            classes[path, node.name] = {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases}

    def ancestors(path: Path, name: str) -> set[tuple[Path, str]]:
        found = set()
        for base in classes[path, name]:
            own = {(path, base)} & classes.keys() - {(path, name)}
            found |= own or {one for one in classes if one[1] == base and one != (path, name)}
        return found.union(*(ancestors(*one) for one in found))

    assert [name for path, name in classes if len({name for _, name in ancestors(path, name)}) > 2] == []


def forbidden(tree: ast.AST) -> Iterator[str]:
    """What would break in a script that is replayed from its first line and unwound at each question."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Try | ast.TryStar) and node.finalbody:
            yield f"finally, line {node.lineno}"
        elif isinstance(node, ast.With | ast.AsyncWith):
            yield f"with, line {node.lineno}"
        elif isinstance(node, ast.ExceptHandler) and (node.type is None or "BaseException" in ast.unparse(node.type)):
            yield f"except of everything, line {node.lineno}"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (f"import {name}" for name in names if name.partition(".")[0] in CLOCKS)
        elif isinstance(node, ast.Call) and MOMENT.search(ast.unparse(node.func)):
            yield f"{ast.unparse(node.func)}, line {node.lineno}"


def test_scripts_may_be_replayed() -> None:
    found = {named(path): list(forbidden(parsed(path))) for path in sources("commands")}
    assert {path: why for path, why in found.items() if why} == {}


@pytest.mark.parametrize(
    "script",
    [
        "try:\n    x()\nfinally:\n    y()",
        "with x():\n    y()",
        "async def f():\n    async with x():\n        y()",
        "try:\n    x()\nexcept:\n    y()",
        "try:\n    x()\nexcept (ValueError, BaseException):\n    y()",
        "import asyncio",
        "from time import monotonic",
        "import random as luck",
        "datetime.now(UTC)",
        "datetime.date.today()",
    ],
)
def test_what_may_not_be_replayed_is_seen(script: str) -> None:
    assert len(list(forbidden(ast.parse(script)))) == 1


def asserts(test: ast.AST, module: ast.Module, seen: frozenset[str] = frozenset()) -> bool:
    """An assertion, `pytest.raises`, or a call of something that asserts: a checker, or a function of the same file."""
    neighbours = {one.name: one for one in functions(module) if one.name not in seen}
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in WAITERS or name.startswith(("raises", "check", "expect")):
                return True
            if name in neighbours and asserts(neighbours[name], module, seen | {name}):
                return True
    return False


def is_fuzzed(test: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A hypothesis test may be there to show that nothing escapes."""
    return any(ast.unparse(one).startswith("given(") for one in test.decorator_list)


@pytest.mark.full
def test_no_test_is_without_an_assertion() -> None:
    without = []
    for path in sources("tests"):
        module = parsed(path)
        tests = [one for one in functions(module) if one.name.startswith("test_") and not is_fuzzed(one)]
        without += [f"{named(path)}: {one.name}" for one in tests if not asserts(one, module)]
    assert without == []


def test_no_fake_is_a_mock() -> None:
    mock = re.compile(r"^\s*(from unittest|import unittest|from unittest\.mock|from pytest_mock)", re.MULTILINE)
    assert [named(path) for path in sources("tests") if mock.search(path.read_text())] == []


def test_every_make_target_is_documented() -> None:
    targets = set(re.search(r"\.PHONY: (.*)", (ROOT / "Makefile").read_text())[1].split())
    assert {"demo", "test", "check", "bench", "soak", "words"} <= targets
    documents = "".join(
        (ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md") if (ROOT / name).exists()
    )
    assert {target for target in targets if f"make {target}" not in documents} == set()


def test_every_kind_of_attack_is_told() -> None:
    folder = ROOT / "tests" / "attacks"
    told = (folder / "README.md").read_text()
    assert [path.stem for path in folder.glob("test_*.py") if path.stem.split("_binds")[0] not in told] == []


def test_every_fault_is_played_where_the_table_says() -> None:
    told = re.findall(r"`((?:\w+/)*test_\w+)`", (ROOT / "tests" / "FAULTS.md").read_text("utf-8"))
    assert len(told) > 20
    assert [name for name in told if not (ROOT / "tests" / f"{name}.py").is_file()] == []


def test_every_version_is_pinned_and_no_index_is_named() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==(\d+!)?[A-Za-z0-9._+]+", line)] == []
    pinned = {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines}
    wanted = re.findall(r'^\s*(?:\w+ = \[)?"([A-Za-z0-9_-]+)', project_dependencies(), re.MULTILINE)
    assert {name for name in wanted if re.sub(r"[-_.]+", "-", name).lower() not in pinned} == set()


def project_dependencies() -> str:
    text = (ROOT / "pyproject.toml").read_text()
    return text[text.index("dependencies = [") : text.index("[project.scripts]")]
