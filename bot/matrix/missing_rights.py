"""What the bot lacks in a room: the power for an act, or to be there; and who could change that."""

from __future__ import annotations

from bot.errors import MatrixRefused, MissingRight, Refused
from bot.matrix.facts import Facts
from bot.matrix.power_levels import PowerLevels

LEVELS = "m.room.power_levels"


class MissingRights:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    async def require(self, room_id: str, *acts: str) -> PowerLevels:
        """The powers of a room in which the bot may do all this. Raises MissingRight, or Refused where nobody is left
        who could give it."""
        powers = await self._facts.powers(room_id)
        if all(powers.allows(self._facts.me, act) for act in acts):
            return powers
        name = await self._facts.name(room_id)
        members = await self._facts.members(room_id)
        able = {person: who for person, who in members.items() if self._gives(powers, person)}
        if not able:
            raise Refused("room-alone", room=name)
        raise MissingRight({room_id: name}, able, space=await self._facts.is_space(room_id), creators=powers.creators)

    async def explain(self, refusal: Refused, space: str | None) -> MissingRight | None:
        """The right for want of which something was refused; None where it was refused for another reason, or where
        nobody could give it. `space` shows the rooms that the bot is not in."""
        if isinstance(refusal, MissingRight):
            return refusal
        if not isinstance(refusal, MatrixRefused) or refusal.errcode != "M_FORBIDDEN" or not refusal.room_id:
            return None
        if refusal.room_id not in await self._facts.joined():
            name = await self._shown(refusal.room_id, space)
            return MissingRight({refusal.room_id: name}, outside=True) if name else None
        try:
            await self.require(refusal.room_id, refusal.act)
        except MissingRight as missing:
            return missing
        except Refused:
            return None
        return None

    async def _shown(self, room_id: str, space: str | None) -> str:
        """What the space calls a room that cannot be seen into; nothing where it does not show it."""
        children = await self._facts.children(space) if space else []
        return next((child.name for child in children if child.room_id == room_id), "")

    def _gives(self, powers: PowerLevels, person: str) -> bool:
        return person != self._facts.me and powers.allows(person, LEVELS)
