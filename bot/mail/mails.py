"""Mails in the name of a lieu. A repeated sending is recognised by whoever shows them: its `Message-ID` is the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Literal

from bot.errors import Unavailable
from bot.mail.composition import Written, header
from bot.mail.mail_texts import MailTexts
from integrations.mail import Mail, email_message

IN_NAMES = re.compile(r'[<>@"\\]+')  # what would look like an address beside the real one


Sending = Literal["sent", "later", "untold"]
"""sent: the server has it · later: it has not · untold: it was given the mail, and said nothing."""


@dataclass(frozen=True, slots=True)
class Mails:
    """Each tells what became of it. Raises Refused as `Mail.send`. `key` names the sending: the same is one mail."""

    texts: MailTexts
    server: Mail

    async def invitation(self, email: str, arrival: int, password: str, key: str) -> Sending:
        """See `MailTexts.invitation`."""
        return await self._send(email, await self.texts.invitation(arrival, password), key)

    async def joining(self, what: str, email: str, language: str, key: str, called: str, **told: str) -> Sending:
        """See `MailTexts.joining`."""
        return await self._send(email, self.texts.joining(what, language, called, **told), key)

    async def access(self, what: str, email: str, person: str, called: str, by: str, key: str) -> Sending:
        """See `MailTexts.access`."""
        return await self._send(email, await self.texts.access(what, person, called, by), key)

    async def erased(self, email: str, language: str, kept: list[str], key: str) -> Sending:
        """See `MailTexts.erased`."""
        return await self._send(email, self.texts.erased(language, kept), key)

    async def _send(self, email: str, written: Written, key: str) -> Sending:
        sender = self.server.sender
        lieu = Address(header(IN_NAMES.sub(" ", self.texts.lieu.name)), sender.username, sender.domain)
        message = email_message(lieu, email, written.subject, written.text, html=written.html, key=key)
        try:
            await self.server.send(message, email)
        except Unavailable as trouble:
            return "untold" if trouble.unknown else "later"
        return "sent"
