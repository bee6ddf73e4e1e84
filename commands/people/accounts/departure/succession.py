"""What only they look after, handed to somebody: keys of rooms by the bot, files by whoever administers Nextcloud."""

from __future__ import annotations

from functools import partial
from typing import TypedDict

from bot.arrivals.full_names import named
from bot.arrivals.members import Member, search
from bot.talk import Whom
from bot.talk.outages import Told
from bot.talk.pagination import Nobody, Somebody, pick_person
from bot.talk.talk import Talk

from ..lookup import Tools, label
from .inventory import only_theirs, rooms_named
from .leaver import Leaving
from .lines import Line, Outcome, in_parts, where_allowed

KEYS = 100


class Power(TypedDict):
    """A room, and the level that they had there; None where it was everybody's."""

    name: str
    level: int | None


async def heir_of(talk: Talk, tools: Tools, row: Somebody, told: dict[str, Told]) -> str | None:
    """Who looks after what they leave; nobody is asked where they leave nothing."""
    what = [*only_theirs(told), *([talk.phrase("files")] if _has_files(told) else [])]
    if not what:
        return None
    said = await talk.ask("heir", Whom(), optional=True, default="", who=row["name"], what=what)
    if not said:
        return None
    try:
        heir = await pick_person(
            talk, "which-heir", partial(_others, tools, row, said), partial(label, tools), alone=True
        )
    except Nobody:
        heir = None
    if heir is None:
        await talk.say("no-heir", item=said, said=said)
        return None
    name = await named(talk, tools.members, tools.lieu, heir["person"], heir["name"], item="heir")
    await talk.say("heir-noted", item=heir["person"], heir=name, what=what)
    return heir["person"]


def _has_files(told: dict[str, Told]) -> bool:
    """Or may have, where Nextcloud did not say."""
    if "nextcloud" not in told:
        return False
    cloud = told["nextcloud"].get("is")
    return cloud is None or bool(cloud["size"] or cloud["gives"])


async def _others(tools: Tools, row: Somebody, said: str) -> list[Member]:
    return [one for one in search(await tools.members.present(tools.lieu), said) if one["person"] != row["person"]]


def handing(leaving: Leaving) -> list[Line]:
    heir = leaving.row["heir"]
    return [Line("keys", partial(_keys, leaving, heir))] if heir else []


async def _keys(leaving: Leaving, heir: str) -> Outcome:
    """Of the rooms where nobody else has them."""
    tools, person = leaving.tools, leaving.person
    named = await rooms_named(leaving.tools)
    known = await tools.facts.memberships(person, [*named])
    alone = [room for room in known if await tools.facts.powerful(room) == [person]]
    found: dict[str, Power] = {
        room: {"name": named[room], "level": await tools.facts.level(room, person) or KEYS} for room in alone
    }
    handed: dict[str, Power] = await leaving.take("keys", found)
    for room, was in handed.items():
        await where_allowed(tools.moderation.set_level(room, heir, was["level"]))
        await where_allowed(tools.membership.invite(room, heir))
    left = [was["name"] for room, was in handed.items() if await tools.facts.level(room, heir) != was["level"]]
    return in_parts([was["name"] for was in handed.values()], left)
