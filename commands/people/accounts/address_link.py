"""A Matrix account that somebody had before, opened from now on by their account of the lieu: they say yes first."""

from __future__ import annotations

from bot.arrivals.full_names import addressed
from bot.talk import STATED, Choice, Option, Text
from bot.talk.pagination import Somebody
from bot.talk.talk import Talk

from .lookup import Tools, whom


async def link(talk: Talk, tools: Tools) -> None:
    if tools.synapse is None:
        await talk.say("left-no-administration")
        return
    row = await whom(talk, tools)
    if row is None:
        return
    login = row["login"] or await talk.ask("login", Text(STATED, max=64), who=row["name"])
    why = await talk.look("linkable", problem, tools, row, login)
    if why:
        await talk.say(f"accounts.no-{why}", who=row["name"], login=login)
        return
    providers = await talk.look("providers", tools.synapse.identities.providers)
    if not providers:
        elsewhere = await talk.look("elsewhere", tools.synapse.accounts.delegated)
        await talk.say("left-linking-elsewhere" if elsewhere else "no-sign-in")
        return
    provider = providers[0] if len(providers) == 1 else await _which(talk, providers)
    subject = await talk.look("subject", tools.directory.subject, login)
    if subject is None:
        await talk.say("no-subject", login=login)
        return
    holder = await talk.look("holder", tools.synapse.identities.holder, provider, subject)
    if holder:
        await talk.say("linked-already" if holder == row["person"] else "errors.identity-taken")
        return
    person = await addressed(talk, tools.members, tools.lieu, row["person"], row["name"])
    await talk.confirm("link", who=row["name"], person=person, login=login)
    room = await talk.do("room", tools.rooms.direct, row["person"])
    await talk.begin("identity", row["person"], room, login=login, provider=provider)
    await talk.say("link-asked", who=row["name"])


async def _which(talk: Talk, providers: list[str]) -> str:
    return await talk.ask("provider", Choice([Option(one, one) for one in providers]))


async def problem(tools: Tools, row: Somebody, login: str) -> str:
    """Whoever controls an account of the lieu would enter that Matrix account: members only, never who has more."""
    if not tools.facts.own_login(row["person"]) or not tools.synapse:
        return "elsewhere"
    if await tools.facts.membership(tools.lieu.space, row["person"]) != "join":
        return "member"
    if not await tools.owns("directory", login):
        return "account-not-ours"
    if not await tools.directory.find(username=login):
        return "account"
    found = await tools.synapse.accounts.get(row["person"])
    return "administrator" if found and found["admin"] else ""
