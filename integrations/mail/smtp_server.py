"""The server that mails go through, as one address says it: `smtp://user:password@host:587`, `smtps://host:465`."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from integrations.domains import asked, is_loopback

Line = Literal["tls", "starttls", "clear"]
"""tls: encrypted from the first byte · starttls: encrypted before anything is said, or nothing is · clear: never."""

HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
RELAY, SUBMISSION, SUBMISSIONS = 25, 587, 465
CONNECT, READ, END = 10.0, 30.0, 120.0  # seconds: for a line, for an answer, for what was made of a whole mail
LIKE = "must be like smtp://user:password@mail.example.org:587 or smtps://user:password@mail.example.org"


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds: until there is a line, for each answer, and for the one at the end of a mail."""

    connect: float = CONNECT
    read: float = READ
    end: float = END


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """`user` is empty where nobody signs in."""

    host: str
    port: int
    line: Line
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_overheard(self) -> bool:
        """Whether what is said there can be read on the way."""
        return self.line == "clear" and not is_loopback(self.host)

    def without_secret(self, said: str) -> str:
        """What it says, where it may say our password back: as it is, or as it travels."""
        if not self.password:
            return said
        travels = (self.password, f"\0{self.user}\0{self.password}")
        for secret in (self.password, *(b64encode(each.encode()).decode() for each in travels)):
            said = said.replace(secret, "…")
        return said


def smtp_server(url: str) -> SmtpServer:
    """Raises ValueError with what is wrong, never with anything of `url`: it holds a password.

    In clear only where nobody is between, on this machine, or where that was chosen (`?starttls=no`) and there is no
    password to give away.
    """
    try:
        parts, port = urlsplit(url), urlsplit(url).port
        how = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError:
        raise _unreadable() from None
    host = asked(parts.hostname or "")
    if parts.scheme not in ("smtp", "smtps") or not HOST.fullmatch(host) or parts.path.strip("/") or parts.fragment:
        raise _unreadable()
    if how not in ({}, {"starttls": ["no"]}):
        raise ValueError("may end with ?starttls=no, and with nothing else")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("needs a name and a password, or neither")
    line = _line(parts, host, chosen=bool(how))
    if how and user and not is_loopback(host):
        raise ValueError("would send the password in clear: leave ?starttls=no out, or the name and the password")
    return SmtpServer(host, port or _usual(line, user), line, user, password)


def _unreadable() -> ValueError:
    return ValueError(f"{LIKE}; in a name or password, write %40 for @, %3A for :, %2F for /, %23 for #, %3F for ?")


def _line(parts: SplitResult, host: str, *, chosen: bool) -> Line:
    if parts.scheme == "smtps":
        return "tls"
    return "clear" if chosen or is_loopback(host) else "starttls"


def _usual(line: Line, user: str) -> int:
    return SUBMISSIONS if line == "tls" else SUBMISSION if user else RELAY
