"""Plays a transcript: what people do is read from the file, what bots answer is written between, or beside.

`python -m tests.stage.transcript FILE…` tidies the catalogues and writes the answers into the files; the tests compare
them. Several lieux are written side by side: acts may be added there as in a file of one lieu, below the name of their
room.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.stage import transcript_pages
from tests.stage.transcript_acts import Player
from tests.stage.transcript_header import scenery
from tests.stage.transcript_lieux import headers, neighbours
from tests.words import tidy_catalogues

FOLDER = Path(__file__).parent.parent / "conversations"


@asynccontextmanager
async def scene(head: str) -> AsyncIterator[Player]:
    """Everything that the header tells is there; the first line is the title."""
    told = headers(head.splitlines()[1:])
    with tempfile.TemporaryDirectory() as folder:
        if len(told) > 1:
            async with neighbours(told, Path(folder)) as (federation, scenes):
                yield Player(scenes, federation)
        else:
            async with scenery(told[0], Path(folder)) as lone:
                yield Player([lone])


async def play(file: Path) -> str:
    """The transcript as the bots play it today."""
    head, _, body = file.read_text().partition("\n---\n")
    async with scene(head) as player:
        for first, *below in transcript_pages.acts(body.splitlines()):
            await player.play(first, below)
        for stage in player.doors.world.stages.values():
            await stage.check_journal()
            await stage.check_steps()
            await stage.check_whys()
        return "\n".join([head, "---", *player.page.text(), ""])


def main() -> None:
    tidy_catalogues()
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(asyncio.run(play(file)))


if __name__ == "__main__":
    main()
