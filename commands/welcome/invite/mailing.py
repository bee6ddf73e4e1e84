"""The mail of an invitation: given to the lieu's mail server until it takes it. An address that it refuses is asked
again; where no mail of the lieu can leave, a concierge is given its text, to send it by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from bot.arrivals.full_names import emailed
from bot.errors import Refused
from bot.talk import Email, days, dialogue, hours
from bot.talk.talk import Talk

from .guests import Tools

PAUSES = (timedelta(minutes=5), timedelta(minutes=30), hours(2), hours(6), *[days(1)] * 6)
TOLD_AFTER = 2  # pauses: servers ask strangers to come back in some minutes
GIVEN_UP = "mail-given-up"
WRONG_ADDRESS = ("mail-recipient", "mail-address")


class ByHand(NamedTuple):
    """An invitation that a concierge sends: whose, and how they get their password."""

    arrival: int
    who: str
    password: str


@dialogue("invitation-mail", action="invite", remind=days(1))
async def invitation_mail(talk: Talk, tools: Tools, arrival: int, email: str, who: str, password: str) -> None:
    to: str | None = email
    n = 0
    while to:
        n += 1
        try:
            await _send(talk, tools, to, who, arrival, password, f"invitation-{talk.id:x}-{n}")
        except Refused as no:
            if no.code not in WRONG_ADDRESS:
                by_hand = ByHand(arrival, who, password)
                await give_text(talk, tools, by_hand, "invite.not-mailed", why=talk.because(no))
                return
            to = await _right_address(talk, tools, to, who, arrival, no)
        else:
            if to != email:
                await talk.say("invite.mailed-after-all", who=who, email=emailed(talk, to))
            return
    await talk.say("invite.left-unmailed", who=who)


async def _send(talk: Talk, tools: Tools, to: str, who: str, arrival: int, password: str, key: str) -> None:
    """Until the server has it, for a week. Raises Refused."""
    untold = 0
    for n, pause in enumerate(PAUSES):
        sent = await talk.do("send", tools.way_in.mail, to, arrival, password, key, item=to)
        untold += sent == "untold"
        if sent in ("sent", "over") or untold > 1:  # it was given the mail twice: nobody wants it ten times
            return
        if n == TOLD_AFTER:
            await talk.say("invite.mail-waits", item=to, who=who, email=emailed(talk, to))
        await talk.rest("pause", pause)
    raise Refused(GIVEN_UP)


async def _right_address(talk: Talk, tools: Tools, to: str, who: str, arrival: int, no: Refused) -> str | None:
    """The one that a concierge corrects it to, the account's too; None where they let it be."""
    told: dict[str, Any] = {"who": who, "email": emailed(talk, to), "why": talk.because(no)}
    while True:
        right: str | None = await talk.ask("invite.right-email", Email(), optional=True, item=to, **told)
        if right is None:
            return None
        try:
            login = await talk.do("correct", tools.correct_email, arrival, right, item=right)
            if login:
                await talk.do("first-password", tools.way_in.first_password, login, item=right)
        except Refused as refusal:
            await talk.refused(refusal, item=right)
        else:
            return right


async def give_text(talk: Talk, tools: Tools, invitation: ByHand, sentence: str = "invite.text", **words: str) -> None:
    """A whisper: it holds the address of their page."""
    arrival, who, password = invitation
    await talk.whisper(sentence, talk.room, tools.way_in.text, arrival, password, who=who, **words)
