"""What leads somebody who is invited in: a mail of the lieu to their page, that of the SSO, or a text sent by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from bot.errors import Refused
from bot.mail.mail_texts import BY_PAGE, MailTexts
from bot.mail.mails import Mails, Sending
from bot.services.directory import first_password, is_homeserver, is_nextcloud
from bot.store.arrivals import ENDED
from integrations.directory import Directory


class FirstPassword(TypedDict):
    """How somebody chooses their password: by their « page », or as in `integrations.directory.FirstLogin`."""

    kind: str
    link: str | None
    replaces: NotRequired[bool]


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
    def has_pages(self) -> bool:
        return bool(self.texts.addresses.public_url)

    @property
    def leads_to_page(self) -> bool:
        """Whether a mail leads to a page that sends the link to a password when it is asked for: it lives minutes."""
        return self.is_mailed and self.has_pages

    async def first_password(self, login: str, made_for: int | None = None) -> FirstPassword:
        """Have them choose it now, unless their page does when they are there, or the making of the account did, for
        this arrival: then the page tells so. A link that nobody is to be given is not kept."""
        by_itself = made_for is not None and is_nextcloud(self.directory)
        if self.leads_to_page and not by_itself:
            return {"kind": BY_PAGE, "link": None}
        first = await first_password(self.directory, login, made=made_for is not None)
        if made_for is not None and by_itself:
            await self.texts.arrivals.link_was_mailed(made_for, first["expires_in"])
        return {"kind": first["kind"], "link": None}

    async def fresh_link(self, login: str, arrival: int) -> FirstPassword:
        """The same, asked for by a concierge. Raises `Refused`: "already-has-password", or "password-chosen" where that
        was done on a page of ours."""
        if is_homeserver(self.directory):
            if await self.directory.was_used(login) or await self.texts.arrivals.has_chosen_password(arrival):
                raise Refused("password-chosen")
            await self.texts.arrivals.renew_page(arrival)  # it is the link
        if self.leads_to_page:
            return {"kind": BY_PAGE, "link": None}
        first = await self.directory.start_first_login(login)
        return {"kind": first.kind, "link": first.link, "replaces": first.replaces}

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
