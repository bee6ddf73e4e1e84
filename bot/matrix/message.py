"""What a Matrix message is made of, in both directions: a sentence → event content, event content → what was typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

from bot.matrix.markup import Lines, Link, Mention, clean, escape, render

__all__ = [
    "Lines",
    "Link",
    "Mention",
    "attached",
    "document",
    "edit",
    "forwarded",
    "image",
    "is_for",
    "key_of",
    "plain_text",
    "reaction",
    "split",
    "text",
]

Content = dict[str, Any]
Reference = str | Mapping[str, str]
"""The id of an event, or `{"$event": txn_id}`: that of a letter which is still to be sent."""

LONGEST = 40_000  # bytes: encrypted events are refused somewhere above 48,000
LONGEST_FALLBACK = 2_000  # characters
LONGEST_NAME = 200
LONGEST_TYPED = 65_536  # characters: no event holds more
MXC = re.compile(r"mxc://[^/\s]{1,255}/[^/\s]{1,255}")
FILE = ("url", "key", "iv", "hashes", "v")  # of an encrypted one
ATTACHED, ABOUT = ("m.image", "m.file", "m.video", "m.audio"), ("mimetype", "size", "w", "h", "duration")
FALLBACK = re.compile(r"\A> (?:\* )?<@[^\n]*\n(?:>[^\n]*\n)*\n?")
ADDRESS = "https://matrix.to/#/"
LONGEST_PILL = 2_000  # characters: an id of 255 bytes, each of which may be written as three, and a name


def text(
    markdown: str,
    holes: Mapping[str, object] | None = None,
    *,
    mentions: Sequence[str] = (),
    notice: bool = False,
    reply_to: Reference | None = None,
    thread: Reference | None = None,
) -> Content:
    """The content of an `m.room.message`. `mentions` are the people who must act: they alone are notified by name.

    `markdown` is a sentence of the catalogue with {holes}; a hole's value (anything that prints, a Mention, a Link,
    Lines, or a list of these) is shown as it is, never as markup. Raises KeyError for a hole without a value.
    """
    shown = render(markdown, holes or {})
    content = _content(shown.plain, shown.html, notice=notice, mentions=mentions)
    return content | _relation(reply_to, thread)


def _content(body: str, formatted: str, *, notice: bool = False, mentions: Sequence[str] = ()) -> Content:
    return {
        "msgtype": "m.notice" if notice else "m.text",
        "body": body,
        "format": "org.matrix.custom.html",
        "formatted_body": formatted,
        "m.mentions": {"user_ids": list(mentions)} if mentions else {},
    }


def _relation(reply_to: Reference | None, thread: Reference | None) -> Content:
    if thread is not None:
        reply = {"is_falling_back": reply_to is None, "m.in_reply_to": {"event_id": reply_to or thread}}
        return {"m.relates_to": {"rel_type": "m.thread", "event_id": thread} | reply}
    return {"m.relates_to": {"m.in_reply_to": {"event_id": reply_to}}} if reply_to is not None else {}


def edit(of: Reference, new_content: Mapping[str, Any]) -> Content:
    """The event that replaces `of`. Nobody is notified a second time by it."""
    new = {key: value for key, value in new_content.items() if key != "m.relates_to"}
    fallback = {key: f"* {new[key]}" for key in ("body", "formatted_body") if key in new}
    if len(str(new.get("body", ""))) > LONGEST_FALLBACK:  # who knows no edits needs not all of it twice
        short = f"* {new['body'][:LONGEST_FALLBACK]}…"
        fallback = {"body": short, "formatted_body": escape(short)}
    replace = {"rel_type": "m.replace", "event_id": of}
    return new | fallback | {"m.mentions": {}, "m.new_content": new, "m.relates_to": replace}


def reaction(of: Reference, key: str) -> Content:
    """The content of an `m.reaction`. Keys travel in clear, in encrypted rooms too."""
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": of, "key": key}}


def key_of(reaction_key: str) -> str:
    """A reaction's key, to be compared: some clients add the emoji selector U+FE0F, others do not."""
    return reaction_key.replace("\ufe0f", "")


