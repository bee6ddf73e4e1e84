"""`python -m tests.bench`: what is wanted of the bot, beside others, in one run. `--few` only shows that it works."""

from __future__ import annotations

import argparse
import asyncio
import signal
import tempfile
import time
import traceback
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tests.bench import beside, tables
from tests.bench.figures import Figure, Row
from tests.bench.machine import Machine, file_system
from tests.bench.place import Place
from tests.bench.rivals import LineUp
from tests.bench.sections import FEW, SECTIONS, USUAL, Measured, Run, Section, Sizes, forecast


@dataclass(slots=True)
class Found:
    """What a run measured, and the sections that failed."""

    rows: list[Row] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def add(self, measured: Measured) -> None:
        for each in measured:
            if isinstance(each, Row):
                self.rows.append(each)
            else:
                self.figures.append(each)


async def bench(folder: Path, line_up: LineUp, sizes: Sizes, chosen: list[Section], found: Found) -> None:
    run = Run(folder, line_up, sizes)
    async with AsyncExitStack() as stack:
        if any(each.on_place for each in chosen):
            start = time.monotonic()
            run.place = await stack.enter_async_context(Place(folder, line_up, sizes.rooms))
            _took("a homeserver, rooms and people", start)
        for section in chosen:
            start = time.monotonic()
            try:
                found.add(await section.measure(run))
            except Exception:  # the others have taken minutes, and are shown all the same
                say(f"[bold red]{section.name} FAILED[/]\n{escape(traceback.format_exc())}")
                found.failed.append(section.name)
            _took(section.name, start)


def _took(what: str, start: float) -> None:
    say(f"[dim]{what}: {time.monotonic() - start:.0f} s[/]")


def say(line: str) -> None:
    """How it goes; the tables alone go to the standard output."""
    Console(stderr=True, highlight=False).print(line, soft_wrap=True)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = ", ".join(SECTIONS)
    options.add_argument("--only", help=f"these sections, with commas between them: {names}")
    options.add_argument("--all", action="store_true", help=f"all of them; by default {', '.join(USUAL)}")
    options.add_argument(
        "--few", action="store_true", help="as little as shows that it works: the figures mean nothing"
    )
    options.add_argument("--rounds", type=int, help="how often everything is measured, in another order each time")
    options.add_argument("--beside", metavar="REV", help="an older commit of the bot, measured in the same rounds")
    return options.parse_args()


def choose(only: str | None, everything: bool) -> list[Section]:
    """In their own order. Raises SystemExit for a name that is none."""
    names = only.split(",") if only else list(SECTIONS) if everything else USUAL
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        raise SystemExit(f"no such section: {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    return [each for name, each in SECTIONS.items() if name in names]


def _peer(folder: Path) -> Path | None:
    say("the compiled peer is built, which takes a minute or two the first time")
    peer = beside.peer(folder)
    if isinstance(peer, Path):
        return peer
    say(f"[bold red]THE COMPILED PEER IS LEFT OUT:[/] {escape(peer)}")
    return None


def _folder() -> str:
    """Where temporary files go, unless they only stay in memory there: what is written to a disk is measured."""
    usual = tempfile.gettempdir()
    return "/var/tmp" if file_system(Path(usual)) in ("tmpfs", "ramfs") else usual


def main() -> None:
    told, machine = _options(), Machine.look()
    sizes = (FEW if told.few else Sizes()).with_rounds(told.rounds)
    chosen = choose(told.only, told.all)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was made for the run is taken away then too
    with (
        tempfile.TemporaryDirectory(prefix="conciergerie-bench-", dir=_folder()) as name,
        ExitStack() as stack,
    ):
        folder = Path(name)
        say(f"{machine}\ndata in {folder} ({file_system(folder)})")
        old = stack.enter_context(beside.version(told.beside, folder)) if told.beside else None
        most = len(LineUp(old, folder).names)
        names = ", ".join(each.name for each in chosen)
        say(f"about {forecast(chosen, sizes, most) / 60:.0f} minutes on two calm cores, {sizes.rounds} rounds: {names}")
        line_up = LineUp(old, _peer(folder) if any(each.on_place for each in chosen) else None)
        found = Found()
        try:
            asyncio.run(bench(folder, line_up, sizes, chosen, found))
        except KeyboardInterrupt:  # what was measured so far took minutes too
            found.failed.append("what was interrupted")
        tables.show(found.rows, found.figures, line_up.names)
        print(f"{machine}; {Machine.look().load:.2f} at the end")
    if found.failed:
        raise SystemExit(f"failed: {', '.join(found.failed)}")


if __name__ == "__main__":
    main()
