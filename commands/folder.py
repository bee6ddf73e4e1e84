"""Where accounts come from the SSO, Nextcloud knows somebody from their first sign-in on: look again until then."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import Refused
from bot.lieux import Lieu
from bot.talk import dialogue
from bot.talk.talk import Talk
from integrations.nextcloud import Nextcloud

HOURS = (1, 1, 2, 4, 8, *[24] * 30)  # between two looks: most people sign in on the first day, or never


@dialogue("folder", action="be-welcomed")
async def folder(talk: Talk, lieu: Lieu, cloud: Nextcloud, login: str, group: str, folder: str, name: str) -> None:
    for hours in HOURS:
        await talk.rest("wait", timedelta(hours=hours))
        try:
            entered = await talk.do("group", cloud.ensure_member, login, group)
        except Refused as no:
            if lieu.office:
                await talk.say("refused", to=lieu.office, name=name, why=talk.because(no))
            return
        if entered["member"]:
            talk.note("folder", talk.person, folder=folder)
            await talk.say("here", folder=folder)
            return
