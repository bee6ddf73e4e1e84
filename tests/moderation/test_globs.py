"""The patterns of ban lists, as the specification has them, whoever writes them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.globs import bans, digest, matches


@pytest.mark.parametrize(
    ("pattern", "text", "same"),
    [
        ("@spam:evil.example", "@spam:evil.example", True),
        ("@spam:evil.example", "@spam:evilxexample", False),
        ("@spam*:evil.example", "@spammer42:evil.example", True),
        ("@spam*:evil.example", "@spam:evil.example", True),
        ("@spam?:evil.example", "@spam:evil.example", False),
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("*.example", "evil.example.org", False),
        ("*a*b", "aabab", True),
        ("[a-z]+", "abc", False),
    ],
)
def test_patterns(pattern: str, text: str, same: bool) -> None:
    assert matches(pattern, text) is same


@given(st.text("ab*?.", max_size=8), st.text("ab.", max_size=8))
def test_patterns_are_as_regular_expressions_would_have_them(pattern: str, text: str) -> None:
    translated = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern)
    assert matches(pattern, text) is (re.fullmatch(translated, text) is not None)


def test_a_pattern_made_to_take_for_ever_is_answered() -> None:
    assert not matches("*a" * 100 + "b", "a" * 255)


def test_a_server_is_its_name_and_a_person_their_address() -> None:
    server, user = {"kind": "server", "entity": "evil.*"}, {"kind": "user", "entity": "@x:evil.*"}
    assert bans(server, "@x:evil.example")
    assert not bans(server, "@evil.x:good.example")
    assert bans(user, "@x:evil.example")
    assert not bans(user, "@y:evil.example")


def test_a_hash_means_one_person_or_one_server() -> None:
    """The first is the example of MSC4205."""
    user = {"kind": "user", "sha256": "VPqwbUV7mMMkOVto3kPwsNXXiALMs7VCKWh3OeqqjGs="}
    server = {"kind": "server", "sha256": digest("evil.example")}
    assert bans(user, "@yarrgh:example.com")
    assert not bans(user, "@yarrgh:example.org")
    assert bans(server, "@x:evil.example")
    assert not bans(server, "@x:good.example")
    assert not bans({"kind": "user", "sha256": digest("evil.example")}, "@x:evil.example")
