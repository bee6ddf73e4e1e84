"""What is kept of somebody is told to them, and goes when they want it: no table that holds people is forgotten."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.store import aside, audit, erasures, personal, waits, weeks
from bot.store.audit import note
from bot.store.database import Database, Tx
from bot.store.erasures import Erasure
from bot.store.personal import HELD
from tests.stage.migrated import open_migrated

ZOE, ZOE_HERE, ANNE, BOB = "@zoe:ailleurs.fr", "@zoe.martin:lieu.fr", "@anne:lieu.fr", "@bob:lieu.fr"
THEIRS = ("zoe", "Zoé", "zoé")

# Columns of text that hold nobody: what they are instead. Of tables of which none does, the table alone.
NOBODY = {
    "acts": {"what": "which act", "hash": "", "seal": "", "by_seal": "", "salt": "", "by_salt": ""},
    "admitted": "bots",
    "agreements": {"request": "", "lieu": "a lieu", "other": "a lieu"},
    "alarms": "what the host was told of the machine",
    "asked_asleep": {},
    "aside": "events and conversations, by their ids",
    "availability": "services",
    "backup_alarms": "what was told of copies",
    "backups": "copies",
    "arrivals": {"status": "", "room_id": "a room"},
    "ban_lists": {"room_id": "a room", "name": "of the list", "how": ""},
    "candidates": {"space": "a room", "name": "of a space", "status": ""},
    "cards": {"request": "", "room_id": "", "txn": ""},
    "census_lieux": "lieux",
    "censuses": "lists of lieux",
    "chains": "digests",
    "chatons": "hosts, as they publish themselves",
    "chatons_offers": "what hosts offer",
    "chatons_readings": "a federation of hosts",
    "clock": "instants",
    "conversations": {"dialogue": "", "room_id": "", "thread": "", "cause": "an event", "status": ""},
    "dead_parts": "parts of the bot",
    "departed": {},
    "departures": {"status": ""},
    "erasures": "their ids, which are of nobody",
    "folder_ids": "folders",
    "held": "what other lieux sent, for a moment: of whom, only they know",
    "inbox": {"event_id": "", "room_id": "", "type": "", "content": "empty once it is settled", "status": ""},
    "incidents": "services",
    "journal_starts": "digests",
    "lieux": "the settings of a lieu",
    "lieux_version": "a number",
    "lines": {"request": "", "origin": "a lieu", "line": "", "txn": "", "seqs": "", "meant": "lieux"},
    "made_rooms": {"room_id": ""},
    "maintenance_rooms": "rooms",
    "maintenances": "services",
    "membership_readings": "what was read of a service",
    "memberships": {"status": ""},
    "moved_rooms": "rooms and bots",
    "neighbours": "other lieux",
    "network_lieux": "settings of lieux",
    "networks": "rooms and bots",
    "nights": "instants and numbers",
    "outbox": "letters: empty once they are sent, and gone with their conversation",
    "owned": {"service": "", "kind": "", "choice": ""},
    "page_names": "of lieux",
    "password_links": "instants; with their arrival",
    "paths": {"what": "", "about": "a question", "content": "the questions of a lieu"},
    "people": {},
    "project_shares": {"request": "", "share": "a number"},
    "projects": "what lieux do together",
    "requests": {"id": "", "home": "a lieu", "state": "", "root": "", "wire": ""},
    "rooms": {"room_id": ""},
    "silences": {"room_id": "", "before": "a power level"},
    "spent": {"kind": "", "cause": "an event"},
    "steps": {"kind": "", "status": "", "room_id": "", "remind": "instants"},
    "streams": "numbers",
    "successions": {"old": "", "new": "", "name": "of a room", "status": "", "why": "", "rest": "rooms"},
    "sync": "a token",
    "volunteers": {"request": ""},
    "waits": "services, and digests of steps",
    "join_requests": {"status": ""},
    "deaths": "a number",
    "keepers": {},
    "members": {},
}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_migrated(tmp_path / "bot.sqlite", Database)
    yield database
    await database.close()


def texts(tx: Tx) -> Iterator[tuple[str, str]]:
    for row in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
        for column in tx.execute(f"PRAGMA table_info({row['name']})"):
            if column["type"] == "TEXT":
                yield row["name"], column["name"]


async def test_every_column_that_may_hold_somebody_is_thought_of(database: Database) -> None:
    """A new column of text: either it is among those that are told and erased, or it says here what it holds."""
    held = {(one.table, column) for one in HELD for column in (one.column, *one.more)}
    for table, column in await database.read(lambda tx: list(texts(tx))):
        rest = NOBODY.get(table)
        assert ((table, column) in held) != (isinstance(rest, str) or column in (rest or {})), f"{table}.{column}"


async def test_what_describes_somebody_is_told_to_them(database: Database) -> None:
    """But what only finds their rows, or is of the bot's own replay."""
    silent = {
        ("departures", "taken"),
        ("join_requests", "mailbox"),
        ("lines", "source"),
        ("conversations", "args"),
        ("steps", "raw"),
        ("steps", "value"),
        ("steps", "key"),
    }
    for one in HELD:
        for column in one.more:
            assert column in one.told or (one.table, column) in silent, f"{one.table}.{column}"


