"""What a person typed, and whom they named in it: read from the whole event, for its plain text alone says neither.

Clients differ in what they write there for a mention: the name that somebody gives themselves, which may be another
one's; `[@zoe:lieu.fr](https://matrix.to/#/@zoe:lieu.fr)`; an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from bot.matrix.hostile_html import HostileParser
from bot.matrix.identifiers import LINK, LONGEST_LINK, PUNCTUATION, URI, WRITTEN, mentioned_by, target_of
from bot.matrix.markup import clean

LONGEST_TYPED = 65_536  # characters: no event holds more
LONGEST_LABEL, MOST_MENTIONS = 2_000, 300
CAPTIONED = ("m.image", "m.file", "m.video", "m.audio")
FALLBACK = re.compile(r"\A> (?:\* )?<@[^\n]*\n(?:>[^\n]*\n)*\n?")
MARK = 0xE000  # the first of the private characters, which nobody can type: `clean` takes them out
MARKS = re.compile(f"[{chr(MARK)}-{chr(MARK + MOST_MENTIONS)}]")
# « [@zoe:lieu.fr](https://matrix.to/#/@zoe:lieu.fr) », and an address alone.
MARKDOWN = r"\[(?P<label>[^\[\]\n]{1,200})\]\(<?(?P<to>[^\s<>()]{1,600})>?\)"
LINKED = re.compile(rf"{MARKDOWN}|(?P<bare>{LINK.pattern}|{URI.pattern})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """Who, or which room, stands behind the words of a mention. A room's `link` says more: through which servers."""

    id: str
    label: str
    link: str

    @property
    def address(self) -> str:
        return self.id if self.id.startswith("@") else self.link


@dataclass(frozen=True, slots=True)
class Typed:
    """A text with its mentions: each stands in `marked` as one character of its own."""

    marked: str
    mentions: tuple[Named, ...] = ()

    @property
    def text(self) -> str:
        """As people read it."""
        return self.read(lambda one: one.label)

    def read(self, say: Callable[[Named], str]) -> str:
        """With what is said of each mention."""
        return MARKS.sub(lambda mark: say(self._of(mark)), self.marked)

    @property
    def named(self) -> str:
        """The same with addresses in place of the words under which they are mentioned."""
        return MARKS.sub(self._address, self.marked)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._of(mark).id for mark in MARKS.finditer(self.marked)))

    def of(self, marked: str) -> Typed:
        """A part of it."""
        return replace(self, marked=marked)

    def _of(self, mark: re.Match[str]) -> Named:
        return self.mentions[ord(mark[0]) - MARK]

    def _address(self, mark: re.Match[str]) -> str:
        """Apart from what would be taken for more of it."""
        behind = self.marked[mark.end() : mark.end() + 1]
        before = self.marked[mark.start() - 1 : mark.start()] if mark.start() else ""
        left = " " if before and not before.isspace() and before not in "(«“\"'" else ""
        right = " " if behind and not behind.isspace() and behind not in ")»”\"',;!" else ""
        return f"{left}{self._of(mark).address}{right}"


def typed_in(content: Mapping[str, Any]) -> Typed | None:
    """What a person typed, or None when they sent something else (a photo, a notice, nonsense). Of an edited message it
    is the new text."""
    new = content.get("m.new_content")
    if isinstance(new, Mapping):
        content = new
    body = content.get("body")
    if content.get("msgtype") not in ("m.text", "m.emote"):
        return _caption(content)
    if not isinstance(body, str):
        return None
    if _is_edit(content):
        body = body.removeprefix("* ")  # who knows no edits sees this one as a line of its own
    return _formatted(content.get("formatted_body")) or _plain(FALLBACK.sub("", body, count=1))


def spoken_to(said: Typed, me: str, name: str) -> tuple[Typed, bool] | None:
    """What was said to the bot, where this begins by naming it, and whether that is sure: « conciergerie fermée » may
    be about the place. None where it begins otherwise."""
    start = said.marked.lstrip()
    if start and (mark := MARKS.match(start)) and said.mentions[ord(mark[0]) - MARK].id == me:
        return said.of(start[1:].lstrip(":, \t\n\u00a0\u202f")), True
    bare = name.partition(" (")[0] if name.endswith(")") else name
    names = {name, bare, f"@{name}", f"@{bare}", me, me.partition(":")[0]}
    for called in sorted(names - {"", "@"}, key=len, reverse=True):
        if start[: len(called)].lower() == called.lower():
            if called != me and called.startswith("@") and WRITTEN.match(start):
                continue  # « @conciergerie:ailleurs.fr » is another one's address
            found = _behind(start[len(called) :])
            return (said.of(found[0]), found[1] or called != bare) if found else None
    return None


def plain_text(content: Mapping[str, Any], me: str = "", name: str = "") -> str | None:
    """What a person typed, as people read it: None for what is no text. `me` and `name` are the bot's: a mention of it
    at the start is not part of what was said."""
    said = typed_in(content)
    if said is None:
        return None
    told = spoken_to(said, me, name) if me else None
    return (told[0] if told else said).text


