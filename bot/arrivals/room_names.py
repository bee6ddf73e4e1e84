"""What a private discussion is called as long as somebody is only invited into it: all that they see of it."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.talk.talk import Talk


def invitation(talk: Talk, lieu: Lieu, by: str = "") -> str:
    """« La Rosée · Anne t’invite », in the language of the lieu; `by` whom, where somebody invites."""
    return talk.phrase(f"welcome.room-name{'-from' if by else ''}", to=lieu.space, lieu=lieu.name, by=by)