# -- somebody of whom every table has something

FURNISHED = f"""
INSERT INTO lieux (id, space, name, created_at) VALUES (1, '!rosee', 'La Rosée', 1), (2, '!phare', 'Le Phare', 1);
INSERT INTO networks (id, space, name) VALUES (1, '!reseau', 'Réseau');
INSERT INTO arrivals (id, lieu, person, name, email, login, invited_by, status, created_at, changed_at) VALUES
    (1, 1, '{ZOE}', 'Zoé Martin', 'zoe@exemple.fr', 'zoe.martin', '{ANNE}', 'welcomed', 1, 2),
    (2, 1, '@marc:lieu.fr', 'Marc Petit', 'marc@exemple.fr', 'marc', '{ZOE}', 'welcomed', 1, 2),
    (3, 1, '@awa:lieu.fr', 'Awa', NULL, NULL, '{ZOE}', 'invited', 1, 2);
INSERT INTO password_links (arrival, at) VALUES (1, 1);
INSERT INTO owned (lieu, service, kind, ref, person, at) VALUES
    (1, 'matrix', 'account', '{ZOE_HERE}', '{ZOE}', 1), (1, 'nextcloud', 'share', '7', '{ZOE}', 1);
INSERT INTO members VALUES (1, '{ZOE}'), (1, '{ANNE}');
INSERT INTO keepers VALUES (1, '{ZOE}', 5), (1, '{ANNE}', 6);
INSERT INTO ban_lists VALUES (1, '!liste', 'Liste', 'applied', '{ZOE}');
INSERT INTO paths VALUES (1, 1, 1, '{ZOE}', 'made', '', '{{}}');
INSERT INTO departures (lieu, person, name, login, heir, by, status, locks_at, closes_at, taken, created_at, changed_at)
    VALUES (1, '{ZOE}', 'Zoé Martin', 'zoe.martin', '{BOB}', '{ANNE}', 'closed', 1, 2, '{{}}', 1, 1),
           (1, '@marc:lieu.fr', 'Marc', 'marc', '{ZOE}', '{ZOE}', 'announced', 1, NULL, '{{}}', 1, 1);
INSERT INTO memberships (lieu, item, name, email, since_day, person, status) VALUES
    (1, 3, 'Zoé Martin', 'zoe@exemple.fr', '2026-01-01', '{ZOE}', 'known');
INSERT INTO join_requests (lieu, name, email, mailbox, word, language, created_at, changed_at) VALUES
    (1, 'Zoé', 'Zoe@exemple.fr', 'zoe@exemple.fr', 'Zoé : bonjour !', 'fr', 1, 1);
INSERT INTO requests (id, wire, network, home, rev, state, body, opened_at, changed_at) VALUES
    ('r1', 'r1', 1, 'w1', 1, 'fulfilled', '{{"name": "Zoé Martin", "what": "une échelle"}}', 1, 1),
    ('r2', 'r2', 1, 'w1', 1, 'open', '{{"name": "Marc", "what": "un camion"}}', 1, 1);
INSERT INTO cards (request, lieu, number, room_id, txn, asker, rev) VALUES
    ('r1', 1, 1, '!p', 't1', '{ZOE}', 1), ('r2', 1, 2, '!p', 't2', '@marc:lieu.fr', 1);
INSERT INTO lines (request, origin, line, lieu, source, by, txn, name, said) VALUES
    ('r2', 'w1', 'l1', 1, '$e', '{ZOE}', 't3', 'Zoé', 'je peux aider, Zoé');
INSERT INTO volunteers VALUES ('r2', 1, '{ZOE}', 1, 0, 0);
INSERT INTO agreements (request, lieu, other, people) VALUES
    ('r2', 'w1', 'w2', '{{"{ZOE}": false, "@marc:lieu.fr": true}}');
INSERT INTO projects (request, lieu, title, room_id, status, since) VALUES ('r2', 1, 'Camion', '!p', 'open', 1);
INSERT INTO project_shares VALUES ('r2', 1, '9', '{ZOE}');
INSERT INTO conversations (id, dialogue, lieu, person, room_id, cause, args, status, created_at, ended_at) VALUES
    (10, 'welcome', 1, '{ZOE}', '!d', 'c10', '{{"arrival": 1}}', 'done', 1, 2),
    (11, 'account', 1, '{ANNE}', '!o', 'c11', '{{"given": {{"who": "zoé martin"}}}}', 'done', 1, 2),
    (12, 'invite', 1, '{ANNE}', '!o', 'c12', '{{"given": {{"who": "marc"}}}}', 'done', 1, 2);
INSERT INTO steps (conversation, key, seq, kind, status, raw, value, of, by, at) VALUES
    (10, 'name', 1, 'ask', 'done', '{{"text": "Zoé Martin"}}', '"Zo\\u00e9 Martin"', '{ZOE}', '{ZOE}', 1),
    (11, 'who', 1, 'ask', 'done', '{{"text": "zoe.martin"}}', '"zoe.martin"', '{ANNE}', '{ANNE}', 1),
    (11, 'lock[{ZOE}]', 2, 'do', 'done', NULL, 'null', NULL, NULL, 1),
    (11, 'other', 3, 'ask', 'done', '{{"text": "oui"}}', 'true', '{ANNE}', '{ANNE}', 1),
    (12, 'account', 1, 'look', 'done', NULL, '{{"who": "Zo\\u00e9 Martin"}}', NULL, NULL, 1),
    (12, 'who', 2, 'ask', 'done', '{{"text": "marc"}}', '"marc"', '{ANNE}', '{ANNE}', 1);
INSERT INTO outbox (room_id, txn_id, type, content, conversation, status, created_at) VALUES
    ('!d', 'o1', 'm.room.message', '{{"body": "Bonjour Zoé"}}', 10, 'refused', 1);
INSERT INTO people VALUES ('{ZOE}', 'fr', '!d');
INSERT INTO rooms (room_id, joined_at, invited_by) VALUES ('!x', 1, '{ZOE}');
INSERT INTO candidates VALUES ('!s', 'Un espace', '{ZOE}', 1, 'refused', 2, 1);
INSERT INTO successions (old, new, by, name, status, at) VALUES ('!old', '!new', '{ZOE}', 'Atelier', 'done', 1);
INSERT INTO inbox (event_id, room_id, sender, ts, type, state_key, content, encrypted, status, arrived_at) VALUES
    ('$1', '!d', '{ZOE}', 1, 'm.room.message', NULL, '{{}}', 0, 'done', 1),
    ('$2', '!d', '{ANNE}', 1, 'm.room.member', '{ZOE}', '{{}}', 0, 'done', 1);
INSERT INTO spent VALUES ('person/{ZOE}', 'commands', 1, '$1', 9), ('person/{ZOE}/!d', 'lost', 1, '$1', 9),
    ('person/{ZOE}a', 'commands', 1, '$1', 9)
"""
# What no file of before the nights has.
LATER = f"""
INSERT INTO departed VALUES (1, '{ZOE}', 1);
INSERT INTO asked_asleep VALUES (1, '{ZOE}', 1);
"""
ACTS = (
    ("invited", ANNE, ZOE, {}),
    ("account", ANNE, ZOE, {"login": "zoe.martin"}),
    ("welcomed", ZOE, ZOE, {}),
    ("request-made", ZOE, None, {"number": "1"}),
    ("greeted", ZOE, "@marc:lieu.fr", {}),
    ("join-admitted", ANNE, None, {"who": "Zoé Martin"}),
    ("seconded", BOB, None, {"act": "fermer le compte de Zoé Martin (@zoe:ailleurs.fr)"}),
    ("excluded", ANNE, "@eve:lieu.fr", {"reason": "bruit"}),
)


