"""The bot's modules, loaded for months: without what no part of it uses, and out of the garbage collector's way.

Elsewhere (the other commands, the tests) they are loaded as anything is, with the same result.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec


def load() -> None:
    """Everything that a start needs; afterwards, `import` is what it was."""
    gc.disable()  # what is loaded stays: it would be looked through again and again
    try:
        with _absent("rich", "click", "twisted", "cffi"), _bare("nio"):
            import bot.app  # noqa: F401 - for what it loads
        gc.freeze()
    finally:
        gc.enable()


@contextmanager
def _absent(*names: str) -> Iterator[None]:
    """What others load only because it is installed: structlog its colours and its link to Twisted, httpx its command
    line, the ciphers a second way to their C code. Some 8 MiB."""
    for name in names:
        sys.modules[name] = None  # type: ignore[assignment]  # `import` takes it for a module that is not there
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)


@contextmanager
def _bare(name: str) -> Iterator[None]:
    """A package without its `__init__`: nio's loads a whole client, of which the encryption needs nothing. Whoever
    imports the package itself later has all of it."""
    if spec := find_spec(name):
        sys.modules[name] = module_from_spec(spec)  # not executed
    try:
        yield
    finally:
        sys.modules.pop(name, None)
