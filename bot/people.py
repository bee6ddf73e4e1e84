"""Who people are to a lieu, and the only way to ask for rights: `may(person, action, lieu, place)`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, TypedDict

from bot.errors import Refused
from bot.lieux import Lieu, Lieux
from bot.matrix.facts import Facts
from bot.store import inbox, successions
from bot.store import people as store
from bot.store.database import Database

CONCIERGE_LEVEL = 50
REMEMBER = 60.0  # seconds; what the sync brings ends it sooner, and what has an effect never relies on it
KEPT = 3600.0  # seconds that it is known what somebody was: they are likely to be so still
DAY = 86_400_000  # milliseconds


class Role(IntEnum):
    """From the least to the most that somebody is to a lieu."""

    STRANGER = 0
    NEWCOMER = 2
    MEMBER = 3
    CONCIERGE = 4
    OPERATOR = 5  # whoever hosts the bot: to no lieu in particular


class Place(Enum):
    """Where words are said: what concerns people is not answered before everybody."""

    DIRECT = "direct"
    OFFICE = "office"
    HOSTS = "hosts"  # the room of whoever hosts the bot
    ROOM = "room"


class Seconders(TypedDict):
    """How many are `able` to second what somebody wants, and the names of those who will be `later`, each with the
    instant (ms)."""

    able: int
    later: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Right:
    """`seasoned`: only of those who have had the keys for a day. Nobody seconds themselves through somebody whom they
    have just given the keys."""

    role: Role
    places: frozenset[Place] = frozenset(Place)
    seasoned: bool = False


EVERYWHERE = frozenset(Place)
PRIVATE = frozenset({Place.DIRECT, Place.OFFICE})
AMONG_THEMSELVES = frozenset({Place.OFFICE, Place.HOSTS})  # where whoever is there may answer what the bot asks there

# What belongs to no command or dialogue alone: the right to all others stands beside the script whose it is.
APART: Mapping[str, Right] = {
    "agree": Right(Role.CONCIERGE),
    "answer-call": Right(Role.CONCIERGE, frozenset({Place.OFFICE})),
    "answer-request": Right(Role.MEMBER),
    "approve": Right(Role.CONCIERGE, PRIVATE),
    "greet-newcomer": Right(Role.MEMBER),
    "mend": Right(Role.CONCIERGE, PRIVATE),
    "operate": Right(Role.OPERATOR),
    "second": Right(Role.CONCIERGE, PRIVATE, seasoned=True),
    "task": Right(Role.CONCIERGE, PRIVATE),
    "tend-requests": Right(Role.CONCIERGE),
}

BY_ANOTHER = frozenset({"second"})  # whoever asked for it does not answer it too


class People:
    """Roles and rights. `rights` are all that a person can ask of the bot: what is not there, nobody may. `clock` in
    seconds; `operators` are the people who host the bot."""

    def __init__(
        self,
        database: Database,
        lieux: Lieux,
        facts: Facts,
        rights: Mapping[str, Right],
        clock: Callable[[], float],
        operators: Collection[str] = (),
    ) -> None:
        self._database = database
        self._lieux = lieux
        self._facts = facts
        self.rights = rights
        self._clock = clock
        self._operators = frozenset(operators)
        self._roles: dict[str, dict[str, tuple[float, Role]]] = {}  # by space, and person
        self._names: dict[str, tuple[float, str]] = {}
        self._swept = float("-inf")
        self._changes: dict[str, int] = {}  # in each space: what was asked before one is not remembered after it

    async def may(
        self, person: str, action: str, lieu: Lieu | None, place: Place = Place.DIRECT, *, fresh: bool = False
    ) -> bool:
        """Whether this person may do this, for this lieu, said in this place. Without a lieu, all are strangers.

        `fresh`: as the homeserver says now, for what has an effect, or is a yes to one.
        """
        right = self.rights.get(action)
        if right is None or place not in right.places:
            return False
        role = Role.STRANGER
        if lieu is not None and right.role not in (Role.STRANGER, Role.OPERATOR):
            role = await self.role(person, lieu, fresh=fresh)
        return await self._suffices(person, right, lieu, role)

    async def allowed(self, person: str, actions: Iterable[str], lieu: Lieu | None) -> frozenset[str]:
        """Which of these this person may do, said in private: one look at who they are, for the list of `!aide`."""
        role = await self.role(person, lieu) if lieu is not None else Role.STRANGER
        rights = {
            action: right for action in actions if (right := self.rights.get(action)) and Place.DIRECT in right.places
        }
        return frozenset(
            [action for action, right in rights.items() if await self._suffices(person, right, lieu, role)]
        )

    async def _suffices(self, person: str, right: Right, lieu: Lieu | None, role: Role) -> bool:
        if right.role is Role.OPERATOR:
            return person in self._operators
        if lieu is None or role < right.role:
            return right.role is Role.STRANGER
        return not right.seasoned or await self._is_seasoned(person, lieu)

    async def _is_seasoned(self, person: str, lieu: Lieu) -> bool:
        held = await self._database.read(store.key_holders, lieu.id)
        if person not in held:  # this one's day begins now
            await self.note_key_holders(lieu)
            held = await self._database.read(store.key_holders, lieu.id)
        return person in held and self._clock() * 1000 - held[person] >= DAY

    async def note_key_holders(self, lieu: Lieu) -> None:
        """Write down who has the keys now."""
        held = await self.concierges(lieu)
        await self._database.write(store.set_key_holders, lieu.id, held, round(self._clock() * 1000))

    async def forget_key_holder(self, lieu: Lieu, person: str) -> None:
        """They are not in the space any more; should they come back, they are new."""
        await self._database.write(store.forget_key_holder, lieu.id, person)

    async def seasoned_at(self, person: str, lieu: Lieu) -> int | None:
        """The instant (ms) from which somebody has had the keys for a day; None where they have none."""
        await self.note_key_holders(lieu)
        since = (await self._database.read(store.key_holders, lieu.id)).get(person)
        return None if since is None else since + DAY

    async def seconds(self, lieu: Lieu, by: str) -> Seconders:
        """Who else has the keys. Asked of the homeserver each time."""
        await self.note_key_holders(lieu)
        held, now = await self._database.read(store.key_holders, lieu.id), self._clock() * 1000
        others = {who: since + DAY for who, since in held.items() if who not in (by, self._facts.me)}
        later = [[await self.name(who), at] for who, at in others.items() if at > now]
        return {"able": len(others) - len(later), "later": later}

    async def role(self, person: str, lieu: Lieu, *, fresh: bool = False) -> Role:
        """Asked of the homeserver, and remembered for a minute or until something changes there: also what we were
        told and have not heard yet, for the rooms of a lieu are listened to side by side."""
        if not await self._lieux.serves(lieu.id):  # homeservers go on telling how a room was when the bot left it
            return Role.STRANGER
        at, role = self._roles.get(lieu.space, {}).get(person, (float("-inf"), Role.STRANGER))
        fresh = fresh or not 0 <= self._clock() - at <= REMEMBER  # the clock may have been set back
        if not fresh:
            fresh = await self._database.read(inbox.is_changing, lieu.space, person)
        if fresh:
            asked, changes = self._clock(), self._changes.get(lieu.space)
            role = await self._ask_role(person, lieu, before=role)
            if changes == self._changes.get(lieu.space):
                self._sweep(asked)
                self._roles.setdefault(lieu.space, {})[person] = asked, role
        return role

    def _sweep(self, now: float) -> None:
        """People are many, and seldom all here within an hour."""
        if 0 <= now - self._swept <= KEPT:
            return
        self._swept = now
        kept = {
            space: {who: one for who, one in roles.items() if 0 <= now - one[0] <= KEPT}
            for space, roles in self._roles.items()
        }
        self._roles = {space: roles for space, roles in kept.items() if roles}

    async def _ask_role(self, person: str, lieu: Lieu, before: Role) -> Role:
        """Whoever was inside `before` is likely to be so still: both facts are asked at once."""
        powers = None
        if before >= Role.MEMBER:
            both = self._facts.membership(lieu.space, person), self._facts.powers(lieu.space)
            membership, powers = await asyncio.gather(*both)
        else:
            membership = await self._facts.membership(lieu.space, person)
        if membership == "join" or await self._is_to_come(person, lieu, membership):
            power = (powers or await self._facts.powers(lieu.space)).of(person)
            return Role.CONCIERGE if power >= CONCIERGE_LEVEL else Role.MEMBER
        if membership == "ban":
            return Role.STRANGER
        arriving = membership == "invite" or await self._database.read(store.is_arriving, lieu.id, person)
        return Role.NEWCOMER if arriving else Role.STRANGER

    async def _is_to_come(self, person: str, lieu: Lieu, membership: str) -> bool:
        """Whether somebody is still in a space that was upgraded, and has answered to none that took its place: they
        are what they were, with the power that they have in the last one."""
        for older in await self._database.read(successions.line, lieu.space):
            if membership not in ("invite", "none"):
                return False
            membership = (await self._facts.memberships(person, [older])).get(older, "")
            if membership == "join":
                return True
        return False

    async def inside(self, lieu: Lieu) -> dict[str, str]:
        """Who is in the lieu's space, and under which name; where it was upgraded, whoever is still to come from an
        older one as well."""
        found, newer = await self._facts.members(lieu.space), lieu.space
        answered = {*found}
        for older in await self._database.read(successions.line, lieu.space):
            try:
                there, gone = await self._facts.members(older), await self._facts.gone(newer)
            except Refused:  # the bot has left it
                break
            answered |= gone
            found = {who: name for who, name in there.items() if who not in answered} | found
            answered, newer = answered | there.keys(), older
        return found

    async def concierges(self, lieu: Lieu, inside: Collection[str] | None = None) -> frozenset[str]:
        """Everybody in the space who has the keys, the bot among them; `inside`, where that was asked already."""
        powers = await self._facts.powers(lieu.space)
        if inside is None:
            inside = await self._facts.members(lieu.space)
        held = {one for one in inside if powers.of(one) >= CONCIERGE_LEVEL}
        for older in await self._database.read(successions.line, lieu.space):
            absent = [one for one in await self._there(older) if powers.of(one) >= CONCIERGE_LEVEL and one not in held]
            held |= {one for one in absent if await self.role(one, lieu, fresh=True) >= Role.CONCIERGE}
        return frozenset(held)

    async def _there(self, space: str) -> Collection[str]:
        try:
            return await self._facts.members(space)
        except Refused:  # the bot has left it
            return ()

    def forget(self, space: str) -> None:
        """Something changed in this space: ask again next time."""
        self._roles.pop(space, None)
        self._names.clear()
        self._changes[space] = self._changes.get(space, 0) + 1

    async def lieux_of(self, person: str, at_least: Role = Role.NEWCOMER) -> list[Lieu]:
        """The lieux to which this person is something."""
        return [lieu for lieu in await self.around(person) if await self.role(person, lieu) >= at_least]

    async def around(self, person: str) -> list[Lieu]:
        """The lieux to which somebody may be something, each to be asked: those where the bot has seen them; all, where
        it has seen them nowhere."""
        known = {*await self._database.read(store.known_to, person)}
        every = await self._lieux.all()
        return [lieu for lieu in every if lieu.id in known] or every

    async def language(self, person: str, lieu: Lieu | None, default: str = "fr") -> str:
        """Their own choice, else the lieu's."""
        own = await self._database.read(store.language, person)
        return own or (lieu.tongue if lieu else default)

    async def choose_language(self, person: str, language: str) -> None:
        await self._database.write(store.set_language, person, language)

    async def name(self, person: str) -> str:
        """How somebody calls themselves; remembered as roles are, for whoever changes it is told of in their rooms."""
        at, name = self._names.get(person, (float("-inf"), ""))
        asked = asyncio.get_running_loop().time()
        if asked - at > REMEMBER:
            self._names = {who: one for who, one in self._names.items() if asked - one[0] <= REMEMBER}
            changes = sum(self._changes.values())
            name = await self._facts.display_name(person)
            if changes == sum(self._changes.values()):
                self._names[person] = asked, name
        return name
