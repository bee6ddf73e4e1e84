"""What comes to the door of a network by itself: a bot that knocks, or presents its lieu; an invitation to us; a lieu
that goes."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from bot.lieux import Lieu
from bot.network.geography import plain
from bot.network.networks import Networks, invitation
from bot.store.networks import Wire
from bot.talk import YesNo, days, dialogue
from bot.talk.talk import Silence, Talk

REMIND, WITHIN = days(2), days(30)
PATIENCE = days(31)  # then whoever was asked is asked no more
UNASKED = ("admitted", "update")


@dialogue("admit-lieu", action="network", lasting=True)
async def admit_lieu(
    talk: Talk, lieu: Lieu, networks: Networks, network: int, bot: str, reason: str, hello: Wire, about: str
) -> None:
    """A lieu's bot is at the door, or was let in and says for which lieu it speaks."""
    name = await talk.look("name", networks.name, network)
    if hello:
        await _declare(talk, networks, network, name, bot, hello)
    elif await _is_wanted(talk, "new", name, bot, bot, reason):
        await talk.do("admit", networks.administration.admit, network, bot)
        talk.note("network-admitted", bot, network=name)
        await talk.say("admitted", who=bot, name=name)
    elif await talk.do("turn-away", networks.administration.turn_away, network, bot):
        await talk.say("not-admitted", who=bot)
    else:
        await talk.say("no-longer-there", who=bot)


async def _declare(talk: Talk, networks: Networks, network: int, name: str, bot: str, hello: Wire) -> None:
    standing = await talk.look("standing", networks.administration.standing, network, hello)
    who = plain(hello["card"]["name"])
    if standing not in UNASKED and not await _is_wanted(talk, standing, name, who, bot):
        await talk.say("not-declared", who=who)
        return
    await talk.do("declare", networks.administration.declare, network, hello["lieu"], hello["card"])
    if standing not in UNASKED:
        talk.note("network-declared", who, network=name)


async def _is_wanted(talk: Talk, standing: str, name: str, who: str, bot: str, reason: str = "") -> bool:
    """A lieu that is new, or known under another name or account."""
    words: dict[str, Any] = {"remind": REMIND, "within": WITHIN, "name": name, "who": who, "bot": bot}
    match standing:
        case "renamed":
            return await _is_yes(talk.ask("rename", YesNo(), of="network", **words))
        case "other-bot":
            return await _is_yes(talk.ask("other-bot", YesNo(), of="network", **words))
    return await _is_yes(talk.ask("let-in", YesNo(), of="network", reason=reason or "—", **words))


async def _is_yes(asked: Awaitable[bool]) -> bool:
    try:
        return await asked
    except Silence:
        return False


@dialogue("at-the-door", action="network", lasting=True)
async def at_the_door(talk: Talk, lieu: Lieu, networks: Networks, network: int, name: str, since: int) -> None:
    """We knocked: where nobody answers, we do not wait for ever."""
    await talk.rest("patience", PATIENCE)
    if await talk.do("give-up", networks.give_up, lieu, network, since):
        await talk.say("between.not-let-in", network=name)


@dialogue("settle-in", action="network", lasting=True)
async def settle_in(
    talk: Talk, lieu: Lieu, networks: Networks, network: int, space: str, name: str, by: str, at: int, about: str
) -> None:
    """The door of a network was opened to us."""
    await talk.do("settle-in", networks.come_in, network, by, at)


@dialogue("bidden", action="network", lasting=True)
async def bidden(
    talk: Talk, lieu: Lieu, networks: Networks, network: int, space: str, name: str, by: str, at: int, about: str
) -> None:
    """A network invites us, unasked."""
    if await _is_yes(talk.ask("bidden", YesNo(), of="network", remind=REMIND, within=WITHIN, name=name, by=by)):
        await talk.do("join", networks.ask_in, lieu, invitation(space, by), "", {})
        talk.note("network-asked", network=name)
    else:
        await talk.do("decline", networks.decline, lieu.id, network)
        talk.note("network-declined", network=name)
        await talk.say("not-joined", name=name)


@dialogue("part", action="network", lasting=True)
async def part(talk: Talk, lieu: Lieu, networks: Networks, network: int, leaving: str) -> None:
    """A lieu has left, ours or another one."""
    await talk.do("part", networks.administration.part, network, leaving)
