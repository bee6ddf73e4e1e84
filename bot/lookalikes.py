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

from bot.matrix.markup import clean
from bot.words import fold

LONGEST = 200
SHORTEST_BORROWED = 6  # letters: a shorter name is in many others by chance
LATIN = re.compile(r"(?:LATIN (?:CAPITAL |SMALL )?|SYMBOL )LETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH .*)?$")  # in names
ALSO = {"ε": "e", "є": "e", "п": "n", "ω": "w"}  # not in the list, and read so in a word
ALSO |= dict.fromkeys("\u115f\u1160", "")  # letters that nobody sees
IN_ONE_HAND = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l"})  # after capitals are gone, I is l as well
AFTER = re.compile(r"[(\[{@·|:]")
TOGETHER = (("rn", "m"), ("vv", "w"))


@lru_cache(maxsize=20_000)
def skeleton(text: str) -> str:
    """What is left of a name for the eye: no capitals, accents, spaces or signs, and one letter for all that look like
    it. Only to be compared, never shown. What has no letter at all (« 🌻 ») is compared as it is."""
    seen = clean(text, LONGEST)
    if not seen.isascii():
        seen = "".join(_letter(char) for char in unicodedata.normalize("NFKD", seen))
    bare = "".join(char for char in fold(seen) if char.isalnum() or char == "|").translate(IN_ONE_HAND)
    for several, one in TOGETHER:
        bare = bare.replace(several, one)
    return bare or "".join(text.split())


def looks(name: str) -> frozenset[str]:
    """What a name can be taken for: the whole of it, and what stands before a bracket or an address."""
    return frozenset({skeleton(name), skeleton(AFTER.split(name, maxsplit=1)[0])} - {""})


def alike(one: str, other: str) -> bool:
    """Whether two names can be taken for each other."""
    return not looks(one).isdisjoint(looks(other))


def borrows(name: str, whose: str) -> bool:
    """Whether a name holds another one, or what can be taken for it: « Anne Martin concierge »."""
    return alike(name, whose) or any(
        len(borrowed) >= SHORTEST_BORROWED and borrowed in skeleton(name) for borrowed in looks(whose)
    )


def _letter(char: str) -> str:
    """The plain letter or figure for which this one is taken, else itself."""
    if char.isascii() or unicodedata.category(char)[0] == "M":
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
