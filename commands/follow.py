"""`!suivi`: who is where in their arrival, the stillest first, and what can be done about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.arrivals import Arrivals
from bot.errors import Refused
from bot.lieux import Lieu
from bot.talk import Choice, Link, Option, command
from bot.talk.doors import Clock, Conversations, Rooms
from bot.talk.talk import Talk
from integrations.directory import Directory

ACTS = ("remind", "resend", "take-over", "give-back", "cancel")


@command("follow", action="follow", takes=("which", "act"))
async def follow(
    talk: Talk,
    lieu: Lieu,
    arrivals: Arrivals,
    conversations: Conversations,
    directory: Directory,
    rooms: Rooms,
    clock: Clock,
) -> None:
    rows = await talk.look("rows", _rows, arrivals, rooms, lieu, clock)
    if not rows:
        await talk.say("nobody")
        return
    for row in rows:
        await talk.say(
            f"follow.{row['state']}", item=str(row["id"]), who=row["who"], since=timedelta(seconds=row["seconds"])
        )
    which = await talk.ask("which", Choice([Option(str(row["id"]), row["who"]) for row in rows]), optional=True)
    if which is None:
        return
    row = next(row for row in rows if str(row["id"]) == which)
    act = await talk.ask("act", Choice([Option(name, key=f"follow.act.{name}") for name in ACTS]), who=row["who"])
    await _act(talk, arrivals, conversations, directory, row, act)
    talk.note(act, row["person"])


async def _act(
    talk: Talk, arrivals: Arrivals, conversations: Conversations, directory: Directory, row: dict[str, Any], act: str
) -> None:
    match act:
        case "remind":
            await talk.do("remind", conversations.remind, row["conversation"], str(talk.id))
        case "resend":
            await _resend(talk, directory, row)
            return
        case "take-over":
            await talk.do("hold", arrivals.hold, row["conversation"], talk.person)
        case "give-back":
            await talk.do("release", arrivals.hold, row["conversation"], None)
            await talk.do("remind", conversations.remind, row["conversation"], str(talk.id))
        case _:
            await talk.confirm("sure", who=row["who"])
            await talk.do("stop", conversations.cancel, row["conversation"], str(talk.id))
            await talk.do("cancelled", arrivals.change, row["id"], status="cancelled")
    await talk.say(f"done-{act}", who=row["who"])


async def _resend(talk: Talk, directory: Directory, row: dict[str, Any]) -> None:
    """A fresh link to choose a password, by the SSO's own mail."""
    if not row["login"]:
        await talk.say("no-account", who=row["who"])
        return
    try:
        first = await talk.do("resend", _first_login, directory, row["login"])
    except Refused as no:
        await talk.refused(no)
        return
    if first["kind"] == "mail":
        await talk.say("done-resend", who=row["who"])
    elif first["link"]:
        await talk.say("give-link", who=row["who"], link=Link(first["link"]))
    else:
        await talk.say("no-mail", who=row["who"])


async def _first_login(directory: Directory, login: str) -> dict[str, Any]:
    return (await directory.start_first_login(login)).to_dict()


async def _rows(arrivals: Arrivals, rooms: Rooms, lieu: Lieu, clock: Clock) -> list[dict[str, Any]]:
    return [await _row(row, rooms, clock) for row in await arrivals.in_progress(lieu.id)]


async def _row(row: dict[str, Any], rooms: Rooms, clock: Clock) -> dict[str, Any]:
    state = (
        "held" if row["held_by"] else "stuck" if row["talk"] in ("stopped", "expired", "cancelled") else row["status"]
    )
    still = max(0, clock.now() - (row["moved"] or row["changed_at"])) // 1000
    who = row["name"] or await rooms.display_name(row["person"])
    return {
        "id": row["id"],
        "person": row["person"],
        "who": who,
        "login": row["login"],
        "state": state,
        "seconds": still,
        "conversation": row["conversation"],
    }
