"""Everything that the bot can do on Matrix besides listening and saying, in one object."""

from __future__ import annotations

from bot.matrix.moderation import Moderation
from bot.matrix.network_rooms import NetworkRooms
from bot.matrix.policy_lists import Policies
from bot.matrix.room_settings import Keeping


class Doors(Keeping, Moderation, Policies, NetworkRooms):
    """What commands are handed in narrow parts (`bot.talk.ports`)."""
