"""What a newcomer's answers open in Nextcloud: folders of the lieu, and groups where the bot makes the accounts.

It waits for Nextcloud by itself, so that nothing else does; what cannot be done becomes a task for a human.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.arrivals import arrival_path
from bot.errors import Refused
from bot.lieux import Lieu, Lieux
from bot.services.folder_tree import Tree, others_folders, root_of
from bot.services.ownership import Ownership
from bot.talk import dialogue
from bot.talk.folder_paths import below
from bot.talk.ports import Facts, Tenancy
from bot.talk.talk import Talk
from integrations.errors import NotFound, Protected, Unsupported
from integrations.lookalikes import alike
from integrations.nextcloud import EDIT, READ, Nextcloud

PERMISSIONS = {arrival_path.READ: READ, arrival_path.EDIT: EDIT}
UNKNOWN = "nextcloud-account"
HOURS = (1, 1, 2, 4, 8, *[24] * 30)  # between two looks: most people sign in on the first day, or never
Made = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Guest:
    """Whom it is for, and where. `login` is empty without an account."""

    name: str
    login: str
    lieu: Lieu
    cloud: Nextcloud | None
    ownership: Ownership
    facts: Facts
    tenancy: Tenancy
    others: list[str]


@dialogue("opened", action="be-welcomed")
async def opened(
    talk: Talk,
    lieu: Lieu,
    lieux: Lieux,
    facts: Facts,
    cloud: Nextcloud | None,
    ownership: Ownership,
    tenancy: Tenancy,
    name: str,
    login: str,
    folders: list[list[str]],
    groups: list[str],
) -> None:
    others = await talk.look("others", others_folders, lieux, lieu)
    guest = Guest(name, login, lieu, cloud, ownership, facts, tenancy, others)
    for folder, right in folders:
        await _open_folder(talk, guest, folder, right)
    for group in groups:
        await _open_group(talk, guest, group)


async def _open_folder(talk: Talk, guest: Guest, folder: str, right: str) -> None:
    lieu, ownership = guest.lieu, guest.ownership
    called = below(folder, root_of(lieu))
    try:
        share = (await _when_known(talk, guest, folder, right))["id"]
    except Refused as no:
        await _left(talk, guest, f"opened.left-{right}", what=called, why=talk.because(no))
        return
    await talk.do("own", ownership.own, lieu.id, "nextcloud", "share", share, guest.facts.me, item=folder)
    talk.note("folder", talk.person, folder=called)
    watcher = await talk.begin("expiry", guest.facts.me, lieu.office or talk.room, item=folder, share=share)
    await talk.do("watch", ownership.watch, lieu.id, "nextcloud", "share", share, watcher, item=folder)
    await talk.say(f"opened.here-{right}", item=folder, folder=called)


async def _open_group(talk: Talk, guest: Guest, group: str) -> None:
    """Nextcloud does not learn from the directory who is in it."""
    try:
        await talk.do("enter", _enter, guest, group, item=group)
    except Refused as no:
        await _left(talk, guest, "opened.left-group", what=group, why=talk.because(no))
        return
    talk.note("group-in-cloud", talk.person, group=group)


async def _left(talk: Talk, guest: Guest, step: str, *, what: str, why: str) -> None:
    """To a human."""
    if guest.lieu.office:
        task = talk.phrase(step, what=what, why=why)
        await talk.begin("task", talk.person, guest.lieu.office, item=what, name=guest.name, what=task)


# -- what is done


async def _when_known(talk: Talk, guest: Guest, folder: str, right: str) -> Made:
    """Where accounts come from the SSO, Nextcloud knows nobody before their first sign-in."""
    for hours in HOURS:
        try:
            return await talk.do("share", _share, guest, folder, right, item=folder)
        except Refused as no:
            if no.code != UNKNOWN or guest.cloud is None or guest.cloud.accounts.source == "bot":
                raise
        await talk.rest("wait", timedelta(hours=hours))
    return await talk.do("share", _share, guest, folder, right, item=folder)


async def _share(guest: Guest, folder: str, right: str) -> Made:
    """Whoever may do more there already keeps that."""
    cloud, root = await _known(guest), root_of(guest.lieu)
    if not root:
        raise Unsupported("nextcloud-none")
    if not Tree(cloud, root, guest.others).holds(folder) or await cloud.files.entry(folder) is None:
        raise NotFound("nextcloud-folder", folder=folder)
    permissions = PERMISSIONS[right]
    for share in await cloud.shares.with_person(guest.login):
        permissions |= share["permissions"] if share["path"].strip("/") == folder else 0
    return await cloud.shares.ensure(folder, person=guest.login, permissions=permissions)


async def _enter(guest: Guest, group: str) -> Made:
    cloud = await _known(guest)
    if not await _is_ours(guest, cloud, group):
        raise Protected("group-existed", name=group)
    await guest.ownership.own(guest.lieu.id, "nextcloud", "group", group, guest.facts.me)
    await cloud.groups.ensure(group)
    return await cloud.groups.ensure_member(guest.login, group)


async def _is_ours(guest: Guest, cloud: Nextcloud, group: str) -> bool:
    """Not there yet, made by the bot for this lieu, or entrusted to it by whoever administers a Nextcloud that no other
    lieu has. Earlier versions did not write down what they made: of theirs, everybody in it has an account that the bot
    made for the lieu."""
    owned, lieu = guest.ownership.owned, guest.lieu.id
    if group in await owned(lieu, "nextcloud", "group"):
        return True
    if not any(alike(group, each) for each in await cloud.groups.names()):
        return True
    if group in (await cloud.groups.looked_after() or ()) and await guest.tenancy.has_cloud_alone():
        return True
    inside = {*await cloud.groups.members(group)} - {(await cloud.client.whoami())["id"]}
    return bool(inside) and inside <= {*await owned(lieu, "nextcloud", "account")}


async def _known(guest: Guest) -> Nextcloud:
    """Where they have an account: never that of a stranger who happens to have this name there. Raises Refused."""
    cloud, login = guest.cloud, guest.login
    if cloud is None:
        raise Unsupported("nextcloud-none")
    if not login:
        raise NotFound("nextcloud-no-account")
    if cloud.accounts.source == "bot" and not await guest.ownership.owns(guest.lieu.id, "nextcloud", "account", login):
        raise Protected("nextcloud-not-ours", login=login)
    return cloud
