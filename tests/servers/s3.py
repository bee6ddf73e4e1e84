"""A real server that speaks S3 on loopback: rclone's, over a folder. It checks signatures (version 4) and clocks."""

from __future__ import annotations

import asyncio
import shutil
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.parent import ends_with_parent
from tests.servers.ports import free_port

BUCKET, ACCESS, SECRET = "copies", "GKconciergerie", "a-secret-of-forty-characters-or-so"


@dataclass(frozen=True)
class S3:
    """`folder` is what is in the bucket."""

    port: int
    folder: Path

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, prefix: str = "bot", bucket: str = BUCKET, endpoint: str = "") -> str:
        return f"s3://{bucket}/{prefix}?endpoint={endpoint or self.endpoint}"


def binary(name: str) -> str:
    """A program that a wheel brings; every developer has it (pyproject.toml, `test`)."""
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is missing: make an environment anew, with the extra « test »"
    return found


@asynccontextmanager
async def running_s3(folder: Path) -> AsyncIterator[S3]:
    bucket, port = folder / BUCKET, free_port()
    bucket.mkdir(parents=True)
    options = ("--addr", f"127.0.0.1:{port}", "--auth-key", f"{ACCESS},{SECRET}", "--vfs-cache-mode", "off")
    # The folder is looked at anew each time, as tests change what is in it; with 0 rclone tidies up without a pause.
    cache = ("--dir-cache-time", "1ms", "--config", str(folder / "rclone.conf"))
    process = await asyncio.create_subprocess_exec(
        binary("rclone"),
        "serve",
        "s3",
        str(folder),
        *options,
        *cache,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=ends_with_parent,
    )
    assert process.stderr
    try:
        async with asyncio.timeout(60):
            while b"Starting s3 server" not in (line := await process.stderr.readline()):
                assert line, "rclone has ended"
        reading = asyncio.create_task(process.stderr.read())  # so that it never waits for us
        yield S3(port, bucket)
        process.kill()
        await reading
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
