"""The README's picture of the page shows the page."""

from __future__ import annotations

from PIL import Image

from tests.web.door import Door
from tests.web.picture import FILE, MADE_OF, made_of

HEAVIEST = 100_000  # bytes


async def test_the_picture_in_the_readme_is_of_the_page_as_it_is(door: Door) -> None:
    with Image.open(FILE) as picture:
        assert picture.info[MADE_OF] == await made_of(door, await door.invite()), "the page has changed: make picture"
    assert FILE.stat().st_size < HEAVIEST
