"""A lieu that closes accounts in twos: Anne asks for Zoé's, and the other concierges are asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.stage.memory_directory import MemoryDirectory
from tests.stage.stage import ME
from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob, Clara",
    "membres": "Zoé Martin, Marc Petit",
    "salons": "Place du village",
    "comptes": "oui",
    "comptes connus": "Zoé Martin, Marc Petit",
    "comptes du lieu": "Zoé Martin, Marc Petit",
    "actes à deux": "close, exclude",
}


@asynccontextmanager
async def asked(tmp_path: Path, header: dict[str, str] = LIEU) -> AsyncIterator[Scenery]:
    """Zoé's and Marc's accounts are suspended. Anne asks to close Zoé's, and Bob is asked whether he agrees."""
    async with scenery(header, tmp_path) as scene:
        stage, anne, room = scene.stage, scene.people["Anne"], office(scene)
        for name in ("zoé", "marc"):
            await stage.write(anne, room, f"!compte suspendre {name}")
            await stage.click(anne, room, "✅")
        await stage.write(anne, room, "!compte fermer")
        await stage.write(anne, room, "zoé")
        await stage.click(anne, room, "✅")
        assert "voudrait fermer le compte de Zoé Martin" in "\n".join(stage.said(room)[-2:])
        yield scene


def office(scene: Scenery) -> str:
    return scene.rooms["Conciergerie"].room_id


def accounts(scene: Scenery) -> set[str]:
    assert isinstance(scene.directory, MemoryDirectory)
    return {*scene.directory.accounts}


BOTH = {"zoe.martin", "marc.petit"}


def typed(scene: Scenery, text: str) -> str:
    """The event in which this was written last."""
    events = scene.rooms["Conciergerie"].events
    return next(str(e["event_id"]) for e in reversed(events) if e["content"].get("body") == text)


# -- what becomes of people


async def demote(scene: Scenery, person: str, *, heard: bool = True) -> None:
    """No concierge any more; `heard`: the news of it has reached the bot."""
    scene.space.levels[scene.people[person]] = 0
    if heard:
        await scene.stage.event(scene.space.room_id, ME, "m.room.power_levels", {}, state_key="")


async def ban(scene: Scenery, person: str, *, heard: bool = True) -> None:
    if heard:
        await scene.stage.becomes(scene.people[person], scene.space.room_id, "ban", by=scene.people["Clara"])
    else:
        scene.space.members[scene.people[person]] = "ban"
