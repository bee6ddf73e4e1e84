"""Hosts of a federation such as CHATONS, from a copy that is read at night: nobody is asked when somebody asks us.

What could not be read is as it was; a night when nothing could be read changes nothing, and the day of the copy is
said.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict, cast
from zoneinfo import ZoneInfo

import structlog

from bot.errors import Refused, Unavailable
from bot.network.geography import far
from bot.store import chatons as store
from bot.store.attempts import Tried, untried
from bot.store.chatons import ChatonTold, Offered, OfferTold, Read
from bot.store.database import Database
from bot.words import fold

if TYPE_CHECKING:  # loaded where it is read
    from integrations.chatons import Chaton

log = structlog.get_logger(__name__)
HOUR, DAY = 3_600_000, 86_400_000  # milliseconds
NIGHT = range(2, 6)  # hours: bots that started at other minutes come at other minutes
MOST_SOFTWARE, MOST_HOSTS, MOST_OFFERS = 200, 40, 10  # that are told


class Known(TypedDict):
    """What is in the copy: `name` of the federation, the day when it was `read` (ISO), and the names of the `software`
    that somebody offers, be it full, the most frequent first."""

    name: str
    read: str
    software: list[str]


class Host(TypedDict):
    """A member of the federation, with those of its `offers` that were looked for and are open; `far`: how many
    kilometres away, where that is known."""

    url: str
    chaton: ChatonTold
    offers: list[OfferTold]
    far: int | None


class Found(TypedDict):
    """Those who offer something, the nearest first; how many they are, with those for whom there is no room here, and
    how many others take nobody for now."""

    hosts: list[Host]
    n: int
    shut: int


class ChatonRegister:
    """`url` is where the file of the federation is; empty where whoever hosts the bot wrote none. `zone` tells when it
    is night, `now` in milliseconds since the epoch."""

    def __init__(self, database: Database, now: Callable[[], int], zone: str, url: str) -> None:
        self._database, self._now, self._zone, self._url = database, now, zone, url

    @property
    def is_set_up(self) -> bool:
        return bool(self._url)

    # -- what is asked of it

    async def known(self, zone: str) -> Known | None:
        """None before it was read for the first time."""
        last = await self._database.read(store.last, self._url)
        if last is None:
            return None
        today = self._today()
        rows = [row for row in await self._offered() if _is_there(row, today)]
        count = Counter(row["offer"]["software"] for row in rows)
        names = {fold(name): name for name, _ in reversed(count.most_common()) if fold(name)}
        software = sorted(names.values(), key=lambda name: (-count[name], name))[:MOST_SOFTWARE]
        day = datetime.fromtimestamp(last["at"] / 1000, ZoneInfo(zone)).date()
        return {"name": last["name"], "read": day.isoformat(), "software": software}

    async def offering(self, wanted: Collection[str], place: str) -> Found:
        """Who offers a service whose software, or own name, is called by one of these words, seen from a place (RFC
        5870; empty where it is not known)."""
        today, hosts, shut = self._today(), dict[str, Host](), set[str]()
        for row in await self._offered():
            if not (is_called(row["offer"], wanted) and _is_there(row, today)):
                continue
            if row["offer"]["is_shut"]:
                shut.add(row["url"])
                continue
            url, chaton = row["url"], row["chaton"]
            km = far(place, chaton["place"])
            host = hosts.setdefault(url, {"url": url, "chaton": chaton, "offers": [], "far": km})
            host["offers"] += [row["offer"]] if len(host["offers"]) < MOST_OFFERS else []
        nearest = sorted(hosts.values(), key=_order)
        return {"hosts": nearest[:MOST_HOSTS], "n": len(hosts), "shut": len(shut - hosts.keys())}

    async def _offered(self) -> list[Offered]:
        return await self._database.read_aside(store.offered, self._url)

    def _today(self) -> str:
        return datetime.fromtimestamp(self._now() / 1000, ZoneInfo(self._zone)).date().isoformat()

    # -- how it is read

    async def run(self, tried: Tried = untried) -> None:
        """Until cancelled: when the bot starts without a copy, and every night."""
        while self.is_set_up:
            await tried(self._look)
            await asyncio.sleep(HOUR / 1000)

    async def _look(self) -> None:
        if await self.is_due():
            await self.refresh()

    async def is_due(self) -> bool:
        """At night, or where nothing was read for a day and a half."""
        last = await self._database.read(store.last, self._url)
        age = self._now() - last["at"] if last else -1
        if not 0 <= age <= DAY + DAY // 2:  # less than nothing: the clock was set
            return True
        here = datetime.fromtimestamp(self._now() / 1000, ZoneInfo(self._zone))
        return here.hour in NIGHT and age > DAY // 2

    async def refresh(self) -> bool:
        """Read everything now; False where not even the federation's own file can be."""
        from integrations.chatons import read_federation
        from integrations.outbound import Outside

        try:
            told = await read_federation(self._url, Outside([self._url]))
        except Refused as no:
            log.warning("federation of hosts not read", why=no.code)
            return False
        except Unavailable as away:
            log.warning("federation of hosts not read", why=away.cause or "silent")
            return False
        for bug in told.bugs:
            log.error("a host's files are beyond us", exc_info=bug)
        found = {url: _as_read(chaton) if chaton else None for url, chaton in told.chatons.items()}
        await self._database.write(store.keep, self._url, told.name, found, self._now())
        missed = sum(one is None for one in found.values())
        log.info("federation of hosts read", members=len(found), missed=missed)
        return True


def is_called(offer: OfferTold, wanted: Collection[str]) -> bool:
    """« Jitsi Meet » is a « jitsi », « Big Blue Button » a « BigBlueButton »; « Visio » may be the name of either."""
    software, told = _joined(offer["software"]), f" {fold(offer['software'])} {fold(offer['name'])} "
    return any(f" {fold(word)} " in told or software.startswith(_joined(word)) for word in wanted if fold(word))


def _is_there(row: Offered, today: str) -> bool:
    """Open or not, for whoever asks today."""
    ends = (row["chaton"]["ends"], row["offer"]["ends"])
    return not row["chaton"]["is_away"] and all(not day or day >= today for day in ends)


def _order(host: Host) -> tuple[bool, int, str]:
    """The nearest first; those of whom it is not known, and all where we do not know where we are, by their names."""
    return host["far"] is None, host["far"] or 0, fold(host["chaton"]["name"])


def _joined(name: str) -> str:
    return fold(name).replace(" ", "")


def _as_read(chaton: Chaton) -> Read:
    offers = {url: cast(OfferTold, asdict(offer)) if offer else None for url, offer in chaton.offers.items()}
    place = "geo:{:.4f},{:.4f}".format(*chaton.place) if chaton.place else ""
    told: ChatonTold = {
        "name": chaton.name,
        "website": chaton.website,
        "email": chaton.email,
        "form": chaton.form,
        "town": chaton.town,
        "place": place,
        "is_idle": chaton.is_idle,
        "is_away": chaton.is_away,
        "ends": chaton.ends,
    }
    return {"told": told, "offers": offers}
