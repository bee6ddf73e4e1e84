"""What somebody wrote, made fit to be said elsewhere: their words, with a formatting that is safe, and their files.

People are named, and nobody is called by it; a link says where it leads. What comes from outside, another bot included,
is read anew each time it is shown. https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from bot.matrix.hostile_html import HostileParser
from bot.matrix.identifiers import mentioned_by
from bot.matrix.markup import Rendered, bulleted, clean, escape, indented, is_address, quoted
from bot.matrix.message import Content, attached
from bot.matrix.typed import LONGEST_TYPED, Typed, typed_in

LONGEST = 60_000  # characters: no event holds more
MOST_TAGS, DEEPEST, FURTHEST = 1_500, 12, 40  # an end belongs to one of so many tags before it
STICKER, POLLS = "m.sticker", ("m.poll.start", "org.matrix.msc3381.poll.start")
PASSED = ("m.room.message", STICKER, *POLLS)  # types of events that say something
QUIET = ("m.notice", "m.key.verification.request", "m.bad.encrypted")  # of bots and clients; nobody wrote them

INLINE = {
    "b": "strong",
    "strong": "strong",
    "i": "em",
    "em": "em",
    "u": "em",
    "s": "del",
    "strike": "del",
    "del": "del",
}
INLINE |= {"code": "code", "a": "a"}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = {"p": "p", "div": "p", "ul": "ul", "ol": "ol", "li": "li", "blockquote": "blockquote", "pre": "pre", "tr": "p"}
BLOCKS |= dict.fromkeys(HEADINGS, "heading") | {"summary": "heading", "caption": "p"}
MARKS = " \n>•"  # of forms, which say nothing alone
UNSAID = frozenset(("mx-reply", "script", "style", "head", "title", "template", "iframe", "object", "svg", "noscript"))
LIKE_ADDRESS = re.compile(r"(?:https?:|www\.|mailto:|[\w-]\.[a-z]{2,24}(?:$|[/:?#\s]))", re.IGNORECASE)
GEO = re.compile(r"geo:(-?\d{1,3}(?:\.\d{1,12})?),(-?\d{1,3}(?:\.\d{1,12})?)(?:[,;].{0,100})?", re.IGNORECASE)
PLACE = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=17/{0}/{1}"


class Said(TypedDict, total=False):
    """What was said: `text` (alone, or under the `attachment`), as it was `formatted` (HTML) where it was; that it is
    `cut`; or that all of it was `deleted`."""

    text: str
    formatted: str
    attachment: Content
    cut: bool
    deleted: bool


def passage(
    content: Mapping[str, Any], names: Mapping[str, str] | None = None, type: str = PASSED[0], longest: int = LONGEST
) -> Said | None:
    """What a message of this type says, in so many characters; of one that edits, the new words. None for what cannot
    be said elsewhere.

    `names`: what people are called, by their Matrix id, for clients that write the id alone.
    """
    new = content.get("m.new_content")
    content = new if isinstance(new, Mapping) else content
    if type in POLLS:
        return _poll(content, longest)
    if type == STICKER:
        found = attached({**content, "msgtype": "m.image"})
        return {"attachment": found} if found else None
    if content.get("msgtype") == "m.location":
        return _place(content)
    found, typed = attached(content), typed_in(content)
    if typed is None or not typed.text:
        return {"attachment": found} if found else None
    said = _words(typed, _html_of(content), names or {}, longest)
    return {**said, "attachment": found} if found else said


def shown(said: Mapping[str, Any]) -> Rendered:
    """The words of something said, as the value of a hole."""
    formatted = said.get("formatted")
    found = _Reader({}).read(formatted) if isinstance(formatted, str) else None
    return found or _unformatted(str(said.get("text") or ""))


def is_somebodys(content: Mapping[str, Any], type: str) -> bool:
    """Whether somebody wrote this: if it cannot be said elsewhere, they should know."""
    return type in PASSED and bool(content) and content.get("msgtype") not in QUIET


def without_first(html: str, word: str) -> str:
    """A formatted text after this word, which is its first one (« !annonce »); nothing where it is not in it."""
    reader = _Reader({})
    tree = reader.parse(html)
    found = reader.skip(tree, word)
    return _blocks(tree).html if found else ""


def _words(typed: Typed, html: str, names: Mapping[str, str], longest: int) -> Said:
    reader = _Reader(names, longest)
    found = reader.read(html) if html else None
    if found is None:
        return _fitting(typed.read(lambda one: _person(one.id, one.label, names)), longest)
    told = _fitting(found.plain, longest)
    if reader.is_cut:
        told["cut"] = True
    return told if found.html == escape(told["text"]) else {**told, "formatted": found.html}


def _fitting(text: str, longest: int) -> Said:
    """As much of a text as there is room for."""
    return {"text": text} if len(text) <= longest else {"text": f"{text[: longest - 1].rstrip()}…", "cut": True}


def _unformatted(text: str) -> Rendered:
    return Rendered(clean(text), escape(clean(text)))


def _html_of(content: Mapping[str, Any]) -> str:
    html = content.get("formatted_body") if content.get("format") == "org.matrix.custom.html" else None
    return html[:LONGEST_TYPED] if isinstance(html, str) else ""


# -- what is no text


def _place(content: Mapping[str, Any]) -> Said | None:
    """A place: what it is called, and where a map shows it, for those whose client has none."""
    told = next((content[key] for key in ("m.location", "org.matrix.msc3488.location") if key in content), None)
    told = told if isinstance(told, Mapping) else {}
    found = GEO.fullmatch(str(told.get("uri") or content.get("geo_uri") or "").strip())
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        return None
    body, called = str(content.get("body") or ""), told.get("description")
    name = called if isinstance(called, str) else "" if "geo:" in body else body
    link = PLACE.format(found[1], found[2])
    return {"text": "\n".join([" ".join(["📍", *clean(name, LONGEST).split()]).strip(), link])}


def _poll(content: Mapping[str, Any], longest: int) -> Said | None:
    """What is asked, and what can be answered: votes stay where the poll is."""
    poll = next((content[key] for key in ("m.poll", POLLS[1]) if isinstance(content.get(key), Mapping)), None)
    answers = poll.get("answers") if poll else None
    question = _extensible(poll.get("question")) if poll else ""
    if not question or not isinstance(answers, list):
        return None
    lines = [one for answer in answers[:20] if (one := _extensible(answer))]
    return _fitting("\n".join([f"📊 {question}", *(f"• {line}" for line in lines)]), longest)


def _extensible(told: object) -> str:
    """The text of a part of a poll: https://github.com/matrix-org/matrix-spec-proposals/pull/3381"""
    if not isinstance(told, Mapping):
        return ""
    text = told.get("org.matrix.msc1767.text") or told.get("m.text") or told.get("body")
    if isinstance(text, list):
        text = text[0].get("body") if text and isinstance(text[0], Mapping) else None
    return " ".join(clean(text, LONGEST).split()) if isinstance(text, str) else ""


