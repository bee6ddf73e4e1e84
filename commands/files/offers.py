"""`!reçus`: folders that other clouds offer to the lieu. What is accepted is shared with the lieu's group."""

from __future__ import annotations

from typing import Any, TypedDict
from urllib.parse import urlsplit

from bot.errors import Refused
from bot.lieux import Lieu
from bot.services.ownership import Ownership
from bot.talk import Choice, Option, YesNo, command, hours
from bot.talk.ports import Tenancy
from bot.talk.talk import Talk
from integrations.nextcloud import READ, Nextcloud


class Waiting(TypedDict):
    """An offer that nobody has answered; `cloud` is its server."""

    id: str
    folder: str
    owner: str
    cloud: str


@command("offers", action="share", takes=("which", "verdict"), within=hours(1))
async def offers(talk: Talk, lieu: Lieu, tenancy: Tenancy, cloud: Nextcloud | None, ownership: Ownership) -> None:
    # An offer names the account it is for, the bot's: each lieu with this account would see the offers to the others.
    if cloud and not await talk.look("alone", tenancy.has_cloud_alone):
        await talk.say("whose")
        return
    rows = await talk.look("rows", _rows, cloud) if cloud else []
    if cloud is None or not rows:
        await talk.say("none")
        return
    which = await talk.ask("which", Choice([Option(row["id"], talk.phrase("line", **row)) for row in rows]))
    row = next(row for row in rows if row["id"] == which)
    accepts = await talk.ask("verdict", YesNo(), **row)
    if accepts:
        await _take(talk, lieu, cloud, ownership, row)
        return
    await talk.do("decline", cloud.federated.decline, row["id"])
    talk.note("offer-declined", folder=row["folder"], cloud=row["cloud"])
    await talk.say("declined", folder=row["folder"])


async def _take(talk: Talk, lieu: Lieu, cloud: Nextcloud, ownership: Ownership, row: Waiting) -> None:
    folder = (await talk.do("take", cloud.federated.accept, row["id"]))["folder"]
    talk.note("offer-accepted", folder=folder, cloud=row["cloud"])
    try:
        made = await talk.do("pass-on", _pass_on, cloud, folder, lieu.choices.group)
    except Refused as no:
        await talk.say("not-passed-on", folder=folder, why=talk.because(no))
        return
    await talk.do("own", ownership.own, lieu.id, "nextcloud", "share", made["id"], talk.person)
    await talk.say("done", folder=folder)


async def _pass_on(cloud: Nextcloud, folder: str, group: str) -> dict[str, Any]:
    """With all that the other lieu allows, which only a try tells."""
    try:
        return await cloud.shares.ensure(folder, group=group)
    except Refused:
        return await cloud.shares.ensure(folder, group=group, permissions=READ)


async def _rows(cloud: Nextcloud) -> list[Waiting]:
    waiting = [offer for offer in await cloud.federated.offers() if not offer["accepted"]]
    return [
        {"id": one["id"], "folder": one["name"], "owner": one["owner"], "cloud": urlsplit(one["cloud"]).netloc}
        for one in waiting
    ]
