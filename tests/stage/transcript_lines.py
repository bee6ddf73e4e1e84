"""What people see of what a bot sends, as lines of a transcript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.stage.world import FakeRoom

SENT = {"m.image": "une image", "m.file": "un fichier"}


def shown(event: Mapping[str, Any], room: FakeRoom, bot: str) -> list[str]:
    """`bot` is what the sender is called there."""
    content = event["content"]
    if event["type"] != "m.room.message":
        return []
    if content["msgtype"] in SENT:
        name = content.get("filename", content["body"])
        under = [] if content["body"] == name else content["body"].splitlines()
        return [f"  {bot} envoie {SENT[content['msgtype']]} : {name}", *(f"    {line}" for line in under)]
    edited = "m.new_content" in content
    said = content["m.new_content"]["body"] if edited else content["body"]
    first, *more = said.splitlines()
    keys = "" if edited else keys_under(event, room)
    verb = " (corrige)" if edited else " (note)" if content["msgtype"] == "m.notice" else ""
    lines = [f"  {bot}{verb} : {first}", *(f"    {line}".rstrip() for line in more)]
    return [*lines, f"    {keys}"] if keys else lines


def taken_back(event: Mapping[str, Any], room: FakeRoom, bot: str) -> list[str]:
    """A message of anybody's that the bot deletes, by its first words."""
    gone = [e["content"] for e in room.events if e["event_id"] == event["content"].get("redacts")]
    return [f"  {bot} (efface) : {content['body'].splitlines()[0]}" for content in gone if "body" in content]


def keys_under(event: Mapping[str, Any], room: FakeRoom) -> str:
    """What can be clicked on under a message of a bot, as it posed it."""
    clicked = [
        e["content"]["m.relates_to"] for e in room.events if (e["type"], e["sender"]) == ("m.reaction", event["sender"])
    ]
    return " ".join(each["key"] for each in clicked if each["event_id"] == event["event_id"])
