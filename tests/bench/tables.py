"""What is shown at the end: the table of the bots that are compared, and what was measured of ours alone."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.bench.figures import OURS, Figure, Row, again

WIDE = 150
VERDICTS = {True: "[green]✓[/]", False: "[red]✗[/]", None: ""}
READING = (
    "A ratio is to the trivial bot (or to what the row says) of the same round: the median of the rounds, and between "
    "brackets the least and the most. Noise is what it is measured by, to itself: what differs less than that, "
    "does not differ."
)


def show(rows: Sequence[Row], figures: Sequence[Figure], names: Sequence[str]) -> None:
    """`names`: the bots, in the order of their columns."""
    narrow = Console()
    console = narrow if narrow.is_terminal else Console(width=WIDE)
    if rows:
        seen = {again(row.base) for row in rows} | {OURS}  # what is measured again is in the column of the noise
        console.print(_compared(rows, [name for name in names if name not in seen]))
    if figures:
        console.print(_alone(figures))


def _compared(rows: Sequence[Row], others: Sequence[str]) -> Table:
    table = Table(title="conciergerie beside other bots, in one run", caption=READING, show_lines=True)
    table.add_column("", ratio=2)
    for column in ("wanted", OURS, "", *others, "noise"):
        table.add_column(column, overflow="fold")
    for row in rows:
        beside = f"\n[dim]{row.base}: {row.show(row.value(row.base))}[/]" if row.base and row.base not in others else ""
        cells = (row.cell(name) for name in others)
        noise = str(row.noise or "")
        table.add_row(row.name + beside, row.wish, row.cell(OURS), VERDICTS[row.met], *cells, noise)
    return table


def _alone(figures: Sequence[Figure]) -> Table:
    table = Table(title="conciergerie beside itself")
    for column in ("figure", "ours", "beside", "ratio", "wanted", ""):
        table.add_column(column, overflow="fold")
    for each in figures:
        table.add_row(each.name, each.ours, each.other, each.ratio, each.wanted, VERDICTS[each.met])
    return table
