"""What the bot draws, as the README shows it: sent in a transcript. `make picture` makes them anew."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from PIL import Image

from tests.stage import transcript_pages
from tests.stage.transcript import FOLDER, scene

DOCS = Path(__file__).parents[2] / "docs"
# The file in the README, the transcript, and what is sent there.
SHOWN = {
    "poster.png": ("affiche-page.txt", "affiche.png"),
    "week.png": ("semaine.txt", "semaine.png"),
    "guarantees.png": ("garanties.txt", "garanties.png"),
}
WIDEST, COLOURS = 900, 64  # pixels


async def drawn(shown: str) -> Image.Image:
    """As it is sent today, for a page."""
    transcript, name = SHOWN[shown]
    head, _, body = (FOLDER / transcript).read_text().partition("\n---\n")
    async with scene(head) as player:
        for first, *below in transcript_pages.acts(body.splitlines()):
            await player.play(first, below)
        picture = Image.open(io.BytesIO(player.scene.stage.matrix.files[name])).convert("RGB")
    picture.thumbnail((WIDEST, WIDEST))
    return picture.quantize(COLOURS)


def main() -> None:
    for shown in SHOWN:
        asyncio.run(drawn(shown)).save(DOCS / shown, optimize=True)


if __name__ == "__main__":
    main()