def is_for(content: Mapping[str, Any], me: str, name: str = "") -> bool:
    """Whether the message begins with a mention of the bot."""
    said = typed_in(content)
    return said is not None and spoken_to(said, me, name) is not None


def called_by(content: Mapping[str, Any], me: str, name: str) -> tuple[str, ...]:
    """What the bot may be called at the start of a message, as it was typed or as it is shown; nothing where it is not
    named there."""
    said = typed_in(content)
    told = spoken_to(said, me, name) if said is not None else None
    if said is None or told is None:
        return ()
    label = said.text.removesuffix(told[0].text).strip(" :,\t\n\u00a0\u202f")
    return label, name, me[1:], me[1:].partition(":")[0]


def _behind(said: str) -> tuple[str, bool] | None:
    """What follows a name, and whether a sign says that it was called: « : aide », « aide ». None where the word goes
    on."""
    rest = said.lstrip()
    if rest[:1] in (":", ","):
        return rest[1:].lstrip(), True
    return (rest, not rest) if rest != said or not rest else None


def _is_edit(content: Mapping[str, Any]) -> bool:
    relation = content.get("m.relates_to")
    return isinstance(relation, Mapping) and relation.get("rel_type") == "m.replace"


def _caption(content: Mapping[str, Any]) -> Typed | None:
    """What was written under a picture or a file; its name is no words of anybody's."""
    body, name = content.get("body"), content.get("filename")
    told = isinstance(body, str) and isinstance(name, str) and body != name and content.get("msgtype") in CAPTIONED
    if not told:
        return None
    said = _formatted(content.get("formatted_body")) or _plain(str(body))
    return said if said.marked else None


# -- from each of the two texts of a message


class _Pieces:
    """A text as it is put together."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._mentions: list[Named] = []

    def text(self, text: str) -> None:
        self._pieces.append("\t".join(clean(piece, LONGEST_TYPED) for piece in text.split("\t")))

    def mention(self, id: str, label: str, link: str) -> None:
        if len(self._mentions) == MOST_MENTIONS:
            self.text(label)
            return
        self._pieces.append(chr(MARK + len(self._mentions)))
        self._mentions.append(Named(id, clean(label, LONGEST_LABEL).strip() or id, clean(link, LONGEST_LINK)))

    def typed(self) -> Typed:
        return Typed("".join(self._pieces).strip(), tuple(self._mentions))


def _plain(body: str) -> Typed:
    pieces, end = _Pieces(), 0
    for found in LINKED.finditer(body[:LONGEST_TYPED]):
        link = found["bare"] or found["to"]
        if not (id := target_of(link)):
            continue
        bare = link.rstrip(PUNCTUATION) if found["bare"] else link
        pieces.text(body[end : found.start()])
        pieces.mention(id, found["label"] or bare, bare)
        end = found.end() - (len(link) - len(bare))
    pieces.text(body[end:])
    return pieces.typed()


def _formatted(formatted: object) -> Typed | None:
    """None where it says no more than the plain text, which is what was typed: no table was pasted, nobody is named."""
    if not isinstance(formatted, str) or not any(sign in formatted for sign in ("<table", "#/", "matrix:")):
        return None
    page = _Page()
    page.feed(formatted.rpartition("</mx-reply>")[2][:LONGEST_TYPED])
    page.close()  # « R&D » at the end is held back until then
    said = page.typed()
    return said if said.mentions or "<table" in formatted else None


class _Page(HostileParser):
    """Text as it is, cells and rows between tabs and line breaks; in a table, the address behind a link is beside its
    words, which may be a name."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces = _Pieces()
        self._cells, self._tables = 0, 0
        self._target, self._href, self._label = "", "", list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("td", "th"):
            self.pieces.text("\t" * bool(self._cells))
            self._cells += 1
        elif tag in ("tr", "table", "p", "div", "br", "li"):
            self.pieces.text(" " if self._cells else "\n- " if tag == "li" else "\n")
        if tag == "a":
            self._spill()
            self._link(dict(attrs).get("href") or "")
        if tag == "img":
            self.handle_data(dict(attrs).get("alt") or "")

    def _link(self, address: str) -> None:
        target = mentioned_by(address)
        if target and not self._cells:
            self._target, self._href = target, address
        elif target or (self._cells and address.startswith("mailto:")):
            self.pieces.text(f" {unquote(address)} ")

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data) if self._cells else data
        if self._target:
            self._label.append(text)
        else:
            self.pieces.text(text)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._target:
            self.pieces.mention(self._target, "".join(self._label), self._href)
            self._target, self._label = "", []
        if tag in ("tr", "table"):
            self._cells = 0
            self.pieces.text("\n")

    def _spill(self) -> None:
        """A link that is never closed is none."""
        self.pieces.text("".join(self._label))
        self._target, self._label = "", []

    def typed(self) -> Typed:
        self._spill()
        return self.pieces.typed()


def parts(said: Typed, most: int) -> Iterator[Typed]:
    """Its first words, each with what it mentions, and what remains as the last one."""
    for piece in said.marked.split(None, most - 1):
        yield said.of(piece)
