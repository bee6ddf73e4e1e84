"""What the bot draws: the welcome desk's poster, the week of a lieu, a month of its services, a register to print.
Words and figures in, a file out.

Each drawing is a short process of its own: the typesetter keeps what it used, and the bot would grow with each picture.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import sys
from collections.abc import Mapping
from typing import Any

# No typeface that travels with the typesetter has these: without them, no empty squares.
EMOJI = re.compile(
    "[\u269d-\u269f\u26b3-\u2700\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0"
    "\U0001f000-\U0001faff\ufe0e\ufe0f\u200d\u20e3\U000e0000-\U000e007f]"
)
# What turns the order of letters around them, of whole lines too: right-to-left scripts need none of it.
TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
SLOWEST = 60.0  # seconds
INK = "#2b2320"


class Typesetter:
    """Draws with the templates beside this file, one at a time. The words are shown as they are, never as markup."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def poster(self, words: Mapping[str, Any], address: str) -> tuple[bytes, bytes]:
        """An A4 sheet that leads to `address`, as PDF and as PNG. `words`: see the template."""
        told = {**words, "qr": _qr(address)}
        return await self._drawn("poster", "pdf", told), await self._drawn("poster", "png", told)

    async def week(self, words: Mapping[str, Any]) -> bytes:
        """A PNG of 1200 × 800. `words`: see the template."""
        return await self._drawn("week", "png", words)

    async def register(self, words: Mapping[str, Any]) -> bytes:
        """A PDF of as many A4 pages as it takes. `words`: see the template."""
        return await self._drawn("register", "pdf", words)

    async def own_data(self, words: Mapping[str, Any]) -> bytes:
        """What is kept of somebody, on sheets like those of the register, with nothing to be filled in."""
        return await self._drawn("register", "pdf", words)

    async def month(self, words: Mapping[str, Any]) -> bytes:
        """A PNG, 1200 wide and as high as there are services. `words`: see the template."""
        return await self._drawn("month", "png", words)

    async def _drawn(self, template: str, format: str, words: Mapping[str, Any]) -> bytes:
        async with self._turn:
            return await _drawn(template, format, words)


def _qr(address: str) -> str:
    """As SVG, with the quiet border of 4 modules that cameras need."""
    import segno  # for the few pictures with a code

    svg = io.BytesIO()
    segno.make(address, error="m").save(svg, kind="svg", border=4, dark=INK, xmldecl=False, omitsize=True)
    return svg.getvalue().decode()


async def _drawn(template: str, format: str, words: Mapping[str, Any]) -> bytes:
    program = (sys.executable, "-P", "-m", "bot.pictures.draw", template, format)
    told = TURNING.sub("", EMOJI.sub("", json.dumps(words, ensure_ascii=False))).encode(errors="replace")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*program, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(SLOWEST):
            drawn, complaint = await process.communicate(told)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"{template}.{format} was not drawn: {complaint.decode(errors='replace')[-500:]}")
    return drawn
