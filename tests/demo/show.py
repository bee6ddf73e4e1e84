"""What the demo shows in a terminal: what is starting, the conversation as it happens, and what exists at the end."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from tests.demo.play import Play
from tests.demo.read_back import Row, read_back
from tests.servers.lieu import EmbeddedLieu

COLOURS = {"Conciergerie": "cyan", "Anne": "magenta", "Zoé": "green", "La Rosée": "yellow"}
ACTS = (
    ("Anne prépare son espace", "prepare"),
    ("Anne installe la Conciergerie", "install"),
    ("Anne invite Zoé", "invite"),
    ("Zoé choisit son mot de passe et se connecte", "arrive"),
    ("Zoé répond", "answer"),
    ("Anne dit oui, les portes s’ouvrent", "approve"),
)


def main() -> int:
    """Play the demo; the exit code."""
    return asyncio.run(Demo(Console()).run())


class Demo:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._folder = Path(tempfile.mkdtemp(prefix="conciergerie-demo-"))
        self._lieu = EmbeddedLieu(self._folder)
        self._play = Play(self._lieu, self._line)
        self._doing = ""
        self._begun = time.monotonic()
        self._room = ""

    async def run(self) -> int:
        """0 where the whole welcome was played and read back, else 1 with one sentence."""
        try:
            await self._start()
            for title, act in ACTS:
                self._console.rule(f"[bold]{title}")
                self._doing = title
                await self._play.act(title, getattr(self._play, act))
            self._doing = "la relecture sur les serveurs"
            rows = await read_back(self._lieu, self._play)
            self._console.print(self._existing(rows), self._times())
            if not all(row.is_there for row in rows):
                raise LookupError("a server does not show what it should")
            await self._stay()
        except Exception as problem:
            self._console.print(f"[red]✗ {self._doing}: {type(problem).__name__}: {str(problem)[:300]}")
            self._console.print(f"[red]  Logs: {self._folder}/*/*.log")
            return 1
        finally:
            await self._play.end()
            await self._lieu.stop()
        return 0

    async def _start(self) -> None:
        for self._doing, start in (
            ("Synapse, Canaille, mail and Nextcloud", self._lieu.start),
            ("the bot", lambda: self._lieu.bot.start()),
        ):
            with self._console.status(f"[bold]Starting {self._doing}…"):
                await start()
        self._play.seconds["servers and bot"] = time.monotonic() - self._begun
        self._console.print(f"Synapse, Canaille, Nextcloud (stand-in) and the bot run, logs in {self._folder}")

    def _line(self, room: str, who: str, what: str) -> None:
        if room != self._room:
            self._console.print(f"\n[dim]── {room}[/]")
            self._room = room
        self._console.print(f"[bold {COLOURS.get(who, 'white')}]{who}[/]", end="  ")
        self._console.print(what, markup=False, highlight=False)

    def _existing(self, rows: list[Row]) -> Table:
        table = Table("what", "where", "read back", title="What exists now")
        for row in rows:
            table.add_row(row.what, row.where, f"{'✓' if row.is_there else '✗'} {row.seen}")
        return table

    def _times(self) -> Table:
        table = Table("step", "seconds", title="How long it took")
        for name, seconds in self._play.seconds.items():
            table.add_row(name, f"{seconds:.1f}")
        return table

    async def _stay(self) -> None:
        """In a terminal, leave everything running to be tried by hand."""
        if os.environ.get("CI") or not sys.stdin.isatty() or not sys.stdout.isatty():
            return
        synapse = self._lieu.synapse
        self._console.print(
            Panel(
                f"Homeserver: {synapse.base_url}\nConcierge: anne / password-of-anne\n"
                f"Newcomer: zoe.martin / {self._play.password} (through the SSO, {self._lieu.house.sso.url})\n"
                "Enter stops everything.",
                title="Try it with any Matrix client",
            )
        )
        await asyncio.to_thread(sys.stdin.readline)
