"""Whose account it is, and whether this bot may touch it: only what it recorded as this lieu's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import NotRequired, TypedDict

from bot.arrivals.arrivals import Arrivals
from bot.arrivals.full_names import named
from bot.arrivals.members import Member, Members, Shown, search
from bot.lieux import Lieu, Lieux
from bot.mail.mails import Mails
from bot.mail.way_in import WayIn
from bot.people import People
from bot.services.directory import is_homeserver
from bot.services.member_contacts import Held, MemberContacts
from bot.services.opened_accounts import OpenedAccount, OpenedAccounts, Refs
from bot.services.ownership import PASSWORD, NewAccounts, Ownership
from bot.services.service import Holder
from bot.services.tenancy import AccountHandle, Services
from bot.services.usernames import Usernames
from bot.talk import Whom
from bot.talk.outages import Reading, side_by_side
from bot.talk.pagination import Nobody, Somebody, pick_person
from bot.talk.ports import Facts, Membership, Moderation, Rooms
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.identity_providers import IdentityProviders
from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse


class Account(TypedDict):
    """Its login, and `address`: the Matrix account that is ours, empty for none; `accounts`: those that were opened
    besides, by their service."""

    login: str
    address: str
    accounts: NotRequired[Refs]


class Addressed(TypedDict):
    """The same, and whose it is."""

    login: str
    address: str
    person: str
    name: str
    accounts: NotRequired[Refs]


class LookedAt(Addressed):
    """`cloud`: whether the Nextcloud account is ours; `contact`: theirs in Odoo; `problem`: what stands in the way,
    empty for nothing."""

    cloud: bool
    contact: NotRequired[Held | None]
    problem: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about accounts are handed."""

    lieu: Lieu
    lieux: Lieux
    members: Members
    people: People
    facts: Facts
    membership: Membership
    rooms: Rooms
    moderation: Moderation
    arrivals: Arrivals
    ownership: Ownership
    new_accounts: NewAccounts
    usernames: Usernames
    directory: Directory
    identity_providers: IdentityProviders
    cloud: Nextcloud | None
    synapse: Synapse | None
    services: Services
    contacts: MemberContacts
    opened_accounts: OpenedAccounts
    mails: Mails | None
    way_in: WayIn
    chosen: Member | None = None  # whom the line was about, before what is to be done was asked

    def accounts(self, row: LookedAt) -> dict[str, AccountHandle | OpenedAccount]:
        """Their account in each service that is the lieu's to touch."""
        own = self.services.accounts_of(Holder(row["login"], row["address"], bool(row["cloud"])))
        return {**own, **self.opened_accounts.handles(row.get("accounts", {}))}

    def addresses(self, person: str, login: str) -> list[str]:
        """Under which what was opened to them is written down: without one of their own, that of their account."""
        return [one for one in (person, self.facts.local(login) if login else "") if one]

    async def was_used(self, login: str) -> bool:
        """Whether somebody was ever in an account of the homeserver, or has chosen its password."""
        chosen = await self.owns("conciergerie", login, PASSWORD)
        return chosen or (is_homeserver(self.directory) and await self.directory.was_used(login))

    async def is_concierge(self, row: Addressed) -> bool:
        """Under any of their addresses."""
        own = {row["person"], row["address"], self.facts.local(row["login"]) if row["login"] else ""}
        return bool(own & await self.people.concierges(self.lieu))

    async def owns(self, service: str, ref: str, kind: str = "account") -> bool:
        return await self.ownership.owns(self.lieu.id, service, kind, ref)


async def whom(talk: Talk, tools: Tools, said: str = "") -> Member | None:
    """Who it is about, if that was not `said` already; None where nobody was found or chosen, which is said."""
    if tools.chosen is not None:
        return tools.chosen
    said = said or await talk.ask("who", Whom(), what=talk.phrase("who-known"))
    try:
        return await pick_person(
            talk, "which", partial(_candidates, tools, said), partial(label, tools), alone=True, said=said
        )
    except Nobody:
        await talk.say("nobody", said=said)
        return None


async def whose(
    talk: Talk, tools: Tools, *, said: str = "", to_close: bool = False, opened: bool = False
) -> LookedAt | None:
    """The same for somebody whose account is the lieu's; `to_close`: an act that nobody suffers who must not; `opened`:
    what was opened to them elsewhere is enough."""
    who = await whom(talk, tools, said)
    if who is None:
        return None
    row = await talk.look("account", looked_at, tools, who)
    row = opened_alone(row) if opened and row["problem"] and row.get("accounts") else row
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
    has_directory = bool(found) or "accounts" in await tools.directory.capabilities()
    return {
        **row,
        "login": login,
        "name": (found[0].name if found and row["name"] == row["login"] else "") or row["name"],
        "address": addresses[0] if addresses else "",
        "cloud": await tools.owns("nextcloud", login),
        "accounts": await tools.opened_accounts.of(*tools.addresses(row["person"], login)),
        "contact": await tools.contacts.held(row["person"]) if tools.contacts.odoo else None,
        "problem": "" if ours else "account-not-ours" if found else "account" if has_directory else "opened",
    }


def opened_alone(row: LookedAt) -> LookedAt:
    """Their account is not the lieu's, or they have none: what was opened to them elsewhere is all that is."""
    return {**row, "login": "", "address": "", "cloud": False, "problem": ""}


def pause_of(row: LookedAt) -> str:
    """Under what a pause is written down."""
    return row["login"] or row["person"]


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
    own += [(name, "account", ref) for name, ref in row.get("accounts", {}).items() if name in closed]
    if {"directory", "nextcloud"} & closed or (is_homeserver(tools.directory) and "synapse" in closed):
        own += [("directory", "account", login), ("conciergerie", "pause", login), ("nextcloud", "account", login)]
        own.append(("conciergerie", PASSWORD, login))
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
