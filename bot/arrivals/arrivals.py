"""The arrivals of a lieu: rows with a status, on which short conversations act. All results are plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Unpack

from bot.lieux import Lieu
from bot.store import arrivals, conversations, password_links
from bot.store.arrivals import GOING_ON, Arrival, Changes, OpenArrival
from bot.store.database import Database
from bot.talk.ports import Conversations


class Arrivals:
    """`now` in milliseconds since the epoch; `hosts`: the machines of the bot's own, at whose domains people may have
    their e-mail."""

    def __init__(self, database: Database, now: Callable[[], int], hosts: Collection[str] = ()) -> None:
        self._database = database
        self._now = now
        self._own_domains = {name for host in hosts for name in _within(host)}

    async def domains(self, lieu: Lieu | None = None) -> list[str]:
        """Of e-mail addresses: ours, and those by which people of this `lieu` came, which only its concierges are asked
        about: who has which is nobody else's business."""
        theirs = await self._database.read(arrivals.domains, lieu.id) if lieu else []
        return sorted({*self._own_domains, *theirs})

    async def expect(
        self,
        lieu: int,
        person: str,
        invited_by: str,
        *,
        name: str | None = None,
        email: str | None = None,
        login: str | None = None,
    ) -> int:
        """The open arrival of this person, made if there is none. Returns its id."""
        return await self._database.write(
            arrivals.create,
            self._now(),
            lieu=lieu,
            person=person,
            name=name,
            invited_by=invited_by,
            email=email,
            login=login,
        )

    async def change(self, id: int, **changes: Unpack[Changes]) -> None:
        await self._database.write(arrivals.change, id, self._now(), changes)

    async def link_was_mailed(self, id: int, lives: int | None) -> None:
        """With their account: the link to their password, good for so many seconds."""
        await self._database.write(password_links.began, id, lives, self._now())

    async def has_chosen_password(self, id: int) -> bool:
        """On their page, whichever of their arrivals led there."""
        return await self._database.read(password_links.is_chosen, id)

    async def renew_page(self, id: int) -> None:
        """Another address for their page; earlier ones open nothing."""
        await self._database.write(password_links.renewed, id, self._now())

    async def get(self, id: int) -> Arrival:
        """The row; KeyError where there is none."""
        found = await self._database.read(arrivals.get, id)
        if found is None:
            raise KeyError(id)
        return found

    async def of_person(self, lieu: int, person: str) -> Arrival | None:
        return await self._database.read(arrivals.of_person, lieu, person)

    async def in_progress(self, lieu: int) -> list[OpenArrival]:
        """The stillest first."""
        return await self._database.read(arrivals.in_progress, lieu)

    async def hold(self, conversation: int, by: str | None) -> None:
        """A concierge speaks with the newcomer; the bot is quiet until `by` is None."""
        await self._database.write(conversations.hold, conversation, by)

    async def is_known(self, lieu: int, person: str) -> bool:
        """Whether this person was seen in the lieu's space already."""
        return await self._database.read(arrivals.is_known, lieu, person)

    async def know(self, lieu: int, people: list[str]) -> None:
        """These people are in the space already: a change of name is not an arrival."""
        await self._database.write(arrivals.know, lieu, people)

    async def went(self, lieu: int, person: str, by: str) -> None:
        """Out of the lieu's space, of themselves or sent away `by` somebody."""
        await self._database.write(arrivals.went, lieu, person, by, self._now())

    async def forget(self, lieu: int, person: str) -> None:
        """Shown out by the bot, and noted so: whoever comes back is new."""
        await self._database.write(arrivals.forget, lieu, person)


async def end_way_in(arrivals: Arrivals, conversations: Conversations, lieu: Lieu, person: str, cause: str) -> None:
    """Their way in ends too, if they were still on it; who comes back is new."""
    await arrivals.forget(lieu.id, person)
    row = await arrivals.of_person(lieu.id, person)
    if row is not None and row["status"] in GOING_ON:
        if row["conversation"]:
            await conversations.cancel(row["conversation"], cause)
        await arrivals.change(row["id"], status="cancelled")


def _within(host: str) -> list[str]:
    """« matrix.exemple.fr » is of « exemple.fr »."""
    parts = host.split(".")
    return [".".join(parts[n:]) for n in range(len(parts) - 1)]
