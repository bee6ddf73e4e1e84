"""One guest is invited: an account where it is needed, the space, a private conversation, and their welcome in it.

A server that is away is tried again by itself, in a conversation of its own; the concierge is told how it ended.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.arrivals import room_names
from bot.errors import Refused
from bot.talk import days, dialogue
from bot.talk.outages import AWAY, at_once, patiently
from bot.talk.talk import Talk

from .guests import Guest, Tools
from .mailing import Mailing, send_all, text_of

GONE, MOST_DAYS = "server-gone", 7
Reach = Callable[..., Awaitable[Any]]


async def invite_guest(talk: Talk, tools: Tools, guest: Guest) -> Mailing | None:
    """The mail that is left to send. Raises Refused; "server-away" where another conversation goes on with it."""
    item, address = guest["item"], guest["address"]
    if guest["login"]:
        await talk.do("account", tools.new_accounts.ensure, guest["login"], guest["name"], guest["email"], item=item)
        if guest["new"]:
            own = tools.ownership.own_account
            await talk.do("own", own, tools.lieu.id, guest["login"], address, address=address, item=item)
            talk.note("account", address, login=guest["login"])
    arrival = await talk.do(
        "expect",
        tools.arrivals.expect,
        tools.lieu.id,
        address,
        talk.person,
        name=guest["name"] or (guest["email"] if guest.get("hidden") else None),
        email=guest["email"],
        login=guest["login"],
        item=item,
    )
    try:
        return await _bring(talk, tools, guest, arrival, at_once)
    except Refused as no:
        if no.code == AWAY:
            later = await talk.begin("invite-later", talk.person, talk.room, item=item, guest=guest, arrival=arrival)
            await talk.do("wait", tools.arrivals.change, arrival, conversation=later, item=item)
        else:
            await _withdraw(talk, tools, arrival, item)
        raise


async def _bring(talk: Talk, tools: Tools, guest: Guest, arrival: int, reach: Reach) -> Mailing | None:
    item, address, choices = guest["item"], guest["address"], tools.lieu.choices
    hidden = bool(guest.get("hidden"))
    if not (choices.approval or choices.charter or hidden):  # else it opens with the « yes » that is missing
        await talk.do("space", reach, tools.membership.invite, tools.lieu.space, address, item=item)
    called = room_names.invitation(talk, tools.lieu, talk.who)
    name = guest["name"] if guest["new"] else ""
    room = await talk.do("room", reach, tools.rooms.direct, address, called, name, item=item)
    welcome = await talk.begin("welcome", address, room, item=item, arrival=arrival)
    await talk.do("follow", tools.arrivals.change, arrival, room_id=room, conversation=welcome, item=item)
    password = ""
    if guest["login"]:
        made_for = arrival if guest["new"] else None
        password = (await talk.do("mail", tools.way_in.first_password, guest["login"], made_for, item=item))["kind"]
    if hidden:
        talk.note("invited-by-mail", who=guest["who"])
    else:
        talk.note("invited", address)
    if not guest["email"]:
        return None
    return {"arrival": arrival, "who": guest["who"], "email": guest["email"], "password": password}


async def _withdraw(talk: Talk, tools: Tools, arrival: int, item: str) -> None:
    """Whoever was not invited may be, once nothing is in the way any more."""
    await talk.do("withdraw", tools.arrivals.change, arrival, status="cancelled", item=item)


@dialogue("invite-later", action="invite")
async def invite_later(talk: Talk, tools: Tools, guest: Guest, arrival: int) -> None:
    """Until their server answers: a few times an hour for half a day, then every day for a week."""
    server = guest["address"].partition(":")[2]
    for _ in range(MOST_DAYS):
        try:
            mailing = await _bring(talk, tools, guest, arrival, patiently)
        except Refused as no:
            if no.code != GONE:
                await talk.say("invite.not-invited", who=guest["who"], why=talk.because(no))
                await _withdraw(talk, tools, arrival, guest["item"])
                return
        else:
            await talk.say("invite.late", who=guest["who"], server=server)
            if mailing and tools.way_in.is_mailed:
                await send_all(talk, tools, [mailing])
            elif mailing:
                await talk.whisper("invite.text", talk.room, text_of, tools, mailing, who=guest["who"])
            return
        await talk.rest("day", days(1))
    await talk.say("invite.given-up", who=guest["who"], server=server)
    await _withdraw(talk, tools, arrival, guest["item"])
