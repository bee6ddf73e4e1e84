"""What is kept of one person in one lieu: each column in which somebody is named or described, how it is told to them,
and what becomes of it when they have it erased.

A new column that holds somebody belongs into `HELD`: a test compares it with the tables.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

from . import aside, audit
from .database import Tx

DELETED = "DELETE"
TO_OTHERS = "(about IS NOT NULL AND about != by)"  # of an act: those may ask who did it
ACCOUNTS = "('account', 'adopted', 'password', 'pause')"  # kinds, of what is called by them
PRESENT = ("arrivals", "members", "keepers", "owned", "memberships")
GOING_ON = "status IN ('invited', 'answering', 'approval', 'opening')"


class Known(NamedTuple):
    """Under what a lieu knows somebody: the Matrix id that asked comes first; the others, their logins and e-mail
    addresses are those that an arrival, or an account that the lieu made, links to it. `names`: what they alone are
    called there."""

    persons: tuple[str, ...]
    logins: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        return (*self.persons, *self.logins, *self.emails)


ALIKE = "lower({column}) = lower(:id)"


@dataclass(frozen=True, slots=True)
class Held:
    """A `column` that names somebody by one of their `ids` (a field of `Known`; as `match` says, of a row that is
    `among` those of a lieu), and what of its row is `told` to them, and to nobody else. `more` are its other columns
    that describe them. `fate`: what is set when they are erased (`:by` is the concierge who agreed), DELETED, or empty
    where the row has a reason to stay, or a way of its own (`erase`). `shared`: it is of no lieu in particular, and
    goes with their last one."""

    table: str
    column: str
    told: tuple[str, ...] = ()
    fate: str = ""
    ids: Literal["persons", "logins", "emails"] = "persons"
    more: tuple[str, ...] = ()
    among: str = "lieu = :lieu"
    match: str = "{column} = :id"
    shared: bool = False

    @property
    def name(self) -> str:
        """`arrivals`; of a further column of the same table `arrivals.invited_by`."""
        first = next(one for one in HELD if one.table == self.table)
        return self.table if first is self else f"{self.table}.{self.column}"

    @property
    def erasing(self) -> str:
        how = f"DELETE FROM {self.table}" if self.fate == DELETED else f"UPDATE {self.table} SET {self.fate}"  # noqa: S608
        return f"{how} WHERE {self.where}"

    @property
    def where(self) -> str:
        return f"{self.among} AND {self.match.format(column=self.column)}"


def _shared(table: str, column: str, told: tuple[str, ...] = (), fate: str = "", **more: Any) -> Held:
    return Held(table, column, told, fate, **{"among": "true", **more}, shared=True)


STEPS = "conversation IN (SELECT id FROM conversations WHERE lieu = :lieu)"
ASKED = "id IN (SELECT request FROM cards WHERE lieu = :lieu AND asker = :id)"
HELD = (
    Held(
        "arrivals",
        "person",
        ("person", "name", "email", "login", "status", "created_at", "changed_at"),
        DELETED,
        more=("name", "email", "login"),
    ),
    Held(
        "arrivals",
        "invited_by",
        ("created_at", "status"),
        f"invited_by = CASE WHEN {GOING_ON} THEN :by ELSE '' END",
    ),
    Held("owned", "person", ("service", "kind", "ref", "choice", "at"), more=("ref",)),
    Held("acts", "about", ("at", "what", "words"), more=("words",)),
    Held("acts", "by", ("at", "what", f"{TO_OTHERS} AS to_others")),
    Held("members", "person", ("person",), DELETED),
    Held("keepers", "person", ("since",), DELETED),
    Held("silences", "person", ("until",)),
    Held("ban_lists", "by", ("name", "how"), "by = :by"),
    Held("paths", "by", ("number", "at", "what"), "by = ''"),
    Held(
        "departures",
        "person",
        ("person", "name", "login", "status", "locks_at", "closes_at", "created_at"),
        "person = '', name = '', login = '', heir = NULL, taken = '{}'",
        more=("name", "login", "taken"),
    ),
    Held("departed", "person", ("since",), DELETED),
    Held("asked_asleep", "person", ("again",), DELETED),
    Held("departures", "heir", ("created_at", "status"), "heir = NULL"),
    Held("departures", "by", ("created_at", "status"), "by = CASE WHEN closes_at IS NULL THEN :by ELSE '' END"),
    Held(
        "memberships",
        "person",
        ("name", "email", "since_day", "last_day", "status"),
        "name = '', email = '', person = NULL, status = 'forgotten'",
        more=("name", "email", "since_day", "last_day"),
    ),
    Held(
        "join_requests",
        "email",
        ("name", "email", "word", "language", "status", "question", "answer", "created_at", "changed_at"),
        DELETED,
        "emails",
        more=("name", "mailbox", "word", "question", "answer", "language"),
        match=ALIKE,
    ),
    Held("requests", "body", ("body",), "body = json_set(body, '$.name', '')", among="true", match=ASKED),
    Held("cards", "asker", ("number",), "asker = :by"),
    Held(
        "lines",
        "by",
        ("at", "name", "said"),
        "by = NULL, source = NULL, name = '', said = '', meant = ''",
        more=("name", "said", "source"),
    ),
    Held("volunteers", "person", ("offered", "comes"), DELETED),
    Held(
        "agreements",
        "people",
        ("over", "met"),
        "people = json_remove(people, '$.' || json_quote(:id))",
        among="request IN (SELECT request FROM cards WHERE lieu = :lieu)",
        match="EXISTS (SELECT 1 FROM json_each(people) WHERE key = :id)",
    ),
    Held("project_shares", "whose", ("share",), "whose = ''"),
    Held("conversations", "person", ("dialogue", "status", "created_at", "ended_at"), more=("args",)),
    Held("conversations", "held_by", ("created_at",), "held_by = NULL"),
    Held(
        "steps",
        "by",
        ("at", "coalesce(json_extract(raw, '$.text'), json_extract(value, '$.shown')) AS said"),
        more=("raw", "value", "key"),
        among=STEPS,
    ),
    Held("steps", "of", ("at",), among=STEPS),
    _shared("people", "person", ("language", "direct"), "language = NULL", more=("language", "direct")),
    _shared("rooms", "invited_by", ("room_id",), "invited_by = ''", among="joined_at IS NOT NULL"),
    _shared("candidates", "asked_by", ("name", "asked_at"), "asked_by = ''", among="status != 'waiting'"),
    _shared("successions", "by", ("name", "at"), "by = ''", among="status = 'done'"),
    _shared("inbox", "sender", ("type", "arrived_at"), "sender = ''", among="status = 'done'"),
    _shared("inbox", "state_key", ("type", "arrived_at"), "state_key = ''", among="status = 'done'"),
    _shared("made_rooms", "key", ("created_at",), match="key = 'direct/' || :id"),
    _shared("spent", "source", ("kind", "until"), DELETED, match="instr(source || '/', 'person/' || :id || '/') = 1"),
)

# What people write for others to read, in words of their own, by table and columns: it stays where it names somebody
# else than its author.
MENTIONS = (
    ("lieux", ("name", "choices", "words"), "id = :lieu"),
    ("paths", ("content",), "lieu = :lieu"),
    ("network_lieux", ("choices",), "lieu = :lieu"),
    ("requests", ("json_remove(body, '$.name')",), "id IN (SELECT request FROM cards WHERE lieu = :lieu)"),
    ("lines", ("said",), "lieu = :lieu AND coalesce(by, '') NOT IN (SELECT value FROM json_each(:persons))"),
    ("join_requests", ("name", "word", "question", "answer"), "lieu = :lieu"),
    ("projects", ("title", "folder"), "lieu = :lieu"),
    ("owned", ("ref",), f"lieu = :lieu AND kind NOT IN {ACCOUNTS}"),
    ("folder_ids", ("path",), "lieu = :lieu"),
    ("ban_lists", ("name",), "lieu = :lieu"),
)


def known(tx: Tx, lieu: int, person: str) -> Known:
    """As far as this lieu's own rows link it to them: what somebody only says of themselves links nothing."""
    persons, logins, emails, names = {person: None}, dict[str, None](), dict[str, None](), dict[str, None]()
    for row in tx.execute("SELECT * FROM arrivals WHERE lieu = ? AND person = ? ORDER BY id", (lieu, person)):
        logins |= dict.fromkeys([row["login"]] if row["login"] else [])
        emails |= dict.fromkeys([row["email"]] if row["email"] else [])
        names |= dict.fromkeys([row["name"]] if row["name"] else [])
    accounts = "SELECT service, ref FROM owned WHERE lieu = ? AND person = ? AND kind = 'account' ORDER BY at"
    for row in tx.execute(accounts, (lieu, person)):
        if row["service"] in ("directory", "nextcloud"):
            logins[row["ref"]] = None
        elif row["service"] == "matrix":
            persons[row["ref"]] = None
    for row in tx.execute("SELECT email FROM memberships WHERE lieu = ? AND person = ?", (lieu, person)):
        emails |= dict.fromkeys([row["email"]] if row["email"] else [])
    for row in tx.execute("SELECT name, login FROM departures WHERE lieu = ? AND person = ?", (lieu, person)):
        logins |= dict.fromkeys([row["login"]] if row["login"] else [])
        names |= dict.fromkeys([row["name"]] if row["name"] else [])
    others = f"SELECT name FROM arrivals WHERE lieu = ? AND person NOT IN ({_marks(persons)}) AND name IS NOT NULL"  # noqa: S608
    shared = {row["name"].casefold() for row in tx.execute(others, (lieu, *persons))}
    return Known((*persons,), (*logins,), (*emails,), tuple(name for name in names if name.casefold() not in shared))


