"""What a newcomer's answers to the lieu's own questions open: tasks, folders, accounts, groups, and rooms a few at a
time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.arrivals import waiting_list
from bot.arrivals.arrival_path import Opening
from bot.errors import Refused
from bot.lieux import Lieu
from bot.moderation.scope import Scope
from bot.services.claims import GROUP, Claims
from bot.services.nextcloud import makes_accounts
from bot.services.ownership import Ownership
from bot.talk import dialogue
from bot.talk.ports import Facts, Membership
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.nextcloud import Nextcloud

INVITED_AT_ONCE = 3  # homeservers limit invitations
Pairs = tuple[tuple[str, str], ...]


@dialogue("opening", action="be-welcomed")
async def opening(
    talk: Talk,
    lieu: Lieu,
    facts: Facts,
    membership: Membership,
    directory: Directory,
    cloud: Nextcloud | None,
    ownership: Ownership,
    scope: Scope,
    claims: Claims,
    name: str,
    login: str,
    opened: dict[str, Any],
    email: str = "",
) -> None:
    opens = Opening.load(opened)
    for n, what in enumerate(opens.tasks):
        if lieu.office:
            await talk.begin("task", talk.person, lieu.office, item=str(n), name=name, what=what)
    groups = [f"{lieu.choices.group}.{suffix}" for suffix in opens.groups]
    ours = [group for group in groups if await talk.look("ours", _is_ours, claims, lieu, group, item=group)]
    in_cloud = ours if login and makes_accounts(cloud, directory) else []
    for group in groups:
        if login and group in ours:
            await _enter_group(talk, lieu, directory, ownership, name, login, group)
        elif lieu.office:
            await talk.say("no-group", to=lieu.office, item=group, name=name, group=group)
    for first in range(0, len(opens.rooms), INVITED_AT_ONCE):
        if first:
            await talk.rest("wait", timedelta(hours=1))
        if entered := await _invited(
            talk, lieu, facts, membership, scope, name, opens.rooms[first : first + INVITED_AT_ONCE]
        ):
            await talk.say("rooms", rooms=entered)
    if opens.folders or in_cloud:  # last: what it says in private comes after what was said here
        await talk.begin(
            "opened", talk.person, talk.room, name=name, login=login, folders=opens.folders, groups=in_cloud
        )
    for service, choice in opens.accounts:  # each waits for its own service
        guest = {"name": name, "login": login, "email": email}
        await talk.begin(
            "opened-account", talk.person, talk.room, item=service, guest=guest, service=service, choice=choice
        )


async def _enter_group(
    talk: Talk, lieu: Lieu, directory: Directory, ownership: Ownership, name: str, login: str, group: str
) -> None:
    try:
        await talk.do("group", directory.set_member, group, login, True, item=group)
    except Refused as no:
        if lieu.office:
            await talk.say("group-refused", to=lieu.office, item=group, name=name, group=group, why=talk.because(no))
        return
    await talk.do("own", ownership.own, lieu.id, "directory", "group", group, item=group)
    talk.note("group-in", talk.person, group=group)


async def _is_ours(claims: Claims, lieu: Lieu, group: str) -> bool:
    """Below the lieu's own group, and nobody else's: neither another lieu's, nor of those that were there before, nor
    of those that administer. Nextcloud is not asked: nothing here waits for it."""
    return bool(lieu.choices.group) and not await replace(claims, cloud=None).standing(GROUP, group)


async def _invited(
    talk: Talk, lieu: Lieu, facts: Facts, membership: Membership, scope: Scope, name: str, some: Pairs
) -> list[str]:
    """The names of the rooms whose door is open now; the concierges hear of the others."""
    here = await talk.look("here", _here, scope, lieu)
    entered = []
    for id, room in some:
        if id not in here:
            if lieu.office:
                await talk.say("refused", to=lieu.office, item=id, room=room, name=name)
            continue
        done = await _let_in(talk, lieu, facts, membership, id)
        if done in ("open", "invited", "already"):
            talk.note("room-opened", talk.person, room=room)
            entered.append(room)
        elif done == "refused":
            await talk.begin("let-in", talk.person, talk.room, item=id, room=id, name=room, who=name)
    return entered


async def _let_in(talk: Talk, lieu: Lieu, facts: Facts, membership: Membership, id: str) -> str:
    act = waiting_list.let_in
    if not talk.is_asked(step="room", item=id) and await talk.look("opens", facts.opens_to, id, lieu.space, item=id):
        return "open"
    try:
        return await talk.do("room", act, facts, membership, lieu.space, id, talk.person, item=id, one_of_many=True)
    except Refused:
        return "refused"


async def _here(scope: Scope, lieu: Lieu) -> list[str]:
    """A room that has left the lieu since is no longer ours to open."""
    return [room["room_id"] for room in await scope.rooms(lieu)]
