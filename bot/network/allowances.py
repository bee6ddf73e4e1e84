"""How much a lieu of a network, or a server that knocks there, may make us do and say: a partner is a stranger.

Generous for lieux where people speak with each other. What is beyond waits for its turn, or is summed up.
"""

from __future__ import annotations

from bot.matrix.facts import server_of
from bot.store.budgets import DAY, Budget

GUESTS = Budget("wire-guests", 8)  # people whom a lieu sends, invited into the room of a project
QUESTIONS = Budget("wire-questions", 3, DAY)  # about people of elsewhere
BIDS = Budget("wire-bids", 3, DAY)  # invitations into networks, shown to one of our lieux
DECLINED = Budget("wire-declined", 20, DAY)  # invitations of one server; others are let lie


def source(network: int, lieu: str) -> str:
    """A lieu of a network, as on the wire."""
    return f"wire/{network}/{lieu}"


def server(person: str) -> str:
    """Whoever comes from there."""
    return f"wire/{server_of(person)}"


def ours(lieu: int) -> str:
    """A lieu of ours, as far as strangers may trouble it."""
    return f"wire/lieu/{lieu}"
