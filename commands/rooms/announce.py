"""`!annonce`: one message to the rooms that a concierge chooses, seen first as everybody will see it."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from bot.lieux import Lieu
from bot.matrix.passages import Said, shown
from bot.matrix.readings import spoken_in
from bot.talk import PRIVATE, Many, Option, Passage, Role, command, hours
from bot.talk.ports import RoomSettings
from bot.talk.talk import Talk

LONGEST = 4000


@command("announce", action="announce", role=Role.CONCIERGE, places=PRIVATE, takes=("text",), within=hours(1))
async def announce(talk: Talk, lieu: Lieu, room_settings: RoomSettings) -> None:
    rows = await talk.look("kept", _spoken_in, room_settings, lieu, talk.person)
    if not rows:
        await talk.say("nowhere")
        return
    await _announce(talk, dict(rows))


async def _announce(talk: Talk, names: dict[str, str]) -> None:
    said = await talk.ask("text", Passage(max=LONGEST))
    message: dict[str, Any] = {"text": shown(said), "attachment": said.get("attachment"), "who": talk.who}
    where = await talk.ask("where", Many([Option(id, name) for id, name in names.items()], least=1))
    await talk.say("message", item=_mark(said), **message)  # anew where it was rewritten
    chosen = [names[room] for room in where if room in names]
    await talk.confirm("sure", n=len(chosen), rooms=chosen)
    for room in where:
        await talk.say("message", to=room, item=room, **message)
    talk.note("announced", rooms=", ".join(chosen))
    await talk.say("done", n=len(chosen), rooms=chosen)


def _mark(said: Said) -> str:
    """Tells one version of the message from another."""
    whole = said["text"] if len(said) == 1 else repr(sorted(said.items()))
    return str(crc32(whole.encode()))


async def _spoken_in(room_settings: RoomSettings, lieu: Lieu, person: str) -> list[list[str]]:
    return spoken_in(await room_settings.kept(lieu.space, person), lieu.office)
