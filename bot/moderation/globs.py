"""Whom the rules of ban lists mean: by a pattern, in which `*` is any text and `?` any one sign, or by a hash.

No regular expression is made of what strangers write: matching takes at most length × length steps.
"""

from __future__ import annotations

import base64
import hashlib
import re

from bot.matrix.readings import Rule

PORT = re.compile(r":\d{1,5}\Z")


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is as the pattern says. Where a `*` took too little, the last one alone takes more."""
    if "?" not in pattern:
        return _in_order(pattern.split("*"), text)
    at = here = mark = 0
    star = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, mark, at = at, here, at + 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            mark += 1
            at, here = star + 1, mark
        else:
            return False
    return not pattern[at:].strip("*")


def _in_order(parts: list[str], text: str) -> bool:
    """Lists are long, and a lieu has many people: most rules are compared without looking at each sign."""
    if len(parts) == 1:
        return text == parts[0]
    at, end = len(parts[0]), len(text) - len(parts[-1])
    if at > end or not text.startswith(parts[0]) or not text.endswith(parts[-1]):
        return False
    for part in parts[1:-1]:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def host(server: str) -> str:
    """A server's name as a room that is shut to it compares it: without its port, which no pattern would meet.

    https://spec.matrix.org/latest/client-server-api/#mroomserver_acl
    """
    return PORT.sub("", server)


def digest(text: str) -> str:
    """How a list names somebody without saying who it is (MSC4205): whoever meets them recognises them."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def bans(rule: Rule, person: str) -> bool:
    """Whether a rule of a ban list means this person, by their address or by its server's name."""
    meant = person if rule["kind"] == "user" else person.partition(":")[2]
    return rule["sha256"] == digest(meant) if "sha256" in rule else matches(rule["entity"], meant)
