"""Who is on a ban list: a new rule is compared with the people of each lieu that reads the list, a newcomer with all
the rules that their lieu reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.lieux import Lieu, Lieux
from bot.matrix.facts import shown_name
from bot.matrix.policy_lists import read
from bot.moderation.ban_lists import BanLists, Listing, Meant
from bot.store import arrivals
from bot.store.ban_lists import BanList
from bot.store.conversations import Conversation
from bot.store.database import Database
from bot.store.inbox import Event
from bot.talk.engine import Engine

MOST = 5  # a rule that means more people of a lieu than that is not applied to anybody
SHOWN = 8


@dataclass(frozen=True, slots=True)
class BanListWatch:
    engine: Engine
    lieux: Lieux
    lists: BanLists
    database: Database

    async def rule(self, event: Event) -> None:
        """A list was changed. Nothing happens when a rule is withdrawn: concierges lift what they decided.

        Only state is a rule: anybody in the list's room could say a message of that type.
        """
        told = {"type": event.type, "content": event.content}
        rules = list(read(told)) if event.state_key is not None else []
        for row in await self.lists.followers(event.room_id) if rules else []:
            lieu = await self.lieux.get(row["lieu"])
            if lieu is not None:
                await self._compare(event, lieu, row, await self.lists.listed(lieu, rules))

    async def _compare(self, event: Event, lieu: Lieu, row: BanList, found: list[Meant]) -> None:
        if len(found) > MOST:
            args = {"source": row["name"], "n": len(found), "people": [one["name"] for one in found[:SHOWN]]}
            await self._begin("listed-many", f"{event.event_id}/{lieu.id}", lieu, row, args)
            return
        for one in found:
            await self._begin("listed", f"{event.event_id}/{lieu.id}/{one['about']}", lieu, row, named(row, one))

    async def arrived(self, event: Event) -> None:
        """Somebody entered the space of a lieu. A change of name is no arrival."""
        person, lieu = event.state_key, await self.lieux.of_space(event.room_id)
        if person is None or lieu is None or event.content.get("membership") != "join":
            return
        if await self.database.read(arrivals.is_known, lieu.id, person):
            return
        for row, reason in await self.lists.about(lieu.id, person):
            name = shown_name(event.content.get("displayname"), person)
            one: Meant = {"about": person, "name": name, "reason": reason}
            await self._begin("listed", f"{event.event_id}/{row['room_id']}", lieu, row, named(row, one))

    async def _begin(self, dialogue: str, cause: str, lieu: Lieu, row: BanList, args: Mapping[str, Any]) -> None:
        if lieu.office is not None:
            await self.engine.start(Conversation(dialogue, row["by"], lieu.office, cause, lieu.id, dict(args)))


def named(row: BanList, one: Meant) -> Listing:
    """What the conversation about somebody on this list is told."""
    return {**one, "source": row["name"], "applied": row["how"] == "applied"}
