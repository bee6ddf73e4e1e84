"""People and accounts that were there before the bot: what a lieu may call its own of them, and what it never may.

An account that a lieu adopts can be paused, closed and put into groups by its concierges. So it must be shown to be of
somebody of the lieu: in its space, or in its group. Where other lieux have the same services that is not enough, for
whoever has a space can invite a stranger into it: there whoever hosts the bot says whose they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NotRequired, TypedDict, TypeVar

from bot.errors import Refused
from bot.lieux import Lieu
from bot.matrix.markup import one_line
from bot.people import People
from bot.services.account_matching import GROUP, NAME, SAID, SURENESS, Around, Match, matches
from bot.services.directory import is_homeserver
from bot.services.nextcloud import makes_accounts
from bot.services.ownership import Ownership
from bot.services.usernames import of_address
from bot.talk.ports import Facts, Tenancy
from bot.words import fold
from integrations.directory import Account, Directory, finds_accounts
from integrations.domains import same_email
from integrations.nextcloud import Nextcloud
from integrations.nextcloud.accounts import AccountDict
from integrations.reserved_names import administers, is_reserved
from integrations.synapse import Account as MatrixAccount
from integrations.synapse import Synapse

AT_ONCE = 8  # requests to one service
LONGEST_NAME = 80
ORDER = tuple(dict.fromkeys(SURENESS.values()))  # the surest first
ASKED: Final = "asked-adoption"  # of whoever hosts the bot
PROGRAM = "(bot)"  # at the end of a name
T = TypeVar("T")


class Candidate(TypedDict):
    """Somebody who was there before, and the account that seems theirs. `person`: their Matrix address, empty for an
    account that nobody of the space has; `login`: empty where it is one `between` several; `holder`: what the account
    is called by; `how` and `sure` as `SURENESS` tells; `refs`: what would be the lieu's, by service."""

    person: str
    name: str
    login: str
    holder: str
    how: str
    sure: str
    grouped: bool
    between: list[str]
    refs: dict[str, str]


class Found(TypedDict):
    """The surest `rows` first. How many are the lieu's already (`here`), have no account (`without`), are nobody's to
    adopt (`apart`), or wait for the word of whoever hosts the bot (`waiting`); `shared`: their word is needed;
    `partial`: the directory does not show everybody."""

    rows: list[Candidate]
    here: int
    without: int
    apart: int
    waiting: int
    shared: bool
    partial: NotRequired[bool]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the services say. By folded login: `cloud` accounts of Nextcloud, `cloud_group` those in the lieu's
    group there, `not_ours` what is nobody's to adopt; by address: `never` who is not; `matrix` accounts."""

    around: Around
    found: list[Match]
    cloud: Mapping[str, AccountDict]
    cloud_group: frozenset[str]
    matrix: Mapping[str, MatrixAccount]
    never: frozenset[str]
    not_ours: frozenset[str]
    neighbours: list[Lieu]
    partial: bool


