"""In which language somebody reads a page."""

from __future__ import annotations

from collections.abc import Collection, Iterator

LONGEST = 200  # characters of the header that are looked at


def tongue(asked: str, spoken: Collection[str], otherwise: str) -> str:
    """Of the catalogues that are `spoken`, the one that a browser asks for (`Accept-Language`). Whoever asks for the
    language of `otherwise` (« fr@vous ») is spoken to as there, and so is whoever asks for nothing that we speak."""
    for wanted in _preferred(asked[:LONGEST]):
        if wanted == otherwise.partition("@")[0]:
            break
        if wanted in spoken:
            return wanted
    return otherwise


def _preferred(asked: str) -> Iterator[str]:
    weighed = [_weighed(part) for part in asked.split(",")]
    return (name for name, weight in sorted(weighed, key=lambda one: -one[1]) if name and weight > 0)


def _weighed(part: str) -> tuple[str, float]:
    name, _, weight = part.partition(";")
    language = name.strip().lower().partition("-")[0]
    try:
        return language, float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        return language, 0.0
