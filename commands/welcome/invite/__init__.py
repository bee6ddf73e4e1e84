"""`!inviter`: one person or thirty, with or without an account; each gets an invitation and a welcome in private."""

from __future__ import annotations

from typing import Any

from bot.arrivals.full_names import emailed
from bot.errors import Refused
from bot.talk import PRIVATE, Guests, Invitees, Role, command
from bot.talk.outages import AWAY
from bot.talk.talk import Talk

from .guests import Guest, Tools, checked, found, line, told_apart
from .invitation import invite_guest
from .member_offers import MEMBER, offer_to_members

STRIDE = 5  # invitations between two lines of progress
SHOWN = 8
MOST = 40  # at once: a conversation is replayed whole at each answer


@command("invite", action="invite", role=Role.CONCIERGE, places=PRIVATE, takes=("who",))
async def invite(talk: Talk, tools: Tools) -> None:
    if not tools.lieu.choices.installed:
        await talk.say("not-installed")
        return
    guests = await talk.ask("who", Invitees(most=MOST))
    known = await talk.look("found", found, guests.people, tools)
    await _say_what_was_not_understood(talk, guests)
    known = await told_apart(talk, tools, known)
    await _say_what_is_in_the_way(talk, known)
    ready = [guest for guest in known if not guest["problem"]]
    if not ready:
        await offer_to_members(talk, tools, known)
        return
    await talk.confirm("summary", n=len(ready), people=[checked(talk, guest) for guest in ready])
    invited, away = await _invite_all(talk, tools, ready)
    if len(invited) > SHOWN:
        await talk.say("done-many", n=len(invited))
    elif invited:
        await talk.say("done", n=len(invited), people=invited)
    if away:
        await talk.say("later", n=len(away), people=away)
    await offer_to_members(talk, tools, known)


async def _invite_all(talk: Talk, tools: Tools, ready: list[Guest]) -> tuple[list[str], list[str]]:
    """Who is invited, and whose server is away."""
    invited, away = list[str](), list[str]()
    for n, guest in enumerate(ready, 1):
        if len(ready) > 1 and (n == 1 or n % STRIDE == 0 or n == len(ready)):
            await talk.show("progress", done=n, of=len(ready), who=guest["who"])
        try:
            await invite_guest(talk, tools, guest)
            invited.append(line(talk, guest))
        except Refused as no:
            if no.code == AWAY:
                away.append(line(talk, guest))
            else:
                await talk.say("not-invited", item=guest["item"], who=guest["who"], why=talk.because(no))
    return invited, away


async def _say_what_was_not_understood(talk: Talk, guests: Guests) -> None:
    if guests.problems:
        await talk.say(
            "bad-lines", lines=[talk.phrase(f"talk.again.{bad.code}", line=bad.line) for bad in guests.problems]
        )


async def _say_what_is_in_the_way(talk: Talk, guests: list[Guest]) -> None:
    for guest in guests:
        if guest["problem"] not in ("", MEMBER):  # a member is told what there is for them
            told: dict[str, Any] = {"who": guest["who"], "holder": guest.get("holder", ""), "address": guest["address"]}
            told["email"] = emailed(talk, guest["email"]) if guest["email"] else guest["address"]
            await talk.say(f"invite.{guest['problem']}", item=guest["item"], **told)
