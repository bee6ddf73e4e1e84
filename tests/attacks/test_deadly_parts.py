"""Whatever the bot does by itself and dies of three times is put aside alone: each part, as it is found in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.operator.aside_list import listed
from tests.attacks.lives import OF_THE_BOT, PART
from tests.attacks.patterns import ROOT
from tests.attacks.test_deadly_event import lives, statuses

pytestmark = pytest.mark.sampled(4)

# What goes on for as long as the bot lives and is no part: without it the bot is none, in safe mode either, or what it
# does is marked within, each thing by itself. A new loop is handed `tried`, or has its reason here.
NO_PARTS = {
    "bot/matrix/sync.py run": "hears; what it decrypts is marked (`Parts.careful`)",
    "bot/matrix/outbox.py _run": "sends",
    "bot/matrix/outbox.py _note_in_time": "writes down what was sent",
    "bot/matrix/outbox.py _deliver": "sends, in one room",
    "bot/matrix/outbox.py until": "waits for what is being sent",
    "bot/talk/inbox_worker.py run": "events are marked, each by itself",
    "bot/talk/inbox_worker.py _settle": "an event is marked",
    "bot/talk/engine.py idle": "for tests",
    "bot/talk/inbox_worker.py idle": "for tests",
    "bot/talk/engine.py run": "conversations are marked, each by itself",
    "bot/supervision/health.py beats": "a counter",
    "bot/supervision/watchdog.py _beats": "an alarm",
    "bot/bot.py _every_day": "made of parts",
    "bot/bot.py _every_hour": "made of parts",
    "bot/supervision/own_parts.py lasting": "around parts",
}
# What is begun by itself, and is no part.
BEGUN = {
    "bot/app.py": {"sync", "outbox", "bot", "health", "_last", "condition", "_look_again"},
    "bot/bot.py": {"lasting", "surviving"},
    "bot/supervision/own_parts.py": {"surviving", "first"},
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "bot").rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def names() -> list[str]:
    """Of every part: what `apart` is called with, and the keys of the tables of parts."""
    found = set()
    for path, tree in sources():
        if path not in ("bot/bot.py", "bot/app.py"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = [*node.args, *(node.args[1:] if _is_called(node.func, "partial") else [])]
                if _is_called(node.func, "apart") or any(_is_called(one, "apart") for one in node.args):
                    found |= {one.value for one in called if isinstance(one, ast.Constant)}
            if isinstance(node, ast.Dict) and any(_is_called(value, "run") for value in node.values):
                found |= {key.value for key in node.keys if isinstance(key, ast.Constant)}
    return sorted(map(str, found))


def _is_called(node: ast.expr, name: str) -> bool:
    return (
        isinstance(node, ast.Attribute | ast.Name)
        and (node.attr if isinstance(node, ast.Attribute) else node.id) == name
    )


def loops() -> Iterator[tuple[str, bool]]:
    """Every function that goes on and on, and whether it is handed how each round is tried."""
    for path, tree in sources():
        if path.startswith("bot/operator/"):  # commands that somebody types
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.AsyncFunctionDef) and any(map(_goes_on, ast.walk(node))):
                yield f"{path} {node.name}", any(one.arg == "tried" for one in node.args.args)


def _goes_on(node: ast.AST) -> bool:
    """It waits for time to pass, or for something to happen, and begins again."""
    return isinstance(node, ast.While) and any(
        isinstance(inner, ast.Await)
        and isinstance(inner.value, ast.Call)
        and any(_is_called(inner.value.func, name) for name in ("sleep", "_sleep", "wait"))
        for inner in ast.walk(node)
    )


def test_what_goes_on_is_a_part_or_has_a_reason() -> None:
    assert {name for name, is_tried in loops() if not is_tried} == NO_PARTS.keys()


def test_what_is_begun_is_a_part_or_is_known() -> None:
    for path, known in BEGUN.items():
        tree = ast.parse((ROOT / path).read_text())
        begun = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_called(node.func, "create_task")]
        assert begun
        for call in begun:
            inside = {one.attr for one in ast.walk(call) if isinstance(one, ast.Attribute)}
            inside |= {one.id for one in ast.walk(call) if isinstance(one, ast.Name)}
            assert inside & (known | {"apart", "part"}), f"{path}:{call.lineno}"


def test_the_parts_are_found() -> None:
    assert {*names()} >= OF_THE_BOT
    assert {*names()} >= {"introducing", "broken things", "new device"}


@pytest.mark.parametrize("name", [*names(), "quota of lieu 1"])
async def test_a_part_that_kills_is_put_aside_alone(tmp_path: Path, name: str) -> None:
    deaths, lines = await lives(tmp_path, f"{PART}{name}")
    assert deaths == 3
    assert [line["part"] for line in lines if line["event"] == "part set aside"] == [name]
    assert {*(await statuses(tmp_path)).values()} == {"done"}
    assert await listed(tmp_path) == [f"1  part {name}: the bot died of it three times"]
