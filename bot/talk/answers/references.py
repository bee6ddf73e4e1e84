"""People and rooms of Matrix in what somebody typed, pasted or mentioned."""

from __future__ import annotations

import re
from urllib.parse import unquote

from bot.talk.answers.answer import Heard
from integrations.domains import asked

# https://spec.matrix.org/latest/appendices/ (identifiers, matrix: URI, matrix.to); clients' own links end alike.
# Before its `#` a link has one colon more at most: one that begins within another is not read twice.
BEGIN = r"https?://[^\s#:]{0,200}(?::\d{1,5}[^\s#:]{0,200})?#/"
LINK = re.compile(rf"{BEGIN}(?:user/|room/)?((?:@|#|!|%40|%23|%21)[^\s?/>)\]]+)", re.IGNORECASE)
URI = re.compile(r"\bmatrix:(u|r|roomid)/([^\s?/>)\]]+)", re.IGNORECASE)
SIGILS = {"u": "@", "r": "#", "roomid": "!"}
SERVER = r"(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?"
LOCAL = r"(?<![\w@.])@[a-z0-9._=/+-]+"
USER = re.compile(rf"{LOCAL}:{SERVER}", re.IGNORECASE)
LABEL = r"(?:[^\W_]|[-\u0300-\u036f])+"  # « @zoe:straße.de », accents in pieces too
WRITTEN = re.compile(rf"{LOCAL}:(?:{LABEL}(?:\.{LABEL})*(?::\d{{1,5}})?|{SERVER})", re.IGNORECASE)
ALIAS = re.compile(rf"(?<![\w#/])#[^\s:#]+:{SERVER}", re.IGNORECASE)
LONGEST_ID = 255


def mentioned(heard: Heard, sigils: str) -> tuple[str, ...]:
    """The ids that begin with one of the sigils ("@" people, "#" and "!" rooms): pills first, then the text's."""
    ids = dict.fromkeys((*heard.pills, *ids_in(heard.text or "")))
    return tuple(id for id in ids if id[:1] in sigils and _sound(id))


def ids_in(text: str) -> tuple[str, ...]:
    """In links as they are written there; typed ones in lower case, as the keyboard of a phone would not."""
    linked = [_asked(unquote(found)) for found in LINK.findall(text)]
    linked += [_asked(SIGILS[kind.lower()] + unquote(rest)) for kind, rest in URI.findall(text)]
    bare = URI.sub(" ", LINK.sub(" ", text))
    typed = [_asked(found.rstrip(".").lower()) for pattern in (WRITTEN, ALIAS) for found in pattern.findall(bare)]
    return tuple(dict.fromkeys((*linked, *typed)))


def _asked(id: str) -> str:
    """A person's with their server as it is asked; what cannot be stays, and is nobody's."""
    if id.isascii() or not id.startswith("@"):
        return id
    local, colon, server = id.partition(":")
    name, port, number = server.partition(":")
    return f"{local}{colon}{asked(name) or name}{port}{number}"


def is_user_id(text: str) -> bool:
    return USER.fullmatch(text) is not None and _sound(text)


def _sound(id: str) -> bool:
    return len(id.encode()) <= LONGEST_ID and id.isprintable() and " " not in id
