"""What others asked while it was quiet here, or while we were away: shown once, when its time comes."""

from __future__ import annotations

from datetime import timedelta

from bot.lieux import Lieu
from bot.network.requests import Requests
from bot.talk import dialogue
from bot.talk.talk import Talk


@dialogue("later", action="answer-request", lasting=True)
async def later(talk: Talk, lieu: Lieu, requests: Requests, room: str, at: int) -> None:
    await _until(talk, requests, at)
    await talk.do("show", requests.show_due, lieu, room)


@dialogue("missing", action="answer-request", lasting=True)
async def missing(talk: Talk, requests: Requests, network: int, request: str, speaker: str, at: int) -> None:
    """Something that another lieu said does not reach us: what it said after that is shown without it."""
    await _until(talk, requests, at)
    await talk.do("go-on", requests.let_go, network, request, speaker)


async def _until(talk: Talk, requests: Requests, at: int) -> None:
    if left := await talk.look("left", requests.left, at):
        await talk.rest("wait", timedelta(seconds=left))
