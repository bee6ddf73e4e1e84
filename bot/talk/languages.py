"""Whose language is spoken in which room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.lieux import Lieu, rooms_of
from bot.words import Words


@dataclass(frozen=True, slots=True)
class Voice:
    """The language of each room: those of the lieu speak the lieu's, everywhere else it is the person's."""

    words: Words
    lieu: Lieu | None
    person: str

    def sentence(self, room_id: str, key: str, holes: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        overlay = self.lieu.words if self.lieu else {}
        zone = self.lieu.choices.zone if self.lieu else "Europe/Paris"
        return self.words.sentence(self.language(room_id), key, holes, overlay=overlay, zone=zone)

    def language(self, room_id: str) -> str:
        return self.lieu.tongue if self.lieu and room_id in rooms_of(self.lieu) else self.person
