"""What the acts of `!parcours` have at hand."""

from __future__ import annotations

from dataclasses import dataclass

from bot.arrivals.path_versions import PathVersions
from bot.lieux import Lieu, Lieux
from bot.moderation.scope import Scope
from bot.talk.ports import Facts, Rooms
from integrations.directory import Directory
from integrations.nextcloud import Nextcloud


@dataclass(frozen=True, slots=True)
class Desk:
    lieu: Lieu
    lieux: Lieux
    path_versions: PathVersions
    facts: Facts
    rooms: Rooms
    directory: Directory
    cloud: Nextcloud | None
    scope: Scope
