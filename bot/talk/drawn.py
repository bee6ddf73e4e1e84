"""What is told in one message as a picture and in words that say the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.errors import Refused
from bot.talk.ports import Media
from bot.talk.talk import Talk

Draw = Callable[[Mapping[str, Any]], Awaitable[bytes]]


async def tell(
    talk: Talk, media: Media, draw: Draw, drawing: Mapping[str, Any], name: str, lines: Sequence[str]
) -> None:
    """The words are under the picture, and in its place for whoever cannot see it, or where none can be made."""
    words = "\n".join(lines)
    try:
        picture = await talk.do("draw", _drawn, media, draw, drawing, talk.room, f"{name}.png")
    except Refused:
        await talk.say("talk.in-words", lines=words)
        return
    await talk.picture("picture", picture | {"body": words})


async def _drawn(media: Media, draw: Draw, drawing: Mapping[str, Any], room_id: str, name: str) -> dict[str, Any]:
    return await media.picture(await draw(drawing), name, room_id)
