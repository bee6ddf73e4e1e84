"""What leads somebody who is invited in: a mail of the lieu to their page, that of the SSO, or a text sent by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

from bot.errors import Refused
from bot.mail.mail_texts import MailTexts
from bot.mail.mails import Mails, Sending
from bot.store.arrivals import ENDED
from integrations.directory import Directory, begin_first_login

BY_PAGE = "page"


class FirstPassword(TypedDict):
    """How somebody chooses their password: by their « page », or as in `integrations.directory.FirstLogin`."""

    kind: str
    link: str | None


@dataclass(frozen=True, slots=True)
class WayIn:
    """Of one lieu; `mails` is None where it sends none of its own."""

    texts: MailTexts
    mails: Mails | None
    directory: Directory

    @property
    def is_mailed(self) -> bool:
        return self.mails is not None

    @property
    def leads_to_page(self) -> bool:
        """Whether a mail leads to a page that sends the link to a password when it is asked for: it lives minutes."""
        return self.is_mailed and bool(self.texts.addresses.public_url)

    async def first_password(self, login: str) -> FirstPassword:
        """Have them choose it now, unless their page does when they are there. A link that nobody is to be given is not
        kept."""
        if self.leads_to_page:
            return {"kind": BY_PAGE, "link": None}
        return {"kind": (await begin_first_login(self.directory, login))["kind"], "link": None}

    async def fresh_link(self, login: str) -> FirstPassword:
        """The same, asked for by a concierge. Raises `Refused("already-has-password")`."""
        if self.leads_to_page:
            return {"kind": BY_PAGE, "link": None}
        first = await self.directory.start_first_login(login)
        return {"kind": first.kind, "link": first.link}

    async def mail(self, email: str, arrival: int, password: str, key: str) -> Sending | Literal["over"]:
        """Give the invitation to the mail server, unless the arrival is `over`. Raises Refused."""
        if self.mails is None:
            raise Refused("mail-none")
        if (await self.texts.arrivals.get(arrival))["status"] in ENDED:
            return "over"
        return await self.mails.invitation(email, arrival, password, key)

    async def text(self, arrival: int, password: str) -> str:
        """What the mail says, for whoever sends it by hand: it holds the address of their page."""
        return (await self.texts.invitation(arrival, password)).text.strip()