def lieux_of(tx: Tx, person: str) -> list[int]:
    """Those that keep something of somebody, were it that they have left."""
    tables = [one for one in HELD if not one.shared and one.among == "lieu = :lieu" and one.ids == "persons"]
    parts = [f"SELECT lieu FROM {one.table} WHERE {one.column} = :person" for one in tables]  # noqa: S608
    found = {row["lieu"] for row in tx.execute(" UNION ".join(parts), {"person": person})}
    return sorted(id for id in found if id is not None)


def is_alone(tx: Tx, lieu: int, persons: Collection[str]) -> bool:
    """Whether they are somebody in no other lieu: then what is of none in particular goes too."""
    parts = [f"SELECT lieu FROM {table} WHERE person IN ({_marks(persons)}) AND lieu != ?" for table in PRESENT]  # noqa: S608
    found = tx.execute(f"{' UNION ALL '.join(parts)} LIMIT 1", (*persons, lieu) * len(PRESENT))
    return found.fetchone() is None


# -- told


def told(tx: Tx, lieu: int, who: Known) -> dict[str, list[dict[str, Any]]]:
    """All rows that name them, by what they are (`Held.name`), each once."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in HELD:
        query = f"SELECT {', '.join(one.told)} FROM {one.table} WHERE {one.where}"  # noqa: S608
        rows = [dict(row) for id in getattr(who, one.ids) for row in tx.execute(query, {"lieu": lieu, "id": id})]
        if rows:
            found[one.name] = rows
    return found


def mentions(tx: Tx, lieu: int, who: Known) -> int:
    """How many texts of others, or of the lieu, name them by an id or a whole name."""
    is_named, count = naming(who), 0
    mailboxes, bound = {one.casefold() for one in who.emails}, {"lieu": lieu, "persons": _as_json(who.persons)}
    for table, columns, among in MENTIONS:
        own = ", email AS own" if table == "join_requests" else ""
        query = f"SELECT {', '.join(columns)}{own} FROM {table} WHERE {among}"  # noqa: S608
        for row in tx.execute(query, bound):
            if not own or row["own"].casefold() not in mailboxes:
                count += any(is_named(str(said)) for said in [*row][: len(columns)] if said)
    return count


def letters(tx: Tx, lieu: int, person: str, but: int) -> list[list[str]]:
    """[room, event] of what was said to others about them, `but` for one conversation, of those that are over: what was
    asked elsewhere than where they talked themselves, and what is called after them."""
    query = (
        "SELECT o.room_id, o.event_id FROM outbox o JOIN conversations c ON c.id = o.conversation"
        " WHERE c.lieu = ? AND c.person = ? AND c.id != ? AND c.status != 'open'"
        " AND o.status = 'sent' AND o.type = 'm.room.message'"
        " AND o.room_id IS NOT (SELECT direct FROM people WHERE person = c.person)"
        " AND (o.room_id != c.room_id OR c.dialogue IN ('introduction', 'erasure')) ORDER BY o.seq"
    )
    return [[*row] for row in tx.execute(query, (lieu, person, but))]


# -- erased


def is_done(tx: Tx, erasure: str) -> bool:
    return tx.execute("SELECT 1 FROM erasures WHERE id = ?", (erasure,)).fetchone() is not None


def note_done(tx: Tx, erasure: str, now: int) -> None:
    tx.execute("INSERT OR IGNORE INTO erasures (id, at) VALUES (?, ?)", (erasure, now))


class Kept(TypedDict):
    """What stays, and why: `acts` that they did to others, accounts of theirs that could not be closed (`owned`), how
    many conversations go on about them (`talks`), in how many rooms a silence holds (`silences`), how many `texts` of
    others, or of the lieu, name them, whether they are known to another lieu too (`elsewhere`), and where they talk
    with the bot in private (`direct`)."""

    acts: int
    owned: int
    talks: int
    silences: int
    texts: NotRequired[int]  # earlier programs did not count them
    elsewhere: bool
    direct: bool


def erase(
    tx: Tx, lieu: int, who: Known, by: str, now: int, *, but: int | None = None, first: bool = False, gone: bool = False
) -> Kept:
    """Everything of them in this lieu, but for what is returned. `by`: the concierge who agreed; `but` the
    conversation in which this is done. `first`: the journal says so, were there nothing in it to be forgotten. `gone`:
    nobody writes to them in private any more, and where that was is forgotten too."""
    tx.execute("PRAGMA secure_delete = ON")  # the pages of the file forget too
    try:
        if not _forget_acts(tx, lieu, who, by, now) and first:
            audit.note(tx, lieu, now, by, audit.FORGOTTEN, None, {"rows": "", "by": ""})
        alone = is_alone(tx, lieu, who.persons)
        talks = _forget_talks(tx, lieu, who, alone, but)
        _forget_waiting(tx, lieu, who, alone)
        if alone:
            _forget_common(tx, who, gone)
        for one in HELD:
            if one.fate and (alone or not one.shared):
                for id in getattr(who, one.ids):
                    tx.execute(one.erasing, {"lieu": lieu, "id": id, "by": by})
        tx.execute(
            f"UPDATE owned SET person = NULL WHERE lieu = ? AND person IN ({_marks(who.persons)})"  # noqa: S608
            f" AND kind NOT IN {ACCOUNTS}",
            (lieu, *who.persons),
        )
        return _kept(tx, lieu, who, alone, talks)
    finally:
        tx.execute("PRAGMA secure_delete = OFF")


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _forget_common(tx: Tx, who: Known, gone: bool) -> None:
    for person in who.persons:
        tx.execute("DELETE FROM acts WHERE lieu IS NULL AND ? IN (by, about)", (person,))  # in no chain
        aside.drop_of(tx, person)
        if gone:
            tx.execute("DELETE FROM people WHERE person = ?", (person,))
            tx.execute("DELETE FROM made_rooms WHERE key = 'direct/' || ?", (person,))


def _forget_acts(tx: Tx, lieu: int, who: Known, by: str, now: int) -> bool:
    """Whom an act was about, and its words; and who did it, but to others: these may ask who that was."""
    is_named, ids = naming(who), {*who.ids}
    about, doers = list[int](), list[int]()
    for row in tx.execute("SELECT * FROM acts WHERE lieu = ?", (lieu,)).fetchall():
        theirs = row["about"] in ids
        if row["salt"] is not None and row["what"] != audit.FORGOTTEN and (theirs or is_named(row["words"])):
            about.append(row["seq"])
        to_others = row["about"] is not None and not theirs
        if row["by"] in ids and row["by_salt"] is not None and not to_others:
            doers.append(row["seq"])
    return audit.forget(tx, lieu, now, by, about, doers)


def naming(who: Known) -> Callable[[str], bool]:
    """Whether a text (JSON, perhaps) has one of their ids or whole names in it, as a word of its own. A login or a name
    that may be an ordinary word ("marie", "login") is theirs only as a whole value."""
    names = [name for name in who.names if " " in name.strip()]
    logins = [login for login in who.logins if not login.isalpha()]
    told = {form for word in (*who.persons, *who.emails, *logins, *names) for form in (word, _as_json(word)[1:-1])}
    words, whole = [_plain(form) for form in told], {_plain(one) for one in (*who.names, *who.logins)}
    values = [_plain(_as_json(one)) for one in (*who.names, *who.logins)]

    def is_named(text: str) -> bool:
        said = _plain(_unescaped(text))
        if said in whole:
            return True
        if any(stands_alone(said, at, at + len(word)) for word in words for at in occurrences(said, word)):
            return True
        return any(said[at + len(one) : at + len(one) + 1] != ":" for one in values for at in occurrences(said, one))

    return is_named


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _unescaped(text: str) -> str:
    """In JSON « É » is \\u00c9, of which \\u00e9 is no small letter."""
    try:
        return _as_json(json.loads(text)) if text[:1] in ("{", "[", '"') else text
    except ValueError:
        return text


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def occurrences(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def stands_alone(text: str, begin: int, end: int) -> bool:
    """Not within a longer word, address or name of an account."""
    before, after, beyond = text[max(0, begin - 1) : begin], text[end : end + 1], text[end + 1 : end + 2]
    return not (_is_part(before) or before == ".") and not (_is_part(after) or (after == "." and beyond.isalnum()))


def _is_part(char: str) -> bool:
    return char.isalnum() or (char != "" and char in "_@+-")


def _forget_talks(tx: Tx, lieu: int, who: Known, alone: bool, but: int | None) -> int:
    """Their own conversations, and of others' that have ended what speaks of them; how many go on that do, or that they
    began for others."""
    is_named, theirs, going_on = naming(who), {*who.persons}, 0
    direct = f"SELECT direct FROM people WHERE person IN ({_marks(theirs)})"  # noqa: S608
    private = {row["direct"] for row in tx.execute(direct, who.persons)}
    every = "SELECT * FROM conversations WHERE (lieu = ? OR (lieu IS NULL AND ?)) AND id IS NOT ?"
    for talk in tx.execute(every, (lieu, alone, but)).fetchall():
        mine = talk["person"] in theirs
        if mine and (talk["status"] != "open" or talk["room_id"] in private):
            over = "conversation = ? AND (status != 'waiting' OR error IS NOT NULL)"
            tx.execute(f"DELETE FROM outbox WHERE {over}", (talk["id"],))  # noqa: S608
            tx.execute("DELETE FROM conversations WHERE id = ?", (talk["id"],))
            aside.forget_conversation(tx, talk["id"])
            continue
        steps = tx.execute("SELECT * FROM steps WHERE conversation = ?", (talk["id"],)).fetchall()
        about = [step["key"] for step in steps if _is_about(step, is_named, theirs)]
        if talk["status"] == "open":
            going_on += mine or bool(about) or is_named(talk["args"])
            continue
        if is_named(talk["args"]):
            tx.execute("UPDATE conversations SET args = '{}' WHERE id = ?", (talk["id"],))
        tx.executemany("DELETE FROM steps WHERE conversation = ? AND key = ?", [(talk["id"], key) for key in about])
    return going_on


def _forget_waiting(tx: Tx, lieu: int, who: Known, alone: bool) -> None:
    """What names them of others that is never handled, or never sent: an event that was put aside, for ever where
    nobody looks at it; a letter that the homeserver refused."""
    is_named = naming(who)
    for one in aside.with_words(tx, lieu, alone):
        if is_named(one.words):
            aside.drop(tx, one.aside)
    over = "conversation IS NULL OR conversation NOT IN (SELECT id FROM conversations WHERE status = 'open')"
    refused = f"status = 'refused' AND (lieu = ? OR (lieu IS NULL AND ?)) AND ({over})"
    for row in tx.execute(f"SELECT seq, content FROM outbox WHERE {refused}", (lieu, alone)).fetchall():  # noqa: S608
        if is_named(row["content"]):
            tx.execute("DELETE FROM outbox WHERE seq = ?", (row["seq"],))


def _is_about(step: Any, is_named: Callable[[str], bool], theirs: Collection[str]) -> bool:
    if step["by"] in theirs or step["of"] in theirs:
        return True
    return any(is_named(step[name]) for name in ("key", "raw", "value") if step[name])


def _kept(tx: Tx, lieu: int, who: Known, alone: bool, talks: int) -> Kept:
    here, marks = (lieu, *who.persons), _marks(who.persons)

    def count(table: str, where: str) -> int:
        return int(tx.execute(f"SELECT count(*) FROM {table} WHERE lieu = ? AND {where}", here).fetchone()[0])  # noqa: S608

    return {
        "acts": count("acts", f"by IN ({marks})"),
        "owned": count("owned", f"person IN ({marks})"),
        "talks": talks,
        "silences": count("silences", f"person IN ({marks})"),
        "texts": mentions(tx, lieu, who),
        "elsewhere": not alone,
        "direct": tx.execute(f"SELECT 1 FROM people WHERE person IN ({marks})", who.persons).fetchone() is not None,  # noqa: S608
    }
