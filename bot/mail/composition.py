"""From a template and words of the catalogues to what somebody reads of a mail: plain, and as a page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.lieux import Lieu
from bot.matrix.markup import one_line
from bot.templates import Templates
from bot.words import Words

LONGEST_NAME, LONGEST_LINE = 80, 200
LINK_SIGN = re.compile(r"(?<=\w)(?:[.:@]|:?//?)(?=\w)")
JOINT = "\u200c"  # invisible: with it behind its sign, nothing is an address


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    text: str
    html: str


def compose(words: Words, language: str, lieu: Lieu, template: str, **told: Any) -> Written:
    """The mail of two templates, which say sentences of the family « mail »; the first line of the plain one is its
    subject.

    What is `told` is shown as it is, never as markup; whatever people call themselves goes through `unlinked` before.
    """
    shown = {"lieu": unlinked(lieu.name), **told}

    def rendered(file: str, **more: str) -> str:
        overlay, zone = lieu.words, lieu.choices.zone
        return _templates().render(file, words, language, {**shown, **more}, overlay=overlay, zone=zone)

    first, _, text = rendered(f"{template}.txt").strip().partition("\n")
    subject = header(first)
    return Written(subject, f"{text.strip()}\n", rendered(f"{template}.html", subject=subject))


@cache
def _templates() -> Templates:
    return Templates("bot.mail", "mail")


def header(text: str) -> str:
    """On one line, as headers are, and without what only a page needs."""
    return one_line(text.replace(JOINT, ""), LONGEST_LINE)


def unlinked(text: str) -> str:
    """What somebody calls themselves, for a mail: short, on one line, and nothing that mail programs make a link of."""
    return LINK_SIGN.sub(lambda sign: sign[0] + JOINT, one_line(text, LONGEST_NAME))