def image(
    source: str | Mapping[str, Any],
    name: str,
    size: int,
    mimetype: str,
    *,
    width: int | None = None,
    height: int | None = None,
) -> Content:
    """An `m.image`. `source`: an `mxc://` address, or the encrypted file that `Rooms.upload` returns; `size`: bytes."""
    info = {"size": size, "mimetype": mimetype, "w": width, "h": height}
    return _attached("m.image", source, name, {key: value for key, value in info.items() if value is not None})


def document(source: str | Mapping[str, Any], name: str, size: int, mimetype: str) -> Content:
    """An `m.file`; `source` and `size` as for an image."""
    return _attached("m.file", source, name, {"size": size, "mimetype": mimetype})


def attached(content: Mapping[str, Any]) -> Content | None:
    """The picture or the file that a message is: `msgtype`, `name`, `url` or `file`, `info`; None for anything else."""
    source = content.get("file") or content.get("url")
    url = source.get("url") if isinstance(source, Mapping) else source
    if content.get("msgtype") not in ATTACHED or not isinstance(url, str) or not MXC.fullmatch(url):
        return None
    name, info = content.get("filename") or content.get("body"), content.get("info")
    told = {key: info[key] for key in ABOUT if key in info} if isinstance(info, Mapping) else {}
    where: Content = {"url": url}
    if isinstance(source, Mapping):
        where = {"file": {key: source[key] for key in FILE if key in source}}
    return {"msgtype": content["msgtype"], "name": clean(name or "—", LONGEST_NAME), **where, "info": told}


def forwarded(attachment: Mapping[str, Any], caption: str) -> Content:
    """A picture or a file of somebody, as `attached` found it, to be merged into a message that says whose it is."""
    source = {key: attachment[key] for key in ("url", "file", "info") if key in attachment}
    return {"msgtype": attachment["msgtype"], "body": caption, "filename": attachment["name"], **source}


def _attached(msgtype: str, source: str | Mapping[str, Any], name: str, info: Content) -> Content:
    return {
        "msgtype": msgtype,
        "body": name,
        "filename": name,
        "info": info,
        "m.mentions": {},
        "url" if isinstance(source, str) else "file": source if isinstance(source, str) else dict(source),
    }


