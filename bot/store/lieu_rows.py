"""All that is kept of one lieu, taken out of a database and put into another, whatever the ids are there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from . import audit, audit_chain, candidates, departures
from .arrivals import ENDED
from .database import Tx
from .requests import Card, key, numbered

Row = dict[str, Any]  # of any table, by its columns
Rows = dict[str, list[Row]]

# What stays behind: talks take place with the bot that holds them, letters are its own, pages are at its own address;
# which folder is meant by a name, how services answered, and what may be forgotten, is what a bot saw itself, not
# what a file says.
STAYS = frozenset(
    {
        "availability",
        "conversations",
        "folder_ids",
        "incidents",
        "maintenances",
        "nights",
        "outbox",
        "page_names",
        "waits",
    }
)
UNSHOWN = 0  # the `rev` of a card that another bot showed
GONE = ("id", "watcher", "conversation", "source")  # ids of here, of talks, and of what was said to the other bot
ASKING = ("asked", "confirmed")  # of join requests


def of_lieux(tx: Tx) -> list[str]:
    """The tables of which a lieu has rows."""
    return [name for name, columns in _tables(tx).items() if columns.get("lieu") == "INTEGER" and name not in STAYS]


def of_requests(tx: Tx) -> list[str]:
    """The tables that tell how far a request is, for all our lieux."""
    return [name for name, columns in _tables(tx).items() if "request" in columns and columns.get("lieu") != "INTEGER"]


def _tables(tx: Tx) -> dict[str, dict[str, str]]:
    """Each table with its columns and their types."""
    names = [row["name"] for row in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    return {name: {row["name"]: row["type"] for row in tx.execute(f"PRAGMA table_info({name})")} for name in names}


# -- out


def take_out(tx: Tx, lieu: int) -> Rows:
    """Everything of a lieu; nothing is changed."""
    mine = "SELECT request FROM cards WHERE lieu = ?"
    found = {"lieux": _rows(tx, "lieux", "id = ?", lieu)}
    found |= {name: _rows(tx, name, "lieu = ?", lieu) for name in of_lieux(tx)}
    found["requests"] = _rows(tx, "requests", f"id IN ({mine})", lieu)
    found |= {name: _rows(tx, name, f"request IN ({mine})", lieu) for name in of_requests(tx)}
    known = {row["network"] for name in ("network_lieux", "requests") for row in found[name]}
    found["networks"] = [row for row in _rows(tx, "networks", "true") if row["id"] in known]
    return found


def _rows(tx: Tx, table: str, where: str, *values: object) -> list[Row]:
    return [dict(row) for row in tx.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY 1", values)]  # noqa: S608


def servers(tx: Tx, network: int) -> list[str]:
    """Where somebody of this network lives, who can let others in."""
    rows = tx.execute("SELECT DISTINCT bot FROM neighbours WHERE network = ? ORDER BY since", (network,))
    return list(dict.fromkeys(row["bot"].partition(":")[2] for row in rows))


def forget(tx: Tx, lieu: int, rooms: Collection[str], heir: str, but: Collection[str] = ()) -> None:
    """This lieu is no longer ours: `heir` is the bot that it has now, in its rooms and in the networks that it kept;
    not in the rooms of others (`but`), whatever it called its own."""
    space = tx.execute("SELECT space FROM lieux WHERE id = ?", (lieu,)).fetchone()["space"]
    made = tx.execute("SELECT ref FROM owned WHERE lieu = ? AND service = 'matrix' AND kind = 'room'", (lieu,))
    alone = (
        "SELECT room_id FROM projects WHERE lieu = ? AND entered EXCEPT SELECT room_id FROM projects WHERE lieu != ?"
    )
    projects = tx.execute(alone, (lieu, lieu))
    own = {*rooms, *(row["ref"] for row in made), *(row["room_id"] for row in projects)}
    for room_id in own - {*but}:
        tx.execute("INSERT OR REPLACE INTO moved_rooms (room_id, space, heir) VALUES (?,?,?)", (room_id, space, heir))
    kept = "SELECT network FROM network_lieux WHERE lieu = ? AND keeps = 1"
    tx.execute(f"UPDATE networks SET heir = ? WHERE id IN ({kept})", (heir, lieu))  # noqa: S608
    tx.execute("DELETE FROM lieux WHERE id = ?", (lieu,))
    candidates.forget(tx, space)


# -- handed over


def heir(tx: Tx, room_id: str) -> str | None:
    """The bot that this room is to be handed over to."""
    row = tx.execute("SELECT heir FROM moved_rooms WHERE room_id = ?", (room_id,)).fetchone()
    return row["heir"] if row else None


def rooms_for(tx: Tx, heir: str) -> list[str]:
    rows = tx.execute("SELECT room_id FROM moved_rooms WHERE heir = ? ORDER BY room_id", (heir,))
    return [row["room_id"] for row in rows]


def handed_over(tx: Tx, room_id: str) -> None:
    tx.execute("DELETE FROM moved_rooms WHERE room_id = ?", (room_id,))


def unshown(tx: Tx, lieu: int, network: int) -> list[Card]:
    """The cards of requests in this network that another bot showed."""
    of_network = "SELECT id FROM requests WHERE network = ?"
    query = f"SELECT number FROM cards WHERE lieu = ? AND rev = ? AND request IN ({of_network}) ORDER BY number"  # noqa: S608
    found = [numbered(tx, lieu, row["number"]) for row in tx.execute(query, (lieu, UNSHOWN, network)).fetchall()]
    return [card for card in found if card]


def uproot(tx: Tx, request: str) -> None:
    """A request of ours is said anew: what we say next is its root."""
    tx.execute("UPDATE requests SET root = NULL WHERE id = ?", (request,))


# -- in


def put_in(tx: Tx, rows: Rows, now: int) -> int:
    """What was taken out, asleep until the bot is invited into the lieu. Raises ValueError where its space is known
    here, or its journal is not whole."""
    tx.execute("PRAGMA defer_foreign_keys = ON")
    (lieu,) = rows["lieux"]
    if tx.execute("SELECT 1 FROM lieux WHERE :space IN (space, origin)", {"space": lieu["space"]}).fetchone():
        raise ValueError("known")
    tx.execute("DELETE FROM moved_rooms WHERE space = ?", (lieu["space"],))
    candidates.forget(tx, lieu["space"])  # whoever imports it says that it is a lieu
    # Of which space it was first is nothing that a file proves: settings and other lieux would take it for that one.
    id = _insert(tx, "lieux", lieu | {"id": None, "left_at": now, "origin": ""})
    networks = {row["id"]: _network(tx, row) for row in rows["networks"]}
    called = {row["id"]: _request(tx, networks[row["network"]], row) for row in rows["requests"]}
    own = of_lieux(tx)
    for name in of_requests(tx) + own:
        for row in rows.get(name, ()):
            mapped = row | {"network": networks[row["network"]]} if "network" in row else row
            if "request" in row:
                if row["request"] not in called:
                    continue  # of a request that nobody knows any more
                mapped |= {"request": called[row["request"]]}
            if name in own:
                _insert(tx, name, _as_new(name, mapped, id))
            else:
                _insert(tx, name, mapped, how="INSERT OR IGNORE")  # known already, of another lieu of ours
    _unsay(tx, [called[card["request"]] for card in rows["cards"] if card["request"] in called], id)
    departures.name_accounts(tx, id)
    audit_chain.chain_anew(tx)  # a file of an earlier version
    if id in dict(audit.broken(tx)):
        raise ValueError("broken")
    return id


def _request(tx: Tx, network: int, row: Row) -> str:
    """What we call it: it may be known already, of another lieu of ours in that network."""
    wire = row.get("wire") or row["id"]
    id = key(tx, network, wire)
    _insert(tx, "requests", row | {"id": id, "network": network, "wire": wire}, how="INSERT OR IGNORE")
    return id


def _unsay(tx: Tx, called: list[str], lieu: int) -> None:
    """A lieu that comes back: what was said of its requests when it was here must not pass for what is said now. What
    others of ours asked they go on saying."""
    shown = "SELECT 1 FROM cards WHERE request = ? AND lieu != ? AND asker IS NOT NULL"
    for request in called:
        said = [] if tx.execute(shown, (request, lieu)).fetchone() else [f"request/{request}"]
        for txn in (*said, f"card/{request}/{lieu}"):
            below = "DELETE FROM outbox WHERE txn_id = ? OR (txn_id >= ? AND txn_id < ?)"
            tx.execute(below, (txn, f"{txn}/", f"{txn}0"))


def _network(tx: Tx, row: Row) -> int:
    """The bot is not there yet: it asks to be let in once it is in the lieu."""
    tx.execute("INSERT OR IGNORE INTO networks (space, name) VALUES (?, ?)", (row["space"], row["name"]))
    return int(tx.execute("SELECT id FROM networks WHERE space = ?", (row["space"],)).fetchone()["id"])


def _as_new(table: str, row: Row, lieu: int) -> Row:
    """What is different with another bot, which has talks and messages of its own."""
    mine = row | {"lieu": lieu} | {key: None for key in GONE if key in row}
    match table:
        case "acts":
            mine |= {"seq": None}
        case "arrivals" if row["status"] not in ENDED:  # they were being asked, in rooms of the other bot
            mine |= {"status": "cancelled"}
        case "join_requests" if row["status"] in ASKING:  # the addresses that they were mailed are the other bot's
            mine |= {"status": "expired"}
        case "memberships" if row["status"] in ("new", "asked"):  # the question stays behind, and theirs is known
            mine |= {"status": "known"}
        case "cards":
            mine |= {"txn": f"card/{row['request']}/{lieu}", "rev": UNSHOWN}
        case "projects":  # the room is entered anew, and looked at
            mine |= {"entered": 0}
        case "network_lieux":
            mine |= {"status": "asked" if row["status"] == "declared" else row["status"], "keeps": 0}
        case "lines":  # what they name was said by another bot
            said = "/".join(str(row[name]) for name in ("request", "origin", "line"))
            mine |= {"txn": f"moved/{lieu}/{said}"}
    return mine


def _insert(tx: Tx, table: str, row: Row, *, how: str = "INSERT") -> int:
    known = {column["name"] for column in tx.execute(f"PRAGMA table_info({table})")}
    kept = {name: value for name, value in row.items() if name in known}
    columns, marks = ", ".join(kept), ", ".join("?" * len(kept))
    done = tx.execute(f"{how} INTO {table} ({columns}) VALUES ({marks})", tuple(kept.values()))
    return int(done.lastrowid or 0)
