"""What was measured, and the table that shows it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

WIDE = 150


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. `ratio` is ours to the trivial bot's, or what `wanted` speaks of; `met` is None where nothing is."""

    name: str
    ours: str = ""
    trivial: str = ""
    ratio: str = ""
    wanted: str = ""
    met: bool | None = None


def median(seconds: Sequence[float]) -> float:
    return statistics.median(seconds)


def p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * 0.95))]


def latency(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1000:.0f} ms (p95 {p95(seconds) * 1000:.0f})"


def times(value: float) -> str:
    return f"{value:.2f} ×"


def show(figures: Sequence[Figure]) -> None:
    table = Table(title="conciergerie beside a trivial nio bot, in one run")
    for column in ("figure", "ours", "trivial", "ratio", "wanted", ""):
        table.add_column(column, overflow="fold")
    for each in figures:
        verdict = {True: "[green]✓[/]", False: "[red]✗[/]", None: ""}[each.met]
        table.add_row(each.name, each.ours, each.trivial, each.ratio, each.wanted, verdict)
    narrow = Console()
    (narrow if narrow.is_terminal else Console(width=WIDE)).print(table)
