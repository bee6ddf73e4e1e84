"""What `doctor` asks from outside: whether it is this bot that answers there, and what it hears of who asks."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TypedDict

from aiohttp import web

from bot.arrivals.page_addresses import Tokens
from bot.web.proxies import Proxies, came_through_one

ASKED, ANSWERED = "proof", "proven"  # purposes of tokens: who has the key may ask, and knows the answer


class Proof(TypedDict):
    """`answer`: what only this bot can say; `peer`: who is connected to it, `believed` or not; `named`: they said on
    whose behalf."""

    answer: str
    peer: str
    believed: bool
    named: bool


def prove(tokens: Tokens, proxies: Proxies, request: web.Request) -> web.Response:
    """Raises HTTPNotFound to whoever has not our key."""
    number = tokens.read(ASKED, request.match_info["token"])
    if number is None:
        raise web.HTTPNotFound
    peer = request.remote or ""
    told: Proof = {
        "answer": tokens.of(ANSWERED, number),
        "peer": peer,
        "believed": bool(peer) and proxies.believes(ip_address(peer)),
        "named": came_through_one(request.headers),
    }
    return web.json_response(told)
