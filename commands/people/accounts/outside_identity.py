"""Somebody's account of elsewhere (a university's, FranceConnect…), joined beforehand to the one that the lieu made."""

from __future__ import annotations

from bot.talk import VERBATIM, Choice, Option, Text
from bot.talk.talk import Talk

from .lookup import LookedAt, Tools, whose


async def identify(talk: Talk, tools: Tools) -> None:
    """Of an account that nobody has entered, and no other: whoever controls what is joined to it can enter it."""
    row = await whose(talk, tools)
    if row is None:
        return
    if not await talk.look("fresh", _is_fresh, tools, row):
        await talk.say("identity-entered", who=row["name"])
        return
    named = [(alias, label or talk.phrase("university")) for alias, label in await talk.look("named", _named, tools)]
    alias = named[0][0] if len(named) == 1 else await _which(talk, named)
    label = next((label for known, label in named if known == alias), alias)
    subject = await talk.ask("identity", Text(VERBATIM, max=200), who=row["name"], provider=label)
    await talk.confirm("identify", who=row["name"], login=row["login"], provider=label, subject=subject)
    await talk.do("linked", tools.directory.link_identity, row["login"], alias, subject)
    talk.note("identified", row["person"], login=row["login"], provider=alias)
    await talk.say("identified", who=row["name"], provider=label)


async def joins_identities(tools: Tools) -> bool:
    named = tools.identity_providers.providers
    return bool(named) and "identities" in await tools.directory.capabilities()


async def _which(talk: Talk, named: list[tuple[str, str]]) -> str:
    return await talk.ask("elsewhere", Choice([Option(alias, label) for alias, label in named]))


async def _named(tools: Tools) -> list[tuple[str, str]]:
    """Those that the host named: the server does not say which it has, and takes any."""
    return [(one.alias, one.label) for one in tools.identity_providers.providers]


async def _is_fresh(tools: Tools, row: LookedAt) -> bool:
    return not await tools.facts.exists(tools.facts.local(row["login"]))
