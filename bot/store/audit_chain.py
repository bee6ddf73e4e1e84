"""Each act of a lieu carries a hash of itself and of the act before it: one that is missing, or was changed, shows."""

from __future__ import annotations

import hashlib
import json

FIRST = ""


def link(before: str, at: int, by: str, what: str, about: str | None, words: str) -> str:
    """SHA-256, in hexadecimal, of an act and of the hash `before` it. `words` as the column holds them.

    It is a function of SQL too, for the migration that gave the first acts theirs.
    """
    told = json.dumps([before, at, by, what, about, words], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()
