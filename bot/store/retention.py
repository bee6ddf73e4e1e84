"""What is forgotten of a lieu at night, a little at a time, and how far that is. Instants in milliseconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TypedDict, cast

from . import audit, journal_start, memberships
from .arrivals import ENDED
from .database import Tx
from .departures import OPEN

Cutoffs = dict[str, int]
"""kind → ms: what is older goes. The kinds are those of `bot.lieux.KEPT` but for « asleep »."""


class Night(TypedDict):
    """As far as it went: the day (ISO) when it was begun; what is still to be gone through (`cutoffs`); how many were
    `forgotten` since the journal `told` it; up to where somebody `agreed` that it may go at once; when that was
    `asked`."""

    night: str
    cutoffs: Cutoffs
    forgotten: dict[str, int]
    told: str
    agreed: Cutoffs
    asked: str


class Due(TypedDict):
    """How many are old enough, and since when the oldest of them is there."""

    n: int
    oldest: int


# -- how far it is


def night_of(tx: Tx, lieu: int) -> Night | None:
    row = tx.execute("SELECT * FROM nights WHERE lieu = ?", (lieu,)).fetchone()
    if row is None:
        return None
    parsed = {name: json.loads(row[name]) for name in ("cutoffs", "forgotten", "agreed")}
    return cast(Night, {"night": row["night"], "told": row["told"], "asked": row["asked"], **parsed})


def begin_first(tx: Tx, lieu: int, night: str) -> None:
    """Nothing is forgotten in the night when a lieu is seen first."""
    tx.execute(
        "INSERT INTO nights (lieu, night, told) VALUES (?,?,?) ON CONFLICT DO UPDATE SET night = excluded.night",
        (lieu, night, night),
    )


def begin(tx: Tx, lieu: int, night: str, cutoffs: Cutoffs, *, asks: bool) -> None:
    """What was agreed on is used up with it; where nothing is to be asked any more, the next question is a new one."""
    tx.execute(
        "INSERT INTO nights (lieu, night, told, cutoffs) VALUES (?,?,?,?) ON CONFLICT DO UPDATE"
        " SET night = excluded.night, cutoffs = excluded.cutoffs, agreed = '{}',"
        " asked = CASE WHEN ? THEN asked ELSE '' END",
        (lieu, night, night, json.dumps(cutoffs), asks),
    )


def asked(tx: Tx, lieu: int, night: str) -> None:
    tx.execute("UPDATE nights SET asked = ? WHERE lieu = ?", (night, lieu))


def agree(tx: Tx, lieu: int, cutoffs: Mapping[str, int]) -> None:
    """What is older than these instants may go at once, the next time."""
    row = night_of(tx, lieu)
    agreed = (row["agreed"] if row else {}) | {**cutoffs}
    tx.execute(
        "INSERT INTO nights (lieu, night, agreed) VALUES (?,'',?) ON CONFLICT DO UPDATE SET agreed = excluded.agreed",
        (lieu, json.dumps(agreed)),
    )


def end(tx: Tx, lieu: int, at: int, by: str, *, tells: bool) -> None:
    """The night is over; where it `tells`, the journal says how many of each went, of whom it says nothing."""
    row = night_of(tx, lieu)
    if row is None:
        return
    told = {kind: str(n) for kind, n in row["forgotten"].items() if n}
    if tells and told:
        words = {"talks": "0", "journal": "0", "departed": "0"} | told
        audit.note(tx, lieu, at, by, "expired", None, words)
        tx.execute("UPDATE nights SET forgotten = '{}', told = night WHERE lieu = ?", (lieu,))
    tx.execute("UPDATE nights SET cutoffs = '{}' WHERE lieu = ?", (lieu,))


def forget(tx: Tx, lieu: int, kind: str, before: int, now: int, most: int) -> bool:
    """At most so many; whether there may be more. How many they were is written with it."""
    n = FORGETTING[kind][1](tx, lieu, before, now, most)
    if n:
        path = f"$.{kind}"
        count = "json_set(forgotten, ?, coalesce(json_extract(forgotten, ?), 0) + ?)"
        tx.execute(f"UPDATE nights SET forgotten = {count} WHERE lieu = ?", (path, path, n, lieu))  # noqa: S608
    return n >= most


def due(tx: Tx, lieu: int, kind: str, before: int, now: int) -> Due | None:
    """None where nothing is old enough."""
    n, oldest = FORGETTING[kind][0](tx, lieu, before, now)
    return {"n": n, "oldest": oldest} if n else None


# -- conversations

OLD_TALKS = "lieu = ? AND status != 'open' AND ended_at < ?"


def _talks_due(tx: Tx, lieu: int, before: int, _now: int) -> tuple[int, int]:
    query = f"SELECT count(*), min(ended_at) FROM conversations WHERE {OLD_TALKS}"  # noqa: S608
    n, oldest = tx.execute(query, (lieu, before)).fetchone()
    return n, oldest or 0


def _forget_talks(tx: Tx, lieu: int, before: int, _now: int, most: int) -> int:
    """With every answer in them."""
    old = f"SELECT id FROM conversations WHERE {OLD_TALKS} ORDER BY id LIMIT ?"  # noqa: S608
    return tx.execute(f"DELETE FROM conversations WHERE id IN ({old})", (lieu, before, most)).rowcount  # noqa: S608


# -- the journal


def _acts_due(tx: Tx, lieu: int, before: int, now: int) -> tuple[int, int]:
    upto = journal_start.last_old(tx, lieu, before, now)
    n, oldest = tx.execute("SELECT count(*), min(at) FROM acts WHERE lieu = ? AND seq <= ?", (lieu, upto)).fetchone()
    return n, oldest or 0


def _forget_acts(tx: Tx, lieu: int, before: int, now: int, most: int) -> int:
    return journal_start.forget(tx, lieu, journal_start.last_old(tx, lieu, before, now), most)


# -- people who are there no more


def note_departed(tx: Tx, lieu: int) -> None:
    """Whoever came through an arrival and is in the space no more, since the last that was written about them; and no
    longer those who came back."""
    tx.execute(
        "DELETE FROM departed WHERE lieu = ?"
        " AND EXISTS (SELECT 1 FROM members m WHERE m.lieu = departed.lieu AND m.person = departed.person)",
        (lieu,),
    )
    tx.execute(
        "INSERT INTO departed (lieu, person, since)"  # noqa: S608 - of our own statuses
        " WITH came AS (SELECT person, changed_at AS at, status FROM arrivals WHERE lieu = :lieu"
        " UNION ALL SELECT person, changed_at, 'welcomed' FROM departures WHERE lieu = :lieu),"
        " gone AS (SELECT person, max(at) AS at FROM came"
        " WHERE person NOT IN (SELECT person FROM members WHERE lieu = :lieu UNION"
        " SELECT person FROM departed WHERE lieu = :lieu)"
        f" GROUP BY person HAVING min(status IN {ENDED})),"
        " told AS (SELECT about, max(at) AS at FROM acts"
        " WHERE lieu = :lieu AND about IN (SELECT person FROM gone) GROUP BY about)"
        " SELECT :lieu, person, max(gone.at, coalesce(told.at, 0)) FROM gone LEFT JOIN told ON about = person",
        {"lieu": lieu},
    )


# Nothing of theirs goes on here, or is still open in a service; and of each table the newest row stays, for the next
# one takes its number from it: a secret address that is made of an arrival's number must never be somebody else's.
GONE = (
    "d.lieu = :lieu AND d.since < :before"  # noqa: S608 - of our own statuses
    f" AND NOT EXISTS (SELECT 1 FROM arrivals a WHERE a.lieu = d.lieu AND a.person = d.person"
    f"  AND (a.status NOT IN {ENDED} OR a.id = (SELECT max(id) FROM arrivals)))"
    f" AND NOT EXISTS (SELECT 1 FROM departures p WHERE p.lieu = d.lieu AND p.person = d.person"
    f"  AND ({OPEN} OR p.id = (SELECT max(id) FROM departures)))"
    " AND NOT EXISTS (SELECT 1 FROM members m WHERE m.lieu = d.lieu AND m.person = d.person)"
    " AND NOT EXISTS (SELECT 1 FROM keepers k WHERE k.lieu = d.lieu AND k.person = d.person)"
    " AND NOT EXISTS (SELECT 1 FROM silences s WHERE s.lieu = d.lieu AND s.person = d.person)"
    " AND NOT EXISTS (SELECT 1 FROM owned o WHERE o.lieu = d.lieu AND o.person = d.person"
    "  AND (o.kind IN ('account', 'pause') OR o.service = 'odoo'))"
    " AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.lieu = d.lieu AND c.status = 'open'"
    "  AND (c.person = d.person OR json_extract(c.args, '$.about') = d.person))"
)


def _departed_due(tx: Tx, lieu: int, before: int, _now: int) -> tuple[int, int]:
    query = f"SELECT count(*), min(since) FROM departed d WHERE {GONE}"  # noqa: S608
    n, oldest = tx.execute(query, {"lieu": lieu, "before": before}).fetchone()
    return n, oldest or 0


def _forget_departed(tx: Tx, lieu: int, before: int, _now: int, most: int) -> int:
    query = f"SELECT person FROM departed d WHERE {GONE} ORDER BY since LIMIT :most"  # noqa: S608
    people = [row["person"] for row in tx.execute(query, {"lieu": lieu, "before": before, "most": most})]
    for person in people:
        for table in ("arrivals", "departures", "departed", "asked_asleep"):
            tx.execute(f"DELETE FROM {table} WHERE lieu = ? AND person = ?", (lieu, person))  # noqa: S608
        tx.execute("UPDATE owned SET person = NULL WHERE lieu = ? AND person = ?", (lieu, person))
        memberships.forget(tx, lieu, person)
        elsewhere = " UNION ALL ".join(
            f"SELECT 1 FROM {table} WHERE person = :person"  # noqa: S608
            for table in ("arrivals", "members", "keepers", "departures", "conversations")
        )
        tx.execute(f"DELETE FROM people WHERE person = :person AND NOT EXISTS ({elsewhere})", {"person": person})  # noqa: S608
    return len(people)


Counting = Callable[[Tx, int, int, int], tuple[int, int]]
Forgetting = Callable[[Tx, int, int, int, int], int]
FORGETTING: Mapping[str, tuple[Counting, Forgetting]] = {
    "talks": (_talks_due, _forget_talks),
    "journal": (_acts_due, _forget_acts),
    "departed": (_departed_due, _forget_departed),
}


# -- accounts that nobody uses


class Held(TypedDict):
    """The accounts that a lieu made for somebody (`bot.services.service.Holder`)."""

    login: str
    address: str
    cloud: bool


def holders(tx: Tx, lieu: int) -> dict[str, Held]:
    """Who has an account that is the lieu's; nobody who is on the way out already."""
    found: dict[str, Held] = {}
    leaving = f"SELECT person FROM departures WHERE lieu = ? AND {OPEN}"  # noqa: S608
    query = (
        "SELECT service, ref, person FROM owned WHERE lieu = ? AND kind = 'account' AND person IS NOT NULL"  # noqa: S608
        f" AND service IN ('directory', 'matrix', 'nextcloud') AND person NOT IN ({leaving}) ORDER BY at, ref"
    )
    for row in tx.execute(query, (lieu, lieu)):
        held = found.setdefault(row["person"], {"login": "", "address": "", "cloud": False})
        match row["service"]:
            case "directory":
                held["login"] = row["ref"]
            case "matrix":
                held["address"] = row["ref"]
            case _:
                held["login"], held["cloud"] = held["login"] or row["ref"], True
    return found


