"""What French does to a small word before a name: « d’Hélène », « qu’Anne », « du Moulin », « aux Ateliers ».

A sentence of the catalogue says `de {who}` and `à {lieu}` plainly; its holes are joined to it here. A person's name is
never cut (« Le Goff » stays whole): only holes whose names are in `PLACES` lose an article, which a lieu that writes
« au {lieu} » itself has said already.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

Listing = Callable[[Sequence[str]], object]
PLACES = frozenset({"lieu", "lieux", "network", "networks"})
JOINED = re.compile(
    r"(?<!\w)(?P<word>[Dd](?:e|u|es)|(?:[Ll]ors|[Pp]uis|[Qq]uoi)?[Qq]ue|à|À|[Aa]ux?)[ \u00a0\u202f]"
    r"(?P<mark>(?:\*\*|\*|_|`|\[)*)\{(?P<hole>\w+)\}"
)
ARTICLE = re.compile(r"(?i)(les?)\s+(?=\S)")
CONTRACTED = {"de": ("du", "des"), "à": ("au", "aux")}
OF_THEIR_OWN = {
    "du": 2,
    "au": 2,
    "des": 3,
    "aux": 3,
}  # the length of the article that a lieu's own « au {lieu} » has said
# A vowel that is not one to the ear (« de Yann », « de Ouarda », « de onze »), and the few that are all the same.
GLIDE = re.compile(r"y[aeiou]|ou[aeiouy]|onz|ouistiti|uhlan")
HEARD = re.compile(r"ouest|oui[er]")
# An h is taken for an aspirate one (« de Hassan », « de Hangar 107 ») unless the word is known: the lesser fault.
MUTE = re.compile(
    r"h(?:a(?:bi[lt]|drien|lein|leine|mec|nae|rmon)|e(?:berg|ct|len|lic|nr[iy]|lia|lio|lo(?:ise)?\b|rbe|rbi|riti|rm[aei]|rv[ei]|ure|xa)|ermes|"
    r"ilaire|ild[ae]|ipp[oi]|ist|iver|iber|omm|omer|onn[eê]|onor|opit|orac|orizon|orlog|ortens|orti|ospi|ote|otel|ubert|ug[ou]|"
    r"uguett|uil|uitr|uma(?:in|n)|umb|um[ei]|umour|umus|ydr|yacinth|yg|yp(?:no|o|er|p)|ymn)"
)


@runtime_checkable
class Read(Protocol):
    """A value that a message shows otherwise than it prints. `reads`: its words alone."""

    @property
    def reads(self) -> str: ...


def elides(name: str) -> bool:
    """Whether « de » becomes « d’ » before it; never before a figure, an emoji, a quotation or another alphabet."""
    decomposed = unicodedata.normalize("NFKD", name[:20].casefold().replace("œ", "oe").replace("æ", "ae"))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    if bare.startswith("h"):
        return MUTE.match(bare) is not None
    if GLIDE.match(bare):
        return HEARD.match(bare) is not None
    return bare[:1] in set("aeiouy")


def joined(word: str, name: str, *, place: bool = False) -> tuple[str, str]:
    """The small word as it is written before a name, and the name without the article that it took from a place's:
    ("de", "Hélène") → ("d’", "Hélène"); ("à", "Le Moulin") → ("au ", "Moulin")."""
    article = ARTICLE.match(name) if place else None
    if word.lower() in OF_THEIR_OWN:
        has_it = article is not None and len(article[1]) == OF_THEIR_OWN[word.lower()]
        return f"{word} ", name[article.end() :] if article and has_it else name
    if article and word.lower() in CONTRACTED:
        contracted = CONTRACTED[word.lower()][len(article[1]) == 3]
        return (contracted.capitalize() if word[0].isupper() else contracted) + " ", name[article.end() :]
    return (f"{word[:-1]}’" if word.lower() != "à" and elides(name) else f"{word} "), name


def fit(
    template: str, holes: Mapping[str, object], lists: Mapping[str, Sequence[str]], listed: Listing
) -> tuple[str, dict[str, object]]:
    """A French sentence whose small words fit the names that follow. `lists`: the holes that hold several names, before
    `listed` made one text of them; the small word is said again before each (« d’Anne et de Zoé »)."""
    filled = dict(holes)

    def fitting(found: re.Match[str]) -> str:
        word, mark, hole = found["word"], found["mark"], found["hole"]
        value = filled.get(hole)
        place = hole in PLACES and not isinstance(value, Read)  # a link or a mention keeps its whole name
        names = lists.get(hole) or [str(value.reads if isinstance(value, Read) else value)]
        (before, first), *others = (joined(word, name, place=place) for name in names)
        if others and not mark and word.lower() in CONTRACTED:
            first = str(listed([first, *(f"{again.lower()}{name}" for again, name in others)]))
        elif others:
            first = str(listed([first, *names[1:]]))
        if isinstance(value, str) and first != value:
            hole = f"{hole}_{word.lower()}"
            filled[hole] = first
        return f"{before}{mark}{{{hole}}}"

    return JOINED.sub(fitting, template), filled
