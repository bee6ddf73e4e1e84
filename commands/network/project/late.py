"""Somebody who is to come into the room of a project, and whose server is away: the others do not wait for it."""

from __future__ import annotations

from typing import Any

from bot.errors import Refused
from bot.talk import dialogue
from bot.talk.talk import Talk

from .reach import Tools

KEEPER = 50  # the level of whoever looks after a room


async def bring_later(talk: Talk, request: str, room: str, person: str, *, keeps: bool = False) -> None:
    told: dict[str, Any] = {"request": request, "room": room, "who": person, "keeps": keeps}
    await talk.begin("project-late", talk.person, talk.room, item=person, threaded=True, **told)


@dialogue("project-late", action="agree", lasting=True)
async def project_late(talk: Talk, tools: Tools, request: str, room: str, who: str, keeps: bool) -> None:
    """Once their server answers; after half a day without an answer it is said that they are missing."""
    try:
        await talk.do("bring", tools.invite, request, room, who)
        if keeps:
            await talk.do("trust", tools.moderation.set_level, room, who, KEEPER)
    except Refused:
        await talk.say("project.not-brought", people=[who])
