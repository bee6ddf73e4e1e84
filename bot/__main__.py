"""`conciergerie`: the bot itself, which a machine runs for months, or another of the operator's commands."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path


def main() -> None:
    os.umask(0o077)  # whatever is written here holds keys
    match sys.argv[1:]:
        case ["run"]:
            _run()
        case ["run", "--env-file", file]:
            _run(Path(file))
        case _:
            # Not for the bot: typer, and what it brings, would be in its memory for as long as it lives.
            from bot.operator.cli import cli

            _end_in_order()
            cli()


def _end_in_order() -> None:
    """Also where its terminal is closed: what lies open on the way (a copy in clear) is gone then."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda number, _: sys.exit(128 + number))


def _run(env_file: Path | None = None) -> None:
    from bot.operator.loading import load

    load()
    from bot.operator.process import run_here

    sys.exit(run_here(env_file))


if __name__ == "__main__":
    main()
