"""`!demande`, `!demandes`: ask the lieux of a network for something, see to what was asked until it is settled."""

from __future__ import annotations

from datetime import timedelta

from bot.lieux import Lieu
from bot.network.networks import Networks
from bot.network.requests import Requests
from bot.talk import PERHAPS_ASKING, VERBATIM, Role, Text, command, dialogue, hours
from bot.talk.budgets import Budget, Budgets, of_lieu, of_person
from bot.talk.command_line import Origin
from bot.talk.ports import Clock
from bot.talk.talk import Talk

from .deadline import watch_over
from .outcomes import Tools
from .publication import send
from .request_form import compose
from .request_list import read
from .request_sheet import tend, which

# In an hour; and how many of one person may be looked for at once.
OF_MEMBER, OF_CONCIERGE, OF_LIEU = Budget("requests", 10), Budget("requests", 30), Budget("requests", 60)
MOST_OPEN = 20


@command("request", action="ask-network", role=Role.MEMBER, takes=("what",), within=hours(1))
async def request(talk: Talk, tools: Tools, networks: Networks, budgets: Budgets, said: Origin) -> None:
    lieu, requests, clock = tools.lieu, tools.requests, tools.clock
    rows = [row for row in await talk.look("networks", networks.of, lieu.id) if row["status"] == "declared"]
    if not rows:
        await talk.say("no-network")
        return
    what = await talk.ask("what", Text(PERHAPS_ASKING, max=1000, lines=True))
    known = await which(talk, lieu, requests, what, said) if talk.was_given("what") else None
    if known is not None:
        await tend(talk, tools, *known)
        return
    if await _asks_too_much(talk, tools, budgets):
        return
    composed = await compose(talk, lieu, networks, requests, clock, rows, what)
    await send(talk, tools, *composed)


async def _asks_too_much(talk: Talk, tools: Tools, budgets: Budgets) -> bool:
    """Each request is a card in every lieu of the network. A member has so many open at once, and everybody so many an
    hour; that is said."""
    keeps = await talk.look("keeps", tools.people.may, talk.person, "tend-requests", tools.lieu, apart=True)
    n = await talk.look("open", tools.requests.open_of, tools.lieu, talk.person)
    if n >= MOST_OPEN and not keeps:
        await talk.say("many-open", n=n)
        return True
    budget = OF_CONCIERGE if keeps else OF_MEMBER
    own = await talk.look("turn", budgets.wait, budget, of_person(talk.person), f"{talk.id}")
    pause = own or await talk.look("turn-of-lieu", budgets.wait, OF_LIEU, of_lieu(tools.lieu.id), f"{talk.id}")
    if pause:
        await talk.say("many-lately", pause=timedelta(seconds=pause))
    return bool(pause)


@command("requests", action="ask-network", takes=("which",), within=hours(1))
async def requests(talk: Talk, lieu: Lieu, requests: Requests) -> None:
    which = await talk.ask("which", Text(VERBATIM, max=80)) if talk.was_given("which") else ""
    await read(talk, lieu, requests, which)


@dialogue("tend-request", action="ask-network", within=hours(1))
async def tend_request(talk: Talk, tools: Tools, number: int, act: str) -> None:
    """Somebody clicked below a request of ours, or said there what is to become of it."""
    await tend(talk, tools, number, act)


@dialogue("watch-request", action="ask-network", lasting=True)
async def watch_request(
    talk: Talk, lieu: Lieu, requests: Requests, clock: Clock, number: int, asker: str, token: int
) -> None:
    """A request of ours comes to its end, and is reminded of before."""
    await watch_over(talk, lieu, requests, clock, number, asker, token)
