"""How much room, as people say it: « 5 Go », « 500 mo », « 1,5 g »."""

from __future__ import annotations

import re

AMOUNT = re.compile(r"(\d{1,15}(?:[.,]\d{1,15})?)\s*([kmgt])?(?:i?[ob]|octets?|bytes?)?", re.IGNORECASE)
UNITS = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
LEAST, MOST = 2**20, 2**50


def amount_said(said: str) -> int | None:
    """In bytes, of gigabytes where no unit is said; None where it is no amount, or none that makes sense."""
    found = AMOUNT.fullmatch(" ".join(said.split()))
    size = round(float(found[1].replace(",", ".")) * UNITS[(found[2] or "g").lower()]) if found else 0
    return size if LEAST <= size <= MOST else None


def amount_at_the_end(said: str) -> tuple[str, str]:
    """« Zoé 2 Go » → ("Zoé", "2 Go"); only what has its unit: « Salle 2 » is a name. What has none is as it was said,
    and nothing."""
    words = said.split()
    for n in (2, 1):
        end = " ".join(words[-n:])
        if words[n:] and end[-1:].isalpha() and amount_said(end) is not None:
            return " ".join(words[:-n]), end
    return said, ""
