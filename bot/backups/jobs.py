"""What the bot and the process that makes, sends and proves copies tell each other, as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal, TypedDict, cast

import structlog

log = structlog.get_logger(__name__)
SLOWEST = 3 * 3600.0  # seconds until nobody waits any more, whatever drips in

Outcome = Literal["done", "failed", "unknown"]


class Job(TypedDict):
    """`act`: send or prove; `folder` of the data; `url` as in the settings, and `keys` that open it (those of
    `integrations.storage.Keys`); `name` of the copy; `at`: when it is made (ISO). `mark` was written into the database
    before that; `needed` are copies that must stay, `former` those that this bot sent under another name."""

    act: str
    folder: str
    user: str
    url: str
    keys: dict[str, str]
    recipients: list[str]
    name: str
    at: str
    mark: str
    needed: list[str]
    former: list[str]


class Result(TypedDict):
    """How it ended, and why in one word (a sentence of `bot.operator.doctor.sentences`); `stayed`: copies that are too
    many and could not be deleted."""

    outcome: Outcome
    cause: str
    bytes: int
    stayed: int


Work = Callable[[Job], Awaitable[Result]]


def ended(outcome: Outcome, cause: str = "", bytes: int = 0, stayed: int = 0) -> Result:
    return {"outcome": outcome, "cause": cause, "bytes": bytes, "stayed": stayed}


async def _answer(process: asyncio.subprocess.Process, job: bytes) -> tuple[bytes, bytes]:
    """Its input stays open for as long as we live: where we die, it ends too, rather than disturb who comes after."""
    to = cast(asyncio.StreamWriter, process.stdin)
    out, err = cast(asyncio.StreamReader, process.stdout), cast(asyncio.StreamReader, process.stderr)
    with suppress(ConnectionError):  # it has ended already, and says why
        to.write(job + b"\n")
        await to.drain()
    told, complaint, _ = await asyncio.gather(out.read(), err.read(), process.wait())
    to.close()
    return told, complaint


async def apart(job: Job, slowest: float = SLOWEST) -> Result:
    """In a process of its own: what it needs of memory is given back, and it stops nothing here."""
    pipe = asyncio.subprocess.PIPE
    program = (sys.executable, "-P", "-m", "bot.backups.worker")
    try:
        process = await asyncio.create_subprocess_exec(*program, stdin=pipe, stdout=pipe, stderr=pipe)
    except OSError as error:  # no memory, no process left
        log.error("backup process not started", act=job["act"], why=error.strerror)
        return ended("unknown", "bug")
    try:
        async with asyncio.timeout(slowest):
            told, complaint = await _answer(process, json.dumps(job).encode())
    except TimeoutError:
        return ended("unknown", "slow")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        log.error("backup process failed", act=job["act"], code=process.returncode, why=last.partition(":")[0])
        return ended("unknown", "bug")
    return cast(Result, json.loads(told))
