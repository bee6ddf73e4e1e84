"""The groups of the lieu that somebody is in: the lieu's own, never another's."""

from __future__ import annotations

from bot.errors import Refused
from bot.services.nextcloud import makes_accounts
from bot.talk import Many
from bot.talk.talk import Talk

from .lookup import LookedAt, Tools, whose


async def groups(talk: Talk, tools: Tools) -> None:
    row = await whose(talk, tools)
    if row is None:
        return
    offered = await talk.look("groups", of_lieu, tools)
    if not offered:
        alone = "no-groups-alone" if await talk.look("able", _has_groups, tools) else "no-groups-anywhere"
        await talk.say("no-groups" if tools.cloud else alone, lieu=tools.lieu.name)
        return
    before = await talk.look("before", of_person, tools, row["login"], offered)
    now = talk.phrase("in-groups", groups=before) if before else talk.phrase("in-no-group")
    wanted = await talk.ask("which-groups", Many(offered), who=row["name"], now=now)
    new = [group for group in wanted if group not in before]
    old = [group for group in before if group not in wanted]
    for group in (*new, *old):  # in this order: nobody is taken out of their last group
        await _change(talk, tools, row, group, group in new)
    after = await talk.look("after", of_person, tools, row["login"], offered)
    await talk.say("groups-done" if after else "groups-done-none", who=row["name"], groups=after)


async def _has_groups(tools: Tools) -> bool:
    return "groups" in await tools.directory.capabilities()


async def _change(talk: Talk, tools: Tools, row: LookedAt, group: str, member: bool) -> None:
    """In the directory, and in the Nextcloud whose groups do not come from there."""
    try:
        await talk.do("member", tools.directory.set_member, group, row["login"], member, item=group)
    except Refused as no:
        await talk.refused(no, item=group)
        return
    talk.note("group-in" if member else "group-out", row["person"], group=group)
    cloud = tools.cloud
    if not makes_accounts(cloud, tools.directory) or not row["cloud"]:
        return
    try:
        change = cloud.groups.ensure_member if member else cloud.groups.remove_member
        await talk.do("in-cloud", change, row["login"], group, item=group)
    except Refused as no:
        await talk.say("cloud-unchanged", item=group, group=group, why=talk.because(no))


async def of_lieu(tools: Tools) -> list[str]:
    return await tools.members.groups(tools.lieu) if "groups" in await tools.directory.capabilities() else []


async def of_person(tools: Tools, login: str, offered: list[str]) -> list[str]:
    return [group for group in await tools.directory.groups_of(login) if group in offered]
