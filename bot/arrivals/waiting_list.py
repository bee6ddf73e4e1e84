"""Who knocks at a lieu, or came into it, without having been asked about or welcomed: too many came at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypedDict

from bot.errors import Refused
from bot.lieux import Lieu
from bot.matrix.facts import Facts
from bot.matrix.markup import one_line
from bot.matrix.room_settings import RoomSettings
from bot.moderation.scope import Scope
from bot.store import arrivals as store
from bot.store import conversations
from bot.store.database import Database, Tx
from bot.talk import ports

MOST = 300  # people looked at together: the others are at the next look
LONGEST_REASON = 300


class Knock(TypedDict):
    """`reason` is what they say as they knock, on one line."""

    place: str
    person: str
    reason: str


class WaitingList:
    def __init__(self, database: Database, scope: Scope, facts: Facts, room_settings: RoomSettings) -> None:
        self._database, self._scope = database, scope
        self._facts, self._room_settings = facts, room_settings

    async def waiting(self, lieu: Lieu) -> list[Knock]:
        """Who knocks now, at the lieu or at one of its rooms, and is not talked about."""
        here = set(await self._facts.joined())
        found: list[Knock] = []
        for room in await self._scope.rooms(lieu):
            if room["room_id"] in here:
                place = room["room_id"]
                rows = await self._facts.knocking(place)
                found += [{"place": place, "person": row["person"], "reason": said(row["reason"])} for row in rows]
        return (await self._database.read(_not_asked_about, found))[:MOST]

    async def refuse(self, rows: list[Knock], reason: str) -> int:
        """Say no to all of these. How many could not be told so."""
        left = 0
        for row in rows:
            try:
                await self._room_settings.turn_away(row["place"], row["person"], reason)
            except Refused:
                left += 1
        return left

    async def unwelcomed(self, lieu: Lieu) -> list[str]:
        """Who is in the lieu's space, and was neither invited nor welcomed by the bot."""
        inside = await self._facts.members(lieu.space)
        return (await self._database.read(_new, lieu.id, [one for one in inside if one != self._facts.me]))[:MOST]


async def let_in(facts: ports.Facts, membership: ports.Membership, space: str, room_id: str, person: str) -> str:
    """Invite into a room of the lieu who is in it, or invited: `invited`, `already`; `gone` whoever is no more."""
    if await facts.membership(space, person) not in ("join", "invite"):
        return "gone"
    return await membership.invite(room_id, person)


def said(reason: object) -> str:
    """What somebody says as they knock, on one line."""
    return one_line(reason, LONGEST_REASON)


def _not_asked_about(tx: Tx, rows: list[Knock]) -> list[Knock]:
    return [row for row in rows if not is_asked_about(tx, row["person"], row["place"])]


def is_asked_about(tx: Tx, person: str, place: str) -> bool:
    """The conciergerie was asked, or is asking them something."""
    return any(conversations.open_about(tx, dialogue, person, place) for dialogue in ("knock", "question"))


def _new(tx: Tx, lieu: int, people: Collection[str]) -> list[str]:
    return [one for one in people if not store.is_known(tx, lieu, one) and store.of_person(tx, lieu, one) is None]
