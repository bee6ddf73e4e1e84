"""SCIM resources as they come, read warily, and as they go (RFC 7643 §4): no request is made here."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from integrations.domains import same_email

from . import Account, given_and_family

Row = dict[str, Any]

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def text(row: object, *path: str) -> str:
    """The text at this path of an answer, empty where there is none or it is something else."""
    for step in path:
        row = row.get(step) if isinstance(row, dict) else None
    return row if isinstance(row, str) else ""


def objects(value: object) -> list[Row]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def person(login: str, name: str, email: str) -> Row:
    """Somebody new, without a password. Canaille wants nothing but `value` in an address."""
    return {
        "schemas": [USER],
        "userName": login,
        "name": names(name.strip() or login) | {"formatted": name},
        "displayName": name,
        "emails": [{"value": email}],
        "active": True,
    }


def names(name: str) -> Row:
    """Servers want both (Keycloak refuses one without the other), so who has one alone has it twice."""
    given, family = given_and_family(name)
    return {"formatted": name, "familyName": family or given, "givenName": given}


def group(name: str) -> Row:
    return {"schemas": [GROUP], "displayName": name, "members": []}


def account(row: Row) -> Account:
    name = _formatted(row) or text(row, "displayName") or text(row, "userName")
    email = next(iter(emails(row)), "")
    return Account(text(row, "userName"), name, email, is_active(row), text(row, "id"))


def _formatted(row: Row) -> str:
    """Keycloak makes it of both names, and so writes one that was given twice two times."""
    given, family, whole = (text(row, "name", part) for part in ("givenName", "familyName", "formatted"))
    return given if given == family and whole == f"{given} {family}" else whole


def emails(row: Row) -> list[str]:
    """Every address of somebody, the one marked as primary first."""
    found = sorted(objects(row.get("emails")), key=lambda email: email.get("primary") is not True)
    return [text(email, "value") for email in found if text(email, "value")]


def is_active(row: Row) -> bool:
    return row.get("active") is not False


def is_named(row: Row, login: str) -> bool:
    """Usernames do not tell capitals apart (RFC 7643 §4.1.1)."""
    return text(row, "userName").casefold() == login.casefold()


def is_called(row: Row, name: str) -> bool:
    """As it is read back: one name written twice is one."""
    return account(row).name == account({"name": names(name), "displayName": name}).name


def is_reached(row: Row, email: str) -> bool:
    return any(same_email(email, own) for own in emails(row))


def has_member(row: Row, user: Row) -> bool:
    return any(_means(member, user) for member in objects(row.get("members")))


def groups_told(user: Row) -> tuple[str, ...]:
    """The groups that the row of a person names; a server need not (RFC 7643 §4.1.2)."""
    return tuple(sorted(text(group, "display") for group in objects(user.get("groups")) if text(group, "display")))


def members_with(row: Row, user: Row, member: bool) -> list[Row]:
    """The whole list, as it must be sent: Canaille knows no change of one member, and answers usernames as values."""
    others = [_sendable(one) for one in objects(row.get("members")) if not _means(one, user)]
    return [*others, _member(user)] if member else others


def put_in(user: Row) -> Row:
    """The change of one member that leaves the others as they are (RFC 7644 §3.5.2.1)."""
    return {"op": "add", "path": "members", "value": [_member(user)]}


def take_out(user: Row) -> Row:
    """On Keycloak the only way to say it that does it: of the others it says that they were done (26.7)."""
    return {"op": "remove", "path": f"members[value eq {quoted(text(user, 'id'))}]"}


def quoted(value: str) -> str:
    """As it stands in a filter (RFC 7644 §3.4.2.2): letters as they are, for Keycloak finds no « \\u00e9 »."""
    return json.dumps(value, ensure_ascii=False)


def whole(members: list[Row]) -> Row:
    return {"op": "replace", "path": "members", "value": members}


def _member(user: Row) -> Row:
    return _sendable({"value": text(user, "id"), "$ref": text(user, "meta", "location")})


def modified(row: Row) -> datetime | None:
    try:
        return in_utc(datetime.fromisoformat(text(row, "meta", "lastModified")))
    except ValueError:
        return None


def in_utc(moment: datetime) -> datetime:
    """A date without a zone is in UTC: Canaille forgets the Z of those that it reads back from its database."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _means(member: Row, user: Row) -> bool:
    return text(member, "value") in (text(user, "id"), text(user, "userName"))


def _sendable(member: Row) -> Row:
    return {key: member[key] for key in ("value", "$ref", "type") if member.get(key)}
