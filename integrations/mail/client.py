"""The one way to an SMTP server: a line that nobody else can read, somebody signed in, and one mail.

The only file that knows aiosmtplib. What the server says no to is told in its own words, which are a stranger's.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from integrations.causes import PASSING, cause_of
from integrations.errors import NotPermitted, Refused, Rejected, Unavailable

from .smtp_server import Patience, SmtpServer

SERVICE = "mail"
# Seconds until it is tried again; a stranger is often asked to come back in some minutes.
SOON, LATER, MUCH_LATER = 60.0, 300.0, 3600.0
LONGEST_SAID = 200
SIGN_IN_FIRST, BAD_CREDENTIALS, TOO_BIG = 530, 535, 552
TLS_FIRST = re.compile(r"(?i)starttls|\btls\b|encrypt")
# At the recipient, many servers say at last what they had against the sender, or against relaying: in words alone.
NO_RELAY = re.compile(
    r"(?i)\brelay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed)|prohibited|disabled)"
    r"|(?:unable|not (?:allowed|permitted)|will not|do not|cannot) (?:to )?relay|rcpthosts"
)
NOT_AS = re.compile(r"(?i)sender (?:address )?(?:rejected|verify failed|not allowed)|not owned by|send ?as\b")
# What is no sender to it, it says with a number that asks for patience: so does Postfix, as it is set at first.
NO_DOMAIN = re.compile(
    r"(?i)sender address rejected: (?:domain|.{0,80}address) not found|4\.1\.8"
    r"|(?:resolv|find|unknown)[\w ]{0,40} sender"
)
# With whatever number, and at whatever recipient comes next.
ENOUGH = re.compile(
    r"(?i)\b(?:sending|sent|hourly|daily|per (?:hour|day)|relay|message|mail|rate)\b.{0,40}"
    r"\b(?:limit|quota)s?\b.{0,40}\b(?:exceed|reach)"
    r"|exceed\w{0,3} .{0,40}\b(?:sending|hourly|daily|message rate|rate limit)|too m(?:any|uch) (?:messages|e?mails?)\b"
)
WANTS_SIGN_IN = re.compile(r"(?i)authenticat(?:ion|ed) (?:is )?required|must (?:be )?authenticate")
ENHANCED = re.compile(r"(?m)^([245]\.\d{1,3}\.\d{1,3})[ \t]*")  # what servers call it among themselves
BARRED, BIG = "5.7.", "5.3.4"
SECRET = re.compile(r"(?i)(?:https?://|www\.)\S+|[\w-]{24,}")  # what of our mail may come back in an answer


class Client:
    """`trusted` are the authorities that its certificate is checked against, those of this machine by default; `name`
    is what the bot calls itself there."""

    def __init__(
        self, server: SmtpServer, name: str, *, trusted: ssl.SSLContext | None = None, patience: Patience | None = None
    ) -> None:
        self.server, self._name, self._trusted = server, name, trusted
        self._patience = patience or Patience()

    @asynccontextmanager
    async def line(self, *, signs_in: bool = True) -> AsyncIterator[Exchange]:
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
            await exchange.begin(server, signs_in=signs_in)
            yield exchange
            with suppress(SMTPException, OSError, TimeoutError):  # it has what it needs
                await smtp.quit(timeout=patience.read)
        except (Refused, Unavailable) as no:
            no.words.update({name: server.without_secret(said) for name, said in no.words.items()})
            no.words.setdefault("host", server.host)
            raise
        finally:
            smtp.close()


class Exchange:
    """Each step raises Refused, or Unavailable where trying again may help."""

    def __init__(self, smtp: SMTP, patience: Patience) -> None:
        self._smtp, self._patience = smtp, patience

    async def begin(self, server: SmtpServer, *, signs_in: bool = True) -> None:
        async with _step(_refused):
            await self._smtp.connect()
            self._smtp.timeout = self._patience.read
            await self._smtp.ehlo()
        if server.line == "starttls":
            await self._encrypt()
        if server.user and signs_in:
            await self._sign_in(server)

    async def _encrypt(self) -> None:
        if not self._smtp.supports_extension("starttls"):  # or somebody between us took it away
            raise NotPermitted("mail-no-tls")
        async with _step(lambda _: NotPermitted("mail-no-tls")):
            await self._smtp.starttls()
            await self._smtp.ehlo()

    async def _sign_in(self, server: SmtpServer) -> None:
        if not self._smtp.supported_auth_methods:
            hides = server.line == "clear" and self._smtp.supports_extension("starttls")
            raise NotPermitted("mail-tls-first" if hides else "mail-no-sign-in")
        async with _step(_sign_in_refused):
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
    cause = cause_of(error)
    if cause == "certificate":
        return NotPermitted("mail-certificate", why=said(str(error)))
    if cause not in PASSING:
        return NotPermitted(f"mail-{cause}")
    if isinstance(error, SMTPResponseException) and 400 <= error.code < 600:
        return _told(error, refused, later)
    return Unavailable(SERVICE, SOON, unknown=unknown, cause=cause)


def _told(
    answer: SMTPResponseException, refused: Callable[[SMTPResponseException], Refused], later: float
) -> Exception:
    """By its words before its number: a full day's mails are no wrong address, and no relaying is no patience."""
    words = said(answer.message)
    if ENOUGH.search(answer.message):
        return Unavailable(SERVICE, MUCH_LATER, cause="enough", said=words)
    if answer.code >= 500:
        return refused(answer)
    if NO_RELAY.search(answer.message):
        return NotPermitted("mail-relay", said=words)
    cause = "unknown-sender" if NO_DOMAIN.search(answer.message) else "later"
    return Unavailable(SERVICE, later, cause=cause, said=words)


def _refused(answer: SMTPResponseException) -> Refused:
    if answer.code == SIGN_IN_FIRST and TLS_FIRST.search(answer.message):
        return NotPermitted("mail-tls-first")
    if answer.code == SIGN_IN_FIRST or WANTS_SIGN_IN.search(answer.message):
        return NotPermitted("mail-sign-in-needed")
    if NOT_AS.search(answer.message):
        return NotPermitted("mail-sender", said=said(answer.message))
    if NO_RELAY.search(answer.message):
        return NotPermitted("mail-relay", said=said(answer.message))
    return Refused("mail-refused", said=said(answer.message))


def _sign_in_refused(answer: SMTPResponseException) -> Refused:
    if answer.code != BAD_CREDENTIALS and TLS_FIRST.search(answer.message):
        return NotPermitted("mail-tls-first")
    return NotPermitted("mail-credentials", said=said(answer.message))


def _sender_refused(answer: SMTPResponseException) -> Refused:
    told = _content_refused(answer)
    return told if told.code != "mail-refused" else NotPermitted("mail-sender", said=said(answer.message))


def _recipient_refused(answer: SMTPResponseException) -> Refused:
    """Whether it is the address, or we who may not write to it."""
    enhanced, told = ENHANCED.match(answer.message), _refused(answer)
    if told.code != "mail-refused" or (enhanced and enhanced[1].startswith(BARRED)):
        return told
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
