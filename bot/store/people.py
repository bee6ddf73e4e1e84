"""What a person chose, whether they are on their way in, and since when they have the keys of a lieu."""

from __future__ import annotations

from collections.abc import Collection

from .database import Tx


def language(tx: Tx, person: str) -> str | None:
    row = tx.execute("SELECT language FROM people WHERE person = ?", (person,)).fetchone()
    return row["language"] if row else None


def set_language(tx: Tx, person: str, language: str) -> None:
    tx.execute(
        "INSERT INTO people (person, language) VALUES (?, ?) ON CONFLICT DO UPDATE SET language = excluded.language",
        (person, language),
    )


def known_to(tx: Tx, person: str) -> list[int]:
    """The lieux in which the bot has seen somebody, and those in which it talks with them; none where it has seen them
    nowhere, whatever they talk of."""
    tables = ("members", "keepers", "arrivals")
    seen = " UNION ".join(f"SELECT lieu FROM {table} WHERE person = :person" for table in tables)  # noqa: S608
    talking = "SELECT lieu FROM conversations WHERE person = :person AND status = 'open' AND lieu IS NOT NULL"
    query = f"WITH seen AS ({seen}) SELECT lieu FROM seen UNION {talking} AND EXISTS (SELECT 1 FROM seen)"  # noqa: S608
    return [row["lieu"] for row in tx.execute(query, {"person": person})]


def is_arriving(tx: Tx, lieu: int, person: str) -> bool:
    query = (
        "SELECT 1 FROM arrivals WHERE lieu = ? AND person = ? AND status NOT IN ('welcomed', 'declined', 'cancelled')"
    )
    return tx.execute(query, (lieu, person)).fetchone() is not None


def set_key_holders(tx: Tx, lieu: int, people: Collection[str], now: int) -> None:
    """These people, and nobody else, have the keys now. Who is new has them since `now`, or since the last thing that
    was heard, should the clock have been set back; at the first look, since the lieu has the bot."""
    row = tx.execute("SELECT keys_seen, created_at FROM lieux WHERE id = ?", (lieu,)).fetchone()
    latest = tx.execute("SELECT max(arrived_at) AS at FROM inbox").fetchone()["at"] or 0
    since = max(now, latest) if row["keys_seen"] else row["created_at"]
    for person in key_holders(tx, lieu).keys() - {*people}:
        forget_key_holder(tx, lieu, person)
    for person in people:
        tx.execute("INSERT OR IGNORE INTO keepers (lieu, person, since) VALUES (?,?,?)", (lieu, person, since))
    tx.execute("UPDATE lieux SET keys_seen = 1 WHERE id = ? AND keys_seen = 0", (lieu,))


def key_holders(tx: Tx, lieu: int) -> dict[str, int]:
    """Who has the keys, and since when."""
    rows = tx.execute("SELECT person, since FROM keepers WHERE lieu = ? ORDER BY since, person", (lieu,))
    return {row["person"]: row["since"] for row in rows}


def forget_key_holder(tx: Tx, lieu: int, person: str) -> None:
    tx.execute("DELETE FROM keepers WHERE lieu = ? AND person = ?", (lieu, person))
