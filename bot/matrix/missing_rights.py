"""What the bot lacks in a room: the power for an act, or to be there; and who could change that."""

from __future__ import annotations

from bot.errors import MatrixRefused, MissingRight, Refused
from bot.matrix.facts import Facts
from bot.matrix.power_levels import Powers

LEVELS = "m.room.power_levels"


async def require(facts: Facts, room_id: str, *acts: str) -> Powers:
    """The powers of a room in which the bot may do all this. Raises MissingRight, or Refused where nobody is left who
    could give it."""
    powers = await facts.powers(room_id)
    if all(powers.allows(facts.me, act) for act in acts):
        return powers
    name = await facts.name(room_id)
    members = await facts.members(room_id)
    able = {person: who for person, who in members.items() if _gives(facts, powers, person)}
    if not able:
        raise Refused("room-alone", room=name)
    raise MissingRight({room_id: name}, able, space=await facts.is_space(room_id))


async def explain(facts: Facts, refusal: Refused, space: str | None) -> MissingRight | None:
    """The right for want of which something was refused; None where it was refused for another reason, or where nobody
    could give it. `space` shows the rooms that the bot is not in."""
    if isinstance(refusal, MissingRight):
        return refusal
    if not isinstance(refusal, MatrixRefused) or refusal.errcode != "M_FORBIDDEN" or not refusal.room_id:
        return None
    if refusal.room_id not in await facts.joined():
        name = await _shown(facts, refusal.room_id, space)
        return MissingRight({refusal.room_id: name}, outside=True) if name else None
    try:
        await require(facts, refusal.room_id, refusal.act)
    except MissingRight as missing:
        return missing
    except Refused:
        return None
    return None


async def _shown(facts: Facts, room_id: str, space: str | None) -> str:
    """What the space calls a room that cannot be seen into; nothing where it does not show it."""
    children = await facts.children(space) if space else []
    return next((child.name for child in children if child.room_id == room_id), "")


def _gives(facts: Facts, powers: Powers, person: str) -> bool:
    return person != facts.me and powers.allows(person, LEVELS)
