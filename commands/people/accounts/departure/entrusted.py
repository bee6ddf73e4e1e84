"""What only they look after, handed to somebody: keys of rooms by the bot, files by whoever administers Nextcloud."""

from __future__ import annotations

from functools import partial
from typing import TypedDict

from bot.arrivals.full_names import named
from bot.arrivals.members import Member, search
from bot.services import opened_words
from bot.services.opened_accounts import Described
from bot.services.registry import OPENINGS
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
    what = [*only_theirs(told), *([talk.phrase("files")] if has_files(told) else []), *_written(talk, told)]
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
    has = await talk.look("heir-has", tools.opened_accounts.of, heir["person"], item=heir["person"])
    for service in (one for one in _opened(told) if one not in has):
        lacking = opened_words.account(talk, service)
        await talk.say("heir-lacks", item=f"{heir['person']} {service}", heir=name, account=lacking)
    return heir["person"]


def _written(talk: Talk, told: dict[str, Told]) -> list[str]:
    """What others read of theirs where an account was opened to them."""
    return [each for one, found in _opened(told).items() for each in opened_words.held_in_words(talk, one, found)]


def _opened(told: dict[str, Told]) -> dict[str, Described]:
    """Where something of theirs is read."""
    found = {service: answer["is"] for service, answer in told.items() if service in OPENINGS and "is" in answer}
    return {service: described for service, described in found.items() if described["holds"]}


def has_files(told: dict[str, Told]) -> bool:
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
