"""What the acts of `!parcours` have at hand."""

from __future__ import annotations

from dataclasses import dataclass

from bot.grounds import Grounds
from bot.lieux import Lieu, Lieux
from bot.paths import Paths
from bot.talk.doors import Rooms
from integrations.directory import Directory
from integrations.nextcloud import Nextcloud


@dataclass(frozen=True, slots=True)
class Desk:
    lieu: Lieu
    lieux: Lieux
    paths: Paths
    rooms: Rooms
    directory: Directory
    cloud: Nextcloud | None
    grounds: Grounds
