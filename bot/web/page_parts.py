"""What the public pages are made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.arrivals.arrivals import Arrivals
from bot.arrivals.client_links import ClientLinks
from bot.arrivals.join_door import JoinDoor
from bot.arrivals.page_addresses import PageAddresses
from bot.lieux import Lieu, Lieux
from bot.matrix.facts import Facts
from bot.people import People
from bot.services.ownership import Ownership
from bot.store.database import Database
from bot.talk.ports import Clock
from bot.web.limits import Limits
from bot.web.recent import Recent
from bot.web.render import Renderer


@dataclass(frozen=True, slots=True)
class PageParts:
    """What the pages are handed; `provide` gives a service of a lieu, by its type."""

    database: Database
    lieux: Lieux
    arrivals: Arrivals
    join_door: JoinDoor
    ownership: Ownership
    people: People
    facts: Facts
    addresses: PageAddresses
    links: ClientLinks
    renderer: Renderer
    provide: Callable[[type, Lieu | None], Awaitable[object]]
    clock: Clock
    limits: Limits
    recent: Recent