@dataclass(frozen=True, slots=True)
class Adoption:
    lieu: Lieu
    people: People
    facts: Facts
    ownership: Ownership
    directory: Directory
    cloud: Nextcloud | None
    synapse: Synapse | None
    tenancy: Tenancy

    async def has_accounts(self) -> bool:
        """Whether the lieu has accounts at all: those of a Nextcloud alone are not the bot's to give."""
        return finds_accounts(await self.directory.capabilities())

    async def found(self, hosts: bool) -> Found:
        """Who was there before; `hosts`: whether whoever wants to know hosts the bot. Raises Refused, Unavailable: what
        a service does not say is not guessed."""
        seen = await self._evidence()
        ours, asked = await self._ours(), frozenset[str]() if hosts else await self._asked()
        told = Found(rows=[], here=0, without=0, apart=0, waiting=0, shared=bool(seen.neighbours))
        if seen.partial:
            told["partial"] = True
        for match in seen.found:
            if self._is_never(seen, match):
                told["apart"] += 1
            elif match.login in ours:
                told["here"] += 1
            elif match.login in asked:
                told["waiting"] += 1
            else:
                told["rows"].append(self._candidate(seen, match))
        matched = {match.person for match in seen.found}
        for person in seen.around.inside.keys() - matched:
            told["apart" if person in seen.never else "without"] += 1
        told["rows"].sort(key=lambda row: (ORDER.index(row["sure"]), fold(row["name"]), row["login"]))
        return told

    async def corrected(self, row: Candidate, said: str) -> Candidate | None:
        """The same person with another account, by its username or the only one of that name; None where it is not
        there, or not this lieu's to adopt."""
        seen = await self._evidence([said])
        accounts = seen.around.accounts
        named = [login for login in seen.around.nameable & accounts.keys() if fold(accounts[login].name) == fold(said)]
        return await self._said(seen, row, named[0] if len(named) == 1 and said.casefold() not in accounts else said)

    async def still(self, rows: list[Candidate]) -> list[Candidate]:
        """Those of whom it is still so: it may be days since they were shown."""
        seen, kept = await self._evidence(row["login"] for row in rows), list[Candidate]()
        now = {(match.person, match.login): match for match in seen.found if not self._is_never(seen, match)}
        for row in rows:
            match = now.get((row["person"], row["login"].casefold()))
            if match and ORDER.index(SURENESS[match.how]) <= ORDER.index(row["sure"]):
                kept.append(self._candidate(seen, match))
            elif row["how"] == SAID and (said := await self._said(seen, row, row["login"])):
                kept.append(said)
        return kept

    async def is_shared(self) -> bool:
        """Whether other lieux have the same services: then the word of a concierge is not enough."""
        return bool(await self.tenancy.neighbours(self.lieu.id))

    async def take(self, row: Candidate) -> bool:
        """It is the lieu's from now on; False where another lieu was faster."""
        among = [one.id for one in await self.tenancy.neighbours(self.lieu.id)]
        return await self.ownership.adopt(self.lieu.id, self.holder(row), row["refs"], among)

    def holder(self, row: Candidate) -> str:
        """The address under which the lieu knows them: the one that they will have, where they have none yet."""
        return row["person"] or self.facts.local(row["login"].lower())

    async def ask(self, rows: list[Candidate], by: str) -> None:
        """Whoever hosts the bot is asked about these by somebody: it counts as long as they have the keys."""
        for row in rows:
            await self.ownership.own(self.lieu.id, "conciergerie", ASKED, row["login"], by)

    async def answered(self, rows: list[Candidate]) -> None:
        """They said yes; after a no, nobody is asked the same again."""
        for row in rows:
            await self.ownership.disown(self.lieu.id, "conciergerie", ASKED, row["login"])

    # -- what is a candidate

    def _candidate(self, seen: Evidence, match: Match) -> Candidate:
        account = seen.around.accounts.get(match.login)
        holder = one_line(account.name, LONGEST_NAME) if account else ""
        return {
            "person": match.person,
            "name": seen.around.inside.get(match.person, "") or holder or match.login,
            "login": account.login if account else "",
            "holder": holder,
            "how": match.how,
            "sure": SURENESS[match.how],
            "grouped": match.login in seen.around.grouped,
            "between": [seen.around.accounts[each].login for each in match.between],
            "refs": self._refs(seen, match, account) if account else {},
        }

    def _refs(self, seen: Evidence, match: Match, account: Account) -> dict[str, str]:
        """The Matrix address only where a service says that it is theirs, and not what they call themselves."""
        refs = {"directory": account.login}
        cloud = seen.cloud.get(match.login)
        if cloud is not None and self._makes_cloud_accounts:
            own = match.login in seen.cloud_group or same_email(str(cloud["email"]), account.email or "-")
            refs |= {"nextcloud": str(cloud["login"])} if own and cloud["login"] == account.login else {}
        matrix = seen.matrix.get(match.person)
        closed = matrix is not None and matrix["deactivated"]
        if self.facts.own_login(match.person) and match.how not in (NAME, SAID, GROUP) and not closed:
            refs["matrix"] = match.person
        return refs

    async def _said(self, seen: Evidence, row: Candidate, login: str) -> Candidate | None:
        match = Match(row["person"], login.casefold(), SAID)
        free = match.login in seen.around.nameable and match.login in seen.around.accounts
        held = any(other.login == match.login and other.person not in ("", match.person) for other in seen.found)
        here = not match.person or match.person in seen.around.inside
        if not (free and here) or held or self._is_never(seen, match) or match.login in await self._ours():
            return None
        if await self._is_apart(match.login):
            return None
        return self._candidate(seen, match)

    def _is_never(self, seen: Evidence, match: Match) -> bool:
        return match.person in seen.never or match.login in seen.not_ours

    # -- what the services say

    async def _evidence(self, also: Iterable[str] = ()) -> Evidence:
        """`also`: logins that somebody named."""
        inside = {
            who: name for who, name in (await self.facts.members(self.lieu.space)).items() if who != self.facts.me
        }
        own = {who: login.casefold() for who in inside if (login := of_address(self.facts, who))}
        neighbours = await self.tenancy.neighbours(self.lieu.id)
        cloud_group = await self._in_cloud_group(self.lieu)
        grouped = await self._in_group(self.lieu)
        if not self._makes_cloud_accounts:
            grouped |= cloud_group  # there they are the same accounts
        accounts, partial = await self._accounts({*own.values(), *grouped, *(each.casefold() for each in also)})
        matrix = await self._matrix([who for who in inside if self.facts.own_login(who)])
        around = Around(
            inside=inside,
            accounts=accounts,
            grouped=grouped,
            nameable=grouped if neighbours else frozenset(accounts),
            own=own,
            emails={who: one["emails"] for who, one in matrix.items()},
            signs_in=await self._signs_in(matrix, accounts),
        )
        found = matches(around)
        logins = {match.login for match in found if match.login} | {each for match in found for each in match.between}
        matrix |= await self._matrix([who for who in map(self.facts.local, logins) if who not in matrix])
        cloud = await self._in_cloud(logins)
        never, not_ours = await self._never(inside, logins, matrix, neighbours)
        not_ours |= {login for login, one in cloud.items() if _administers(one)}
        not_ours |= {login for login in logins if is_reserved(login)}
        return Evidence(around, found, cloud, cloud_group, matrix, never, not_ours, neighbours, partial)

    @property
    def _makes_cloud_accounts(self) -> bool:
        return makes_accounts(self.cloud, self.directory)

    async def _in_group(self, lieu: Lieu) -> frozenset[str]:
        """Folded logins of a lieu's group in the directory."""
        group = lieu.choices.group
        return _folded(await self.directory.members_of(group)) if group else frozenset()

    async def _in_cloud_group(self, lieu: Lieu) -> frozenset[str]:
        group = lieu.choices.group
        if self.cloud is None or not group:
            return frozenset()
        with suppress(Refused):  # it is not there yet, or not ours to look into
            return _folded(await self.cloud.groups.members(group)) - _folded([(await self.cloud.client.whoami())["id"]])
        return frozenset()

    async def _accounts(self, wanted: Iterable[str]) -> tuple[dict[str, Account], bool]:
        """Every account; of a directory of which one does not see all, those that are `wanted`, and that it is so."""
        partial = False
        try:
            every = await self.directory.everybody()
        except Refused as no:
            if no.code != "directory-too-many":
                raise
            partial = True
            found = await _each(sorted(filter(None, wanted)), lambda login: self.directory.find(username=login))
            every = tuple(one for accounts in found.values() for one in accounts)
        return {one.login.casefold(): one for one in every}, partial

    async def _in_cloud(self, logins: Iterable[str]) -> dict[str, AccountDict]:
        if self.cloud is None:
            return {}
        found = await _each(sorted(logins), self.cloud.accounts.get)
        return {login: one for login, one in found.items() if one is not None}

    async def _matrix(self, people: Iterable[str]) -> dict[str, MatrixAccount]:
        if self.synapse is None:
            return {}
        found = await _each(people, self.synapse.accounts.get)
        return {who: one for who, one in found.items() if one is not None}

    async def _signs_in(self, matrix: Mapping[str, MatrixAccount], accounts: Mapping[str, Account]) -> dict[str, str]:
        """The account with which somebody signs in to Matrix. Where there are several SSOs, nobody knows which of them
        is the directory's."""
        if is_homeserver(self.directory):  # it is that very account
            return {who: login for who in matrix if (login := self.facts.own_login(who).casefold()) in accounts}
        if self.synapse is None or not accounts or len(providers := await self.synapse.identities.providers()) != 1:
            return {}
        named: dict[str, str] = {}
        for login, one in accounts.items():
            named |= {one.login: login, one.id: login, one.email: login}
        subjects = {
            who: [subject for by, subject in one["identities"] if by in providers] for who, one in matrix.items()
        }
        meant = {who: named[each] for who, found in subjects.items() for each in found if each and each in named}
        told = await _each(set(meant.values()), lambda login: self.directory.subject(accounts[login].login))
        return {who: login for who, login in meant.items() if told[login] in subjects[who]}

    # -- what is nobody's to adopt

    async def _never(
        self,
        inside: Mapping[str, str],
        found: Iterable[str],
        matrix: dict[str, MatrixAccount],
        neighbours: list[Lieu],
    ) -> tuple[frozenset[str], frozenset[str]]:
        """By address, and by folded login: who administers or hosts, programs, and people of other lieux. Those whose
        login was `found` need not be `inside`."""
        people = {self.facts.me, *await self._of_neighbours(neighbours)}
        people |= {who for who, one in matrix.items() if _serves(one)}
        people |= {who for who, name in inside.items() if name.rstrip().endswith(PROGRAM)}
        named = {*inside, *map(self.facts.local, found)}
        people |= {who for who in named if await self.people.may(who, "operate", None)}
        logins = {self.facts.own_login(who) for who in people} - {""}
        near = {one.id for one in neighbours}
        for row in await self.ownership.accounts():
            if row["lieu"] in near:
                people |= {str(row["person"])} | ({row["ref"]} if row["service"] == "matrix" else set())
                logins |= set() if row["service"] == "matrix" else {row["ref"]}
        groups = [group for group in await self.directory.group_names() if administers(group)]
        groups += [one.choices.group for one in neighbours if one.choices.group]
        for members in (await _each(groups, self.directory.members_of)).values():
            logins |= {*members}
        for each in neighbours:
            logins |= await self._in_cloud_group(each)
        return frozenset(people), _folded(logins)

    async def _is_apart(self, login: str) -> bool:
        """The same of somebody who was only named: nothing was asked of them before."""
        person = self.facts.local(login)
        matrix, cloud = (await self._matrix([person])).get(person), (await self._in_cloud([login])).get(login)
        serves = (matrix and _serves(matrix)) or (cloud and _administers(cloud)) or is_reserved(login)
        return bool(serves) or await self.people.may(person, "operate", None)

    async def _of_neighbours(self, neighbours: list[Lieu]) -> set[str]:
        """Who is in the space of another lieu; one that sent the bot away tells nothing."""
        found = set[str]()
        for one in neighbours:
            with suppress(Refused):
                found |= {*await self.facts.members(one.space)}
        return found

    # -- what was written down

    async def _ours(self) -> frozenset[str]:
        return _folded(await self.ownership.owned(self.lieu.id, "directory", "account"))

    async def _asked(self) -> frozenset[str]:
        asked = await self.ownership.owned(self.lieu.id, "conciergerie", ASKED)
        keepers = await self.people.concierges(self.lieu) if asked else frozenset()
        return _folded(login for login, row in asked.items() if row["person"] in keepers)


async def _each(keys: Iterable[str], ask: Callable[[str], Awaitable[T]]) -> dict[str, T]:
    """What each answers, a few at a time."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(key: str) -> T:
        async with slots:
            return await ask(key)

    keys = list(keys)
    return dict(zip(keys, await asyncio.gather(*map(one, keys)), strict=True))


def _serves(account: MatrixAccount) -> bool:
    return account["admin"] or account["program"]


def _administers(account: Mapping[str, Any]) -> bool:
    return "admin" in account["groups"]


def _folded(logins: Iterable[str]) -> frozenset[str]:
    return frozenset(login.casefold() for login in logins)
