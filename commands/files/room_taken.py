"""`!dossier place`: what fills Nextcloud: the folders of the lieu, and the own files of each of its people."""

from __future__ import annotations

from typing import TypedDict

from bot.errors import Refused
from bot.lieux import Lieu, Lieux
from bot.services.folder_tree import Tree, others_folders, root_of
from bot.services.nextcloud import makes_accounts
from bot.services.ownership import Ownership
from bot.talk import Size, dialogue
from bot.talk.folder_paths import name_of
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.errors import NotFound
from integrations.nextcloud import Nextcloud

SHOWN = 8


class Filled(TypedDict):
    """What is called so, and how many bytes are in it; `most`: how many may be, None for no limit."""

    name: str
    used: int
    most: int | None


@dialogue("room-taken", action="folders")
async def room_taken(
    talk: Talk, lieu: Lieu, lieux: Lieux, cloud: Nextcloud, directory: Directory, ownership: Ownership
) -> None:
    tree = Tree(cloud, root_of(lieu), await talk.look("others", others_folders, lieux, lieu))
    told = await talk.look("filled", _filled, tree, lieu, directory, ownership)
    folders, people = told["folders"], told["people"]
    if folders:
        await talk.say("folders", folder=name_of(tree.root), lines=_lines(talk, folders))
    if people:
        total = Size(sum(one["used"] for one in people))
        await talk.say("people", total=total, lines=_lines(talk, people))
    if not (folders or people):
        await talk.say("nothing", folder=name_of(tree.root))


async def _filled(tree: Tree, lieu: Lieu, directory: Directory, ownership: Ownership) -> dict[str, list[Filled]]:
    return {
        "folders": _fullest(await _folders(tree)),
        "people": _fullest(await _people(tree.cloud, lieu, directory, ownership)),
    }


async def _folders(tree: Tree) -> list[Filled]:
    """At the first level, files too; none where the lieu's folder is not there any more."""
    try:
        found = await tree.cloud.files.entries(tree.root)
    except NotFound:
        return []
    return [{"name": one["name"], "used": one["size"], "most": None} for one in found]


async def _people(cloud: Nextcloud, lieu: Lieu, directory: Directory, ownership: Ownership) -> list[Filled]:
    """Those whose account is the lieu's: of nobody else is it hers to know."""
    service = "nextcloud" if makes_accounts(cloud, directory) else "directory"
    ours = await ownership.owned(lieu.id, service, "account")
    try:
        seen = await cloud.accounts.everybody()
    except Refused:  # the bot looks after no group
        return []
    return [
        {"name": one["name"] or one["login"], "used": one["used"], "most": one["quota"]}
        for one in seen
        if one["login"] in ours
    ]


def _fullest(found: list[Filled]) -> list[Filled]:
    return sorted((one for one in found if one["used"]), key=lambda one: (-one["used"], one["name"]))


def _lines(talk: Talk, found: list[Filled]) -> list[str]:
    lines = [_line(talk, one) for one in found[:SHOWN]]
    return [*lines, talk.phrase("others", n=len(found) - SHOWN)] if len(found) > SHOWN else lines


def _line(talk: Talk, one: Filled) -> str:
    if one["most"] is None:
        return talk.phrase("line", name=one["name"], used=Size(one["used"]))
    return talk.phrase("line-of", name=one["name"], used=Size(one["used"]), most=Size(one["most"]))
