"""Domains that hasty fingers make, and those that look so and are somebody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.mistyped_domains import PROVIDERS, resembles


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.fr", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("GMAI.COM", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("orange.f", "orange.fr"),
        ("orange.rf", "orange.fr"),
        ("oragne.fr", "orange.fr"),
        ("wanadoo.com", "wanadoo.fr"),
        ("wanado.fr", "wanadoo.fr"),
        ("hotmal.com", "hotmail.com"),
        ("lapost.net", "laposte.net"),
        ("laposte.fr", "laposte.net"),
        ("yaho.fr", "yahoo.fr"),
        ("free.com", "free.fr"),
        ("protonmail.con", "protonmail.com"),
        ("les-voisins.ogr", "les-voisins.org"),
    ],
)
def test_what_was_meant(domain: str, meant: str) -> None:
    assert resembles(domain) == meant


@pytest.mark.parametrize(
    "domain",
    [
        *PROVIDERS,
        *("yahoo.es", "hotmail.co.uk", "outlook.be", "gmx.de", "ymail.com", "mail.com", "orange.com", "tree.fr"),
        *("exemple.fr", "lieu.fr", "ville-tours.fr", "les-voisins.org", "straße.de", "pe.com", "fred.fr"),
    ],
)
def test_what_is_somebodys_is_left_alone(domain: str) -> None:
    assert resembles(domain) == ""


@given(st.text(max_size=80))
def test_what_is_proposed_is_never_what_was_written(domain: str) -> None:
    meant = resembles(domain)
    assert not meant or meant != domain
    assert resembles(meant) == ""
