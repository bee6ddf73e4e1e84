"""The README shows what the bot draws today."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops

from tests.pictures.shown import DOCS, SHOWN, drawn

HEAVIEST = 100_000  # bytes
FAR = 8  # of 255: two machines may round the edge of a letter differently


@pytest.mark.parametrize("shown", SHOWN)
async def test_the_picture_in_the_readme_is_what_is_sent(shown: str) -> None:
    now = (await drawn(shown)).convert("RGB")
    with Image.open(DOCS / shown) as picture:
        then = picture.convert("RGB")
    assert then.size == now.size
    assert max(most for _, most in ImageChops.difference(then, now).getextrema()) <= FAR, "make picture"
    assert (DOCS / shown).stat().st_size < HEAVIEST
    assert f"docs/{shown}" in (DOCS.parent / "README.md").read_text()
