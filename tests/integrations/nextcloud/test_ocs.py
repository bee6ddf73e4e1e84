"""Whatever a server answers, reading it never fails and never believes too much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.http import Answer
from integrations.nextcloud.ocs import NO_ENVELOPE, Reply, items, mapping, number, parse_xml, read, texts

XML = b'<?xml version="1.0"?><ocs><meta><status>failure</status><statuscode>997</statuscode></meta><data/></ocs>'
BOMB = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><ocs><meta>&b;</meta></ocs>'
FILE = b'<!DOCTYPE ocs [<!ENTITY x SYSTEM "file:///etc/passwd">]><ocs><meta><statuscode>&x;</statuscode></meta></ocs>'

ELSEWHERE = b'<!DOCTYPE ocs SYSTEM "http://127.0.0.1:9/x.dtd"><ocs><meta><statuscode>200</statuscode></meta></ocs>'


def answer(body: bytes, status: int = 200) -> Answer:
    return Answer(status, {}, body)


def test_xml_is_read_where_json_was_asked() -> None:
    assert read(answer(XML, 401)) == Reply(401, 997, "", None)


@pytest.mark.parametrize("body", [BOMB, FILE, ELSEWHERE, BOMB.decode().encode("utf-16"), b"<ocs>" * 100_000])
def test_hostile_documents_are_not_opened(body: bytes) -> None:
    assert parse_xml(body) is None
    assert read(answer(body)).code == NO_ENVELOPE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html></html>",
        b"[]",
        b"null",
        b"{}",
        b'{"ocs": []}',
        b'{"ocs": {"meta": []}}',
        b'{"ocs": {"meta": {"statuscode": "x"}}}',
        b'{"ocs": {"meta": {"statuscode": -1}}}',
        b"[" * 100_000,
    ],
)
def test_anything_else_is_no_envelope(body: bytes) -> None:
    assert not read(answer(body)).ok
    assert read(answer(body)).code == NO_ENVELOPE


@pytest.mark.parametrize(
    ("status", "code", "fine"), [(200, 200, True), (200, 100, True), (200, 403, False), (400, 200, False)]
)
def test_both_the_status_and_the_envelope_must_be_fine(status: int, code: int, fine: bool) -> None:
    assert read(answer(f'{{"ocs": {{"meta": {{"statuscode": {code}}}}}}}'.encode(), status)).ok is fine


@given(st.binary())
def test_no_bytes_break_the_reading(body: bytes) -> None:
    read(answer(body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda c: st.lists(c) | st.dictionaries(st.text(), c),
)


@given(JSON)
def test_no_value_breaks_the_narrowing(value: object) -> None:
    assert isinstance(mapping(value), dict)
    assert isinstance(items(value), list)
    assert all(isinstance(item, str) for item in texts(value))
    assert number(value) >= 0
