"""The one way to an SMTP server: a line that nobody else can read, somebody signed in, and one mail.

The only file that knows aiosmtplib. What the server says no to is told in its own words, which are a stranger's.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from integrations.errors import NotPermitted, Refused, Rejected, Unavailable

from .smtp_server import SmtpServer

SERVICE = "mail"
CONNECT, READ, END = 10.0, 30.0, 120.0  # seconds: for a line, for an answer, for what was made of a whole mail
SOON, LATER = 60.0, 300.0  # seconds until it is tried again; a stranger is often asked to come back in some minutes
LONGEST_SAID = 200
SIGN_IN_FIRST, TOO_BIG = 530, 552
ENHANCED = re.compile(r"(?m)^([245]\.\d{1,3}\.\d{1,3})[ \t]*")  # what servers call it among themselves
BARRED, BIG = "5.7.", "5.3.4"
SECRET = re.compile(r"(?i)(?:https?://|www\.)\S+|[\w-]{24,}")  # what of our mail may come back in an answer


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds: until there is a line, for each answer, and for the one at the end of a mail."""

    connect: float = CONNECT
    read: float = READ
    end: float = END


class Client:
    """`trusted` are the authorities that its certificate is checked against, those of this machine by default; `name`
    is what the bot calls itself there."""

    def __init__(
        self, server: SmtpServer, name: str, *, trusted: ssl.SSLContext | None = None, patience: Patience | None = None
    ) -> None:
        self.server, self._name, self._trusted = server, name, trusted
        self._patience = patience or Patience()

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Exchange]:
        """Private, and signed in where there is somebody to sign in as."""
        server, patience = self.server, self._patience
        smtp = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=self._name,
            timeout=patience.connect,
            use_tls=server.line == "tls",
            start_tls=False,
            tls_context=None if server.line == "clear" else self._trusted or _authorities(),
        )
        exchange = Exchange(smtp, patience)
        try:
            await exchange.begin(server)
            yield exchange
            with suppress(SMTPException, OSError, TimeoutError):  # it has what it needs
                await smtp.quit(timeout=patience.read)
        except Refused as no:
            no.words.update({name: server.without_secret(said) for name, said in no.words.items()})
            raise
        finally:
            smtp.close()


class Exchange:
    """Each step raises Refused, or Unavailable where trying again may help."""

    def __init__(self, smtp: SMTP, patience: Patience) -> None:
        self._smtp, self._patience = smtp, patience

    async def begin(self, server: SmtpServer) -> None:
        async with _step(_refused):
            await self._smtp.connect()
            self._smtp.timeout = self._patience.read
            await self._smtp.ehlo()
        if server.line == "starttls":
            await self._encrypt()
        if server.user:
            await self._sign_in(server)

    async def _encrypt(self) -> None:
        if not self._smtp.supports_extension("starttls"):  # or somebody between us took it away
            raise NotPermitted("mail-no-tls")
        async with _step(lambda _: NotPermitted("mail-no-tls")):
            await self._smtp.starttls()
            await self._smtp.ehlo()

    async def _sign_in(self, server: SmtpServer) -> None:
        if not self._smtp.supported_auth_methods:
            raise NotPermitted("mail-no-sign-in")
        async with _step(lambda _: NotPermitted("mail-credentials")):
            await self._smtp.login(server.user, server.password)

    async def from_(self, sender: str, size: int = 0) -> None:
        """Begin a mail of so many bytes."""
        sized = [f"SIZE={size}"] if size and self._smtp.supports_extension("size") else []
        async with _step(_sender_refused):
            await self._smtp.mail(sender, options=sized)

    async def to(self, recipient: str) -> None:
        async with _step(_recipient_refused, later=LATER):
            await self._smtp.rcpt(recipient)

    async def content(self, mail: bytes) -> None:
        """Raises `Unavailable(unknown=True)` where the mail was given away and no answer came."""
        async with _step(_content_refused, later=LATER, unknown=True):
            await self._smtp.data(mail, timeout=self._patience.end)


@cache
def _authorities() -> ssl.SSLContext:
    """Those of this machine, read once."""
    return ssl.create_default_context()


@asynccontextmanager
async def _step(
    refused: Callable[[SMTPResponseException], Refused], *, later: float = SOON, unknown: bool = False
) -> AsyncIterator[None]:
    try:
        yield
    except (SMTPException, OSError) as error:
        raise _failure(error, refused, later, unknown) from None


def _failure(
    error: Exception, refused: Callable[[SMTPResponseException], Refused], later: float, unknown: bool
) -> Exception:
    """What it means that the line is not private, that the server says no, or not now, or nothing that we know."""
    tls = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(tls, ssl.SSLCertVerificationError):
        return NotPermitted("mail-certificate", why=said(tls.verify_message))
    if isinstance(tls, ssl.SSLError):
        return NotPermitted("mail-no-tls")
    code = error.code if isinstance(error, SMTPResponseException) else 0
    if isinstance(error, SMTPResponseException) and 500 <= code < 600:
        return refused(error)
    not_now = 400 <= code < 500
    return Unavailable(SERVICE, later if not_now else SOON, unknown=unknown and not not_now)


def _refused(answer: SMTPResponseException) -> Refused:
    if answer.code == SIGN_IN_FIRST:
        return NotPermitted("mail-sign-in-needed")
    return Refused("mail-refused", said=said(answer.message))


def _sender_refused(answer: SMTPResponseException) -> Refused:
    if answer.code in (SIGN_IN_FIRST, TOO_BIG):
        return _content_refused(answer)
    return NotPermitted("mail-sender", said=said(answer.message))


def _recipient_refused(answer: SMTPResponseException) -> Refused:
    """Whether it is the address, or we who may not write to it."""
    told = ENHANCED.match(answer.message)
    if answer.code == SIGN_IN_FIRST or (told and told[1].startswith(BARRED)):
        return _refused(answer)
    return Rejected("mail-recipient", said=said(answer.message))


def _content_refused(answer: SMTPResponseException) -> Refused:
    told = ENHANCED.match(answer.message)
    if answer.code == TOO_BIG or (told and told[1] == BIG):
        return Rejected("mail-too-big")
    return _refused(answer)


def said(answer: str) -> str:
    """The sentence of a server on one line, without what is for machines, or may be secret in the mail it speaks of."""
    words = SECRET.sub("…", ENHANCED.sub("", answer))
    line = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return line if len(line) <= LONGEST_SAID else f"{line[: LONGEST_SAID - 1].rstrip()}…"
