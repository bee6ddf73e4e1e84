"""An answer of /sync is written by many hands: whatever its shape, it can be read and kept."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.sync import _by_room, _keep
from bot.matrix.sync_batch import INVITE, MEMBER, Reader, parsed
from bot.store import inbox
from bot.store.audit_chain import link
from bot.store.database import migrations
from tests.tiers import examples

ME, ANA = "@bot:lieu.example", "@ana:lieu.example"

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
types = st.sampled_from(
    ["m.room.message", MEMBER, "m.room.encrypted", "m.room.encryption", "m.room.create", "m.room.name"]
)
hostile = {
    "event_id": st.sampled_from(["$a", "$b", "\ud800"]) | anything,
    "sender": st.sampled_from([ME, ANA]) | anything,
    "type": types | anything,
    "state_key": st.sampled_from(["", ME]) | anything,
    "origin_server_ts": st.integers() | anything,
    "content": st.fixed_dictionaries(
        {}, optional={"membership": st.sampled_from(["join", "leave", "invite"]), "body": anything}
    )
    | anything,
    "unsigned": anything,
}
sound = {"event_id": "$c", "sender": ANA, "type": "m.room.message", "origin_server_ts": 1, "content": {"body": "oui"}}
spoilt = st.sampled_from(sorted(hostile)).flatmap(lambda field: st.fixed_dictionaries({field: hostile[field]}))
events = spoilt.map(lambda field: sound | field) | st.fixed_dictionaries({}, optional=hostile) | anything
part = st.fixed_dictionaries({"events": st.lists(events, max_size=6) | anything}) | anything
room = st.fixed_dictionaries({"timeline": part}, optional={"state": part, "invite_state": part}) | anything
rooms_of = st.dictionaries(st.sampled_from(["!1", "!2"]), room, min_size=1) | anything
kinds = st.fixed_dictionaries({"join": rooms_of}, optional={"invite": rooms_of, "leave": rooms_of}) | anything


def database() -> sqlite3.Connection:
    tx = sqlite3.connect(":memory:")
    tx.row_factory = sqlite3.Row
    tx.create_function("link", 6, link)
    for script in migrations():
        tx.executescript(script)
    return tx


def keep(rooms: Any, first: bool = False, readable: bool = True) -> None:
    raw = {"next_batch": "s1", "rooms": rooms}
    reader = Reader(ME, lambda room_id, event: event | {"type": "m.room.message"} if readable else None)
    tx = database()
    try:
        new = _keep(tx, reader.read(raw, {}, first=first), 1, str)
        kept = [*inbox.waiting(tx), *inbox.unread(tx)]
        assert len(kept) == new
        assert inbox.token(tx) == "s1"
        assert all(event.sender != ME for event in kept if event.type != MEMBER)
        for _, one in _by_room(raw):
            reader.read(one, {}, first=first)
    finally:
        tx.close()


@given(kinds, st.booleans())
def test_an_answer_of_any_shape_is_kept(rooms: Any, first: bool) -> None:
    keep(rooms, first)


@examples(300)
@given(st.lists(events, min_size=1, max_size=6), st.sampled_from(["join", "leave", "invite"]), st.booleans())
def test_events_of_any_shape_are_kept(said: list[Any], kind: str, readable: bool) -> None:
    keep({kind: {"!1": {"timeline": {"events": said}, "invite_state": {"events": said}}}}, readable=readable)


def said(number: int, **more: Any) -> dict[str, Any]:
    event = {"event_id": f"${number}", "sender": ANA, "type": "m.room.message", "origin_server_ts": number}
    return event | {"content": {"body": str(number)}} | more


def arrival(before: str | None = None) -> dict[str, Any]:
    unsigned = {"prev_content": {"membership": before}} if before else {}
    return said(99, sender=ME, type=MEMBER, state_key=ME, content={"membership": "join"}, unsigned=unsigned)


def read(events: list[dict[str, Any]], gap: list[dict[str, Any]] | None = None) -> list[str]:
    raw = {"next_batch": "s1", "rooms": {"join": {"!1": {"timeline": {"events": events}}}}}
    batch = Reader(ME, lambda room_id, event: None).read(raw, {"!1": gap or []}, first=False)
    return [event.event_id for event in batch.events]


def test_only_an_arrival_cuts_what_was_said_before() -> None:
    assert read([said(1), arrival("invite"), said(2)]) == ["$2"]
    assert read([said(1), arrival(), said(2)]) == ["$2"]
    assert read([said(1), arrival("join"), said(2)]) == ["$1", "$2"]
    assert read([said(3)], gap=[said(1), arrival("leave"), said(2)]) == ["$2", "$3"]


def test_nobody_else_can_cut_it() -> None:
    forged = arrival() | {"sender": ANA, "state_key": ANA}
    assert read([said(1), forged]) == ["$1", "$99"]
    assert read([said(1), arrival() | {"type": "m.room.message"}]) == ["$1"]


def test_an_invitation_keeps_only_what_is_of_use_and_harmless() -> None:
    state = [
        {"type": "m.room.name", "state_key": "", "sender": ANA, "content": {"name": "Le \u202eLieu"}},
        {"type": "m.room.encryption", "state_key": "", "sender": ANA, "content": {}},
        {"type": MEMBER, "state_key": ME, "sender": ANA, "content": {"membership": "invite", "is_direct": True}},
    ]
    raw = {"next_batch": "s1", "rooms": {"invite": {"!1": {"invite_state": {"events": state}}}}}
    batch = Reader(ME, lambda room_id, event: None).read(raw, {}, first=True)
    [event] = batch.events
    assert event.content == {
        "membership": "invite",
        "is_direct": True,
        INVITE: {"name": "Le Lieu", "type": None, "encrypted": True, "network": False, "predecessor": ""},
    }
    assert batch.invited == {"!1": ANA}


@pytest.mark.parametrize(("created", "type"), [({}, ""), ({"type": "m.space"}, "m.space"), ({"type": 7}, "")])
def test_an_invitation_says_what_the_room_is_where_it_is_told(created: dict[str, object], type: str) -> None:
    state = [
        {"type": "m.room.create", "state_key": "", "sender": ANA, "content": created},
        {"type": MEMBER, "state_key": ME, "sender": ANA, "content": {"membership": "invite"}},
    ]
    raw = {"next_batch": "s1", "rooms": {"invite": {"!1": {"invite_state": {"events": state}}}}}
    [event] = Reader(ME, lambda room_id, event: None).read(raw, {}, first=True).events
    assert event.content[INVITE]["type"] == type


def test_an_event_is_parsed_as_it_is() -> None:
    event = parsed("!1", said(7, state_key="k"))
    assert event is not None
    assert (event.event_id, event.room_id, event.sender, event.ts, event.state_key) == ("$7", "!1", ANA, 7, "k")
    assert json.dumps(event.content) == '{"body": "7"}'
    assert parsed("!1", said(7, content=[])) is None
    assert parsed("!1", said(7, sender="\ud800")) is None


def test_a_room_that_was_upgraded_before_a_cut_timeline_begins() -> None:
    tombstone = {"type": "m.room.tombstone", "state_key": "", "sender": "@anne:lieu.fr", "event_id": "$t"}
    data = {"state": {"events": [tombstone | {"content": {"replacement_room": "!new"}}]}, "timeline": {"events": []}}
    raw = {"next_batch": "s2", "rooms": {"join": {"!old": data}}}
    reader = Reader("@bot:lieu.fr", lambda room_id, event: None)
    assert [one.type for one in reader.read(raw, {}, first=False).events] == ["m.room.tombstone"]
    assert reader.read(raw, {}, first=True).events == []
