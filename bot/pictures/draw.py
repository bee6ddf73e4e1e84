"""`python -m bot.pictures.draw TEMPLATE FORMAT`: the words come in as JSON, the drawing goes out.

Only the typefaces that the typesetter brings are used, so that a picture is the same on every machine.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typst

HERE = Path(__file__).parent
# Pixels an inch; at 72, each point is one.
DENSITY = {"poster": 150.0, "week": 72.0, "month": 72.0, "register": 72.0}


def main(template: str, format: str) -> None:
    words = sys.stdin.buffer.read().decode()
    embedded = typst.Fonts(include_system_fonts=False)
    drawn = typst.compile(
        HERE / f"{template}.typ",
        format="pdf" if format == "pdf" else "png",
        ppi=DENSITY[template],
        font_paths=embedded,
        sys_inputs={"words": words},
    )
    assert isinstance(drawn, bytes), "one page"  # noqa: S101 - several pages come as a list
    sys.stdout.buffer.write(drawn)


if __name__ == "__main__":
    main(*sys.argv[1:])
