"""A sentence of the catalogue, with the values of its holes, rendered twice: plain to read alone, HTML to be shown.

Only the sentence is Markdown. A value never is: it takes the place of one private-use character after parsing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from urllib.parse import quote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

SENTENCES = 100  # whose trees are kept: 0.6 MiB for the longest ones of a catalogue
LONGEST_VALUE, LONGEST_NAME, LONGEST_URL = 20_000, 200, 2_000
HOLE = re.compile(r"\{([A-Za-z_]\w*)\}")
FIRST_TOKEN, LAST_TOKEN = 0xE000, 0xF8FF
TOKEN = re.compile(f"[{chr(FIRST_TOKEN)}-{chr(LAST_TOKEN)}]")
PARTS = re.compile(f"([{chr(FIRST_TOKEN)}-{chr(LAST_TOKEN)}])")
NEWLINE = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
DRAWN = re.compile("[\uf0a7\uf0b7\uf0d8\uf0fc\uf076]")  # bullets of Word, in fonts of its own
# Overrides and isolates reverse what follows; the others are invisible and break comparisons. Joiners stay: emoji.
DECEPTIVE = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    # What is no character: control (but the end of a line), surrogate, private use.
    "\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]"
)


# What the holes of a sentence may hold, besides what simply prints.


@dataclass(frozen=True, slots=True)
class Mention:
    """A person, shown as a pill. It notifies only if `message.text(mentions=…)` names them too."""

    user_id: str
    name: str

    @property
    def reads(self) -> str:
        return clean(self.name, LONGEST_NAME) or clean(self.user_id, LONGEST_NAME)


@dataclass(frozen=True, slots=True)
class Link:
    """An address to click (http, https or mailto; anything else is shown as mere text)."""

    url: str
    label: str = ""

    @property
    def reads(self) -> str:
        return clean(self.label or self.url.removeprefix("mailto:"), LONGEST_NAME if self.label else LONGEST_URL)


@dataclass(frozen=True, slots=True)
class Code:
    """A command, a file name, an identifier: something to be typed or copied as it is."""

    text: str

    @property
    def reads(self) -> str:
        return clean(self.text)


@dataclass(frozen=True, slots=True)
class Beside:
    """Values side by side, as one."""

    items: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Values one below the other, without the bullets that a list has."""

    items: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of three short cells at most, under titles; read alone, each row is a line. Whole paragraphs only."""

    titles: tuple[object, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A whole message within another one: a sentence of the catalogue and its holes."""

    markdown: str
    holes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Rendered:
    """As the value of a hole: what was made safe already (`bot.matrix.passages`); `is_block`: it has paragraphs of its
    own."""

    plain: str
    html: str
    is_block: bool = False

    def __str__(self) -> str:
        return self.plain


def clean(value: object, longest: int = LONGEST_VALUE) -> str:
    """Somebody's words without what deceives the eye or breaks a line of log, and not absurdly long."""
    text = str(value)[: longest + 1]
    if not (text.isascii() and text.isprintable()):  # most names are: a lieu may have thousands
        text = NEWLINE.sub("\n", text).replace("\t", " ")
        text = DECEPTIVE.sub("", DRAWN.sub("•", text))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def one_line(told: object, longest: int = LONGEST_VALUE) -> str:
    """The same on one line: a name of several could say what the bot says. Empty for what is no text."""
    return " ".join(clean(told, longest).split()) if isinstance(told, str) else ""


