"""The picture of a newcomer's page that the README shows: `make picture` makes it anew.

It holds what it was made of, so that a test sees when the page has changed since.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
import tempfile
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot.web.site import STYLE
from tests.servers.chromium import PHONE, Chromium, ensure_installed
from tests.web.door import LIEU, ON_PHONE, Door, open_door_of

FILE = Path(__file__).parents[2] / "docs" / "newcomer-page.png"
MADE_OF = "made of"
APART, COLOURS = 24, 64


async def made_of(door: Door, path: str) -> str:
    """All that is to be seen of the page now; addresses are not."""
    seen = re.sub(r'href="[^"]*"', "", await door.read(path, **ON_PHONE)) + STYLE.read_text("utf-8")
    return sha256(seen.encode()).hexdigest()


async def draw(folder: Path) -> None:
    """By day before the first step, by night after the second."""
    async with AsyncExitStack() as stack:
        door = await open_door_of(stack, LIEU, folder)
        path = await door.invite()
        chromium = await stack.enter_async_context(Chromium(folder))
        drawn = []
        proof = await made_of(door, path)
        for dark in (False, True):
            page = await chromium.open(PHONE, dark=dark)
            await page.goto(str(door.http.make_url(path)))
            drawn.append(Image.open(io.BytesIO(await page.screenshot(scale="css"))).convert("RGB"))
            await door.sign_in()
    _write(drawn, proof)


def _write(drawn: list[Image.Image], proof: str) -> None:
    width, height = drawn[0].size
    whole = Image.new("RGB", (2 * width + APART, height), "white")
    for place, one in enumerate(drawn):
        whole.paste(one, (place * (width + APART), 0))
    told = PngInfo()
    told.add_text(MADE_OF, proof)
    FILE.parent.mkdir(exist_ok=True)
    whole.quantize(COLOURS).save(FILE, optimize=True, pnginfo=told)


if __name__ == "__main__":
    if why := ensure_installed():
        sys.exit(why)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(draw(Path(folder)))
