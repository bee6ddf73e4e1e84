"""Structured lines on stderr, for a machine to read and a person to search; never what people wrote, nor a secret."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "…"
LONGEST = 300
FRAMES = 6

# A key that holds one of these words has a value nobody may read.
PRIVATE = re.compile(
    r"(?i)body|content|plaintext|password|passwd|secret|token|authorization|cookie|seed|pickle|e-?mail|^raw$|^headers$"
)
# What looks like a secret in the middle of a sentence: an e-mail address (not @person:server), a bearer, a token.
TRACES = re.compile(
    r"(?<![\w@.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?i:bearer|basic)\s+\S+"
    r"|\b(?:syt|syr|mct|mat)_\w+"
    r"|(?i:token|password|secret)(?:=|[\"']\s*:\s*)[\"']?[^\s&\"']+"
    r"|(?<=://)[^/@\s]+@"
)

# Libraries that say too much, some of them with the events that they could not read.
NOISY = {"nio": logging.CRITICAL, "aiohttp.access": logging.CRITICAL, "peewee": logging.ERROR, "httpx": logging.WARNING}


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log, ours and the libraries', to `stream` (stderr) as one JSON object a line."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        tell_errors,
        guard,
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(before))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name, loudness in NOISY.items():
        logging.getLogger(name).setLevel(loudness)
    logging.captureWarnings(True)


def _formatter(before: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *before],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=_unknown),
        ],
        pass_foreign_args=False,
    )


def tell_errors(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """An exception becomes its name and the places it went through: its message may quote a person or a secret."""
    told = event.pop("exc_info", None)
    if told is True:
        told = sys.exc_info()[1]
    if isinstance(told, tuple):
        told = told[1]
    if isinstance(told, BaseException):
        event["error"] = type(told).__name__
        event["through"] = _places(told.__traceback__)
    return event


def standing(frame: FrameType | None) -> list[str]:
    """Where a thread is: places, no values."""
    return _told(traceback.StackSummary.extract(traceback.walk_stack(frame), lookup_lines=False)[::-1])


def _places(trace: TracebackType | None) -> list[str]:
    return _told(traceback.extract_tb(trace))


def _told(frames: Sequence[traceback.FrameSummary]) -> list[str]:
    frames = frames[-FRAMES:]
    return [f"{'/'.join(frame.filename.rsplit('/', 2)[-2:])}:{frame.lineno} {frame.name}" for frame in frames]


def guard(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide the values of private keys, and what looks like a secret in the others."""
    return {key: _guarded(key, value) for key, value in event.items()}


def _guarded(key: str, value: Any) -> Any:
    if key.startswith("_"):
        return value
    if PRIVATE.search(key):
        return HIDDEN
    if isinstance(value, dict):
        return {str(inner): _guarded(str(inner), content) for inner, content in value.items()}
    if isinstance(value, list | tuple | set):
        return [_guarded("", item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _masked(str(value))


def _masked(text: str) -> str:
    masked = TRACES.sub(HIDDEN, text.partition("\n")[0])
    return masked if len(masked) <= LONGEST else masked[:LONGEST] + HIDDEN


def _unknown(value: object) -> str:
    return type(value).__name__
