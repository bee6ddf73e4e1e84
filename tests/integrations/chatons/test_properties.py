"""Files of « key = value », as many hands write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.chatons import properties
from integrations.errors import Rejected


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", {}),
        (b"service.name = Visio", {"service.name": "Visio"}),
        (b"service.name=Visio\r\nservice.name =  Pad  \r\n", {"service.name": "Pad"}),
        (b"\xef\xbb\xbffile.class = Service\rx = y", {"file.class": "Service", "x": "y"}),
        ("a = Le Chaton doré".encode("latin-1"), {"a": "Le Chaton doré"}),
        ("a = « 10 € »".encode("cp1252"), {"a": "« 10 € »"}),
        (b"a = https://x.example/?q=1&r=2", {"a": "https://x.example/?q=1&r=2"}),
        (b"# a = b\n  ! c = d\n[Service]\nwhatever\n= nothing\n", {}),
        (b"A.B = C", {"a.b": "C"}),
        ("a = on\tone\u2028line\u202eenil eno".encode(), {"a": "on one line enil eno"}),
        (b"a = \x1b[31mred\x07", {"a": "[31mred"}),
        (b"a = " + b"x" * 5000, {"a": "x" * 500}),
        (b"a =", {"a": ""}),
    ],
)
def test_what_was_meant_is_read(data: bytes, told: dict[str, str]) -> None:
    assert properties(data) == told


def test_what_is_no_text_is_no_file() -> None:
    with pytest.raises(Rejected):
        properties(b"\x7fELF\x02\x01\x01\0\0\0")


@given(st.binary(max_size=2000))
def test_no_bytes_whatsoever_are_beyond_it(data: bytes) -> None:
    try:
        told = properties(data)
    except Rejected:
        return
    assert all(key and "=" not in key for key in told)
    assert all(value.isprintable() and len(value) <= 500 for value in told.values())
