"""Who people are to a lieu, and the only door to rights: `may(person, action, lieu)`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Protocol

from bot.lieux import Lieu, Lieux
from bot.store import people as store
from bot.store.database import Database

CONCIERGE_LEVEL = 50
REMEMBER = 60.0  # seconds; what the sync brings forgets sooner


class Role(IntEnum):
    """From the least to the most that somebody is to a lieu."""

    STRANGER = 0
    NEIGHBOUR = 1
    NEWCOMER = 2
    MEMBER = 3
    CONCIERGE = 4
    OPERATOR = 5  # whoever hosts the bot: to no lieu in particular


class Place(Enum):
    """Where words are said: what concerns people is not answered before everybody."""

    DIRECT = "direct"
    OFFICE = "office"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Right:
    role: Role
    places: frozenset[Place] = frozenset(Place)


PRIVATE = frozenset({Place.DIRECT, Place.OFFICE})

# Every action that a person can ask of the bot. What is not here, nobody may.
RIGHTS: Mapping[str, Right] = {
    "help": Right(Role.STRANGER),
    "where": Right(Role.STRANGER),
    "language": Right(Role.STRANGER),
    "be-welcomed": Right(Role.STRANGER, frozenset({Place.DIRECT})),
    "install": Right(Role.CONCIERGE, PRIVATE),
    "invite": Right(Role.CONCIERGE, PRIVATE),
    "follow": Right(Role.CONCIERGE, PRIVATE),
    "members": Right(Role.CONCIERGE, PRIVATE),
    "account": Right(Role.CONCIERGE, PRIVATE),
    "departure": Right(Role.CONCIERGE, PRIVATE),
    "approve": Right(Role.CONCIERGE, PRIVATE),
    "greet": Right(Role.CONCIERGE),
    "admit": Right(Role.CONCIERGE, PRIVATE),
    "rooms": Right(Role.CONCIERGE, PRIVATE),
    "announce": Right(Role.CONCIERGE, PRIVATE),
    "mend": Right(Role.CONCIERGE, PRIVATE),
    "journal": Right(Role.CONCIERGE, PRIVATE),
    "second": Right(Role.CONCIERGE, PRIVATE),
    "share": Right(Role.CONCIERGE, PRIVATE),
    "state": Right(Role.CONCIERGE, PRIVATE),
    "folders": Right(Role.CONCIERGE, PRIVATE),
    "moderate": Right(Role.CONCIERGE, PRIVATE),
    "report": Right(Role.MEMBER, PRIVATE),
    "ban-lists": Right(Role.CONCIERGE, PRIVATE),
    "path": Right(Role.CONCIERGE, PRIVATE),
    "network": Right(Role.CONCIERGE, PRIVATE),
    "neighbours": Right(Role.MEMBER),
    "ask-network": Right(Role.MEMBER),
    "tend-requests": Right(Role.CONCIERGE),
    "answer-request": Right(Role.MEMBER),
    "agree": Right(Role.CONCIERGE),
    "project": Right(Role.CONCIERGE, PRIVATE),
    "task": Right(Role.CONCIERGE, PRIVATE),
    "operate": Right(Role.OPERATOR),
}

BY_ANOTHER = frozenset({"second"})  # whoever asked for it does not answer it too


class Levels(Protocol):
    """Power levels of a room, as its server tells them."""

    def of(self, person: str) -> float: ...


class Census(Protocol):
    """What People asks of Matrix, each time of the server."""

    async def powers(self, room_id: str) -> Levels: ...
    async def membership(self, room_id: str, person: str) -> str: ...
    async def members(self, room_id: str) -> dict[str, str]: ...
    async def display_name(self, person: str) -> str: ...


class People:
    """Roles and rights. `clock` in seconds; `operators` are the people who host the bot."""

    def __init__(
        self,
        database: Database,
        lieux: Lieux,
        census: Census,
        clock: Callable[[], float],
        operators: Collection[str] = (),
    ) -> None:
        self._database = database
        self._lieux = lieux
        self._census = census
        self._clock = clock
        self._operators = frozenset(operators)
        self._roles: dict[tuple[str, str], tuple[float, Role]] = {}

    async def may(self, person: str, action: str, lieu: Lieu | None, place: Place = Place.DIRECT) -> bool:
        """Whether this person may do this, for this lieu, said in this place. Without a lieu, all are strangers."""
        right = RIGHTS.get(action)
        if right is None or place not in right.places:
            return False
        if right.role is Role.OPERATOR:
            return person in self._operators
        return right.role is Role.STRANGER or (lieu is not None and await self.role(person, lieu) >= right.role)

    async def role(self, person: str, lieu: Lieu) -> Role:
        """Asked of the homeserver, and remembered for a minute or until something changes there."""
        at, role = self._roles.get((lieu.space, person), (float("-inf"), Role.STRANGER))
        if self._clock() - at > REMEMBER:
            role = await self._ask_role(person, lieu)
            self._roles[lieu.space, person] = self._clock(), role
        return role

    async def _ask_role(self, person: str, lieu: Lieu) -> Role:
        if not await self._lieux.serves(lieu.id):  # homeservers go on telling how a room was when the bot left it
            return Role.STRANGER
        membership = await self._census.membership(lieu.space, person)
        if membership == "join":
            named = await self._lieux.is_named_concierge(lieu.id, person)
            if named or (await self._census.powers(lieu.space)).of(person) >= CONCIERGE_LEVEL:
                return Role.CONCIERGE
            return Role.MEMBER
        if membership == "ban":
            return Role.STRANGER
        arriving = membership == "invite" or await self._database.read(store.is_arriving, lieu.id, person)
        return Role.NEWCOMER if arriving else Role.STRANGER

    async def concierges(self, lieu: Lieu) -> frozenset[str]:
        """Everybody in the space who has the keys, the bot among them."""
        powers, named = await self._census.powers(lieu.space), await self._lieux.named_concierges(lieu.id)
        inside = await self._census.members(lieu.space)
        return frozenset(one for one in inside if one in named or powers.of(one) >= CONCIERGE_LEVEL)

    def forget(self, space: str) -> None:
        """Something changed in this space: ask again next time."""
        self._roles = {key: value for key, value in self._roles.items() if key[0] != space}

    async def lieux_of(self, person: str, at_least: Role = Role.NEWCOMER) -> list[Lieu]:
        """The lieux to which this person is something."""
        return [lieu for lieu in await self._lieux.all() if await self.role(person, lieu) >= at_least]

    async def language(self, person: str, lieu: Lieu | None, default: str = "fr") -> str:
        """Their own choice, else the lieu's."""
        own = await self._database.read(store.language, person)
        return own or (lieu.tongue if lieu else default)

    async def choose_language(self, person: str, language: str) -> None:
        await self._database.write(store.set_language, person, language)

    async def name(self, person: str) -> str:
        return await self._census.display_name(person)
