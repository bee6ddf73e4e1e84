"""`!suivi`: who is where in their arrival, the stillest first, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NotRequired, TypedDict

from bot.arrivals import room_names
from bot.arrivals.arrivals import Arrivals
from bot.arrivals.full_names import named
from bot.arrivals.members import Members, doubles
from bot.errors import Refused
from bot.lieux import Lieu
from bot.mail.mail_texts import BY_PAGE
from bot.mail.way_in import FirstPassword, WayIn
from bot.services.ownership import Ownership
from bot.store.arrivals import OpenArrival
from bot.talk import PRIVATE, Choice, Link, Option, Role, command, hours
from bot.talk.pagination import pick
from bot.talk.ports import Clock, Conversations, Facts, Membership, Rooms
from bot.talk.talk import Talk

RUNNING = ("take-over", "cancel")
ACTS = {
    "invited": ("remind", "resend", "text", "cancel"),
    "refused": ("remind", "resend", "text", "cancel"),
    "left": ("remind", "resend", "text", "cancel"),
    "answering": ("remind", "resend", "take-over", "text", "cancel"),
    "held": ("give-back", "resend", "cancel"),
    "stuck": ("restart", "resend", "cancel"),
    "paused": ("reactivate", "cancel"),
    "inviting": (),  # it goes on by itself
    "asks": (),
}
OUTSIDE = {"invited": "refused", "answering": "left"}  # what it means that they are not in the discussion


class Underway(TypedDict):
    """An open arrival: `who` is what they are called, `state` one of « follow.state », `seconds` how long they have
    been still; `ours`: the account is of this lieu's making, and its first password is ours to send again;
    `email`: where they were invited."""

    id: int
    person: str
    login: str | None
    room_id: str | None
    conversation: int | None
    who: str
    state: str
    seconds: int
    ours: NotRequired[bool]
    email: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Tools:
    """What following arrivals is handed."""

    lieu: Lieu
    arrivals: Arrivals
    ownership: Ownership
    conversations: Conversations
    way_in: WayIn
    facts: Facts
    membership: Membership
    rooms: Rooms
    members: Members
    clock: Clock


@command("follow", action="follow", role=Role.CONCIERGE, places=PRIVATE, takes=("which", "act"), within=hours(1))
async def follow(talk: Talk, tools: Tools) -> None:
    rows = await talk.look("rows", _rows, tools)
    if not rows:
        await talk.say("nobody")
        return
    row = await _which(talk, rows)
    if row is None:
        return
    offered = [act for act in ACTS.get(row["state"], RUNNING) if _can(row, tools.way_in, act)]
    if not offered:
        await talk.say(f"still-{row['state']}", who=row["who"])
        return
    act = await talk.ask("act", Choice([Option(name, key=f"follow.act.{name}") for name in offered]), who=row["who"])
    if act == "cancel":
        await talk.confirm("sure", who=await named(talk, tools.members, tools.lieu, row["person"], row["who"]))
    if act == "reactivate":
        given = {"act": talk.word("accounts.act.reactivate"), "who": row["person"]}
        await talk.begin("account", talk.person, talk.room, given=given)
        return
    await _act(talk, tools, row, act)
    talk.note(act, row["person"])


def _can(row: Underway, way_in: WayIn, act: str) -> bool:
    email = bool(row.get("email"))
    match act:
        case "resend":
            return bool(row.get("ours", row["login"])) or (email and way_in.is_mailed)
        case "text":
            return email
        case "take-over":
            return row["room_id"] is not None  # their server is away: there is no discussion yet
        case _:
            return True


async def _which(talk: Talk, rows: list[Underway]) -> Underway | None:
    which = await pick(
        talk, "which", [Option(str(row["id"]), _line(talk, row), address=row["person"]) for row in rows], optional=True
    )
    return next((row for row in rows if str(row["id"]) == which), None)


def _line(talk: Talk, row: Underway) -> str:
    return talk.phrase(f"follow.state.{row['state']}", who=row["who"], since=timedelta(seconds=row["seconds"]))


async def _act(talk: Talk, tools: Tools, row: Underway, act: str) -> None:
    arrivals, conversations = tools.arrivals, tools.conversations
    match act:
        case "remind":
            await _remind(talk, tools, row)
            return
        case "resend":
            await _resend(talk, tools.way_in, row)
            return
        case "text":
            await talk.whisper("text", talk.room, tools.way_in.text, row["id"], _password(row), who=row["who"])
            return
        case "take-over":
            await _take_over(talk, tools, row)
        case "give-back":
            await talk.do("release", arrivals.hold, row["conversation"], None)
            await talk.do("remind", conversations.remind, row["conversation"], str(talk.id))
        case "restart":
            await _restart(talk, tools, row)
        case _:
            await talk.do("stop", conversations.cancel, row["conversation"], str(talk.id))
            await talk.do("cancelled", arrivals.change, row["id"], status="cancelled")
    await talk.say(f"done-{act}", who=row["who"])


async def _remind(talk: Talk, tools: Tools, row: Underway) -> None:
    """Nobody is reminded in a room where they are not: they are invited again, and what happened is what is said."""
    room, who = row["room_id"], row["who"]
    before = await talk.look("inside", tools.facts.membership, room, row["person"]) if room else "none"
    if before == "join":
        await talk.do("remind", tools.conversations.remind, row["conversation"], str(talk.id))
        await talk.say("done-remind", who=who)
        return
    try:
        called = room_names.invitation(talk, tools.lieu, talk.who)
        room = await talk.do("invite", tools.rooms.direct, row["person"], called)
    except Refused as no:
        await talk.say("not-invited", who=who, why=talk.because(no))
        return
    if before == "invite" or row["state"] == "invited":
        await talk.say("unreturned" if row["state"] == "left" else "unopened", who=who)
        return
    if row["state"] == "left":
        await talk.begin("come-back", row["person"], str(room), welcome=row["conversation"])
    await talk.say("invited-again", who=who)


async def _take_over(talk: Talk, tools: Tools, row: Underway) -> None:
    """The concierge enters the newcomer's discussion, and the bot is quiet there."""
    await talk.do("hold", tools.arrivals.hold, row["conversation"], talk.person)
    await talk.do("enter", tools.membership.invite, row["room_id"], talk.person)
    await talk.say("talk.taken-over", to=row["room_id"])


