"""What can go wrong with a service, sorted by what the person can do about it.

Exception
├── Refused            the service said no: tell the person (code → words)
│   ├── Conflict       the name or address is taken                  (field)
│   ├── NotFound       there is no such thing
│   ├── Rejected       the value is not acceptable                   (reason)
│   ├── NotPermitted   the bot lacks a right: somebody must give it
│   │   └── Protected  nobody is to give it: what is not ours stays as it is
│   └── Unsupported    this service cannot do that                   (capability)
└── Unavailable        nobody gets in for now: the bot tries again by itself  (service, retry_after, cause)
    └── Moved          it sends us elsewhere: the operator must look           (to)

Anything else that escapes is a bug of ours.
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from .causes import PASSING

LONGEST_REASON = 200  # characters
LONGEST_ADDRESS = 200


class Refused(Exception):
    """The answer is no, and will stay no. `code` is the key of a sentence, `words` fill its holes (never secrets)."""

    code = "refused"

    def __init__(self, code: str | None = None, **words: str) -> None:
        self.code = code or self.code
        self.words = words
        super().__init__(self.code, words)


class Conflict(Refused):
    """`field` is already taken by somebody or something else."""

    def __init__(self, field: str, **words: str) -> None:
        self.field = field
        super().__init__(f"{field}-taken", **words)


class NotFound(Refused):
    code = "not-found"


class Rejected(Refused):
    code = "rejected"


class NotPermitted(Refused):
    code = "not-permitted"


class Protected(NotPermitted):
    """It is not the bot's to do, whatever rights it has."""


class Unsupported(Refused):
    code = "unsupported"


class Unavailable(Exception):
    """The service did not answer, asked for patience, or lets nobody in until a human has mended it. `retry_after` in
    seconds.

    `cause` is why, as the key of a sentence (`integrations.causes` has those of every connection; "credentials" is one
    that a service says itself); "" is silence. `words` fill its holes, never secrets. `unknown` is True when the
    request may have been carried out: read back before repeating it.
    """

    def __init__(
        self, service: str, retry_after: float = 30.0, *, unknown: bool = False, cause: str = "", **words: str
    ) -> None:
        self.service = service
        self.retry_after = retry_after
        self.unknown = unknown
        self.cause = cause
        self.words = words
        super().__init__(service, cause)

    @property
    def passes(self) -> bool:
        """Whether it may end by itself; else a human mends it."""
        return self.cause in PASSING


class Moved(Unavailable):
    """The service sends us on to another address. Nobody goes there: a password is for the address that the operator
    wrote. `to` is what should be written instead, if it is theirs; where what was asked for is not asked for there
    (`portal`), it is mostly a page to sign in on."""

    def __init__(
        self, service: str, to: str = "", retry_after: float = 60.0, *, unknown: bool = False, portal: bool = False
    ) -> None:
        self.to = to
        cause = "portal" if portal else "moved"
        super().__init__(service, retry_after, unknown=unknown, cause=cause, to=to or "?")


def leads_to(base: str, path: str, location: str) -> str:
    """The address that stands to `base` as `location` does to what was asked of it; empty where it is not one."""
    try:
        to = urlsplit(urljoin(f"{base}{path}", location))
        host = to.netloc.rpartition("@")[2]
        address = f"{to.scheme}://{host}{to.path.removesuffix(path.partition('?')[0])}".rstrip("/")
    except ValueError:
        return ""
    return address[:LONGEST_ADDRESS] if to.scheme in ("http", "https") and host and address.isprintable() else ""


def is_elsewhere(base: str, path: str, location: str) -> bool:
    """Whether something else is asked for there than was: nothing moved, somebody stands before it."""
    try:
        there = urlsplit(urljoin(f"{base}{path}", location)).path.rstrip("/")
        return not there.endswith(urlsplit(path or base).path.rstrip("/"))
    except ValueError:
        return True


def reason(said: str) -> str:
    """What a service says of its own refusal, as people can be told."""
    shown = "".join(char for char in said if char.isprintable())
    return shown if len(shown) <= LONGEST_REASON else f"{shown[: LONGEST_REASON - 1]}…"
