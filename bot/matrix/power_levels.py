"""Who may do what in a room, computed as its version demands: from version 12 on, its creators may do everything."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.matrix.untrusted_json import Json, block, strings

# https://spec.matrix.org/latest/client-server-api/#mroompower_levels
DEFAULTS = {"ban": 50, "kick": 50, "redact": 50, "invite": 0, "state_default": 50, "events_default": 0}
MESSAGES = ("m.room.message", "m.room.encrypted", "m.reaction", "m.sticker", "m.room.redaction")
CREATORS_RULE = 12


@dataclass(frozen=True, slots=True)
class PowerLevels:
    """`create` is the whole `m.room.create` event; `levels` the content of `m.room.power_levels`, None without one."""

    create: Json
    levels: Json | None

    @property
    def version(self) -> str:
        version = block(self.create, "content").get("room_version")
        return version if isinstance(version, str) else "1"

    @property
    def creators(self) -> frozenset[str]:
        """Whoever stands above all levels; nobody in rooms before version 12."""
        if number(self.version) < CREATORS_RULE:
            return frozenset()
        more = strings(block(self.create, "content").get("additional_creators"))
        return frozenset([str(self.create.get("sender")), *more])

    def of(self, person: str) -> float:
        """A person's level; infinity for a creator."""
        if person in self.creators:
            return math.inf
        if self.levels is None:
            return 100 if person == self.create.get("sender") and number(self.version) < CREATORS_RULE else 0
        everybody = self._level(self.levels.get("users_default"), 0)
        return self._level(block(self.levels, "users").get(person), everybody)

    def needed(self, what: str) -> float:
        """The level that is needed to `ban`, `kick`, `invite`, `redact`, or to send an event of the type `what`."""
        if what in DEFAULTS:
            standard = 0 if self.levels is None and what == "state_default" else DEFAULTS[what]
            return self._level((self.levels or {}).get(what), standard)
        kind = "events_default" if what in MESSAGES else "state_default"
        return self._level(block(self.levels, "events").get(what), self.needed(kind))

    def allows(self, person: str, what: str) -> bool:
        return self.of(person) >= self.needed(what)

    def _level(self, told: object, otherwise: float) -> float:
        if isinstance(told, str) and number(self.version) < 10:  # old rooms hold numbers in quotation marks
            told = int(told) if told.strip().lstrip("+-").isdecimal() else None
        return told if isinstance(told, int) and not isinstance(told, bool) else otherwise


def number(version: str) -> float:
    """A room version to compare; experimental ones (not numbers) are taken for new."""
    return int(version) if version.isdecimal() else math.inf
