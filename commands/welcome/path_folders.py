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
from bot.services.lieu_folder import LieuFolder, found_alone
from bot.services.nextcloud import makes_accounts
from bot.services.ownership import Ownership
from bot.talk import dialogue
from bot.talk.folder_paths import below
from bot.talk.ports import Facts, Tenancy
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.errors import NotFound, Protected, Unsupported
from integrations.lookalikes import alike
from integrations.nextcloud import EDIT, READ, Nextcloud

PERMISSIONS = {arrival_path.READ: READ, arrival_path.EDIT: EDIT}
UNKNOWN = "nextcloud-account"
HOURS = (1, 1, 2, 4, 8, *[24] * 30)  # between two looks: most people sign in on the first day, or never
Made = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Guest:
    """Whom it is for, and where. `login` is empty without an account; `own` is the lieu's folder as it was called when
    this began."""

    name: str
    login: str
    lieu: Lieu
    cloud: Nextcloud | None
    directory: Directory
    ownership: Ownership
    facts: Facts
    tenancy: Tenancy
    others: list[str]
    own: str
    lieu_folder: LieuFolder


@dialogue("opened", action="be-welcomed")
async def opened(
    talk: Talk,
    lieu: Lieu,
    lieux: Lieux,
    facts: Facts,
    cloud: Nextcloud | None,
    directory: Directory,
    ownership: Ownership,
    tenancy: Tenancy,
    lieu_folder: LieuFolder,
    name: str,
    login: str,
    folders: list[list[str]],
    groups: list[str],
) -> None:
    others, own = await talk.look("others", others_folders, lieux, lieu), await talk.look("own-root", _root, lieu)
    guest = Guest(name, login, lieu, cloud, directory, ownership, facts, tenancy, others, own, lieu_folder)
    for folder, right in folders:
        await _open_folder(talk, guest, folder, right)
    for group in groups:
        await _open_group(talk, guest, group)


async def _open_folder(talk: Talk, guest: Guest, folder: str, right: str) -> None:
    lieu, ownership = guest.lieu, guest.ownership
    called = below(folder, guest.own)
    try:
        root = await found_alone(talk, guest.lieu_folder, guest.own) if guest.cloud and guest.own else ""
        share = await _when_known(talk, guest, root, folder, right)
    except Refused as no:
        await _left(talk, guest, f"opened.left-{right}", what=called, why=talk.because(no))
        return
    called = below(str(share.get("path", folder)), root)
    await talk.do("own", ownership.own, lieu.id, "nextcloud", "share", share["id"], guest.facts.me, item=folder)
    talk.note("folder", talk.person, folder=called)
    watcher = await talk.begin("expiry", guest.facts.me, lieu.office or talk.room, item=folder, share=share["id"])
    await talk.do("watch", ownership.watch, lieu.id, "nextcloud", "share", share["id"], watcher, item=folder)
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


async def _when_known(talk: Talk, guest: Guest, root: str, folder: str, right: str) -> Made:
    """Where accounts come from the SSO, Nextcloud knows nobody before their first sign-in."""
    waits = iter(HOURS)
    while True:
        path = await found_alone(talk, guest.lieu_folder, folder) if root and folder != guest.own else root
        try:
            return await talk.do("share", _share, guest, root, path, right, item=folder)
        except Refused as no:
            hours = next(waits, 0)
            if not hours or no.code != UNKNOWN or guest.cloud is None or guest.cloud.accounts.source == "bot":
                raise
        await talk.rest("wait", timedelta(hours=hours))


async def _share(guest: Guest, root: str, path: str, right: str) -> Made:
    """`{"id", "created", "path"}`. Whoever may do more there already keeps that."""
    cloud = await _known(guest)
    if not root:
        raise Unsupported("nextcloud-none")
    if not Tree(cloud, root, guest.others).holds(path):
        raise NotFound("nextcloud-folder", folder=path)
    permissions = PERMISSIONS[right]
    for share in await cloud.shares.with_person(guest.login):
        permissions |= share["permissions"] if share["path"].strip("/") == path else 0
    return {**await cloud.shares.ensure(path, person=guest.login, permissions=permissions), "path": path}


async def _root(lieu: Lieu) -> str:
    return root_of(lieu)


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
    made = makes_accounts(cloud, guest.directory)
    if made and not await guest.ownership.owns(guest.lieu.id, "nextcloud", "account", login):
        raise Protected("nextcloud-not-ours", login=login)
    return cloud
