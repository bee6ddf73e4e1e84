"""What Nextcloud really answers: JSON, XML, HTML or nothing, whatever was asked. Read here, once, with suspicion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from integrations.http import Answer

FINE = (100, 200)
NO_ENVELOPE = -1


@dataclass(frozen=True, slots=True)
class Reply:
    """One OCS answer. `code` means something for one route only: 102 is "exists" on one and "unknown" on another."""

    status: int
    code: int
    message: str
    data: Any

    @property
    def ok(self) -> bool:
        """Both say so: v1 and `/index.php` routes answer HTTP 200 with the failure inside."""
        return 200 <= self.status < 300 and self.code in FINE

    @property
    def wants_password(self) -> bool:
        """Since Nextcloud 34 an app password alone may not administer accounts (this sentence is not translated)."""
        return self.code == 403 and "password confirmation" in self.message.lower()


DONE = Reply(200, 200, "", None)
"""What a write is taken to have answered whose answer was lost, and whose effect is seen."""


def read(answer: Answer) -> Reply:
    """The envelope of an answer; its code is `NO_ENVELOPE` where something else than Nextcloud's OCS spoke."""
    document = answer.json()
    ocs = mapping(mapping(document).get("ocs"))
    meta = mapping(ocs.get("meta")) or _meta_from_xml(answer)
    code = str(meta.get("statuscode", ""))
    return Reply(answer.status, int(code) if _number(code) else NO_ENVELOPE, text(meta.get("message")), ocs.get("data"))


def parse_xml(body: bytes) -> ElementTree.Element | None:
    """The root of a small document, None where it is not XML. Entities and doctypes are never expanded: refused."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body or b"\x00" in body:
        return None
    try:
        return ElementTree.fromstring(body)  # noqa: S314  see above: nothing is declared, nothing can expand
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError):
        return None


def _meta_from_xml(answer: Answer) -> dict[str, Any]:
    root = parse_xml(answer.body)
    if root is None or root.tag != "ocs":
        return {}
    return {item.tag: item.text or "" for item in root.iterfind("meta/*")}


def mapping(value: Any) -> dict[str, Any]:
    """`value` if it is an object; Nextcloud writes an empty object as `[]`."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """`value` as a list; PHP writes a list with holes as an object."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def texts(value: Any) -> list[str]:
    return [item for item in items(value) if isinstance(item, str)]


def number(value: Any) -> int:
    """`value` as a whole number, 0 where it is none (ids come as "5" or 5)."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, int | str) and _number(str(value)):
        return int(value)
    return 0


def _number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 20
