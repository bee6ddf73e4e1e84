"""A file of « key = value » lines, read as whoever wrote it may have meant it: by hand, or by an old Windows."""

from __future__ import annotations

import re

from integrations.errors import Rejected

LONGEST_VALUE = 500  # characters
LINE = re.compile(r"\r\n?|\n")
COMMENTS = ("#", "!")


def properties(data: bytes) -> dict[str, str]:
    """Keys in small letters; values on one line, without what does not print; of two, the last. Raises `Rejected` for
    what is no text."""
    if b"\0" in data:
        raise Rejected
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    cut = (line.partition("=") for line in LINE.split(text) if not line.lstrip().startswith(COMMENTS))
    return {key.strip().lower(): _on_one_line(value) for key, equals, value in cut if equals and key.strip()}


def _on_one_line(value: str) -> str:
    """Marks that turn what follows around, or that nobody sees, do not print."""
    shown = "".join(char if char.isprintable() else " " for char in value)
    return " ".join(shown.split())[:LONGEST_VALUE]
