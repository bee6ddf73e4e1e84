"""The small homeserver stands in the place of the real one: it has the same parts, which answer to the same ports."""

from __future__ import annotations

from typing import cast

import pytest

from bot.matrix.client import Client
from bot.matrix.homeserver import Homeserver
from bot.store.database import Database
from bot.talk import ports
from tests.stage.stage import FakeMatrix

PORTS = {
    "facts": ports.Facts,
    "membership": ports.Membership,
    "rooms": ports.Rooms,
    "media": ports.Media,
    "room_settings": ports.RoomSettings,
    "moderation": ports.Moderation,
    "policy_lists": ports.PolicyLists,
    "network_rooms": ports.NetworkRooms,
}


@pytest.mark.parametrize("part", PORTS)
def test_each_part_answers_to_its_port(part: str) -> None:
    asked = {name for name in vars(PORTS[part]) if not name.startswith("_")}
    assert asked
    assert not [name for name in asked if not hasattr(getattr(FakeMatrix(), part), name)]


def test_it_has_the_parts_of_the_real_one() -> None:
    real = Homeserver(cast(Client, None), cast(Database, None))
    assert not [name for name in vars(real) if not name.startswith("_") and not hasattr(FakeMatrix(), name)]
