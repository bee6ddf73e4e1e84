"""How much a lieu of a network, or a server that knocks there, may make us do and say in an hour: a partner is a stranger.

Generous for lieux where people speak with each other. What is beyond waits for its turn, or is summed up.
"""

from __future__ import annotations

from bot.store.budgets import DAY, Budget

GUESTS = Budget("wire-guests", 8)  # people whom a lieu sends, invited into the room of a project
QUESTIONS = Budget("wire-questions", 3, DAY)  # about people of elsewhere


def source(network: int, lieu: str) -> str:
    """A lieu of a network, as on the wire."""
    return f"wire/{network}/{lieu}"
