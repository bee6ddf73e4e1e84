"""The mails of invitations: given to the lieu's mail server until it takes them. An address that it refuses is asked
again; where no mail of the lieu can leave, a concierge is given its text, to send it by hand."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import NotRequired, TypedDict

from bot.arrivals.full_names import emailed
from bot.errors import Refused
from bot.talk import Email, days, dialogue, hours
from bot.talk.talk import Talk

from .guests import Tools

PAUSES = (timedelta(minutes=5), timedelta(minutes=30), hours(2), hours(6), *[days(1)] * 6)
TOLD_AFTER = 1  # pauses: servers ask strangers to come back in some minutes
GIVEN_UP = "mail-given-up"
WRONG_ADDRESS = ("mail-recipient", "mail-address")


class Mailing(TypedDict):
    """An invitation on its way: whose, where to, and how they get their password (« WayIn.first_password »). `untold`:
    the server was given it, and said nothing."""

    arrival: int
    who: str
    email: str
    password: str
    untold: NotRequired[bool]


@dialogue("invitation-mail", action="invite")
async def invitation_mail(talk: Talk, tools: Tools, mailings: list[Mailing]) -> None:
    for n, pause in enumerate(PAUSES):
        mailings = await _give(talk, tools, mailings)
        if not mailings:
            return
        if n == TOLD_AFTER:
            await talk.say("invite.mails-wait", n=len(mailings), people=_people(talk, mailings))
        await talk.rest("pause", pause)
    await _leave_by_hand(talk, tools, mailings, Refused(GIVEN_UP))


async def _give(talk: Talk, tools: Tools, mailings: list[Mailing]) -> list[Mailing]:
    """Those that the server does not take now."""
    waiting, refused = list[Mailing](), list[Mailing]()
    why = Refused()
    for one in mailings:
        to, key = one["email"], f"invitation-{talk.id:x}-{one['arrival']}"
        try:
            sent = await talk.do("send", tools.way_in.mail, to, one["arrival"], one["password"], key, item=to)
        except Refused as no:
            if no.code in WRONG_ADDRESS:
                await talk.begin("wrong-email", talk.person, talk.room, item=to, mailing=one, why=talk.because(no))
            else:
                why = no
                refused.append(one)
        else:
            if sent == "later" or (sent == "untold" and not one.get("untold")):  # nobody wants it ten times
                waiting.append({**one, "untold": sent == "untold" or one.get("untold", False)})
    await _leave_by_hand(talk, tools, refused, why)
    return waiting


async def _leave_by_hand(talk: Talk, tools: Tools, mailings: list[Mailing], why: Refused) -> None:
    if len(mailings) == 1:
        who, because = mailings[0]["who"], talk.because(why)
        await talk.whisper("invite.not-mailed", talk.room, text_of, tools, mailings[0], who=who, why=because)
    elif mailings:
        people = _people(talk, mailings)
        await talk.say("invite.none-mailed", n=len(mailings), people=people, why=talk.because(why))


async def text_of(tools: Tools, mailing: Mailing) -> str:
    """To be whispered: it holds the address of their page."""
    return await tools.way_in.text(mailing["arrival"], mailing["password"])


def _people(talk: Talk, mailings: list[Mailing]) -> list[str]:
    return [f"{one['who']} · {emailed(talk, one['email'])}" for one in mailings]


@dialogue("wrong-email", action="invite", remind=days(1))
async def wrong_email(talk: Talk, tools: Tools, mailing: Mailing, why: str) -> None:
    """A concierge puts it right, in the account too, or lets it be."""
    who, email = mailing["who"], emailed(talk, mailing["email"])
    kind = Email(partial(tools.arrivals.domains, tools.lieu))
    while True:
        right: str | None = await talk.ask("invite.right-email", kind, optional=True, who=who, email=email, why=why)
        if right is None:
            await talk.say("invite.left-unmailed", who=who)
            return
        try:
            login = await talk.do("correct", tools.correct_email, mailing["arrival"], right, item=right)
            if login:
                await talk.do("first-password", tools.way_in.first_password, login, item=right)
        except Refused as no:
            await talk.refused(no, item=right)
        else:
            break
    await talk.begin("invitation-mail", talk.person, talk.room, mailings=[{**mailing, "email": right, "untold": False}])
    await talk.say("invite.mailed-after-all", who=who, email=emailed(talk, right))


async def send_all(talk: Talk, tools: Tools, mailings: list[Mailing]) -> None:
    if mailings and tools.way_in.is_mailed:
        await talk.begin("invitation-mail", talk.person, talk.room, mailings=mailings)
