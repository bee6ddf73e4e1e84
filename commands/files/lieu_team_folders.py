"""`!dossier équipe`: Team folders, where Nextcloud has them and the bot may; external storages, listed, explained."""

from __future__ import annotations

from bot.errors import Refused
from bot.lieux import Lieu
from bot.services.ownership import Ownership
from bot.talk import PERHAPS_UNSAID, STATED, Choice, Option, Size, Text, dialogue, hours
from bot.talk.answers.amounts import amount_said
from bot.talk.pagination import pick
from bot.talk.talk import Talk
from integrations.lookalikes import alike
from integrations.nextcloud import EDIT, READ, Nextcloud, TeamFolder, folder_names

RIGHTS = {"read": READ, "write": EDIT, "none": 0}


class OwnedFolder(TeamFolder):
    """`owned`: the bot made it for this lieu."""

    owned: bool


@dialogue("team-folders", action="folders", within=hours(1))
async def team_folders(talk: Talk, lieu: Lieu, ownership: Ownership, cloud: Nextcloud) -> None:
    act = await talk.ask("act", Choice([Option(name, key=f"lieu_team_folders.act.{name}") for name in DO]))
    await DO[act](talk, lieu, ownership, cloud)


async def _list(talk: Talk, lieu: Lieu, ownership: Ownership, cloud: Nextcloud) -> None:
    found = await talk.look("ours", _ours, lieu, ownership, cloud)
    if not found:
        await talk.say("none")
        return
    await talk.say("list", folders=[_line(talk, one) for one in found])


async def _make(talk: Talk, lieu: Lieu, ownership: Ownership, cloud: Nextcloud) -> None:
    taken = await talk.look("taken", _names, cloud)
    name = await _new_name(talk, taken)
    await talk.confirm("sure", folder=name, group=lieu.choices.group)
    since = await talk.look("taken", _names, cloud)
    if any(alike(name, other) for other in since):  # what is made from here on is ours
        await talk.say("taken", folder=name)
        return
    made = await talk.do("make", cloud.team_folders.ensure, name)
    await talk.do("own", ownership.own, lieu.id, "nextcloud", "team-folder", made["id"])
    talk.note("team-folder-made", folder=name)
    await talk.do("open", cloud.team_folders.ensure_group, made["id"], lieu.choices.group, EDIT)
    await talk.say("made", folder=name, group=lieu.choices.group)


async def _new_name(talk: Talk, taken: list[str]) -> str:
    while True:
        name = await talk.ask("name", Text(STATED))
        try:
            if "/" in name:
                await talk.say("errors.folder-name-characters", name=name)
            elif any(alike(name, other) for other in taken):
                await talk.say("taken", folder=name)
            else:
                return folder_names(name)[0]
        except Refused as no:
            await talk.refused(no)


async def _groups(talk: Talk, lieu: Lieu, ownership: Ownership, cloud: Nextcloud) -> None:
    folder = await _which(talk, lieu, ownership, cloud)
    if folder is None:
        return
    group = await talk.ask("group", Text(STATED, max=64), folder=folder["name"])
    right = await talk.ask("right", Choice([Option(name, key=f"lieu_team_folders.right.{name}") for name in RIGHTS]))
    shown = talk.word(f"lieu_team_folders.right.{right}")
    await talk.confirm("open-sure", folder=folder["name"], group=group, right=shown)
    await talk.do("open", cloud.team_folders.ensure_group, folder["id"], group, RIGHTS[right])
    talk.note("team-folder-opened", folder=folder["name"], group=group, right=right)
    await talk.say(f"opened-{right}", folder=folder["name"], group=group)


async def _quota(talk: Talk, lieu: Lieu, ownership: Ownership, cloud: Nextcloud) -> None:
    folder = await _which(talk, lieu, ownership, cloud)
    if folder is None:
        return
    size = await _amount(talk, folder["name"])
    await talk.do("limit", cloud.team_folders.limit, folder["id"], size)
    talk.note("team-folder-limited", folder=folder["name"])
    await talk.say("limited", folder=folder["name"], size=Size(size))


async def _amount(talk: Talk, folder: str) -> int:
    while True:
        size = amount_said(await talk.ask("size", Text(PERHAPS_UNSAID, max=40), folder=folder))
        if size is not None:
            return size
        await talk.say("size-unclear")


@dialogue("storages", action="folders")
async def storages(talk: Talk, lieu: Lieu, cloud: Nextcloud) -> None:
    try:
        ours = await talk.look("mounted", _mounted, lieu, cloud)
    except Refused as no:
        await talk.refused(no)
        ours = []
    if ours:
        await talk.say("storage-list", storages=ours)
    await talk.say("storage-how")


async def _to_storages(talk: Talk, lieu: Lieu, ownership: Ownership, cloud: Nextcloud) -> None:
    await talk.begin("storages", talk.person, talk.room)


DO = {"list": _list, "make": _make, "groups": _groups, "quota": _quota, "storages": _to_storages}


async def _which(talk: Talk, lieu: Lieu, ownership: Ownership, cloud: Nextcloud) -> OwnedFolder | None:
    """One of those that the bot made for this lieu: it changes no other."""
    found = [one for one in await talk.look("ours", _ours, lieu, ownership, cloud) if one["owned"]]
    if not found:
        await talk.say("none-owned")
        return None
    id = await pick(talk, "which", [Option(one["id"], one["name"]) for one in found])
    return next((one for one in found if one["id"] == id), None)


async def _ours(lieu: Lieu, ownership: Ownership, cloud: Nextcloud) -> list[OwnedFolder]:
    """Those that the bot made for the lieu, and those that its group may open."""
    own = await _groups_of(lieu, cloud)
    found = [(one, await _owned(lieu, ownership, one)) for one in await cloud.team_folders.all()]
    return [{**one, "owned": owned} for one, owned in found if owned or not own.isdisjoint(one["groups"])]


async def _groups_of(lieu: Lieu, cloud: Nextcloud) -> set[str]:
    """What Nextcloud calls the group of the lieu."""
    group = lieu.choices.group
    return {group, *await cloud.groups.called(group)} if group else set()


async def _mounted(lieu: Lieu, cloud: Nextcloud) -> list[str]:
    """The external storages that the lieu's group sees, as everybody does or by itself."""
    own, found = await _groups_of(lieu, cloud), await cloud.storages.all()
    return [one["name"] for one in found if not one["groups"] or not own.isdisjoint(one["groups"])]


async def _owned(lieu: Lieu, ownership: Ownership, folder: TeamFolder) -> bool:
    return await ownership.owns(lieu.id, "nextcloud", "team-folder", folder["id"])


async def _names(cloud: Nextcloud) -> list[str]:
    return [one["name"] for one in await cloud.team_folders.all()]


def _line(talk: Talk, folder: OwnedFolder) -> str:
    name, used = folder["name"], Size(folder["size"])
    if folder["quota"] is None:
        return talk.phrase("line", folder=name, used=used)
    return talk.phrase("line-of", folder=name, used=used, total=Size(folder["quota"]))
