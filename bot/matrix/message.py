"""What a Matrix message is made of: a sentence → event content, event content → what is attached to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.matrix.markup import Lines, Link, Mention, clean, escape, render
from bot.matrix.typed import CAPTIONED, is_for, plain_text

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

ENCODER = json.JSONEncoder(ensure_ascii=False)
LONGEST = 40_000  # bytes: encrypted events are refused somewhere above 48,000
LONGEST_FALLBACK = 2_000  # characters
LONGEST_NAME = 200
MXC = re.compile(r"mxc://[^/\s]{1,255}/[^/\s]{1,255}")
FILE = ("url", "key", "iv", "hashes", "v")  # of an encrypted one
ABOUT = ("mimetype", "size", "w", "h", "duration")


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
    if content.get("msgtype") not in CAPTIONED or not isinstance(url, str) or not MXC.fullmatch(url):
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
    return ENCODER.encode(value).encode()
