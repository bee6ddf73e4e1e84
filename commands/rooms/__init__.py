"""Rooms of the lieu, and what is said in several of them at once."""

from __future__ import annotations

from bot.talk.script import Script

from . import announce, inherit, levels, rooms, upgrades
from .rooms import room_acts

COMMANDS: tuple[Script, ...] = (rooms.rooms, announce.announce)
DIALOGUES: tuple[Script, ...] = (
    *(levels.levels, inherit.inherit),
    *(upgrades.followed, upgrades.shut, upgrades.refused),
)
TOGETHER: tuple[type, ...] = (room_acts.Tools,)
