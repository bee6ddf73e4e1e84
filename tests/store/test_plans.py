"""What is looked for at every event is found by an index: it does not grow with what goes on elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from bot.store import backlog, conversations, inbox, networks, open_questions, outbox, requests, rooms
from bot.store.database import Database, Tx

LOOKS: dict[str, Callable[[Tx], Any]] = {
    "whose turn it is": lambda tx: inbox.turns(tx, 20, ["!b"], [1]),
    "who has the keys of late": lambda tx: inbox.is_changing(tx, "!room", "@zoe:lieu.fr"),
    "the first of a message": lambda tx: inbox.first_of(tx, "$event"),
    "what kind of room it is": lambda tx: rooms.classify(tx, "!room"),
    "whose direct conversation it is": lambda tx: rooms.person_of_direct(tx, "!room"),
    "the network of a room": lambda tx: networks.of_room(tx, "!room"),
    "the networks of a lieu": lambda tx: networks.stays(tx, lieu=1),
    "the lieux of a network": lambda tx: networks.stays(tx, network=1),
    "a neighbour": lambda tx: networks.neighbour(tx, 1, "moulin"),
    "the request of a message": lambda tx: requests.of_root(tx, 1, "$event"),
    "the card of a message": lambda tx: requests.card_at(tx, "$event"),
    "the card of a lieu": lambda tx: requests.card_of(tx, "moulin.1", 1),
    "who reads a line": lambda tx: requests.listening(tx, "moulin.1"),
    "what is due": lambda tx: requests.due_cards(tx, 1, "!room", 1),
    "the line of a message": lambda tx: requests.said_in(tx, "!room", "$event"),
    "who said a line": lambda tx: requests.author_of(tx, "$event"),
    "the line of a bystander": lambda tx: requests.of_bystander(tx, 1, "line", None),
    "what was told of somebody": lambda tx: outbox.posted_since(tx, "ignored/1/*/1", 0),
    "a person who is held": lambda tx: conversations.is_held(tx, "!room"),
    "what somebody is asked about": lambda tx: conversations.open_by(tx, "called", "@zoe:lieu.fr"),
    "what a lieu is asked": lambda tx: conversations.open_for_lieu(tx, "called", 1),
    "what goes on for a lieu": lambda tx: conversations.goes_on(tx, "quota", 1),
    "what is asked in a room": lambda tx: open_questions.open_questions(tx, "!room"),
    "who is awaited in a room": lambda tx: open_questions.awaited(tx, "!room", "@zoe:lieu.fr"),
    "what a message answered": lambda tx: open_questions.answered_by(tx, "$event", "@zoe:lieu.fr"),
}


# What is rare has an index of its own, that is read whole.
RARE: dict[str, tuple[Callable[[Tx], Any], set[str]]] = {
    "what nobody can read yet": (inbox.unread, {"SCAN inbox USING INDEX inbox_unread"}),
    "what was tried before": (inbox.suspects, {"SCAN inbox USING INDEX inbox_by_room"}),
    "how much waits": (
        backlog.counts,
        {
            "SCAN aside",
            "SCAN outbox USING INDEX outbox_waiting",
            "SCAN conversations USING INDEX conversations_lieu",
            "SCAN inbox USING INDEX inbox_aside",
        },
    ),
}


@pytest.mark.parametrize("look", RARE)
async def test_what_is_rare_is_found_without_all_the_rest(database: Database, look: str) -> None:
    work, through = RARE[look]
    assert set(await database.read(_scanned, work)) == through


@pytest.mark.parametrize("look", LOOKS)
async def test_no_table_is_read_whole(database: Database, look: str) -> None:
    assert await database.read(_scanned, LOOKS[look]) == []


def _scanned(tx: Tx, look: Callable[[Tx], Any]) -> list[str]:
    """What SQLite reads whole for the queries of this look, one by one."""
    asked: list[str] = []
    tx.set_trace_callback(asked.append)
    try:
        look(tx)
    finally:
        tx.set_trace_callback(None)
    assert asked
    steps = [step for query in asked for step in _plan(tx, query)]
    return [step for step in steps if step.startswith("SCAN") and step != "SCAN CONSTANT ROW"]  # that is of no table


def _plan(tx: sqlite3.Connection, query: str) -> list[str]:
    return [row["detail"] for row in tx.execute(f"EXPLAIN QUERY PLAN {query}")]
