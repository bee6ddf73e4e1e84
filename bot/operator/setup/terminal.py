"""Questions to a person at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Protocol

import typer
from rich.console import Console


class Asking(Protocol):
    """Who answers; a test may take the place of the person."""

    def is_there(self) -> bool: ...
    def title(self, words: str) -> None: ...
    def say(self, words: str) -> None: ...
    def text(self, words: str, default: str) -> str: ...
    def secret(self, words: str, default: str) -> str: ...
    def choose(self, words: str, options: Sequence[str], default: str) -> str: ...
    def confirm(self, words: str, default: bool) -> bool: ...


class Terminal:
    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def is_there(self) -> bool:
        return sys.stdin.isatty()

    def title(self, words: str) -> None:
        self._console.print(f"\n[bold]{words}[/bold]")

    def say(self, words: str) -> None:
        self._console.print(words, style="red" if words.startswith("✗") else "", markup=False)

    def text(self, words: str, default: str) -> str:
        return str(typer.prompt(words, default=default, show_default=bool(default))).strip()

    def secret(self, words: str, default: str) -> str:
        """Not shown while it is typed; Enter keeps the earlier one."""
        hint = " [keep the one that is set]" if default else ""
        return str(typer.prompt(words + hint, default=default, show_default=False, hide_input=True)).strip()

    def choose(self, words: str, options: Sequence[str], default: str) -> str:
        """Asked again until it is one of them."""
        while (said := self.text(f"{words} ({', '.join(options)})", default)) not in options:
            self.say(f"✗ one of {', '.join(options)}")
        return said

    def confirm(self, words: str, default: bool) -> bool:
        return typer.confirm(words, default=default)
