"""What a name looks like: two names of one skeleton are one name to whoever reads them, whatever letters they are of.

The letters come from Unicode's list of confusables (UTS #39, by way of `confusable_homoglyphs`); it is read at the
first name that is not of plain Latin letters, and only what resembles a plain letter or figure is kept of it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

LONGEST = 256  # characters of a name; no service keeps more
SHORTEST_BORROWED = 6  # letters: a shorter name is in many others by chance
LATIN = re.compile(r"(?:LATIN (?:CAPITAL |SMALL )?|SYMBOL )LETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH .*)?$")  # in names
# Not in the list, and read so in a word; then letters that nobody sees.
ALSO = dict(zip("εєпωкқмκχβժð", "eenwkkmkxbdd", strict=True)) | {"þ": "th"} | dict.fromkeys("\u115f\u1160", "")
IN_ONE_HAND = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l"})  # after capitals are gone, I is l as well
AFTER = re.compile(r"[(\[{@·|:]")
TOGETHER = (("rn", "m"), ("vv", "w"))


@lru_cache(maxsize=20_000)
def skeleton(text: str) -> str:
    """What is left of a name for the eye: no capitals, accents, spaces or signs, and one letter for all that look like
    it. Only to be compared, never shown. What has no letter at all (« 🌻 ») is compared as it is."""
    return _together("".join(_letters(text).split())) or "".join(text.split())


def parts(text: str) -> list[str]:
    """The skeletons of its words."""
    return [_together(word) for word in _letters(text).split()]


def alike(one: str, other: str) -> bool:
    """Whether a service, or somebody who reads, may take these two names for one."""
    return not _skeletons(one).isdisjoint(_skeletons(other))


def looks(name: str) -> frozenset[str]:
    """What somebody who calls themselves so can be taken for: the whole of it, and what stands before a bracket or an
    address."""
    return (_skeletons(name) | _skeletons(AFTER.split(name, maxsplit=1)[0])) - {""}


def mistakable(one: str, other: str) -> bool:
    """Whether those who call themselves so can be taken for each other."""
    return not looks(one).isdisjoint(looks(other))


def borrows(name: str, whose: str) -> bool:
    """Whether a name holds another one, or what can be taken for it: « Anne Martin concierge »."""
    return mistakable(name, whose) or any(
        len(borrowed) >= SHORTEST_BORROWED and borrowed in skeleton(name) for borrowed in looks(whose)
    )


def _skeletons(name: str) -> frozenset[str]:
    """By its letters as they are, and without capitals: « Ν » is drawn like an N, « ν » like a v."""
    return frozenset({skeleton(name)} if name.isascii() else {skeleton(name), skeleton(name.casefold())})


def _letters(text: str) -> str:
    """Words of plain letters and figures, as far as there are such."""
    seen = text[:LONGEST]
    if not seen.isascii():
        seen = "".join(_letter(char) for char in unicodedata.normalize("NFKD", seen) if not _is_unseen(char))
    bare = seen.casefold()
    if not bare.isascii():  # what was folded may be in pieces again
        bare = "".join(char for char in unicodedata.normalize("NFKD", bare) if not _is_unseen(char))
    return "".join(char if char.isalnum() or char == "|" else " " for char in bare).translate(IN_ONE_HAND)


def _together(letters: str) -> str:
    for several, one in TOGETHER:
        letters = letters.replace(several, one)
    return letters


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char)[0] in "MC" and not char.isspace()


def _letter(char: str) -> str:
    """The plain letter or figure for which this one is taken, else itself."""
    if char.isascii():
        return char
    found = ALSO[char] if char in ALSO else _plain().get(char, char)
    named = LATIN.search(unicodedata.name(found, "")) if len(found) == 1 else None
    return named[1] if named else found


@cache
def _plain() -> Mapping[str, str]:
    """Each letter that is not of ASCII, and what it is taken for: of ASCII, or of Latin at least."""
    listed = json.loads((files("confusable_homoglyphs") / "confusables.json").read_text("utf-8"))
    found = {}
    for char, others in listed.items():
        if len(char) == 1 and not char.isascii():
            bare = [each for each in (_bare(other["c"]) for other in others) if each]
            plain = [each for each in bare if each.isascii() and each.isalnum()]
            latin = [each for each in bare if LATIN.search(unicodedata.name(each[0], ""))]
            if plain or latin:
                found[char] = (plain or latin)[0]
    return found


def _bare(text: str) -> str:
    kept = unicodedata.normalize("NFKD", text)
    return "".join(char for char in kept if unicodedata.category(char) not in ("Mn", "Me", "Cf"))
