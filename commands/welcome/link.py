"""`!lien`: the lieu's public page, else the address of its space; and a QR code of it to print for the welcome desk."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from bot.arrivals.page_addresses import PageAddresses
from bot.lieux import Lieu
from bot.services.directory import gives_accounts
from bot.talk import Link, command
from bot.talk.ports import Facts, Media
from bot.talk.talk import Talk
from integrations.directory import Directory


@command("link", action="invite")
async def link(talk: Talk, lieu: Lieu, facts: Facts, media: Media, pages: PageAddresses, directory: Directory) -> None:
    page = await talk.look("page", pages.of_lieu, lieu)
    address = page or await talk.look("address", facts.link, lieu.space)
    if page:
        await talk.say("public", lieu=lieu.name, link=Link(page), address=page.partition("://")[2])
    else:
        await talk.say("here", lieu=lieu.name, link=Link(address), address=address)
    await talk.picture("qr", await talk.do("upload", _printed, media, address, talk.room))
    if page:
        return
    if await talk.look("accounts", gives_accounts, directory):
        await talk.say("accounts-here", lieu=lieu.name)
    elif not await talk.look("open", facts.can_be_entered, lieu.space):
        await talk.say("closed", lieu=lieu.name)


async def _printed(media: Media, address: str, room_id: str) -> dict[str, Any]:
    """Large enough to be read from a metre away once printed on A5: 10 pixels a module, a quiet border of 4."""
    import segno  # for the few pictures with a code

    png = BytesIO()
    segno.make(address, error="m").save(png, kind="png", scale=10, border=4)
    return await media.picture(png.getvalue(), "qr.png", room_id)
