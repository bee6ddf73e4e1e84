"""What a new room is to be, in the words of createRoom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.matrix.untrusted_json import Json

KEY = "org.conciergerie.key"
NETWORK = "org.conciergerie.network"
VERSION = "12"
ALGORITHM = "m.megolm.v1.aes-sha2"


def creation(
    key: str,
    server: str,
    *,
    name: str | None,
    topic: str | None,
    space: bool,
    direct: bool,
    encrypted: bool,
    join: str,
    allow: str | None,
    parent: str | None,
    admins: Sequence[str],
    network: bool,
) -> Json:
    """The body of /createRoom. Nobody is invited by it: a refused invitation would hide that the room was made.

    The preset is not the trusted one, which would make a creator of everybody who is invited; nor, for a network, the
    private one, which some homeservers encrypt by themselves.
    """
    made: Json = {KEY: key} | ({"type": "m.space"} if space else {}) | ({NETWORK: 1} if network else {})
    if admins:
        made["additional_creators"] = list(admins)
    body: Json = {
        "room_version": VERSION,
        "preset": "public_chat" if network else "private_chat",
        "creation_content": made,
        "initial_state": list(_state(server, encrypted, join, allow, parent)),
        "is_direct": direct,
        "name": name,
        "topic": topic,
    }
    return {field: value for field, value in body.items() if value is not None}


def _state(server: str, encrypted: bool, join: str, allow: str | None, parent: str | None) -> Iterator[Json]:
    if encrypted:
        yield _event("m.room.encryption", {"algorithm": ALGORITHM})
    if join != "invite":
        allowed = [{"type": "m.room_membership", "room_id": allow}] if allow else []
        yield _event("m.room.join_rules", {"join_rule": join} | ({"allow": allowed} if allowed else {}))
    if parent:
        yield _event("m.space.parent", {"via": [server], "canonical": True}, parent)


def _event(type: str, content: dict[str, Any], key: str = "") -> Json:
    return {"type": type, "state_key": key, "content": content}
