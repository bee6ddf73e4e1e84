"""A departure that has begun, called off: all that was taken is given back from its row, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from bot.arrivals.departures import Departures
from bot.services.opened_accounts import OpenedAccount
from bot.services.registry import OPENINGS, WITH_ACCOUNTS
from bot.services.tenancy import AccountHandle
from bot.store.departures import Departure
from bot.talk import Choice, Option
from bot.talk.talk import Talk
from integrations.nextcloud import Nextcloud

from ..account_groups import of_person
from ..lookup import Tools
from .contact import back_in_odoo
from .entrusted import Power
from .inventory import Given, given, sent
from .leaver import Leaving, day_of, end_of, tell, whole
from .lines import Line, Outcome, as_wanted, do_all, in_parts, where_allowed, while_it_is
from .removal import cloud_groups

HERE = ("join", "invite")


async def take_back(talk: Talk, tools: Tools, departures: Departures, row: Departure, taking_back: bool) -> None:
    who = row["name"]
    if row["person"] == talk.person:
        await talk.say("no-yourself")
        return
    if not taking_back:
        at = row["locks_at"] if row["status"] == "announced" else end_of(row)
        options = [Option(name, key=f"departure.begun.{name}") for name in ("take-back", "go-on")]
        step = "begun-announced" if row["status"] == "announced" else "begun-locked"
        if await talk.ask(step, Choice(options), who=who, day=day_of(tools.lieu, at)) == "go-on":
            return
    await talk.confirm("sure-take-back", who=who)
    if not await talk.do("call-off", departures.call_off, row["id"]):
        await talk.say("too-late", who=who)
        return
    talk.note("departure-undone", row["person"])
    leaving = await whole(talk, tools, departures, row["id"])
    if leaving.row["closes_at"] is None:
        await talk.say("called-off", who=who)
        await tell(talk, tools, row["person"], "told-stays")
    else:
        await do_all(talk, "undo", who, while_it_is(leaving, "undone", giving_back(leaving)))
        await watch_again(talk, leaving)
        await tell(talk, tools, row["person"], "told-undone")


# -- what is given back


def giving_back(leaving: Leaving) -> list[Line]:
    taken = leaving.row["taken"]
    parts: dict[str, Any] = {
        "cloud-groups": _cloud_groups,
        "groups": _groups,
        "shares": _shares,
        "invitations": _invitations,
        "rooms": _rooms,
    }
    accounts, shut = leaving.accounts, taken.get("doors", {})
    every = (*(service.name for service in WITH_ACCOUNTS), *OPENINGS)
    doors = [Line(name, partial(_open, accounts.get(name))) for name in every if name in shut]
    doors += back_in_odoo(leaving)
    return doors + [Line(name, partial(parts[name], leaving, taken[name])) for name in parts if taken.get(name)]


async def _open(account: AccountHandle | OpenedAccount | None) -> Outcome:
    if account is None:
        return as_wanted(False)
    await account.set_open(True)
    return as_wanted(await account.is_open())


async def _groups(leaving: Leaving, taken: Mapping[str, bool]) -> Outcome:
    for group in taken:
        await leaving.tools.directory.set_member(group, leaving.login, True)
    back = await of_person(leaving.tools, leaving.login, [*taken])
    return in_parts(taken, [group for group in taken if group not in back])


async def _cloud_groups(leaving: Leaving, taken: Mapping[str, bool]) -> Outcome:
    if leaving.cloud is None:
        return in_parts(taken, taken)
    for group in taken:
        await where_allowed(leaving.cloud.groups.ensure_member(leaving.login, group))
    back = await cloud_groups(leaving, leaving.cloud)
    return in_parts(taken, [group for group in taken if group not in back])


async def _shares(leaving: Leaving, taken: Mapping[str, Given]) -> Outcome:
    cloud = leaving.tools.cloud
    names = {share["path"]: share["path"].strip("/") for share in taken.values()}
    if cloud is None:
        return in_parts(names.values(), names.values())
    for share in taken.values():
        await where_allowed(_share_again(leaving, cloud, share))
    back = {share["path"] for share in (await given(leaving.tools, cloud, leaving.login)).values()}
    return in_parts(names.values(), [name for path, name in names.items() if path not in back])


async def _share_again(leaving: Leaving, cloud: Nextcloud, share: Given) -> None:
    permissions, expires = share["permissions"], share["expires"] or None
    new = await cloud.shares.ensure(share["path"], person=leaving.login, permissions=permissions, expires=expires)
    tools = leaving.tools
    await tools.ownership.own(tools.lieu.id, "nextcloud", "share", new["id"], tools.facts.me)


async def watch_again(talk: Talk, leaving: Leaving) -> None:
    """Whoever looked after the end of a share that was taken looks after it no more."""
    tools, lieu = leaving.tools, leaving.tools.lieu
    for share in await talk.look("unwatched", _unwatched, leaving):
        watcher = await talk.begin("expiry", tools.facts.me, lieu.office or talk.room, item=share, share=share)
        await talk.do("watch", tools.ownership.watch, lieu.id, "nextcloud", "share", share, watcher, item=share)


async def _unwatched(leaving: Leaving) -> list[str]:
    tools, cloud = leaving.tools, leaving.tools.cloud
    if cloud is None or not leaving.login:
        return []
    owned = await tools.ownership.owned(tools.lieu.id, "nextcloud", "share")
    return [share for share in await given(tools, cloud, leaving.login) if owned[share]["watcher"] is None]


async def _invitations(leaving: Leaving, taken: Mapping[str, str]) -> Outcome:
    """Those that are still open."""
    still = [row for row in await sent(leaving.tools, leaving.row["by"]) if str(row["id"]) in taken]
    for row in still:
        await leaving.tools.arrivals.change(row["id"], invited_by=leaving.person)
    back = {str(row["id"]) for row in await sent(leaving.tools, leaving.person)}
    return in_parts([name for id, name in taken.items() if id in back], [])


async def _rooms(leaving: Leaving, taken: Mapping[str, Power]) -> Outcome:
    """They are no newcomer: nobody is to welcome them again."""
    tools, person = leaving.tools, leaving.person
    await leaving.tools.arrivals.know(leaving.tools.lieu.id, [person])
    for room, before in taken.items():
        await _invite_again(leaving, room, before["level"])
    after = await tools.facts.memberships(person, [*taken])
    missing = [room["name"] for id, room in taken.items() if after.get(id) not in HERE]
    return in_parts([room["name"] for room in taken.values()], missing)


async def _invite_again(leaving: Leaving, room: str, level: int | None) -> None:
    await where_allowed(leaving.tools.moderation.set_level(room, leaving.person, level))
    await where_allowed(leaving.tools.membership.invite(room, leaving.person))
