"""How far one has to walk through the code to follow a conversation: `python -m tests.bench.walk [TRANSCRIPT…]`.

What is entered while the acts of a transcript are played, without the furnishing of its lieu: files, functions, and
moves, each from one file into another (a coroutine that goes on counts, as for somebody who reads along).
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tests.stage import transcript_pages
from tests.stage.transcript import FOLDER, scene

ROOT = Path(__file__).parents[2]
OURS = tuple(f"{ROOT / folder}/" for folder in ("bot", "commands", "integrations"))
CHOSEN = ("langue.txt", "inviter-en-une-ligne.txt", "demande-entre-deux-lieux.txt")


@dataclass
class Walk:
    """A profile function (`sys.setprofile`)."""

    files: set[str] = field(default_factory=set)
    functions: set[tuple[str, int]] = field(default_factory=set)
    moves: int = 0
    last: str = ""

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(OURS):
            return
        self.files.add(code.co_filename)
        self.functions.add((code.co_filename, code.co_firstlineno))
        self.moves += code.co_filename != self.last
        self.last = code.co_filename


async def walk(file: Path) -> Walk:
    head, _, body = file.read_text().partition("\n---\n")
    walk = Walk()
    async with scene(head) as player:
        sys.setprofile(walk)
        try:
            for first, *below in transcript_pages.acts(body.splitlines()):
                await player.play(first, below)
        finally:
            sys.setprofile(None)
    return walk


def main() -> None:
    sys.stdout.write(f"{'transcript':32}{'files':>7}{'functions':>11}{'moves':>8}\n")
    for name in sys.argv[1:] or CHOSEN:
        seen = asyncio.run(walk(FOLDER / name))
        sys.stdout.write(f"{name:32}{len(seen.files):7}{len(seen.functions):11}{seen.moves:8}\n")
        if len(sys.argv) > 1:
            sys.stdout.writelines(f"  {Path(each).relative_to(ROOT)}\n" for each in sorted(seen.files))


if __name__ == "__main__":
    main()
