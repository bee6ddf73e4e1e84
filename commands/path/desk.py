"""What the acts of `!parcours` have at hand."""

from __future__ import annotations

from dataclasses import dataclass

from bot.grounds import Grounds
from bot.lieux import Lieu
from bot.paths import Paths
from bot.talk.doors import Rooms
from integrations.directory import Directory


@dataclass(frozen=True, slots=True)
class Desk:
    lieu: Lieu
    paths: Paths
    rooms: Rooms
    directory: Directory
    grounds: Grounds