def furnish(tx: Tx, more: str = "") -> None:
    for one in (FURNISHED.rstrip() + ";" + LATER.rstrip(";\n") + more).split(";\n"):
        tx.execute(one)
    for at, (what, by, about, words) in enumerate(ACTS):
        note(tx, 1, at, by, what, about, words)


def dump(tx: Tx) -> dict[str, str]:
    return dump_of(tx, *THEIRS)


def dump_of(tx: Tx, *words: str) -> dict[str, str]:
    """Whatever the file says of somebody, by where it says it."""
    found = {}
    tables = [row["name"] for row in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()]
    for table in tables:
        for n, row in enumerate(tx.execute(f"SELECT * FROM {table}").fetchall()):
            for name, value in zip(row.keys(), row, strict=True):
                said = (
                    json.dumps(json.loads(value), ensure_ascii=False)
                    if str(value).startswith(("{", '"', "["))
                    else str(value)
                )
                if re.search("|".join(words), said, re.IGNORECASE) and f"{ZOE}a" not in said:
                    found[f"{table}.{name}/{n}"] = said
    return found


def wipe(tx: Tx) -> personal.Kept:
    return personal.erase(tx, 1, personal.known(tx, 1, ZOE), ANNE, 99, first=True)


async def test_nothing_of_her_is_left_but_what_is_said(database: Database) -> None:
    await database.write(furnish)
    before = await database.read(dump)
    held = {(one.table, one.column) for one in HELD}
    seen = {tuple(place.partition("/")[0].split(".")) for place in before}
    assert held - seen == {("silences", "person"), ("conversations", "held_by"), ("made_rooms", "key")}
    kept = await database.write(wipe)
    assert kept == {"acts": 1, "owned": 1, "talks": 0, "silences": 0, "texts": 0, "elsewhere": False, "direct": True}
    assert await database.read(dump) == {
        "acts.by/4": ZOE,  # she greeted Marc, who may ask who did
        "owned.ref/0": ZOE_HERE,  # an account that is still open
        "owned.person/0": ZOE,
        "people.person/0": ZOE,  # where she is written to
    }
    assert await database.read(lambda tx: list(audit.broken(tx))) == []
    others = "SELECT (SELECT count(*) FROM steps), (SELECT asker FROM cards WHERE number = 2),"
    others += " (SELECT by FROM ban_lists), (SELECT group_concat(invited_by, ' ') FROM arrivals),"
    others += " (SELECT people FROM agreements)"
    assert tuple(await database.read(lambda tx: tx.execute(others).fetchone())) == (
        2,
        "@marc:lieu.fr",
        ANNE,
        f" {ANNE}",
        '{"@marc:lieu.fr":true}',
    )
    again = await database.write(lambda tx: personal.erase(tx, 1, personal.known(tx, 1, ZOE), ANNE, 99))
    assert again == kept
    assert len(await database.read(audit.of_lieu, 1, 20)) == len(ACTS) + 1, "and the journal says so once"


