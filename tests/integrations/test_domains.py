"""Names of machines in every alphabet: each is its owner's, and no other program may take it for somebody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.domains import asked, cloud_asked, email_asked, email_read, is_odd, read, same_email, url_asked


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("straße.de", "xn--strae-oqa.de"),  # the IDNA of 2003 makes strasse.de of it, which is another owner's
        ("Straße.DE.", "xn--strae-oqa.de"),
        ("strasse.de", "strasse.de"),
        ("βόλος.com", "xn--nxasmm1c.com"),  # and xn--nxasmq6b.com of this one
        ("nuage-été.fr", "xn--nuage-t-gyab.fr"),
        ("nuage-e\u0301te\u0301.fr", "xn--nuage-t-gyab.fr"),
        ("ＬＩＥＵ.fr", "lieu.fr"),
        ("lieu。fr", "lieu.fr"),
        ("Lieu.FR.", "lieu.fr"),
        ("localhost", "localhost"),
        *((name, "") for name in ("☃.net", "nu\u200dage.fr", "-é.fr", "a..é", "é" * 300, "é b.fr", "é/b.fr", "")),
    ],
)
def test_a_name_is_asked_as_its_owner_has_it(written: str, wanted: str) -> None:
    assert asked(written) == wanted


@pytest.mark.parametrize("name", ["straße.de", "βόλος.com", "lieu.fr", "xn--zzzzzz.de", "пример.рф"])
def test_a_name_is_read_as_it_was_written(name: str) -> None:
    assert read(asked(name)) == name


@given(st.text(max_size=300))
def test_no_text_breaks_a_name(text: str) -> None:
    assert asked(text).isascii()
    assert asked(asked(text)) == asked(text)
    assert isinstance(is_odd(text), bool)
    assert isinstance(url_asked(f"https://{text}"), str)


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("exаmple.fr", True),  # a Cyrillic а
        ("xn--exmple-4nf.fr", True),
        ("pаypаl.com", True),
        ("ɑbc.fr", True),
        ("lıeu.fr", True),
        ("straße.de", False),
        ("œuvre-été.fr", False),
        ("lieu.fr", False),
    ],
)
def test_letters_that_deceive_the_eye(name: str, odd: bool) -> None:
    assert is_odd(name) is odd


def test_one_person_by_both_writings_of_their_domain() -> None:
    assert same_email("Zoe@Example.org ", "zoe@example.org")
    assert same_email("zoe@straße.de", "zoe@xn--strae-oqa.de")
    assert not same_email("zoe@straße.de", "zoe@strasse.de")
    assert not same_email("zoe@example.org", "zoe@example.com")
    assert not same_email("groß@example.org", "gross@example.org")
    assert email_read(email_asked("Zoe@Straße.de")) == "zoe@straße.de"


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://Nuage-été.fr:8443/dav", "https://xn--nuage-t-gyab.fr:8443/dav"),
        ("ldap://straße.de", "ldap://xn--strae-oqa.de"),
        ("https://nuage.fr/é", "https://nuage.fr/é"),
        ("https://Nuage.fr", "https://Nuage.fr"),
        ("https://☃.fr", "https://☃.fr"),
        ("https://a@é.fr", "https://a@é.fr"),
        ("https://é.fr:port", "https://é.fr:port"),
    ],
)
def test_the_machine_of_an_address_is_asked_as_its_owner_has_it(url: str, wanted: str) -> None:
    assert url_asked(url) == wanted


def test_one_account_of_a_cloud_however_it_is_written() -> None:
    """Small letters alone make « strasse.de » of « straße.de »: the other cloud would get the folder."""
    written = ["Phare@https://Straße.de/nuage/", "phare@straße.de/nuage", "phare@http://xn--strae-oqa.de/nuage"]
    assert {cloud_asked(one) for one in written} == {"phare@xn--strae-oqa.de/nuage"}
    assert cloud_asked("phare@https://strasse.de") != cloud_asked("phare@https://straße.de")
    assert cloud_asked("zoe@mail.fr@https://Nuage.fr:8443/") == "zoe@mail.fr@nuage.fr:8443"
    assert cloud_asked("") == ""
