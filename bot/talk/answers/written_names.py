"""A name in what somebody keeps of a person: without civility, remark, telephone, street, or anything with a figure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.words import Words, fold
from integrations.domains import read
from integrations.reserved_names import is_reserved

LONGEST_NAME, MOST_WORDS = 100, 6
REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")
SIGNS = re.compile(r"[<>\[\](){}\"«»“”„;|*_=~^#%\\]+|(?<!\w)['’`]|['’`](?!\w)")
DASH = re.compile(r" [-–—/:•·]{1,3} | ?[:•·|/] ?| [-–—]{1,3}$|^[-–—]{1,3} ")  # between single spaces
CUT = " \n "  # what follows is about something else
JOINT = re.compile(r"([-'’ ])")
POSTCODE = re.compile(r"\d{5}")
MACHINE = re.compile(  # « gmail.com »
    r"(?<![A-Za-z0-9_.-])[A-Za-z0-9_][A-Za-z0-9_-]{1,62}(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{1,62}){1,5}"
)
NUMBER = re.compile(r"\b[Nn]\s?[°º]")  # as good as the figure behind it
COUPLE = frozenset({"et", "&", "and", "+", "ou"})
OUT = str.maketrans(dict.fromkeys("._-+", " "))


def has_figure(text: str) -> bool:
    return any(char.isnumeric() for char in text)


def name_in(text: str, words: Words) -> str:
    """The name that a cell, or what is left of a line, holds; empty where there is none. « DUPONT Jean » and « Dupont,
    Jean » are Jean Dupont. What stands between brackets is a remark, unless there is nothing else."""
    return _found(REMARK.sub(" ", text), words) or _found(text, words)


def _found(text: str, words: Words) -> str:
    bare = " ".join(SIGNS.sub(" ", MACHINE.sub(" ", NUMBER.sub(" 0 ", text))).split())
    parts = [part for piece in DASH.sub(CUT, bare).split("\n") for part in _without_figures(piece, words)]
    labels = frozenset[str]().union(*(words.means(f"talk.words.title-{role}") for role in ("first", "family", "full")))
    parts = [part for part in parts if fold(part) not in labels] or parts  # « Prénom : Zoé »
    names = (_name(part, words) for part in parts)
    name = next((name for name in names if _has_letter(name)), "")
    return name if len(name) <= LONGEST_NAME else ""


def without_asides(text: str, words: Words) -> str:
    """A name, or a name and an address, without what a correction says around it: « non pardon, c’est Zoé Martin le
    nom ». « Pardon Zoé » may be somebody's whole name: one word written large is theirs where a lone one follows."""
    tokens = text.split()
    while tokens and (n := _opening(tokens, words)):
        tokens = tokens[n:]
    behind = words.means("talk.words.correcting-behind")
    at = next((n for n in range(1, len(tokens)) if fold(" ".join(tokens[n:])) in behind), len(tokens))
    return " ".join(tokens[:at])


def corrects(text: str, words: Words) -> bool:
    """Whether a text begins as a correction does: « non pardon Zoé Martin »."""
    return _opening(text.split(), words) > 0


def _opening(tokens: Sequence[str], words: Words) -> int:
    """How many of these words are what the longest beginning of a correction says."""
    said, phrases = [fold(token) for token in tokens[:MOST_WORDS]], words.means("talk.words.correcting")
    n = next((n for n in range(len(said), 0, -1) if " ".join(said[:n]).strip() in phrases), 0)
    lone = n == 1 and tokens[0][:1].isupper() and tokens[0][-1:].isalpha() and " " not in said[0]
    return 0 if lone and len(tokens) == 2 and "@" not in tokens[1] else n


def is_two(text: str, words: Words) -> bool:
    """« M. et Mme Dupont », « Zoé et Jean Martin »: two people."""
    tokens = [fold(token) or token for token in text.split()]
    return any(token in COUPLE for token in tokens[1:-1])


def _without_figures(text: str, words: Words) -> list[str]:
    """The pieces between what holds a figure, the town behind a postcode and the street behind its number left out."""
    pieces, behind = [list[str]()], [""]
    for token in text.split():
        if has_figure(token):
            pieces.append([])
            behind.append(token)
        else:
            pieces[-1].append(token)
    streets = words.means("talk.words.street")
    kept = []
    for piece, number in zip(pieces, behind, strict=True):
        cut = next((n for n, token in enumerate(piece) if fold(token) in streets), len(piece))
        if cut and not POSTCODE.search(number):
            kept.append(" ".join(piece[:cut]))
    return kept


