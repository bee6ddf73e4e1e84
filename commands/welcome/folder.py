"""A folder that could not be given at once: Nextcloud is full, or, where accounts come from the SSO, does not know the
person before their first sign-in. Look again until then."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import Refused
from bot.lieux import Lieu
from bot.services.lieu_folder import LieuFolder, found_alone
from bot.talk import dialogue
from bot.talk.talk import Talk
from integrations.nextcloud import Nextcloud

FULL = "nextcloud-full"
HOURS = (1, 1, 2, 4, 8, *[24] * 30)  # between two looks: most people sign in on the first day, or never


@dialogue("folder", action="be-welcomed")
async def folder(
    talk: Talk,
    lieu: Lieu,
    cloud: Nextcloud,
    lieu_folder: LieuFolder,
    login: str,
    group: str,
    folder: str,
    name: str,
    at_once: bool = False,
) -> None:
    """`at_once`: nobody has looked yet."""
    for hours in (0, *HOURS) if at_once else HOURS:
        if hours:
            await talk.rest("wait", timedelta(hours=hours))
        try:
            path = await found_alone(talk, lieu_folder, folder)
            there = await talk.do("give", _give, cloud, login, group, path)
        except Refused as no:
            if no.code == FULL:
                continue
            if lieu.office:
                await talk.say("refused", to=lieu.office, name=name, why=talk.because(no))
            return
        if there:
            talk.note("folder", talk.person, folder=path)
            await talk.say("here", folder=path)
            return


async def _give(cloud: Nextcloud, login: str, group: str, folder: str) -> bool:
    await cloud.shares.ensure(folder, group=group)
    entered: bool = (await cloud.groups.ensure_member(login, group))["member"]
    return entered