async def test_what_she_said_and_was_put_aside_goes_too(database: Database) -> None:
    """An event that killed the bot is kept with its words until somebody looks at it, for ever where nobody does."""
    said = ("'{ZOE}', 1, 'm.room.message', NULL", "'@who:x', 1, 'm.room.member', '{ZOE}'", "'{ANNE}', 1, 'm', NULL")
    events = (
        f"('$a{n}', '!d', {who.format(ZOE=ZOE, ANNE=ANNE)}, '{{\"body\": \"words\"}}', 0, 'aside', 1)"
        for n, who in enumerate(said)
    )
    columns = "event_id, room_id, sender, ts, type, state_key, content, encrypted, status, arrived_at"
    await database.write(furnish, f";\nINSERT INTO inbox ({columns}) VALUES {', '.join(events)}")
    await database.write(lambda tx: [aside.put(tx, f"event $a{n}", "died") for n in range(3)])
    await database.write(wipe)
    (left,) = await database.read(aside.all_of_them)
    assert (left.event_id, left.person, left.size > 2) == ("$a2", ANNE, True)
    assert not [place for place in await database.read(dump) if place.startswith("inbox")]
    words = "SELECT event_id FROM inbox WHERE content LIKE '%words%'"
    assert [row["event_id"] for row in await database.read(lambda tx: tx.execute(words).fetchall())] == ["$a2"]


