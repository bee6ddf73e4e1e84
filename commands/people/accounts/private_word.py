"""Whoever is shut out of an account, or let in again, hears it from the lieu, and with whom to talk about it."""

from __future__ import annotations

from collections.abc import Container

from bot.errors import Refused, Unavailable
from bot.talk import Mention
from bot.talk.outages import at_once
from bot.talk.talk import Talk
from integrations.directory import Account

from .lookup import LookedAt, Tools, pause_of

PRIVATE, LATE, MAIL, BOTH, KNOWN, NONE = "private", "private-late", "mail", "both", "known", "none"
REACTIVATE = "reactivate"


async def ways_to(tools: Tools, row: LookedAt, verb: str, acts: Container[str]) -> str:
    """How somebody can be told of these acts: in private, if they are there; by mail too where the messaging in which
    they would read it is itself what is shut, or was."""
    here, mailed, messaging = await tools.rooms.has_direct(row["person"]), await _account(tools, row), "synapse" in acts
    if mailed and (messaging or not here):
        return BOTH if here else MAIL
    if not here:
        return NONE
    return LATE if messaging and verb != REACTIVATE else PRIVATE


async def ways_unless_known(tools: Tools, row: LookedAt, acts: Container[str]) -> str:
    """Whoever is suspended once more, for what did not work the first time, hears nothing new."""
    ways = await ways_to(tools, row, "suspend", acts)
    is_known = ways != NONE and await tools.owns("conciergerie", pause_of(row), "pause")
    return KNOWN if is_known else ways


async def tell_them(talk: Talk, tools: Tools, row: LookedAt, verb: str, ways: str) -> None:
    """`ways` are those that a concierge saw; no door waits where they lead nowhere since."""
    if ways in (PRIVATE, LATE, BOTH) and not await _is_told(talk, tools, row, verb) and ways != BOTH:
        await talk.say("word-none")
    if ways in (MAIL, BOTH) and not await _is_mailed(talk, tools, row, verb):
        await talk.say("unmailed", who=row["name"])


async def _is_told(talk: Talk, tools: Tools, row: LookedAt, verb: str) -> bool:
    try:
        room = await talk.do("private", at_once, tools.rooms.direct, row["person"])
    except Refused:
        return False
    name = await talk.look("by", tools.facts.display_name, talk.person)
    await talk.say(f"accounts.told-{verb}", to=room, lieu=tools.lieu.name, by=Mention(talk.person, name))
    return True


async def _is_mailed(talk: Talk, tools: Tools, row: LookedAt, verb: str) -> bool:
    try:
        return await talk.do("mail", _mail, tools, row, verb, talk.person, f"{talk.id:x}") == "sent"
    except Refused:
        return False


async def _mail(tools: Tools, row: LookedAt, verb: str, by: str, key: str) -> str:
    try:
        account = await _account(tools, row)
    except Unavailable:
        return "later"
    if account is None or tools.mails is None:
        return "none"
    return await tools.mails.access(verb, account.email, row["person"], row["name"], by, f"{verb}-{key}")


async def _account(tools: Tools, row: LookedAt) -> Account | None:
    """Theirs, if a mail of the lieu can reach it."""
    found = await tools.directory.find(username=row["login"]) if tools.mails is not None and row["login"] else ()
    return found[0] if found and found[0].email else None