def _name(text: str, words: Words) -> str:
    before, comma, behind = (part.strip() for part in text.partition(","))
    behind = behind.partition(",")[0].strip()
    said = words.means("talk.words.remark")
    in_two = comma and before and behind and fold(behind) not in said
    if in_two and len(before.split()) <= 3 and len(behind.split()) <= 2:  # « Dupont, Jean »
        return joined_name(_cased(_plain(behind, words), _plain(before, words)))
    return arranged(_plain(before or behind, words))


def _plain(text: str, words: Words) -> str:
    """Without « M. et Mme », « tél », and what is no letter."""
    titles, labels = words.means("talk.words.civility"), words.means("talk.words.label")
    tokens = [token.strip(",.:!?-–—…") if len(token) > 2 else token.strip(",:!?-–—…") for token in text.split()]
    tokens = [token for token in tokens if fold(token) not in labels]
    begun = next((n for n, token in enumerate(tokens) if not _is_title(token, titles)), len(tokens))
    return " ".join(token for token in tokens[begun:] if _has_letter(token) and not _is_long_title(token, titles))


def _has_letter(token: str) -> bool:
    return any(char.isalpha() for char in token)


def _is_long_title(token: str, titles: frozenset[str]) -> bool:
    """« Mme » wherever it stands; « M » behind a first name is a letter of somebody's own."""
    return len(fold(token)) > 2 and fold(token) in titles


def _is_title(token: str, titles: frozenset[str]) -> bool:
    return not _has_letter(token) or fold(token) in titles or fold(token) in COUPLE


def arranged(name: str) -> str:
    """The family name behind the first, where capitals tell them apart; each with its capitals."""
    tokens = name.split()
    shouted = [_is_shouted(token) for token in tokens]
    if any(shouted) and not all(shouted):
        family = [token for token, loud in zip(tokens, shouted, strict=True) if loud]
        first = [token for token, loud in zip(tokens, shouted, strict=True) if not loud]
        if shouted[0] and shouted == sorted(shouted, reverse=True):
            tokens = [*first, *family]
    return joined_name([_capital(token, alone=name) for token in tokens])


def _is_shouted(token: str) -> bool:
    return token.isupper() and sum(map(str.isalpha, token)) > 1


def _cased(*names: str) -> list[str]:
    return [" ".join(_capital(token, alone=name) for token in name.split()) for name in names]


def _capital(token: str, alone: str) -> str:
    """« JEAN-PIERRE » is Jean-Pierre, and so is « jean-pierre » where nothing of the name is written large."""
    if not (_is_shouted(token) or alone.islower()):
        return token
    return "".join(part[:1].upper() + part[1:].lower() for part in JOINT.split(token))


def joined_name(parts: Sequence[str]) -> str:
    return " ".join(part for part in parts if part)


def first_before(one: str, other: str, local: str) -> int:
    """How much says that `one` is the first name and `other` the family's: below zero, that it is the other way round.
    `local` is what stands before the @ of their address."""
    if _is_shouted(one) != _is_shouted(other):
        return -5 if _is_shouted(one) else 5
    a, b, said = _letters(one), _letters(other), _letters(local)
    if not a or not b:
        return 0
    for first, family, way in ((a, b, 1), (b, a, -1)):
        if said == first[0] + family:
            return 3 * way
        if said == first + family:
            return 2 * way
        if said in (first, first + family[0]):
            return way
    return 0


def _letters(text: str) -> str:
    return "".join(char for char in fold(text) if char.isalpha())


def likeness(name: str, local: str) -> int:
    """How many letters of what stands before the @ are words of this name, or their beginnings."""
    said = _letters(local)
    return sum(len(word) for word in map(_letters, name.split()) if len(word) > 1 and word in said)


def name_of(email: str) -> str:
    """A name to begin with: « jean.dupont@… » is Jean Dupont, « contact@les-voisins.fr » Les Voisins."""
    local, _, domain = email.partition("@")
    said = local.partition("+")[0]
    if is_reserved(said.partition(".")[0]):
        said = read(domain).rpartition(".")[0].rpartition(".")[2]
    tokens = ["".join(char for char in token if char.isalpha()) for token in said.translate(OUT).split()]
    if all(len(token) < 2 for token in tokens):
        return ""
    return joined_name([f"{token.upper()}." if len(token) == 1 else token.capitalize() for token in tokens if token])
