"""What a service says of itself when `doctor` asks: one `Finding` for each thing that was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .errors import Unavailable


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is the key of a sentence (what is well, or what mends it); `words` fill its holes, never secrets."""

    code: str
    ok: bool
    words: Mapping[str, str] = field(default_factory=dict)


SILENT = "unreachable"


def away(service: str, trouble: Unavailable) -> Finding:
    """Why it lets nobody in, or that it does not answer."""
    return Finding(f"{service}-{trouble.cause or SILENT}", False, trouble.words)
