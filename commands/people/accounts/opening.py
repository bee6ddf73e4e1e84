"""An account in a service that an arrival may open, given by a concierge with exactly what they choose."""

from __future__ import annotations

from functools import partial
from typing import TypedDict

from bot.arrivals.full_names import emailed
from bot.errors import Refused
from bot.services import opened_words
from bot.services.opened_accounts import Described
from bot.services.service import Guest, Seen
from bot.talk import Choice, Email, Link, Option
from bot.talk.pagination import Somebody
from bot.talk.talk import Talk

from .lookup import Tools, shown, whom


class Before(TypedDict):
    """The account that they have there, if it is the lieu's; whether they are suspended; their Matrix addresses, and
    the e-mail address that is known."""

    account: Described | None
    paused: bool
    addresses: list[str]
    email: str


async def open_account(talk: Talk, tools: Tools) -> None:
    row = await whom(talk, tools)
    if row is None:
        return
    offered, who = tools.opened_accounts.offered(), row["name"]
    services = [Option(name, talk.service(name)) for name in offered]
    service = services[0].value if len(services) == 1 else await talk.ask("open-where", Choice(services), who=who)
    before = await talk.look("before", _before, tools, row, service)
    if before["paused"]:
        await talk.say("open-paused", who=who)
        return
    account, had = opened_words.account(talk, service), before["account"]
    now = talk.phrase("open-now", what=opened_words.what(talk, service, had["choice"])) if had and had["choice"] else ""
    options = [Option(choice, key=f"talk.opening.{service}.{choice}") for choice in offered[service]]
    choice = await talk.ask("open-what", Choice(options), who=who, account=account, now=now)
    domains = partial(tools.arrivals.domains, tools.lieu)
    email = before["email"] or await talk.ask("open-email", Email(domains), who=who, account=account)
    what = opened_words.what(talk, service, choice)
    await talk.confirm(
        "open", who=await shown(talk, tools, row), account=account, what=what, email=emailed(talk, email)
    )
    guest = Guest(who, row["login"], email)
    try:
        seen = await talk.do("open", tools.opened_accounts.open, service, before["addresses"], guest, choice, True)
    except Refused as no:
        await talk.refused(no)
        return
    talk.note("opened", row["person"], account=account, what=what)
    if had and had["state"] == "open" and had["choice"] != choice:
        told = await _tell_of_change(talk, tools, row["person"], service, what)
        await talk.say("open-changed-told" if told else "open-changed-untold", who=who, what=what)
        return
    told = await _tell(talk, tools, row["person"], service, seen, what, email)
    await talk.say("open-told" if told else "open-untold", who=who, account=account, what=what, link=Link(seen["link"]))


async def _tell_of_change(talk: Talk, tools: Tools, person: str, service: str, what: str) -> bool:
    """They have an account, and a password: what else they may do is all that is new."""
    try:
        room = await talk.do("private", tools.rooms.direct, person)
    except Refused:
        return False
    await talk.say("open-changed", to=room, service=talk.service(service), what=what)
    return True


async def _tell(talk: Talk, tools: Tools, person: str, service: str, seen: Seen, what: str, email: str) -> bool:
    """In private, where that is possible."""
    try:
        room = await talk.do("private", tools.rooms.direct, person)
    except Refused:
        return False
    await talk.say(
        f"talk.opening.{service}", to=room, what=what, email=email, login=seen["login"], link=Link(seen["link"])
    )
    return True


async def _before(tools: Tools, row: Somebody, service: str) -> Before:
    login = row["login"] or tools.facts.own_login(row["person"])
    addresses = tools.addresses(row["person"], login)
    account = tools.opened_accounts.handles(await tools.opened_accounts.of(*addresses))
    ours = bool(login) and await tools.owns("directory", login)
    found = await tools.directory.find(username=login) if ours else ()
    arrival = await tools.arrivals.of_person(tools.lieu.id, row["person"])
    return {
        "account": await account[service].described() if service in account else None,
        "paused": await tools.ownership.is_paused(tools.lieu.id, login, row["person"]),
        "addresses": addresses,
        "email": (found[0].email if found else "") or (arrival and arrival["email"]) or "",
    }