# -- formatted texts


@dataclass(slots=True)
class _Element:
    """`address` is where a link leads, `first` the first number of a list."""

    tag: str
    address: str = ""
    first: int = 1
    inside: list[_Element | str] = field(default_factory=list)


class _Reader(HostileParser):
    """Hostile: what is deep, long or of many pieces loses its form, never more than that; what is unknown is text."""

    def __init__(self, names: Mapping[str, str], longest: int = LONGEST) -> None:
        super().__init__()
        self._names = names
        self._root = _Element("root")
        self._open: list[tuple[str, _Element]] = []
        self._unsaid, self._tags, self._room = 0, 0, longest
        self.is_cut = False

    def read(self, html: str) -> Rendered | None:
        """None where nothing is to be read in it."""
        found = _blocks(self.parse(html))
        return found if found.plain.strip(MARKS) else None

    def parse(self, html: str) -> _Element:
        self.feed(html[:LONGEST])
        self.close()
        self.is_cut = self.is_cut or len(html) > LONGEST
        return self._root

    def skip(self, tree: _Element, word: str) -> bool:
        """Take away all that is said before the end of this word. False where it is not said."""
        for place, one in enumerate(tree.inside):
            if isinstance(one, _Element) and self.skip(one, word):
                del tree.inside[:place]
                return True
            at = one.lower().find(word.lower()) if isinstance(one, str) else -1
            if isinstance(one, str) and at >= 0:
                tree.inside[: place + 1] = [one[at + len(word) :].lstrip(" \u202f\u00a0\n:,")]
                return True
        return False

    @property
    def _here(self) -> _Element:
        return self._open[-1][1] if self._open else self._root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags += 1
        given = {name: value or "" for name, value in attrs}
        if tag in UNSAID:
            self._unsaid += 1
        elif self._unsaid or tag in ("br", "hr"):
            self._say("\n" * (not self._unsaid))
        elif tag == "img":
            self._say(given.get("alt") or given.get("title") or "")
        elif tag in ("td", "th"):
            self._say(" · " * bool(self._here.inside))
        elif (meant := INLINE.get(tag) or BLOCKS.get(tag)) is not None:
            self._begin(tag, self._element(meant, given))

    def _element(self, tag: str, given: Mapping[str, str]) -> _Element:
        start = given.get("start", "")
        return _Element(tag, given.get("href", ""), int(start) if re.fullmatch(r"\d{1,4}", start) else 1)

    def _begin(self, tag: str, element: _Element) -> None:
        """What is too deep is said where it is, without a form of its own."""
        if self._tags > MOST_TAGS:
            return
        here = self._here
        if len(self._open) < DEEPEST:
            here.inside.append(element)
            self._open.append((tag, element))
        else:
            self._open.append((tag, here))

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSAID:
            self._unsaid = max(0, self._unsaid - 1)
        elif not self._unsaid and any(tag == each for each, _ in self._open[-FURTHEST:]):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._unsaid:
            kept = any(tag == "pre" for tag, _ in self._open[:DEEPEST])
            self._say(data if kept else re.sub(r"[ \t\r\n]+", " ", data))

    def _say(self, text: str) -> None:
        text = "\n".join(clean(line, LONGEST) for line in text.split("\n"))
        if len(text) > self._room:
            text, self.is_cut = f"{text[: self._room].rstrip()}…" if self._room else "", True
        self._room = max(0, self._room - len(text))
        if text:
            self._here.inside.append(text)

    def close(self) -> None:
        super().close()
        self._named(self._root)

    def _named(self, element: _Element) -> None:
        """People who are linked to become what they are called."""
        for place, one in enumerate(element.inside):
            if isinstance(one, str):
                continue
            if one.tag == "a" and (person := mentioned_by(one.address)).startswith("@"):
                element.inside[place] = _person(person, _inline(one.inside).plain, self._names)
            else:
                self._named(one)


