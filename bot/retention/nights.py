"""At night what is older than a lieu keeps it is forgotten, a little at a time; once a night, and on from where a
process died.

How old something is, is told by what was written when; how late it is now, by a clock that may be wrong. A night that
would forget what has gathered for longer than a while (`AT_ONCE`) touches nothing of that: the concierges are asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from bot.lieux import Lieu, Lieux
from bot.store import conversations, inbox
from bot.store import retention as store
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx
from bot.store.retention import Cutoffs

DAY = 86_400_000  # milliseconds
MONTH = 365.25 / 12  # days
NIGHT = range(2, 6)  # hours of the lieu's zone
AT_ONCE = 45 * DAY
AGAIN = 30  # days after which what was not agreed on is asked again
BATCH = 200  # rows of a transaction: others wait for it
QUESTION, ASLEEP = "forget-much", "asleep"


class Much(TypedDict):
    """Of a `kind` so many (`n`) would go: the `oldest` of them, and what is older than the `cutoff` (ms)."""

    kind: str
    n: int
    oldest: int
    cutoff: int


class Plan(TypedDict):
    """What may be forgotten, and what the concierges are asked about first."""

    cutoffs: Cutoffs
    much: list[Much]


class Nights:
    """`start` begins a conversation; `now` in milliseconds since the epoch, `believed` whether it can be so late."""

    def __init__(
        self,
        me: str,
        database: Database,
        lieux: Lieux,
        start: Callable[[Conversation], Awaitable[object]],
        believed: Callable[[], Awaitable[bool]],
        now: Callable[[], int],
    ) -> None:
        self._me, self._database, self._lieux = me, database, lieux
        self._start, self._believed, self._now = start, believed, now

    async def look(self, *, starts: bool = False) -> None:
        """What is due by now, of every lieu, those that sleep too. When the bot `starts`, nothing is old that is not so
        beside the last that was heard: after months it has still to hear what happened meanwhile. Once the clock has
        leapt, there is no night until it is believed again, and one that was under way waits."""
        if not await self._believed():
            return
        now = self._now()
        if starts:
            now = min(now, await self._database.read(inbox.last_heard))
        for lieu in (*await self._lieux.all(), *await self._lieux.asleep()):
            await self._of(lieu, now)

    # -- what somebody decides

    async def would_go(self, lieu: Lieu, kept: Mapping[str, int]) -> list[Much]:
        """What the next night forgets where so many months are `kept` of each kind."""
        return await self._database.read_aside(going, lieu.id, kept, self._now())

    async def agree(self, lieu: int, much: Sequence[Much]) -> None:
        """What was shown may go at once."""
        await self._database.write(store.agree, lieu, {each["kind"]: each["cutoff"] for each in much})

    # -- a night

    async def _of(self, lieu: Lieu, now: int) -> None:
        night = await self._database.read(store.night_of, lieu.id)
        here = datetime.fromtimestamp(self._now() / 1000, ZoneInfo(lieu.choices.zone))
        today = here.date().isoformat()
        if night is None or not night["night"]:  # of a new lieu nothing is old, and an upgrade forgets nothing at once
            await self._database.write(store.begin_first, lieu.id, today)
        elif night["cutoffs"]:
            await self._go_on(lieu, night["cutoffs"], now, today)
        elif is_due(here, night["night"]):
            await self._database.write(store.note_departed, lieu.id)
            plan = await self._database.read_aside(planned, lieu.id, lieu.choices.kept, now)
            await self._database.write(store.begin, lieu.id, today, plan["cutoffs"], asks=bool(plan["much"]))
            await self._go_on(lieu, plan["cutoffs"], now, today)
            if plan["much"]:
                await self._ask(lieu, today, night["asked"], plan["much"])
            await self._wake_sleepers(lieu, today)

    async def _go_on(self, lieu: Lieu, cutoffs: Cutoffs, now: int, today: str) -> None:
        for kind, before in cutoffs.items():
            while await self._database.write(store.forget, lieu.id, kind, before, now, BATCH):
                pass  # each is a transaction of its own, and others have theirs in between
        night = await self._database.read(store.night_of, lieu.id)
        tells = night is not None and _is_told(night["told"], night["forgotten"], today)
        await self._database.write(store.end, lieu.id, self._now(), self._me, tells=tells)

    async def _ask(self, lieu: Lieu, today: str, asked: str, much: list[Much]) -> None:
        """As long as nobody agrees, now and then. Where there is nobody to ask, it goes when it is still so then."""
        if asked and 0 <= (date.fromisoformat(today) - date.fromisoformat(asked)).days < AGAIN:
            return
        if await self._has_concierges(lieu):
            await self._begin(lieu, QUESTION, today, {"much": much, "today": today})
        elif asked:
            await self.agree(lieu.id, much)
        await self._database.write(store.asked, lieu.id, today)

    async def _wake_sleepers(self, lieu: Lieu, today: str) -> None:
        """Once a month, by its cause."""
        if await self._has_concierges(lieu):
            await self._begin(lieu, ASLEEP, today[:7], {})

    async def _has_concierges(self, lieu: Lieu) -> bool:
        """Whether there is a room in which they can be asked."""
        return bool(lieu.choices.installed and lieu.office) and await self._lieux.serves(lieu.id)

    async def _begin(self, lieu: Lieu, dialogue: str, when: str, args: dict[str, object]) -> None:
        if not await self._database.read(conversations.goes_on, dialogue, lieu.id):
            cause = f"night/{dialogue}/{lieu.id}/{when}"
            await self._start(Conversation(dialogue, self._me, lieu.office or "", cause, lieu.id, args))


def is_due(here: datetime, last: str) -> bool:
    """In a night, where it was not done yet; by day, where the last one was missed."""
    missed = (here.date() - date.fromisoformat(last)).days > 1
    return here.date().isoformat() != last and (here.hour in NIGHT or missed)


def cutoff(now: int, months: int) -> int:
    return now - round(months * MONTH) * DAY


def planned(tx: Tx, lieu: int, kept: Mapping[str, int], now: int) -> Plan:
    """What is old by what was chosen; too much of it at once is asked about, unless somebody agreed to it."""
    night = store.night_of(tx, lieu)
    agreed = night["agreed"] if night else {}
    plan: Plan = {"cutoffs": {}, "much": []}
    for each in going(tx, lieu, kept, now):
        if each["cutoff"] - max(each["oldest"], agreed.get(each["kind"], 0)) > AT_ONCE:
            plan["much"].append(each)
        else:
            plan["cutoffs"][each["kind"]] = each["cutoff"]
    return plan


def going(tx: Tx, lieu: int, kept: Mapping[str, int], now: int) -> list[Much]:
    """What is old, of each kind of which there is any."""
    found: list[Much] = []
    for kind in store.FORGETTING:
        before = cutoff(now, kept[kind])
        if due := store.due(tx, lieu, kind, before, now):
            found.append({"kind": kind, "n": due["n"], "oldest": due["oldest"], "cutoff": before})
    return found


def _is_told(told: str, forgotten: dict[str, int], today: str) -> bool:
    """The journal tells of what its readers could miss; of mere conversations, which go every night, once a month."""
    if forgotten.get("journal") or forgotten.get("departed"):
        return True
    return not told or abs((date.fromisoformat(today) - date.fromisoformat(told)).days) >= AGAIN
