"""Who is to be invited, as the services know them: their address, their account, and what stands in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NotRequired, TypedDict

from bot.arrivals.arrivals import Arrivals
from bot.arrivals.departures import Departures
from bot.arrivals.full_names import emailed
from bot.lieux import Lieu
from bot.mail.way_in import WayIn
from bot.services.directory import is_homeserver
from bot.services.ownership import OTHER, SAME, NewAccounts, Ownership
from bot.services.registration_codes import RegistrationCodes
from bot.services.usernames import Usernames
from bot.store.arrivals import GOING_ON
from bot.store.departures import Departure
from bot.talk import Choice, Email, Invitee, Many, Option
from bot.talk.answers.addresses import doubted
from bot.talk.answers.person import is_another
from bot.talk.outages import side_by_side
from bot.talk.ports import Clock, Facts, Media, Membership, Registration, Rooms
from bot.talk.talk import Talk
from integrations.directory import Account, Directory, finds_accounts, free_login
from integrations.synapse import Synapse

OTHER_ADDRESS, BY_CODE = "other-address", "no-page-code"
SEVERAL = 3  # of a list, whose domain is no slip


class Guest(TypedDict):
    """`name`, `email`, Matrix `address`, `login` as far as there are; `new`: the account is still to be made; `hidden`:
    it is not this lieu's to know; `holder`: whose name it has, where that is another one; `found_by`: whom to name to
    have it given back, where it is shut; `near`: what their e-mail is probably a slip of; `who` they are called, and
    `item` as what in loops. `n`: their line in the list, `typed` what stood there (address, name, e-mail), `note` what
    is to be seen in it. Conversations of before know nothing of some."""

    name: str
    email: str
    address: str
    login: str | None
    new: bool
    hidden: NotRequired[bool]
    holder: NotRequired[str]
    found_by: NotRequired[str]
    doubt: NotRequired[str]
    problem: str
    near: NotRequired[str]
    who: str
    item: str
    n: NotRequired[int]
    typed: NotRequired[list[str]]
    note: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about invitations are handed."""

    lieu: Lieu
    facts: Facts
    membership: Membership
    rooms: Rooms
    media: Media
    directory: Directory
    arrivals: Arrivals
    departures: Departures
    ownership: Ownership
    new_accounts: NewAccounts
    usernames: Usernames
    synapse: Synapse | None
    way_in: WayIn
    registration: Registration | None
    codes: RegistrationCodes
    clock: Clock

    async def account(self, guest: Invitee) -> Account | None:
        """The one that is meant by an e-mail, or by an address of our own homeserver."""
        login = self.facts.own_login(guest.address) if guest.address else ""
        if not (login or guest.email) or not finds_accounts(await self.directory.capabilities()):
            return None
        found = await (self.directory.find(username=login) if login else self.directory.find(email=guest.email))
        return found[0] if found else None

    async def correct_email(self, arrival: int, email: str) -> str:
        """Somebody's address, that of their account too as long as it is the lieu's and nobody has entered with it: its
        login then, else an empty one. Raises Refused."""
        row = await self.arrivals.get(arrival)
        login = row["login"] or ""
        if login and not await self._is_fresh(login, row["person"]):
            login = ""
        if login:
            await self.directory.set_email(login, email)
        await self.arrivals.change(arrival, email=email)
        return login

    async def _is_fresh(self, login: str, person: str) -> bool:
        if not await self.ownership.owns_account(self.lieu.id, login):
            return False
        if is_homeserver(self.directory):
            return not await self.directory.was_used(login)
        return await self.facts.is_nobodys(person)


