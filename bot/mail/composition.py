"""From a template and words of the catalogues to what somebody reads of a mail: plain, and as a page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bot.lieux import Lieu
from bot.matrix.markup import Rendered, clean, render
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

    What is `told` is shown as it is, never as markup; whatever people call themselves goes through `name` before.
    """

    def rendered(key: str, holes: dict[str, Any]) -> Rendered:
        sentence = words.sentence(language, f"mail.{key}", holes, overlay=lieu.words, zone=lieu.choices.zone)
        return render(*sentence)

    def plain(key: str, /, **holes: Any) -> str:
        return rendered(key, holes).plain

    def html(key: str, /, **holes: Any) -> Markup:
        return Markup(rendered(key, holes).html)  # noqa: S704 - escaped there

    shown = {"lieu": name(lieu.name), "lang": language.partition("@")[0], **told}
    first, _, text = _templates().get_template(f"{template}.txt").render(shown, say=plain).strip().partition("\n")
    subject = line(first)
    page = _templates().get_template(f"{template}.html").render(shown, say=html, subject=subject)
    return Written(subject, f"{text.strip()}\n", page)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("bot.mail"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def line(text: str) -> str:
    """On one line, as headers are, and without what only a page needs."""
    return " ".join(clean(text, LONGEST_LINE).replace(JOINT, "").split())


def name(text: str) -> str:
    """What somebody calls themselves, for a mail: short, on one line, and nothing that mail programs make a link of."""
    return LINK_SIGN.sub(lambda sign: sign[0] + JOINT, " ".join(clean(text, LONGEST_NAME).split()))