# What others, or the lieu, wrote with her name in it: it stays, is counted, and she is told so.
WRITTEN = f"""
UPDATE lieux SET choices = '{{"hours_note": "demander à Zoé Martin"}}', words = '{{"charter": "{ZOE} a la clé"}}'
    WHERE id = 1;
INSERT INTO paths VALUES (1, 2, 2, '{ANNE}', 'made', '', '{{"texts": {{"hello": "Zo\\u00e9 Martin t’accueille"}}}}');
INSERT INTO network_lieux VALUES (1, 1, 'declared', 1, '{{"contact": "Zoé Martin"}}', 1);
UPDATE requests SET body = '{{"name": "Marc", "what": "un camion pour Zoé Martin"}}' WHERE id = 'r2';
INSERT INTO lines (request, origin, line, lieu, source, by, txn, name, said) VALUES
    ('r2', 'w1', 'l2', 1, '$e2', '{BOB}', 't4', 'Bob', 'demande à Zoé Martin');
INSERT INTO join_requests (lieu, name, email, mailbox, word, language, created_at, changed_at) VALUES
    (1, 'Luc', 'luc@exemple.fr', 'luc@exemple.fr', 'Zoé Martin m’a parlé de vous', 'fr', 1, 1);
UPDATE projects SET title = 'Le camion de Zoé Martin', folder = 'Projets/Zoé Martin';
INSERT INTO owned (lieu, service, kind, ref, person, at) VALUES (1, 'nextcloud', 'folder', 'Lieux/Zoé Martin', NULL, 1);
INSERT INTO folder_ids (lieu, path, file_id) VALUES (1, 'Lieux/Zoé Martin', '7');
INSERT INTO ban_lists VALUES (1, '!autre', 'Contre Zoé Martin', 'applied', '{ANNE}')"""
# What can neither stay nor be told: nobody handles or sends it any more.
STUCK = f"""
INSERT INTO inbox (event_id, room_id, sender, ts, type, state_key, content, encrypted, status, arrived_at) VALUES
    ('$b1', '!o', '{ANNE}', 1, 'm.room.message', NULL, '{{"body": "!inviter Zo\\u00e9 Martin"}}', 0, 'aside', 1),
    ('$b2', '!o', '{ANNE}', 1, 'm.room.message', NULL, '{{"body": "!inviter Marc Petit"}}', 0, 'aside', 1);
INSERT INTO aside (what, why, lieu, status) VALUES
    ('event $b1', 'died', 1, 'told'), ('event $b2', 'died', 1, 'told'), ('conversation 10', 'died', 1, 'told');
INSERT INTO outbox (room_id, txn_id, type, content, conversation, status, created_at, lieu) VALUES
    ('!o', 'o2', 'm.room.message', '{{"body": "Zoé Martin arrive"}}', 12, 'refused', 1, 1),
    ('!o', 'o3', 'm.room.message', '{{"body": "Zoé Martin arrive"}}', NULL, 'refused', 1, 1),
    ('!o', 'o4', 'm.room.message', '{{"body": "Marc Petit arrive"}}', 12, 'refused', 1, 1)"""


