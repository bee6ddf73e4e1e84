"""Yes and no as people say them: words that agree, politeness, pictures, and after them the question's own words.

Only what is wholly made of words that are known here is one or the other. A condition, a doubt, a question or both at
once are neither: a person must say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.talk.answers.answer import Heard
from bot.words import HOLE, Words, after, fold

LONGEST = 200  # characters
REPEATED = re.compile(r"(.)\1+")
DOUBT = re.compile(r"[?？؟⁇⁈⁉❓❔‽⸮⸘]|[:=;][-'’]?[/\\(|\[]|[-¬]_+[-¬]")
SMILE = re.compile(r"[:;=][-'’]?(?:[)\]*]+|[DPp]+(?!\w))|\^_*\^|<3+|\b[xX]D+\b")
PICTURES = frozenset(
    "😀😃😄😁😆😊🙂😉😌😇🤗🤩🥰😍😘😻😎🥳🙏❤♥🧡💛💚💙💜🤍💖💕💞🎉🎊✨⭐🌟💪👏🙌🤝👋🌱🌸🌻🌼🌞☀🍀☕🎈💐🌷♀♂"
)
ENDING = re.compile(r"(?:e|es|ez|er|ir|ons|ent|s)$")
SHORTEST_STEM = 3
YES, NO, WITH_YES, WITH_NO, AROUND, AFTER = "yes", "no", "yes-with", "no-with", "around", "after"
OTHERWISE = "otherwise"  # « oui, je le fais » : they do it themselves; « oui, lui » : him, and who else?
POLITENESS = ("talk.words.polite", "talk.words.greeting")
AT_THE_SIDE = ("talk.words.hesitation", "talk.words.sorry", "talk.words.nothing-else")  # of what is to change
EITHER = frozenset({AROUND, AFTER})
AGREEING, REFUSING = EITHER | {YES, WITH_YES}, EITHER | {NO, WITH_NO}


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """What each phrase does to the meaning; `longest` is in words. `squeezed`: the same, as « ouiii » is read."""

    kinds: Mapping[str, str]
    squeezed: Mapping[str, str]
    longest: int

    @classmethod
    def of(cls, kinds: Mapping[str, str]) -> Phrasebook:
        longest = max((len(phrase.split()) for phrase in kinds), default=1)
        return cls(kinds, {_squeeze(each): kind for each, kind in kinds.items()}, longest)

    def over(self, other: Phrasebook) -> Phrasebook:
        """Both; of what is in both, as it is here."""
        longest = max(self.longest, other.longest)
        return Phrasebook({**other.kinds, **self.kinds}, {**other.squeezed, **self.squeezed}, longest)


def yes_or_no(
    text: str, words: Words, *, asked: str = "", yes: Collection[str] = (), no: Collection[str] = ()
) -> bool | None:
    """ "Ouiii, merci !" is yes; "oui mais plus tard" is neither. `asked` is the question, in whose words people answer
    ("oui, ouvre-lui"); `yes` and `no` are what else, folded, says one or the other here."""
    if len(text) > LONGEST or DOUBT.search(text):
        return None
    tokens = _tokens(text)
    book = _known(words, letters=len(set(tokens)) == 1)
    if own := _own(asked, words):
        book = book.over(Phrasebook.of(dict.fromkeys(own, AFTER)))
    if yes or no:
        book = Phrasebook.of(dict.fromkeys(yes, YES) | dict.fromkeys(no, NO)).over(book)
    for said, meant in ((tokens, book.kinds), (_squeezed(tokens), book.squeezed)):
        kinds = _kinds(said, meant, book.longest)
        if YES in kinds and AGREEING.issuperset(kinds):
            return True
        if NO in kinds and REFUSING.issuperset(kinds):
            return False
    return None


def agreed(heard: Heard, words: Words, *, yes: Collection[str] = (), no: Collection[str] = ()) -> bool | None:
    """Yes or no to a question, in words or by a click: one says what the other says, whatever is asked."""
    return yes_or_no(heard.reaction or heard.text or "", words, asked=heard.asked, yes=yes, no=no)


def is_made_of(text: str, words: Words, key: str, *also: str) -> bool:
    """Whether a text says one of these, and besides it nothing but politeness, apologies and pictures, or what is said
    `also` (keys)."""
    if len(text) > LONGEST:
        return False
    around = (*POLITENESS, "talk.words.around", "talk.words.sorry", *also)
    book = _book((AROUND, (PICTURES, *map(words.means, around))), (YES, (words.means(key),)))
    return YES in _kinds(_tokens(text), book.kinds, book.longest)


def is_polite(text: str, words: Words) -> bool:
    """Whether a text is nothing but a greeting, or thanks."""
    if len(text) > LONGEST:
        return False
    book = _book((AROUND, tuple(map(words.means, POLITENESS))))
    return bool(_kinds(_tokens(text), book.kinds, book.longest))


def is_beside(text: str, words: Words) -> bool:
    """« oui », « merci », « sinon c’est bon », « le reste est parfait »: what is not shown yet is not agreed to."""
    said = fold(text)
    rest = after(said, words.means("talk.words.the-rest"))
    if rest is not None and (not rest or rest.removeprefix("est ") in words.means("talk.words.right")):
        return True
    said = said if rest is None else rest
    if yes_or_no(said, words) is not None or is_polite(said, words):
        return True
    return any(is_made_of(said, words, key) for key in AT_THE_SIDE)


def _known(words: Words, *, letters: bool) -> Phrasebook:
    """Of phrases that are several things, the one that decides most. One of the `letters` is an answer by itself alone:
    in a sentence it is a part of another word (« n’ouvre », « j’y vais »)."""
    said = {kind: words.means(f"talk.words.{kind}") for kind in (AFTER, WITH_YES, WITH_NO, YES, NO, OTHERWISE)}
    if not letters:
        said |= {kind: _without_letters(said[kind]) for kind in (YES, NO)}
    around = (*map(words.means, (*POLITENESS, "talk.words.around")), PICTURES)
    return _book(
        (AFTER, (said[AFTER],)),
        (AROUND, around),
        *((kind, (said[kind],)) for kind in (WITH_YES, WITH_NO, YES, NO, OTHERWISE)),
    )


@lru_cache(maxsize=64)  # for every answer and every command, of thousands of phrases
def _book(*said: tuple[str, tuple[frozenset[str], ...]]) -> Phrasebook:
    """Each kind with its phrases; a later one counts where a phrase is several things."""
    return Phrasebook.of({phrase: kind for kind, sets in said for phrase in frozenset[str]().union(*sets)})


@lru_cache(maxsize=8)
def _without_letters(phrases: frozenset[str]) -> frozenset[str]:
    return frozenset(each for each in phrases if len(each) > 1 or not each.isalnum())


def _tokens(text: str) -> list[str]:
    """Its words, folded; pictures stand alone however close they were written."""
    apart = (f" {char} " if unicodedata.category(char) == "So" else char for char in fold(SMILE.sub(" ", text)))
    return "".join(apart).split()


def _squeezed(tokens: Sequence[str]) -> list[str]:
    return [_squeeze(_once(token)) for token in tokens]


def _once(token: str) -> str:
    """« ouioui » is « oui »: what is found in its double before its end repeats itself."""
    period = (token + token).find(token, 1)
    return token[:period] if period > 1 and token.isalnum() else token


def _squeeze(text: str) -> str:
    """« ouiiii » → « oui »."""
    return REPEATED.sub(r"\1", text)


def _kinds(tokens: Sequence[str], known: Mapping[str, str], longest: int) -> Collection[str]:
    """What the phrases are that a text is made of, the longest first; nothing where it is not made of them alone, or
    where something stands before the first that decides which may only follow it."""
    ways: list[list[str] | None] = [None] * len(tokens) + [[]]
    for start in reversed(range(len(tokens))):
        found = [
            [kind, *rest]
            for end in range(min(start + longest, len(tokens)), start, -1)
            if (kind := known.get(" ".join(tokens[start:end]))) is not None and (rest := ways[end]) is not None
        ]
        polite = found and found[0][0] == AROUND  # « merci bien sûr » : thanks, and a yes
        ways[start] = next((way for way in found if not polite or {YES, NO} & set(way)), next(iter(found), None))
    kinds = ways[0] or []
    first = next((n for n, kind in enumerate(kinds) if kind in (YES, NO)), len(kinds))
    return frozenset() if AFTER in kinds[:first] else frozenset(kinds)


def _own(asked: str, words: Words) -> frozenset[str]:
    """The words in which one agrees to this question: those of its last sentence, in any form of the verb. None of a
    question with two sides, of which one alone may be meant."""
    sentence = re.split(r"[.!?…\n]", HOLE.sub(" ", asked).strip().rstrip(" ?\u202f\u00a0*"))[-1]
    tokens = fold(sentence).split()
    sides = words.means("talk.words.and") | words.means("talk.words.turns")
    if "," in sentence or not sides.isdisjoint(tokens):
        return frozenset()
    return frozenset(form for token in tokens for form in _forms(token))


def _forms(token: str) -> Iterator[str]:
    yield token
    stem = ENDING.sub("", token)
    if len(stem) >= SHORTEST_STEM:
        yield from (f"{stem}{end}" for end in ("e", "es", "ez", "er", "ir", "ons", "ent"))
