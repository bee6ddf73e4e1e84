"""Whose account it is, and whether this bot may touch it: only what it recorded as this lieu's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

from bot.arrivals.arrivals import Arrivals
from bot.arrivals.full_names import named
from bot.arrivals.members import Member, Members, Shown, search
from bot.lieux import Lieu
from bot.people import People
from bot.services.ownership import Ownership
from bot.services.service import Holder
from bot.services.tenancy import AccountHandle, Services
from bot.services.usernames import Usernames
from bot.talk import Whom
from bot.talk.outages import Reading, side_by_side
from bot.talk.pagination import Nobody, Somebody, pick_person
from bot.talk.ports import Facts, Membership, Moderation, Rooms
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse


class Account(TypedDict):
    """Its login, and `address`: the Matrix account that is ours, empty for none."""

    login: str
    address: str


class Addressed(TypedDict):
    """The same, and whose it is."""

    login: str
    address: str
    person: str
    name: str


class LookedAt(Addressed):
    """`cloud`: whether the Nextcloud account is ours; `problem`: what stands in the way, empty for nothing."""

    cloud: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about accounts are handed."""

    lieu: Lieu
    members: Members
    people: People
    facts: Facts
    membership: Membership
    rooms: Rooms
    moderation: Moderation
    arrivals: Arrivals
    ownership: Ownership
    usernames: Usernames
    directory: Directory
    cloud: Nextcloud | None
    synapse: Synapse | None
    services: Services

    def accounts(self, row: LookedAt) -> dict[str, AccountHandle]:
        """Their account in each service that is the lieu's to touch."""
        return self.services.accounts_of(Holder(row["login"], row["address"], bool(row["cloud"])))

    async def is_concierge(self, row: Addressed) -> bool:
        """Under any of their addresses."""
        own = {row["person"], row["address"], self.facts.local(row["login"]) if row["login"] else ""}
        return bool(own & await self.people.concierges(self.lieu))

    async def owns(self, service: str, ref: str, kind: str = "account") -> bool:
        return await self.ownership.owns(self.lieu.id, service, kind, ref)


async def whom(talk: Talk, tools: Tools) -> Member | None:
    """Who it is about; None where nobody was found or chosen, which is said."""
    said = await talk.ask("who", Whom(), what=talk.phrase("who-known"))
    try:
        return await pick_person(
            talk, "which", partial(_candidates, tools, said), partial(label, tools), alone=True, said=said
        )
    except Nobody:
        await talk.say("nobody", said=said)
        return None


async def whose(talk: Talk, tools: Tools, *, to_close: bool = False) -> LookedAt | None:
    """The same for somebody whose account is the lieu's; `to_close`: an act that nobody suffers who must not."""
    who = await whom(talk, tools)
    if who is None:
        return None
    row = await talk.look("account", looked_at, tools, who)
    problem = row["problem"]
    if not problem and to_close:
        problem = await talk.look("protected", protected, tools, row, talk.person)
    if problem:
        await talk.say(f"accounts.no-{problem}", who=row["name"], login=row["login"])
        return None
    return row


async def against_a_concierge(talk: Talk, tools: Tools, row: Addressed, act: str) -> bool:
    """Whether it may be done: where a lieu decides with two, one concierge does not put another one out alone."""
    if not tools.lieu.choices.two:
        return True
    colleague = await talk.look("colleague", tools.is_concierge, row)
    return await talk.seconded(act, needed=colleague, about=await shown(talk, tools, row))


async def shown(talk: Talk, tools: Tools, row: Shown) -> str:
    """For what cannot be undone easily: with their address."""
    return await named(talk, tools.members, tools.lieu, row["person"], row["name"])


async def _candidates(tools: Tools, said: str) -> list[Member]:
    return search(await tools.members.known(tools.lieu), said)


def label(tools: Tools, row: Somebody) -> str:
    return f"{row['name']} · {row['login'] or tools.facts.own_login(row['person']) or row['person']}"


async def looked_at(tools: Tools, row: Somebody) -> LookedAt:
    """What of it is the lieu's, and what stands in the way."""
    login = row["login"] or tools.facts.own_login(row["person"])
    found = await tools.directory.find(username=login) if login else ()
    addresses = [one for one in (row["person"], tools.facts.local(login)) if await tools.owns("matrix", one)]
    ours = bool(found) and await tools.owns("directory", login)
    return {
        **row,
        "login": login,
        "name": found[0].name if found and row["name"] == row["login"] else row["name"],
        "address": addresses[0] if addresses else "",
        "cloud": await tools.owns("nextcloud", login),
        "problem": "" if ours else "account-not-ours" if found else "account",
    }


async def protected(tools: Tools, row: Addressed, by: str) -> str:
    """Nobody closes out the bot, themselves, an administrator, nor the last who has the keys."""
    own = {row["person"], row["address"], tools.facts.local(row["login"])} - {""}
    if tools.facts.me in own:
        return "bot"
    if by in own:
        return "yourself"
    concierges = await tools.people.concierges(tools.lieu) - {tools.facts.me}
    if concierges & own and concierges <= own:
        return "last-concierge"
    return "administrator" if await _administers(tools, row) else ""


async def forget(tools: Tools, row: Account, closed: Iterable[str]) -> None:
    """The name may be somebody else's one day: what is closed is ours no more."""
    login, closed = row["login"], set(closed)
    own = [("matrix", "account", row["address"])] if "synapse" in closed else []
    if "directory" in closed:
        own += [("directory", "account", login), ("conciergerie", "pause", login), ("nextcloud", "account", login)]
    for service, kind, ref in own:
        await tools.ownership.disown(tools.lieu.id, service, kind, ref)


async def _administers(tools: Tools, row: Addressed) -> bool:
    """As far as the services tell now; each of them also guards its own."""
    readings: dict[str, Reading] = {}
    address = row["address"] or (row["person"] if tools.facts.own_login(row["person"]) else "")
    if tools.synapse is not None and address:
        readings["synapse"] = partial(tools.synapse.accounts.get, address)
    if tools.cloud is not None and row["login"]:
        readings["nextcloud"] = partial(tools.cloud.accounts.get, row["login"])
    told = await side_by_side(readings)
    matrix, cloud = (told.get(name, {}).get("is") or {} for name in ("synapse", "nextcloud"))
    return bool(matrix.get("admin")) or "admin" in cloud.get("groups", ())