def _person(id: str, label: str, names: Mapping[str, str]) -> str:
    """What somebody is called where they were named: never an address, which some clients turn into a call."""
    label = label.strip().removeprefix("@")
    called = label if label and label != id.removeprefix("@") and ":" not in label else names.get(id, "")
    return clean(called.removeprefix("@") or id[1:].partition(":")[0], 200)


def _blocks(element: _Element) -> Rendered:
    """What an element holds: one line of text, or blocks, in which what stands beside blocks has one of its own."""
    parts = list(_parts(element))
    if len(parts) == 1 and not isinstance(parts[0], _Element):
        return parts[0]
    shown = [_block(part) if isinstance(part, _Element) else _paragraph(part) for part in parts]
    shown = [part for part in shown if part.plain.strip()]
    if len(shown) == 1 and shown[0].html.startswith("<p>") and shown[0].html.count("<p>") == 1:
        return Rendered(shown[0].plain, shown[0].html.removeprefix("<p>").removesuffix("</p>"))
    return Rendered("\n".join(part.plain for part in shown), "".join(part.html for part in shown), is_block=True)


def _paragraph(inner: Rendered) -> Rendered:
    return Rendered(inner.plain, f"<p>{inner.html}</p>")


def _parts(element: _Element) -> Iterator[Rendered | _Element]:
    """Blocks as they are, and what stands between them."""
    beside: list[_Element | str] = []
    for one in [*element.inside, None]:
        if one is None or (isinstance(one, _Element) and _is_block(one)):
            if (inner := _trimmed(_inline(beside))).plain:
                yield inner
            beside = []
            if one is not None:
                yield one
        else:
            beside.append(one)


