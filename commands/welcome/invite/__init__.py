"""`!inviter`: one person or eighty, with or without an account; each gets an invitation and a welcome in private."""

from __future__ import annotations

from functools import partial

from bot.errors import Refused
from bot.people import People
from bot.talk import PRIVATE, Invitees, Role, command, days, dialogue
from bot.talk.answers.invitees import Invitee, Problem
from bot.talk.answers.revision import Revision
from bot.talk.outages import AWAY
from bot.talk.talk import Talk

from .by_code import offer_codes
from .guest_list import (
    changed,
    checked,
    is_list,
    line,
    numbered,
    one_each,
    say_what_is_in_the_way,
    say_what_was_left,
    say_who_waits,
    shown,
    table,
    unmistyped,
)
from .guests import Guest, Tools, as_numbered, as_written, found, shut_out, told_apart
from .invitation import invite_guest
from .mailing import Mailing, send_all, text_of
from .member_offers import MEMBER, offer_to_members

STRIDE = 5  # invitations between two lines of progress
SHOWN = 8
MOST = 150  # on a list, which is one message
AT_ONCE = 40  # a conversation is replayed whole at each answer: another one goes on with the rest


@command("invite", action="invite", role=Role.CONCIERGE, places=PRIVATE, takes=("who",))
async def invite(talk: Talk, tools: Tools) -> None:
    if not tools.lieu.choices.installed:
        await talk.say("not-installed")
        return
    there = partial(tools.facts.members, tools.lieu.space)
    guests = numbered(await talk.ask("who", Invitees(most=MOST, fetch=tools.media.read, there=there)))
    people, problems = await one_each(talk, guests.people, guests.problems)
    await say_what_was_left(talk, guests.left, problems, len(people))
    known, ready, waiting = await _agreed(talk, tools, people, problems)
    if ready:
        await _invite_some(talk, tools, ready, before=0)
        await say_who_waits(talk, waiting)
    await offer_to_members(talk, tools, known)
    await offer_codes(talk, tools, known)


async def _agreed(
    talk: Talk, tools: Tools, people: list[Invitee], problems: list[Problem]
) -> tuple[list[Guest], list[Guest], list[Problem]]:
    """Everybody of the list as they are known, those who are to be invited, once it is as it should be, and the lines
    that are still not understood."""
    known, told, sure = list[Guest](), set[str](), set[str]()
    while True:
        known = await talk.look("found", found, people, tools, known)
        known = [as_numbered(guest, one) for guest, one in zip(known, people, strict=True)]
        known = await told_apart(talk, tools, known)
        people = [as_written(guest) for guest in known]
        if (right := await unmistyped(talk, people, known, sure)) != people:
            people = right
            continue
        elsewhere = [guest for guest in known if guest["problem"] != MEMBER]  # to members there is something to offer
        told |= await say_what_is_in_the_way(talk, [guest for guest in elsewhere if guest["item"] not in told])
        ready = [guest for guest in known if not guest["problem"]]
        if not ready:
            if is_list(known, problems) and len(elsewhere) == len(known):
                await talk.say("nobody-left")
            return known, [], problems
        people_shown = table(talk, ready) if is_list(known, problems) else [checked(talk, ready[0])]
        changes = await talk.confirm("summary", Revision(shown(known, problems)), n=len(ready), people=people_shown)
        if not changes:
            return known, ready, problems
        people, problems = await one_each(talk, *changed(people, problems, changes))


@dialogue("invite-rest", action="invite")
async def invite_rest(talk: Talk, tools: Tools, guests: list[Guest], before: int) -> None:
    """The others of a long list, after those who were invited `before`."""
    await _invite_some(talk, tools, guests, before=before)


@dialogue("invite-asker", action="invite", within=days(7))
async def invite_asker(talk: Talk, tools: Tools, people: People, name: str, email: str, language: str) -> None:
    """Whoever said yes to somebody who asked to come on the lieu's page invites them, in the language of the page."""
    known = await talk.look("found", found, [Invitee(name=name, email=email)], tools)
    known = await told_apart(talk, tools, known)
    await say_what_is_in_the_way(talk, known)
    ready = [guest for guest in known if not guest["problem"]]
    if ready and ready[0]["new"] and language != tools.lieu.tongue:
        await talk.do("language", people.choose_language, ready[0]["address"], language)
    if ready:
        await _invite_some(talk, tools, ready, before=0)


async def _invite_some(talk: Talk, tools: Tools, guests: list[Guest], *, before: int) -> None:
    now, rest = guests[:AT_ONCE], guests[AT_ONCE:]
    invited, away, mailings = await _invite_all(talk, tools, now, before, len(guests))
    await send_all(talk, tools, mailings)
    by_hand = [] if tools.way_in.is_mailed else mailings
    if by_hand and len(now) == 1 and not before:
        await talk.whisper("done-by-hand", talk.room, text_of, tools, by_hand[0], who=by_hand[0]["who"])
    elif rest:
        await talk.say("goes-on", n=before + len(now), rest=len(rest))
    elif before or len(invited) > SHOWN:
        await talk.say("done-many", n=before + len(invited))
    elif invited:
        await talk.say("done", n=len(invited), people=invited)
    if away:
        await talk.say("later", n=len(away), people=away)
    if by_hand and (len(now) > 1 or before) and not rest:
        await talk.say("texts")
    if rest:
        before += len(invited)
        await talk.begin("invite-rest", talk.person, talk.room, guests=rest, before=before)


async def _invite_all(
    talk: Talk, tools: Tools, ready: list[Guest], before: int, left: int
) -> tuple[list[str], list[str], list[Mailing]]:
    """Who is invited, whose server is away, and which mails are left to send."""
    invited, away, mailings = list[str](), list[str](), list[Mailing]()
    for n, guest in enumerate(ready, 1):
        if left > 1 and (n == 1 or n % STRIDE == 0 or n == len(ready)):
            await talk.show("progress", done=before + n, of=before + left, who=guest["who"])
        problem, by = await talk.look("shut-out", shut_out, guest, tools, item=guest["item"])
        if problem:  # since they were found
            await say_what_is_in_the_way(talk, [{**guest, "problem": problem, "found_by": by}])
            continue
        try:
            mailing = await invite_guest(talk, tools, guest)
            mailings += [mailing] if mailing else []
            invited.append(line(talk, guest))
        except Refused as no:
            if no.code == AWAY:
                away.append(line(talk, guest))
            else:
                await talk.say("invite.not-invited", item=guest["item"], who=guest["who"], why=talk.because(no))
    return invited, away, mailings
