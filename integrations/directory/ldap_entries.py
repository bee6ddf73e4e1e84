"""LDAP entries as they come, read warily, and as they go (RFC 2798): no request is made here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

from integrations.domains import same_email

from . import Account, Hold
from .ldap_kinds import Kind

LOCKED_FOR_EVER = "000001010000Z"
LOCK = "pwdAccountLockedTime"
NOT_YET = "29990101000000Z"  # four nines, which slapd cannot read, would let everybody in
START = "pwdStartTime"
LOCKS = {START: NOT_YET, LOCK: LOCKED_FOR_EVER}
"""What shuts an account out. A new password takes `LOCK` away, and without `pwdLockout` nobody obeys it: `START`, of
OpenLDAP 2.5 and later, stays and is obeyed. `LOCK` is what others look at, LemonLDAP before it mails a password."""
VISITS = ("pwdLastSuccess", "authTimestamp")
"""When somebody gave their password last: OpenLDAP's own, of 2.5 and later (`lastbind` of a database), and that of the
overlay of the same name before it."""
POLICY, OF_POLICY = "pwdPolicy", "pwdPolicySubentry"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its name in the tree, and its attributes (names in lower case, every value a text)."""

    dn: str
    values: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Entry:
        """From what ldap3 answers; values that are not text are left out."""
        raw: Mapping[str, list[bytes]] = found.get("raw_attributes") or {}
        return cls(str(found["dn"]), {name.lower(): tuple(_texts(values)) for name, values in raw.items()})

    def all(self, name: str) -> tuple[str, ...]:
        return self.values.get(name.lower(), ())

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")


def person(kind: Kind, rdn: str, login: str, name: str, email: str) -> dict[str, str]:
    """Somebody new, without a password; `rdn` is the attribute that holds the username."""
    attributes = {each: value for each, value in names(kind, name).items() if value}
    return attributes | {"mail": email, rdn: login}


def names(kind: Kind, name: str) -> dict[str, str]:
    """Where each part of a name is; empty where there is none."""
    given, _, family = name.strip().rpartition(" ")
    return {**dict.fromkeys(kind.whole_name, name), "sn": family, "givenName": given}


def account(entry: Entry, rdn: str) -> Account:
    login = entry.first(rdn)
    return Account(
        login, entry.first("displayName") or entry.first("cn"), entry.first("mail"), is_active(entry), entry.dn
    )


def last_visit(entry: Entry) -> int:
    """In milliseconds, 0 where it is not told; RFC 4517 §3.3.13, in Greenwich's time as servers write it."""
    return max((_instant(value) for name in VISITS for value in entry.all(name)), default=0)


def _instant(time: str) -> int:
    try:
        read = datetime.strptime(time[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return 0
    return int(read.timestamp()) * 1000 if time.endswith("Z") else 0


def is_active(entry: Entry) -> bool:
    """Other values are a pause after wrong passwords, which ends by itself."""
    return not any(value in entry.all(name) for name, value in LOCKS.items())


def hold(lasts: bool, policies: Collection[Entry], *, asked: bool, refused: bool = False) -> Hold:
    """What a lock does, by the policies of passwords that apply and what the server answered to a sign-in.

    `lasts`: `START` is there; `asked`: a policy was asked at all; `refused`: it said that the account is locked.
    """
    if not (asked or refused):
        return "open"
    if lasts and (refused or policies):
        return "shut"
    obeyed = {policy.first("pwdLockout") == "TRUE" for policy in policies}
    if refused or obeyed == {True}:
        return "until-password"
    return "open" if obeyed == {False} else "untold"


def is_named(entry: Entry, rdn: str, login: str) -> bool:
    return any(value.casefold() == login.casefold() for value in entry.all(rdn))


def is_group(entry: Entry, name: str) -> bool:
    """As `caseIgnoreMatch` has it: neither capitals nor how many spaces there are count in a `cn`."""
    return any(_plain(value) == _plain(name) for value in entry.all("cn"))


def is_reached(entry: Entry, email: str) -> bool:
    return any(same_email(email, own) for own in entry.all("mail"))


def _plain(name: str) -> str:
    return " ".join(normalize("NFKC", name).casefold().split())


def _texts(values: list[bytes]) -> list[str]:
    return [value.decode("utf-8") for value in values if _is_text(value)]


def _is_text(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
