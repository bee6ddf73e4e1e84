"""Every pattern of the tree, and the ways in which it is used: found, not listed."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

import bot
import commands
import integrations

METHODS = ("match", "fullmatch", "search", "findall", "finditer", "sub", "subn", "split")
ROOT = Path(bot.__file__).parents[1]


@dataclass(frozen=True)
class Use:
    """A pattern, where it is written, and the methods that are called of it (all, where that is not seen)."""

    where: str
    pattern: str
    flags: int
    methods: tuple[str, ...]


@cache
def every_pattern() -> list[Use]:
    """Those that modules hold under a name, those that are written where they are used, and those of the wire."""
    found: dict[re.Pattern[str], tuple[str, set[str]]] = {}
    for module, name, pattern in _held():
        _, methods = found.setdefault(pattern, (f"{module.__name__}.{name}", set()))
        methods |= _called(str(module.__file__)).get(name, set())
    held = [Use(where, one.pattern, one.flags, tuple(sorted(how)) or METHODS) for one, (where, how) in found.items()]
    return [*held, *_inline(), *_wire()]


def sources() -> Iterator[tuple[Path, str]]:
    """Every file of ours, and what is written there."""
    for package in (bot, commands, integrations):
        for file in sorted(Path(package.__path__[0]).rglob("*.py")):
            yield file.relative_to(ROOT), file.read_text()


def _with_patterns() -> Iterator[tuple[Path, ast.AST]]:
    """The files that speak of `re`: the others need not be parsed."""
    return ((file, ast.parse(code)) for file, code in sources() if re.search(r"\bre\b", code))


def _held() -> Iterator[tuple[ModuleType, str, re.Pattern[str]]]:
    for package in (bot, commands, integrations):
        for found in walk_packages(package.__path__, package.__name__ + "."):
            if found.name.endswith("__main__"):
                continue
            module = import_module(found.name)
            for name, value in vars(module).items():
                several = value if isinstance(value, tuple | list | set | frozenset) else [value]
                several = value.values() if isinstance(value, dict) else several
                for each in several:
                    if isinstance(each, re.Pattern) and isinstance(each.pattern, str):
                        yield module, name, each


@cache
def _called(file: str) -> dict[str, set[str]]:
    """By name: `NAME.search(…)`."""
    called: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(Path(file).read_text())):
        if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
            called.setdefault(node.value.id, set()).add(node.attr)
    return called


def _wire() -> Iterator[Use]:
    """What the schemas of envelopes expect: `jsonschema` searches for it."""
    for file in sorted((Path(bot.__file__).parent / "network" / "schemas").glob("*.json")):
        for pattern in sorted({*_patterns(json.loads(file.read_text()))}):
            yield Use(f"bot/network/schemas/{file.name}", pattern, 0, ("search",))


def _patterns(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for inner in schema.values():
            yield from _patterns(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _patterns(inner)


def _inline() -> Iterator[Use]:
    """`re.sub("literal", …)`; those whose pattern is made while the bot runs are `made`."""
    for file, tree in _with_patterns():
        for node in ast.walk(tree):
            if method := _of_re(node, METHODS):
                assert isinstance(node, ast.Call)
                if isinstance(node.args[0], ast.Constant):
                    flags = [each for arg in node.args[1:] + [k.value for k in node.keywords] for each in _flags(arg)]
                    yield Use(f"{file}:{node.lineno}", str(node.args[0].value), sum(flags), (method,))


def made() -> list[str]:
    """Where a pattern is made of something that is not written in the code."""
    found = []
    for file, tree in _with_patterns():
        inside = {id(node) for each in ast.walk(tree) if _is_function(each) for node in ast.walk(each)}
        for node in ast.walk(tree):
            method = _of_re(node, (*METHODS, "compile"))
            literal = isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
            if method and id(node) in inside and not literal:
                found.append(str(file))
    return sorted(found)


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _of_re(node: ast.AST, names: tuple[str, ...]) -> str:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return ""
    owner, name = node.func.value, node.func.attr
    return name if isinstance(owner, ast.Name) and owner.id == "re" and name in names else ""


def _flags(node: ast.AST) -> Iterator[int]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "re":
        yield int(getattr(re, node.attr))
