"""The life of the process: from the settings to an exit code that tells a supervisor what to do."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import structlog

from bot import __version__
from bot.errors import BadSettings, CredentialsRefused, Fatal
from bot.settings import Settings
from bot.store.data_trouble import trouble, unusable
from bot.store.starts import Starts
from bot.supervision import log
from bot.supervision.watchdog import Watchdog

Run = Callable[[Settings], Awaitable[None]]  # until it is cancelled

BUG = 70
ENV_FILE = Path("bot.env")


def run_here(env_file: Path | None = None, *, new: bool = False, safe: bool | None = None) -> int:
    """Run the bot of these settings in the foreground, until SIGTERM; returns the exit code. In `safe` mode or not;
    None: where the last starts died."""
    with sentences():
        settings = Settings.load(os.environ, chosen(env_file))
    return run_until_told(settings, new=new, safe=safe)


def run_until_told(
    settings: Settings,
    run: Run | None = None,
    watchdog: Watchdog | None = None,
    *,
    new: bool = False,
    safe: bool | None = None,
) -> int:
    """Run the bot until SIGTERM or SIGINT; returns the exit code, and logs why in one line.

    Where it stands still, or does not come to its end, the process ends at once, with a code of its own.
    """
    log.configure()
    told, watchdog = structlog.get_logger("bot"), watchdog or Watchdog()
    told.info("starts", version=__version__)
    starts = Starts(settings.data_dir, __version__)
    run = run or _application(new, safe, starts)  # loads for a second; whoever ends the process then ends no start
    watchdog.hold()
    starts.begin(anew=safe is False)
    if starts.just_died:
        told.warning("the last start died", in_a_row=starts.deaths)
    try:
        asyncio.run(_run(settings, run, watchdog, starts))
    except Exception as error:
        fatal = _fatal(error, settings.data_dir)
        if not fatal:
            told.exception("stopped", why="a bug: please report this line", code=BUG)
            return BUG
        starts.ends()
        told.error("stopped", why=sentence(fatal), code=fatal.exit_code)
        return fatal.exit_code
    finally:
        watchdog.over()
    starts.ends()
    told.info("stopped", why="asked to", code=0)
    return 0


def _fatal(error: BaseException, folder: Path) -> Fatal | None:
    """The reason to stop, also where it comes out of a group of tasks; what the disk refuses is no bug."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for inner in error.exceptions if (found := _fatal(inner, folder))), None)
    if isinstance(error, Fatal):
        return error
    return unusable(folder, error) if trouble(error) else None


def _application(new: bool, safe: bool | None, starts: Starts) -> Run:
    from bot.app import run

    return partial(run, new=new, safe=safe, starts=starts)


async def _run(settings: Settings, run: Run, watchdog: Watchdog, starts: Starts) -> None:
    """The first signal cancels the bot, which closes what it opened; the next ones do not disturb that."""
    told = asyncio.Event()
    with watchdog.watching(told.set, starts.ends):
        bot = asyncio.ensure_future(run(settings))
        waiting = asyncio.create_task(told.wait())
        await asyncio.wait({bot, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        bot.cancel()
        await asyncio.wait({bot})
    if not bot.cancelled():
        bot.result()


def sentence(fatal: Fatal) -> str:
    """What the operator is told when the process cannot go on."""
    if isinstance(fatal, CredentialsRefused):
        return f"{fatal.service} refuses the bot's password or token: give it a valid one, then start again"
    return str(fatal)


def chosen(env_file: Path | None) -> Path | None:
    """The file that was named, else `bot.env` where there is one."""
    return env_file or (ENV_FILE if ENV_FILE.exists() else None)


@contextmanager
def sentences() -> Iterator[None]:
    """What stops a command is said in a sentence, and by the exit code."""
    try:
        yield
    except BadSettings as wrong:
        for problem in wrong.problems:
            print(f"✗ {problem}", file=sys.stderr)
        sys.exit(wrong.exit_code)
    except Fatal as fatal:
        print(f"✗ {sentence(fatal)}", file=sys.stderr)
        sys.exit(fatal.exit_code)
    except OSError as error:
        print(f"✗ {error.filename or 'a file'} cannot be read or written ({error.strerror})", file=sys.stderr)
        sys.exit(os.EX_IOERR)
