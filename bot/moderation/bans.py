"""Somebody is shut out of a whole lieu, or let in again: in each of its rooms, with the names of those that refuse."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.moderation.scope import Done, NamedRoom, Scope, everywhere
from bot.moderation.silences import Silences
from bot.talk.ports import Membership, PolicyLists


async def ban_everywhere(scope: Scope, membership: Membership, lieu: Lieu, person: str) -> Done:
    """From the space first: its members may enter the rooms. A kick would not hold: they could come back."""
    rooms = await scope.rooms(lieu)
    refused = await everywhere(rooms, lambda room_id: membership.ban(room_id, person))
    return {"rooms": len(rooms) - len(refused), "refused": refused}


async def lift_everywhere(
    scope: Scope,
    membership: Membership,
    silences: Silences,
    policy_lists: PolicyLists,
    lieu: Lieu,
    person: str,
    what: str,
    own: list[NamedRoom],
) -> list[str]:
    """`what`: their `ban`, with their silence, or that alone. The names of the rooms, our `own` list among them, where
    something could not be lifted."""
    rooms = await scope.rooms(lieu)
    banned = rooms if what == "ban" else []
    refused = await everywhere(banned, lambda room_id: membership.unban(room_id, person))
    refused += await everywhere(own, lambda room_id: policy_lists.withdraw(room_id, person))
    still_silent = await silences.end_all(lieu.id, person)
    return refused + [room["name"] for room in rooms if room["room_id"] in still_silent]


def named_list(room_id: str | None, name: str) -> list[NamedRoom]:
    """The list that the lieu keeps for others, if it does, as one of its rooms."""
    return [{"room_id": room_id, "name": name}] if room_id else []