async def found(people: Sequence[Invitee], tools: Tools, before: Sequence[Guest] = ()) -> list[Guest]:
    """Each guest with the address they have or will have; whoever is as `before` is not looked for once more."""
    seen = {(guest["n"], *guest["typed"]): guest for guest in before if "typed" in guest}
    again = [seen.get((one.n, *_typed(one))) for one in people]
    taken = {guest["login"] for guest in again if guest and guest["login"]}
    guests = [same or await _found(one, taken, tools) for one, same in zip(people, again, strict=True)]
    domains = {*await tools.arrivals.domains(tools.lieu), *_shared(people)}
    for guest in guests:
        guest["near"] = doubted(guest["email"], domains)
    new = [guest for guest, same in zip(guests, again, strict=True) if same is None]
    wanted = {str(n): guest for n, guest in enumerate(new) if not guest["email"] and not guest["problem"]}
    doubts = await side_by_side({n: partial(_doubt, tools, guest) for n, guest in wanted.items()})
    for n, guest in wanted.items():
        guest["doubt" if doubts[n].get("is") == "nobodys" else "problem"] = doubts[n].get("is") or ""
    return guests


def _shared(people: Sequence[Invitee]) -> list[str]:
    """Domains that several of a list have."""
    counts = Counter(one.email.rpartition("@")[2] for one in people if one.email)
    return [domain for domain, n in counts.items() if n >= SEVERAL]


def _typed(one: Invitee) -> list[str]:
    return [one.address, one.name, one.email]


def as_numbered(guest: Guest, one: Invitee) -> Guest:
    """What was found before this program had numbers, as of this line."""
    return guest if "n" in guest else {**guest, "n": one.n, "typed": _typed(one), "note": one.note}


def as_written(guest: Guest) -> Invitee:
    """The line of a list that this guest is."""
    address, name, email = guest["typed"]
    return Invitee(address, name, email, guest["n"], guest["note"])


async def _found(guest: Invitee, taken: set[str], tools: Tools) -> Guest:
    who = guest.name or guest.address or guest.email
    found: Guest = {
        "name": guest.name,
        "email": guest.email,
        "address": guest.address,
        "login": None,
        "new": False,
        "hidden": False,
        "holder": "",
        "doubt": "",
        "problem": "",
        "who": who,
        "item": guest.address or guest.email,
        "n": guest.n,
        "typed": _typed(guest),
        "note": guest.note,
    }
    if not guest.address and is_homeserver(tools.directory) and not tools.way_in.has_pages:
        by_code = tools.registration is not None and await tools.facts.registers_with_code()
        return found | {"problem": BY_CODE if by_code else "no-page"}
    account = await tools.account(guest)
    if not guest.address and account is None:
        able = await tools.directory.capabilities()
        if "accounts" not in able:
            return found | {"problem": "made-elsewhere" if finds_accounts(able) else "no-directory"}
    ours = account is not None and await tools.ownership.owns_account(tools.lieu.id, account.login)
    if not guest.address:
        free = partial(_is_free, taken, tools.usernames)
        login = account.login if account else await free_login(guest.name, free, guest.email)
        taken.add(login)
        hidden = account is not None and not ours
        found |= {"address": tools.facts.local(login), "new": account is None, "hidden": hidden}
        found["login"] = None if hidden else login
    if account and ours and is_another(guest.name, account.name):
        found["holder"] = account.name
    problem, by = await shut_out(found, tools)
    if problem:
        return found | {"problem": problem, "found_by": by}
    return found | {"problem": await _problem(found, tools)}


async def _problem(guest: Guest, tools: Tools) -> str:
    beside = "-by-mail" if guest["hidden"] else ""
    if await tools.facts.membership(tools.lieu.space, guest["address"]) == "join":
        return f"already-member{beside}"
    arrival = await tools.arrivals.of_person(tools.lieu.id, guest["address"])
    return f"already-invited{beside}" if arrival is not None and arrival["status"] in GOING_ON else ""


