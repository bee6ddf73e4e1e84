"""What the mails of a lieu say, each made anew from what is true when it is read: it may hold a secret address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from bot.arrivals.arrivals import Arrivals
from bot.arrivals.client_links import ClientLinks
from bot.arrivals.full_names import greeted
from bot.arrivals.page_addresses import PageAddresses
from bot.lieux import Lieu
from bot.mail.composition import Written, compose, unlinked
from bot.matrix.facts import server_of
from bot.people import People
from bot.words import Words
from integrations.directory import Kind

BY_PAGE = "page"
OF_SSO: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind != BY_PAGE)


@dataclass(frozen=True, slots=True)
class MailTexts:
    """Of one lieu."""

    lieu: Lieu
    words: Words
    people: People
    arrivals: Arrivals
    addresses: PageAddresses
    links: ClientLinks

    async def invitation(self, arrival: int, password: str) -> Written:
        """For somebody who was invited, by whoever invited them. Without a page it says the whole way; `password`: how
        they get theirs (`Kind`, or what a page did that is there no more).

        Whose account it is that is not of the lieu's making is nobody's to learn by an e-mail: neither this text, which
        others may read, nor a page that it leads to says it.
        """
        row = await self.arrivals.get(arrival)
        person, ours = row["person"], bool(row["login"])
        return compose(
            self.words,
            await self.people.language(person, self.lieu, self.lieu.tongue),
            self.lieu,
            "invitation",
            inviter=unlinked(await self.people.name(row["invited_by"])),
            name=unlinked(greeted(row["name"] or "")),
            login=row["login"] or "",
            server=server_of(person),
            password=("external" if password not in OF_SSO else password) if ours else "own",
            page=await self.addresses.of_arrival(self.lieu, arrival) if ours else "",
            client=self.links.sign_in(),
            knows_server=self.links.knows_server,
            app=self.links.app(person) if ours else "",
        )

    def joining(self, what: str, language: str, called: str, **told: str) -> Written:
        """For somebody who asked to come: `what` is confirm (their address), account (they have one), waits, question,
        declined or undecided. `told`: a `page`, a `quote` of somebody's words, the `person` of an account and the
        `space` that they can enter with it."""
        told = dict.fromkeys(("page", "quote", "person", "space"), "") | told
        return compose(
            self.words,
            language,
            self.lieu,
            "joining",
            what=what,
            name=unlinked(called),
            client=self.links.sign_in(),
            **told,
        )

    async def access(self, what: str, person: str, called: str, by: str) -> Written:
        """For somebody whose accounts are shut or opened, by whoever decided that: the word that they may not read in
        private. `what` is departure, suspend, reactivate or close."""
        return compose(
            self.words,
            await self.people.language(person, self.lieu, self.lieu.tongue),
            self.lieu,
            "access",
            what=what,
            name=unlinked(greeted(called)),
            by=unlinked(await self.people.name(by)),
        )

    def erased(self, language: str, kept: list[str]) -> Written:
        """For somebody of whom everything was erased, their way into private conversations too; what is `kept` all the
        same, in sentences."""
        return compose(self.words, language, self.lieu, "erased", kept=kept)
