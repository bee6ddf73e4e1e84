"""A file of an older program, with all that goes on in it, is read and goes on after its migration."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.store import (
    arrivals,
    audit,
    censuses,
    conversations,
    departures,
    lieu_rows,
    memberships,
    ownership,
    password_links,
)
from bot.store import database as module
from bot.store.audit_chain import FIRST, link
from bot.store.database import Database, Tx, migrations
from bot.store.lieu_rows import Row
from bot.store.read_only import open_read_only
from tests.stage.stage import Stage
from tests.stage.transcript_header import Scenery, scenery

OLD = 27  # migrations: before accounts that are opened, passwords of our own pages, lists, memberships
LATER = {"chatons", "chatons_offers", "chatons_readings", "census_lieux", "censuses", "memberships"}
LATER |= {"membership_readings", "journal_starts", "departed", "nights", "asked_asleep", "backups", "backup_alarms"}
LATER |= {
    "aside",
    "dead_parts",
    "alarms",
    "availability",
    "incidents",
    "maintenance_rooms",
    "maintenances",
    "waits",
    "erasures",
    "clock",
}
NEW_COLUMNS = {("owned", "choice"): None, ("password_links", "turn"): 0}
# A journal is chained anew, by salts that are drawn; whether it is whole is asked of it.
DRAWN = {("acts", "hash"), ("chains", "hash")}
COMMON = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Marc Petit, Léa",
    "salons": "Place du village",
    "autres": "Zoé Martin @zoe.martin:lieu.fr",
    "e-mails": "oui",
    "pages": "https://bienvenue.lieu.fr",
    "comptes du lieu": "Marc Petit, Léa",
}
KINDS = {
    "sso": {"comptes": "oui", "nextcloud": "oui", "administration": "oui", "comptes connus": "Marc Petit, Léa"},
    "homeserver": {"comptes": "sur la messagerie"},
}
Kept = dict[str, list[Row]]


@pytest.fixture(params=KINDS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scenery]:
    """Zoé is being welcomed, Marc leaves on Friday, Léa's account is suspended, and Anne is asked about somebody."""
    async with scenery(COMMON | KINDS[request.param], tmp_path) as scene:
        zoe, stage = scene.people["Zoé Martin"], scene.stage
        await scene.answers_to("Anne", "!inviter Zoé Martin zoe@exemple.fr", "oui")
        await stage.enter(zoe, stage.matrix.directs[zoe])
        await scene.answers_to("Anne", "!compte suspendre Léa", "oui")
        await scene.answers_to("Anne", "!départ Marc Petit", "prévenir", "dans 3 jours", "passer", "oui")
        await scene.answers_to("Bob", "!inviter Lou Blanc lou@exemple.fr")
        yield scene


async def stopped(scene: Scenery) -> None:
    await scene.stage.bot.inbox_worker.close()
    await scene.stage.bot.engine.close()
    await scene.stage.close()


async def started(scene: Scenery, path: Path) -> Stage:
    before = scene.stage
    hosting = {"public_url": COMMON["pages"], "page_key": b"a key of the stage"}
    scene.stage = await Stage.open(path, before.services, before.matrix, before.clock, **hosting)
    return scene.stage


