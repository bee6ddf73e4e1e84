"""A Matrix account that somebody had before, opened from now on by their account of the lieu: they say yes first."""

from __future__ import annotations

from bot.arrivals.full_names import addressed
from bot.talk import STATED, Choice, Option, Text
from bot.talk.pagination import Somebody
from bot.talk.talk import Talk

from .keys import Keys, whom


async def link(talk: Talk, keys: Keys) -> None:
    if keys.synapse is None:
        await talk.say("left-no-administration")
        return
    row = await whom(talk, keys)
    if row is None:
        return
    login = row["login"] or await talk.ask("login", Text(STATED, max=64), who=row["name"])
    problem = await talk.look("linkable", _problem, keys, row, login)
    if problem:
        await talk.say(f"accounts.no-{problem}", who=row["name"], login=login)
        return
    providers = await talk.look("providers", keys.synapse.identities.providers)
    if not providers:
        elsewhere = await talk.look("elsewhere", keys.synapse.accounts.delegated)
        await talk.say("left-linking-elsewhere" if elsewhere else "no-sign-in")
        return
    provider = providers[0] if len(providers) == 1 else await _which(talk, providers)
    subject = await talk.look("subject", keys.directory.subject, login)
    if subject is None:
        await talk.say("no-subject", login=login)
        return
    holder = await talk.look("holder", keys.synapse.identities.holder, provider, subject)
    if holder:
        await talk.say("linked-already" if holder == row["person"] else "errors.identity-taken")
        return
    person = await addressed(talk, keys.members, keys.lieu, row["person"], row["name"])
    await talk.confirm("link", who=row["name"], person=person, login=login)
    room = await talk.do("room", keys.rooms.direct, row["person"])
    await talk.begin("identity", row["person"], room, login=login, provider=provider)
    await talk.say("link-asked", who=row["name"])


async def _which(talk: Talk, providers: list[str]) -> str:
    return await talk.ask("provider", Choice([Option(one, one) for one in providers]))


async def _problem(keys: Keys, row: Somebody, login: str) -> str:
    """Whoever controls an account of the lieu would enter that Matrix account: members only, never who has more."""
    if not keys.facts.own_login(row["person"]) or not keys.synapse:
        return "elsewhere"
    if await keys.facts.membership(keys.lieu.space, row["person"]) != "join":
        return "member"
    if not await keys.owns("directory", login):
        return "account-not-ours"
    if not await keys.directory.find(username=login):
        return "account"
    found = await keys.synapse.accounts.get(row["person"])
    return "administrator" if found and found["admin"] else ""
