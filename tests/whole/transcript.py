"""Everything that the bot sent into a room, as somebody's client shows it, in the order of the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.demo.actor import Actor
from tests.demo.newcomers import Newcomer

BOT = "Conciergerie"


async def events(actor: Actor, room: str) -> list[dict[str, Any]]:
    """The history of a room as its server tells it, oldest first."""
    found: list[dict[str, Any]] = []
    start = ""
    while True:
        path = f"/_matrix/client/v3/rooms/{room}/messages?dir=f&limit=500{start}"
        page = await actor.person.call("GET", path)
        found += page["chunk"]
        if not page.get("end") or not page["chunk"]:
            return found
        start = f"&from={page['end']}"


async def transcript(actor: Actor, room: str, bot: str, newcomer: Newcomer, after: set[str]) -> list[str]:
    """Each message, edit, reaction and redaction of the bot, without what names this newcomer rather than another."""
    shown = {one.event_id: one for one in actor.person.timeline(room)}
    lines = []
    for event in await events(actor, room):
        if event["sender"] == bot and "state_key" not in event and event["event_id"] not in after:
            clear = shown.get(event["event_id"])
            said = "unreadable" if clear is None else f"{'✎ ' if clear.replaces else ''}{clear.body}"
            kind = clear.type if clear else event["type"]
            lines.append(f"{kind} {said}")
    return [_anonymous(line, newcomer) for line in lines]


def _anonymous(line: str, newcomer: Newcomer) -> str:
    for own in (newcomer.user_id, newcomer.login, newcomer.email, newcomer.name):
        line = line.replace(own, "…")
    return line


async def invitations(actor: Actor, room: str, person: str) -> int:
    """How often somebody was invited into a room."""
    return sum(
        event["type"] == "m.room.member" and event["state_key"] == person and event["content"]["membership"] == "invite"
        for event in await events(actor, room)
    )


async def read_aloud(actor: Actor, room: str, called: Mapping[str, str], after: set[str]) -> list[str]:
    """What everybody said and clicked in a room, each message where it was said and as it reads now; `called` are the
    names of those who are there. Notes in `after` what has been read."""
    history = [event for event in await events(actor, room) if "state_key" not in event]
    ids = {event["event_id"] for event in history}
    await actor.person.until(lambda: ids <= {one.event_id for one in actor.person.timeline(room)}, what="all of it")
    heard = {one.event_id: one for one in actor.person.timeline(room)}
    now = {one.replaces: one.body for one in heard.values() if one.replaces}
    lines = []
    for one in (heard[event["event_id"]] for event in history if event["event_id"] not in after):
        who = called[one.sender]
        if one.type == "m.reaction" and who != BOT and "key" in one.relation:
            lines.append(f"{who} clique {one.relation['key']}")
        if one.type == "m.room.message" and "body" in one.content and not one.replaces:
            lines.append(_said(who, now.get(one.event_id, one.body)))
    after |= ids
    return lines


def _said(who: str, words: str) -> str:
    first, *others = words.splitlines()
    own = "  " if who == BOT else ""
    return "\n".join([f"{own}{who} : {first}", *(f"{own}  {line}" if line else "" for line in others)])
