"""An e-mail address that looks mistyped is asked about before anything is sent to it: near a provider's, or near one
that the lieu knows."""

from __future__ import annotations

from bot.arrivals.arrivals import Arrivals
from bot.lieux import Lieu
from bot.talk.answers.addresses import Meant, doubted
from bot.talk.talk import Talk


async def as_meant(talk: Talk, arrivals: Arrivals, lieu: Lieu, email: str) -> str:
    """The address as a concierge typed it, or what it resembles."""
    return await one_of(talk, email, await talk.look("meant", _meant, arrivals, lieu, email, item=email, apart=True))


async def _meant(arrivals: Arrivals, lieu: Lieu, email: str) -> str:
    return doubted(email, await arrivals.domains(lieu))


async def one_of(talk: Talk, email: str, meant: str) -> str:
    """The address as it was typed, or the one that is probably `meant`, where there is one."""
    if meant:
        return await talk.ask("talk.mistyped", Meant(email, meant), item=email, email=email, near=meant)
    return email