async def shut_out(guest: Guest, tools: Tools) -> tuple[str, str]:
    """Whether their account is shut, or will be, which no invitation changes: `leaving`, `leaving-soon`, `suspended`,
    or empty; and whom to name to have it given back. Of an account that is not the lieu's to see, nothing is told."""
    if guest.get("hidden"):
        return "", ""
    address, login = guest["address"], guest["login"] or tools.facts.own_login(guest["address"])
    accounts = await tools.ownership.owned(tools.lieu.id, "directory", "account")
    for row in await tools.departures.in_progress(tools.lieu.id):
        account = accounts.get(row["login"])
        theirs = account is not None and account["at"] == row["account"]  # else its name is somebody else's since
        if (theirs and row["login"] == login) or (row["person"] == address and (theirs or _had_doors_alone(row))):
            return "leaving" if row["status"] == "locked" else "leaving-soon", row["login"] or row["name"]
    pauses = await tools.ownership.owned(tools.lieu.id, "conciergerie", "pause")
    for ref, pause in pauses.items():
        stands = ref in accounts or ref == address  # else it was closed since, and its name is free
        if stands and (ref in (login, address) or pause["person"] == address):
            return "suspended", ref
    return "", ""


def _had_doors_alone(row: Departure) -> bool:
    """An account of elsewhere, and what was opened for it here."""
    return not row["login"] and bool(row["taken"].get("doors"))


async def _doubt(tools: Tools, guest: Guest) -> str:
    """`closed` where the account is for good, `nobodys` where its server knows nobody of that name."""
    login = tools.facts.own_login(guest["address"])
    if login and tools.synapse is not None:
        account = await tools.synapse.accounts.get(guest["address"])
        if account and account["deactivated"]:
            return "closed"
    if not await tools.facts.is_nobodys(guest["address"]):
        return ""
    return "" if login and await _has_account(tools, login) else "nobodys"


async def _has_account(tools: Tools, login: str) -> bool:
    """Of the SSO, which nobody has opened here yet."""
    return finds_accounts(await tools.directory.capabilities()) and bool(await tools.directory.find(username=login))


async def _is_free(taken: set[str], usernames: Usernames, login: str) -> bool:
    return login not in taken and await usernames.is_free(login)


async def told_apart(talk: Talk, tools: Tools, guests: list[Guest]) -> list[Guest]:
    """Whoever is the same person is invited by the name of their account; others need an address of their own."""
    doubtful = [guest for guest in guests if guest.get("holder") and guest["problem"] != OTHER_ADDRESS]
    if not doubtful:
        return guests
    if len(guests) == 1:
        return [await _the_only_one(talk, tools, guests[0])]
    options = [Option(guest["item"], talk.phrase("invite.held", **_told(talk, guest))) for guest in doubtful]
    same = await talk.ask("same-people", Many(options), n=len(options))
    return [_decided(guest, guest["item"] in same) if guest in doubtful else guest for guest in guests]


async def _the_only_one(talk: Talk, tools: Tools, guest: Guest) -> Guest:
    options = [Option(name, key=f"invite.person.{name}") for name in (SAME, OTHER)]
    while guest["holder"] and guest["problem"] != OTHER_ADDRESS:
        if await talk.ask("same-person", Choice(options), **_told(talk, guest)) == SAME:
            return _decided(guest, same=True)
        if guest["address"] and not guest["email"]:
            return _decided(guest, same=False)
        domains = partial(tools.arrivals.domains, tools.lieu)
        email = await talk.ask("other-email", Email(domains), who=guest["who"])
        other = Invitee(name=guest["name"], email=email, n=guest["n"])
        (guest,) = await talk.look("found-then", found, [other], tools)
        guest = as_numbered(guest, other)
    return guest


def _decided(guest: Guest, same: bool) -> Guest:
    if not same:
        return {**guest, "problem": OTHER_ADDRESS}
    name = guest["holder"]
    now: Guest = {**guest, "name": name, "who": name, "holder": "", "note": ""}
    return now | {"typed": [guest["typed"][0], name, guest["typed"][2]]} if "typed" in guest else now


def _told(talk: Talk, guest: Guest) -> dict[str, Any]:
    address = emailed(talk, guest["email"]) if guest["email"] else guest["address"]
    return {"who": guest["who"], "address": address, "holder": guest["holder"]}
