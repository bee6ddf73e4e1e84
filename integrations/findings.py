"""What a service says of itself when `doctor` asks: one `Finding` for each thing that was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .errors import Moved, Unavailable


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is the key of a sentence (what is well, or what mends it); `words` fill its holes, never secrets."""

    code: str
    ok: bool
    words: Mapping[str, str] = field(default_factory=dict)


def away(service: str, trouble: Unavailable) -> Finding:
    """No answer, or one that sends us to another address."""
    if isinstance(trouble, Moved):
        return Finding(f"{service}-moved", False, {"to": trouble.to or "?"})
    return Finding(f"{service}-unreachable", False)