def escape(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def render(markdown: str, holes: Mapping[str, object]) -> Rendered:
    """Raises KeyError when a hole of the sentence has no value."""
    tree, names = _parsed(markdown)
    return _Page({chr(FIRST_TOKEN + n): holes[name] for n, name in enumerate(names)}).blocks(tree, only=True)


@lru_cache(SENTENCES)
def _parsed(markdown: str) -> tuple[SyntaxTreeNode, tuple[str, ...]]:
    """The tree of a sentence, with a token for each hole, and what these are called, in their order: the bot says the
    same few all day. Nobody changes the tree."""
    names: list[str] = []

    def token(hole: re.Match[str]) -> str:
        names.append(hole[1])
        return chr(FIRST_TOKEN + len(names) - 1)

    return SyntaxTreeNode(_markdown().parse(HOLE.sub(token, TOKEN.sub("", markdown).strip()))), tuple(names)


@cache
def _markdown() -> MarkdownIt:
    """One for all: it keeps nothing of what it read, and building it took longer than reading a sentence."""
    parser = MarkdownIt("commonmark", {"html": False})
    parser.disable(["code", "html_block", "html_inline", "image", "lheading", "hr", "reference"])
    # A hole may be the address of a link: keep its token as it is, `_link` decides once the value is known.
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


class _Page:
    """One rendering: the tree of the sentence, and the value behind each token."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def blocks(self, parent: SyntaxTreeNode, only: bool = False) -> Rendered:
        shown = [(node, self._block(node, only and len(parent.children) == 1)) for node in parent.children]
        shown = [(node, block) for node, block in shown if block.html]
        plain = ""
        for node, block in shown:
            tight = node.type.endswith("_list") or self._alone(node) is not None
            plain += (("\n" if tight else "\n\n") if plain else "") + block.plain
        return Rendered(plain, "".join(block.html for _, block in shown))

    def _block(self, node: SyntaxTreeNode, bare: bool = False) -> Rendered:
        match node.type:
            case "paragraph" | "heading":
                return self._paragraph(node, bare)
            case "bullet_list" | "ordered_list":
                return self._list(node)
            case "blockquote":
                return quoted(self.blocks(node))
            case _:
                code = self._fill(node.content.rstrip("\n"))
                return Rendered(code.plain, f"<code>{code.html}</code>")

    def _paragraph(self, node: SyntaxTreeNode, bare: bool) -> Rendered:
        items = self._alone(node)
        if items is not None:
            return bulleted([_value(item) for item in items])
        match self._values.get(node.children[0].content):
            case Quote(markdown, holes):
                return quoted(render(markdown, holes))
            case Table(titles, rows):
                return _table(titles, rows)
        if any(isinstance(value, Rendered) and value.is_block for value in self._values.values()):
            return self._beside_blocks(node)
        inner = self._inlines(node.children[0].children)
        if node.type == "heading":
            inner = Rendered(inner.plain, f"<strong>{inner.html}</strong>")
        if bare or node.hidden or not inner.html:
            return inner
        return Rendered(inner.plain, f"<p>{inner.html}</p>")

    def _beside_blocks(self, node: SyntaxTreeNode) -> Rendered:
        """A paragraph within which somebody's own paragraphs may stand: it ends before them, and begins again after."""
        pieces, shown = self._pieces(node.children[0].children), list[Rendered]()
        for is_block, group in groupby(pieces, key=lambda piece: piece.is_block):
            for one in group if is_block else [_joined([*group], "")]:
                inner = one if is_block else Rendered(one.plain.strip(), f"<p>{one.html.strip()}</p>")
                shown += [inner] if inner.plain else []
        blocks = Rendered("\n".join(one.plain for one in shown), "".join(one.html for one in shown), is_block=True)
        return shown[0] if len(shown) == 1 else blocks

    def _pieces(self, nodes: Iterable[SyntaxTreeNode]) -> list[Rendered]:
        found: list[Rendered] = []
        for node in nodes:
            parts = PARTS.split(node.content) if node.type == "text" else []
            found += [self._part(part) for part in parts] or [self._inline(node)]
        return found

    def _alone(self, node: SyntaxTreeNode) -> list[object] | None:
        """The list whose hole is a whole paragraph: it is shown as a list."""
        if node.type != "paragraph":
            return None
        value = self._values.get(node.children[0].content)
        return list(value) if isinstance(value, list | tuple) else None

    def _list(self, node: SyntaxTreeNode) -> Rendered:
        items = [self.blocks(item) for item in node.children]
        if node.type == "bullet_list":
            return bulleted(items)
        start = int(node.attrs.get("start", 1))
        plain = [indented(item.plain, f"{n}. ", "   ") for n, item in enumerate(items, start)]
        tag = "<ol>" if start == 1 else f'<ol start="{start}">'
        return Rendered("\n".join(plain), f"{tag}{_items(items)}</ol>")

    def _inlines(self, nodes: Iterable[SyntaxTreeNode]) -> Rendered:
        parts = [self._inline(node) for node in nodes]
        return Rendered("".join(p.plain for p in parts), "".join(p.html for p in parts))

    def _inline(self, node: SyntaxTreeNode) -> Rendered:
        match node.type:
            case "softbreak" | "hardbreak":
                return Rendered("\n", "<br>")
            case "strong" | "em":
                inner = self._inlines(node.children)
                return Rendered(inner.plain, f"<{node.tag}>{inner.html}</{node.tag}>")
            case "code_inline":
                inner = self._fill(node.content)
                return Rendered(inner.plain, f"<code>{escape(inner.plain)}</code>")
            case "link":
                return _link(self._fill(str(node.attrs["href"])).plain, self._inlines(node.children))
            case _:
                return self._fill(node.content)

    def _fill(self, text: str) -> Rendered:
        parts = [self._part(part) for part in PARTS.split(text)]
        return Rendered("".join(p.plain for p in parts), "".join(p.html for p in parts))

    def _part(self, part: str) -> Rendered:
        return _value(self._values[part]) if part in self._values else Rendered(part, escape(part))


def _value(value: object) -> Rendered:
    match value:
        case Mention(user_id):
            url = "https://matrix.to/#/" + quote(clean(user_id), safe="@:")
            return Rendered(value.reads, f'<a href="{url}">{escape(value.reads)}</a>')
        case Link(url):
            return _link(url, Rendered(value.reads, escape(value.reads)))
        case Code():
            return Rendered(value.reads, f"<code>{escape(value.reads)}</code>")
        case Lines(items) | Beside(items):
            return _joined([_value(item) for item in items], "\n" if isinstance(value, Lines) else "")
        case list() | tuple():
            return _joined([_value(item) for item in value], ", ")
        case _:
            return value if isinstance(value, Rendered) else _text(value)


def _text(value: object) -> Rendered:
    text = "" if value is None else clean(value)
    return Rendered(text, escape(text))


def _link(url: str, label: Rendered) -> Rendered:
    if not is_address(url):
        return label
    bare = url.removeprefix("mailto:")
    plain = label.plain if label.plain in {url, bare} else f"{label.plain} ({bare})"
    return Rendered(plain, f'<a href="{escape(url)}">{label.html}</a>')


def is_address(url: str) -> bool:
    """Whether a click on it can only open a web page or a mail."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    fine = len(url) <= LONGEST_URL and url == clean(url) and not re.search(r"[\s<>\"'`\\{}]", url)
    return fine and (bool(parts.netloc) if parts.scheme in {"http", "https"} else parts.scheme == "mailto")


def _joined(parts: list[Rendered], by: str) -> Rendered:
    return Rendered(by.join(p.plain for p in parts), escape(by).join(p.html for p in parts))


def _table(titles: Iterable[object], rows: Iterable[Iterable[object]]) -> Rendered:
    """In the plain text a cell that is empty leaves no trace."""
    head = "".join(f"<th>{_value(title).html}</th>" for title in titles)
    shown = [[_value(cell) for cell in row] for row in rows]
    plain = "\n".join(" · ".join(cell.plain for cell in row if cell.plain) for row in shown)
    body = "".join(f"<tr>{''.join(f'<td>{cell.html}</td>' for cell in row)}</tr>" for row in shown)
    return Rendered(plain, f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def quoted(inner: Rendered) -> Rendered:
    return Rendered(indented(inner.plain, "> ", "> "), f"<blockquote>{inner.html}</blockquote>")


def bulleted(items: list[Rendered]) -> Rendered:
    plain = "\n".join(indented(item.plain, "• ", "  ") for item in items)
    return Rendered(plain, f"<ul>{_items(items)}</ul>" if items else "")


def _items(items: list[Rendered]) -> str:
    return "".join(f"<li>{item.html}</li>" for item in items)


def indented(text: str, first: str, others: str) -> str:
    return first + text.replace("\n", "\n" + others)
