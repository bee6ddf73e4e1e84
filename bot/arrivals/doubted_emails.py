"""An e-mail address that looks mistyped is asked about before anything is sent to it: near a provider's, or near one
that the lieu knows."""

from __future__ import annotations

from bot.arrivals.arrivals import Arrivals
from bot.lieux import Lieu
from bot.talk.answers.addresses import Email, Meant, doubted
from bot.talk.talk import Talk


async def email_asked(talk: Talk, arrivals: Arrivals, lieu: Lieu) -> Email:
    """An address as a concierge is asked for it."""
    return Email(await talk.look("domains", arrivals.domains, lieu, apart=True))


async def as_meant(talk: Talk, arrivals: Arrivals, lieu: Lieu, email: str) -> str:
    """The address as it was typed, or what it resembles."""
    known = await talk.look("domains", arrivals.domains, lieu, apart=True)
    return await one_of(talk, email, doubted(email, known))


async def one_of(talk: Talk, email: str, meant: str) -> str:
    """The address as it was typed, or the one that is probably `meant`, where there is one."""
    if meant:
        return await talk.ask("talk.mistyped", Meant(email, meant), item=email, email=email, near=meant)
    return email
