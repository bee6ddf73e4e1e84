"""Where the accounts of a lieu live (its SSO): one `Directory`, whatever the server speaks.

A username is also somebody's Matrix address, so it is never changed once given. No password passes through here: people
choose theirs on the SSO's own page (`FirstLogin`). Only where accounts are those of the homeserver
(`homeserver_accounts`), a page of ours hands the first one over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Collection
from dataclasses import asdict, dataclass
from typing import Literal, NotRequired, Protocol, TypedDict, cast

from integrations.errors import NotPermitted, Refused
from integrations.findings import Finding
from integrations.reserved_names import administers, is_reserved

Capability = Literal[
    "accounts", "change", "delete", "first-login", "groups", "identities", "lock", "logout", "lookup", "unbar"
]
"""accounts: they are made here, and found · change: a name or an e-mail address can be put right · lookup: accounts are
found, others make them."""
Kind = Literal["mail", "link", "page", "external", "none"]
Hold = Literal["shut", "until-password", "open", "untold"]
"""What a lock does to whoever has the password. shut: nobody enters · until-password: nobody, until a new password is
chosen, which lifts it · open: it is written, and obeyed by nobody · untold: the server does not show which."""
Subject = Literal["login", "id", "email"]

LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,31}")
LONGEST_LOGIN = 32
LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
LONGEST_NAME = 200  # characters of which a login is made: marks by the thousand are not put in order
JOINTS = re.compile(r"[._-]+")
SILENT = re.compile(r"['’ʼ`´]")


class AccountDict(TypedDict):
    """An `Account` as JSON."""

    login: str
    name: str
    email: str
    active: bool
    id: str


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody in the directory. `id` is the server's own name for the account, never shown."""

    login: str
    name: str
    email: str
    active: bool
    id: str

    def to_dict(self) -> AccountDict:
        return cast(AccountDict, asdict(self))


class FirstLoginDict(TypedDict):
    """A `FirstLogin` as JSON."""

    kind: Kind
    expires_in: int | None
    link: str | None
    replaces: NotRequired[bool]


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """How the person gets their first password.

    mail: the SSO has just sent them a link · link: `link` may be given to them in private · page: on the page of their
    invitation, which hands it to the homeserver · external: on the SSO's own page, `link` where it is known · none:
    there is no password to choose.
    `expires_in` is in seconds, None where it never expires or nobody knows. `replaces`: whether links that were mailed
    before are good for nothing now; else each lives to its own end.
    """

    kind: Kind
    expires_in: int | None = None
    link: str | None = None
    replaces: bool = True

    def to_dict(self) -> FirstLoginDict:
        return cast(FirstLoginDict, asdict(self))


@dataclass(frozen=True, slots=True)
class Barred:
    """Somebody is kept out for too many wrong passwords: until then (seconds since 1970, before the year 2243), or None
    where somebody has to lift it."""

    until: int | None


