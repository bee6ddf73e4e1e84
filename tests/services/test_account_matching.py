"""Which account is whose: nobody has two, no account is two people's, and what is sure says why."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.services.account_matching import SURENESS, Around, Match, matches
from integrations.directory import Account


def account(login: str, name: str = "", email: str = "") -> Account:
    return Account(login, name or login.title(), email, True, login)


def around(*accounts: Account, inside: dict[str, str] | None = None, **more: Any) -> Around:
    known = {one.login.casefold(): one for one in accounts}
    empty: dict[str, Any] = {"grouped": set(), "own": {}, "emails": {}, "signs_in": {}, "nameable": set(known)}
    return Around(inside=inside or {}, accounts=known, **{**empty, **more})


def told(around: Around) -> dict[str, tuple[str, str]]:
    return {match.person or match.login: (match.login, match.how) for match in matches(around)}


def test_the_surest_reason_is_told() -> None:
    inside = {"@a:x": "Awa", "@b:x": "Bob", "@c:x": "Cam", "@d:x": "Dan Roy", "@e:x": "Eve"}
    people = [account(name) for name in ("awa", "bob", "cam")] + [account("d.roy", "Dan Roy"), account("fay")]
    found = told(
        around(
            *people,
            inside=inside,
            own={"@a:x": "awa", "@b:x": "bob", "@c:x": "cam"},
            grouped={"bob", "fay", "gone"},
            signs_in={"@a:x": "awa"},
        )
    )
    assert found == {
        "@a:x": ("awa", "sso"),
        "@b:x": ("bob", "both"),
        "@c:x": ("cam", "login"),
        "@d:x": ("d.roy", "name"),
        "fay": ("fay", "group"),
    }


def test_capitals_and_domains_do_not_hide_an_address() -> None:
    found = told(
        around(account("zoe", email="Zoe@Straße.de"), inside={"@z:x": "Z"}, emails={"@z:x": ["zoe@xn--strae-oqa.de"]})
    )
    assert found == {"@z:x": ("zoe", "email")}


def test_a_stronger_claim_wins_and_the_other_has_nothing() -> None:
    """Eve has Zoé's username on the homeserver, where anybody may take one; Zoé signs in with her account."""
    found = told(
        around(account("zoe"), inside={"@z:x": "Z", "@zoe:x": "Zoe"}, own={"@zoe:x": "zoe"}, signs_in={"@z:x": "zoe"})
    )
    assert found == {"@z:x": ("zoe", "sso")}


def test_two_of_one_name_are_asked_about() -> None:
    """Two accounts, or two people: neither is guessed."""
    two = told(around(account("cam.d", "Camille D"), account("cam.p", "Camille P"), inside={"@c:x": "Camille"}))
    assert two == {"@c:x": ("", "several")}
    people = told(around(account("cam.d", "Camille D"), inside={"@c:x": "Camille", "@k:x": "camille d"}))
    assert people == {"@c:x": ("", "several"), "@k:x": ("", "several")}


def test_a_name_that_many_have_finds_nobody() -> None:
    crowd = [account(f"marie{n}", f"Marie {chr(97 + n)}{chr(97 + n)}") for n in range(9)]
    assert told(around(*crowd, inside={"@m:x": "Marie"})) == {}


def test_what_may_not_be_named_is_not_found_by_a_name() -> None:
    assert told(around(account("roy", "Victor Roy"), inside={"@v:x": "Victor Roy"}, nameable=set())) == {}


def test_signs_and_single_letters_are_no_name() -> None:
    assert told(around(account("v.roy", "V. Roy"), inside={"@a:x": "🌻", "@b:x": "V", "@c:x": ""})) == {}


LOGINS = st.sampled_from([f"p{n}" for n in range(6)])
NAMES = st.sampled_from(["Anne", "Anne Roy", "Roy", "Zoé", "🌻", ""])
EMAILS = st.sampled_from([f"p{n}@x.fr" for n in range(4)])
WHO = st.sampled_from([f"@{n}:x" for n in range(6)])


@given(
    st.lists(st.tuples(LOGINS, NAMES, EMAILS), max_size=6, unique_by=lambda one: one[0]),
    st.dictionaries(WHO, NAMES),
    st.dictionaries(WHO, LOGINS),
    st.dictionaries(WHO, st.lists(EMAILS, max_size=2)),
    st.dictionaries(WHO, LOGINS),
    st.sets(LOGINS),
)
def test_nobody_has_two_accounts_and_no_account_two_people(
    accounts: list[tuple[str, str, str]],
    inside: dict[str, str],
    own: dict[str, str],
    emails: dict[str, list[str]],
    signs_in: dict[str, str],
    grouped: set[str],
) -> None:
    people = [Account(login, name, email, True, login) for login, name, email in accounts]
    more = {"own": own, "emails": emails, "signs_in": signs_in, "grouped": grouped}
    found: list[Match] = matches(around(*people, inside=inside, **more))
    matched, logins = [one.person for one in found if one.person], [one.login for one in found if one.login]
    assert len({*matched}) == len(matched)
    assert len({*logins}) == len(logins)
    assert {*matched} <= inside.keys()
    assert {*logins} <= {one.login for one in people}
    assert all(one.how in SURENESS and bool(one.login) is not bool(one.between) for one in found)