def split(content: Content, longest: int = LONGEST) -> list[Content]:
    """The same message as several, if it is over `longest` bytes: servers refuse long events, encrypted ones earlier.

    The parts are plain. The first one alone replies and notifies; all of them stay in the thread.
    """
    if len(_json(content)) <= longest or not isinstance(content.get("body"), str):
        return [content]
    if "m.new_content" in content:
        first, *others = split(content["m.new_content"], longest // 3)
        return [edit(content["m.relates_to"]["event_id"], first), *others]
    notice, mentions = content.get("msgtype") == "m.notice", content.get("m.mentions", {}).get("user_ids", ())
    relation = {key: value for key, value in content.items() if key == "m.relates_to"}
    later = _relation(None, relation["m.relates_to"]["event_id"]) if _is_threaded(content) else {}
    parts = _pieces(content["body"], longest - 1_000 - len(_json(relation)))
    first = _content(parts[0], escape(parts[0]), notice=notice, mentions=mentions) | relation
    return [first, *(_content(part, escape(part), notice=notice) | later for part in parts[1:])]


def _is_threaded(content: Content) -> bool:
    return bool(content.get("m.relates_to", {}).get("rel_type") == "m.thread")


def _pieces(body: str, room: int) -> list[str]:
    """Cut between lines, or within a line that has no room alone. `room` is bytes, for the text and its HTML."""
    pieces, used = [""], 0
    for line in _short_lines(body, room // 14):
        cost = len(_json(line)) + len(_json(escape(line)))
        if used and used + cost > room:
            pieces.append("")
            used = 0
        pieces[-1] += line
        used += cost
    return [piece.strip("\n") for piece in pieces]


def _short_lines(body: str, longest: int) -> Iterable[str]:
    for line in body.splitlines(keepends=True):
        yield from (line[at : at + longest] for at in range(0, len(line), longest))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def plain_text(content: Mapping[str, Any], me: str = "", name: str = "") -> str | None:
    """What a person typed, or None when they sent something else (a photo, a notice, nonsense).

    `me` and `name` are the bot's id and display name: a mention of it at the start is not part of what was said.
    Of an edited message it is the new text.
    """
    said = _said(content)
    return None if said is None else _without_mention(content, said, me, name)


def is_for(content: Mapping[str, Any], me: str, name: str = "") -> bool:
    """Whether the message begins with a mention of the bot."""
    said = _said(content)
    return said is not None and _without_mention(content, said, me, name) != said


def _said(content: Mapping[str, Any]) -> str | None:
    new = content.get("m.new_content")
    if isinstance(new, Mapping):
        content = new
    body = content.get("body")
    if content.get("msgtype") not in ("m.text", "m.emote"):
        return _caption(content)
    if not isinstance(body, str):
        return None
    return _typed(_tabled(content.get("formatted_body")) or FALLBACK.sub("", body, count=1))


def _caption(content: Mapping[str, Any]) -> str | None:
    """What was written under a picture or a file; its name is no words of anybody's."""
    body, name = content.get("body"), content.get("filename")
    told = isinstance(body, str) and isinstance(name, str) and body != name and content.get("msgtype") in ATTACHED
    return _typed(str(body)) or None if told else None


def _typed(text: str) -> str:
    """With the tabs of a table that was pasted."""
    return "\t".join(clean(piece, LONGEST_TYPED) for piece in text.split("\t")).strip()


def _tabled(formatted: object) -> str:
    """The text around and in a table that was pasted as one, a tab between its cells; empty where there is none."""
    if not isinstance(formatted, str) or "<table" not in formatted:
        return ""
    table = _Table()
    table.feed(formatted.rpartition("</mx-reply>")[2][:LONGEST_TYPED])
    return "".join(table.text)


class _Table(HTMLParser):
    """Text as it is, cells and rows between tabs and line breaks; the address behind a link beside its words."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("td", "th"):
            self.text += ["\t"] * bool(self._cells)
            self._cells += 1
        elif tag in ("tr", "table", "p", "div", "br", "li"):
            self.text.append(" " if self._cells else "\n")
        address = dict(attrs).get("href") or "" if tag == "a" else ""
        if address.startswith((ADDRESS, "mailto:")):
            self.text.append(f" {unquote(address)} ")

    def handle_data(self, data: str) -> None:
        self.text.append(re.sub(r"\s+", " ", data) if self._cells else data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("tr", "table"):
            self._cells = 0
            self.text.append("\n")


def _without_mention(content: Mapping[str, Any], said: str, me: str, name: str) -> str:
    names = {name, me, _pill(content, me)} - {""}
    for known in sorted(names, key=len, reverse=True):
        for called in (known, f"@{known}"):
            rest = _after(called, said)
            if rest is not None:
                return rest
    return said


def _after(called: str, said: str) -> str | None:
    """What was said to somebody who is called so: "conciergerie, aide", "Conciergerie : aide"."""
    if said[: len(called)].lower() != called.lower():
        return None
    rest = said[len(called) :].lstrip()
    if rest[:1] in (":", ","):
        return rest[1:].lstrip()
    return rest if rest != said[len(called) :] or not rest else None


def _pill(content: Mapping[str, Any], me: str) -> str:
    """The name under which the message mentions the bot first, if it does."""
    formatted = content.get("formatted_body")
    if not isinstance(formatted, str):
        return ""
    pill = _Pill()
    pill.feed(formatted.lstrip()[:LONGEST_PILL])  # hostile: no more of it than a mention needs
    return pill.label.strip() if pill.complete and pill.whom == me else ""


class _Pill(HTMLParser):
    """The link with which an HTML text begins, if it does: to `whom`, under which `label`."""

    whom = label = ""
    inside = complete = over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href") or ""
        if tag == "a" and not self.inside and address.startswith(ADDRESS):
            self.inside = not self.over
            self.whom = unquote(address.removeprefix(ADDRESS).partition("?")[0])
        else:
            self.over = self.over or self.inside or tag != "p"

    def handle_data(self, data: str) -> None:
        if self.inside and not self.over:
            self.label += data
        elif data.strip():
            self.over = True

    def handle_endtag(self, tag: str) -> None:
        self.complete = self.complete or (self.inside and not self.over and tag == "a")
        self.over = True
