"""What the bot lacks in a room of the small Matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import MatrixRefused, MissingRight, Refused
from tests.stage.world import FakeRoom

if TYPE_CHECKING:
    from tests.stage.small_homeserver import FakeMatrix


class FakeMissingRights:
    """A level is asked for, and people who have all power could give it."""

    def __init__(self, matrix: FakeMatrix) -> None:
        self._matrix, self._world = matrix, matrix.world

    def require(self, room_id: str, level: int = 50) -> FakeRoom:
        room = self._world.rooms[room_id]
        if room.of(self._matrix.me) < level:
            able = {
                who: self._matrix.names.get(who, who)
                for who in {**room.levels, **dict.fromkeys(room.creators)}
                if room.of(who) >= 100
            }
            if not able:
                raise Refused("room-alone", room=room.name)
            raise MissingRight({room_id: room.name}, able, space=room.space, creators=room.creators)
        return room

    async def explain(self, refusal: Refused, space: str | None) -> MissingRight | None:
        """As the real one: of a room that the bot is in, or that the space shows."""
        if isinstance(refusal, MissingRight):
            return refusal
        if not isinstance(refusal, MatrixRefused) or not refusal.room_id:
            return None
        room = self._world.rooms[refusal.room_id]
        if room.members.get(self._matrix.me) != "join":
            return MissingRight({room.room_id: room.name}, outside=True) if room.parent == space else None
        try:
            self.require(refusal.room_id, 100)
        except MissingRight as missing:
            return missing
        except Refused:
            return None
        return None
