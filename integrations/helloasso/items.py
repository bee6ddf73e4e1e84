"""What is kept of an item that somebody ordered: its number, a name, an e-mail address and two days.

The `payer` of an order has an e-mail address; the `user` of an item, who becomes a member, has a name alone. Where both
are the same person the address is theirs; a parent pays for a child, and then only an answer to the form's own
question for the member's address is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.domains import email_asked

from .client import Json, dict_in, text

PARIS = ZoneInfo("Europe/Paris")  # HelloAsso's days, wherever the bot is
STANDS = {"Processed", "Registered"}  # paid, or written down by the association itself
ENDED = {"Canceled", "Deleted", "Refused"}  # the others are on their way
EMAIL = re.compile(r"[^\s@<>(),;:\"\\\[\]]{1,64}@[^\s@<>(),;:\"\\\[\]]{1,190}\.[^\s@<>(),;:\"\\\[\].]{2,63}")
ASKS_EMAIL = re.compile(r"\be ?-? ?mail|\bmail\b|courriel|adresse electronique")
OF_SOMEBODY_ELSE = re.compile(r"parent|responsable|legal|tut(eur|rice)|urgence|conjoint|mere|pere")
SLUG = re.compile(r"[a-z0-9-]{1,200}")
LONGEST_NAME = 100
APART, MARKS = ("Cc", "Zl", "Zp"), frozenset('<>@,;|"\\')
LARGEST = 2**53
EARLY = timedelta(days=183)  # before a time begins, somebody may join for it
LONGEST = timedelta(days=366)  # that such a time is, where its beginning is not said


@dataclass(frozen=True, slots=True)
class Validity:
    """How long memberships of a form last: a `year` from their day, else until its `end`, which may never come; of one
    that is for a time, whoever joined long before its `start` did so for an earlier one, when the same form had other
    dates."""

    year: bool
    end: date | None = None
    start: date | None = None

    def until(self, since: date) -> date | None:
        """The last day."""
        is_earlier = self.end is not None and since < (self.start or self.end - LONGEST) - EARLY
        if not self.year and not is_earlier:
            return self.end
        try:
            return since.replace(year=since.year + 1)
        except ValueError:  # the 29th of February
            return since.replace(year=since.year + 1, day=28)


@dataclass(frozen=True, slots=True)
class Item:
    """`form` is the short name of the form, `email` empty where the member's own is not known."""

    id: int
    name: str
    email: str
    since: date
    form: str
    stands: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """`item` is HelloAsso's number of it; `until` the last day, None for one without end. One that does not `stand` was
    cancelled."""

    item: int
    name: str
    email: str
    since: date
    until: date | None
    stands: bool

    @classmethod
    def of(cls, item: Item, validity: Validity) -> Membership:
        return cls(item.id, item.name, item.email, item.since, validity.until(item.since), item.stands)


def item_of(row: Json) -> Item | None:
    """None for what is no membership, or not one yet, or what nobody could understand."""
    id, order, state = row.get("id"), dict_in(row, "order"), row.get("state")
    since = day_of(order.get("date"))
    if not isinstance(id, int) or isinstance(id, bool) or not 0 < id < LARGEST or since is None:
        return None
    if row.get("type") != "Membership" or not isinstance(state, str) or state not in STANDS | ENDED:
        return None
    payer = dict_in(row, "payer")
    paid_by, member = _name(payer), _name(dict_in(row, "user"))
    email = _email(payer.get("email")) if not member or _alike(member, paid_by) else _own_email(row)
    form = text(order.get("formSlug")).lower()
    if not (name := member or paid_by):
        return None
    return Item(id, name, email, since, form if SLUG.fullmatch(form) else "", state in STANDS)


def day_of(told: object) -> date | None:
    """The day of an instant (ISO 8601) in France; None for what is none."""
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) else None
        if moment is None:
            return None
        day = (moment if moment.tzinfo is None else moment.astimezone(PARIS)).date()
    except (ValueError, OverflowError):
        return None
    return day if 1900 < day.year < 9999 else None


def _name(person: Json) -> str:
    """On one line, without what deceives the eye, and without what would be read as an address or as a list."""
    return plain(" ".join(text(person.get(part))[:LONGEST_NAME] for part in ("firstName", "lastName")))


def plain(told: str) -> str:
    kept = (" " if unicodedata.category(c) in APART or c in MARKS else c for c in unicodedata.normalize("NFC", told))
    seen = "".join(c for c in kept if not unicodedata.category(c).startswith("C"))
    return " ".join(seen.split())[:LONGEST_NAME].strip()


def _alike(one: str, other: str) -> bool:
    """Whether two names are the same words, in whatever order, case and accents."""
    return bool(one) and _words(one) == _words(other)


def _words(name: str) -> list[str]:
    return sorted(re.findall(r"\w+", _folded(name)))


def _folded(told: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", told.casefold()) if not unicodedata.combining(c))


def _email(told: object) -> str:
    """As it travels; empty for what is none."""
    written = told.strip() if isinstance(told, str) and len(told) <= 254 else ""
    return email_asked(written) if written.isprintable() and EMAIL.fullmatch(written) else ""


def _own_email(row: Json) -> str:
    """The answer to a question of the form that asks the member for their address."""
    fields: Any = row.get("customFields")
    for field in fields if isinstance(fields, list) else ():
        if isinstance(field, dict) and (email := _email(field.get("answer"))):
            asks = _folded(text(field.get("name"))[:200])
            if ASKS_EMAIL.search(asks) and not OF_SOMEBODY_ELSE.search(asks):
                return email
    return ""
