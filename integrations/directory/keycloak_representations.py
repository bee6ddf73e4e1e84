"""People and groups of Keycloak as they come, read warily, and as they go (UserRepresentation, GroupRepresentation): no
request is made here."""

from __future__ import annotations

from integrations.domains import same_email

from . import Account, Barred, given_and_family
from .scim_resources import Row, text

SERVICE_ACCOUNT = "service-account-"  # how the username of a program's own account begins
LATEST = 2**33  # seconds, in the year 2242: a bar that does not end by itself is dated at the end of numbers
ADMINISTRATION = "realm-management"  # the client whose roles give rights over a realm
OF_THE_SERVER = ("admin", "create-realm")  # the roles that do so over all of them


def person(login: str, name: str, email: str, within: list[str]) -> Row:
    """Somebody new, without a password, in the groups of these paths. Who has one name alone is asked for the other at
    their first sign-in."""
    row = {"username": login, "email": email, "emailVerified": False, "enabled": True}
    called = {part: value for part, value in names(name.strip() or login).items() if value}
    return row | called | ({"groups": within} if within else {})


def names(name: str) -> Row:
    given, family = given_and_family(name)
    return {"firstName": given, "lastName": family}


def account(row: Row) -> Account:
    return Account(text(row, "username"), _name(row), text(row, "email"), is_enabled(row), text(row, "id"))


def _name(row: Row) -> str:
    """By SCIM, one name alone was written as both."""
    given, family = text(row, "firstName").strip(), text(row, "lastName").strip()
    return given if given == family and given else f"{given} {family}".strip() or text(row, "username")


def is_person(row: Row) -> bool:
    """Nobody is welcomed, paused or shown whom a program signs in as; a search for its name finds it all the same."""
    return not text(row, "username").casefold().startswith(SERVICE_ACCOUNT)


def is_enabled(row: Row) -> bool:
    return row.get("enabled") is True


def is_named(row: Row, login: str) -> bool:
    return text(row, "username").casefold() == login.casefold()


def is_called(row: Row, name: str) -> bool:
    """As it is read back: one name written as both is one."""
    return _name(row) == _name(names(name))


def is_reached(row: Row, email: str) -> bool:
    return bool(text(row, "email")) and same_email(text(row, "email"), email)


def has_password(credentials: list[Row]) -> bool:
    return any(text(one, "type") == "password" for one in credentials)


def identity_at(identities: list[Row], provider: str) -> str:
    """What a provider calls somebody whose account it opens; empty where it does not."""
    return next((text(one, "userId") for one in identities if text(one, "identityProvider") == provider), "")


def barred(status: Row) -> Barred | None:
    until = status.get("failedLoginNotBefore")
    if status.get("disabled") is not True or not isinstance(until, int):
        return None
    return Barred(until if 0 < until < LATEST else None)


def is_barred_for_good(row: Row) -> bool:
    """Then the account is disabled besides, and stays so when the bar is lifted."""
    attributes = row.get("attributes")
    reasons = attributes.get("disabledReason") if isinstance(attributes, dict) else None
    return not is_enabled(row) and isinstance(reasons, list) and "permanentLockout" in reasons


# -- who came when


def last_access(sessions: list[Row]) -> int:
    """In milliseconds, 0 where none is open."""
    return max((_instant(row, "lastAccess") for row in sessions), default=0)


def last_sign_in(events: list[Row], id: str) -> int:
    """The same, of the person of this id: of an id that it does not understand, a server may tell everybody's."""
    return max((_instant(row, "time") for row in events if text(row, "userId") == id), default=0)


def _instant(row: Row, name: str) -> int:
    value = row.get(name)
    return value if isinstance(value, int) and 0 < value < LATEST * 1000 else 0


# -- groups


def path_of(group: str) -> str:
    return f"/{group}"


def can_be_called(group: str) -> bool:
    """No group is found by its path whose name is empty, has a slash in it, or is a step of a path."""
    return bool(group.strip(".")) and "/" not in group


def is_top(row: Row) -> bool:
    """A group by itself: those within others are their own administrator's to arrange."""
    return text(row, "path") == path_of(text(row, "name")) != path_of("")


def gives_rights(row: Row) -> bool:
    """Whether whoever is in it administers the realm, as far as the group itself says so."""
    of_clients, of_realm = row.get("clientRoles"), row.get("realmRoles")
    if isinstance(of_clients, dict) and of_clients.get(ADMINISTRATION):
        return True
    return isinstance(of_realm, list) and any(role in of_realm for role in OF_THE_SERVER)
