"""What somebody wants to be called: « moi c’est Zoé ! » is Zoé."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from bot.matrix.markup import clean
from bot.talk.answers.agreement import POLITENESS, SMILE, agreed, is_polite
from bot.talk.answers.answer import YES, Answer, Heard, NotUnderstood
from bot.talk.answers.no_answer import STATED, VERBATIM, goes_on, meant
from bot.talk.answers.pasted import inside
from bot.talk.answers.proposal import agrees
from bot.talk.answers.text import Text
from bot.words import Words, fold

LONGEST, LONGEST_SHOWN, MOST_WORDS = 80, 40, 4
AROUND = re.compile(r"^[^\w(«“\"]+|[^\w)»”\".’']+$")
FULL_STOP = re.compile(r"(?<=\w{3})\.+$")
NOT_IN_A_NAME = re.compile(r"[\d_@.:/\\]")


@dataclass(frozen=True, slots=True)
class Name(Answer[str]):
    """`suggestion` is what ✅ takes, where it is not empty."""

    kind: ClassVar[str] = "name"
    suggestion: str = ""

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return ("name-suggested", {"suggestion": self.suggestion}) if self.suggestion else (self.kind, {})

    def reactions(self) -> Sequence[str]:
        return (YES,) if self.suggestion else ()

    async def read(self, heard: Heard, words: Words) -> str:
        if self.suggestion and agrees(heard, words):
            return self.suggestion
        if self.suggestion and agreed(heard, words) is False:
            raise NotUnderstood("name-wanted")
        text = await Text(VERBATIM, max=LONGEST).read(heard, words)
        if not inside(text):
            if is_polite(text, words):
                raise NotUnderstood("greeting")
            if fold(text) in words.commands():
                raise NotUnderstood("command", said=text.lstrip("!"))
            if _is_no_name(text) or goes_on(text, words):
                raise NotUnderstood("name-wanted")
        stated = meant(text, words, STATED)
        name = bare_name(stated, words) if stated == text else stated  # it stood between quotation marks
        return name if name == stated else meant(name, words, STATED)


def _is_no_name(text: str) -> bool:
    """« 06 12 34 56 78 », « le 3 », an address."""
    figures = any(not any(map(str.isalpha, token)) and any(map(str.isdigit, token)) for token in text.split())
    return figures or "@" in text or "://" in text


def bare_name(text: str, words: Words) -> str:
    """A name without what people say around it; as it is where nothing else would be left."""
    name, introduced = _without(_tidied(text), words)
    name, called = _rather(name, words)
    if (introduced or called) and name.islower():  # in the middle of a sentence nobody thinks of capitals
        name = _before(name, words.means("talk.words.belonging"))
        name = re.sub(r"(?<![\w’'])\w", lambda letter: letter[0].upper(), name)
    return name or text


def _tidied(text: str) -> str:
    return FULL_STOP.sub("", AROUND.sub("", AROUND.sub("", SMILE.sub("", text)).strip()))


def _without(text: str, words: Words) -> tuple[str, bool]:
    """What comes after « bonjour », « je m’appelle », and whether there was a beginning of a sentence."""
    greetings = frozenset[str]().union(*(words.means(key) for key in POLITENESS))
    text, _ = _cut(text, greetings)
    name, _, more = text.partition(",")
    if fold(more) in greetings | words.means("talk.words.pleased"):
        text = name
    return _cut(text, words.means("talk.words.introducing"), unlike_names=True)


def _rather(name: str, words: Words) -> tuple[str, bool]:
    """« Zoé Martin mais on dit Zozo » is Zozo, and « Zoé mais pas le dimanche » is Zoé."""
    however = words.means("talk.words.however")
    first = _before(name, however)
    after = name[len(first) :].lstrip().partition(" ")[2]
    called, is_called = _cut(after, words.means("talk.words.introducing"))
    return (called, True) if is_called else (first, False)


def _before(text: str, openings: frozenset[str]) -> str:
    """What stands before the first of these, where something does."""
    places = [at.start() for at in re.finditer(r"\s+", text)]
    found = (at for at in places if any(f"{fold(text[at:])} ".startswith(f"{each} ") for each in openings))
    return _tidied(text[: next(found, len(text))])


def _cut(text: str, beginnings: frozenset[str], *, unlike_names: bool = False) -> tuple[str, bool]:
    """Without the longest of these at its beginning, where whole words are left: « Moïse » is no « moi ». One word that
    could be a name (« Cest Martin ») is none where it, or what follows, is written small."""
    places = [at.end() for at in re.finditer(r"\s+", text)]
    found = [at for at in places if fold(text[:at]) in beginnings]
    if unlike_names:
        found = [at for at in found if " " in fold(text[:at]) or text[:at].islower() or text[at:].islower()]
    return (_tidied(text[found[-1] :]), True) if found else (text, False)


def first_name(name: str) -> str:
    """The part of a whole name by which somebody is called, where it looks like one: « DUPONT Zoé » is Zoé. Else
    nothing."""
    parts = likely_name(name, "").split()
    small = [part for part in parts if not part.isupper()] if len(parts) > 1 else parts
    return small[0] if small else ""


def likely_name(shown: str, person: str) -> str:
    """What somebody calls themselves in their profile, where it looks like what people are called; else nothing."""
    name = _tidied(clean(shown)).strip()
    login = person.removeprefix("@").partition(":")[0]
    fits = len(name) <= LONGEST_SHOWN and len(name.split()) <= MOST_WORDS and not NOT_IN_A_NAME.search(name)
    return name if fits and name[:1].isalpha() and not name[:1].islower() and name != login else ""
