"""Every table, and by which rule its rows go: a file that only grows is a fault, unless it is meant to."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.audit_chain import link
from bot.store.database import migrations

# With time, by what `Bot` does every day or hour, or with the next row of its kind.
AGED = {
    "acts": "the journal: as long after as the lieu chose",
    "arrivals": "with whoever departed: their newest row stays until there is a newer one, of whomever",
    "availability": "a year after the day",
    "backups": "400 days after they were tried, at the next one; not what tells of the last good copy",
    "conversations": "as long after they ended as the lieu chose, a month or more",
    "departed": "as long after as the lieu chose, or when they come back",
    "departures": "with whoever departed",
    "incidents": "a year after they ended",
    "inbox": "30 days after they were settled; what was set aside waits for a human",
    "join_requests": "when it was promised",
    "maintenances": "a year after they ended",
    "outbox": "30 days after they were sent, unless something living may still correct them",
    "spent": "with their window, at the next that is spent",
    "waits": "a year after they began",
}
# With what they are of: with a row that refers to them, or when that is over.
ENDED = {
    "admitted": "when the bot leaves the network",
    "alarms": "when it is well again",
    "aside": "when the host releases or drops it, or its conversation is forgotten",
    "backup_alarms": "when nothing is wrong any more",
    "ban_lists": "when a concierge takes it off",
    "candidates": "when the space is gone, or wants to be no lieu",
    "census_lieux": "with their list",
    "censuses": "when the host imports that source again, or forgets it",
    "chatons": "when the federation does not name them any more, or two months after their file was last read",
    "chatons_offers": "when their host does not name them any more, or with it, or likewise",
    "deaths": "when the conversation gets through, or is forgotten",
    "dead_parts": "when the bot gets through that part, or it is put aside",
    "held": "when what comes before them has come",
    "keepers": "when they look after the lieu no more",
    "maintenance_rooms": "with the maintenance that was announced there",
    "moved_rooms": "when the lieu comes back",
    "neighbours": "when they leave the network",
    "project_shares": "when the share ends",
    "silences": "when they end",
    "steps": "with their conversation",
}
# As long as the lieu is there, and no more than it has of them: one for each person, room, folder, version.
LASTING = {
    "asked_asleep": "one for each person whose account seemed to sleep, until they are forgotten",
    "chains": "one for a lieu",
    "chatons_readings": "a single one",
    "clock": "a single one",
    "folder_ids": "one for each folder that a lieu names",
    "journal_starts": "one for a lieu: behind what its journal goes on",
    "lieux": "the lieux",
    "lieux_version": "a single one",
    "made_rooms": "one for each room that the bot made, until another is made in its place",
    "members": "one for each member, until they leave",
    "membership_readings": "one for a lieu",
    "network_lieux": "one for each lieu of a network",
    "networks": "one for each network",
    "nights": "one for a lieu",
    "page_names": "one for a lieu",
    "password_links": "one for each arrival",
    "paths": "one for each version of a path of arrival: !parcours goes back to them",
    "people": "one for each person: their language, and the room in which they talk with the bot",
    "rooms": "one for each room in which the bot was",
    "successions": "one for each room that was upgraded",
    "sync": "a single one",
}
# With everything that happens: why they stay.
GROWING = {
    "memberships": "a row for each, of which nothing but its number stays 400 days after its end, or with a departure:"
    " without it the same membership would be a new one",
    "owned": "what the bot made: a row goes when somebody ends it, and stays for a share that ended by its date",
    "agreements": "between whom a request was agreed on, a row for each",
    "cards": "a message for each request in each lieu: what is said below it later finds its request",
    "erasures": "one for each person who was erased: what is restored from before does it again",
    "lines": "what was said about a request, whose words go after 30 days: nothing is relayed twice",
    "projects": "a row for each request that became one",
    "requests": "a row for each: what other lieux send late, or again, must not open it once more",
    "streams": "a number for each lieu of each request: the same for what is said about it",
    "volunteers": "who offered to help with a request",
}


@pytest.fixture
def store() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as empty:
        empty.create_function("link", 6, link, deterministic=True)
        for script in migrations():
            empty.executescript(script)
        yield empty


def tables(store: sqlite3.Connection) -> set[str]:
    return {name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_each_table_has_its_rule(store: sqlite3.Connection) -> None:
    named = [*AGED, *ENDED, *LASTING, *GROWING]
    assert sorted(named) == sorted(name for name in tables(store) if not name.startswith("sqlite_"))


def test_what_is_said_to_go_is_deleted_somewhere(store: sqlite3.Connection) -> None:
    """By a query of its own, or with the row that it refers to."""
    written = "".join(file.read_text() for file in (Path(__file__).parents[2] / "bot" / "store").glob("*.py"))
    deleted = set(re.findall(r"DELETE FROM (\w+)", written))
    for table in AGED | ENDED:
        above = {row[2] for row in store.execute(f"PRAGMA foreign_key_list({table})") if row[6] == "CASCADE"}
        assert table in deleted or above & deleted, table
