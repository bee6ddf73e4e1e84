"""How much a lieu of a network, or a server that knocks there, may make us do and say: a partner is a stranger.

Generous for lieux where people speak with each other. What is beyond waits for its turn, or is summed up.
"""

from __future__ import annotations

from bot.matrix.facts import server_of
from bot.store.budgets import DAY, Budget

GUESTS = Budget("wire-guests", 8)  # people whom a lieu sends, invited into the room of a project
QUESTIONS = Budget("wire-questions", 3, DAY)  # about people of elsewhere
CARDS = Budget("wire-cards", 8)  # requests of one lieu, each with a card of its own; the others are told in one
LINES = Budget("wire-lines", 120)  # of one lieu or person, shown at one of ours, corrections too
CORRECTIONS = Budget("wire-corrections", 60)  # of the cards of one lieu
DECISIONS = Budget("wire-decisions", 40)  # of one lieu
PROPOSALS = Budget("wire-proposals", 3, DAY)  # of one lieu, about one request
HELLOS = Budget("wire-hellos", 12)  # of one bot
KNOCKS = Budget("wire-knocks", 6)  # at one network
KNOCKS_OF_ONE = Budget("wire-knocks-of-one", 3)  # of one server
LINKS = Budget("wire-links", 1, DAY)  # offered to one guest of one project
ANNOUNCEMENTS = Budget("wire-announcements", 12, DAY)  # of one lieu, of the room or the folder of one project
BIDS = Budget("wire-bids", 3, DAY)  # invitations into networks, shown to one of our lieux
DECLINED = Budget("wire-declined", 20, DAY)  # invitations of one server; others are let lie


def source(network: int, lieu: str, ours: int | None = None) -> str:
    """A lieu of a network, as on the wire; as one of ours hears it."""
    return f"wire/{network}/{lieu}" + ("" if ours is None else f"/{ours}")


def server(person: str) -> str:
    """Whoever comes from there."""
    return f"wire/{server_of(person)}"


def ours(lieu: int) -> str:
    """A lieu of ours, as far as strangers may trouble it."""
    return f"wire/lieu/{lieu}"
