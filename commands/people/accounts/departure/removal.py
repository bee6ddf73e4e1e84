"""What is taken from somebody who leaves, and can be given back: each thing is noted before it is taken."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot.errors import Refused
from bot.services.opened_accounts import OpenedAccount
from bot.services.tenancy import AccountHandle
from integrations.errors import Protected
from integrations.nextcloud import Nextcloud

from ..account_groups import of_lieu, of_person
from .contact import leaving_odoo
from .entrusted import Power, handing
from .inventory import Given, given, rooms_named, sent, staying
from .leaver import Leaving
from .lines import NONE, Line, Outcome, as_seen, as_wanted, in_parts, made, where_allowed

LAST_GROUP = "nextcloud-last-group"
INSIDE = ("join", "invite", "knock")


def taking(leaving: Leaving, reason: str) -> list[Line]:
    """`reason` is what the person reads in a room that they leave."""
    shut = {name: Line(name, partial(_shut, leaving, name, one)) for name, one in leaving.accounts.items()}
    lines = [line for name, line in shut.items() if name != "nextcloud"]
    if leaving.login and leaving.tools.cloud is not None:
        lines += staying(leaving, leaving.tools.cloud)
    if "nextcloud" in shut:
        lines.append(shut["nextcloud"])
    if leaving.cloud is not None:
        lines.append(Line("cloud-groups", partial(_cloud_groups, leaving, leaving.cloud)))
    if leaving.login:
        lines.append(Line("groups", partial(_groups, leaving)))
    if leaving.login and leaving.tools.cloud is not None:
        lines.append(Line("shares", partial(_shares, leaving, leaving.tools.cloud)))
    lines += leaving_odoo(leaving)
    lines.append(Line("invitations", partial(_invitations, leaving)))
    lines += handing(leaving)
    lines.append(Line("rooms", partial(leave_rooms, leaving, reason)))
    return lines


# -- ways in


async def _shut(leaving: Leaving, service: str, account: AccountHandle | OpenedAccount) -> Outcome:
    state = await account.state()
    if state == NONE:
        return made(NONE)
    if state == "open":
        await leaving.take("doors", {service: account.ref})
    held = await account.set_open(False)
    return as_wanted(False) if await account.is_open() else as_seen(held)


# -- what was given


async def _groups(leaving: Leaving) -> Outcome:
    tools, login = leaving.tools, leaving.login
    mine = await of_person(tools, login, await of_lieu(tools))
    taken: dict[str, bool] = await leaving.take("groups", dict.fromkeys(mine, True))
    held = []
    for group in sorted(taken, key=lambda group: group == tools.lieu.choices.group):
        try:
            await tools.directory.set_member(group, login, False)
        except Protected as no:
            if no.code != LAST_GROUP:
                raise
            held.append(group)
    still = await of_person(tools, login, [*taken])
    parts = in_parts([group for group in taken if group not in held], [one for one in still if one not in held])
    return {**parts, "held": held} if held else parts


async def _cloud_groups(leaving: Leaving, cloud: Nextcloud) -> Outcome:
    """The lieu's own last: nobody can be taken out of the last group that the bot looks after, where it is no
    administrator."""
    taken: dict[str, bool] = await leaving.take("cloud-groups", dict.fromkeys(await cloud_groups(leaving, cloud), True))
    held = []
    for group in sorted(taken, key=lambda group: group == leaving.tools.lieu.choices.group):
        try:
            await cloud.groups.remove_member(leaving.login, group)
        except Refused as no:
            held += [group] if no.code == LAST_GROUP else []
    still = await cloud_groups(leaving, cloud)
    left = [group for group in taken if group in still and group not in held]
    return {**in_parts([group for group in taken if group not in held], left), "held": held}


async def cloud_groups(leaving: Leaving, cloud: Nextcloud) -> list[str]:
    """Of the lieu."""
    found = await cloud.accounts.get(leaving.login)
    ours = await leaving.tools.members.groups(leaving.tools.lieu)
    return await cloud.groups.among(ours, found["groups"]) if found is not None else []


async def _shares(leaving: Leaving, cloud: Nextcloud) -> Outcome:
    """Those that the bot gave them for this lieu."""
    taken: dict[str, Given] = await leaving.take("shares", await given(leaving.tools, cloud, leaving.login))
    for share in taken:
        await cloud.shares.remove(share)
        await leaving.tools.ownership.disown(leaving.tools.lieu.id, "nextcloud", "share", share)
    still = {share["id"] for share in await cloud.shares.all()}
    return in_parts(_paths(taken), _paths({id: share for id, share in taken.items() if id in still}))


def _paths(shares: Mapping[str, Given]) -> list[str]:
    return [share["path"].strip("/") for share in shares.values()]


async def _invitations(leaving: Leaving) -> Outcome:
    """Those that they sent go on, looked after by the concierge who does this."""
    mine = await sent(leaving.tools, leaving.person)
    taken: dict[str, str] = await leaving.take(
        "invitations", {str(row["id"]): row["name"] or row["person"] for row in mine}
    )
    for id in taken:
        await leaving.tools.arrivals.change(int(id), invited_by=leaving.row["by"])
    still = {str(row["id"]) for row in await sent(leaving.tools, leaving.person)}
    return in_parts(taken.values(), [name for id, name in taken.items() if id in still])


# -- out of the space and the rooms of the lieu, wherever the bot may; the others are told


async def leave_rooms(leaving: Leaving, reason: str) -> Outcome:
    """The space first: whoever is in it may come back into its restricted rooms."""
    tools, person = leaving.tools, leaving.person
    named = await rooms_named(leaving.tools)
    before = await tools.facts.memberships(person, [*named])
    inside = [room for room in named if before.get(room) in INSIDE]
    found: dict[str, Power] = {
        room: {"name": named[room], "level": await tools.facts.level(room, person)} for room in inside
    }
    taken: dict[str, Power] = await leaving.take("rooms", found)
    for room in taken:
        await _show_out(leaving, room, reason)
    after = await tools.facts.memberships(person, [*taken])
    stayed = {id: room for id, room in taken.items() if after.get(id) in INSIDE}
    await leaving.take("stayed", stayed)
    still = [room["name"] for room in stayed.values()]
    unseen = [named[room] for room in named if room not in before]
    hidden = len(await tools.facts.hidden(leaving.tools.lieu.space))
    parts = in_parts([room["name"] for room in taken.values()], still)
    return {**parts, "unseen": unseen, "hidden": hidden}


def out_of(leaving: Leaving, room: str, reason: str) -> Line:
    """One room alone: whoever was asked back into others meanwhile stays there."""
    return Line("rooms", partial(_out_of, leaving, room, reason))


async def _out_of(leaving: Leaving, room: str, reason: str) -> Outcome:
    await _show_out(leaving, room, reason)
    return as_wanted(not await is_inside(leaving, room))


async def is_inside(leaving: Leaving, room: str) -> bool:
    return (await leaving.tools.facts.memberships(leaving.person, [room])).get(room) in INSIDE


async def _show_out(leaving: Leaving, room: str, reason: str) -> None:
    await where_allowed(leaving.tools.moderation.set_level(room, leaving.person, None))
    await where_allowed(leaving.tools.membership.kick(room, leaving.person, reason))
