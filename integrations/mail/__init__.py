"""SMTP: mails given to a lieu's server, one by one, and what it says of them.

What it does not take now fails as Unavailable and is given to it again; what it never takes is Refused, in its words.
"""

from __future__ import annotations

import ssl
from email.headerregistry import Address
from email.message import EmailMessage

from integrations.errors import Refused, Unavailable
from integrations.findings import Finding

from .email_message import PLAIN, email_message
from .mailboxes import mailbox, sender_of
from .smtp_server import Patience, SmtpServer, smtp_server

__all__ = ["Mail", "Patience", "SmtpServer", "email_message", "sender_of", "smtp_server"]


class Mail:
    """A lieu's way to send mails, all from one `sender`. `trusted`: other authorities than this machine's."""

    def __init__(
        self,
        server: SmtpServer,
        sender: Address,
        *,
        trusted: ssl.SSLContext | None = None,
        patience: Patience | None = None,
    ) -> None:
        from .client import Client  # with aiosmtplib, for a lieu that writes mails

        self.sender, self.host = sender, server.host
        self._client = Client(server, sender.domain, trusted=trusted, patience=patience)

    async def send(self, message: EmailMessage, to: str) -> None:
        """Give it to the server, for one person. The same `Message-ID` twice is one mail to whoever shows it.

        Raises `Rejected("mail-address")`, `Rejected("mail-recipient")` and `Rejected("mail-too-big")`, `NotPermitted`
        where somebody must mend the settings or the server, `Refused("mail-refused")`, Unavailable.
        """
        recipient, data = mailbox(to), message.as_bytes(policy=PLAIN)
        async with self._client.line() as exchange:
            await exchange.from_(self.sender.addr_spec, len(data))
            await exchange.to(recipient)
            await exchange.content(data)

    async def check(self) -> list[Finding]:
        """What `doctor` shows."""
        from .check import check

        return await check(self._client, self.sender.addr_spec)

    async def answers(self) -> None:
        """Whether somebody answers at the other end of a private line: nobody signs in, no mail is begun. Raises
        Unavailable."""
        try:
            async with self._client.line(signs_in=False):
                return
        except Refused as no:  # of the line itself: no encryption, a certificate that nobody can believe
            trouble = Unavailable("mail", cause=no.code.removeprefix("mail-"))
            trouble.words.update(no.words)
            raise trouble from None

    async def close(self) -> None:
        """Nothing stays open between two mails."""