async def test_wherever_she_is_named_it_goes_or_she_is_told_that_it_stays(database: Database) -> None:
    """Every table, whoever wrote it: what is left is what is counted, and nothing else."""
    await database.write(furnish, f";\n{WRITTEN.strip()};\n{STUCK.strip()}")
    known = await database.read(personal.known, 1, ZOE)
    texts = await database.read(personal.mentions, 1, known)
    kept = await database.write(wipe)
    assert (kept.get("texts"), kept["talks"]) == (texts, 0)
    left = {place.partition("/")[0] for place in await database.read(dump)}
    by_its_way = {"acts.by", "owned.ref", "owned.person", "people.person"}
    written = {
        f"{table}.{'body' if 'body' in column else column}"
        for table, columns, _ in personal.MENTIONS
        for column in columns
    }
    unused = {"lieux.name", *(f"join_requests.{one}" for one in ("name", "question", "answer"))}
    assert left == by_its_way | written - unused
    others = "SELECT (SELECT group_concat(what) FROM aside), (SELECT group_concat(txn_id) FROM outbox)"
    assert tuple(await database.read(lambda tx: tx.execute(others).fetchone())) == ("event $b2", "o4")


@pytest.mark.parametrize("known", [True, False], ids=["known there too", "not known there"])
async def test_what_another_lieu_has_aside_stays(database: Database, known: bool) -> None:
    """Whoever it names may be another of that name."""
    there = f";\nINSERT INTO members VALUES (2, '{ZOE}')" if known else ""
    other = "UPDATE aside SET lieu = 2 WHERE what = 'event $b1'"
    await database.write(furnish, f";\n{STUCK.strip()};\n{other}{there}")
    assert (await database.write(wipe))["elsewhere"] == known
    events = [one.event_id for one in await database.read(aside.all_of_them)]
    assert events == ["$b1", "$b2"]


async def test_what_waited_for_a_service_names_nobody(database: Database) -> None:
    """Its step may (« bring[@zoe:…] »), and it is kept for a year, longer than the conversation."""
    await database.write(furnish)
    steps = [f"bring[{ZOE}]", "send[zoe@exemple.fr]"]
    for step in steps:
        await database.write(waits.begin, 11, step, 1, "nextcloud", 5)
    assert not [place for place in await database.read(dump) if place.startswith("waits")]
    await database.write(waits.settle, 11, steps[0], "refused", 6)
    await database.write(waits.settle, 11, steps[1], "done", 7)
    assert (await database.read(waits.count, 1, 0, 9))["done"] == 1


