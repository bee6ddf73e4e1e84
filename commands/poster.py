"""`!affiche`: a poster for the welcome desk, to print, that leads whoever reads it to the lieu."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from bot.lieux import Lieu
from bot.talk import command
from bot.talk.doors import Pictures, Rooms
from bot.talk.talk import Talk


@command("poster", action="invite")
async def poster(talk: Talk, lieu: Lieu, rooms: Rooms, pictures: Pictures) -> None:
    address = await talk.look("address", rooms.link, lieu.space)
    is_open = await talk.look("open", rooms.can_be_entered, lieu.space)
    await talk.say("here", lieu=lieu.name)
    if not is_open:
        await talk.say("closed", lieu=lieu.name)
    if not _is_short(address):
        await talk.say("long", lieu=lieu.name)
    words = _words(talk, lieu, address, is_open=is_open)
    sheets = await talk.do("draw", _drawn, pictures, rooms, words, address, talk.room, talk.phrase("file"))
    for name, sheet in sheets.items():
        await talk.picture(name, sheet)


def _words(talk: Talk, lieu: Lieu, address: str, *, is_open: bool) -> dict[str, Any]:
    """What is written on the poster: in the lieu's language, wherever it was asked for."""
    keys = {
        "welcome": "poster.welcome",
        "invitation": "poster.invitation",
        "door": "poster.door",
        "scan": "poster.scan",
        "scan-how": "poster.scan-or-copy-how" if _is_short(address) else "poster.scan-how",
        "install": "poster.install",
        "install-how": "poster.install-how",
        "enter": "poster.enter" if is_open else "poster.ask",
        "enter-how": "poster.enter-how" if is_open else "poster.ask-how",
        "footer": "poster.footer",
    }
    written = {name: talk.phrase(key, to=lieu.space) for name, key in keys.items()}
    shown = unquote(address.removeprefix("https://"))
    return written | {"lang": lieu.choices.language, "lieu": lieu.name, "address": shown}


def _is_short(address: str) -> bool:
    """Made of the space's alias: somebody can copy it by hand."""
    return "?" not in address


async def _drawn(
    pictures: Pictures, rooms: Rooms, words: dict[str, Any], address: str, room_id: str, name: str
) -> dict[str, Any]:
    pdf, png = await pictures.poster(words, address)
    return {
        "png": await rooms.picture(png, f"{name}.png", room_id),
        "pdf": await rooms.document(pdf, f"{name}.pdf", "application/pdf", room_id),
    }
