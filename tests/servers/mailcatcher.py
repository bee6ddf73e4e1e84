"""An SMTP server that keeps what it receives, so that a test or the demo can read the newcomer's mail."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Mail:
    to: tuple[str, ...]
    subject: str
    text: str
    message: EmailMessage = field(repr=False)

    def link(self, containing: str = "") -> str:
        """The first address of the text in which `containing` occurs."""
        found = [link for link in re.findall(r"https?://[^\s<>\"]+", self.text) if containing in link]
        if not found:
            raise LookupError(f"no link with {containing!r} in the mail “{self.subject}”")
        return found[0]


class MailCatcher:
    """`async with MailCatcher() as mails:` listens on `mails.port`; `mails.messages` holds everything received."""

    def __init__(self) -> None:
        self.messages: list[Mail] = []
        self.port = 0
        self._unread: list[Mail] = []
        self._news = asyncio.Condition()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._session, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def __aenter__(self) -> MailCatcher:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def next_mail(self, to: str, timeout: float = 60.0, *, containing: str = "") -> Mail:
        """The oldest mail to this address that nobody has taken yet, in which `containing` occurs; waiting up to
        `timeout` seconds for it."""

        def wanted() -> list[Mail]:
            return [mail for mail in self._unread if to in mail.to and containing in mail.text]

        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(wanted)
            mail = wanted()[0]
            self._unread.remove(mail)
            return mail

    def _session(self) -> SMTP:
        return cast(Callable[..., SMTP], SMTP)(self, hostname="127.0.0.1", enable_SMTPUTF8=True)

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        mail = read_mail(envelope)
        async with self._news:
            self.messages.append(mail)
            self._unread.append(mail)
            self._news.notify_all()
        return "250 OK"


def read_mail(envelope: Envelope) -> Mail:
    message = cast(EmailMessage, email.message_from_bytes(envelope.content or b"", policy=email.policy.default))
    body = message.get_body(preferencelist=("plain", "html"))
    return Mail(tuple(envelope.rcpt_tos), str(message["Subject"]), body.get_content() if body else "", message)
