"""Reading JSON that somebody else wrote: what has not the right shape is as if it were not there."""

from __future__ import annotations

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
