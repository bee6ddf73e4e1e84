"""Which steps the scripts of this version can name, read in their source: each is a text that is written there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from bot.talk.script import Script

WITHIN = ("commands.", "bot.talk", "bot.services", "bot.network", "bot.store.open_questions")  # where steps are named


class StepNames:
    """`scripts` by their names. What a script's module and those that it imports do not have as a text, or as a text
    with holes, is no step of it. The other way round, a text may be something else than a step: one that is gone is
    not noticed where the same word means something else in that code."""

    def __init__(self, scripts: Iterable[Script]) -> None:
        self._modules = {script.name: script.function.__module__ for script in scripts}

    def knows(self, dialogue: str, key: str | None = None) -> bool:
        """`key`: as the replay log has it, with its item and its number; without, whether there is such a script."""
        if dialogue not in self._modules or key is None:
            return dialogue in self._modules
        step = re.split(r"[\[#]", key)[0]
        modules = _reached(self._modules[dialogue])
        return any(step in _texts(one)[0] or any(p.fullmatch(step) for p in _texts(one)[1]) for one in modules)


@cache
def _reached(module: str) -> frozenset[str]:
    """This module, and all that it imports of ours, however far."""
    found, ahead = set[str](), [module, "bot.talk.talk"]
    while ahead:
        if (name := ahead.pop()) not in found and name.startswith(WITHIN):
            found.add(name)
            ahead += _imported(name)
    return frozenset(found)


def _imported(module: str) -> Iterator[str]:
    tree, package = _parsed(module), module if _is_package(module) else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            source = ".".join(part for part in (above, node.module) if part)
            yield source
            yield from (inner for alias in node.names if _file(inner := f"{source}.{alias.name}"))


@cache
def _file(module: str) -> Path | None:
    try:
        spec = find_spec(module) if module.startswith(WITHIN) else None
    except ModuleNotFoundError:  # a name of something inside a module
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _is_package(module: str) -> bool:
    file = _file(module)
    return file is not None and file.name == "__init__.py"


@cache
def _parsed(module: str) -> ast.Module:
    file = _file(module)
    return ast.parse(file.read_bytes() if file else b"")


@cache
def _texts(module: str) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    everything = [*ast.walk(_parsed(module))]
    keys = {id(key) for node in everything for key in _looked_up(node)}
    nodes = [node for node in everything if id(node) not in keys]
    plain = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    holed = [_pattern(node) for node in nodes if isinstance(node, ast.JoinedStr)]
    return frozenset(plain), tuple(pattern for pattern in holed if pattern)


def _looked_up(node: ast.AST) -> Iterator[ast.AST | None]:
    """Texts that are no steps, however often a step is called so: what rows are read by, and what is compared."""
    if isinstance(node, ast.Subscript):
        yield node.slice
    elif isinstance(node, ast.Dict):
        yield from node.keys
    elif isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop"):
        yield from node.args


def _pattern(text: ast.JoinedStr) -> re.Pattern[str] | None:
    """None where hardly anything but holes is in it: it would be like any step."""
    parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in text.values]
    return re.compile("".join(parts)) if any(re.search(r"\w{3}", part) for part in parts) else None
