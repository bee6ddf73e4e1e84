"""Addresses of people and rooms: typed, in a link, in a `matrix:` address, as clients and servers write them."""

from __future__ import annotations

import re
from urllib.parse import unquote

from integrations.domains import asked

# https://spec.matrix.org/latest/appendices/ (identifiers, matrix: URI, matrix.to); clients' own links end alike.
# Before its `#` a link has one colon more at most: one that begins within another is not read twice.
BEGIN = r"https?://[^\s#:]{0,200}(?::\d{1,5}[^\s#:]{0,200})?#/"
# Behind it: a message of the room, through which servers (« ?via= »), what a click does (« ?action=chat »).
BEHIND = r"(?:/[^\s?<>()\[\]]*)?(?:\?[^\s<>()\[\]]*)?"
LINK = re.compile(rf"{BEGIN}(?:user/|room/)?((?:@|#|!|%40|%23|%21)[^\s?/<>()\[\]]+){BEHIND}", re.IGNORECASE)
URI = re.compile(rf"\bmatrix:(u|r|roomid)/([^\s?/<>()\[\]]+){BEHIND}", re.IGNORECASE)
MENTIONS = ("https://matrix.to/#/", "matrix:")  # how clients write that somebody is mentioned, or a room
SIGILS = {"u": "@", "r": "#", "roomid": "!"}
SERVER = r"(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?"
LOCAL = r"(?<![\w@.])@[a-z0-9._=/+-]+"
USER = re.compile(rf"{LOCAL}:{SERVER}", re.IGNORECASE)
LABEL = r"(?:[^\W_]|[-\u0300-\u036f])+"  # « @zoe:straße.de », accents in pieces too
WRITTEN = re.compile(rf"{LOCAL}:(?:{LABEL}(?:\.{LABEL})*(?::\d{{1,5}})?|{SERVER})", re.IGNORECASE)
ALIAS = re.compile(rf"(?<![\w#/])#[^\s:#]+:{SERVER}", re.IGNORECASE)
LONGEST_ID, LONGEST_LINK = 255, 2_000
PUNCTUATION = ".,;:!?'’\"»*_"


def ids_in(text: str) -> tuple[str, ...]:
    """In links as they are written there; typed ones in lower case, as the keyboard of a phone would not."""
    linked = [_asked(unquote(found)) for found in LINK.findall(text)]
    linked += [_asked(SIGILS[kind.lower()] + unquote(rest)) for kind, rest in URI.findall(text)]
    bare = URI.sub(" ", LINK.sub(" ", text))
    typed = [_asked(found.rstrip(".").lower()) for pattern in (WRITTEN, ALIAS) for found in pattern.findall(bare)]
    return tuple(dict.fromkeys((*linked, *typed)))


def with_ids(text: str) -> str:
    """The same with what links to people and rooms lead to in their place."""
    for pattern in (LINK, URI):
        text = pattern.sub(lambda link: target_of(link[0]) or link[0], text)
    return text


def without_ids(text: str) -> str:
    """What is said besides links to people and rooms, and people's addresses."""
    return WRITTEN.sub(" ", URI.sub(" ", LINK.sub(" ", text)))


def target_of(link: str) -> str:
    """The person or the room that a link or a `matrix:` address leads to; empty where it leads elsewhere."""
    link = link.strip()[:LONGEST_LINK]
    if found := LINK.match(link):
        id = _asked(unquote(found[1].rstrip(PUNCTUATION)))
    elif found := URI.match(link):
        id = _asked(SIGILS[found[1].lower()] + unquote(found[2].rstrip(PUNCTUATION)))
    else:
        return ""
    return id if is_sound(id) and (":" in id or id.startswith("!")) else ""


def mentioned_by(address: str) -> str:
    """The person or the room that a client mentions by this link; empty for any other, which only leads to them."""
    return target_of(address) if address.startswith(MENTIONS) else ""


def _asked(id: str) -> str:
    """A person's with their server as it is asked; what cannot be stays, and is nobody's."""
    if id.isascii() or not id.startswith("@"):
        return id
    local, colon, server = id.partition(":")
    name, port, number = server.partition(":")
    return f"{local}{colon}{asked(name) or name}{port}{number}"


def is_user_id(text: str) -> bool:
    return USER.fullmatch(text) is not None and is_sound(text)


def is_sound(id: str) -> bool:
    return len(id.encode()) <= LONGEST_ID and id.isprintable() and " " not in id
