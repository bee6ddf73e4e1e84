"""A text as others are to read it: without the marks of where it was pasted from, nor quotation marks around all of it.

Each kind of text that people keep (a name, a charter, a welcome) is read through here; a message that is only passed
on stays as it was written.
"""

from __future__ import annotations

import re

QUOTED = re.compile(r"[\"“„”]([^\"“„”]+)[\"“”]|'([^']+)'|‘([^‘’]+)’")
FIRST, LAST = "«", "»"
MARKED = re.compile(r"^ ?(?:> ?)+")  # by a program that writes mails, before each line of another one
INTRODUCED = re.compile(r"\b(?:a écrit|wrote) ?:$")
BULLET = re.compile(r"^(\s*)(?:[•·▪▫◦●○■□➢❖✓])\s+")
OF_SECOND_LEVEL = re.compile(r"^(\s*)o\s+")  # below the other ones alone: elsewhere, « o » is a word
ODD = re.compile(r"[\t\u2000-\u200a\u205f\u3000]|(?<![«\d])\u00a0(?![;:!?»%€\d])|(?<=\S)[ \u00a0]{2,}")
EMPTY = re.compile(r"\n{3,}")
SIGNED = re.compile(r"\n-- (?:\n(?!-- \n).+){1,5}\Z")
SENT = re.compile(r"\n(?:Envoyé (?:de|depuis|à partir de) |Sent from |Télécharger Outlook|Get Outlook)[^\n]*\Z")


def unpasted(text: str) -> str:
    """Lines without the `>`, the tabs and the signature of a mail, with one kind of bullets."""
    lines = [line.rstrip(" \t\u00a0\u202f") if line != "-- " else line for line in _unmarked(text.splitlines())]
    if any(BULLET.match(line) for line in lines):
        lines = [OF_SECOND_LEVEL.sub(r"\1• ", BULLET.sub(r"\1• ", line)) for line in lines]
    text = "\n".join(ODD.sub(" ", line) for line in lines).strip("\n")
    bare = SENT.sub("", SIGNED.sub("", text).rstrip())
    return EMPTY.sub("\n\n", bare or text).strip()


def _unmarked(lines: list[str]) -> list[str]:
    said = [line for line in lines if line.strip()]
    if len(said) > 1 and INTRODUCED.search(said[0].strip()):
        said = said[1:]
    return [MARKED.sub("", line) for line in lines if line in said or not line.strip()] if _is_marked(said) else lines


def _is_marked(lines: list[str]) -> bool:
    return bool(lines) and all(MARKED.match(line) for line in lines)


def inside(text: str) -> str:
    """What stands between quotation marks that enclose all of a text; nothing where none do."""
    text = text.strip()
    found = QUOTED.fullmatch(text)
    if found:
        return next(part.strip() for part in found.groups() if part)
    return text[1:-1].strip() if _is_one_quotation(text) else ""


def _is_one_quotation(text: str) -> bool:
    """« On dit « bonjour » » is one, « oui » et « non » are two."""
    if text[:1] != FIRST or text[-1:] != LAST:
        return False
    deep = 0
    for n, char in enumerate(text):
        deep += (char == FIRST) - (char == LAST)
        if not deep and n < len(text) - 1:
            return False
    return deep == 0