async def _restart(talk: Talk, tools: Tools, row: Underway) -> None:
    """What was stopped begins anew."""
    called = room_names.invitation(talk, tools.lieu, talk.who)
    room = await talk.do("room", tools.rooms.direct, row["person"], called)
    welcome = await talk.begin("welcome", row["person"], room, arrival=row["id"])
    await talk.do("follow", tools.arrivals.change, row["id"], status="invited", room_id=room, conversation=welcome)


async def _resend(talk: Talk, way_in: WayIn, row: Underway) -> None:
    """A fresh link to choose a password, by the SSO's own mail unless their page sends it; and the invitation, where
    the lieu mails it."""
    first: FirstPassword = {"kind": BY_PAGE, "link": None}
    if row.get("ours", row["login"]):
        try:
            first = await talk.do("resend", way_in.fresh_link, row["login"], row["id"])
        except Refused as no:
            await talk.refused(no)
            return
    if row.get("email") and way_in.is_mailed:
        mailing = {"arrival": row["id"], "who": row["who"], "email": row.get("email"), "password": first["kind"]}
        await talk.begin("invitation-mail", talk.person, talk.room, mailings=[mailing])
    if first["kind"] == BY_PAGE and row.get("email") and not way_in.is_mailed:
        await talk.whisper("text", talk.room, way_in.text, row["id"], BY_PAGE, who=row["who"])
    elif first["kind"] == BY_PAGE:
        await talk.say("done-mail", who=row["who"])
    elif first["kind"] == "mail" and not first.get("replaces", True):
        await talk.say("done-resend-again", who=row["who"])
    elif first["kind"] == "mail":
        await talk.say("done-resend", who=row["who"])
    elif first["link"]:
        await talk.say("give-link", who=row["who"], link=Link(first["link"]))
    else:
        await talk.say("no-mail", who=row["who"])


def _password(row: Underway) -> str:
    """How they get theirs, as far as it is known: the text says no more than that."""
    return "external" if row.get("ours", row["login"]) else ""


async def _rows(tools: Tools) -> list[Underway]:
    rows = [await _row(tools, row) for row in await tools.arrivals.in_progress(tools.lieu.id)]
    twice = doubles({"person": row["person"], "name": row["who"]} for row in rows)
    for row in rows:
        if row["person"] in twice:
            row["who"] = f"{row['who']} ({row['person']})"
    return rows


async def _row(tools: Tools, row: OpenArrival) -> Underway:
    still = max(0, tools.clock.now() - (row["moved"] or row["changed_at"])) // 1000
    who = row["name"] or await tools.facts.display_name(row["person"])
    login = row["login"]
    ours = login is not None and await tools.ownership.owns(tools.lieu.id, "directory", "account", login)
    paused = await tools.ownership.is_paused(tools.lieu.id, login, row["person"])
    return {
        "id": row["id"],
        "person": row["person"],
        "login": login,
        "room_id": row["room_id"],
        "conversation": row["conversation"],
        "who": who,
        "state": "paused" if paused else await _state(row, tools.facts),
        "seconds": still,
        "ours": ours,
        "email": row["email"] or "",
    }


async def _state(row: OpenArrival, facts: Facts) -> str:
    if row["held_by"]:
        return "held"
    if row["talk"] != "open":
        return row["inviting"] or "stuck"
    if row["away"] or row["status"] not in OUTSIDE or row["room_id"] is None:
        return "away" if row["away"] else row["status"]
    there = (await facts.memberships(row["person"], [row["room_id"]])).get(row["room_id"])
    is_out = there in ("leave", "ban") or (there == "invite" and row["status"] == "answering")
    return OUTSIDE[row["status"]] if is_out else row["status"]