async def test_the_file_itself_holds_no_trace(database: Database) -> None:
    await database.write(furnish)
    await database.write(wipe)
    await database.read_aside(lambda tx: tx.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
    written = database.path.read_bytes()
    assert b"zoe@exemple.fr" not in written
    assert "Zoé".encode() not in written


async def test_she_is_told_what_is_hers_and_nothing_of_others(database: Database) -> None:
    await database.write(furnish)
    who = await database.read(personal.known, 1, ZOE)
    assert who == ((ZOE, ZOE_HERE), ("zoe.martin",), ("zoe@exemple.fr",), ("Zoé Martin",))
    told = await database.read(personal.told, 1, who)
    assert {one.name for one in HELD} - told.keys() == {"silences", "conversations.held_by", "made_rooms"}
    said = json.dumps(told, ensure_ascii=False)
    assert not [one for one in ("anne", "bob", "marc", "Marc", "awa", "eve", "bruit") if one in said.lower()]
    assert told["steps"] == [{"at": 1, "said": "Zoé Martin"}]
    assert [row["to_others"] for row in told["acts.by"]] == [0, 0, 1]


async def test_each_lieu_is_apart(database: Database) -> None:
    other = f""";
INSERT INTO arrivals (id, lieu, person, name, email, invited_by, status, created_at, changed_at) VALUES
    (9, 2, '{ZOE}', 'Zoé du Phare', 'zoe@phare.fr', '{ANNE}', 'welcomed', 1, 2);
INSERT INTO members VALUES (2, '{ZOE}')"""
    await database.write(furnish, other)
    await database.write(lambda tx: note(tx, 2, 1, ANNE, "invited", ZOE, {}))
    assert await database.read(personal.lieux_of, ZOE) == [1, 2]
    known = await database.read(personal.known, 2, ZOE)
    assert known == ((ZOE,), (), ("zoe@phare.fr",), ("Zoé du Phare",))
    told = await database.read(personal.told, 2, known)
    assert "Zoé Martin" not in json.dumps(told, ensure_ascii=False)
    kept = await database.write(wipe)
    assert kept["elsewhere"]
    left = await database.read(dump)
    assert {place.partition("/")[0] for place in left} == {
        *("acts.by", "acts.about", "arrivals.person", "arrivals.name", "arrivals.email", "members.person"),
        *("owned.ref", "owned.person", "people.person", "rooms.invited_by", "candidates.asked_by", "successions.by"),
        *("inbox.sender", "inbox.state_key", "spent.source"),
    }
    assert await database.read(personal.lieux_of, "@nobody:lieu.fr") == []


async def test_the_week_still_counts_whoever_left_it(database: Database) -> None:
    await database.write(furnish)
    for at, who in ((50, ZOE), (51, "@marc:lieu.fr"), (52, "@marc:lieu.fr")):
        await database.write(note, 1, at, ANNE, "departed", who, {})
    assert await database.read(weeks.departures, 1, 50, 60) == 2
    await database.write(wipe)
    assert await database.read(weeks.departures, 1, 50, 60) == 2


async def test_a_name_that_two_bear_names_nobody(database: Database) -> None:
    twin = """;
INSERT INTO arrivals (id, lieu, person, name, invited_by, status, created_at, changed_at) VALUES
    (9, 1, '@autre:lieu.fr', 'Zoé MARTIN', '@anne:lieu.fr', 'welcomed', 1, 2)"""
    await database.write(furnish, twin)
    assert (await database.read(personal.known, 1, ZOE)).names == ()
    await database.write(wipe)
    told = {row["what"]: row["words"] for row in await database.read(audit.of_lieu, 1, 20)}
    assert told["join-admitted"] == {"who": "Zoé Martin"}
    assert told["seconded"] == {}, "her address names her alone"


def test_words_are_whole() -> None:
    named = personal.naming(personal.Known(("@ana:lieu.fr",), ("ana",), ("ana@exemple.fr",), ("Ana", "Ana Sol")))
    for text in ("ana", '"ana"', "de Ana Sol.", "(@ana:lieu.fr)", '{"x": "ANA@exemple.fr"}', '"Ana"'):
        assert named(text), text
    for text in ("anaïs", "banana", "@ana:lieu.free", "joana@exemple.fr", "@ana:lieu.fr2", "ana-lou", "ana.sol", ""):
        assert not named(text), text


def test_a_name_is_hers_however_it_was_typed() -> None:
    """« élodie martin », typed by a concierge, is kept as JSON, where capitals with an accent are no capitals."""
    named = personal.naming(personal.Known(("@elo:lieu.fr",), ("élo",), (), ("Élodie Martin", 'Ève "É"')))
    assert all(named(said) for said in ("ÉLO", json.dumps({"text": "ÉLO"}), json.dumps(["élo"])))
    for text in ("élodie martin", "ÉLODIE MARTIN", "e\u0301lodie Martin"):
        for said in (text, json.dumps({"text": text}), json.dumps(f"chez {text}."), json.dumps([text])):
            assert named(said), said
    assert named(json.dumps({"name": 'ève "é"'}))
    for text in ("élodie", "mélodie martin", "élodie martine", "\\u00e9lo"):
        assert not named(json.dumps({"text": text})), text
    assert not named('{"élodie')


def test_a_login_that_is_an_ordinary_word_names_nobody_else() -> None:
    named = personal.naming(personal.Known(("@marie:lieu.fr",), ("marie", "login", "m.petit"), (), ("Marie",)))
    for words in ({"login": "zoe"}, {"who": "Marie Dupont"}, {"text": "demande à marie"}):
        assert not named(json.dumps(words)), words
    for words in ({"login": "marie"}, {"who": "Marie"}, {"account": "login"}, {"text": "le compte m.petit, celui-là"}):
        assert named(json.dumps(words)), words


# -- done again in what is restored from before


async def test_what_was_erased_is_erased_in_an_older_copy(database: Database, tmp_path: Path) -> None:
    await database.write(furnish)
    who = await database.read(personal.known, 1, ZOE)
    file = tmp_path / erasures.FILE
    erasures.add(file, [Erasure.of("e1", 50, "!rosee", who.ids)])
    assert not re.search("zo|exemple|rosee", file.read_text()), "nobody is named in it"
    every = erasures.read(file)
    assert (await database.write(erasures.again, every.values()))[0] == 1
    assert {place.partition("/")[0] for place in await database.read(dump)} == {
        *("acts.by", "owned.ref", "owned.person", "people.person")
    }
    assert await database.read(lambda tx: list(audit.broken(tx))) == []
    await database.write(lambda tx: tx.execute("INSERT INTO members VALUES (1, ?)", (ZOE,)))  # she comes back
    assert (await database.write(erasures.again, every.values()))[0] == 0
    assert await database.read(personal.lieux_of, ZOE) == [1]


async def test_what_an_import_left_outside_names_her_no_more(database: Database, tmp_path: Path) -> None:
    report = tmp_path / erasures.REPORT.replace("*", "1")
    report.write_text(
        "the account zoe.martin: it is not in a group\nthe departure of Zoé Martin: look\nthe folder X: no\n"
    )
    await database.write(furnish)
    who = await database.read(personal.known, 1, ZOE)
    file = tmp_path / erasures.FILE
    erasures.add(file, [Erasure.of("e1", 50, "!rosee", who.ids)])
    assert await erasures.replay(database, file) == 1
    assert report.read_text() == "the folder X: no\n"
    assert report.stat().st_mode & 0o777 == 0o600


async def test_an_erasure_of_another_lieu_or_of_somebody_else_touches_nothing(database: Database) -> None:
    await database.write(furnish)
    before = await database.read(dump)
    lines = [Erasure.of("e1", 50, "!phare", [ZOE]), Erasure.of("e2", 50, "!rosee", ["@zo:ailleurs.fr"])]
    assert (await database.write(erasures.again, lines))[0] == 2
    assert await database.read(dump) == before


def test_the_file_of_erasures_is_whole_or_said_to_be_damaged(tmp_path: Path) -> None:
    file = tmp_path / erasures.FILE
    assert erasures.read(file) == {}
    one, two = Erasure.of("e1", 1, "!r", [ZOE]), Erasure.of("e2", 2, "!r", [BOB])
    erasures.add(file, [one])
    erasures.add(file, [two, Erasure.of("e1", 9, "!r", [ANNE])])
    assert [*erasures.read(file).values()] == [one, two], "a list is known by its first line"
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(erasures.Unreadable):
        erasures.read(file)
    for damaged in ("{", "[]", '{"id": "a"}', '{"id": 1, "at": 1, "salt": "", "lieu": "", "who": []}', "\u0000"):
        file.write_text(damaged)
        with pytest.raises(erasures.Unreadable):
            erasures.read(file)
