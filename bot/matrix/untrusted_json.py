"""Reading JSON that somebody else wrote: what has not the right shape is as if it were not there."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
MARKS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
DEEPEST = 60  # levels; an answer to /sync takes seven to come to what somebody wrote


def pruned(body: bytes, deepest: int = DEEPEST) -> bytes:
    """A text of JSON, `null` in it where it is deeper than anybody needs. Whatever is not JSON stays so."""
    kept, depth, begun, copied = [], 0, 0, 0
    for mark in MARKS.finditer(body):
        match mark[0]:
            case b"[" | b"{":
                depth += 1
                if depth == deepest + 1:
                    begun = mark.start()
            case b"]" | b"}":
                depth -= 1
                if depth == deepest:
                    kept += [body[copied:begun], b"null"]
                    copied = mark.end()
    return b"".join(kept) + body[copied:]


def writable(value: Any, deepest: int = DEEPEST) -> Any:
    """The same, as it can be written down: into what somebody sealed, no homeserver has looked. Numbers that are none,
    and what is deeper than anybody needs, are `null`; half letters (lone surrogates) are question marks."""
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-8", "replace").decode()
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {writable(key): writable(one, deepest - 1) for key, one in value.items()} if deepest > 0 else None
        case list():
            return [writable(one, deepest - 1) for one in value] if deepest > 0 else None
    return value


def block(value: Any, *names: str) -> Json:
    """The object at `value[name][name]…`, or an empty one."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def dicts(value: Any) -> Iterator[Json]:
    """The objects of a list."""
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def strings(value: Any) -> Iterator[str]:
    """The strings of a list."""
    return (one for one in value if isinstance(one, str)) if isinstance(value, list) else iter(())


def count(value: Any) -> int:
    """A number of things: zero where it is no number."""
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else 0