def awake(tx: Tx, lieu: int, since: int, now: int) -> set[str]:
    """Of whom we know ourselves that they were there since then: they spoke with the bot, did something that the
    journal tells, or came; and those about whom nobody is to be asked yet."""
    rows = tx.execute(
        "SELECT person FROM conversations WHERE lieu = :lieu AND created_at >= :since"
        " UNION SELECT by FROM acts WHERE lieu = :lieu AND at >= :since"
        " UNION SELECT person FROM arrivals WHERE lieu = :lieu AND changed_at >= :since"
        " UNION SELECT person FROM asked_asleep WHERE lieu = :lieu AND again > :now",
        {"lieu": lieu, "since": since, "now": now},
    )
    return {row["person"] for row in rows}


def put_off(tx: Tx, lieu: int, again: Mapping[str, int]) -> None:
    """Nobody asks about these people before then; of whoever has no account here any more, nothing is noted."""
    known = holders(tx, lieu)
    for person, at in ((person, at) for person, at in again.items() if person in known):
        tx.execute(
            "INSERT INTO asked_asleep (lieu, person, again) VALUES (?,?,?)"
            " ON CONFLICT DO UPDATE SET again = excluded.again",
            (lieu, person, at),
        )


# -- the register


def networks(tx: Tx, lieu: int) -> list[str]:
    """Those that the lieu is in, by their names."""
    rows = tx.execute(
        "SELECT n.name FROM networks n JOIN network_lieux l ON l.network = n.id"
        " WHERE l.lieu = ? AND l.status = 'declared' ORDER BY n.name",
        (lieu,),
    )
    return [row["name"] for row in rows]


def servers(tx: Tx, lieu: int) -> list[str]:
    """The homeservers that have a copy of what is said here: those of its members, and of the bots of its networks."""
    rows = tx.execute(
        "SELECT substr(person, instr(person, ':') + 1) AS server FROM members WHERE lieu = :lieu"
        " UNION SELECT substr(n.bot, instr(n.bot, ':') + 1) FROM neighbours n"
        " JOIN network_lieux l ON l.network = n.network WHERE l.lieu = :lieu AND l.status = 'declared'"
        " ORDER BY server",
        {"lieu": lieu},
    )
    return [row["server"] for row in rows]
