"""`!lien`: the lieu's address, and a QR code of it to print for the welcome desk."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import segno

from bot.lieux import Lieu
from bot.talk import Link, command
from bot.talk.ports import Facts, Media
from bot.talk.talk import Talk


@command("link", action="invite")
async def link(talk: Talk, lieu: Lieu, facts: Facts, media: Media) -> None:
    address = await talk.look("address", facts.link, lieu.space)
    await talk.say("here", lieu=lieu.name, link=Link(address), address=address)
    if not await talk.look("open", facts.can_be_entered, lieu.space):
        await talk.say("closed", lieu=lieu.name)
    await talk.picture("qr", await talk.do("upload", _printed, media, address, talk.room))


async def _printed(media: Media, address: str, room_id: str) -> dict[str, Any]:
    """Large enough to be read from a metre away once printed on A5: 10 pixels a module, a quiet border of 4."""
    png = BytesIO()
    segno.make(address, error="m").save(png, kind="png", scale=10, border=4)
    return await media.picture(png.getvalue(), "qr.png", room_id)
