"""Which account is whose, of people and accounts that were there before the bot, and how sure that is.

Nothing is asked here. What a person calls themselves proves nothing: it is only good for a guess that somebody checks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Final

from bot.words import fold
from integrations.directory import Account
from integrations.domains import email_asked

SURE, LIKELY, DOUBTFUL = "sure", "likely", "doubtful"
SSO, EMAIL, BOTH, GROUP = "sso", "email", "both", "group"
LOGIN, NAME, SAID, SEVERAL = "login", "name", "said", "several"
SURENESS: Final = {
    **dict.fromkeys((SSO, EMAIL, BOTH, GROUP), SURE),
    LOGIN: LIKELY,
    **dict.fromkeys((NAME, SAID, SEVERAL), DOUBTFUL),
}
"""sso: it signs them in to Matrix · email: the homeserver knows theirs, and it is the account's · both: one username,
and the account is in the lieu's group · group: in the lieu's group, and nobody of the space has it · login: one
username · name: what they call themselves, nothing else · said: somebody said so · several: it may be one of several"""
STRENGTH = (SSO, EMAIL, BOTH, LOGIN, NAME)  # the strongest first, where two people could have one account
MOST_BETWEEN = 5  # accounts of one name: whoever is called by a first name alone is not guessed at


@dataclass(frozen=True, slots=True)
class Around:
    """`inside`: names of those who are in the space, by their Matrix address. `accounts`, and whatever else names one,
    by folded login: those in the lieu's group are `grouped`, those that a name alone may mean `nameable`. By address:
    `own`: the account that would be theirs by its username, `emails` as the homeserver knows them, `signs_in` the
    account with which they sign in."""

    inside: Mapping[str, str]
    accounts: Mapping[str, Account]
    grouped: Set[str]
    nameable: Set[str]
    own: Mapping[str, str]
    emails: Mapping[str, list[str]]
    signs_in: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """`person`: empty for an account that nobody of the space has; `login` folded, empty where it is one `between`
    several."""

    person: str
    login: str
    how: str
    between: tuple[str, ...] = ()


def matches(around: Around) -> list[Match]:
    """At most one for each person, and at most one person for each account."""
    by_email = _unique_emails(around.accounts.values())
    told = [_told(around, by_email, person) for person in around.inside]
    found = _apart([match for match in told if match])
    taken, known = _logins(found), {match.person for match in found}
    loose = [person for person in around.inside if person not in known]
    found += _apart(list(_named(around, loose, taken)))
    taken = _logins(found)
    return found + [Match("", login, GROUP) for login in around.grouped if login in around.accounts.keys() - taken]


def _told(around: Around, by_email: Mapping[str, str], person: str) -> Match | None:
    """By what a service says."""
    own, signs_in = around.own.get(person, ""), around.signs_in.get(person, "")
    if signs_in in around.accounts:
        return Match(person, signs_in, SSO)
    mailed = {by_email[each] for each in map(email_asked, around.emails.get(person, ())) if each in by_email}
    meant = mailed | ({own} & around.accounts.keys())
    if len(meant) > 1:
        return Match(person, "", SEVERAL, tuple(sorted(meant)))
    for login in meant:
        how = EMAIL if mailed else BOTH if login in around.grouped else LOGIN
        return Match(person, login, how)
    return None


def _unique_emails(accounts: Iterable[Account]) -> dict[str, str]:
    """The folded login that alone has an address."""
    rows = [(email_asked(one.email), one.login.casefold()) for one in accounts if one.email]
    times = Counter(email for email, _ in rows)
    return {email: login for email, login in rows if times[email] == 1}


def _named(around: Around, people: Iterable[str], taken: Set[str]) -> Iterator[Match]:
    """« Luc » and « Martin Luc » may be Luc Martin."""
    called = {
        login: _parts(around.accounts[login].name) for login in (around.nameable & around.accounts.keys()) - taken
    }
    with_part: dict[str, set[str]] = defaultdict(set)
    for login, parts in called.items():
        for part in parts:
            with_part[part].add(login)
    for person in people:
        parts = _parts(around.inside[person])
        near = {login for part in parts for login in with_part[part]}
        found = sorted(login for login in near if _agree(parts, called[login]))
        if len(found) == 1:
            yield Match(person, found[0], NAME)
        elif 1 < len(found) <= MOST_BETWEEN:
            yield Match(person, "", SEVERAL, tuple(found))


def may_be_one(name: str, other: str) -> bool:
    """Whether both may be the name of one person: « Martin Luc » and « Luc », and not « Anne Martin »."""
    parts, others = _parts(name), _parts(other)
    return bool(parts and others) and _agree(parts, others)


def _agree(parts: frozenset[str], others: frozenset[str]) -> bool:
    return parts <= others or others <= parts


def _parts(name: str) -> frozenset[str]:
    return frozenset(part for part in fold(name).split() if len(part) > 1)


def _apart(found: list[Match]) -> list[Match]:
    """Whoever has the stronger claim to an account has it; where there is none, a human says whose it is."""
    claims: dict[str, list[Match]] = defaultdict(list)
    for match in found:
        if match.login:
            claims[match.login].append(match)
    kept = [match for match in found if not match.login]
    for login, rivals in claims.items():
        rivals.sort(key=lambda match: STRENGTH.index(match.how))
        best = [match for match in rivals if match.how == rivals[0].how]
        kept += best if len(best) == 1 else [Match(match.person, "", SEVERAL, (login,)) for match in best]
    return kept


def _logins(found: Iterable[Match]) -> set[str]:
    return {login for match in found for login in (match.login, *match.between) if login}
