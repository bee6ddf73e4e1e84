"""How much room somebody's own files may take in Nextcloud, and those of whoever has an account made from now on."""

from __future__ import annotations

from functools import partial
from typing import TypedDict

from bot.services.nextcloud import makes_accounts
from bot.talk import PERHAPS_UNSAID, Size, Text, Whom
from bot.talk.answers.amounts import amount_at_the_end, amount_said
from bot.talk.talk import Talk
from integrations.nextcloud import Nextcloud

from .lookup import LookedAt, Tools, shown, whose

LIMITLESS = 0  # bytes
SIZE = Text(PERHAPS_UNSAID, max=40)


class Taken(TypedDict):
    """Bytes; `most` is None for no limit. `login` as Nextcloud has it."""

    login: str
    used: int
    most: int | None


async def room(talk: Talk, tools: Tools) -> None:
    cloud = tools.cloud
    if cloud is None:
        await talk.say("accounts.no-cloud")
        return
    said, size = ("", "") if tools.chosen else _apart(talk, await talk.ask("who", Whom(), what=talk.phrase("who-room")))
    if talk.means("accounts.words.newcomers", said):
        await _of_newcomers(talk, tools, size)
        return
    row = await whose(talk, tools, said=said)
    if row is None:
        return
    before = await talk.look("taken", taken, tools, cloud, row)
    if before is None:
        await talk.say("accounts.no-cloud-account", who=row["name"])
        return
    who, used = row["name"], Size(before["used"])
    now = in_words(talk, before["used"], before["most"])
    most = _meant(talk, size or await talk.ask("room", SIZE, who=who, now=now))
    while most is None:
        await talk.say("room-unclear")
        most = _meant(talk, await talk.ask("room", SIZE, who=who, now=now))
    if LIMITLESS < most < before["used"]:
        await talk.confirm("room-less", who=await shown(talk, tools, row), used=used, most=Size(most))
    await talk.do("quota", cloud.accounts.set_quota, before["login"], most or None)
    talk.note("room", row["person"], login=row["login"])
    after = await talk.look("taken-then", taken, tools, cloud, row)
    now = in_words(talk, after["used"], after["most"]) if after else ""
    await talk.say("room-done", who=who, now=now)


def _apart(talk: Talk, said: str) -> tuple[str, str]:
    """« Zoé à 2 Go »: who is meant, and how much if that was said with it."""
    who, size = amount_at_the_end(said)
    before, _, last = who.rpartition(" ")
    return (before if size and before and talk.means("accounts.words.room-is", last) else who), size


async def _of_newcomers(talk: Talk, tools: Tools, size: str) -> None:
    """What Nextcloud gives where the lieu says nothing is its administrator's choice."""
    before = tools.lieu.choices.quota
    now = talk.phrase("room-theirs", most=Size(before)) if before else talk.phrase("room-nextcloud-s")
    most = _meant(talk, size or await talk.ask("newcomers-room", SIZE, now=now))
    while most is None:
        await talk.say("room-unclear")
        most = _meant(talk, await talk.ask("newcomers-room", SIZE, now=now))
    await talk.do("choose", partial(tools.lieux.choose, tools.lieu.id, quota=most))
    talk.note("newcomers-room")
    if most == LIMITLESS:
        await talk.say("newcomers-room-none", lieu=tools.lieu.name)
    else:
        await talk.say("newcomers-room-done", lieu=tools.lieu.name, most=Size(most))


def _meant(talk: Talk, said: str) -> int | None:
    """Bytes, or LIMITLESS; None for what was not understood."""
    return LIMITLESS if talk.means("accounts.words.no-limit", said) else amount_said(said)


async def taken(tools: Tools, cloud: Nextcloud, row: LookedAt) -> Taken | None:
    """Of an account that is the lieu's: one that the bot makes beside the SSO's may be a stranger's of that name."""
    if makes_accounts(cloud, tools.directory) and not row["cloud"]:
        return None
    found = await cloud.accounts.get(row["login"])
    return {"login": found["login"], "used": found["used"], "most": found["quota"]} if found else None


def in_words(talk: Talk, used: int, most: int | None) -> str:
    if most is None:
        return talk.phrase("room-free", used=Size(used))
    return talk.phrase("room-of", used=Size(used), most=Size(most))
