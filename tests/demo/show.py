"""What the demo shows in a terminal: what is starting, the conversation as it happens, and what exists at the end."""

from __future__ import annotations

import os
import sys
import textwrap

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tests.demo.read_back import Row

WHO = 12  # columns for the name of who speaks
COLOURS = {"Conciergerie": "cyan", "Anne": "magenta", "Zoé": "green", "La Rosée": "yellow", "Inès": "blue"}


class Show:
    """One narrative, top to bottom. `line` is what actors call."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._room = ""

    def line(self, room: str, who: str, what: str) -> None:
        """Somebody says something somewhere."""
        if room != self._room:
            self._console.print(Text(f"\n── {room}", style="dim"))
            self._room = room
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(width=WHO)
        row.add_column(no_wrap=True)
        row.add_row(Text(who, style=f"bold {COLOURS.get(who, 'white')}"), Text(self._wrapped(what)))
        self._console.print(row)

    def _wrapped(self, what: str) -> str:
        """Broken at ordinary spaces alone: French keeps « and its word together."""
        width = max(20, self._console.width - WHO - 4)  # emoji are wide
        return "\n".join("\n".join(textwrap.wrap(line, width)) for line in what.splitlines())

    def act(self, name: str) -> None:
        self._console.print()
        self._console.rule(Text(name, style="bold"), align="left")
        self._room = ""

    def starting(self, part: str) -> None:
        self._console.print(f"Starting {part}…")

    def say(self, sentence: str) -> None:
        self._console.print(Text(sentence))

    def failed(self, sentence: str) -> None:
        """Where nothing scrolls away, also when the rest goes into a pipe."""
        Console(stderr=True).print(Text(f"✗ {sentence}", style="red"), soft_wrap=True)

    def existing(self, rows: list[Row]) -> None:
        table = Table("what", "where", "read back", title="What exists now")
        for row in rows:
            table.add_row(row.what, row.where, Text(f"{'✓' if row.is_there else '✗'} {row.seen}"))
        self._console.print("", table)

    def times(self, seconds: dict[str, float]) -> None:
        table = Table("step", "seconds", title="How long it took")
        for name, each in seconds.items():
            table.add_row(name, f"{each:.1f}")
        self._console.print(table)

    def details(self, details: dict[str, str]) -> None:
        """How to go on by hand."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        for name, value in details.items():
            grid.add_row(name, Text(value))
        self._console.print(Panel(grid, title="Try it with any Matrix client; Enter stops everything"))


def somebody_watches() -> bool:
    """Whether a person sits at this terminal, and may want to try it by hand."""
    return not os.environ.get("CI") and sys.stdin.isatty() and sys.stdout.isatty()