class Directory(Protocol):
    """Every door may raise `NotPermitted`, `Unsupported` or `Unavailable`; effects may be repeated without harm."""

    @property
    def url(self) -> str:
        """Where its server answers; empty where that is another service of the lieu, or there is none."""

    async def capabilities(self) -> frozenset[Capability]:
        """What this server can do, asked from it."""

    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]:
        """The accounts that have this username, this e-mail address (any of theirs), or both."""

    async def ensure_account(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        """The account as `Account.to_dict()`, and whether this call created it.

        An account of that login with that e-mail is ours already. Raises `Conflict("login")`, `Conflict("email")`
        where another account has them, `Rejected` where the server does not accept a value.
        """

    async def set_email(self, login: str, email: str) -> None:
        """The only address of somebody, as it should have been. Raises `NotFound`, `Conflict("email")`, `Rejected`."""

    async def set_name(self, login: str, name: str) -> None:
        """What somebody is called, as it should have been; their username stays. Raises `NotFound`, `Rejected`."""

    async def start_first_login(self, login: str) -> FirstLogin:
        """Have the person choose a password; called again, there is a fresh link (`FirstLogin.replaces`).

        Raises `NotFound`, and `Refused("already-has-password")`.
        """

    async def set_active(self, login: str, active: bool) -> None:
        """Open or close the door of the SSO; sessions that are open elsewhere live on. Raises `NotFound`."""

    async def hold(self, login: str | None = None) -> Hold:
        """How a lock holds here, as far as it can be seen: of this locked account, or of any. Raises `NotFound`."""

    async def logout(self, login: str) -> None:
        """End the sessions of the SSO."""

    async def barred(self, login: str) -> Barred | None:
        """Whether the SSO keeps somebody out who typed too many wrong passwords. Raises `NotFound`."""

    async def unbar(self, login: str) -> None:
        """Let them try again at once. Raises `NotFound`."""

    async def link_identity(self, login: str, provider: str, subject: str) -> None:
        """Let somebody's account at an identity `provider` of the SSO, which calls them `subject`, open an account that
        nobody has entered yet.

        Raises `NotFound` (of the provider too), `Refused("already-has-password")`, `Conflict("provider")` where another
        one opens it already, and `Conflict("subject")` where this one opens somebody else's.
        """

    async def ensure_group(self, name: str) -> None:
        """Raises `NotPermitted("group-administers")`, see `may_be_given`, and `NotPermitted("directory-group-kind")`
        where the name is something else's."""

    async def set_member(self, group: str, login: str, member: bool) -> None:
        """Put into the group (made where it is missing) or take out of it. Raises `NotFound` for an unknown login,
        `NotPermitted` as `ensure_group` does."""

    async def groups_of(self, login: str) -> tuple[str, ...]:
        """The names of the groups that somebody is in, sorted; none for an unknown login."""

    async def members_of(self, group: str) -> tuple[str, ...]:
        """The usernames of the people of a group, sorted; none for an unknown group."""

    async def group_names(self) -> frozenset[str]:
        """The names of all groups, in one look. Raises as `logins` does."""

    async def has_group(self, name: str) -> bool:
        """Whether there is one of this name, of whatever kind; however many others there are."""

    async def logins(self) -> frozenset[str]:
        """Every username, in one look. Raises `Refused("directory-too-many")` where the server shows no more."""

    async def everybody(self) -> tuple[Account, ...]:
        """Every account, in one look. Raises as `logins` does."""

    async def subject(self, login: str) -> str | None:
        """What the SSO calls this account where it signs people in; None where the directory cannot say.

        Raises `NotFound`.
        """

    async def tells_visits(self) -> bool:
        """Whether it says when people signed in last, years later too, as it is set up now."""

    async def last_visit(self, login: str) -> int:
        """When somebody was seen here last (ms), 0 where that is not known: who never came is not told from them."""

    async def delete(self, login: str) -> None:
        """Remove the account; nothing happens where there is none."""

    async def is_free(self, login: str) -> bool: ...

    async def check(self) -> tuple[Finding, ...]:
        """What `doctor` shows; never raises `Refused` or `Unavailable`."""

    async def answers(self) -> None:
        """One light reading, for whoever looks every few minutes. Raises `Unavailable`, and `Refused` where it answers
        and does not let us in."""

    async def close(self) -> None: ...


def finds_accounts(able: Collection[Capability]) -> bool:
    """Whether the accounts that are there are found, whoever makes them."""
    return "accounts" in able or "lookup" in able


async def begin_first_login(directory: Directory, login: str) -> FirstLoginDict:
    """`FirstLogin.to_dict()`; somebody who has a password already needs none, which is no refusal here."""
    try:
        return (await directory.start_first_login(login)).to_dict()
    except Refused as no:
        if no.code != "already-has-password":
            raise
        return FirstLogin("none").to_dict()


def may_be_given(group: str) -> None:
    """What administers the SSO is in nobody's gift here. Raises `NotPermitted("group-administers")`."""
    if administers(group):
        raise NotPermitted("group-administers", group=group)


async def free_login(name: str, free: Callable[[str], Awaitable[bool]], email: str = "") -> str:
    """A username for this name that `free` accepts: `zoe.martin`, else `zoe.martin2`… A name in another script leaves
    too few letters: then it is made of what stands before the @ of the `email`. No other figure is ever in it: what
    somebody typed beside a name, a telephone or a year, is nobody's to read.

    Whoever is called « Contact » is not given what the house itself may have one day.
    """
    made = (login_from(_without_figures(each)) for each in (_written_in_latin(name), email.partition("@")[0]))
    base = next((login for login in made if login and not is_reserved(login)), "membre")
    number = 1
    while True:
        login = base if number == 1 else f"{base[: LONGEST_LOGIN - 3]}{number}"
        if await free(login):
            return login
        number += 1


def _without_figures(text: str) -> str:
    return "".join("." if char.isnumeric() else char for char in text[:LONGEST_NAME])


def _written_in_latin(name: str) -> str:
    """The name, unless most of its letters have no place in a username."""
    letters = [char for char in name[:LONGEST_NAME] if char.isalpha()]
    kept = sum(char.isalpha() and char.isascii() for char in login_from(name))
    return name.partition("@")[0] if 2 * kept >= len(letters) else ""


def is_login(text: str) -> bool:
    """2 to 32 of a–z, 0–9, dot, underscore, hyphen, beginning with a letter: good for the SSO, Nextcloud and Matrix."""
    return LOGIN.fullmatch(text) is not None


def given_and_family(name: str) -> tuple[str, str]:
    """Both names, as servers want them apart: the last word is the family name; of one word alone there is none."""
    given, _, family = name.strip().rpartition(" ")
    return (given.strip(), family) if given else (family, "")


def login_from(name: str) -> str:
    """A username to suggest: “Zoé Martin” → `zoe.martin`. Empty where the name has too few Latin letters."""
    letters = SILENT.sub("", name[:LONGEST_NAME].lower().translate(LETTERS))
    plain = "".join(c for c in unicodedata.normalize("NFKD", letters) if not unicodedata.combining(c))
    words = re.sub(r"[^a-z0-9_-]+", ".", plain).lstrip("0123456789._-")
    login = JOINTS.sub(lambda signs: "." if "." in signs[0] else signs[0], words)[:LONGEST_LOGIN].rstrip("._-")
    return login if is_login(login) else ""


def subject_of(account: Account, subject: Subject | None) -> str | None:
    return None if subject is None else {"login": account.login, "id": account.id, "email": account.email}[subject]
