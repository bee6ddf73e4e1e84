"""A real SMTP server that is as ill as a test wants: it says no, says nothing, or breaks the line, at any command."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.mailcatcher import Mail, read_mail

HOST = "127.0.0.1"
COMMANDS = ("EHLO", "AUTH", "MAIL", "RCPT", "DATA")
CUT, MUTE = "cut", "mute"  # beside what it answers: the line breaks, nothing comes


@dataclass
class MailServer:
    """`credentials`: who may sign in; `answers`: what it says to a command instead of yes, `CUT` or `MUTE`; after
    `mails` it has taken, `cut_after` of them without saying so."""

    credentials: tuple[str, str] | None = None
    answers: dict[str, str] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    cut_after: int = 0
    port: int = 0
    authority: trustme.CA = field(default_factory=trustme.CA)
    named: str = HOST

    def address(self, scheme: str = "smtp", host: str = HOST) -> str:
        who = "{}:{}@".format(*self.credentials) if self.credentials else ""
        return f"{scheme}://{who}{host}:{self.port}"

    @property
    def trusted(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # who trusts this one needs none of the system's authorities
        self.authority.configure_trust(context)
        return context

    @property
    def messages(self) -> list[EmailMessage]:
        return [mail.message for mail in self.mails]

    @asynccontextmanager
    async def running(
        self, line: str = "clear", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator[MailServer]:
        """`line` as in `integrations.mail.smtp_server`; `tls` is its end of it, a good one otherwise."""
        if tls is None:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.authority.issue_cert(self.named).configure_cert(tls)
        how: dict[str, Any] = {"tls_context": tls} if line == "starttls" else {"auth_require_tls": False}
        session = partial(SMTP, self, hostname="mail.exemple.fr", authenticator=self._authenticate, **how)
        implicit = tls if line == "tls" else None
        server = await asyncio.get_running_loop().create_server(session, HOST, port, ssl=implicit)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    def _authenticate(self, _: SMTP, __: Session, ___: Envelope, mechanism: str, data: Any) -> AuthResult:
        told = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        self.seen.append(("AUTH", mechanism))
        if answer := self.answers.get("AUTH"):
            return AuthResult(success=False, handled=False, message=answer)
        return AuthResult(success=told is not None and told == self.credentials, handled=False)

    async def _says(self, command: str, server: SMTP) -> str:
        answer = self.answers.get(command, "")
        if answer == CUT:
            server.transport.abort()
        if answer in (CUT, MUTE):
            await asyncio.Event().wait()
        return answer

    async def handle_EHLO(self, server: SMTP, session: Session, _: Envelope, name: str, told: list[str]) -> list[str]:
        session.host_name = name
        self.seen.append(("EHLO", name))
        answer = await self._says("EHLO", server)
        return [answer] if answer else told

    async def handle_MAIL(self, server: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]) -> str:
        self.seen.append(("MAIL", address))
        envelope.mail_from = address
        return await self._says("MAIL", server) or "250 OK"

    async def handle_RCPT(self, server: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]) -> str:
        self.seen.append(("RCPT", address))
        answer = await self._says("RCPT", server) or self.answers.get(address) or "250 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:
        refusal = await self._says("DATA", server)
        if refusal:
            return refusal
        self.mails.append(read_mail(envelope))
        if self.cut_after:
            self.cut_after -= 1
            server.transport.abort()
        return "250 OK"
