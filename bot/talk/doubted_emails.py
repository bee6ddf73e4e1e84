"""An e-mail address that looks mistyped is asked about before anything is sent to it."""

from __future__ import annotations

from bot.talk.answers.addresses import Meant, doubted
from bot.talk.talk import Talk


async def as_meant(talk: Talk, email: str) -> str:
    """The address as it was typed, or what it resembles."""
    if meant := doubted(email):
        return await talk.ask("talk.mistyped", Meant(email, meant), item=email, email=email, near=meant)
    return email
