"""A day of life of many lieux, in an hour or less, with a bot that is killed again and again; and its accounts."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from integrations.nextcloud.client import WINDOW
from integrations.nextcloud.shares import PER_WINDOW
from tests.bench.gauges import resident
from tests.demo.sentences import plain
from tests.servers.person import Person
from tests.soak.book import Accounts, Book, settle
from tests.soak.hasty import HastyClock
from tests.soak.town import PATIENCE, Place, Sizes, Town

DAY, HOUR = 86_400.0, 3_600.0  # seconds of the bot
SAID = '{"types":["m.room.message"]}'
PACE = 24.0  # a day in an hour: questions that wait an hour wait for two minutes and a half
STARTS = 3.0  # seconds at most until somebody starts a dead bot again
STILL = 4  # seconds without a word, after which nothing is awaited any more
MORNING = datetime(2027, 1, 12, 10, tzinfo=ZoneInfo("Europe/Paris"))  # a Tuesday
LAST_DAY = MORNING.date() + timedelta(days=3)  # of links: told a day before at nine, which the bot wakes up after
APART = 1.2 * WINDOW / PER_WINDOW  # real seconds between two links
MONTH = 40  # days: longer than anything that has ended is kept
WELCOME = (("Comment veux-tu", "Zoé"), ("Qu’est-ce qui t’amène", "passer"), ("Je récapitule", "oui"))

THE_DAY_AFTER: Counter[tuple[str, ...]] = Counter({("La clé de récupération",): 1})


@dataclass(slots=True)
class Gauge:
    """At one hour of the day: what was `said` so far; of the process, its `age` in seconds and its `memory` in MiB."""

    hour: int
    said: int
    age: float
    memory: float
    sizes: Sizes


class Day:
    """So many `minutes`, which are all of it or a part; the bot dies `most` times in them, and people `rest` seconds
    between two acts."""

    def __init__(self, town: Town, minutes: float, most: int, chance: Random, rest: float) -> None:
        self.town, self.minutes, self._chance, self._rest = town, minutes, chance, rest
        self._most = most
        self.book = Book()
        self.said = self.deaths = self.replies = self.silences = 0
        self.shared: dict[str, str] = {}  # until when, by the name of the link; empty: it was ended
        self.asked: list[Place] = []  # by whom, request by request
        self.gauges: list[Gauge] = []
        self.lives: list[tuple[float, float]] = []  # seconds, and MiB at its end
        self.welcomed: list[tuple[Person, str]] = []  # with the room in which each was; they stay until the accounts
        self._guests = AsyncExitStack()
        self.trouble: list[str] = []  # what somebody waited for in vain
        self._tokens = count(1)
        self._born = time.monotonic()
        self._next_link = 0.0

    async def live(self) -> None:
        """From morning to morning."""
        await self.quiet()
        self._starts = {room: len(await self._told(room)) for room in self._rooms()}
        end = time.monotonic() + self.minutes * 60
        acting = [asyncio.create_task(self._people(place, end)) for place in self.town.places]
        beside = [asyncio.create_task(each) for each in (self._die(end), self._look(end))]
        await asyncio.gather(*acting, *beside)
        await self.quiet()

    def awaited(self) -> Counter[tuple[str, ...]]:
        """All that had to come by itself, some of it to whoever was welcomed."""
        return sum((THE_DAY_AFTER for _ in self.welcomed), self.book.awaited())

    @property
    def requests(self) -> int:
        return len(self.asked)

    @property
    def welcomes(self) -> int:
        return len(self.welcomed)

    # -- people

    async def _people(self, place: Place, end: float) -> None:
        acts: list[tuple[int, Callable[[Place], Awaitable[None]]]] = [
            (6, self._help),
            (4, self._members),
            (3, self._asks_network),
            (2, self._announces),
            (2, self._silences),
            (3, self._shares),
            (1, self._welcomes),
        ]
        await asyncio.sleep(self._chance.uniform(0, self._rest))
        while time.monotonic() < end:
            act = self._chance.choices([act for _, act in acts], [weight for weight, _ in acts])[0]
            try:
                async with place.turn:
                    await act(place)
            except TimeoutError as silence:
                self.trouble.append(f"{place.name}: {silence}")
            await asyncio.sleep(min(self._chance.expovariate(1 / self._rest), max(0.0, end - time.monotonic())))

    async def _says(self, place: Place, words: str, *answers: str) -> str:
        """Say this in the conciergerie, and wait for its answers, in this order; returns the last."""
        office = place.office
        at = len(self.town.ear.said[office])
        for answer in answers:
            self.book.answer(office, answer)
        await place.anne.say(office, words)
        self.said += 1
        heard = ""
        for answer in answers:
            heard = plain((await self.town.hears(office, at, answer)).body)
        return heard

    def _token(self) -> str:
        return f"zz{next(self._tokens)}zz"

    async def _help(self, place: Place) -> None:
        topic, answer = self._chance.choice((("", "Ce qu’on me demande le plus"), (" suivi", "montre les arrivées")))
        await self._says(place, f"!aide{topic}", answer)

    async def _members(self, place: Place) -> None:
        await self._says(place, "!membres", "Les membres de")
        await self._says(place, "annuler", "C’est annulé")

    async def _asks_network(self, place: Place) -> None:
        token = self._token()
        await self._says(place, f"!demande une remorque {token} pour aujourd’hui", "Voici ce que les autres lieux")
        self.book.expect(place.office, "Notre demande", token)
        self.book.expect(place.office, "est arrivée à son terme", token)
        for other in place.neighbours:
            self.book.expect(other.office, "Ouverte. Demande", token)
        self.asked.append(place)
        await self._says(place, "oui", "C’est parti")
        other = self._chance.choice(place.neighbours)
        card = await self.town.hears(other.office, 0, "Ouverte. Demande", token)
        answer = self._token()
        self.book.expect(place.office, f"{other.name} : On en a une {answer}")
        self.replies += 1
        await self.town.replies(other, card, f"On en a une {answer}", thread=True)
        self.said += 1
        await self.town.hears(place.office, 0, answer)

    async def _announces(self, place: Place) -> None:
        token = self._token()
        await self._says(place, f"!annonce Bonjour {token}", "Dans quels salons")
        await self._says(place, "oui", f"Bonjour {token}", "Le message ci-dessus")
        self.book.expect(place.hall, "Bonjour", token)
        await self._says(place, "oui", "L’annonce est partie")

    async def _silences(self, place: Place) -> None:
        if place.silenced:
            await self._help(place)
            return
        place.silenced = True
        await self._says(place, f"!modérer {place.marc.user_id}", "Que fait-on pour")
        await self._says(place, "faire taire", "Pendant combien de temps")
        await self._says(place, "une heure", "Pour quelle raison")
        await self._says(place, self._token(), "pourra lire les salons")
        self.book.expect(place.office, "Le silence est fini")
        self.silences += 1
        await self._says(place, "oui", "ne peut plus écrire")
        asyncio.get_running_loop().call_later(1.5 * HOUR / self.town.bot.clock.pace, self._may_speak, place)

    def _may_speak(self, place: Place) -> None:
        place.silenced = False

    async def _shares(self, place: Place) -> None:
        """Until a day of which one is told after this one is over; or ended at once. No more of them than the Nextcloud
        that they have in common lets one account make."""
        if time.monotonic() < self._next_link:
            await self._help(place)
            return
        self._next_link = time.monotonic() + APART
        token, ends = self._token(), self._chance.random() < 0.5
        await self._says(place, f"!partage lien {place.name}", "Pour quoi faire")
        await self._says(place, "lire", "Jusqu’à quand")
        await self._says(place, LAST_DAY.isoformat(), "Un nom pour s’y retrouver")
        await self._says(place, token, "Avec un mot de passe")
        await self._says(place, "non", "Je partage")
        await self._says(place, "oui", "Voici le lien")
        self.shared[token] = LAST_DAY.isoformat()
        if not ends:
            self.book.expect(place.office, "Le prolonger jusqu’au", token)
            return
        await self._says(place, "!partages", "Voici ce que le lieu partage")
        await self._says(place, token, "Que fait-on de ce partage")  # which may be on a later page
        await self._says(place, "finir", "Je finis ce partage")
        await self._says(place, "oui", "est fini")
        self.shared[token] = ""

    async def _welcomes(self, place: Place) -> None:
        """Somebody new is invited, comes, and answers; each question came once."""
        guest = await self.town.synapse.register(f"zoe-{self._token()}")
        await self._says(place, f"!inviter {guest.user_id}", "J’invite cette personne")
        await self._says(place, "oui", "L’invitation est partie")
        zoe = await self._guests.enter_async_context(Person(self.town.synapse, guest))
        direct = await zoe.invited(lambda one: one.is_direct, timeout=PATIENCE)
        room = await zoe.join(direct.room_id)
        self.welcomed.append((zoe, room))
        for question, answer in WELCOME:
            await zoe.next(room, question, timeout=PATIENCE)
            await zoe.say(room, answer)
            self.said += 1
        await zoe.next(room, "bienvenue", timeout=PATIENCE)

    # -- the bot

    async def _die(self, end: float) -> None:
        """At chance moments of the first half; somebody starts it again soon. It lives through the second half, where
        its memory shows."""
        span = self.minutes * 60 / 2
        moments = sorted(end - self.minutes * 60 + self._chance.uniform(0.02, 1) * span for _ in range(self._most))
        for moment in moments:
            await asyncio.sleep(max(0.0, moment - time.monotonic()))
            self._lived()
            await self.town.bot.kill()
            self.deaths += 1
            await asyncio.sleep(self._chance.uniform(0, STARTS))
            await self.town.bot.start()
            self._born = time.monotonic()

    def _lived(self) -> None:
        self.lives.append((time.monotonic() - self._born, resident(self.town.bot.pid)))

    async def _look(self, end: float) -> None:
        """At every hour of the day."""
        hour, start = HOUR / self.town.bot.clock.pace, end - self.minutes * 60
        for number in range(int(self.minutes * 60 / hour) + 1):
            await asyncio.sleep(max(0.0, start + number * hour - time.monotonic()))
            memory = resident(self.town.bot.pid) if self.town.bot.is_alive() else 0.0
            age = time.monotonic() - self._born
            self.gauges.append(Gauge(number, self.said, age, memory, self.town.sizes()))

    async def later(self, days: float) -> None:
        """So many days later: the bot is stopped, and starts by then."""
        await self.town.bot.stop()
        self.town.bot.clock = self.town.bot.clock.later(days * DAY)
        self.town.looked_at_its_clock(days * DAY)
        await self.town.bot.start()
        self._born = time.monotonic()

    async def ended(self) -> None:
        """Until all that is still awaited has come, or for as long as somebody waits for an answer."""
        end = time.monotonic() + PATIENCE
        while (await self.accounts()).lost and time.monotonic() < end:
            await self.quiet()
        await self.quiet()

    async def quiet(self) -> None:
        """Until nothing is said any more, for a while."""
        still, before = 0, -1
        while still < STILL:
            await asyncio.sleep(1)
            now = sum(map(len, self.town.ear.said.values()))
            still, before = still + 1 if now == before else 0, now

    # -- the accounts

    def _rooms(self) -> list[str]:
        return [room for place in self.town.places for room in (place.office, place.hall)]

    async def accounts(self) -> Accounts:
        accounts = Accounts()
        for room in self._rooms():
            told = (await self._told(room))[self._starts[room] :]
            accounts.add(settle(told, self.book.answers.get(room, []), self.book.once.get(room, Counter())))
        for zoe, room in self.welcomed:
            told = [plain(heard.body) for heard in zoe.messages(room)]
            questions = (question for question, _ in WELCOME)
            accounts.add(settle(told, ["Bienvenue !", "Tes réponses", *questions, "bienvenue"], THE_DAY_AFTER))
        return accounts

    async def close(self) -> None:
        await self._guests.aclose()

    async def _told(self, room: str) -> list[str]:
        """All that the bot said in this room, but what it corrected, as the homeserver keeps it."""
        found, query = list[dict[str, Any]](), {"dir": "f", "limit": "500", "filter": SAID}
        while True:
            page = await self.town.listener.call("GET", f"rooms/{quote(room)}/messages", **query)
            found += page["chunk"]
            if not page["chunk"] or "end" not in page:
                break
            query["from"] = page["end"]
        own = (one["content"] for one in found if one["sender"] == self.town.me and "body" in one["content"])
        return [plain(one["body"]) for one in own if one.get("m.relates_to", {}).get("rel_type") != "m.replace"]

    def shares_there(self) -> dict[str, str]:
        """Until when, by the name of the link, as the service has it."""
        links = [share for share in self.town.cloud.shares() if share.type == 3]
        return {str(share.label).partition(" · ")[0]: str(share.expires) for share in links}


@dataclass(frozen=True, slots=True)
class Spent:
    """A day that is over. Rows by table: before it, after it, and once all that ended in it was forgotten; the `shares`
    that were there two days later, with their ends; what the bot's log complains of, and how often; which
    conversations there were in the morning, and which of those and of the day there are at the end."""

    day: Day
    accounts: Accounts
    shares: dict[str, str]
    morning: dict[str, int]
    evening: dict[str, int]
    forgotten: dict[str, int]
    sizes: tuple[Sizes, Sizes]
    complaints: Counter[str]
    conversations: tuple[Counter[str], Counter[str]]


async def spend(
    folder: Path, *, minutes: float, lieux: int, deaths: int, rest: float, seed: int, pace: float = PACE
) -> Spent:
    """So many minutes of a day, the two days after it, in which what it began comes to its end, and two months."""
    async with Town.built(folder, lieux, HastyClock(time.time(), MORNING.timestamp(), 1.0)) as town:
        await town.bot.stop()
        town.bot.clock = HastyClock(time.time(), MORNING.timestamp(), pace)
        await town.bot.start()
        day = Day(town, minutes, deaths, Random(seed), rest)
        try:
            await day.quiet()
            morning, first, talks = town.rows(), town.sizes(), town.conversations(town.bot.clock.seconds())
            await day.live()
            over = town.bot.clock.seconds()
            evening = town.rows()
            await day.later(2)
            await day.ended()
            accounts, shares = await day.accounts(), day.shares_there()
            for days in (MONTH, MONTH, 2):  # what the first lets end is forgotten by the second, and a bot hears first
                await day.later(days)
                await day.quiet()
                await town.places[0].marc.say(town.places[0].hall, "bonjour")
                await day.quiet()
            return Spent(
                day,
                accounts,
                shares,
                morning,
                evening,
                forgotten=town.rows(),
                sizes=(first, town.sizes()),
                complaints=town.complaints(),
                conversations=(talks, town.conversations(over)),
            )
        finally:
            await day.close()
