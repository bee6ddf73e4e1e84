"""What bots of a network tell each other inside ordinary messages; read with suspicion, as `wire.md` has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

VERSION = 1
PREFIX = "org.conciergerie."
DECLARATION = "org.conciergerie.lieu"
KINDS = ("hello", "bye", "request", "offer", "message", "state")
LONGEST = 16_000  # bytes of one envelope, as JSON
LONGEST_SAID = 13_000  # the same, of what somebody says in it: the rest says of what, and who
DEEPEST = 12  # levels of objects and lists
Json = dict[str, Any]


class BadEnvelope(Exception):
    """Not an envelope that we can read: `why` is "version", "size" or "shape"."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Envelope:
    """`body` as it came, with the fields that this version does not know."""

    kind: str
    body: Json

    @property
    def lieu(self) -> str:
        """The lieu that speaks: its bot alone may say so."""
        return str(self.body["lieu"])

    @property
    def request(self) -> str:
        return str(self.body.get("request") or self.body.get("id") or "")


def is_envelope(content: object) -> bool:
    """Whether a message carries one, sound or not."""
    return isinstance(content, Mapping) and any(PREFIX + kind in content for kind in KINDS)


def read(content: Mapping[str, Any]) -> Envelope:
    """The envelope in the content of a message. Raises Unsound."""
    kind = next((kind for kind in KINDS if PREFIX + kind in content), "")
    body = content.get(PREFIX + kind)
    check(kind, body)
    return Envelope(kind, body)  # type: ignore[arg-type]


def check(kind: str, body: object) -> None:
    """Raises Unsound."""
    if not isinstance(body, dict):
        raise BadEnvelope("shape")
    version = body.get("v")
    if isinstance(version, int) and version > VERSION:
        raise BadEnvelope("version")
    try:
        size = len(json.dumps(body, ensure_ascii=False).encode())
    except (RecursionError, UnicodeEncodeError):  # too deep, or half a character: nobody can write that down
        raise BadEnvelope("shape") from None
    if size > LONGEST:
        raise BadEnvelope("size")
    if not _is_plain(body):
        raise BadEnvelope("shape")
    if not validator(kind).is_valid(body):
        raise BadEnvelope("shape")
    if kind == "request" and not body["id"].startswith(f"{body['lieu']}."):
        raise BadEnvelope("shape")  # a lieu numbers its own requests


def _is_plain(told: Any, depth: int = 0) -> bool:
    """Numbers are integers that every language knows, and nothing is nested for its own sake."""
    if depth > DEEPEST or isinstance(told, float) or (isinstance(told, int) and abs(told) >= 2**53):
        return False
    inner = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return all(_is_plain(one, depth + 1) for one in inner)


def enclose(kind: str, body: Json, readable: Json) -> Json:
    """The content of a message that people can read and bots too. An edit carries it in its new content as well."""
    check(kind, body)
    return readable | {PREFIX + kind: body}


@cache
def validator(kind: str) -> Draft202012Validator:
    """Of `hello`, `bye`, `request`, `offer`, `message`, `state`, or `lieu` for the content of the state event."""
    schema = json.loads((files(__package__) / "schemas" / f"{kind}.json").read_text())
    return Draft202012Validator(schema)


def travels(said: Json) -> Json | None:
    """As much of what somebody said as there is room for in a `message`: the form goes before the words. None where
    nothing of it can travel."""
    schema = validator("message").schema["properties"]["attachment"]
    attachment = said.get("attachment")
    if attachment is not None and not (_is_plain(attachment) and Draft202012Validator(schema).is_valid(attachment)):
        said = {key: value for key, value in said.items() if key != "attachment"}
    if _size(said) > LONGEST_SAID:
        said = {key: value for key, value in said.items() if key != "formatted"}
    if _size(said) > LONGEST_SAID and (text := said.get("text")):
        room = LONGEST_SAID - _size(said | {"text": ""})
        said = said | {"text": f"{text.encode()[: room // 2].decode(errors='ignore')}…", "cut": True}
    return said if said.keys() & {"text", "attachment"} and _size(said) <= LONGEST_SAID else None


def _size(told: Json) -> int:
    return len(json.dumps(told, ensure_ascii=False).encode())