def written(path: Path) -> Kept:
    with closing(sqlite3.connect(path)) as plain:
        plain.row_factory = sqlite3.Row
        tables = [row["name"] for row in plain.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {table: [dict(row) for row in plain.execute(f"SELECT * FROM {table}")] for table in sorted(tables)}


async def aged(path: Path) -> Kept:
    """The same rows in a file that the migrations of then made; what was in it."""
    rows, scripts = written(path), migrations()
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    with pytest.MonkeyPatch.context() as then:
        then.setattr(module, "migrations", lambda: scripts[:OLD])
        then.setattr(module, "chain_anew", lambda tx: None)
        await (await Database.open(path)).close()
    with closing(sqlite3.connect(path)) as plain:
        plain.row_factory = sqlite3.Row
        tables = {row["name"] for row in plain.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        assert rows.keys() - tables >= LATER
        for table in tables:
            plain.execute(f"DELETE FROM {table}")
            known = {column["name"] for column in plain.execute(f"PRAGMA table_info({table})")}
            for row in rows[table]:
                old = {name: value for name, value in row.items() if name in known}
                columns, marks = ", ".join(f'"{name}"' for name in old), ", ".join("?" * len(old))
                plain.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", (*old.values(),))
        _chained_as_then(plain)
        # Their page asked for it.
        plain.execute("INSERT OR REPLACE INTO password_links (arrival, at, lives) VALUES (1, 5, 86400)")
        plain.commit()
    return written(path)


def _chained_as_then(plain: sqlite3.Connection) -> None:
    for (lieu,) in plain.execute("SELECT lieu FROM chains").fetchall():
        mark = FIRST
        for act in plain.execute("SELECT * FROM acts WHERE lieu = ? ORDER BY seq", (lieu,)).fetchall():
            mark = link(mark, act["at"], act["by"], act["what"], act["about"], act["words"])
            plain.execute("UPDATE acts SET hash = ? WHERE seq = ?", (mark, act["seq"]))
        plain.execute("UPDATE chains SET hash = ? WHERE lieu = ?", (mark, lieu))


def shape(path: Path) -> dict[str, Any]:
    """Tables with their columns, indexes and triggers, however they were written down."""
    with closing(sqlite3.connect(path)) as plain:
        things = plain.execute("SELECT type, name, tbl_name FROM sqlite_schema ORDER BY type, name").fetchall()
        tables = [name for type, name, _ in things if type == "table"]
        return {
            "things": things,
            **{table: plain.execute(f"PRAGMA table_info({table})").fetchall() for table in tables},
        }


async def test_an_older_file_has_the_shape_of_a_new_one_and_all_its_rows(scene: Scenery, tmp_path: Path) -> None:
    await stopped(scene)
    path = tmp_path / "bot.sqlite"
    before = await aged(path)
    full = {table for table, rows in before.items() if rows}
    assert full >= {"acts", "arrivals", "conversations", "steps", "owned", "inbox", "outbox", "members", "departures"}
    assert "password_links" in full
    await (await Database.open(path)).close()
    await (await Database.open(tmp_path / "new.sqlite")).close()
    assert shape(path) == shape(tmp_path / "new.sqlite")
    after = written(path)
    for table, rows in before.items():
        new = {name: value for (of, name), value in NEW_COLUMNS.items() if of == table}
        told = [{name: row[name] for name in (*was, *new)} for was, row in zip(rows, after[table], strict=True)]
        drawn = {name: row[name] for row in told for name in row if (table, name) in DRAWN}
        assert [row | dict.fromkeys(drawn) for row in told] == [row | new | dict.fromkeys(drawn) for row in rows], table
    assert [after[table] for table in LATER] == [[] for _ in LATER]
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA foreign_key_check").fetchall() == []
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    async with open_read_only(path) as database:
        assert await database.read(lambda tx: list(audit.broken(tx))) == []


QUERIES: dict[str, Callable[[Tx], Any]] = {
    "arrivals": lambda tx: arrivals.in_progress(tx, 1),
    "departures": lambda tx: departures.in_progress(tx, 1),
    "owned": lambda tx: [
        ownership.owned(tx, 1, "directory", "account"),
        ownership.accounts(tx),
        ownership.adopted(tx, 1),
    ],
    "conversations": lambda tx: [conversations.steps(tx, id) for id in conversations.open_for(tx, 1)],
    "unfinished": conversations.unfinished,
    "lieu": lambda tx: lieu_rows.take_out(tx, 1),
}
NEW_QUERIES: dict[str, Callable[[Tx], Any]] = {
    "link": lambda tx: (password_links.latest(tx, 1), password_links.turn(tx, 1)),
    "memberships": lambda tx: memberships.of_lieu(tx, 1),
    "reading": lambda tx: memberships.reading(tx, 1),
    "censuses": lambda tx: censuses.all_of_them(tx),
}


async def test_the_queries_of_today_read_what_was_written_then(scene: Scenery, tmp_path: Path) -> None:
    then = {name: await scene.stage.database.read(query) for name, query in QUERIES.items()}
    await stopped(scene)
    await aged(tmp_path / "bot.sqlite")
    database = await Database.open(tmp_path / "bot.sqlite")
    now = {name: await database.read(query) for name, query in (QUERIES | NEW_QUERIES).items()}
    await database.close()
    assert {name: now[name] for name in QUERIES if name != "lieu"} == {
        name: rows for name, rows in then.items() if name != "lieu"
    }
    assert all(then[name] for name in ("arrivals", "departures", "conversations"))
    assert now["lieu"]["arrivals"] == then["lieu"]["arrivals"]
    assert now["link"] == ({"at": 5, "lives": 86400}, 0)
    assert (now["memberships"], now["reading"], now["censuses"]) == ([], None, [])


async def test_what_was_going_on_goes_on(scene: Scenery, tmp_path: Path) -> None:
    """A welcome, a question to a concierge, a departure that is announced, an account that is suspended."""
    await stopped(scene)
    await aged(tmp_path / "bot.sqlite")
    stage = await started(scene, tmp_path)
    try:
        await _goes_on(scene, stage)
    finally:
        await stopped(scene)


async def _goes_on(scene: Scenery, stage: Stage) -> None:
    zoe, office = scene.people["Zoé Martin"], scene.rooms["Conciergerie"].room_id
    direct = stage.matrix.directs[zoe]
    for line in ("passer", "oui"):
        await stage.write(zoe, direct, line)
    assert any("bienvenue à La Rosée" in said for said in stage.said(direct))
    await scene.answers_to("Bob", "oui")
    assert "lou@exemple.fr" in stage.last(office)
    await scene.answers_to("Anne", "!compte rétablir Léa")
    assert "Le compte de Léa est rétabli." in stage.last(office)
    await stage.wait(4)
    assert any(said.startswith("Le départ de Marc Petit") for said in stage.said(office))
    (gone,) = await stage.database.read(lambda tx: departures.in_progress(tx, 1))
    assert gone["status"] == "locked"