def _is_block(element: _Element) -> bool:
    return element.tag in BLOCKS.values() or any(_is_block(one) for one in element.inside if isinstance(one, _Element))


def _block(element: _Element) -> Rendered:
    match element.tag:
        case "ul" | "ol":
            return _list(element)
        case "blockquote":
            return quoted(_blocks(element))
        case "pre":
            code = _text(element).strip("\n")
            return Rendered(code, f"<pre><code>{escape(code).replace('<br>', chr(10))}</code></pre>")
        case "heading":
            inner = _trimmed(_inline(element.inside))
            return Rendered(inner.plain, f"<p><strong>{inner.html}</strong></p>")
    inner = _blocks(element)
    return inner if inner.is_block else _paragraph(inner)


def _list(element: _Element) -> Rendered:
    pieces = [one if isinstance(one, _Element) else _Element("li", inside=[one]) for one in element.inside]
    items = [_blocks(_Element("li", inside=[one]) if one.tag != "li" else one) for one in pieces]
    items = [item for item in items if item.plain.strip()]
    if element.tag == "ul":
        return bulleted(items)
    plain = "\n".join(indented(item.plain, f"{n}. ", "   ") for n, item in enumerate(items, element.first))
    start = "" if element.first == 1 else f' start="{element.first}"'
    return Rendered(plain, f"<ol{start}>{''.join(f'<li>{item.html}</li>' for item in items)}</ol>")


def _inline(pieces: Iterable[_Element | str]) -> Rendered:
    parts = [Rendered(one, escape(one)) if isinstance(one, str) else _inline_element(one) for one in pieces]
    return Rendered("".join(part.plain for part in parts), "".join(part.html for part in parts))


def _inline_element(element: _Element) -> Rendered:
    if element.tag == "code":
        code = _text(element)
        return Rendered(code, f"<code>{escape(code)}</code>" if code else "")
    inner = _inline(element.inside)
    if element.tag == "a":
        return _link(element.address, inner)
    if element.tag not in INLINE.values() or not inner.plain.strip():
        return inner
    struck = element.tag == "del"  # without its line, the words would say the contrary
    return Rendered(f"~~{inner.plain}~~" if struck else inner.plain, f"<{element.tag}>{inner.html}</{element.tag}>")


def _link(address: str, label: Rendered) -> Rendered:
    """It says where it leads: words that look like another address are no label."""
    if not is_address(address):
        return label
    bare = address.removeprefix("mailto:")
    said = label.plain.strip()
    if said in ("", address, bare):
        return Rendered(bare, f'<a href="{escape(address)}">{escape(bare)}</a>')
    if LIKE_ADDRESS.search(said):
        return Rendered(f"{said} ({bare})", f'{label.html} (<a href="{escape(address)}">{escape(bare)}</a>)')
    return Rendered(f"{said} ({bare})", f'<a href="{escape(address)}">{label.html}</a>')


def _text(element: _Element) -> str:
    return "".join(one if isinstance(one, str) else _text(one) for one in element.inside)


def _trimmed(inner: Rendered) -> Rendered:
    lines = inner.html.split("<br>")
    said = [n for n, line in enumerate(lines) if line.strip()]
    return Rendered(inner.plain.strip(), "<br>".join(lines[said[0] : said[-1] + 1]).strip() if said else "")
