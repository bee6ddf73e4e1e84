"""Usernames made from names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.directory import is_login, login_from


@pytest.mark.parametrize(
    ("name", "login"),
    [
        ("Zoé Martin", "zoe.martin"),
        ("  Zoé   Martin ", "zoe.martin"),
        ("Jean-Noël d’Ørsted", "jean-noel.dorsted"),
        ("Œdipe Łukasz Straße", "oedipe.lukasz.strasse"),
        ("İpek Yılmaz", "ipek.yilmaz"),
        ("Dr. Martin (association)", "dr.martin.association"),
        ("3615 Ulla", "ulla"),
        ("Marie-Antoinette de Habsbourg-Lorraine", "marie-antoinette.de.habsbourg-lo"),
        ("Ⅻ ﬁlles", "xii.filles"),
        ("Zoé . - . Martin", "zoe.martin"),
        ("李小龍", ""),
        ("É", ""),
        ("", ""),
        ("../../etc/passwd", "etc.passwd"),
        ("*)(uid=*", "uid"),
    ],
)
def test_a_username_is_suggested(name: str, login: str) -> None:
    assert login_from(name) == login


@given(st.text())
def test_a_suggestion_is_always_a_username_or_nothing(name: str) -> None:
    login = login_from(name)
    assert login == "" or is_login(login)


@given(st.from_regex(r"[a-z]+(\.[a-z]+)*", fullmatch=True).filter(is_login))
def test_a_plain_username_suggests_itself(login: str) -> None:
    assert login_from(login) == login


@pytest.mark.parametrize("text", ["z", "Zoe", "zoé", "zoe martin", "3zoe", ".zoe", "z" * 33, "zoe\n", "zoe:lieu", ""])
def test_what_is_not_a_username(text: str) -> None:
    assert not is_login(text)


@pytest.mark.parametrize("text", ["zo", "zoe.martin", "z3", "z_e-m", "z" * 32])
def test_what_is_a_username(text: str) -> None:
    assert is_login(text)
