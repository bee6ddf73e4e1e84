"""What the bot itself has said to others of somebody who is erased is taken away, as far as it finds it."""

from __future__ import annotations

from functools import partial

from bot.arrivals.personal_data import PersonalData
from bot.errors import Refused
from bot.lieux import Lieu
from bot.talk.ports import Conversations
from bot.talk.talk import Talk

from ..lookup import Tools

AT_ONCE = 20  # messages between two lines of the log


async def unsay(talk: Talk, tools: Tools, personal_data: PersonalData, conversations: Conversations) -> list[str]:
    """The names of the rooms in which it could not: where it introduced them, and where others decided about them."""
    await talk.do("take-down", _taken_down, personal_data, conversations, tools.lieu, talk.person, talk.id)
    written = await talk.look("written", personal_data.letters, tools.lieu.id, talk.person, talk.id)
    rooms: dict[str, list[str]] = {}
    for room_id, event_id in written:
        rooms.setdefault(room_id, []).append(event_id)
    unread: list[str] = []
    if hall := tools.lieu.choices.hall:
        try:
            said = await talk.look("said", partial(_said, tools, personal_data), hall, talk.person)
            rooms[hall] = [*dict.fromkeys([*rooms.get(hall, ()), *said])]
        except Refused:
            unread.append(hall)
    for room_id, event_ids in rooms.items():
        for first in range(0, len(event_ids), AT_ONCE):
            try:
                batch = event_ids[first : first + AT_ONCE]
                await talk.do("unsay", tools.moderation.erase, room_id, batch, item=f"{room_id}/{first}")
            except Refused:
                unread.append(room_id)
                break
    return [await talk.look("room", tools.facts.name, room_id, item=room_id) for room_id in dict.fromkeys(unread)]


async def _taken_down(
    personal_data: PersonalData, conversations: Conversations, lieu: Lieu, person: str, talk: int
) -> None:
    """And what a concierge was asked about them is not answered afterwards, as if they were still here."""
    for one in await personal_data.introductions(lieu.id, person):
        await conversations.take_down(one, f"{talk}/{one}")
    await conversations.end_about(lieu.id, await personal_data.naming(lieu, person), talk, f"{talk}")


async def _said(tools: Tools, personal_data: PersonalData, room_id: str, person: str) -> list[str]:
    is_named = await personal_data.naming(tools.lieu, person)
    return await tools.moderation.own_messages(room_id, is_named)
