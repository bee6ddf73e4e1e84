"""What scripts are handed, each by its type."""

from __future__ import annotations

from collections.abc import Mapping

from bot.lieux import Lieu
from bot.talk.script import wanted


def provided(known: Mapping[type, object], kind: type, lieu: Lieu | None) -> object:
    """A class among those that are known stands for one made of others, which its fields name by their types."""
    if kind is Lieu:
        return lieu
    found = known[kind]
    if not isinstance(found, type):
        return found
    return found(**{name: provided(known, part, lieu) for name, part in wanted(found).items()})
